"""The webhooks of every subaccount: each is asked with HEAD, which tells a program nothing and changes nothing.

A program that knows POST alone answers 404, 405 or 501: it is there. Another 5xx says that it, or what stands behind
its proxy, fails; a redirect would never be followed by a post.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from ringback.adapters.store import Database, StoreError, open_store
from ringback.adapters.webhooks import AddressForbidden, WebhookAnswer, WebhookProbe
from ringback.app.config import Config
from ringback.app.doctor import clock
from ringback.app.doctor.finding import Finding, error, ok, warning
from ringback.service.ports import NotReached, WebhookType

CHECK: Final = "webhooks"
STORE: Final = "store"
_REDIRECTS: Final = range(300, 400)
_REFUSALS: Final = (401, 403)
_FAILURES: Final = range(500, 600)
_NOT_IMPLEMENTED: Final = 501


class Endpoint(msgspec.Struct, frozen=True):
    """Where posts go."""

    url: str
    authorization: str | None
    users: tuple[str, ...]
    """Such as `VSS of acme`."""

    def __str__(self) -> str:
        """Name it, without what may be secret in the URL."""
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        return f"{', '.join(self.users)} at {parts.scheme}://{parts.hostname}{port}{parts.path}"


async def endpoints(config: Config, store: Path | None) -> tuple[list[Endpoint], list[Finding]]:
    """Read the enabled webhooks of every subaccount, each endpoint once.

    Opening the store brings its schema up to date, as every command does; one that is not there is not made.
    """
    if store is not None and not await asyncio.to_thread(store.exists):
        return [], [ok(STORE, f"{store} is not there yet: the first command that needs it makes it")]
    try:
        async with open_store(config.store.url, exclusive=False, key=config.secrets.key) as opened:
            names = await opened.list_subaccounts()
            hooks = [(name, hook) for name in names for hook in await _enabled(opened, name)]
    except StoreError as fault:
        return [], [error(STORE, "the store cannot be used", str(fault), "change [store] url, or repair the file")]
    if not names:
        fix = "ringback admin bootstrap --subaccount ID --caller-id NUMBER"
        return [], [warning(STORE, "there is no subaccount", "the store holds none, so nobody has an API key", fix)]
    return _merged(hooks), [ok(STORE, f"the store can be used: {len(names)} subaccounts")]


async def look(
    config: Config, found: Sequence[Endpoint], seconds: float, now: Callable[[], float]
) -> tuple[list[Finding], list[clock.Sample]]:
    """Ask every endpoint; also gives what their clocks say."""
    probe = WebhookProbe(allow_private_addresses=config.webhooks.allow_private_addresses)
    samples: list[clock.Sample] = []

    async def ask(endpoint: Endpoint) -> Finding:
        headers = {"Authorization": endpoint.authorization} if endpoint.authorization else {}
        try:
            answer = await probe.ask(endpoint.url, headers, seconds)
        except NotReached as fault:
            return _unreachable(endpoint, fault)
        told = clock.sample(f"the webhook {endpoint}", answer.date, now())
        samples.extend([told] if told is not None else [])
        return judge(endpoint, answer)

    try:
        return list(await asyncio.gather(*(ask(endpoint) for endpoint in found))), samples
    finally:
        await probe.close()


def judge(endpoint: Endpoint, answer: WebhookAnswer) -> Finding:
    """Judge the answer to a HEAD."""
    status = answer.status
    if status in _FAILURES and status != _NOT_IMPLEMENTED:
        cause = f"it answered HEAD with HTTP {status}: the program there, or what stands before it, fails"
        fix = "look into the program's log; a VCA that is answered so ends its session with -2003"
        return error(CHECK, f"{endpoint} fails", cause, fix)
    if status in _REDIRECTS:
        cause = f"it answered HEAD with HTTP {status}, and a post does not follow"
        return warning(CHECK, f"{endpoint} leads elsewhere", cause, "set the webhook to the URL that it leads to")
    if status in _REFUSALS:
        sent = "refuses our Authorization" if endpoint.authorization else "wants an Authorization, and has none"
        cause = f"it answered HEAD with HTTP {status}: it {sent}"
        fix = "ringback admin webhook add TYPE=URL --auth VALUE, with what the program expects"
        return warning(CHECK, f"{endpoint} refuses us", cause, fix)
    return ok(CHECK, f"{endpoint} is there (HEAD: {status})")


def _unreachable(endpoint: Endpoint, fault: NotReached) -> Finding:
    what = f"{endpoint} cannot be reached"
    if isinstance(fault, AddressForbidden):
        fix = "give it a public address; for development set allow_private_addresses = true in [webhooks]"
        return error(CHECK, what, f"{fault}, and private addresses are not allowed", fix)
    fix = "start the program, correct the URL, or open the way there (DNS, firewall, TLS certificate)"
    return error(CHECK, what, str(fault), fix)


async def _enabled(store: Database, name: str) -> list[WebhookType]:
    return [hook for hook in await store.list_webhooks(name) if hook.enabled]


def _merged(hooks: Sequence[tuple[str, WebhookType]]) -> list[Endpoint]:
    users: dict[tuple[str, str | None], list[str]] = {}
    for name, hook in hooks:
        users.setdefault((hook.url, hook.authorization), []).append(f"{hook.type} of {name}")
    return [Endpoint(url, authorization, tuple(names)) for (url, authorization), names in users.items()]
