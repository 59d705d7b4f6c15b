import time
import uuid

import pytest

from ringback.app.identifier import new_id


def test_an_id_is_a_uuid_of_version_7_and_like_no_other() -> None:
    ids = [new_id() for _ in range(1000)]
    parsed = [uuid.UUID(each) for each in ids]
    assert [str(each) for each in parsed] == ids
    assert {(each.version, each.variant) for each in parsed} == {(7, uuid.RFC_4122)}
    assert len({each.int & (1 << 62) - 1 for each in parsed}) == 1000


def test_a_later_id_is_greater(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = []
    for milliseconds in (1, 2, 1_800_000_000_000, (1 << 48) - 1):
        monkeypatch.setattr(time, "time_ns", lambda at=milliseconds: at * 1_000_000)
        ids.append(new_id())
    assert ids == sorted(ids)
    assert ids[0].startswith("00000000-0001-7")
    assert ids[-1].startswith("ffffffff-ffff-7")
