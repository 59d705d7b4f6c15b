import pytest

from ringback.client.errors import AnswerInvalid, EventsMissed
from ringback.client.server_sent import MAX_EVENT, EventReader

ONE = (
    b'{"sessionId": "s", "timestamp": "2026-01-13T08:26:58.123Z", "event": "dtmf-received", "details": {"digit": "1"}}'
)
STREAM = b": ringback\n\nid: 1\nevent: dtmf-received\ndata: " + ONE + b"\n\n: awake\n\nid: 2\ndata:" + ONE + b"\n\n"


@pytest.mark.parametrize("size", [1, 2, 7, len(STREAM)])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_events_are_read_however_the_bytes_come(size: int, line_end: bytes) -> None:
    reader, stream = EventReader(), STREAM.replace(b"\n", line_end)
    events = [event for at in range(0, len(stream), size) for event in reader.receive(stream[at : at + size])]
    assert [(event.session_id, event.event, event.details) for event in events] == [
        ("s", "dtmf-received", {"digit": "1"})
    ] * 2
    assert events[0].timestamp.microsecond == 123_000


def test_data_of_several_lines_is_one_event() -> None:
    (event,) = EventReader().receive(b"data: " + ONE.replace(b", ", b",\ndata: ") + b"\n\n")
    assert event.session_id == "s"


def test_an_event_that_is_not_over_is_kept_back() -> None:
    reader = EventReader()
    assert reader.receive(b"data: " + ONE + b"\n") == []
    assert len(reader.receive(b"\n")) == 1


@pytest.mark.parametrize("data", [b"{", b"{}", b"\xff", b"[]"])
def test_an_event_that_is_none_is_told(data: bytes) -> None:
    with pytest.raises(AnswerInvalid, match="none of the API"):
        EventReader().receive(b"data: " + data + b"\n\n")


@pytest.mark.parametrize("endless", [b"x" * 1000, b"data: " + b"x" * 1000 + b"\n"])
def test_an_event_without_end_is_not_kept(endless: bytes) -> None:
    reader = EventReader()
    for _ in range(MAX_EVENT // 1000 - 10):
        reader.receive(endless)
    with pytest.raises(AnswerInvalid, match="longer than"):
        reader.receive(endless * 20)


def test_the_id_of_an_event_counts_once_it_is_over() -> None:
    reader = EventReader()
    parts = (
        (b": ringback\nid: 7-0\n", None),
        (b"\n", "7-0"),  # also where there is no event
        (b"id: 7-1\ndata: " + ONE, "7-0"),
        (b"\n\n", "7-1"),
        (b"data: " + ONE + b"\n\nid: \xff\nid: 7-\x00\n\n", "7-1"),  # none, and nonsense, change nothing
    )
    for data, last in parts:
        reader.receive(data)
        assert reader.last_id == last


def test_what_was_missed_is_told() -> None:
    data = b'{"sessionId": null, "timestamp": "2026-01-13T08:26:58Z", "event": "events-missed", "details": {}}'
    with pytest.raises(EventsMissed, match="timelines of sessions"):
        EventReader().receive(b"id: 7-0\nevent: events-missed\ndata: " + data + b"\n\n")
