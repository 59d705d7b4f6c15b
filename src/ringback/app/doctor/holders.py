"""Who holds a port, and whether that is our own server: read from /proc, as far as this user may."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

_PROC: Final = Path("/proc")
_LISTEN: Final = "0A"
"""State of a TCP socket that waits for connections (Linux, tcp_states.h)."""
_ANY: Final = "00000000"
_LONGEST: Final = 60
"""Characters of a command line that are shown."""


class Holder(msgspec.Struct, frozen=True):
    """A process that holds a port."""

    pid: int
    command: str
    """Its command line, shortened."""
    is_ours: bool
    """It is the server of this configuration, or the media engine of that."""

    def __str__(self) -> str:
        """Name it."""
        return f"process {self.pid} ({self.command})"


class Holders:
    """The processes and their sockets, as they were when this was made."""

    def __init__(self, store: Path | None) -> None:
        """`store`: the database file, whose lock a server keeps open; None where there is none."""
        self._pids: dict[str, int] = {}
        """By what their descriptors lead to."""
        lock = f"{store}-lock" if store is not None else ""
        self.server: int | None = None
        """The server of this configuration."""
        for pid, target in _descriptors():
            self._pids.setdefault(target, pid)
            if lock and target == lock:
                self.server = pid
        self._sockets = {kind: list(_sockets(kind)) for kind in ("udp", "tcp")}

    def of(self, kind: str, host: str, port: int) -> Holder | None:
        """Give who holds a port of an IPv4 address; None where that cannot be seen. `kind`: `udp` or `tcp`."""
        wanted = _hex(host)
        for address, number, inode in self._sockets[kind]:
            if number == port and (wanted in {_ANY, address} or not address.strip("0")):
                pid = self._pids.get(f"socket:[{inode}]")
                if pid is not None:
                    ours = self.server is not None and self.server in {pid, _parent(pid)}
                    return Holder(pid, _command(pid), ours)
        return None


def _descriptors() -> Iterator[tuple[int, str]]:
    """Give every process and what each of its descriptors leads to; those of other users are not seen."""
    for folder in _PROC.glob("[0-9]*/fd"):
        try:
            links = list(folder.iterdir())
        except OSError:
            continue
        for link in links:
            try:
                yield int(folder.parent.name), str(link.readlink())
            except OSError:
                continue


def _sockets(kind: str) -> Iterator[tuple[str, int, str]]:
    """Give address (as the kernel writes it), port and inode of every bound socket, IPv6 ones included."""
    for name in (kind, f"{kind}6"):
        try:
            lines = (_PROC / "net" / name).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            words = line.split()
            address, _, port = words[1].partition(":")
            if kind == "udp" or words[3] == _LISTEN:
                yield address, int(port, 16), words[9]


def _hex(host: str) -> str:
    """Write an IPv4 address as /proc/net does: its bytes in the order of the host."""
    try:
        return f"{int.from_bytes(socket.inet_aton(socket.gethostbyname(host)), 'little'):08X}"
    except OSError:
        return _ANY


def _command(pid: int) -> str:
    try:
        words = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return "gone"
    text = " ".join(word.decode(errors="replace") for word in words if word)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _parent(pid: int) -> int | None:
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[1])
