"""What tests of one engine alone share."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
from tests.contract.far_end import Diary, free_range

if TYPE_CHECKING:
    from ringback.media.core import CoreEngine


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
async def core(diary: Diary) -> AsyncIterator["CoreEngine"]:
    """Give a running engine in C with four pairs of ports, where it was built."""
    made: CoreEngine = pytest.importorskip("ringback.media.core").CoreEngine("127.0.0.1", free_range(4))
    await made.start(diary.write)
    yield made
    await made.stop()
