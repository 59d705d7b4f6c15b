"""Calls exported over HTTP: of a real call, and by a server that is killed in the middle."""

import asyncio
import csv
import io
import signal
import sqlite3
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from tests.peers.carrier import ACK, BOUND, BYE, INVITE, RINGING, answers, carrier
from tests.peers.house import HANGUP, Client, dial, free_tcp_port, house, say, serving, trunk_to
from tests.peers.program import HOST, Program, running

from ringback.adapters.store import encoding
from ringback.domain.call_record import COLUMNS
from ringback.domain.callflow import Callflow
from ringback.domain.number import Number
from ringback.domain.rate import parse_rates
from ringback.domain.session import Direction, Leg, LegStatus, Session, SessionStatus

STORED = 5_000
"""Sessions of the server that is killed: twenty pages."""
UNFINISHED = {"queued", "running"}
RATES = ("prefix,price,currency,increment", "65,0.03,EUR,60/60")


async def finished(client: Client, job_id: str, *, patience: float = BOUND) -> dict[str, Any]:
    """Wait until a job waits and runs no longer."""
    async with asyncio.timeout(patience):
        while (shown := await asked(client, job_id))["status"] in UNFINISHED:  # noqa: ASYNC110 - a program asks, too
            await asyncio.sleep(0.02)
    return shown


async def asked(client: Client, job_id: str) -> dict[str, Any]:
    return (await client.ask("GET", f"messages/exports/{job_id}"))[1]


async def rows(client: Client, link: str) -> list[dict[str, str]]:
    """Fetch a file without a key."""
    async with client.http.get(client.url + urlsplit(link).path) as answer:
        assert (answer.status, answer.content_type) == (200, "text/csv")
        return list(csv.DictReader(io.StringIO(await answer.text(), newline="")))


async def test_a_real_call_is_a_line_with_what_was_said_and_what_it_cost(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, RINGING, answers(), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        await there.server.store.replace_rates(parse_rates(RATES))
        await there.server.store.add_account("sales")
        await there.server.store.move_subaccount("acme", "sales")
        text = "=Hello, you."
        summary = await there.run(dial(), say(text), HANGUP)
        await peer.succeed()
        status, taken = await there.ask("POST", "messages/exports", {"limit": 10})
        assert status == 202
        shown = await finished(there, taken["jobId"])
        assert shown["status"] == "succeeded"
        (row,) = await rows(there, shown["data"][0])
        async with there.http.get(f"{there.url}/exports/wrong/{shown['data'][0].rpartition('/')[2]}") as answer:
            assert answer.status == 404
        unknown = await there.ask("GET", f"messages/exports/{'0' * 64}")
    leg = summary["details"]["callA"]
    assert tuple(row) == COLUMNS
    assert {name: row[name] for name in ("SessionId", "CallId", "SubAccountId", "Direction", "SessionStatus")} == {
        "SessionId": summary["sessionId"],
        "CallId": leg["callId"],
        "SubAccountId": "acme",
        "Direction": "OUTBOUND",
        "SessionStatus": "COMPLETED",
    }
    assert row["AccountId"] == "sales"
    assert (row["SourceEndpoint"], row["DestinationEndpoint"]) == ("15550100100", "6512345678")
    assert (row["DestinationCountryCode"], row["DestinationCountry"]) == ("SG", "Singapore")
    assert (row["Content"], row["TTSLength"]) == (f"'{text}", str(len(text)))
    assert row["DurationInSec"] == str(leg["callDuration"])
    prices = ("UnitPrice", "UnitPriceCurrency", "BillingIncrement", "BillableDurationInSec", "TotalPriceOfCall")
    counted = 60 if leg["callDuration"] else 0
    assert [row[name] for name in prices] == ["0.03", "EUR", "60/60", str(counted), "0.03" if counted else "0"]
    assert (unknown[0], unknown[1]["code"], unknown[1]["message"]) == (404, 4018, "Invalid jobId")


async def test_a_server_that_is_killed_in_the_middle_of_an_export_finishes_it(tmp_path: Path) -> None:
    config = f'http.port = {free_tcp_port()}\nsip.listen = ["udp:{HOST}:0"]\nexports.folder = "{tmp_path}/exports"\n'
    async with (
        running(Program()) as program,
        serving(tmp_path, config) as server,
        aiohttp.ClientSession() as http,
    ):
        key = await server.bootstrap(program)
        ids = store(tmp_path / "ringback.db", STORED)
        await server.start()
        client = Client(http, server.url, key, program)
        job_id = (await client.ask("POST", "messages/exports", {}))[1]["jobId"]
        async with asyncio.timeout(BOUND):
            while saved(tmp_path / "ringback.db") < STORED // 20:  # noqa: ASYNC110 - nobody tells how far a job is
                await asyncio.sleep(0.01)
        server.signal(signal.SIGKILL)
        await server.ended()
        before = saved(tmp_path / "ringback.db")
        await server.start()
        shown = await finished(client, job_id, patience=4 * BOUND)
        found = await rows(client, shown["data"][0])
    assert before < STORED, "it was killed in the middle"
    assert [row["SessionId"] for row in found] == ids
    assert len(list((tmp_path / "exports").iterdir())) == 1


def saved(path: Path) -> int:
    """Tell how many lines are in the file for sure."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        row = connection.execute("SELECT lines FROM exports").fetchone()
    connection.close()
    return 0 if row is None else int(row[0])


def store(path: Path, count: int) -> list[str]:
    """Put sessions that are over into the file of a server that does not run; give their ids in order."""
    ids = [f"session-{number:06d}" for number in range(count)]
    callflow = encoding.encode_callflow(Callflow(actions=()))
    since = time.time() - count
    with sqlite3.connect(path) as connection:
        connection.executemany(
            "INSERT INTO sessions (session_id, sub_account_id, request_id, created, trunk, state, ended, callflow, "
            "summary) VALUES (?, 'acme', 'r', ?, 'carrier', 'ENDED', ?, ?, ?)",
            (
                (name, since + number, since + number, callflow, encoding.encode_summary(over(name, since + number)))
                for number, name in enumerate(ids)
            ),
        )
    connection.close()
    return ids


def over(session_id: str, at: float) -> Session:
    leg = Leg(
        name="callA",
        call_id=f"{session_id}-a",
        direction=Direction.OUTBOUND,
        source=Number("15550100100"),
        destination=Number("6512345678"),
        initiated=at,
        status=LegStatus.BUSY,
    )
    return Session(
        session_id=session_id,
        sub_account_id="acme",
        request_id="r",
        started=at,
        ended=at,
        status=SessionStatus.BUSY,
        legs=[leg],
    )
