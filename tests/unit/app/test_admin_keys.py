"""`ringback admin key` on a store of its own."""

import asyncio

import pytest
from tests.unit.app.commands import Terminal

from ringback.adapters.store import open_store
from ringback.app.spans import BadSpan, parse_end, parse_span
from ringback.domain.scalars import parse_moment
from ringback.domain.scope import Scope
from ringback.service.key_store import Grant, hash_key

ACME = ("--subaccount", "acme")
ALL = "calls,manage,read"


def granted(terminal: Terminal, secret: str) -> Grant | None:
    """Give what a secret opens, as a server would read it."""

    async def read() -> Grant | None:
        async with open_store(f"sqlite:///{terminal.folder}/ringback.db", exclusive=True) as store:
            return await store.authenticate(hash_key(secret))

    return asyncio.run(read())


@pytest.fixture
def acme(terminal: Terminal) -> Terminal:
    terminal.lines("admin", "subaccount", "add", "acme")
    return terminal


def rows(terminal: Terminal) -> list[list[str]]:
    return [line.split(" ") for line in terminal.lines("admin", "key", "list")]


def test_a_key_is_shown_once_and_revoked_by_its_id_or_by_itself(acme: Terminal) -> None:
    secrets = [acme.lines("admin", "key", "add", *ACME, "--name", name)[0] for name in ("till", "lap top")]
    listed = rows(acme)
    assert [row[1:4] + row[5:] for row in listed] == [
        ["acme", "valid", ALL, "never", "never", "till"],
        ["acme", "valid", ALL, "never", "never", "lap", "top"],
    ]
    assert not any(secret in str(listed) for secret in secrets)
    assert acme.lines("admin", "key", "revoke", listed[0][0]) == []
    assert acme.lines("admin", "key", "remove", secrets[1]) == []
    assert [row[2] for row in rows(acme)] == ["revoked", "revoked"]
    assert "there is no such key" in acme.refusal("admin", "key", "revoke", secrets[1])
    assert granted(acme, secrets[0]) is None


def test_a_key_has_the_scopes_and_the_end_that_it_was_given(acme: Terminal) -> None:
    (secret,) = acme.lines("admin", "key", "add", *ACME, "--scope", "read", "calls", "--expires", "2999-01-31")
    grant = granted(acme, secret)
    assert grant is not None
    assert (grant.scopes, grant.until) == (frozenset({Scope.READ, Scope.CALLS}), parse_moment("2999-01-31T00:00:00Z"))
    ((_, _, state, scopes, _, expires, *_),) = rows(acme)
    assert (state, scopes, expires) == ("valid", "calls,read", "2999-01-31T00:00:00.000Z")


def test_a_rotated_key_has_another_secret_and_the_same_id(acme: Terminal) -> None:
    (old,) = acme.lines("admin", "key", "add", *ACME)
    ((key_id, *_),) = rows(acme)
    (new,) = acme.lines("admin", "key", "rotate", key_id, "--grace", "1h", "--expires", "90d")
    kept, grant = granted(acme, old), granted(acme, new)
    assert kept is not None
    assert grant is not None
    assert kept.until is not None
    assert grant.until is not None
    assert kept.until < grant.until
    assert kept.key_id == grant.key_id == key_id
    acme.lines("admin", "key", "rotate", key_id, "--grace", "0")
    over = granted(acme, new)
    assert over is None or over.until == 0.0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("add", "--subaccount", "nobody"), "there is no subaccount nobody"),
        (("add", *ACME, "--scope", "write"), "scopes: should be of calls, read, manage"),
        (("add", *ACME, "--expires", "soon"), "give a time such as 90d"),
        (("add", *ACME, "--expires", "2001-01-01"), "expires: should be in the future"),
        (("rotate", "nothing"), "there is no such key that is valid"),
        (("rotate", "nothing", "--grace", "31d"), "grace: should be 0..2592000 seconds"),
        (("rotate", "nothing", "--grace", "long"), "give a time such as"),
    ],
)
def test_what_cannot_be_is_one_line(acme: Terminal, words: tuple[str, ...], says: str) -> None:
    assert says in acme.refusal("admin", "key", *words)


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("45", 45), ("45s", 45), ("2m", 120), ("24h", 86_400), ("90d", 7_776_000)]
)
def test_a_span_has_a_unit_or_is_in_seconds(text: str, seconds: float) -> None:
    assert parse_span(text) == seconds
    assert parse_end(text, 100.0) == 100.0 + seconds


@pytest.mark.parametrize("text", ["", "d", "-1d", "1.5h", "1w", "1 d", "99999999999", "\u0661d", "1d\n"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(BadSpan):
        parse_span(text)


@pytest.mark.parametrize("text", ["2027-02-30", "tomorrow", "2027-01-31 10:00"])
def test_what_is_no_end_is_refused(text: str) -> None:
    with pytest.raises(BadSpan):
        parse_end(text, 0.0)


def test_an_end_may_be_a_date_or_a_moment() -> None:
    assert parse_end("2027-01-31", 0.0) == parse_moment("2027-01-31T00:00:00Z")
    assert parse_end("2027-01-31T10:00:00+01:00", 0.0) == parse_moment("2027-01-31T09:00:00Z")
