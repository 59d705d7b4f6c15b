"""The examination: one look after the other, each without leaving anything behind."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from ringback.adapters.store import StoreUnavailable
from ringback.adapters.store.opening import path_of
from ringback.app.config import Config
from ringback.app.doctor import (
    clock,
    configuration,
    disk,
    limits,
    loopback_call,
    ports,
    pushes,
    trunks,
    voices,
    webhooks,
)
from ringback.app.doctor.finding import Finding, Report
from ringback.app.doctor.holders import Holders
from ringback.app.doctor.machine import Machine

CALL_PAIRS = 2
"""RTP ports that the loopback call takes, one for each end."""


async def examine(path: Path | None, machine: Machine, environment: Mapping[str, str] | None = None) -> Report:
    """Look at everything; with a server that runs, and without. `path`, `environment`: as for `load`."""
    config, findings = configuration.read(path, environment)
    if config is None:
        return Report(findings)
    watch = clock.Watch(machine.now, machine.monotonic)
    store = _store_of(config)
    holders = await asyncio.to_thread(Holders, store)
    found = await asyncio.to_thread(ports.rtp_ports, config, holders)
    findings += [ports.sip(config, holders), ports.http(config, holders), *ports.rtp(config, found, holders)]
    findings.append(limits.look(config, machine.descriptors, holders.server))
    findings += await asyncio.to_thread(disk.look, config, store, machine.statvfs)
    findings.append(await asyncio.to_thread(voices.look, machine.voices))
    endpoints, of_store = await webhooks.endpoints(config, store)
    findings += of_store
    (of_trunks, theirs), (of_webhooks, programs) = await asyncio.gather(
        trunks.look(config, machine.answer_seconds, machine.now),
        webhooks.look(config, endpoints, machine.answer_seconds, machine.now),
    )
    findings += [*of_trunks, *of_webhooks, *await pushes.look(config, store)]
    findings.append(await _call(config, found))
    findings += watch.look([*theirs, *programs])
    return Report(findings)


async def _call(config: Config, found: ports.RtpPorts) -> Finding:
    if found.free < CALL_PAIRS:
        return loopback_call.not_tried(f"it takes {CALL_PAIRS} free pairs of RTP ports, there are {found.free}")
    return await loopback_call.look(config.rtp_ports)


def _store_of(config: Config) -> Path | None:
    try:
        return path_of(config.store.url)
    except StoreUnavailable:
        return None  # opening it says why
