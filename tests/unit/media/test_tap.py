from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.media.taps import REAL_MINUS_MONOTONIC, header, write_tap, written

from ringback.media.tap import TapFile, TapRecord, TapUnreadable, packets

PEER = ("192.0.2.17", 40002)
CAME = TapRecord(1_000, sent=False, peer=PEER, size=14, packet=b"\x80" + bytes(13))
WENT = TapRecord(-5, sent=True, peer=("127.0.0.1", 65535), size=172, packet=b"\x80" + bytes(11))


def test_packets_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = write_tap(tmp_path / "tap", [CAME, WENT, CAME])
    assert list(packets(path)) == [CAME, WENT, CAME]
    with TapFile(path) as tap:
        assert tap.real_minus_monotonic == REAL_MINUS_MONOTONIC
        assert list(tap) == [CAME, WENT, CAME]
        assert not tap.truncated


@pytest.mark.parametrize("cut", [1, 13, 14, 20, 33])
def test_a_record_that_is_cut_off_is_told_and_all_before_it_is_read(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "tap"
    path.write_bytes((header() + written(CAME) + written(CAME))[:-cut])
    with TapFile(path) as tap:
        assert list(tap) == [CAME]
        assert tap.truncated


@pytest.mark.parametrize("size", [0, 3, 8, 15])
def test_a_header_that_is_cut_off_is_a_tap_without_packets(tmp_path: Path, size: int) -> None:
    path = tmp_path / "tap"
    path.write_bytes(header()[:size])
    with TapFile(path) as tap:
        assert list(tap) == []
        assert tap.truncated


def test_a_tap_without_packets_is_whole(tmp_path: Path) -> None:
    with TapFile(write_tap(tmp_path / "tap", [])) as tap:
        assert list(tap) == []
        assert not tap.truncated


@pytest.mark.parametrize("content", [b"RIFF", b"RBTAQ", b"RBTAP\x02\x00\x00" + bytes(8), b"\x00" * 16])
def test_another_file_is_no_tap(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sound.wav"
    path.write_bytes(content)
    with pytest.raises(TapUnreadable, match=r"sound\.wav is no tap"):
        TapFile(path)


@pytest.mark.parametrize(
    ("offset", "byte"),
    [(8, 2), (9, 1), (11, 1), (12, 13)],
    ids=["neither sent nor received", "not zero", "longer than a packet", "kept more than there was"],
)
def test_what_is_no_record_is_told_with_its_place(tmp_path: Path, offset: int, byte: int) -> None:
    record = bytearray(written(CAME))
    record[offset] = byte
    path = tmp_path / "tap"
    path.write_bytes(header() + written(WENT) + record + bytes(500))
    read = packets(path)
    assert next(read) == WENT
    with pytest.raises(TapUnreadable, match=f"begins at byte {16 + len(written(WENT))} of"):
        next(read)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        next(packets(tmp_path / "none"))


@given(st.binary(max_size=200))
def test_any_bytes_are_records_or_a_clear_fault(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("tap") / "tap"
    for start in (b"", header()):
        path.write_bytes(start + content)
        try:
            read = list(packets(path))
        except TapUnreadable:
            continue
        assert sum(20 + len(record.packet) for record in read) <= len(content)


RECORDS = st.builds(
    lambda at, sent, host, port, packet, more: TapRecord(
        at, sent=sent, peer=(".".join(map(str, host)), port), size=len(packet) + more, packet=packet
    ),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.tuples(*[st.integers(0, 255)] * 4),
    st.integers(0, 65535),
    st.binary(max_size=2048),
    st.integers(0, 60000),
)


@given(st.lists(RECORDS, max_size=5), st.integers(0, 60))
def test_whatever_is_written_is_read_up_to_where_it_is_cut(
    tmp_path_factory: pytest.TempPathFactory, records: list[TapRecord], cut: int
) -> None:
    path = write_tap(tmp_path_factory.mktemp("tap") / "tap", records)
    content = path.read_bytes()
    path.write_bytes(content[: max(len(content) - cut, 0)])
    with TapFile(path) as tap:
        read = list(tap)
        assert read == records[: len(read)]
        assert tap.truncated == (16 + sum(len(written(record)) for record in read) != max(len(content) - cut, 0))
    if not cut:
        assert read == records
