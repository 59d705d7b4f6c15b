"""When a session is dialled: over HTTP, with SIPp as the carrier."""

import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import aiohttp
from tests.peers.carrier import ACK, BYE, INVITE, RINGING, answers, carrier, dialogs, rung_at, waits
from tests.peers.house import (
    ACCOUNT,
    HANGUP,
    SOURCE,
    WEBHOOKS,
    Client,
    House,
    dial,
    free_tcp_port,
    house,
    serving,
    trunk_to,
)
from tests.peers.program import Program, running
from tests.peers.sipp import HOST, free_port

from ringback.domain.scalars import format_moment
from ringback.service.ports import WebhookType


def clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M")


def ahead(seconds: float) -> str:
    return format_moment(time.time() + seconds)


async def test_a_session_is_dialled_at_its_time_and_not_before(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, answers(), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        start_at = ahead(1.5)
        receipt = await there.post({"callflow": [dial(), HANGUP], "startAt": start_at})
        assert receipt["startAt"] == start_at
        shown = (await there.ask("GET", f"sessions/{receipt['sessionId']}"))[1]
        assert (shown["sessionStatus"], shown["dueAt"]) == ("QUEUED", start_at)
        cancelled = await there.call(dial(), HANGUP, startAt=start_at)
        status, _ = await there.ask("DELETE", f"sessions/{cancelled}")
        assert status == 202
        assert (await there.program.summary(cancelled))["sessionStatus"] == "CANCELED"
        assert (await there.program.summary(receipt["sessionId"]))["sessionStatus"] == "COMPLETED"
        await peer.succeed()
        (rung,) = rung_at(peer.messages)
    assert format_moment(rung) >= start_at


async def test_a_session_keeps_its_time_when_the_server_is_killed(tmp_path: Path) -> None:
    config = f"""
http.port = {free_tcp_port()}
sip.listen = ["udp:{HOST}:{free_port()}"]
webhooks.allow_private_addresses = true
"""
    async with (
        running(Program()) as program,
        carrier(tmp_path, INVITE, answers(), ACK, BYE, seconds=60) as peer,
        serving(
            tmp_path, f'{config}[[trunk]]\nname = "carrier"\nuri = "sip:{peer.address[0]}:{peer.address[1]}"\n'
        ) as server,
        aiohttp.ClientSession() as http,
    ):
        key = await server.bootstrap(program)
        await server.start()
        start_at = ahead(4)
        session_id = await Client(http, server.url, key, program).call(dial(), HANGUP, startAt=start_at)
        await server.kill()
        await server.start()
        assert (await program.summary(session_id))["sessionStatus"] == "COMPLETED"
        await peer.succeed()
        (rung,) = rung_at(peer.messages)
    assert format_moment(rung) >= start_at


async def another(there: House, account: str) -> Client:
    """Give a program of another subaccount on the same server."""
    hooks = [WebhookType(name, there.program.url(name)) for name in WEBHOOKS]
    key = await there.server.store.bootstrap(account, caller_ids=[SOURCE], numbers=(), webhooks=hooks)
    return Client(there.http, there.url, str(key), there.program, account)


async def test_one_session_is_not_kept_waiting_by_the_many_of_another_subaccount(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, answers(), ACK, BYE, calls=7) as peer,
        house(tmp_path, trunk_to(peer.address, channels=1)) as there,
    ):
        trunks = there.server.trunks
        assert trunks.occupy("carrier", "somebody")
        bravo = await another(there, "bravo")
        many = [await there.call(dial(f"658000000{number}"), HANGUP) for number in range(6)]
        one = await bravo.call(dial("6590000000"), HANGUP)
        trunks.release("carrier", "somebody")
        for session in (*many, one):
            assert (await there.program.summary(session))["sessionStatus"] == "COMPLETED"
        await peer.succeed()
        rung = list(dialogs(peer.messages))
    assert rung == ["6580000000", "6590000000", *(f"658000000{number}" for number in range(1, 6))]


async def test_a_subaccount_has_no_more_calls_at_a_time_than_it_may(tmp_path: Path) -> None:
    steps = (INVITE, RINGING, waits(300), answers(), ACK, BYE)
    async with (
        carrier(tmp_path, *steps, calls=3) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        await there.server.store.change_settings(ACCOUNT, {"maxConcurrentCalls": 1})
        sessions = [await there.call(dial(), HANGUP) for _ in range(3)]
        for session in sessions:
            await there.program.summary(session)
        await peer.succeed()
        told = there.program.of_type("VCS")
    at = {(each.payload["sessionId"], each.payload["callStatus"]): each.payload["timestamp"] for each in told}
    for session, next_ in pairwise(sessions):
        assert at[session, "CALL_DISCONNECTED"] <= at[next_, "CALL_INITIATED"]


async def test_a_subaccount_calls_no_faster_than_it_may(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, answers(), ACK, BYE, calls=3) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        await there.server.store.change_settings(ACCOUNT, {"callsPerSecond": 2})
        for session in [await there.call(dial(), HANGUP) for _ in range(3)]:
            await there.program.summary(session)
        await peer.succeed()
        first, _, third = rung_at(peer.messages)
    assert third - first > 0.4, "two at once, the next when half a second has passed"


async def test_nobody_is_rung_in_quiet_hours_but_who_waits_for_it(tmp_path: Path) -> None:
    now, hour = time.time(), 3600
    begin, end = clock(now + 7 * hour), clock(now + 10 * hour)  # in Singapore, eight hours ahead
    async with (
        carrier(tmp_path, INVITE, answers(), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        await there.server.store.change_settings(ACCOUNT, {"quietHours": f"SG {begin}-{end}"})
        sleeps = await there.call(dial("6590000000"), HANGUP)
        urgent = await there.call(dial("6590000001"), HANGUP, ignoreQuietHours=True)
        assert (await there.program.summary(urgent))["sessionStatus"] == "COMPLETED"
        shown = (await there.ask("GET", f"sessions/{sleeps}"))[1]
        assert (shown["sessionStatus"], shown["waitsFor"]) == ("QUEUED", "quietHours")
        assert shown["dueAt"][11:19] == f"{clock(now + 2 * hour)}:00"
        await peer.succeed()
        assert list(dialogs(peer.messages)) == ["6590000001"]
