"""Where the recordings of every subaccount are pushed to, and what kept them from it. Nothing is sent."""

import asyncio
from pathlib import Path
from typing import Final

from ringback.adapters.store import StoreError, open_store
from ringback.app.config import Config
from ringback.app.doctor.finding import Finding, ok, warning
from ringback.domain.push import PushTarget
from ringback.service.push_store import WaitingPushes

CHECK: Final = "pushes"


async def look(config: Config, store: Path | None) -> list[Finding]:
    """Judge every target; a store that cannot be used is told elsewhere."""
    if store is not None and not await asyncio.to_thread(store.exists):
        return []
    findings = []
    try:
        async with open_store(config.store.url, exclusive=False, key=config.secrets.key) as opened:
            for name in await opened.list_subaccounts():
                target = await opened.push_target(name)
                if target is not None:
                    waiting = await opened.waiting_pushes(name)
                    findings.append(judge(name, target, waiting, records=bool(config.recordings.folder)))
    except StoreError:
        return []
    return findings


def judge(name: str, target: PushTarget, waiting: WaitingPushes, *, records: bool) -> Finding:
    """Judge a subaccount's; `records`: whether anything is recorded."""
    what = f"recordings of {name} to {target.host} by {target.protocol}"
    if not records:
        fix = "name a [recordings] folder, where they are made before they are pushed"
        return warning(CHECK, f"{what} are never made", "calls are not recorded", fix)
    if waiting.reason:
        cause = f"{waiting.count} wait; the latest try that failed did because: {waiting.reason}"
        fix = f"mend it there, or set it anew: ringback admin recording-push set … --subaccount {name}"
        return warning(CHECK, f"{what} do not arrive", cause, fix)
    return ok(CHECK, f"{what}: {waiting.count} wait, none failed")
