"""SFTP: files in folders of an SSH server, which is known by its host key.

```
  FOLDER/SESSION/.RECORDING_START.mp3.part     while it is sent
  FOLDER/SESSION/RECORDING_START.mp3           once it is there whole
```

What an upload that was cut short left is gone on with. A chunk is begun when the one before it is written: what may be
missing or scattered is in the last chunk alone, which is written once more.
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, TypeVar

from ringback.adapters.storage.dial import dial, printable, reason_of
from ringback.adapters.storage.side_loop import SideLoop
from ringback.domain.push import PushTarget
from ringback.service.storage import UploadFailed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from asyncssh import SFTPClient, SSHKey

CHUNK: Final = 1024 * 1024
"""Bytes written at a time."""
STALLED: Final = 60.0
"""Seconds for one step: a login, a chunk."""
_ANOTHER: Final = "the host key is another one ({}): nothing was sent"
FINGERPRINT: Final = "SHA256:"

T = TypeVar("T")


class SftpStorage:
    """Sends files with a password; never with a key, an agent or a configuration of the server's own user."""

    def __init__(self, *, allow_private_addresses: bool) -> None:
        """`allow_private_addresses`: as for webhooks."""
        self._allow_private_addresses = allow_private_addresses
        self._side = SideLoop()

    async def introduce(self, target: PushTarget) -> str:
        """Ask a host for its key, and say nothing to it. Raises UploadFailed."""
        return await self._side.run(self._introduce(target))

    async def upload(self, target: PushTarget, file: Path, name: str) -> None:
        """Send a file; see `ringback.service.storage.Storage`. Raises UploadFailed."""
        await self._side.run(self._upload(target, file, name))

    async def close(self) -> None:
        """End what still runs."""
        await self._side.close()

    async def _introduce(self, target: PushTarget) -> str:
        import asyncssh  # noqa: PLC0415 - slow to import, and in this thread it holds up nobody

        try:
            key = await _step(asyncssh.get_server_host_key(sock=await self._dial(target), config=None))
        except (asyncssh.Error, OSError) as fault:
            raise UploadFailed(_reason(fault)) from fault
        if key is None:
            message = "the host has no key"
            raise UploadFailed(message)
        return _written(key)

    async def _upload(self, target: PushTarget, file: Path, name: str) -> None:
        import asyncssh  # noqa: PLC0415 - as above

        try:
            async with self._login(target) as client:
                await _send(client, file, target.path_of(name))
        except asyncssh.KeyImportError:
            message = "the host key that the target has cannot be read"
            raise UploadFailed(message) from None
        except (asyncssh.Error, OSError) as fault:
            raise UploadFailed(_reason(fault)) from fault

    @contextlib.asynccontextmanager
    async def _login(self, target: PushTarget) -> "AsyncIterator[SFTPClient]":
        """Log in. Raises UploadFailed where the host is not the one that the target knows, asyncssh.Error, OSError."""
        import asyncssh  # noqa: PLC0415 - as above

        shown: list[str] = []

        class Host(asyncssh.SSHClient):
            def validate_host_public_key(self, _host: str, _address: str, _port: int, key: "SSHKey") -> bool:
                shown.append(key.get_fingerprint())
                return target.host_key in {_written(key), key.get_fingerprint()}

        is_fingerprint = target.host_key.startswith(FINGERPRINT)
        known = [] if is_fingerprint else [asyncssh.import_public_key(target.host_key)]
        try:
            connection = await _step(
                asyncssh.connect(
                    sock=await self._dial(target),
                    client_factory=Host,
                    known_hosts=(known, [], []),
                    username=target.username,
                    password=target.password,
                    client_keys=None,
                    agent_path=None,
                    config=None,
                    preferred_auth="password,keyboard-interactive",
                    keepalive_interval=STALLED / 4,
                )
            )
        except asyncssh.HostKeyNotVerifiable:
            raise UploadFailed(_ANOTHER.format(", ".join(shown))) from None
        except (asyncssh.KeyExchangeFailed, asyncssh.ConnectionLost):
            # a host without a key of the known kind has nothing to show, and may hang up before we say so
            if shown or is_fingerprint or await self._has_kind(target, known[0]):
                raise
            key = asyncssh.import_public_key(await self._introduce(target))
            raise UploadFailed(_ANOTHER.format(key.get_fingerprint())) from None
        try:
            yield await _step(connection.start_sftp_client())
            connection.close()
            await _step(connection.wait_closed())
        finally:
            connection.abort()  # a host that answers nothing any more would not let it be closed

    async def _has_kind(self, target: PushTarget, key: "SSHKey") -> bool:
        """Tell whether a host shows a key of the kind of this one."""
        import asyncssh  # noqa: PLC0415 - as above

        kinds = [kind.decode() for kind in key.sig_algorithms]
        try:
            sock = await self._dial(target)
            return (
                await _step(asyncssh.get_server_host_key(sock=sock, config=None, server_host_key_algs=kinds))
                is not None
            )
        except (asyncssh.Error, OSError):
            return False

    async def _dial(self, target: PushTarget) -> socket.socket:
        return await dial(target.host, target.port, allow_private_addresses=self._allow_private_addresses)


async def _send(client: "SFTPClient", file: Path, path: str) -> None:
    """Send a file to where it may be in part, or whole, already. Raises asyncssh.SFTPError, OSError."""
    size = file.stat().st_size  # noqa: ASYNC240 - in a thread of its own, as all that follows
    if await _size(client, path) == size:
        return  # it was sent, and what came of it could not be stored
    folder, name = PurePosixPath(path).parent, PurePosixPath(path).name
    part = str(folder / f".{name}.part")
    await _step(client.makedirs(str(folder), exist_ok=True))
    there = await _size(client, part)
    begin = (there - 1) // CHUNK * CHUNK if 0 < there <= size else 0
    with file.open("rb") as source:
        source.seek(begin)
        sink = await _step(client.open(part, "r+b" if begin else "wb"))
        while chunk := source.read(CHUNK):
            await _step(sink.write(chunk, begin))
            begin += len(chunk)
        await _step(sink.close())
    if begin != size or await _size(client, part) != size:
        message = "the file there is not as long as it should be"
        raise UploadFailed(message)
    await _step(_rename(client, part, path))


async def _size(client: "SFTPClient", path: str) -> int:
    """Give the bytes of a file, -1 where there is none."""
    from asyncssh import SFTPNoSuchFile, SFTPNoSuchPath  # noqa: PLC0415 - as above

    try:
        return (await _step(client.stat(path))).size or 0
    except (SFTPNoSuchFile, SFTPNoSuchPath):
        return -1


async def _rename(client: "SFTPClient", part: str, path: str) -> None:
    """Put a file in its place, also where another one is there."""
    from asyncssh import SFTPError  # noqa: PLC0415 - as above

    try:
        await client.posix_rename(part, path)
    except SFTPError:  # an extension of OpenSSH: not every server has it
        with contextlib.suppress(SFTPError):
            await client.remove(path)
        await client.rename(part, path)


async def _step(work: Awaitable[T]) -> T:
    """Wait for one step, and not for longer than it may take. Raises TimeoutError."""
    async with asyncio.timeout(STALLED):
        return await work


def _written(key: "SSHKey") -> str:
    """Give a key as `ringback.domain.push` has it: without the comment."""
    kind, encoded, *_ = key.export_public_key().decode().split()
    return f"{kind} {encoded}"


def _reason(fault: Exception) -> str:
    """Say in a few words why a file did not arrive."""
    from asyncssh import Error, PermissionDenied  # noqa: PLC0415 - as above

    if isinstance(fault, PermissionDenied):
        return "the login was refused"
    if isinstance(fault, Error):
        return printable(fault.reason) or type(fault).__name__
    return reason_of(fault)
