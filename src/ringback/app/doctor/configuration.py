"""The configuration: whether it can be read, and what it will be short of."""

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from ringback.app.config import Config, ConfigInvalid, Trunk, load
from ringback.app.doctor.finding import Finding, error, ok, warning
from ringback.app.media import engine_of

CHECK: Final = "configuration"


def read(path: Path | None, environment: Mapping[str, str] | None) -> tuple[Config | None, list[Finding]]:
    """Load the configuration; None where it cannot be used."""
    try:
        config = load(path, environment)
        engine_of(config)
    except ConfigInvalid as fault:
        cause, fix = str(fault), "correct that key; docs/reference/configuration.md lists them all"
        return None, [error(CHECK, "the configuration cannot be used", cause, fix)]
    return config, _judge(config) or [ok(CHECK, f"the configuration can be used: {_count(config)}")]


def _count(config: Config) -> str:
    count = len(config.trunk)
    return f"{count} trunk" if count == 1 else f"{count} trunks"


def _judge(config: Config) -> list[Finding]:
    findings = [_judge_trunk(trunk) for trunk in config.trunk]
    if not config.trunk:
        cause = "no [[trunk]] in the configuration: every call would end with -2004"
        fix = "add a [[trunk]] with name and uri, or try ringback serve --sandbox"
        findings.append(warning(CHECK, "there is no trunk", cause, fix))
    host = config.http.host
    url = config.http.url(config.http.port)
    if _is_open(host) and url.startswith("http://127."):
        cause = f"[http] host {host} is open to the network, but public_url is {url}"
        findings.append(warning(CHECK, "links in answers lead nowhere", cause, "set [http] public_url"))
    return [finding for finding in findings if finding is not None]


def _judge_trunk(trunk: Trunk) -> Finding | None:
    if trunk.username and not trunk.password:
        cause = f"[[trunk]] {trunk.name!r} has a username and no password"
        return warning(CHECK, f"trunk {trunk.name} will refuse our calls", cause, "set its password")
    if trunk.srtp != "off":
        cause = "the keys of its encrypted media travel in the clear, since SIP over TLS is not there yet"
        fix = "reach the trunk through a private network or a tunnel, or take srtp for what it is: a formality"
        return warning(CHECK, f"trunk {trunk.name} is encrypted for those alone who do not see its SIP", cause, fix)
    if trunk.password and not trunk.username:
        cause = f"[[trunk]] {trunk.name!r} has a password and no username, so that it is never sent"
        return warning(CHECK, f"trunk {trunk.name} gets no credentials", cause, "set its username")
    return None


def _is_open(host: str) -> bool:
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"
