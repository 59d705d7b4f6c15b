"""Both faces of the client, to be tried by the same tests: the one that blocks does so in a thread."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from typing import Any, cast

from ringback.client import AsyncClient, Client, Retries, Timeouts

FACES = ("awaiting", "blocking")
SOON = Retries(first_pause=0.001, longest_pause=1.0)
_END = object()


class _Threaded:
    """What blocks, to be awaited."""

    def __init__(self, blocking: object) -> None:
        """`blocking`: a client, or a part of one."""
        self._blocking = blocking

    def __getattr__(self, name: str) -> object:
        value = getattr(self._blocking, name)
        if not inspect.ismethod(value):
            return _Threaded(value)
        if inspect.isgeneratorfunction(value) or name == "events":
            return _each(value)

        def call(*arguments: object, **named: object) -> Any:  # noqa: ANN401 - whatever the method gives
            return asyncio.to_thread(value, *arguments, **named)

        return call


def _each(generate: Callable[..., Generator[object, None, None]]) -> Callable[..., AsyncIterator[object]]:
    async def each(*arguments: object, **named: object) -> AsyncIterator[object]:
        generator = generate(*arguments, **named)
        try:
            while (item := await asyncio.to_thread(next, generator, _END)) is not _END:
                yield item
        finally:
            await asyncio.to_thread(generator.close)

    return each


@asynccontextmanager
async def client(
    face: str,
    url: str,
    key: str,
    *,
    account: str = "acme",
    timeouts: Timeouts | None = None,
    retries: Retries = SOON,
    hosted: bool = False,
) -> AsyncIterator[AsyncClient]:
    """Give a client of either face, to be awaited."""
    more: dict[str, Any] = {"retries": retries, "hosted": hosted}
    if timeouts is not None:
        more["timeouts"] = timeouts
    if face == "awaiting":
        async with AsyncClient(url, account, key, **more) as awaiting:
            yield awaiting
    else:
        with Client(url, account, key, **more) as blocking:
            yield cast("AsyncClient", _Threaded(blocking))
