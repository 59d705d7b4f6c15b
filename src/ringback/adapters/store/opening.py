"""Opens the database file: its URL, its lock, its schema, its connections."""

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from ringback.adapters.store.errors import StoreUnavailable
from ringback.adapters.store.schema import HEAD

BUSY_SECONDS: Final = 10.0
"""How long a transaction waits for that of another process, such as an admin command's."""
PATIENCE: Final = 3.0
"""How long an opening waits for another process that is making the schema at this moment."""
OLDEST_SQLITE: Final = (3, 35, 0)
"""The first with RETURNING."""
_PAUSE: Final = 0.02
_CACHE_KIB: Final = 65_536
_DRIVERS: Final = frozenset({"sqlite", "sqlite+pysqlite"})
_MIGRATIONS: Final = Path(__file__).parent / "migrations"


class StoreFile:
    """A database file, opened, with its schema up to date."""

    def __init__(self, url: str, *, exclusive: bool) -> None:
        """`exclusive`: refuse, and be refused by, another exclusive opening in any process. Raises StoreUnavailable."""
        self.path = path_of(url)
        self._lock: int | None = None
        try:
            with _clearly(self.path):
                _make(self.path)
                if exclusive:
                    self._lock = _own(self.path)
                self._update(exclusive=exclusive)
        except BaseException:
            self.release()
            raise

    def writing_engine(self) -> Engine:
        """Make an engine of one connection whose transactions begin with BEGIN IMMEDIATE."""
        # what is erased is overwritten; see docs/how-to/keep-and-erase.md
        return _engine(self.path, begin="BEGIN IMMEDIATE", connections=1, pragmas=("PRAGMA secure_delete = ON",))

    def reading_engine(self, connections: int) -> Engine:
        """Make an engine whose connections cannot write; a transaction sees one state of the file."""
        return _engine(self.path, begin="BEGIN", connections=connections, pragmas=("PRAGMA query_only = ON",))

    def compact(self) -> None:
        """Write the file anew, as small as may be; blocks. Raises StoreUnavailable."""
        with _clearly(self.path), contextlib.closing(sqlite3.connect(self.path, timeout=BUSY_SECONDS)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def release(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _update(self, *, exclusive: bool) -> None:
        """Bring the schema up to date, never beneath a server that runs."""
        end = time.monotonic() + PATIENCE
        engine = self.writing_engine()
        try:
            while not _is_current(engine, self.path):
                lock = None if exclusive else _take_lock(self.path, 0.0)
                if exclusive or lock is not None:
                    try:
                        with engine.begin() as connection:
                            if _version(connection, self.path) != HEAD:
                                migrate(connection)
                    finally:
                        if lock is not None:
                            os.close(lock)
                elif time.monotonic() > end:
                    message = f"{self.path} has an older schema and a server uses it: stop that server first"
                    raise StoreUnavailable(message)
                else:
                    time.sleep(_PAUSE)
        finally:
            engine.dispose()


def path_of(url: str) -> Path:
    """Give the file of an URL such as `sqlite:///ringback.db` (relative) or `sqlite:////var/lib/ringback.db`.

    Raises StoreUnavailable.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        message = "[store] url is not a URL: write it like sqlite:///ringback.db"
        raise StoreUnavailable(message) from None
    if parsed.drivername not in _DRIVERS:
        message = f"[store] url begins with {parsed.drivername}: only sqlite:///FILE can be served"
        raise StoreUnavailable(message)
    if parsed.host or parsed.username or parsed.query or not parsed.database or parsed.database == ":memory:":
        message = "[store] url must name a file and nothing else, like sqlite:///ringback.db"
        raise StoreUnavailable(message)
    return Path(parsed.database).absolute()


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the schema to a revision within the connection's transaction."""
    # Alembic takes a fifth of a second to import: only who needs it pays
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@contextlib.contextmanager
def _clearly(path: Path) -> Iterator[None]:
    """Say what a fault of the file means."""
    try:
        yield
    except (DBAPIError, sqlite3.Error, OSError) as fault:
        cause = fault.orig if isinstance(fault, DBAPIError) else fault
        message = f"[store] url: {path} cannot be used: {cause}"
        raise StoreUnavailable(message) from fault


def _make(path: Path) -> None:
    """Make an empty file that its owner alone may read: it will hold the secrets of webhooks."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        message = f"SQLite {sqlite3.sqlite_version} is too old: 3.35 or newer is needed"
        raise StoreUnavailable(message)
    if not path.parent.is_dir():
        message = f"[store] url: the folder {path.parent} does not exist"
        raise StoreUnavailable(message)
    if path.is_dir():
        message = f"[store] url: {path} is a folder"
        raise StoreUnavailable(message)
    # O_EXCL: a file that is there is never opened here, since closing it would drop SQLite's own locks in this process
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _own(path: Path) -> int:
    lock = _take_lock(path, PATIENCE)
    if lock is None:
        message = f"[store] url: another server uses {path}: stop it, or name another file"
        raise StoreUnavailable(message)
    return lock


def _take_lock(path: Path, patience: float) -> int | None:
    """Lock the file beside the database; None where another holds it for longer than `patience` seconds."""
    end = time.monotonic() + patience
    descriptor = os.open(f"{path}-lock", os.O_CREAT | os.O_RDWR, 0o600)
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                os.close(descriptor)
                return None
            time.sleep(_PAUSE)
        else:
            return descriptor


def _is_current(engine: Engine, path: Path) -> bool:
    # outside a transaction: reading takes no lock that a busy server would have to give up
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return _version(connection, path) == HEAD


def _version(connection: Connection, path: Path) -> str | None:
    """Give the revision of the schema; None for an empty file. Raises StoreUnavailable for one that is not ours."""
    tables = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return None
    if not {"alembic_version", "sessions", "deliveries"} <= tables:
        message = f"[store] url: {path} is the database of another program"
        raise StoreUnavailable(message)
    version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if not isinstance(version, str) or version > HEAD:
        message = f"[store] url: {path} has schema {version}, this ringback knows up to {HEAD}: update ringback"
        raise StoreUnavailable(message)
    return version


def _engine(path: Path, *, begin: str, connections: int, pragmas: tuple[str, ...] = ()) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        pool_size=connections,
        max_overflow=0,
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's pool entry
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            message = f"[store] url: the file system of {path} cannot hold a write-ahead log"
            raise StoreUnavailable(message)
        for pragma in ("synchronous = FULL", "foreign_keys = ON", f"cache_size = -{_CACHE_KIB}"):
            connection.execute(f"PRAGMA {pragma}")
        for pragma in pragmas:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        if connection.get_isolation_level() != "AUTOCOMMIT":
            connection.exec_driver_sql(begin)

    return engine
