"""`ringback sessions` on a store without a server; far ends and programs say what they like."""

import asyncio
import json

import msgspec
import pytest
from tests.contract.stores import NOW, delivery, new
from tests.contract.test_store import summary
from tests.unit.app.commands import Terminal

from ringback.adapters.store import open_store
from ringback.service.ports import SipMessage, SipTrace, TimelineEntry

ESCAPE = "\x1b[2J\x07\u202e"
"""Clears the screen, rings the bell, and turns the writing round."""
INVITE = f"INVITE sip:a@b SIP/2.0\r\nSubject: {ESCAPE}\r\n\r\n".encode()
STRANGE = f"SIP/2.0 200 {ESCAPE}\r\n\r\n".encode()


@pytest.fixture
def store(terminal: Terminal) -> Terminal:
    (terminal.folder / "ringback.toml").write_text(f'[store]\nurl = "sqlite:///{terminal.folder}/s.db"\n')

    async def fill() -> None:
        async with open_store(f"sqlite:///{terminal.folder}/s.db", exclusive=True) as store:
            await store.create_session(new("s1"))
            await store.create_session(msgspec.structs.replace(new("s2"), due=NOW + 60))
            entries = [
                TimelineEntry(NOW + 1, "leg-dialled", {"call": "call-1", "leg": "callA", "trunk": ESCAPE}),
                TimelineEntry(
                    NOW + 2, "prompt-played", {"call": "call-1", "seconds": 1.0, "text": ESCAPE, "voice": "v"}
                ),
                TimelineEntry(NOW + 3, "callflow-asked", {"call": "call-1", "answer": ESCAPE, "request": ESCAPE}),
            ]
            messages = [
                SipMessage("call-1", NOW + at, at % 2 == 1, "127.0.0.1:5060", "127.0.0.1:5070", content)
                for at, content in enumerate((STRANGE, INVITE, b"\xff\xfe"))
            ]
            told = delivery(f"d1-{ESCAPE}", type_="VSS", url=f"http://a/{ESCAPE}")
            await store.end_session(summary("s1"), entries, [told], SipTrace(messages, left_out=4))
            await store.delivery_failed(told.delivery_id, NOW, None, f"HTTP {ESCAPE}", 0.5)

    asyncio.run(fill())
    return terminal


def test_the_latest_are_listed_with_how_they_ended(store: Terminal) -> None:
    queued, over = store.lines("sessions")
    assert queued.split()[::2] == ["s2", "QUEUED"]
    assert over.split() == ["s1", over.split()[1], "ERROR", "acme"]
    assert store.lines("sessions", "--limit", "1") == [queued]
    assert [row["status"] for row in json.loads(store.run("sessions", "--json").out)] == [None, "ERROR"]


def test_nothing_that_anybody_said_steers_the_terminal(store: Terminal) -> None:
    told = store.run("sessions", "s1").out
    assert all(character.isprintable() or character == "\n" for character in told)
    assert "4 further messages were not kept" in told
    assert "VSS  DEAD, 1 try, 0.500 s" in told


def test_json_is_whole_and_escaped(store: Terminal) -> None:
    printed = store.run("sessions", "s1", "--json").out
    assert "\x1b" not in printed
    told = json.loads(printed)
    assert [each["message"] for each in told["trace"]["messages"]] == [
        *(STRANGE.decode(), INVITE.decode(), "\ufffd\ufffd"),
    ]
    assert (told["trace"]["leftOut"], told["deliveries"][0]["state"], told["errorCode"]) == (4, "DEAD", -2005)
    assert told["deliveries"][0]["body"] == f"d1-{ESCAPE}"
    assert told["timeline"][0]["details"]["trunk"] == ESCAPE


def test_a_session_in_the_queue_is_told_as_far_as_it_came(store: Terminal) -> None:
    told = store.run("sessions", "s2").out
    assert "state       QUEUED" in told
    assert "due         2027-01-15T08:01:00" in told
    assert "no SIP messages" in told


def test_files_are_written_beside_the_text(store: Terminal) -> None:
    told = store.lines("sessions", "s1", "--pcap", "a.pcap", "--svg", "a.svg")
    assert told[-1] == "a.pcap: 3 SIP messages; headers of RTP were not kept: [recorder] rtp_headers"
    assert (store.folder / "a.pcap").stat().st_size > 24
    assert "\x1b" not in (store.folder / "a.svg").read_text()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("nobody",), "there is no session nobody"),
        ((ESCAPE,), "there is no session ?[2J??"),
        (("--pcap", "a.pcap"), "--pcap and --svg are for one session: name it"),
        (("--limit", "0"), "--limit 0: 1..10000"),
        (("--limit", "10001"), "--limit 10001: 1..10000"),
    ],
)
def test_what_cannot_be_told_is_one_line(store: Terminal, words: tuple[str, ...], reason: str) -> None:
    assert store.refusal("sessions", *words) == reason


def test_a_file_that_cannot_be_written_is_named(store: Terminal) -> None:
    outcome = store.run("sessions", "s1", "--pcap", "nowhere/a.pcap")
    assert (outcome.code, outcome.err) == (1, "ringback: nowhere/a.pcap: No such file or directory\n")


def test_sessions_that_try_the_same_name_each_other(store: Terminal) -> None:
    async def retry() -> None:
        async with open_store(f"sqlite:///{store.folder}/s.db", exclusive=True) as opened:
            again = msgspec.structs.replace(new("s3"), retry_of="s2", attempt=1)
            await opened.end_session(msgspec.structs.replace(summary("s2"), retried_by="s3"), [], [], None, again)

    asyncio.run(retry())
    assert "retried by  s3" in store.lines("sessions", "s2")
    assert "retry       1 of s2" in store.lines("sessions", "s3")
