"""What tests of one engine alone share."""

from collections.abc import AsyncIterator

import pytest
from tests.contract.far_end import Diary, free_range

from ringback.media.core import CoreEngine


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
async def core(diary: Diary) -> AsyncIterator[CoreEngine]:
    """Give a running engine in C with four pairs of ports."""
    made = CoreEngine("127.0.0.1", free_range(4))
    await made.start(diary.write)
    yield made
    await made.stop()
