"""An SFTP server of asyncssh's, in a loop of its own, on the loopback address."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh
from tests.peers.program import HOST

USER = "ann"
PASSWORD = "open sesame"  # noqa: S105 - of a test


class SftpSite:
    """Where files arrive, and what was tried."""

    def __init__(self, root: Path) -> None:
        """`root`: what the login sees as `/`."""
        self.root = root
        self.root.mkdir(exist_ok=True)
        self.port = 0
        self.password = PASSWORD
        self.renew_key()
        self.connections = 0
        self.logins: list[tuple[str, str]] = []
        """Users and passwords that were tried."""
        self.room: int | None = None
        """Bytes that may still be written; then it waits for more room. None: enough."""
        self.written = 0
        self.offsets: list[int] = []
        """Of what was written, in that order."""
        self._opened: list[Any] = []
        self._connections: list[asyncssh.SSHServerConnection] = []
        self._loop = asyncio.new_event_loop()
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="sftp-site", daemon=True)
        self._thread.start()

    def renew_key(self, kind: str = "ssh-ed25519") -> None:
        """Take another key, from the next opening on."""
        self.key = asyncssh.generate_private_key(kind)

    @property
    def host_key(self) -> str:
        """As OpenSSH writes it."""
        return " ".join(self.key.export_public_key().decode().split()[:2])

    @property
    def files(self) -> dict[str, bytes]:
        """What is there, by path."""
        return {str(path.relative_to(self.root)): path.read_bytes() for path in self.root.rglob("*") if path.is_file()}

    def open(self) -> None:
        """Begin to listen, on the port of the last time."""
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(30)

    def close(self) -> None:
        """Cut every connection and listen no longer."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(30)

    def end(self) -> None:
        """Close for good."""
        self.close()
        asyncio.run_coroutine_threadsafe(_cancel_rest(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self) -> None:
        site = self

        class Login(asyncssh.SSHServer):
            def connection_made(self, connection: asyncssh.SSHServerConnection) -> None:
                site.connections += 1
                site._connections.append(connection)

            def begin_auth(self, _username: str) -> bool:
                return True

            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                site.logins.append((username, password))
                return (username, password) == (USER, site.password)

        class Files(asyncssh.SFTPServer):
            def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
                opened = super().open(path, pflags, attrs)
                site._opened.append(opened)
                return opened

            async def write(self, file_obj: object, offset: int, data: bytes) -> int:
                while site.room is not None and site.written + len(data) > site.room:  # noqa: ASYNC110 - set by another thread
                    await asyncio.sleep(0.01)
                site.written += len(data)
                site.offsets.append(offset)
                return super().write(file_obj, offset, data)  # type: ignore[return-value]

        self._acceptor = await asyncssh.listen(
            HOST,
            self.port,
            server_factory=Login,
            server_host_keys=[self.key],
            sftp_factory=lambda channel: Files(channel, chroot=str(self.root).encode()),
            reuse_address=True,
        )
        self.port = self._acceptor.get_port()

    async def _close(self) -> None:
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_closed()
            self._acceptor = None
        for connection in self._connections:
            connection.abort()
        self._connections.clear()
        for each in self._opened:
            each.close()
        self._opened.clear()


async def _cancel_rest() -> None:
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


@contextmanager
def sftp_site(root: Path) -> Iterator[SftpSite]:
    """Give a server that listens."""
    site = SftpSite(root)
    site.open()
    try:
        yield site
    finally:
        site.end()
