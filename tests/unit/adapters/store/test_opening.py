import multiprocessing
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ringback.adapters.store import StoreUnavailable, open_store, opening
from ringback.adapters.store.opening import StoreFile, path_of


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PATIENCE", 0.0)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://host/ringback", "only sqlite:///FILE"),
        ("mysql+pymysql://user:secret@host/x", "only sqlite:///FILE"),
        ("sqlite+aiosqlite:///x.db", "only sqlite:///FILE"),
        ("ringback.db", "is not a URL"),
        ("", "is not a URL"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("sqlite://host/x.db", "must name a file"),
        ("sqlite:///x.db?mode=ro", "must name a file"),
    ],
)
def test_an_url_that_cannot_be_served_is_refused_without_its_password(url: str, said: str) -> None:
    with pytest.raises(StoreUnavailable, match=r"\[store\] url") as fault:
        StoreFile(url, exclusive=True)
    assert said in str(fault.value)
    assert "secret" not in str(fault.value)


def test_an_url_names_a_file_here_or_anywhere() -> None:
    assert path_of("sqlite:///ringback.db") == Path.cwd() / "ringback.db"
    assert path_of("sqlite:////var/lib/r.db") == Path("/var/lib/r.db")


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"the folder .*/nowhere does not exist"):
        StoreFile(f"sqlite:///{tmp_path}/nowhere/r.db", exclusive=True)
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="is a folder"):
        StoreFile(f"sqlite:///{tmp_path}", exclusive=True)


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Ann, " * 500)
    with pytest.raises(StoreUnavailable, match="not a database"):
        StoreFile(f"sqlite:///{path}", exclusive=True)
    assert path.read_text() == "Dear Ann, " * 500


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "r.db")
    connection.execute("CREATE TABLE recipes (x)")
    connection.close()
    with pytest.raises(StoreUnavailable, match="another program"):
        StoreFile(f"sqlite:///{tmp_path}/r.db", exclusive=True)


def test_a_schema_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    StoreFile(f"sqlite:///{tmp_path}/r.db", exclusive=True).release()
    connection = sqlite3.connect(tmp_path / "r.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    for exclusive in (True, False):
        with pytest.raises(StoreUnavailable, match=r"has schema 9999, .* update ringback"):
            StoreFile(f"sqlite:///{tmp_path}/r.db", exclusive=exclusive)


def test_a_file_that_cannot_be_opened_is_named_with_the_cause(tmp_path: Path) -> None:
    (tmp_path / "r.db-lock").mkdir()
    with pytest.raises(StoreUnavailable, match=r"/r.db cannot be used: .*Is a directory"):
        StoreFile(f"sqlite:///{tmp_path}/r.db", exclusive=True)


@pytest.mark.usefixtures("impatient")
def test_a_second_server_on_the_same_file_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/r.db"
    first = StoreFile(url, exclusive=True)
    with pytest.raises(StoreUnavailable, match=r"\[store\] url: another server uses"):
        StoreFile(url, exclusive=True)
    StoreFile(url, exclusive=False).release()
    first.release()
    StoreFile(url, exclusive=True).release()


@pytest.mark.usefixtures("impatient")
def test_the_lock_holds_between_processes_and_ends_with_its_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/r.db"
    script = (
        "import sys; from ringback.adapters.store.opening import StoreFile;"
        "file = StoreFile(sys.argv[1], exclusive=True); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "open\n"
        with pytest.raises(StoreUnavailable, match="another server"):
            StoreFile(url, exclusive=True)
        server.kill()
    StoreFile(url, exclusive=True).release()


@pytest.mark.usefixtures("impatient")
def test_a_schema_is_not_changed_beneath_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path}/r.db"
    server = StoreFile(url, exclusive=True)
    monkeypatch.setattr(opening, "HEAD", "9999")
    with pytest.raises(StoreUnavailable, match="stop that server first"):
        StoreFile(url, exclusive=False)
    server.release()


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    file = StoreFile(f"sqlite:///{tmp_path}/r.db", exclusive=True)
    engine = file.writing_engine()
    with engine.connect():
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    engine.dispose()
    file.release()
    assert {"r.db", "r.db-wal", "r.db-lock"} <= modes.keys()
    assert set(modes.values()) == {0o600}


async def test_an_admin_command_works_while_the_server_does(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/r.db"
    async with open_store(url, exclusive=True) as server, open_store(url, exclusive=False) as admin:
        await admin.add_subaccount("acme")
        assert await server.subaccount("acme") is not None
        await server.add_subaccount("beta")
        assert await admin.list_subaccounts() == ["acme", "beta"]


def _open_once(url: str) -> None:
    StoreFile(url, exclusive=False).release()


def test_of_many_that_make_the_schema_at_once_none_fails(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    url = f"sqlite:///{tmp_path}/r.db"
    with context.Pool(4) as pool:
        pool.map(_open_once, [url] * 8, chunksize=1)
    StoreFile(url, exclusive=True).release()
