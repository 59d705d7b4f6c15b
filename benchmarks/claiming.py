"""What it costs to take a session out of the queue, where few wait in it and where very many do."""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import growth
import uvloop
from gauge import LOAD_CORE, Figure, pinned

from ringback.adapters.store import Database, open_store
from ringback.app.identifier import new_id

NAME = "claiming"
FEW, MANY = 1_000, 100_000
"""Sessions of one subaccount in the queue."""
OTHERS = 5
"""Subaccounts of whom a few sessions are queued."""
ROUNDS = 5
COUNT = 100
"""Claims, and looks, measured in a round."""


def run() -> Sequence[Figure]:
    """Claim one session at a time, of each subaccount in turn, beside few and beside many."""
    with tempfile.TemporaryDirectory(prefix="ringback-bench-") as name, pinned(LOAD_CORE):
        urls = [f"sqlite:///{name}/{queued}.db" for queued in (FEW, MANY)]
        for url, queued in zip(urls, (FEW, MANY), strict=True):
            asyncio.run(_fill(url, queued))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            (claim, look), (claim_many, look_many) = runner.run(_measure(urls))
    beside = f"{MANY:,} queued of one subaccount, {OTHERS} others in turn"
    return [
        Figure("a session claimed: CPU", claim_many * 1e6, "µs", note=f"one at a time, COMMIT and all; {beside}"),
        Figure("a session claimed: CPU more than where few are queued", 100 * (claim_many / claim - 1), "%", 20),
        Figure("a look at the queue: CPU", look_many * 1e6, "µs", note="once a second, and when one is due"),
        Figure("a look at the queue: CPU more than where few are queued", 100 * (look_many / look - 1), "%", 20),
    ]


def _accounts() -> Sequence[str]:
    return ["acme", *(f"other-{number}" for number in range(OTHERS))]


async def _fill(url: str, queued: int) -> None:
    """Queue sessions by the driver, in one transaction."""
    await growth.fill(url, 0)
    with sqlite3.connect(Path(url.removeprefix("sqlite:///"))) as connection:
        (callflow,) = connection.execute("SELECT callflow FROM sessions").fetchone()
        for account in _accounts():
            number = queued if account == "acme" else ROUNDS * COUNT
            connection.executemany(
                "INSERT INTO sessions (session_id, sub_account_id, request_id, created, due, trunk, state, callflow) "
                "VALUES (?, ?, ?, 1, 1, 'carrier', 'QUEUED', ?)",
                ((new_id(), account, new_id(), callflow) for _ in range(number)),
            )
    connection.close()


async def _measure(urls: Sequence[str]) -> Sequence[tuple[float, float]]:
    """Give the CPU of a claim and of a look in each store, in seconds."""
    claims, looks = [0.0] * len(urls), [0.0] * len(urls)
    for _ in range(ROUNDS):
        for index, url in enumerate(urls):
            async with open_store(url, exclusive=True) as store:
                claims[index] += await _claim(store)
                looks[index] += await _look(store)
    number = ROUNDS * COUNT
    return [(claim / number, look / number) for claim, look in zip(claims, looks, strict=True)]


async def _claim(store: Database) -> float:
    began = time.process_time()
    for _ in range(COUNT // (OTHERS + 1)):
        for account in _accounts():
            await store.claim_sessions("carrier", {account: 1}, "bench", time.time())
    return (time.process_time() - began) * COUNT / (COUNT // (OTHERS + 1) * (OTHERS + 1))


async def _look(store: Database) -> float:
    began = time.process_time()
    for _ in range(COUNT):
        await store.queued_lines(time.time())
    return time.process_time() - began
