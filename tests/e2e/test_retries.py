"""Numbers that are busy or not answered, and are called again: SIPp is the carrier, and the server may be killed."""

import asyncio
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.peers.carrier import ACK, BYE, INVITE, RINGING, answers, carrier, dialogs, refuses, waits
from tests.peers.house import HANGUP, Client, dial, free_tcp_port, house, say, serving, trunk_to
from tests.peers.program import Program, running
from tests.peers.sipp import HOST, free_port

from ringback.adapters.store.encoding import decode_callflow

BUSY_FIRST = (
    """<Global variables="calls"/>"""
    + INVITE
    + """<nop><action>
      <add assign_to="calls" value="1"/>
      <test assign_to="again" variable="calls" compare="greater_than" value="1"/>
    </action></nop>"""
    + RINGING
    + '<nop test="again" next="again"/>'
    + refuses(486, "Busy Here")
    + '<nop next="over"/><label id="again"/>'
    + answers()
    + ACK
    + BYE
    + '<label id="over"/>'
)
"""Refuses the first call and takes the others."""
KILLS = 3
UP_SECONDS = (0.3, 1.5)
"""How long the server lives each time."""
EVERY = 0.05
"""Seconds between two callflows."""


def let_time_pass(folder: Path) -> None:
    """Make due what waits to be tried again, as its delay would."""
    with closing(sqlite3.connect(folder / "ringback.db", timeout=30)) as store, store:
        store.execute("UPDATE sessions SET due = 0 WHERE state = 'QUEUED' AND retry_of IS NOT NULL")


def rows(folder: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(folder / "ringback.db", timeout=30)) as store:
        store.row_factory = sqlite3.Row
        return [dict(row) for row in store.execute("SELECT * FROM sessions ORDER BY seq")]


async def test_a_number_that_is_busy_is_called_again_and_answers(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, BUSY_FIRST, calls=2) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        retry = {"attempts": 3, "delaySeconds": 60, "on": ["BUSY"]}
        first = await there.run(dial(), say("Hello."), HANGUP, retry=retry, clientRequestId="order-7")
        assert first["sessionStatus"] == "BUSY"
        waiting = (await there.ask("GET", f"sessions/{first['retriedBy']}"))[1]
        assert (waiting["sessionStatus"], waiting["retryOf"], waiting["attempt"]) == ("QUEUED", first["sessionId"], 1)
        let_time_pass(tmp_path)
        second = await there.program.summary(first["retriedBy"])
        await peer.succeed()
        shown = (await there.ask("GET", f"sessions/{first['sessionId']}"))[1]
    assert (second["sessionStatus"], second["retryOf"], second["attempt"]) == ("COMPLETED", first["sessionId"], 1)
    assert "retriedBy" not in second
    assert second["clientRequestId"] == "order-7"
    assert (shown["retriedBy"], "retryOf" in shown) == (second["sessionId"], False)
    assert {len(calls) for calls in dialogs(peer.messages).values()} == {2}


async def test_a_retry_that_waits_is_cancelled_as_any_session(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, refuses(486, "Busy Here")) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        first = await there.run(dial(), HANGUP, retry={"attempts": 1, "delaySeconds": 60})
        status, _ = await there.ask("DELETE", f"sessions/{first['retriedBy']}")
        summary = await there.program.summary(first["retriedBy"])
        await peer.succeed()
    assert status == 202
    assert (summary["sessionStatus"], summary["callCount"]) == ("CANCELED", 0)
    assert "retriedBy" not in summary


async def _load(client: Client) -> None:
    for place in range(100_000):
        with suppress(aiohttp.ClientError, TimeoutError):
            async with asyncio.timeout(5):
                retry = {"attempts": 2, "delaySeconds": 60}
                await client.call(dial(f"65{90000000 + place}"), HANGUP, retry=retry)
        await asyncio.sleep(EVERY)


def _followers(found: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], int]]:
    """Give every session, and how many try again what it did not reach."""
    attempts = Counter((row["retry_of"], row["attempt"]) for row in found)
    for row in found:
        yield row, attempts[row["retry_of"] or row["session_id"], (row["attempt"] or 0) + 1]


@pytest.mark.timeout(120)
async def test_a_server_that_is_killed_neither_loses_a_retry_nor_makes_two(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - shown where the test fails
    lives = random.Random(seed)  # noqa: S311 - moments, no secrets
    steps = (INVITE, RINGING, waits(100), refuses(486, "Busy Here"))
    async with (
        asyncio.timeout(90),
        running(Program()) as program,
        carrier(tmp_path, *steps, calls=100_000, seconds=600) as peer,
        serving(
            tmp_path,
            f"""
http.port = {free_tcp_port()}
sip.listen = ["udp:{HOST}:{free_port()}"]
webhooks.allow_private_addresses = true
[[trunk]]
name = "carrier"
uri = "sip:{peer.address[0]}:{peer.address[1]}"
channels = 1000
calls_per_second = 1000
""",
        ) as server,
        aiohttp.ClientSession() as http,
    ):
        key = await server.bootstrap(program)
        await server.start()
        posting = asyncio.create_task(_load(Client(http, server.url, key, program)))
        for _ in range(KILLS):
            await asyncio.sleep(lives.uniform(*UP_SECONDS))
            let_time_pass(tmp_path)
            await asyncio.sleep(lives.uniform(*UP_SECONDS))
            await server.kill()
            await server.start()
        posting.cancel()
        while any(row["state"] != "ENDED" for row in rows(tmp_path)):
            let_time_pass(tmp_path)
            await asyncio.sleep(0.5)
        found = rows(tmp_path)
        await server.kill()
        rung = dialogs(peer.messages)

    sessions: Counter[str] = Counter()
    for row, followers in _followers(found):
        wanted = row["status"] == "BUSY" and (row["attempt"] or 0) < 2
        assert followers == wanted, (row["session_id"], row["status"], row["attempt"])
        sessions[decode_callflow(row["callflow"]).actions[0].destination.digits] += 1  # type: ignore[union-attr]  # a makeCall
    assert {number for number, calls in rung.items() if len(calls) > sessions[number]} == set(), "once for a session"
    ends = Counter((row["attempt"] or 0, row["status"]) for row in found)
    print(f"{len(found)} sessions: {dict(ends)}")  # noqa: T201 - shown where the test fails
    assert {status for _, status in ends} <= {"BUSY", "ERROR"}
    assert ends[2, "BUSY"] > 5
    assert sum(number for (_, status), number in ends.items() if status == "ERROR") > 0, (
        "some were killed in the middle"
    )
