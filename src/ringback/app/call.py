"""`ringback call`: places one call through the running server and shows what happens."""

import asyncio
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from ringback.adapters.store import Database, open_store
from ringback.app.admin_store import operator_of
from ringback.app.clock import SystemClock
from ringback.app.config import Config
from ringback.app.timeline import describe
from ringback.client import AsyncClient, CallflowRejected, ClientError, ConnectionFailed, Retries
from ringback.domain.errors import RingbackError
from ringback.domain.scope import Scope

POLL = 0.2
"""Seconds between two looks at the session."""
HEARD_SECONDS = 5.0
"""How long after a session's end the handset may take to keep what it heard."""
KEY_NAME = "ringback call"
"""Name of the API key that a call makes for itself, and removes."""
KEY_SECONDS = 86_400.0
"""How long it lives where this process does not come to removing it."""


class CallFailed(RingbackError):
    """The call could not be placed; the text says why."""


def call(
    config: Config,
    destination: str,
    *,
    source: str,
    say: str | None,
    file: str | None,
    voice: str,
    subaccount: str | None,
    listen: Path | None,
) -> bool:
    """Place a call, print its timeline, and tell whether the session is COMPLETED. Raises CallFailed."""
    return asyncio.run(_call(config, _body(destination, source, say, file, voice), subaccount, listen, destination))


def _body(destination: str, source: str, say: str | None, file: str | None, voice: str) -> dict[str, Any]:
    numbers = {"source": source, "destination": destination}
    dial = {"action": "makeCall", "params": numbers}
    if say is not None and file is None:
        speak = {"action": "say", "params": {"text": say, "voiceProfile": voice}}
        return {"callflow": [dial, speak, {"action": "hangup"}]}
    if file is None or say is not None:
        message = "give either --say TEXT or --file callflow.json"
        raise CallFailed(message)
    try:
        body = json.loads(sys.stdin.read() if file == "-" else Path(file).read_text())
    except (OSError, ValueError) as fault:
        message = f"{file}: {getattr(fault, 'strerror', None) or fault}"
        raise CallFailed(message) from None
    if not isinstance(body, dict):
        body = {"callflow": body}
    actions = body.get("callflow")
    if (
        isinstance(actions, list)
        and actions
        and isinstance(actions[0], dict)
        and actions[0].get("action") == "makeCall"
    ):
        asked = actions[0].get("params")
        actions[0] = {**dial, "params": {**asked, **numbers} if isinstance(asked, dict) else numbers}
    elif isinstance(actions, list):
        body["callflow"] = [dial, *actions]
    return body


async def _call(
    config: Config, body: dict[str, Any], subaccount: str | None, listen: Path | None, destination: str
) -> bool:
    console = Console(highlight=False, soft_wrap=True)
    heard = Path(config.voices.cache) / "heard" / f"{destination.lstrip('+')}.wav"
    before = _written(heard)
    url = f"http://{config.http.host}:{config.http.port}"
    async with open_store(config.store.url, exclusive=False, key=config.secrets.key) as store:
        account = subaccount or await _only_subaccount(store)
        end = SystemClock().now() + KEY_SECONDS
        issued = await operator_of(store, None).add_key(account, KEY_NAME, [Scope.CALLS, Scope.READ], end)
        try:
            async with AsyncClient(url, account, issued.secret, retries=Retries(tries=2)) as client:
                status = await _place(client, body, console)
        except CallflowRejected as fault:
            lines = [str(fault), *(f"  {violation.path}: {violation.message}" for violation in fault.violations)]
            raise CallFailed("\n".join(lines)) from None
        except ConnectionFailed as fault:
            message = f"no server answers at {url} ({fault}): start one with ringback serve"
            raise CallFailed(message) from None
        except ClientError as fault:
            raise CallFailed(str(fault)) from None
        finally:
            await store.remove_key(issued.key.key_id)
    if listen is not None:
        await _wait_until_written(heard, before)
        shutil.copyfile(heard, listen)
        console.print(f"what the handset heard is in {escape(str(listen))}")
    return status == "COMPLETED"


def _written(file: Path) -> int | None:
    """Give when a file was written last; None where there is none."""
    return file.stat().st_mtime_ns if file.exists() else None


async def _wait_until_written(file: Path, before: int | None) -> None:
    """Wait for what this call's handset heard: it is kept when the leg is closed, perhaps after the session's end."""
    try:
        async with asyncio.timeout(HEARD_SECONDS):
            while _written(file) == before:  # noqa: ASYNC110 - the file is another process's
                await asyncio.sleep(POLL)
    except TimeoutError:
        message = f"nothing was heard: {file} is written by the handset of `ringback serve --sandbox`"
        raise CallFailed(message) from None


async def _only_subaccount(store: Database) -> str:
    names = await store.list_subaccounts()
    if len(names) != 1:
        message = (
            "no subaccount: run ringback admin bootstrap" if not names else "several subaccounts: give --subaccount"
        )
        raise CallFailed(message)
    return str(names[0])


async def _place(client: AsyncClient, body: dict[str, Any], console: Console) -> str:
    """Place the call and print its timeline as it grows; give how it ended."""
    receipt = await client.callflows.create_json(body)
    console.print(f"session {receipt.session_id}")
    for warning in receipt.warnings:
        console.print(escape(f"  warning {warning.path}: {warning.message}"))
    created = (await client.sessions.get(receipt.session_id)).created_at
    async for entry in client.sessions.follow(receipt.session_id, every=POLL):
        since = (entry.timestamp - created).total_seconds()
        console.print(escape(f"{since:7.3f} s  {describe(entry.event, entry.details)}"))
    return (await client.sessions.get(receipt.session_id)).session_status
