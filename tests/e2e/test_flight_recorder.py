"""`ringback sessions` tells what happened in a call, beside a server that runs; SIPp is the carrier."""

import asyncio
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.peers.caller import ANSWERED, RINGS, TOLD_BYE, caller, invites, refused
from tests.peers.captures import Captured, read_capture
from tests.peers.carrier import (
    ACK,
    BYE,
    INVITE,
    RINGING,
    answers,
    carrier,
    challenges,
    ear,
    hangs_up,
    refuses,
    sends_info,
    waits,
)
from tests.peers.house import HANGUP, House, capture, dial, house, say, trunk_to

from ringback.app.config import Recorder

HOURS = "We are open from nine to five."

VIRTUAL = "15550100199"


class Store:
    """The command line on the store of a server."""

    def __init__(self, folder: Path) -> None:
        """`folder`: of the server's store."""
        self.folder = folder
        (folder / "ringback.toml").write_text(
            f'[store]\nurl = "sqlite:///{folder}/ringback.db"\n[recorder]\nfolder = "{folder}/flights"\n'
        )

    async def sessions(self, *words: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "error", "-m", "ringback", "sessions", *words),
            *("--config", str(self.folder / "ringback.toml")),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert (process.returncode, err.decode()) == (0, "")
        return out.decode()


async def a_call_with_everything(
    tmp_path: Path, *, rtp_headers: bool = False
) -> tuple[str, str, dict[str, Any], list[Captured], Path]:
    """Place a call: a challenge, a key, a VCA that fails once, a VSS that fails once.

    Give its id, and what was told of it: as text, as JSON and as a capture; and the file of the ladder.
    """
    store, pcap, svg = Store(tmp_path), tmp_path / "call.pcap", tmp_path / "ladder.svg"
    recorder = Recorder(rtp_headers=rtp_headers, folder=str(tmp_path / "flights"))
    trunk = {"username": "me", "password": "secret"}
    async with ear(echo=True) as heard:
        steps = challenges("me", "secret", RINGING, answers(heard.port), ACK, sends_info("1", 2), BYE)
        async with (
            carrier(tmp_path, INVITE, steps) as peer,
            house(tmp_path, trunk_to(peer.address, **trunk), recorder=recorder) as there,
        ):
            there.program.answers += [500, {"callflow": [say(HOURS), say(HOURS), HANGUP]}]
            there.program.refusals["VSS"].append(500)
            session = await there.call(dial(), capture("Press one."))
            await there.program.until(lambda: len(there.program.of_type("VSS", session)) == 2)
            await taken(there, session)
            await peer.succeed()
            text = await store.sessions(session, "--pcap", str(pcap), "--svg", str(svg))
            listed = await store.sessions()
            told = json.loads(await store.sessions(session, "--json"))
    assert session in listed
    return session, text, told, read_capture(pcap), svg


async def taken(there: House, session: str) -> None:
    """Wait until the store knows that the program took everything."""
    async with asyncio.timeout(30):
        while any(each.state != "DONE" for each in await there.server.store.deliveries_of(session)):  # noqa: ASYNC110 - the store tells nothing
            await asyncio.sleep(0.02)


async def test_everything_of_a_call_is_told_beside_the_server(tmp_path: Path) -> None:
    session, text, told, datagrams, svg = await a_call_with_everything(tmp_path)
    assert f"session     {session}" in text
    names = [entry["name"] for entry in told["timeline"]]
    for name in ("leg-dialled", "call-connected", "dtmf-received", "callflow-asked", "media-closed", "session-ended"):
        assert name in names
        assert f" {name} " in text

    assert ladder(text) == [
        *("INVITE (SDP)", "401 Unauthorized", "ACK"),
        *("INVITE (SDP)", "180 Ringing", "200 OK (SDP)", "ACK"),
        *("INFO", "200 OK", "BYE", "200 OK"),
    ]
    messages = told["trace"]["messages"]
    once = dict.fromkeys(each["message"] for each in messages if each["sent"])
    assert [message.split()[0] for message in once] == [*("INVITE", "ACK", "INVITE", "ACK", "SIP/2.0", "BYE")]
    assert "response=" not in json.dumps(messages), "the digest of the password"
    assert any("Authorization: (left out)" in each["message"] for each in messages)
    assert "INVITE (SDP)" in svg.read_text()

    (leg,) = told["legs"]
    for direction in ("sent", "received"):
        stream = leg["media"][direction]
        assert stream["packets"] > 20
        assert leg["connected"] - 1 < stream["first"] < stream["last"] < leg["disconnected"] + 1
    assert re.search(r"received  \d+ packets, first \+.* s, last \+.* s, \d+ lost, jitter", text)

    first, second = (prompt for prompt in told["prompts"] if prompt["text"] == HOURS)
    assert (first["origin"], second["origin"], second["renderSeconds"]) == ("rendered", "memory", 0)
    assert first["renderSeconds"] > 0
    assert re.search(rf"rendered in \d\.\d+ s, waited \d\.\d+ s  en-US-Heart: {HOURS}", text)

    (question,) = told["questions"]
    assert (question["httpStatus"], question["tries"], question["digits"]) == (200, 2, "1")
    assert json.loads(question["request"])["payload"]["dtmf"] == "1"
    assert HOURS in question["response"]
    (summary,) = (each for each in told["deliveries"] if each["type"] == "VSS")
    assert (summary["state"], summary["tries"], summary["reason"]) == ("DONE", 2, "HTTP 500")
    assert 0 < summary["seconds"] < 10
    assert json.loads(summary["body"])["payload"]["sessionStatus"] == "COMPLETED"
    assert re.search(r"VSS  DONE, 2 tries, \d\.\d+ s, last refusal: HTTP 500", text)

    assert [each.payload.decode() for each in datagrams] == [each["message"] for each in messages]
    peer = messages[0]["peer"]
    assert {f"{each.destination[0]}:{each.destination[1]}" for each in datagrams[:1]} == {peer}


def ladder(text: str) -> list[str]:
    """Give the labels of the ladder but those of messages sent again, which a busy machine does."""
    return re.findall(r"[-<] ([A-Z0-9][A-Za-z0-9 ]+(?: \(SDP\))?) -", text)


async def test_a_refusal_is_told_with_its_ack_without_a_server(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, RINGING, refuses(486, "Busy Here", "Retry-After: 60")) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        session = await there.call(dial(), HANGUP)
        summary = await there.program.summary(session)
        await peer.succeed()
    store = Store(tmp_path)
    text = await store.sessions(session)
    assert (summary["sessionStatus"], "BUSY (486)" in text) == ("BUSY", True)
    assert ladder(text) == ["INVITE (SDP)", "180 Ringing", "486 Busy Here", "ACK"]
    assert "RTP\n" not in text
    told = json.loads(await store.sessions(session, "--json"))
    assert any("Retry-After: 60" in each["message"] for each in told["trace"]["messages"])


async def test_both_legs_of_a_masked_call_have_their_own_columns_and_figures(tmp_path: Path) -> None:
    async with (
        ear(echo=True) as callee_hears,
        ear(echo=True) as caller_hears,
        carrier(tmp_path, INVITE, RINGING, answers(callee_hears.port), ACK, waits(700), hangs_up()) as callee,
        house(tmp_path, trunk_to(callee.address), numbers=[VIRTUAL]) as there,
    ):
        there.program.answers += [{"callflow": [dial("4930123456")]}]
        at = there.server.telephone.address
        async with caller(tmp_path, at, VIRTUAL, invites(caller_hears.port), RINGS, ANSWERED, TOLD_BYE) as phone:
            await phone.succeed()
        await callee.succeed()
        await there.program.until(lambda: there.program.of_type("VSS"))
        session = there.program.of_type("VSS")[0].payload["sessionId"]
        assert there.server.desk.recorder.size == 0
    store = Store(tmp_path)
    text = await store.sessions(session)
    columns = next(line for line in text.splitlines() if line.strip().startswith("time "))
    assert re.findall(r"call[AB] 127\.0\.0\.1:\d+", columns) == [
        f"callA {phone.address[0]}:{phone.address[1]}",
        f"callB {callee.address[0]}:{callee.address[1]}",
    ]
    told = json.loads(await store.sessions(session, "--json"))
    one, two = told["legs"]
    assert (one["direction"], two["direction"]) == ("INBOUND", "OUTBOUND")
    first = told["trace"]["messages"][0]
    assert (first["sent"], first["callId"], first["message"].split()[0]) == (False, one["callId"], "INVITE")
    assert one["media"]["remote"].endswith(f":{caller_hears.port}")
    assert two["media"]["remote"].endswith(f":{callee_hears.port}")


async def test_callers_who_are_turned_away_leave_nothing_in_memory(tmp_path: Path) -> None:
    async with house(tmp_path, trunk_to(("127.0.0.1", 9)), numbers=[VIRTUAL]) as there:
        at = there.server.telephone.address
        async with caller(tmp_path, at, "15550100198", invites(9), refused(404)) as phone:
            await phone.succeed()
        recorder = there.server.desk.recorder
        assert (recorder.size, recorder.live) == (0, 0)


async def test_wireshark_dissects_the_capture(tmp_path: Path) -> None:
    tshark = shutil.which("tshark")
    if tshark is None:
        pytest.fail("tshark is missing: sudo apt-get install tshark")
    _, text, told, datagrams, _ = await a_call_with_everything(tmp_path, rtp_headers=True)
    names = ("sip.Method", "sip.Status-Code", "rtp.p_type", "udp.srcport", "udp.length", "ip.checksum.status")
    fields = [word for name in names for word in ("-e", name)]
    checked = ["-o", "ip.check_checksum:TRUE"]
    done = subprocess.run(  # noqa: ASYNC221 - nothing else runs
        [tshark, "-r", str(tmp_path / "call.pcap"), *checked, "-T", "fields", *fields],
        check=True,
        capture_output=True,
        text=True,
    )
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(rows) == len(datagrams)
    assert {row[-1] for row in rows} == {"1"}, "the checksums are good"
    sip = [method or status for method, status, *_ in rows if method or status]
    assert len(sip) == len(told["trace"]["messages"])
    assert list(dict.fromkeys(sip)) == ["INVITE", "401", "ACK", "180", "200", "INFO", "BYE"]

    media = told["legs"][0]["media"]
    ours, theirs = (media[side].rpartition(":")[2] for side in ("local", "remote"))
    rtp = [(port, kind, length) for _, _, kind, port, length, _ in rows if kind]
    assert {(kind, length) for _, kind, length in rtp} == {("0", "180")}, "PCMU, as long as it was on the wire"
    assert [port for port, *_ in rtp].count(ours) == media["sent"]["packets"]
    assert [port for port, *_ in rtp].count(theirs) == media["received"]["packets"]
    assert {len(each.payload) for each in datagrams if each.size == 172} == {12}, "no sound"
    assert f"{len(sip)} SIP messages, {len(rtp)} RTP packets without their sound" in text
