"""A server that is killed at any moment: nothing that was promised is lost, and nobody is called twice."""

import asyncio
import json
import random
import sqlite3
from collections import Counter
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from tests.peers.carrier import ACK, BYE, INVITE, RINGING, answers, carrier, dialogs, waits
from tests.peers.house import HANGUP, Client, Serving, dial, free_tcp_port, say, serving
from tests.peers.program import Posted, Program, running
from tests.peers.sipp import HOST, free_port

KILLS = 10
UP_SECONDS = (0.05, 1.5)
"""How long the server lives each time."""
EVERY = 0.05
"""Seconds between two callflows."""
BOUND = 80.0


class Load:
    """Posts callflows at a steady rate, each to a number of its own, whether or not somebody answers."""

    def __init__(self, client: Client) -> None:
        """`client`: of a server that comes and goes."""
        self._client = client
        self._posts: set[asyncio.Task[None]] = set()
        self.created: dict[str, str] = {}
        """The number that is called, by session."""
        self.posted = 0

    async def run(self) -> None:
        """Post until cancelled; what is under way then is finished by `finish`."""
        while True:
            task = asyncio.create_task(self._post(f"65{90000000 + self.posted}"))
            self.posted += 1
            self._posts.add(task)
            task.add_done_callback(self._posts.discard)
            await asyncio.sleep(EVERY)

    async def finish(self) -> None:
        """Wait for the receipts that are still to come."""
        await asyncio.gather(*self._posts)

    async def _post(self, number: str) -> None:
        actions = (say("Hi."), HANGUP) if self.posted % 2 else (HANGUP,)
        with suppress(aiohttp.ClientError, TimeoutError):
            async with asyncio.timeout(5):
                self.created[await self._client.call(dial(number), *actions)] = number


async def _kill_and_start(server: Serving, lives: random.Random) -> None:
    """Kill the server again and again, and leave it running."""
    for _ in range(KILLS):
        await asyncio.sleep(lives.uniform(*UP_SECONDS))
        await server.kill()
        await server.start()


def _let_leases_pass(folder: Path) -> None:
    """Make due what a killed server had under way or would try again later, as a minute would."""
    with sqlite3.connect(folder / "ringback.db") as store:
        store.execute("UPDATE deliveries SET due = 0 WHERE due IS NOT NULL")
    store.close()


def _descendants(leader: int) -> list[str]:
    """Give the processes of a session that are still there."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name, _, rest = stat.read_text().rpartition(")")
            state, _, _, session, *_ = rest.split()
            if int(session) == leader and state != "Z":
                found.append(name)
    return found


@pytest.mark.timeout(120)
async def test_a_server_is_killed_ten_times_under_load(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - shown where the test fails
    config = f"""
http.port = {free_tcp_port()}
sip.listen = ["udp:{HOST}:{free_port()}"]
webhooks.allow_private_addresses = true
"""
    steps = (INVITE, RINGING, waits(100), answers(), ACK, BYE)
    async with (
        asyncio.timeout(BOUND),
        running(Program()) as program,
        carrier(tmp_path, *steps, calls=100_000, seconds=600) as peer,
        serving(tmp_path, config + _trunk(peer.address)) as server,
        aiohttp.ClientSession() as http,
    ):
        key = await server.bootstrap(program)
        await server.start()
        load = Load(Client(http, server.url, key, program))
        posting = asyncio.create_task(load.run())
        await _kill_and_start(server, random.Random(seed))  # noqa: S311 - moments, no secrets
        posting.cancel()
        await load.finish()
        await server.kill()
        _let_leases_pass(tmp_path)
        await server.start()
        await program.until(lambda: load.created.keys() <= {each.payload["sessionId"] for each in _summaries(program)})
        rung = dialogs(peer.messages)
        await _alone(server)

    summaries: dict[str, set[str]] = {}
    for each in _summaries(program):
        summaries.setdefault(each.payload["sessionId"], set()).add(json.dumps(each.body, sort_keys=True))
    assert all(len(told) == 1 for told in summaries.values()), "a summary that is delivered twice is the same"
    assert {number for number, calls in rung.items() if len(calls) > 1} == set(), "nobody is called twice"
    ends: Counter[tuple[str, int | None]] = Counter()
    for session, number in load.created.items():
        (told,) = summaries[session]
        payload = json.loads(told)["payload"]
        ends[payload["sessionStatus"], payload.get("errorDetails", {}).get("errorCode")] += 1
        assert number in rung or payload["sessionStatus"] != "COMPLETED"
    print(f"{load.posted} posted, {len(load.created)} created, {sum(map(len, rung.values()))} rung: {dict(ends)}")  # noqa: T201
    assert ends.keys() <= {("COMPLETED", None), ("ERROR", -2001)}, ends
    assert ends["COMPLETED", None] > 20
    assert ends["ERROR", -2001] > 0, "some were killed in the middle"


def _trunk(address: tuple[str, int]) -> str:
    return f"""
[[trunk]]
name = "carrier"
uri = "sip:{address[0]}:{address[1]}"
channels = 1000
calls_per_second = 1000
"""


def _summaries(program: Program) -> list[Posted]:
    return program.of_type("VSS")


async def _alone(server: Serving) -> None:
    """Kill the server and wait until the processes that it started are gone too. Raises TimeoutError."""
    leader = server.pid
    assert _descendants(leader)
    await server.kill()
    async with asyncio.timeout(10):
        while _descendants(leader):  # noqa: ASYNC110 - processes of others tell nothing
            await asyncio.sleep(0.05)
