"""Whatever a far end sends, a tap of it becomes a bounded file, or a clear fault."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.media.taps import write_tap

from ringback.adapters.audio.mixdown import NothingRecorded, mix
from ringback.adapters.audio.mixdown.placement import DELAY_NS, Placement
from ringback.adapters.audio.mixdown.placement import MOST as LOOKED_AT
from ringback.adapters.audio.mixdown.sequence import MOST, Sequence
from ringback.media.tap import TapRecord
from ringback.wire.rtp import packet

SECOND = 10**9

RTP = st.builds(
    packet.build,
    st.sampled_from([0, 0, 0, 8, 9, 13, 101]),
    st.integers(0, 2**16 - 1) | st.integers(0, 20),
    st.integers(0, 2**32 - 1) | st.integers(0, 3000),
    st.integers(0, 2),
    st.binary(max_size=400),
)
RECORDS = st.builds(
    lambda at, sent, data: TapRecord(at, sent=sent, peer=("192.0.2.1", 9), size=len(data), packet=data),
    st.integers(0, 30 * SECOND) | st.integers(-(2**62), 2**62),
    st.booleans(),
    RTP | st.binary(max_size=60),
)


@settings(deadline=None)
@given(st.lists(RECORDS, max_size=60))
def test_any_packets_become_a_bounded_file_or_a_clear_fault(
    tmp_path_factory: pytest.TempPathFactory, records: list[TapRecord]
) -> None:
    folder = tmp_path_factory.mktemp("mix")
    tap = write_tap(folder / "tap", [record for record in records if not 10**11 < record.at - records[0].at < 10**14])
    try:
        mixed = mix(tap, folder / "sound.wav")
    except NothingRecorded:
        assert not (folder / "sound.wav").exists()
    else:
        assert mixed.seconds <= 100 + 60
        assert mixed.packets + mixed.dropped <= len(records)


PASSED = st.lists(st.tuples(st.integers(0, 100_000_000), RTP), max_size=200)


@settings(deadline=None)
@given(PASSED)
def test_every_packet_is_given_once_or_counted_and_none_waits_for_ever(passed: list[tuple[int, bytes]]) -> None:
    sequence, placement = Sequence(), Placement(8000)
    now, given_on, placed = 0, 0, 0
    for step, data in passed:
        now += step
        for ordered in sequence.push(now, packet.parse(data)):
            given_on += 1
            placed += sum(1 for _ in placement.push(ordered))
        assert len(sequence._waiting) <= MOST + 1
        assert max(len(placement._ahead), len(placement._behind)) <= LOOKED_AT
    for ordered in sequence.due(now + SECOND):
        given_on += 1
        placed += sum(1 for _ in placement.push(ordered))
    assert given_on + sequence.dropped == len(passed)
    for later in (SECOND, 6 * SECOND, DELAY_NS):
        placed += sum(1 for _ in placement.advance(now + SECOND + later))
    assert placed == given_on
