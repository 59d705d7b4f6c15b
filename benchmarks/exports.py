"""How long a page of sessions takes, and what a line of an export costs, with a million sessions stored."""

import asyncio
import json
import os
import secrets
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import growth
import uvloop
from gauge import SERVER_CORE, Figure, percentile, pinned, resident_bytes

from ringback.adapters.store import Database, encoding, open_store
from ringback.domain.number import Number
from ringback.domain.rate import parse_rates
from ringback.domain.session import Direction, Leg, LegStatus, Quality, Session, SessionStatus
from ringback.service.exports import Exports
from ringback.service.ports import SessionFilter, Subaccount

NAME = "exports"
STORED = 1_000_000
LINES = 200_000
"""Of the export."""
WARM = 10_000
"""Lines of one before it: what is loaded once is not measured."""
PAGES = 2_000
PAGE = 50
RATES = ("prefix,price,currency,increment", *(f"65{prefix},0.03,EUR,60/6" for prefix in range(1000)))
ACME = Subaccount("acme")
_DIGITS = b"6580000000"


class BusyClock:
    """The machine's clock, but no job takes any time by it: so that no half of it is left to calls."""

    def now(self) -> float:
        """Give seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Stand still."""
        return 0.0


def run() -> Sequence[Figure]:
    """List and export the sessions of one subaccount."""
    with tempfile.TemporaryDirectory(prefix="ringback-bench-") as name, pinned(SERVER_CORE):
        url = f"sqlite:///{name}/{STORED}.db"
        summary = encoding.encode_summary(_session())
        asyncio.run(growth.fill(url, STORED, lambda number: summary.replace(_DIGITS, b"%d" % (int(_DIGITS) + number))))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_measure(url, Path(name) / "exports"))


async def _measure(url: str, folder: Path) -> Sequence[Figure]:
    async with open_store(url, exclusive=True) as store:
        await store.replace_rates(parse_rates(RATES))
        first, deep = await _list(store, 0), await _list(store, STORED // 2)
        exports = Exports(
            store, BusyClock(), folder=folder, public_url="http://bench", new_token=lambda: secrets.token_hex(32)
        )
        await _export(exports, WARM)
        memory = resident_bytes(os.getpid())
        cpu = time.process_time()
        began = time.perf_counter()
        await _export(exports, LINES)
        seconds = time.perf_counter() - began
        spent = time.process_time() - cpu
        grown = resident_bytes(os.getpid()) - memory
    beside = f"beside {STORED:,} stored"
    return [
        Figure("a page of sessions: p50", percentile(first, 50) * 1e3, "ms", note=f"{PAGE} of them, {beside}"),
        Figure("a page of sessions: p99", percentile(first, 99) * 1e3, "ms"),
        Figure("a page of sessions half way back: p50", percentile(deep, 50) * 1e3, "ms"),
        Figure("an export: CPU a line", spent / LINES * 1e6, "µs", note=f"{LINES:,} lines, each another number"),
        Figure(
            "an export: lines a second", LINES / seconds, "lines", note="without the rests that leave room to calls"
        ),
        Figure("an export: memory more at its end", grown / 1e6, "MB"),
    ]


async def _list(store: Database, skip: int) -> Sequence[float]:
    """Time pages, one after the other from a place."""
    wanted = {"sub_account_id": ACME.sub_account_id, "limit": PAGE, "until": float(STORED)}
    before: tuple[float, int] | None = (float(STORED - skip), 0)
    taken = []
    for _ in range(PAGES):
        began = time.perf_counter()
        page = await store.list_sessions(SessionFilter(**wanted, before=before))
        taken.append(time.perf_counter() - began)
        before = page[-1].place
    return taken


async def _export(exports: Exports, lines: int) -> None:
    body = json.dumps({"from": "1970-01-01", "to": "1970-01-31", "limit": lines}).encode()
    job_id = await exports.request(ACME, body)
    work = asyncio.create_task(exports.run())
    while (shown := await exports.show(ACME, job_id)) is None or shown["status"] in {"queued", "running"}:  # noqa: ASYNC110 - a program asks, too
        await asyncio.sleep(0.05)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    if shown["status"] != "succeeded":
        raise RuntimeError(shown)


def _session() -> Session:
    at = 1_700_000_000.0
    leg = Leg(
        name="callA",
        call_id="00000000-0000-4000-8000-000000000000",
        direction=Direction.OUTBOUND,
        source=Number("15550100100"),
        destination=Number(_DIGITS.decode()),
        initiated=at,
        connected=at + 4,
        disconnected=at + 20,
        status=LegStatus.COMPLETED,
        quality=Quality(4.4, 0.0, 1.0),
    )
    return Session(
        session_id="00000000-0000-4000-8000-000000000001",
        sub_account_id=ACME.sub_account_id,
        request_id="00000000-0000-4000-8000-000000000002",
        started=at,
        ended=at + 20,
        status=SessionStatus.COMPLETED,
        legs=[leg],
    )
