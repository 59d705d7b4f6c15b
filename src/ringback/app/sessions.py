"""`ringback sessions`: what happened in a session, from the store, whether or not a server runs."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from ringback.adapters.store import open_store
from ringback.adapters.telephone import HeaderFolder, draw_ladder, signalling, write_capture
from ringback.app.config import Config
from ringback.app.printable import printable
from ringback.app.timeline import describe
from ringback.domain.errors import RingbackError
from ringback.domain.session import MediaReport, RtpStream
from ringback.service.ports import DeliveryRecord, SessionRecord, SipTrace
from ringback.service.queries import Flight, FlightLeg, PlayedPrompt, Question, flight, status_of

MAX_LATEST: Final = 10_000
"""Sessions of a list."""
_NO_TRACE: Final = "no SIP messages: they are written when the session ends, and kept for [recorder] days"


class UnknownSession(RingbackError):
    """There is no such session."""


def sessions(
    config: Config, session_id: str | None, *, limit: int, json: bool, pcap: Path | None, svg: Path | None
) -> Iterator[str]:
    """Give the lines to be printed of one session, or of the latest; the files that are named are written.

    Raises UnknownSession, ValueError, StoreError, OSError.
    """
    if session_id is None:
        if pcap is not None or svg is not None:
            message = "--pcap and --svg are for one session: name it"
            raise ValueError(message)
        if not 1 <= limit <= MAX_LATEST:
            message = f"--limit {limit}: 1..{MAX_LATEST}"
            raise ValueError(message)
        latest = asyncio.run(_latest(config, limit))
        yield from [latest_as_json(latest)] if json else map(_row, latest)
        return
    found = asyncio.run(_find(config, session_id))
    if json:
        yield as_json(found)
    else:
        yield from report(found)
    messages = found.trace.messages if found.trace is not None else ()
    if svg is not None:
        svg.write_text(draw_ladder(messages, found.names)[1], encoding="utf-8")
    if pcap is not None:
        folder = HeaderFolder(Path(config.recorder.folder))
        media = [
            folder.datagrams(leg.call_id, leg.initiated, leg.media.local) for leg in found.legs if leg.media is not None
        ]
        count = write_capture(pcap, signalling(messages), *media)
        if not json:
            yield f"\n{pcap}: {_captured(count, len(messages))}"


async def _latest(config: Config, limit: int) -> Sequence[SessionRecord]:
    async with open_store(config.store.url, exclusive=False) as store:
        return await store.latest_sessions(limit)


async def _find(config: Config, session_id: str) -> Flight:
    async with open_store(config.store.url, exclusive=False) as store:
        found = await flight(store, session_id)
    if found is None:
        message = f"there is no session {printable(session_id)}"
        raise UnknownSession(message)
    return found


def _captured(count: int, messages: int) -> str:
    if count > messages:
        return f"{messages} SIP messages, {count - messages} RTP packets without their sound"
    return f"{messages} SIP messages; headers of RTP were not kept: [recorder] rtp_headers"


# ---------------------------------------------------------------- for programs


def latest_as_json(records: Sequence[SessionRecord]) -> str:
    """Give a list of sessions as JSON."""
    rows = [
        {
            "sessionId": record.session_id,
            "subAccountId": record.sub_account_id,
            "state": record.state,
            "created": record.created,
            "status": status_of(record.summary),
        }
        for record in records
    ]
    return _json(rows)


def as_json(found: Flight) -> str:
    """Give everything as JSON; messages and bodies are text, with U+FFFD for what is none."""
    body = msgspec.to_builtins(msgspec.structs.replace(found, trace=None, deliveries=()))
    body["deliveries"] = [msgspec.structs.asdict(each) | {"body": _text(each.body)} for each in found.deliveries]
    if found.trace is not None:
        body["trace"] = {
            "messages": [
                msgspec.structs.asdict(each) | {"message": _text(each.message)} for each in found.trace.messages
            ],
            "leftOut": found.trace.left_out,
        }
    return _json(_camel(body))


def _camel(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Give the names of fields in the way of the API."""
    if isinstance(value, list):
        return [_camel(each) for each in value]
    if isinstance(value, dict):
        return {_camel_name(name): _camel(each) for name, each in value.items()}
    return value


def _camel_name(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


# ---------------------------------------------------------------- for people


def _row(record: SessionRecord) -> str:
    status = status_of(record.summary) or record.state
    return printable(f"{record.session_id}  {_clock(record.created)}  {status:<10}  {record.sub_account_id}")


def report(found: Flight) -> Iterator[str]:
    """Give everything as lines of text."""
    yield from _head(found)
    yield from _part("legs", [_leg(leg, found.created) for leg in found.legs])
    timeline = (
        f"{entry.at - found.created:8.3f}  {describe(entry.name, entry.details, found.names)}"
        for entry in found.timeline
    )
    yield from _part("timeline (seconds since the session was created)", timeline)
    yield from _part("SIP (seconds since the first message)", _ladder(found.trace, found))
    yield from _part("RTP", [line for leg in found.legs for line in _rtp(leg, found.created)])
    yield from _part("prompts", [_prompt(prompt, found) for prompt in found.prompts])
    yield from _part("questions to the program (VCA)", [line for each in found.questions for line in _asked(each)])
    yield from _part("told to the program", [line for each in found.deliveries for line in _told(each, found.created)])


def _head(found: Flight) -> Iterator[str]:
    yield f"session     {found.session_id}"
    yield printable(f"subaccount  {found.sub_account_id}")
    yield f"created     {_clock(found.created)}"
    if found.due is not None:
        yield f"due         {_clock(found.due)}"
    if found.retry_of is not None:
        yield f"retry       {found.attempt} of {found.retry_of}"
    if found.retried_by is not None:
        yield f"retried by  {found.retried_by}"
    if found.ended is not None:
        error = "" if found.error_code is None else f", error {found.error_code}"
        yield f"ended       {_clock(found.ended)}: {found.status}{error}"
    else:
        yield f"state       {found.state}"


def _part(title: str, lines: "Iterator[str] | Sequence[str]") -> Iterator[str]:
    rows = list(lines)
    if rows:
        yield f"\n{title}"
        yield from (f"  {line}" for line in rows)


def _leg(leg: FlightLeg, created: float) -> str:
    parts = [f"{leg.name}  {leg.direction.lower()}  {leg.source} -> {leg.destination}"]
    if leg.status is not None:
        parts.append(f"{leg.status} ({leg.sip_code})")
    parts.append(f"begun {_since(leg.initiated, created)}")
    parts += [f"connected {_since(leg.connected, created)}"] if leg.connected is not None else []
    parts += [f"over {_since(leg.disconnected, created)}"] if leg.disconnected is not None else []
    parts += [f"MOS {leg.mos:.2f}"] if leg.mos is not None else []
    return printable(", ".join(parts))


def _ladder(trace: SipTrace | None, found: Flight) -> Iterator[str]:
    if trace is None:
        yield _NO_TRACE
        return
    yield from draw_ladder(trace.messages, found.names)[0].splitlines()
    if trace.left_out:
        yield f"{trace.left_out} further messages were not kept"


def _rtp(leg: FlightLeg, created: float) -> Iterator[str]:
    media = leg.media
    if media is None:
        return
    yield printable(f"{leg.name}  {media.local} <-> {media.remote or 'nobody'}")
    yield f"  sent      {_stream(media.sent, created)}{_reported(media)}"
    yield f"  received  {_stream(media.received, created)}{_heard(media)}"
    dropped = {"out of order": media.out_of_order, "foreign": media.foreign, "malformed": media.malformed}
    if any(dropped.values()):
        yield "            " + ", ".join(f"{count} {name}" for name, count in dropped.items() if count)


def _stream(stream: RtpStream, created: float) -> str:
    if stream.first is None or stream.last is None:
        return "no packets"
    return f"{stream.packets} packets, first {_since(stream.first, created)}, last {_since(stream.last, created)}"


def _heard(media: MediaReport) -> str:
    heard = media.received
    if not heard.packets:
        return ""
    return f", {heard.lost} lost, jitter {heard.jitter_ms:g} ms, largest gap {media.largest_gap_ms:g} ms"


def _reported(media: MediaReport) -> str:
    """Tell what the far end said; all zeros are those of one that said nothing."""
    sent = media.sent
    said = f", {sent.lost} lost and jitter {sent.jitter_ms:g} ms by its report" if sent.lost or sent.jitter_ms else ""
    return said + (f", round trip {media.round_trip_ms:g} ms" if media.round_trip_ms else "")


def _prompt(prompt: PlayedPrompt, found: Flight) -> str:
    what = f"{prompt.voice}: {_one_line(prompt.text)}" if prompt.voice else prompt.url
    times = f" x {prompt.repetition}" if prompt.repetition > 1 else ""
    got = f"{prompt.origin} in {prompt.render_seconds:.3f} s" if prompt.render_seconds else prompt.origin or "?"
    return printable(
        f"{_since(prompt.at, found.created)}  {found.names.get(prompt.call, '')}  {prompt.seconds:.2f} s{times}, "
        f"{got}, waited {prompt.wait_seconds:.3f} s  {what}"
    )


def _asked(question: Question) -> Iterator[str]:
    answer = f"HTTP {question.http_status}" if question.http_status is not None else question.answer
    wrong = f", {question.status_code} {question.reason}" if question.status_code is not None else ""
    instead = f", the fallback callflow: {question.fallback}" if question.fallback else ""
    yield printable(f"{answer}{wrong}{instead}, {question.seconds:.3f} s, {_tries(question.tries)}  {question.url}")
    for mark, body in ((">", question.request), ("<", question.response)):
        if body:
            yield printable(f"  {mark} {_one_line(body)}")


def _told(delivery: DeliveryRecord, created: float) -> Iterator[str]:
    took = "" if delivery.seconds is None else f", {delivery.seconds:.3f} s"
    why = "" if delivery.reason is None else f", last refusal: {delivery.reason}"
    again = f", next try {_since(delivery.due, created)}" if delivery.state == "WAITING" and delivery.tries else ""
    url = "" if delivery.url is None else f"  {delivery.url}"
    yield printable(f"{delivery.type}  {delivery.state}, {_tries(delivery.tries)}{took}{why}{again}{url}")
    yield printable(f"  > {_one_line(_text(delivery.body))}")


def _tries(count: int) -> str:
    return "1 try" if count == 1 else f"{count} tries"


def _since(at: float, created: float) -> str:
    return f"{at - created:+.3f} s"


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _one_line(text: str) -> str:
    return " ".join(text.split())
