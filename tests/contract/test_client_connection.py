"""Both faces of the client against a server that fails in every way: what is sent again, and what never is."""

import asyncio
import io
import re
import socket
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from tests.contract.faces import FACES, SOON, client

from ringback.client import (
    AnswerInvalid,
    Callflow,
    CallflowRejected,
    CallRetry,
    ConnectionFailed,
    Hangup,
    MakeCall,
    NotPublished,
    Refused,
    Retries,
    ServerFault,
    Timeouts,
    TooManyRequests,
)

HOST = "127.0.0.1"
DIAL = MakeCall(source="15550100100", destination="6512345678")
CREATED = b'{"sessionId": "s-1", "sessionStatus": "CREATED", "statusCode": 1, "statusMessage": "Created"}'
LOST = b""
"""The connection is closed without an answer."""
SILENT = b"SILENT"
"""The connection stays, and nothing comes."""


def answer(status: int, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    """Write an answer; `length`: the one that it pretends to have."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status} So", f"Content-Length: {size}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Flaky:
    """Answers what it is told, in order, and keeps what it was asked."""

    def __init__(self, answers: Sequence[bytes]) -> None:
        """`answers`: when they run out, every connection is closed."""
        self.port = 0
        self.connections = 0
        self.asked: list[bytes] = []
        self._answers = deque(answers)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def headers(self, name: str) -> list[str]:
        """Give a header of every request."""
        return re.findall(rf"(?im)^{name}: (.*)\r$", b"".join(self.asked).decode())

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection until something is to be lost on it."""
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)^content-length: (\d+)", head, re.MULTILINE)
                self.asked.append(head + await reader.readexactly(int(length[1]) if length else 0))
                said = self._answers.popleft() if self._answers else LOST
                if said == SILENT:
                    await reader.read()
                    return
                if said == LOST:
                    return
                writer.write(said)
                await writer.drain()
                if b"Connection: close" in said:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def flaky(*answers: bytes) -> AsyncIterator[Flaky]:
    """Run such a server."""
    there = Flaky(answers)
    server = await asyncio.start_server(there.take, HOST, 0)
    there.port = server.sockets[0].getsockname()[1]
    try:
        yield there
    finally:
        server.close()
        await server.wait_closed()


@pytest.fixture(params=FACES)
def face(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


AWAY = [LOST, *(answer(status) for status in (502, 503, 504))]


@pytest.mark.parametrize("first", [*AWAY, answer(429), answer(200, b"{", "Connection: close", length=9)])
async def test_a_callflow_whose_answer_was_lost_is_sent_again_with_the_same_key(face: str, first: bytes) -> None:
    async with flaky(first, answer(200, CREATED)) as there, client(face, there.url, "key") as acme:
        assert (await acme.callflows.create(DIAL, Hangup())).session_id == "s-1"
        keys = there.headers("idempotency-key")
        assert len(keys) == 2
        assert keys[0] == keys[1]
        assert there.asked[0].partition(b"\r\n\r\n")[2] == there.asked[1].partition(b"\r\n\r\n")[2]


async def test_what_the_hosted_api_would_understand_otherwise_is_not_sent(face: str) -> None:
    later = datetime(2030, 1, 1, tzinfo=UTC)
    async with flaky(answer(200, CREATED)) as there, client(face, there.url, "key", hosted=True) as hosted:
        with pytest.raises(NotPublished, match="dry run"):
            await hosted.callflows.dry_run(DIAL, Hangup())
        with pytest.raises(NotPublished, match="start_at, retry"):
            await hosted.callflows.create(DIAL, start_at=later, retry=CallRetry(attempts=1))
        with pytest.raises(NotPublished, match="ignore_quiet_hours"):
            await hosted.callflows.create_batch([Callflow(actions=[DIAL], ignore_quiet_hours=True)])
        assert there.asked == []
        await hosted.callflows.create(DIAL, valid_until=later, client_request_id="r")
        assert len(there.asked) == 1


@pytest.mark.parametrize("first", AWAY)
async def test_a_callflow_is_not_sent_again_where_the_server_heeds_no_key(face: str, first: bytes) -> None:
    async with (
        flaky(first, answer(200, CREATED)) as there,
        client(face, there.url, "key", hosted=True) as hosted,
    ):
        with pytest.raises((ConnectionFailed, ServerFault)):
            await hosted.callflows.create(DIAL, Hangup())
        assert len(there.asked) == 1, "perhaps somebody was called"
        assert there.headers("idempotency-key") == []


@pytest.mark.parametrize("first", AWAY)
async def test_what_does_more_when_it_is_done_twice_is_not_sent_again(face: str, first: bytes) -> None:
    async with flaky(first, answer(202, b"{}")) as there, client(face, there.url, "key") as acme:
        with pytest.raises((ConnectionFailed, ServerFault)):
            await acme.sessions.replace_callflow("s-1", Hangup())
        assert len(there.asked) == 1


async def test_what_was_refused_for_now_is_sent_again_whatever_it_is(face: str) -> None:
    async with flaky(answer(429, b"{}", "Retry-After: 0"), answer(202)) as there, client(face, there.url, "k") as acme:
        await acme.sessions.replace_callflow("s-1", Hangup())
        assert len(there.asked) == 2


async def test_a_wait_that_is_too_long_is_told(face: str) -> None:
    refused = answer(429, b'{"statusCode": 429, "statusMessage": "Too many requests"}', "Retry-After: 60")
    async with flaky(refused) as there, client(face, there.url, "key") as acme:
        with pytest.raises(TooManyRequests, match="Too many requests") as caught:
            await acme.numbers.list()
        assert (caught.value.retry_after, len(there.asked)) == (60.0, 1)


@pytest.mark.parametrize("last", [LOST, answer(503, b"{}")])
async def test_after_so_many_tries_it_is_over(face: str, last: bytes) -> None:
    async with flaky(*[last] * 9) as there, client(face, there.url, "key") as acme:
        with pytest.raises((ConnectionFailed, ServerFault)):
            await acme.callflows.create(DIAL, Hangup())
        assert len(there.asked) == SOON.tries


async def test_one_try_is_one_try(face: str) -> None:
    async with flaky(LOST) as there, client(face, there.url, "key", retries=Retries(tries=1)) as acme:
        with pytest.raises(ConnectionFailed) as caught:
            await acme.callflows.create(DIAL, Hangup())
        assert (caught.value.sent, len(there.asked)) == (True, 1)


@pytest.mark.parametrize("status", [500, 501])
async def test_a_fault_of_the_server_is_told_and_not_tried_again(face: str, status: int) -> None:
    body = b'{"sessionStatus": "NOT_CREATED", "callFlowRequestId": "r-1", "statusCode": -9999, "statusMessage": "Oh."}'
    async with flaky(answer(status, body)) as there, client(face, there.url, "key") as acme:
        with pytest.raises(ServerFault, match=r"Oh\.") as caught:
            await acme.callflows.create(DIAL, Hangup())
        assert (caught.value.status_code, caught.value.request_id, len(there.asked)) == (-9999, "r-1", 1)


async def test_a_rejection_is_not_tried_again(face: str) -> None:
    body = b'{"sessionStatus": "NOT_CREATED", "statusCode": -1013, "statusMessage": "First"}'
    async with flaky(answer(422, body)) as there, client(face, there.url, "key") as hosted:
        with pytest.raises(CallflowRejected, match="-1013 First") as caught:
            await hosted.callflows.create(Hangup())
        assert (caught.value.violations, len(there.asked)) == ((), 1)


async def test_where_nobody_listens_nothing_was_sent(face: str) -> None:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        url = f"http://{HOST}:{probe.getsockname()[1]}"
        async with client(face, url, "key", retries=Retries(tries=2, first_pause=0.001)) as acme:
            with pytest.raises(ConnectionFailed) as caught:
                await acme.sessions.replace_callflow("s-1", Hangup())
    assert caught.value.sent is False


async def test_a_server_that_falls_silent_is_not_waited_for(face: str) -> None:
    timeouts = Timeouts(silence=0.05, events=0.05)
    retries = Retries(tries=2, first_pause=0.001)
    half = b"HTTP/1.1 200 So\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n:\n\r\n"
    async with (
        flaky(SILENT, SILENT, half) as there,
        client(face, there.url, "key", timeouts=timeouts, retries=retries) as acme,
    ):
        with pytest.raises(ConnectionFailed) as caught:
            await acme.numbers.list()
        assert (caught.value.sent, len(there.asked)) == (True, 2)
        with pytest.raises(ConnectionFailed):
            assert [event async for event in acme.events()] == []


async def test_connections_are_kept(face: str) -> None:
    body = b'{"numbers": []}'
    async with flaky(*[answer(200, body)] * 3) as there, client(face, there.url, "key") as acme:
        for _ in range(3):
            assert list(await acme.numbers.list()) == []
        assert there.connections == 1


async def test_an_answer_without_end_is_not_kept(face: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"ringback.client.{face}.connection.MAX_ANSWER", 1000)
    async with flaky(*[answer(500, b"x" * 1001)] * 2) as there, client(face, there.url, "key") as acme:
        with pytest.raises(AnswerInvalid, match="longer than 1000 bytes"):
            await acme.numbers.list()
        with pytest.raises(AnswerInvalid, match="longer than 1000 bytes"):
            assert [event async for event in acme.events()] == []


async def test_dead_posts_are_listed_over_the_edges_of_pages(face: str) -> None:
    row = b'{"deliveryId": "%s", "type": "VSS", "state": "dead", "reason": "HTTP 500"}'
    pages = [
        b'{"deliveries": [%s, %s], "nextCursor": "abc="}' % (row % b"d-3", row % b"d-2"),
        b'{"deliveries": [%s], "nextCursor": null}' % (row % b"d-1"),
    ]
    async with flaky(*[answer(200, page) for page in pages]) as there, client(face, there.url, "key") as acme:
        found = [each async for each in acme.deliveries.dead(page_size=2)]
        assert [(each.delivery_id, each.reason) for each in found] == [(f"d-{n}", "HTTP 500") for n in (3, 2, 1)]
        assert b"?state=dead&limit=2&cursor=abc%3D HTTP" in there.asked[1]


async def test_what_is_none_of_the_api_is_told_with_its_beginning(face: str) -> None:
    async with (
        flaky(answer(200, b"<html>\x1bHello"), answer(200, b"{}")) as there,
        client(face, there.url, "k") as acme,
    ):
        with pytest.raises(AnswerInvalid, match=r"/numbers: 200, but .*: <html> Hello$"):
            await acme.numbers.list()
        with pytest.raises(AnswerInvalid, match="numbers"):
            await acme.numbers.list()


async def test_a_redirect_is_not_followed_for_it_would_take_the_key_along(face: str) -> None:
    async with (
        flaky(answer(301, b"", "Location: https://acme.example/")) as there,
        client(face, there.url, "k") as acme,
    ):
        with pytest.raises(Refused, match=r"301: it is at https://acme.example/"):
            await acme.numbers.list()


async def test_a_file_that_is_cut_short_is_told_and_the_key_stays_here(face: str) -> None:
    cut = answer(200, b"12345", "Connection: close", length=10)
    async with flaky(answer(200, b"1234567890"), cut) as there, client(face, there.url, "secret") as acme:
        file = io.BytesIO()
        assert await acme.exports.download(f"{there.url}/file", file) == 10
        with pytest.raises(ConnectionFailed):
            await acme.exports.download(f"{there.url}/file", io.BytesIO())
        assert file.getvalue() == b"1234567890"
        assert there.headers("authorization") == []


async def test_a_key_is_sent_with_every_request_and_a_query_is_quoted(face: str) -> None:
    async with flaky(answer(200, b'{"sessions": []}')) as there, client(face, there.url, "secret") as acme:
        assert [each async for each in acme.sessions.list(status="a b&c", page_size=7)] == []
        assert there.headers("authorization") == ["Bearer secret"]
        assert there.asked[0].startswith(b"GET /api/v1/subaccounts/acme/sessions?status=a+b%26c&limit=7 HTTP/1.1\r\n")


def _stream(*blocks: bytes) -> bytes:
    """Write an event stream that is cut off after these blocks."""
    head = (
        b"HTTP/1.1 200 So\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    return head + b"".join(b"%x\r\n%s\r\n" % (len(block), block) for block in blocks)


def _event(number: int) -> bytes:
    data = b'{"sessionId": "s-%d", "timestamp": "2026-01-13T08:26:58Z", "event": "hang-up", "details": {}}' % number
    return b"id: 7-%d\nevent: hang-up\ndata: %s\n\n" % (number, data)


async def test_events_go_on_where_they_were_cut_off(face: str) -> None:
    lost_half = _event(3)[:-2]
    last = _stream(_event(3), _event(4)) + b"0\r\n\r\n"
    answers = (_stream(b": ringback\nid: 7-0\n\n"), _stream(_event(1), _event(2), lost_half), LOST, answer(503), last)
    async with flaky(*answers) as there, client(face, there.url, "key") as acme:
        told = [event.session_id async for event in acme.events()]
        assert told == ["s-1", "s-2", "s-3", "s-4"]
        assert there.headers("last-event-id") == ["7-0", "7-2", "7-2", "7-2"]


async def test_events_that_nobody_can_go_on_with_are_a_lost_connection(face: str) -> None:
    unnumbered = _stream(_event(1).partition(b"\n")[2])
    async with flaky(unnumbered, *[_stream(b"id: 7-0\n\n")] * 9) as there, client(face, there.url, "key") as acme:
        events = acme.events()
        assert (await anext(events)).session_id == "s-1"
        with pytest.raises(ConnectionFailed):
            await anext(events)
        assert len(there.asked) == 1


async def test_an_event_stream_that_is_lost_again_and_again_is_given_up(face: str) -> None:
    async with flaky(_stream(b"id: 7-0\n\n"), *[LOST] * 9) as there, client(face, there.url, "key") as acme:
        with pytest.raises(ConnectionFailed):
            assert [event async for event in acme.events()] == []
        assert SOON.tries <= len(there.asked) <= 2 * SOON.tries, "aiohttp tries each GET once more"


async def test_an_event_stream_that_is_cut_in_the_middle_is_a_lost_connection(face: str) -> None:
    event = b'data: {"sessionId": "s-1", "timestamp": "2026-01-13T08:26:58Z", "event": "hang-up", "details": {}}\n\n'
    head = (
        b"HTTP/1.1 200 So\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    stream = head + b"%x\r\n%s\r\n" % (len(event), event)
    async with flaky(stream) as there, client(face, there.url, "key") as acme:
        events = acme.events()
        assert (await anext(events)).event == "hang-up"
        with pytest.raises(ConnectionFailed):
            await anext(events)
