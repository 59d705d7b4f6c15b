"""How long a callflow takes to be on disk, with a thousand sessions stored and with a million."""

import asyncio
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import uvloop
import validation
from gauge import LOAD_CORE, Figure, percentile, pinned

from ringback.adapters.store import Database, open_store
from ringback.app.identifier import new_id
from ringback.domain.validation import validate
from ringback.service.ports import NewSession

NAME = "growth"
FEW, MANY = 1_000, 1_000_000
ROUNDS = 3
COUNT = 1_000
"""Sessions measured in a round."""
RATE = 500.0
SUMMARY = b"{" + b" " * 598 + b"}"
"""As long as that of a session of one leg."""


def run() -> Sequence[Figure]:
    """Put sessions on disk beside few and beside many, turn by turn."""
    with tempfile.TemporaryDirectory(prefix="ringback-bench-") as name, pinned(LOAD_CORE):
        urls = [f"sqlite:///{name}/{stored}.db" for stored in (FEW, MANY)]
        for url, stored in zip(urls, (FEW, MANY), strict=True):
            asyncio.run(fill(url, stored))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            few, many = runner.run(_measure(urls))
    note = f"{ROUNDS * COUNT:,} sessions, {RATE:g} a second, without HTTP"
    growth = [100 * (percentile(many, percent) / percentile(few, percent) - 1) for percent in (50, 99)]
    return [
        Figure("a session on disk: p50 beside 10^3 stored", percentile(few, 50) * 1e3, "ms", note=note),
        Figure("a session on disk: p99 beside 10^3 stored", percentile(few, 99) * 1e3, "ms"),
        Figure("a session on disk: p50 longer beside 10^6", growth[0], "%", 20),
        Figure("a session on disk: p99 longer beside 10^6", growth[1], "%", 20),
    ]


async def fill(url: str, stored: int, summary: Callable[[int], bytes] = lambda _: SUMMARY) -> None:
    """Store sessions that are over, a million in a quarter of a minute: in one transaction, by the driver.

    Each was created a second after the one before, the first in 1970. `summary`: gives that of a session.
    """
    async with open_store(url, exclusive=True) as store:
        await store.create_session(_session(0))
    with sqlite3.connect(Path(url.removeprefix("sqlite:///"))) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -262144")
        (callflow,) = connection.execute("SELECT callflow FROM sessions").fetchone()
        connection.executemany(
            "INSERT INTO sessions (session_id, sub_account_id, request_id, created, trunk, state, ended, callflow, "
            "summary) VALUES (?, 'acme', ?, ?, 'carrier', 'ENDED', ?, ?, ?)",
            _ended(stored, callflow, summary),
        )
    connection.close()
    with open(url.removeprefix("sqlite:///"), "rb") as file:  # noqa: ASYNC230, PTH123 - nothing is measured yet
        os.fsync(file.fileno())  # else the kernel writes it while the first sessions are


def _ended(
    stored: int, callflow: bytes, summary: Callable[[int], bytes]
) -> Iterator[tuple[str, str, float, float, bytes, bytes]]:
    for number in range(stored):
        yield new_id(), new_id(), float(number), float(number) + 20, callflow, summary(number)


async def _measure(urls: Sequence[str]) -> Sequence[list[float]]:
    latencies: list[list[float]] = [[] for _ in urls]
    for _ in range(ROUNDS):
        for url, taken in zip(urls, latencies, strict=True):
            async with open_store(url, exclusive=True) as store:
                taken.extend(await _create(store))
    return latencies


async def _create(store: Database) -> Sequence[float]:
    """Put sessions on disk at an even rate, whether or not the last one is there; give how long each took."""
    sessions = [_session(number) for number in range(COUNT)]
    began = time.perf_counter()
    tasks = []
    for index, session in enumerate(sessions):
        if (early := began + index / RATE - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        tasks.append(asyncio.create_task(_timed(store, session)))
    return await asyncio.gather(*tasks)


async def _timed(store: Database, session: NewSession) -> float:
    began = time.perf_counter()
    await store.create_session(session)
    return time.perf_counter() - began


def _session(number: int) -> NewSession:
    verdict = validate(validation.body(number), validation.RULES, time.time())
    if verdict.callflow is None:
        raise RuntimeError(verdict.message)
    return NewSession(
        session_id=new_id(),
        sub_account_id="acme",
        request_id=new_id(),
        created=time.time(),
        trunk="carrier",
        callflow=verdict.callflow,
    )
