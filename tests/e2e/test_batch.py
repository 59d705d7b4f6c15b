"""Many callflows in one request: over HTTP, with SIPp as the carrier, and with a server that dies in the middle."""

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.peers.carrier import ACK, BYE, INVITE, RINGING, answers, carrier, dialogs
from tests.peers.house import ACCOUNT, HANGUP, dial, free_tcp_port, house, say, serving, trunk_to
from tests.peers.program import Program, running
from tests.peers.sipp import HOST, free_port

from ringback.service.batch import MAX_ENTRIES

CALLS = 20


async def test_every_accepted_callflow_of_a_batch_is_a_call(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, RINGING, answers(), ACK, BYE, calls=CALLS) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        numbers = [f"65{90000000 + place}" for place in range(CALLS)]
        entries = [{"callflow": [dial(number), say("Hi."), HANGUP], "clientRequestId": number} for number in numbers]
        entries.insert(3, {"callflow": [dial(), say("")]})
        status, answer = await there.ask("POST", "callflows/batch", {"callflows": entries})
        assert (status, answer["count"], answer["accepted"], answer["rejected"]) == (200, CALLS + 1, CALLS, 1)
        assert answer["results"].pop(3)["statusCode"] == -1009
        summaries = [await there.program.summary(result["sessionId"]) for result in answer["results"]]
        await peer.succeed()
    assert [summary["clientRequestId"] for summary in summaries] == numbers
    assert {summary["sessionStatus"] for summary in summaries} == {"COMPLETED"}
    assert {number: len(calls) for number, calls in dialogs(peer.messages).items()} == dict.fromkeys(numbers, 1)


def _count(database: Path, table: str) -> int:
    with sqlite3.connect(database) as store:
        (number,) = store.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - names of ours
    store.close()
    return int(number)


async def _some_are_taken(database: Path) -> None:
    while not _count(database, "sessions"):  # noqa: ASYNC110 - another process writes
        await asyncio.sleep(0)


async def test_a_batch_that_is_sent_again_after_a_crash_starts_no_entry_twice(tmp_path: Path) -> None:
    config = f"""
http.port = {free_tcp_port()}
sip.listen = ["udp:{HOST}:{free_port()}"]
webhooks.allow_private_addresses = true
[[trunk]]
name = "carrier"
uri = "sip:{HOST}:{free_port()}"
calls_per_second = 0.001
"""
    entry = {"callflow": [dial(), say("Hi."), HANGUP]}
    content = json.dumps({"callflows": [entry] * MAX_ENTRIES})
    database = tmp_path / "ringback.db"
    async with (
        running(Program()) as program,
        serving(tmp_path, config) as server,
        aiohttp.ClientSession() as http,
        asyncio.timeout(60),
    ):
        headers = {"Content-Type": "application/json", "Idempotency-Key": "campaign-1"}
        headers["Authorization"] = f"Bearer {await server.bootstrap(program)}"
        url = f"/api/v1/subaccounts/{ACCOUNT}/callflows/batch"

        async def post() -> dict[str, Any]:
            async with http.post(server.url + url, data=content, headers=headers) as answer:
                body: dict[str, Any] = await answer.json()
                return body

        await server.start()
        posting = asyncio.create_task(post())
        await _some_are_taken(database)
        await server.kill()
        with pytest.raises(aiohttp.ClientError):
            await posting
        taken = _count(database, "sessions")
        await server.start()
        answer = await post()
        again = await post()
    print(f"{taken} of {MAX_ENTRIES} were on disk when the server was killed")  # noqa: T201 - shown where the test fails
    assert 0 < taken < MAX_ENTRIES
    assert (answer["accepted"], again["results"]) == (MAX_ENTRIES, answer["results"])
    assert _count(database, "sessions") == MAX_ENTRIES
    assert len({result["sessionId"] for result in answer["results"]}) == MAX_ENTRIES
