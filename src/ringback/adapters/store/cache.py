"""A memory of what was read, no older than a second."""

import time
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

FRESH_SECONDS: Final = 1.0
ENTRIES: Final = 10_000
"""Kept at most; then all are forgotten."""

T = TypeVar("T")


class Cache(Generic[T]):
    """Values by key. What is not there is not remembered: an unknown key is looked up every time."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`monotonic`: gives seconds that never go back."""
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, T]] = {}
        self._generation = 0

    async def get(self, key: str, read: Callable[[], Awaitable[T | None]]) -> T | None:
        """Give a value that is at most FRESH_SECONDS old, counted from the start of its reading."""
        now = self._monotonic()
        kept = self._kept.get(key)
        if kept is not None and now - kept[0] < FRESH_SECONDS:
            return kept[1]
        generation = self._generation
        value = await read()
        if value is None:
            self._kept.pop(key, None)
        elif generation == self._generation:  # else: read before a change that was told since
            if len(self._kept) >= ENTRIES:
                self._kept.clear()
            self._kept[key] = now, value
        return value

    def clear(self) -> None:
        """Forget all: something was changed."""
        self._generation += 1
        self._kept.clear()
