import time
from pathlib import Path

import pytest
from tests.unit.media.taps import REAL_MINUS_MONOTONIC, write_tap

from ringback.adapters.telephone.headers import HeaderFolder
from ringback.media.tap import TapRecord, TapUnreadable

BEGUN = 1_800_000_000.0  # 2027-01-15T08:00:00Z
LOCAL, PEER = "192.0.2.1:20000", ("198.51.100.7", 4000)
RECORDS = [
    TapRecord(10, sent=True, peer=PEER, size=172, packet=bytes(12)),
    TapRecord(25, sent=False, peer=PEER, size=172, packet=bytes(12)),
]


def test_a_leg_has_a_file_in_the_folder_of_its_day(tmp_path: Path) -> None:
    headers = HeaderFolder(tmp_path / "flights")
    one, two = headers.place("c1", BEGUN), headers.place("c2", BEGUN + 86_400)
    assert one.relative_to(tmp_path) == Path("flights/2027-01-15/c1.rbtap")
    assert two.parent.name == "2027-01-16"
    assert two.parent.stat().st_mode & 0o777 == 0o700, "who called whom is nobody else's business"


def test_packets_are_found_again_with_the_time_and_the_direction_that_they_had(tmp_path: Path) -> None:
    headers = HeaderFolder(tmp_path)
    write_tap(headers.place("c1", BEGUN), RECORDS)
    sent, received = headers.datagrams("c1", BEGUN, LOCAL)
    assert (sent.at_ns, received.at_ns) == (REAL_MINUS_MONOTONIC + 10, REAL_MINUS_MONOTONIC + 25)
    assert (sent.source, sent.destination) == (("192.0.2.1", 20000), PEER)
    assert (received.source, received.destination) == (PEER, ("192.0.2.1", 20000))
    assert (sent.payload, sent.size) == (bytes(12), 172)


def test_a_leg_that_was_dialled_just_before_midnight_is_found(tmp_path: Path) -> None:
    headers = HeaderFolder(tmp_path)
    midnight = BEGUN + 16 * 3600
    write_tap(headers.place("c1", midnight + 1), RECORDS)
    assert len(list(headers.datagrams("c1", midnight - 1, LOCAL))) == 2


def test_a_leg_whose_headers_were_not_kept_has_none(tmp_path: Path) -> None:
    assert list(HeaderFolder(tmp_path / "nowhere").datagrams("c1", BEGUN, LOCAL)) == []


def test_a_file_that_is_no_tap_is_named(tmp_path: Path) -> None:
    headers = HeaderFolder(tmp_path)
    headers.place("c1", BEGUN).write_bytes(b"something else that is longer than a header")
    with pytest.raises(TapUnreadable, match=r"c1\.rbtap"):
        list(headers.datagrams("c1", BEGUN, LOCAL))


def test_days_that_are_over_are_removed_and_nothing_else(tmp_path: Path) -> None:
    headers = HeaderFolder(tmp_path)
    for day in range(4):
        write_tap(headers.place("c1", BEGUN + day * 86_400), RECORDS)
    (tmp_path / "notes").mkdir()
    (tmp_path / "2027-01-15.txt").touch()
    headers.forget(BEGUN + 2 * 86_400)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["2027-01-15.txt", "2027-01-17", "2027-01-18", "notes"]


def test_there_is_nothing_to_remove_before_anything_was_kept(tmp_path: Path) -> None:
    HeaderFolder(tmp_path / "nowhere").forget(time.time())
