"""The trunks: name, reachability, credentials and codecs, asked with OPTIONS; nobody is ever called."""

import asyncio
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Final

from ringback.adapters.telephone import OUT_OF_SERVICE, Line, NoAddress, NoAnswer, TrunkAnswer, TrunkProbe
from ringback.app.config import Config, Trunk
from ringback.app.doctor import addresses, clock
from ringback.app.doctor.finding import Finding, error, ok, warning
from ringback.app.media import line_of

CHECK: Final = "trunk"
_CHALLENGES: Final = (401, 407)
_FORBIDDEN: Final = 403
_SUCCESS: Final = range(200, 300)
_SDP: Final = "application/sdp"


async def look(config: Config, seconds: float, now: Callable[[], float]) -> tuple[list[Finding], list[clock.Sample]]:
    """Ask every trunk; also gives what their clocks say."""
    lines = {trunk.name: line_of(trunk) for trunk in config.trunk}
    samples: list[clock.Sample] = []
    try:
        probe = TrunkProbe(config.listen, lines, config.sip.advertise)
    except OSError as fault:
        cause = f"no UDP port can be opened at {config.listen[0]}: {fault.strerror or fault}"
        return [error(CHECK, "no trunk could be asked", cause, "change [sip] listen")], samples

    async def ask(trunk: Trunk) -> list[Finding]:
        findings, answer = await _ask(config, probe, trunk, lines[trunk.name], seconds)
        told = clock.sample(f"the trunk {trunk.name}", answer.date, now()) if answer is not None else None
        samples.extend([told] if told is not None else [])
        return findings

    async with probe:
        every = await asyncio.gather(*(ask(trunk) for trunk in config.trunk))
    return [finding for findings in every for finding in findings], samples


async def _ask(
    config: Config, probe: TrunkProbe, trunk: Trunk, line: Line, seconds: float
) -> tuple[list[Finding], TrunkAnswer | None]:
    name = f"trunk {trunk.name}"
    try:
        address = await probe.resolve(line, seconds)
    except NoAddress as fault:
        cause = f"{line.host_port[0]} has no IPv4 address: {fault.strerror}"
        return [error(CHECK, f"{name} is not found", cause, "correct its uri, or the name servers here")], None
    if (finding := addresses.bound_too_close(config, trunk, address[0])) is not None:
        return [finding], None
    guests = _guests(trunk, line, address[0])
    try:
        answer = await probe.ask(line, address, seconds)
    except NoAnswer as fault:
        return [_silent(name, address, fault), *guests], None
    findings = judge(trunk, answer, ip_address(address[0]).compressed + f":{address[1]}")
    findings += addresses.judge(config, trunk, address[0], answer, is_servers_port=probe.is_servers_port)
    return findings + guests, answer


def _silent(name: str, address: tuple[str, int], fault: NoAnswer) -> Finding:
    where = f"udp:{address[0]}:{address[1]}"
    if fault.is_closed:
        cause = f"nothing listens at {where}: {fault.strerror}"
        return error(CHECK, f"{name} is not there", cause, "correct host and port of its uri")
    cause = f"{where} did not answer OPTIONS: {fault.strerror}"
    fix = "see that a firewall lets UDP out and back, that the uri is right, and that the carrier knows our address"
    return error(CHECK, f"{name} is silent", cause, fix)


def _guests(trunk: Trunk, line: Line, address: str) -> list[Finding]:
    if line.may_call(address):
        return []
    cause = f"its address {address} is in none of inbound_from {list(trunk.inbound_from)}"
    fix = f'where it is to send us calls, add "{address}/32" and whatever else the carrier names'
    return [warning(CHECK, f"calls from trunk {trunk.name} are dropped", cause, fix)]


def judge(trunk: Trunk, answer: TrunkAnswer, where: str) -> list[Finding]:
    """Judge an answer to OPTIONS: credentials first, then what the trunk says that it can. `where`: for the text."""
    if (refusal := _refusal(trunk, answer)) is not None:
        return [refusal]
    said = f"answers OPTIONS with {answer.status} {answer.reason}"
    if answer.status in OUT_OF_SERVICE:
        cause, fix = f"it {said}", "ask the carrier whether the trunk and the account are in service"
        return [warning(CHECK, f"trunk {trunk.name} is out of service", cause, fix)]
    findings = [ok(CHECK, f"trunk {trunk.name} at {where} {said}"), _digest(trunk, answer)]
    if answer.status in _SUCCESS:
        findings += _abilities(trunk, answer)
    return findings


def _refusal(trunk: Trunk, answer: TrunkAnswer) -> Finding | None:
    name = f"trunk {trunk.name}"
    said = f"{answer.status} {answer.reason}"
    if answer.challenged and answer.status in (*_CHALLENGES, _FORBIDDEN):
        cause = f"username {trunk.username!r} with its password was answered {said}"
        return error(CHECK, f"{name} refuses our password", cause, "correct username and password of the trunk")
    if answer.status in _CHALLENGES and not trunk.username:
        cause = f"it wants a password ({said}), and the trunk has none in the configuration"
        return error(CHECK, f"{name} wants a password", cause, "set username and password of the trunk")
    if answer.status in _CHALLENGES:
        cause = f"it asked for a password ({said}) in a way that cannot be answered: another scheme or algorithm"
        return error(
            CHECK, f"{name} wants another kind of password", cause, "ask the carrier for digest: MD5 or SHA-256"
        )
    if answer.status == _FORBIDDEN:
        cause = f"it answers OPTIONS with {said} without asking for a password: it does not know our address"
        return warning(CHECK, f"{name} refuses us", cause, "let the carrier allow our address")
    return None


def _digest(trunk: Trunk, answer: TrunkAnswer) -> Finding:
    if answer.challenged:
        return ok(CHECK, f"trunk {trunk.name} takes our username and password")
    if trunk.username:
        return ok(
            CHECK, f"trunk {trunk.name} did not ask for the password: whether it is right shows with a call alone"
        )
    return ok(CHECK, f"trunk {trunk.name} asks for no password, and none is configured")


def _abilities(trunk: Trunk, answer: TrunkAnswer) -> Sequence[Finding]:
    name = f"trunk {trunk.name}"
    findings: list[Finding] = []
    if answer.allow and "INVITE" not in answer.allow:
        cause = f"it allows {', '.join(answer.allow)}"
        findings.append(warning(CHECK, f"{name} takes no calls", cause, "correct its uri: this is no gateway"))
    if answer.accept and not {_SDP, "application/*", "*/*"} & {each.lower() for each in answer.accept}:
        cause = f"it accepts {', '.join(answer.accept)}, and no {_SDP}"
        findings.append(warning(CHECK, f"{name} takes no calls with sound", cause, "correct its uri"))
    return findings + _codecs(trunk, answer)


def _codecs(trunk: Trunk, answer: TrunkAnswer) -> list[Finding]:
    name = f"trunk {trunk.name}"
    ours = line_of(trunk).codecs
    if answer.codecs is None:
        return [ok(CHECK, f"{name} does not say which codecs it has; we offer {', '.join(ours)}")]
    theirs = ", ".join(answer.codecs) or "none that we know"
    common = [codec for codec in ours if codec in answer.codecs]
    if not common:
        cause = f"it has {theirs}; we offer {', '.join(ours)}"
        fix = "set codecs of the trunk, or let the carrier allow PCMU or PCMA"
        return [error(CHECK, f"{name} has no codec of ours", cause, fix)]
    if not answer.digits and not trunk.inband_digits:
        cause = "its session description has no telephone-event (RFC 4733)"
        fix = "let the carrier send digits as RTP events, or set inband_digits of the trunk"
        return [warning(CHECK, f"{name} sends no digits", cause, fix)]
    digits = " and telephone-event" if answer.digits else ""
    return [ok(CHECK, f"{name} has {theirs}{digits}; calls will use {common[0]}")]
