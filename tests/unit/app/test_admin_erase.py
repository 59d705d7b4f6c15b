"""`ringback admin erase`, `compact` and `subaccount remove` on a store of their own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from tests.contract.stores import new
from tests.contract.test_store import summary
from tests.unit.app.commands import Terminal

from ringback.adapters.store import Database, open_store

T = TypeVar("T")
ACME = ("--subaccount", "acme")
NUMBER = "+6512345678"


def stored(terminal: Terminal, work: Callable[[Database], Awaitable[T]]) -> T:
    """Do a piece of work on the store, as a server would."""

    async def run() -> T:
        async with open_store(f"sqlite:///{terminal.folder}/ringback.db", exclusive=True) as store:
            return await work(store)

    return asyncio.run(run())


def is_there(terminal: Terminal, session_id: str) -> bool:
    return stored(terminal, lambda store: store.session(session_id)) is not None


@pytest.fixture
def acme(terminal: Terminal) -> Terminal:
    """Give a terminal whose store has two sessions of acme, s1 and s2, that are over."""
    terminal.lines("admin", "bootstrap", *ACME)

    async def work(store: Database) -> None:
        for session_id in ("s1", "s2"):
            await store.create_session(new(session_id))
            await store.end_session(summary(session_id), [], [])

    stored(terminal, work)
    return terminal


def test_a_session_is_erased_and_it_is_noted(acme: Terminal) -> None:
    assert acme.refusal("admin", "erase", "--session", "s1", "--subaccount", "beta") == "there is no session s1"
    assert acme.lines("admin", "erase", "--session", "s1") == []
    assert acme.refusal("admin", "erase", "--session", "s1") == "there is no session s1"
    assert (is_there(acme, "s1"), is_there(acme, "s2")) == (False, True)
    rows = [row.split()[2:6] for row in acme.lines("admin", "audit", "--action", "erase.session")]
    assert [(row[1], row[3]) for row in rows] == [("REFUSED", "s1"), ("DONE", "s1"), ("REFUSED", "s1")]


def test_everything_about_a_number_is_erased_and_the_log_does_not_name_it(acme: Terminal) -> None:
    assert acme.lines("admin", "erase", *ACME, "--number", "4930123456") == ["0 sessions erased"]
    assert acme.lines("admin", "erase", *ACME, "--number", NUMBER) == ["2 sessions erased"]
    assert not is_there(acme, "s1")
    log = acme.lines("admin", "audit", "--action", "erase.number")
    assert [row.split()[3] for row in log] == ["DONE", "UNCHANGED"]
    assert NUMBER.removeprefix("+") not in "".join(log)


def test_what_cannot_be_erased_yet_is_named(acme: Terminal) -> None:
    stored(acme, lambda store: store.create_session(new("s3")))
    assert "s3 waits or runs" in acme.refusal("admin", "erase", "--session", "s3")
    outcome = acme.run("admin", "erase", *ACME, "--number", NUMBER)
    assert (outcome.code, outcome.out) == (1, "2 sessions erased\n")
    assert outcome.err.endswith("do it again later: s3\n")


@pytest.mark.parametrize(
    "words",
    [(), ACME, ("--number", NUMBER), ("--session", "s1", "--number", NUMBER), ("--session", "s1", "--number", "1")],
)
def test_what_is_to_be_erased_must_be_clear(acme: Terminal, words: tuple[str, ...]) -> None:
    assert "give --session ID, or --subaccount and --number" in acme.refusal("admin", "erase", *words)
    assert is_there(acme, "s1")


def test_a_removed_subaccount_leaves_nothing(acme: Terminal) -> None:
    stored(acme, lambda store: store.create_session(new("s3")))
    assert "acme has 1 sessions that wait or run" in acme.refusal("admin", "subaccount", "remove", "acme")
    stored(acme, lambda store: store.end_session(summary("s3"), [], []))
    assert acme.lines("admin", "subaccount", "remove", "acme") == []
    assert stored(acme, lambda store: store.latest_sessions(10)) == []
    assert acme.refusal("admin", "subaccount", "remove", "acme") == "there is no subaccount acme"
    (done,) = [row for row in acme.lines("admin", "audit", "--action", "subaccount.remove") if " DONE " in row]
    assert done.split()[4:6] == ["acme", "acme"]


def test_a_store_is_compacted(acme: Terminal) -> None:
    assert acme.lines("admin", "compact") == []
    assert is_there(acme, "s1")


def test_how_long_things_are_kept_is_a_setting(acme: Terminal) -> None:
    (shown,) = acme.lines("admin", "subaccount", "set", "acme", "keepTextsDays=30", "keepRecordingsDays=0")
    assert shown == '{"keepTextsDays":30,"keepRecordingsDays":0}'
    assert acme.lines("admin", "subaccount", "set", "acme", "keepTextsDays=", "keepRecordingsDays=") == ["{}"]
    assert "keepTextsDays" in acme.refusal("admin", "subaccount", "set", "acme", "keepTextsDays=-1")
