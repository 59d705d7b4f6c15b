"""The admin API against the server that a user starts: from nothing to a call, and a log that survives a kill."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.peers.carrier import ACK, BYE, INVITE, RINGING, answers, carrier
from tests.peers.house import ACCOUNT, HANGUP, SOURCE, Client, Serving, dial, free_tcp_port, run_python, say, serving
from tests.peers.program import HOST, Program, running
from tests.peers.sipp import free_port

BOUND = 10.0
"""Seconds in which a change by the command line is seen."""
EXAMPLES = 2
"""Random requests for each operation, beside those of the document and of every bound."""
SUBACCOUNT = f"subaccounts/{ACCOUNT}"
BELOW_A_SUBACCOUNT = "^/admin/v1/subaccounts/[^/]+/"
SCHEMATHESIS = """
[checks]
use_after_free.enabled = false # a key that was revoked is still listed

# what is there already, and rules between fields, are no part of a schema
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "404", "409", "422"]
"""


class Operator:
    """Asks the admin API of a server."""

    def __init__(self, server: Serving, http: aiohttp.ClientSession, secret: str) -> None:
        """`secret`: of an admin key."""
        self._server = server
        self._http = http
        self.secret = secret

    async def ask(self, method: str, path: str, body: object = None, *, csv: str | None = None) -> tuple[int, Any]:
        """Send a request, with JSON or CSV; give status and answer."""
        sent = {"json": body} if csv is None else {"data": csv}
        headers = {"Authorization": f"Bearer {self.secret}"} | ({} if csv is None else {"Content-Type": "text/csv"})
        url = f"{self._server.url}/admin/v1/{path}"
        async with self._http.request(method, url, headers=headers, **sent) as answer:
            return answer.status, await answer.json()

    async def do(self, method: str, path: str, body: object = None, *, csv: str | None = None) -> Any:  # noqa: ANN401 - JSON
        """Send a request that is done."""
        status, answer = await self.ask(method, path, body, csv=csv)
        assert status in {200, 201}, answer
        return answer

    async def log(self) -> list[tuple[str, str, str]]:
        """Give who, action and outcome of every entry, the oldest first."""
        entries = (await self.do("GET", "audit?limit=200"))["entries"]
        return [(each["actor"]["name"], each["action"], each["outcome"]) for each in entries[::-1]]


def settings(*trunks: tuple[str, int]) -> str:
    lines = [f'[[trunk]]\nname = "carrier"\nuri = "sip:{host}:{port}"' for host, port in trunks]
    return f"""
http.port = {free_tcp_port()}
sip.listen = ["udp:{HOST}:{free_port()}"]
webhooks.allow_private_addresses = true
""" + "\n".join(lines)


async def admin_key(server: Serving, name: str, *words: str) -> str:
    return (await server.command("admin", "admin-key", "add", "--name", name, *words)).strip()


async def test_everything_for_a_call_is_made_over_http(tmp_path: Path) -> None:
    async with (
        running(Program()) as program,
        carrier(tmp_path, INVITE, RINGING, answers(), ACK, BYE) as peer,
        serving(tmp_path, settings(peer.address)) as server,
        aiohttp.ClientSession() as http,
    ):
        await server.start()
        operator = Operator(server, http, "rba_nobody")
        assert (await operator.ask("GET", "accounts"))[0] == 401
        operator.secret = await admin_key(server, "deploy")
        await operator.do("PUT", "accounts/sales")
        await operator.do("PUT", SUBACCOUNT, {"accountId": "sales"})
        await operator.do("PUT", f"{SUBACCOUNT}/caller-ids/{SOURCE}")
        await operator.do("POST", f"{SUBACCOUNT}/numbers/import", csv="msisdn,referenceId\n+15550100199,main\n")
        await operator.do("PUT", f"{SUBACCOUNT}/webhooks/VSS", {"url": program.url("VSS")})
        secret = (await operator.do("POST", f"{SUBACCOUNT}/webhooks/VSS/secret"))["secret"]
        await operator.do("PATCH", f"{SUBACCOUNT}/settings", {"legKeys": "CallA"})
        await operator.do("POST", "rates/import", csv="prefix,price,currency,increment\n,0.03,EUR,60/60\n")
        key = (await operator.do("POST", f"{SUBACCOUNT}/keys", {"name": "till", "scopes": ["calls"]}))["secret"]
        client = Client(http, server.url, key, program)
        summary = await client.run(dial(), say("Hello."), HANGUP)
        await peer.succeed()
        log = await operator.log()
        shown = await server.command("admin", "audit", "--subaccount", ACCOUNT)
        async with http.get(f"{server.url}/metrics") as page:
            figures = await page.text()
    (posted,) = program.of_type("VSS")
    assert summary["sessionStatus"] == "COMPLETED"
    assert "CallA" in str(summary)
    assert {name.lower() for name in posted.headers} >= {"webhook-id", "webhook-signature"}
    assert [entry for entry in log if entry[0] == "deploy"] == [
        ("deploy", action, "DONE")
        for action in (
            *("account.add", "subaccount.add", "caller-id.add", "number.import", "webhook.add", "webhook.secret"),
            *("subaccount.set", "rate.import", "key.add"),
        )
    ]
    assert log[0][1:] == ("admin-key.add", "DONE")
    assert len(shown.splitlines()) == 7
    assert '"/admin/v1/accounts/{account_id}"' in figures
    for hidden in (operator.secret, secret, key):
        assert hidden not in shown


async def test_what_the_command_line_and_the_api_change_is_seen_by_both_and_survives_a_kill(tmp_path: Path) -> None:
    async with serving(tmp_path, settings()) as server, aiohttp.ClientSession() as http:
        writer, reader = await admin_key(server, "deploy"), await admin_key(server, "watch", "--scope", "read")
        await server.start()
        operator = Operator(server, http, writer)
        made = await operator.do("POST", "bootstrap", {"subAccountId": ACCOUNT, "callerIds": [SOURCE]})
        await server.command("admin", "caller-id", "add", "+15550100101", "--subaccount", ACCOUNT)
        listed = await operator.do("GET", f"{SUBACCOUNT}/caller-ids")
        assert listed["callerIds"] == [f"+{SOURCE}", "+15550100101"]
        await server.command("admin", "subaccount", "set", ACCOUNT, "noOfTries=1")
        async with asyncio.timeout(BOUND):
            while (await operator.do("GET", SUBACCOUNT))["settings"] != {"noOfTries": 1}:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
        operator.secret = reader
        assert (await operator.ask("DELETE", SUBACCOUNT))[0] == 403
        before = await operator.log()
        server.signal(signal.SIGKILL)
        await server.ended()
        await server.start()
        assert await operator.log() == before
        key_id = (await server.command("admin", "admin-key", "list")).splitlines()[1].split()[0]
        await server.command("admin", "admin-key", "revoke", key_id)
        assert (await operator.ask("GET", "audit"))[0] == 401
        operator.secret = str(made["apiKey"])
        assert (await operator.ask("GET", "audit"))[0] == 401
    assert [entry[1:] for entry in before] == [
        ("admin-key.add", "DONE"),
        ("admin-key.add", "DONE"),
        ("bootstrap", "DONE"),
        ("caller-id.add", "DONE"),
        ("subaccount.set", "DONE"),
        ("request", "REFUSED"),
    ]


@pytest.mark.parametrize("part", ["include", "exclude"])  # each takes its time
async def test_schemathesis_finds_nothing_in_the_admin_api(tmp_path: Path, part: str) -> None:
    (tmp_path / "schemathesis.toml").write_text(SCHEMATHESIS)
    async with running(Program()) as program, serving(tmp_path, settings()) as server:
        await server.bootstrap(program)
        secret = await admin_key(server, "deploy")
        await server.start()
        status, out, err = await run_python(
            *("-m", "schemathesis.cli", "run", f"{server.url}/openapi.json", "--url", server.url),
            *(
                "--include-tag",
                "Admin",
                f"--{part}-path-regex",
                BELOW_A_SUBACCOUNT,
                "--header",
                f"Authorization: Bearer {secret}",
            ),
            *("--max-examples", str(EXAMPLES), "--generation-deterministic", "--continue-on-failure", "--no-color"),
            *("--request-timeout", "20"),
            folder=tmp_path,
            bound=110.0,
        )
        assert status == 0, out + err
        assert "request-failed" not in server.log
