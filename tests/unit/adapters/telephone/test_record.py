import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.far_end import free_range

from ringback.adapters.telephone import SipTelephone
from ringback.media.interface import EngineLost, TapClosed
from ringback.service.ports import PacketsKept
from ringback.testing.clock import ManualClock


@pytest.fixture
def telephone() -> Iterator[SipTelephone]:
    made = SipTelephone(ManualClock(time.time()), listen=("127.0.0.1", 0), ports=free_range(2), lines={})
    yield made
    made.close()


def test_a_leg_that_is_over_is_not_recorded_and_that_is_told_at_once(telephone: SipTelephone, tmp_path: Path) -> None:
    told: list[PacketsKept] = []
    telephone.record("gone", str(tmp_path / "call.tap"), told.append)
    assert told == [PacketsKept(0, 0, "the leg is over")]


def test_the_end_of_a_file_is_told_once_also_when_its_leg_is_forgotten(telephone: SipTelephone) -> None:
    told: list[PacketsKept] = []
    telephone._taps["call.tap"] = told.append
    for _ in range(2):
        telephone._on_media(TapClosed(7, "call.tap", 100, 3, "No space left on device", 0))
    assert told == [PacketsKept(100, 3, "No space left on device")]


async def test_whoever_waits_for_a_file_is_told_that_the_engine_is_gone(telephone: SipTelephone) -> None:
    told: list[PacketsKept] = []
    telephone._taps["call.tap"] = told.append
    telephone._on_media(EngineLost("it died", 0))
    assert told == [PacketsKept(0, 0, "the media engine is gone")]
    await telephone.stop()
