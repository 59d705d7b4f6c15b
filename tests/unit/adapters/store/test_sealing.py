"""Passwords at rest."""

import asyncio
import stat
from pathlib import Path

import pytest

from ringback.adapters.store import StoreUnavailable, open_store
from ringback.adapters.store.sealing import Seal
from ringback.service.ports import WebhookType

HUSH = "Bearer hush-hush"


async def furnished(folder: Path, key: str = "") -> Path:
    """Give a database that holds a header and a signing secret."""
    database = folder / "s.db"
    async with open_store(f"sqlite:///{database}", exclusive=True, key=key) as store:
        await store.bootstrap("acme", [], [], [WebhookType("VSS", "http://127.0.0.1/", HUSH)])
        await store.rotate_secret("acme", "VSS", "whsec_c2VjcmV0")
    return database


def test_what_one_key_closes_it_opens_again(tmp_path: Path) -> None:
    sealed = Seal(tmp_path / "s.db", "one").close(HUSH)
    assert HUSH not in sealed
    assert Seal(tmp_path / "s.db", "one").open(sealed) == HUSH
    with pytest.raises(StoreUnavailable, match="is not the key"):
        Seal(tmp_path / "s.db", "other").open(sealed)


def test_what_was_stored_before_there_was_a_seal_is_read_as_it_is(tmp_path: Path) -> None:
    assert Seal(tmp_path / "s.db").open("Basic YTpi") == "Basic YTpi"
    assert list(tmp_path.iterdir()) == []


def test_without_a_configured_key_one_is_made_beside_the_database(tmp_path: Path) -> None:
    sealed = Seal(tmp_path / "s.db").close(HUSH)
    (file,) = tmp_path.iterdir()
    assert file.name == "s.db-key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert Seal(tmp_path / "s.db").open(sealed) == HUSH


def test_a_key_file_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"s\.db-key"):
        Seal(tmp_path / "nowhere" / "s.db").close(HUSH)


def test_the_database_alone_gives_no_secret_away(tmp_path: Path) -> None:
    asyncio.run(furnished(tmp_path))
    files = [file.read_bytes() for file in tmp_path.glob("s.db*")]
    assert not any(b"hush-hush" in content or b"c2VjcmV0" in content for content in files)


async def test_a_store_is_not_opened_with_the_wrong_key(tmp_path: Path) -> None:
    database = await furnished(tmp_path, key="right")
    with pytest.raises(StoreUnavailable, match=r"\[secrets\] key is not the key"):
        open_store(f"sqlite:///{database}", exclusive=True, key="wrong")
    async with open_store(f"sqlite:///{database}", exclusive=True, key="right") as store:
        acme = await store.subaccount("acme")
    assert acme is not None
    assert (acme.webhooks["VSS"].authorization, acme.webhooks["VSS"].secrets) == (HUSH, ("whsec_c2VjcmV0",))


def test_a_lost_key_file_is_told_and_not_replaced(tmp_path: Path) -> None:
    database = asyncio.run(furnished(tmp_path))
    key = Path(f"{database}-key")
    key.unlink()
    with pytest.raises(StoreUnavailable, match="key"):
        open_store(f"sqlite:///{database}", exclusive=True)
    assert not key.exists()


def test_a_key_for_another_use_depends_on_the_secret_and_the_use_and_stays(tmp_path: Path) -> None:
    made = Seal(tmp_path / "s.db").derive("links")
    assert len(made) == 32
    assert Seal(tmp_path / "s.db").derive("links") == made
    others = [Seal(tmp_path / "s.db").derive("other"), Seal(tmp_path / "s.db", "one").derive("links")]
    assert len({made, *others}) == 3
