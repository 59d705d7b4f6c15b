"""schemathesis, which nobody here wrote, takes the OpenAPI document at its word, with the server that a user starts."""

import json
import re
from pathlib import Path

import aiohttp
import pytest
from tests.peers.house import ACCOUNT, free_tcp_port, house, run_python, serving
from tests.peers.program import HOST, Program, running

from ringback.app.config import Recordings

EXAMPLES = 6
"""Random requests for each operation, beside those of the document and of every bound."""
CALLER = "6512341234"
"""The source of the callflows in the document: those are accepted, and called."""
SETTINGS = f"""
[parameters]
"path.subAccountId" = "{ACCOUNT}"

[checks]
use_after_free.enabled = false # DELETE cancels: what was cancelled is still shown

# a stream does not end
[[operations]]
include-path-regex = "/events$"
enabled = false

# rules between fields, numbers that can be, and what only another answer can give, are no part of a schema
[[operations]]
include-operation-id-regex = "^(sendCallflow|replaceCallflow|list|exportCalls|setRecordingPushConfig)|OptOut$"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "403", "404", "409", "422", "429"]

# each of many callflows is judged by itself
[[operations]]
include-operation-id = "sendCallflows"
checks.positive_data_acceptance.expected-statuses = ["2xx", "422"]
checks.negative_data_rejection.enabled = false
"""
_COUNT = re.compile(r"Test cases:\n +(\d+) generated")


async def test_the_server_has_every_endpoint_of_its_document(tmp_path: Path) -> None:
    async with house(tmp_path, sandbox=True, recordings=Recordings(folder=str(tmp_path / "sound"))) as there:
        async with there.http.get(f"{there.url}/openapi.json") as answer:
            written = await answer.json()
        for path, operations in written["paths"].items():
            for method in operations:
                url = there.url + path.replace("{subAccountId}", ACCOUNT).replace("{", "").replace("}", "")
                headers = {"Authorization": f"Bearer {there.key}", "Content-Type": "text/plain"}
                async with there.http.request(method, url, headers=headers, data=b"x") as answer:
                    assert answer.status not in {405, 500}, url
                    if answer.status == 404:
                        assert "Path not found" not in await answer.text(), url


async def test_the_command_prints_the_document_that_the_server_gives(tmp_path: Path) -> None:
    async with serving(tmp_path, f"http.port = {free_tcp_port()}\nsip.listen = ['udp:{HOST}:0']\n") as server:
        await server.start()
        printed = json.loads(await server.command("openapi"))
        async with aiohttp.request("GET", f"{server.url}/openapi.json") as answer:
            assert await answer.json() == printed
    assert printed["servers"] == [{"url": server.url}]


@pytest.mark.timeout(240)  # thousands of requests: a quarter of a minute on a machine of one's own
async def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    config = f"""
http.port = {free_tcp_port()}
sip.listen = ["udp:{HOST}:0"]
recordings.folder = "{tmp_path}/recordings"
webhooks.allow_private_addresses = true
"""
    async with running(Program()) as program, serving(tmp_path, config, sandbox=True) as server:
        key = await server.bootstrap(program)
        await server.command("admin", "caller-id", "add", "--subaccount", ACCOUNT, CALLER)
        await server.command("admin", "number", "add", "--subaccount", ACCOUNT, "6512349999")
        await server.start()
        status, out, err = await run_python(
            *("-m", "schemathesis.cli", "run", f"{server.url}/openapi.json", "--url", server.url),
            *("--exclude-tag", "Admin", "--header", f"Authorization: Bearer {key}"),
            *("--max-examples", str(EXAMPLES)),
            *("--generation-deterministic", "--continue-on-failure", "--no-color", "--request-timeout", "20"),
            folder=tmp_path,
            bound=200.0,
        )
        assert status == 0, out + err
        tried = _COUNT.search(out)
        assert tried is not None, out
        assert int(tried[1]) > 500
        assert "request-failed" not in server.log
