import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.media import frames
from ringback.media.frames import BrokenFrame, FrameReader
from ringback.media.interface import Codec, Latched, LegClosed, LegStatistics, Remote

COMMANDS: list[frames.Command] = [
    frames.Open(1, 60.0),
    frames.Connect(2**32 - 1, Remote(("192.0.2.1", 4000), Codec.PCMA, 8, 101, send=False, packet_ms=30)),
    frames.Samples(3, Codec.PCMU, bytes(range(256))),
    frames.Press(4, "12#"),
    frames.Stop(),
]


@given(st.integers(1, 40))
def test_messages_come_through_however_the_bytes_are_cut(size: int) -> None:
    data = b"".join(frames.encode(command) for command in COMMANDS)
    reader = FrameReader(frames.COMMANDS)
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert [message for piece in pieces for message in reader.feed(piece)] == COMMANDS


def test_events_come_through() -> None:
    events: list[frames.Report] = [
        frames.Opened(1, ("127.0.0.1", 20000)),
        Latched(1, ("127.0.0.1", 4000), 5),
        LegClosed(1, LegStatistics(packets_sent=3, jitter_ms=0.5), 2**62),
    ]
    data = b"".join(frames.encode(event) for event in events)
    assert list(FrameReader(frames.REPORTS).feed(data)) == events


@pytest.mark.parametrize(
    "data",
    [
        (frames.MAX_FRAME + 1).to_bytes(4, "big"),
        b"\x00\x00\x00\x01\xc1",
        b"\x00\x00\x00\x00",
        frames.encode(frames.Ready()),  # no command
    ],
)
def test_what_is_no_command_is_told_as_broken(data: bytes) -> None:
    with pytest.raises(BrokenFrame):
        list(FrameReader(frames.COMMANDS).feed(data))


@given(st.binary(max_size=64))
def test_any_bytes_are_messages_or_broken(data: bytes) -> None:
    try:
        list(FrameReader(frames.COMMANDS).feed(len(data).to_bytes(4, "big") + data))
    except BrokenFrame:
        return
