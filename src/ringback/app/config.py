"""The configuration: a TOML file, overridden by the environment, every key optional, every mistake named."""

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from ringback.adapters.telephone import Line
from ringback.domain.scalars import is_url

DEFAULT_FILE: Final = "ringback.toml"
FILE_VARIABLE: Final = "RINGBACK_CONFIG"
PREFIX: Final = "RINGBACK_"
LAST_PORT: Final = 65535
EVERY_INTERFACE: Final = "0.0.0.0"  # noqa: S104 - a name for it binds nothing
_RANGE: Final = re.compile(r"[0-9]{1,5}-[0-9]{1,5}")
MAX_SECRET: Final = 4096
"""Longest password in a file, bytes."""

Port = Annotated[int, Meta(ge=0, le=65535)]
Rate = Annotated[float, Meta(gt=0, le=100_000)]
DAY: Final = 86_400


class ConfigInvalid(Exception):
    """The configuration cannot be used; the text names the key and what is wrong with it."""


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file."""


class Http(_Section, frozen=True):
    """`[http]`: the API."""

    host: str = "127.0.0.1"
    """The address that the API listens on; `0.0.0.0` is every interface."""
    port: Port = 8080
    """0 takes a free port."""
    public_url: str = ""
    """Where programs reach the server, for links in answers; empty: host and port, 127.0.0.1 for every interface."""

    def url(self, port: int) -> str:
        """Give `public_url`, without a slash at its end, or what stands for it; `port`: that was taken."""
        host = "127.0.0.1" if self.host in {"", EVERY_INTERFACE} else self.host
        return self.public_url.rstrip("/") or f"http://{host}:{port}"


class Sip(_Section, frozen=True):
    """`[sip]`: signalling."""

    listen: tuple[str, ...] = ("udp:127.0.0.1:5060",)
    """`udp:ADDRESS:PORT`, exactly one; `tcp:` and `tls:` are not supported yet."""
    advertise: str = ""
    """The public address behind NAT."""
    tls_certificate: str = ""
    """Not supported yet: must be empty."""
    tls_key: str = ""
    """Not supported yet: must be empty."""


class Rtp(_Section, frozen=True):
    """`[rtp]`: media."""

    ports: str = "20000-29999"
    """First and last; a call takes two."""
    advertise: str = ""
    """The public address behind NAT, where it differs from that of `[sip]`."""
    engine: Literal["auto", "core", "reference"] = "auto"
    """`core` is the one in C, `reference` the one in Python, `auto` the best of them that is there."""
    cores: Annotated[int, Meta(ge=1, le=64)] = 1
    """Threads of the engine in C; one carries some thousand calls."""


class StoreConfig(_Section, frozen=True):
    """`[store]`: everything durable."""

    url: str = "sqlite:///ringback.db"
    """`sqlite:///FILE`, relative to where the server is started; `sqlite:////FILE` is absolute."""


class Voices(_Section, frozen=True):
    """`[voices]`: speech."""

    cache: str = "cache"
    """Folder of rendered speech."""
    cache_bytes: Annotated[int, Meta(ge=0)] = 1_000_000_000
    """How large that folder may grow; what was not asked for the longest goes first; 0 keeps nothing."""
    cache_days: Annotated[float, Meta(ge=0, le=36_500)] = 0.0
    """After so many days without being asked for, a sentence is removed from it; 0: when the room is needed."""
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    """Processes that synthesize."""
    fallback_to_locale: bool = False
    """A voice code of an unknown name takes the first voice of its locale instead of -1002."""


class Webhooks(_Section, frozen=True):
    """`[webhooks]`: what is posted to programs, and files that are fetched."""

    allow_private_addresses: bool = False
    """Let webhooks and files be on private and loopback addresses: for development."""
    vca_timeout: Annotated[float, Meta(gt=0, le=60)] = 10.0
    """Seconds for each of the two tries of a VCA."""


class Recordings(_Section, frozen=True):
    """`[recordings]`: calls whose makeCall says `callRecording`."""

    folder: str = ""
    """Where they are kept, as `SESSION/RECORDING_START.mp3`; empty records nothing. Needs the engine in C."""
    format: Literal["mp3", "wav"] = "mp3"
    """mp3 takes 3 KB a second and channel, wav 16."""
    channels: Annotated[int, Meta(ge=1, le=2)] = 2
    """2: left what the far end said, right what it heard; 1: both together."""
    days: Annotated[float, Meta(ge=0, le=3650)] = 0.0
    """How long they are kept; 0 keeps them for ever."""
    keep_pushed: bool = True
    """Keep the files of recordings that were pushed to S3 or SFTP; they go by age as others do."""
    link_seconds: Annotated[float, Meta(ge=1, le=30 * DAY)] = 3600.0
    """How long a link of `GET /recordings` is good."""


class Exports(_Section, frozen=True):
    """`[exports]`: the files of `POST /messages/exports`."""

    folder: str = "exports"
    """Where they are kept, for a month each; made when it is first needed."""


class Limits(_Section, frozen=True):
    """`[limits]`: bounds."""

    body_bytes: Annotated[int, Meta(ge=1024, le=16_777_216)] = 262_144
    """Longest request."""
    batch_bytes: Annotated[int, Meta(ge=1024, le=67_108_864)] = 8_388_608
    """Longest `POST /callflows/batch`; each of its callflows is held to `body_bytes`."""
    max_actions: Annotated[int, Meta(ge=1, le=1000)] = 50
    """In one callflow."""
    max_session_seconds: Annotated[float, Meta(gt=0, le=7 * DAY)] = 14400.0
    """A session that lasts longer is ended."""
    requests_per_second: Annotated[float, Meta(ge=0, le=1_000_000)] = 0.0
    """Per API key; 0 is no limit."""
    drain_seconds: Annotated[float, Meta(ge=0, le=DAY)] = 30.0
    """How long live calls may go on after SIGTERM."""
    rtp_silence_seconds: Annotated[float, Meta(ge=1, le=DAY)] = 60.0
    """A call from which no RTP came for so long ends."""


class Recorder(_Section, frozen=True):
    """`[recorder]`: what `ringback sessions` tells beside the timeline."""

    sip: bool = True
    """Keep the SIP messages of every session, without passwords and media keys."""
    days: Annotated[float, Meta(gt=0, le=3650)] = 7.0
    """How long; the timeline, the figures of RTP and the webhooks stay."""
    rtp_headers: bool = False
    """Keep the headers of every RTP packet, for `ringback sessions --pcap`; needs `[rtp] engine` `core`."""
    folder: str = "flights"
    """Where they are, for as many days; about 2 MB for a leg of ten minutes."""


class Retention(_Section, frozen=True):
    """`[retention]`: what is erased by itself; a subaccount may set other times (`keepTextsDays`, …)."""

    texts_days: Annotated[float, Meta(ge=0, le=36_500)] = 0.0
    """After so many days the texts and digits of a session are blanked; 0: never."""
    sessions_days: Annotated[float, Meta(ge=0, le=36_500)] = 0.0
    """After so many days a session is removed with timeline, webhooks, trace and recordings; 0: never."""


class Admin(_Section, frozen=True):
    """`[admin]`: what operators do."""

    audit_days: Annotated[float, Meta(ge=1, le=3650)] = 400.0
    """How long the audit log is kept."""


class Secrets(_Section, frozen=True):
    """`[secrets]`: encryption of stored passwords."""

    key: str = ""
    """`file:PATH` or `env:NAME`; empty: a file beside the database, made when it is first needed."""


class Trunk(_Section, frozen=True):
    """`[[trunk]]`: a way to the telephone network."""

    name: Annotated[str, Meta(min_length=1, max_length=50)]
    """What the log and the queue call it; no two alike."""
    uri: str
    """Where calls go: `sip:HOST[:PORT][;transport=udp]`."""
    prefixes: tuple[str, ...] = ("",)
    """Digits without plus; the longest of all trunks that a destination begins with wins."""
    username: str = ""
    """For digest authentication; empty where the trunk asks for none."""
    password: str = ""
    """Or `file:PATH`, `env:NAME`."""
    register: bool = False
    """Not supported yet."""
    codecs: tuple[Literal["PCMU", "PCMA", "G722"], ...] = ("PCMU", "PCMA")
    """In order of preference; G722 needs the engine `core`."""
    srtp: Literal["off", "optional", "required"] = "off"
    """Encrypted media (SDES): where the trunk can, or always; needs the engine `core`."""
    inband_digits: bool = False
    """Hear digits in the sound until the first telephone-event comes; without G722; needs the engine `core`."""
    channels: Annotated[int, Meta(ge=1, le=100_000)] = 100
    """Calls at a time."""
    calls_per_second: Rate = 10.0
    """Calls of ours that are begun; what exceeds it waits in the queue."""
    ring_timeout: Annotated[float, Meta(gt=0, le=180)] = 60.0
    """Seconds until an unanswered call is given up."""
    inbound_from: tuple[str, ...] = ("127.0.0.1/32",)
    """Networks that may send us calls."""
    identity: Literal["from", "p-asserted-identity"] = "from"
    """The header that says who calls; From stands in for a P-Asserted-Identity that is absent or private."""


class Config(_Section, frozen=True):
    """The whole configuration."""

    http: Http = Http()
    sip: Sip = Sip()
    rtp: Rtp = Rtp()
    store: StoreConfig = StoreConfig()
    voices: Voices = Voices()
    webhooks: Webhooks = Webhooks()
    recordings: Recordings = Recordings()
    exports: Exports = Exports()
    limits: Limits = Limits()
    recorder: Recorder = Recorder()
    retention: Retention = Retention()
    admin: Admin = Admin()
    secrets: Secrets = Secrets()
    trunk: tuple[Trunk, ...] = ()

    @property
    def listen(self) -> tuple[str, int]:
        """Address and port of SIP."""
        return parse_listen(self.sip.listen[0])

    @property
    def rtp_ports(self) -> tuple[int, int]:
        """First and last RTP port."""
        first, _, last = self.rtp.ports.partition("-")
        return int(first), int(last)


def load(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Config:
    """Read the configuration: `path`, else the file in RINGBACK_CONFIG, else ringback.toml here, else the defaults.

    Raises ConfigInvalid.
    """
    environment = os.environ if environment is None else environment
    named = path or (Path(environment[FILE_VARIABLE]) if environment.get(FILE_VARIABLE) else None)
    file = named or Path(DEFAULT_FILE)
    document: dict[str, Any] = {}
    if named is not None or file.exists():
        try:
            document = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as fault:
            message = f"{file}: {getattr(fault, 'strerror', None) or fault}"
            raise ConfigInvalid(message) from None
    _override(document, environment)
    try:
        config = msgspec.convert(document, Config, strict=False)
    except msgspec.ValidationError as fault:
        raise ConfigInvalid(_explain(str(fault))) from None
    return _checked(config, environment)


def parse_listen(text: str) -> tuple[str, int]:
    """Read `udp:127.0.0.1:5070`. Raises ValueError."""
    transport, _, rest = text.partition(":")
    host, _, port = rest.rpartition(":")
    if transport != "udp":
        message = f"{text!r}: only udp:ADDRESS:PORT is supported yet"
        raise ValueError(message)
    try:
        ipaddress.IPv4Address(host)
        number = int(port)
    except ValueError:
        number = -1
    if not 0 <= number <= LAST_PORT:
        message = f"{text!r}: give it as udp:ADDRESS:PORT with an IPv4 address, such as udp:127.0.0.1:5060"
        raise ValueError(message)
    return host, number


def _override(document: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Take RINGBACK_SECTION__KEY variables; a list is written as in TOML or with commas."""
    for variable, text in environment.items():
        section, separator, key = variable.removeprefix(PREFIX).lower().partition("__")
        if not variable.startswith(PREFIX) or not separator:
            continue
        if section == "trunk":
            message = f"{variable}: trunks are named in the file"
            raise ConfigInvalid(message)
        table = document.setdefault(section, {})
        if isinstance(table, dict):
            table[key] = _value(section, key, text)


def _value(section: str, key: str, text: str) -> object:
    if (section, key) != ("sip", "listen"):
        return text
    if text.lstrip().startswith("["):
        try:
            return tomllib.loads(f"list = {text}")["list"]
        except ValueError:
            return text
    return [part.strip() for part in text.split(",")]


_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>[^`]*)`")
_MISSING = re.compile(r"Object missing required field `(?P<key>[^`]*)`")


def _explain(text: str) -> str:
    """Say it in the words of the file: `[http] port: Expected `int` <= 65535`."""
    found = _PATH.search(text)
    path = found["path"] if found is not None else ""
    what = text[: found.start()] if found is not None else text
    section, _, key = path.partition(".")
    if (unknown := _UNKNOWN.match(what)) is not None:
        what = "unknown section" if not section else "unknown key"
        key = unknown["key"] if section else ""
        section = section or unknown["key"]
    elif (missing := _MISSING.match(what)) is not None:
        key, what = missing["key"], "is missing"
    name = f"[{section}]" if not section.startswith("trunk") else f"[[trunk]] {section.removeprefix('trunk')}".rstrip()
    return f"{name} {key}".rstrip() + f": {what}"


def _checked(config: Config, environment: Mapping[str, str]) -> Config:
    if len(config.sip.listen) != 1:
        message = "[sip] listen: exactly one address is supported yet"
        raise ConfigInvalid(message)
    _try("[sip] listen", lambda: parse_listen(config.sip.listen[0]))
    public_url = config.http.public_url
    if public_url and (not is_url(public_url) or {"?", "#"} & set(public_url)):
        message = f"[http] public_url: {public_url!r} is no http or https URL"
        raise ConfigInvalid(message)
    for key, value in (("[sip] advertise", config.sip.advertise), ("[rtp] advertise", config.rtp.advertise)):
        if value:
            _try(key, lambda value=value: ipaddress.IPv4Address(value))
    if config.sip.tls_certificate or config.sip.tls_key:
        message = "[sip] tls_certificate: TLS is not supported yet"
        raise ConfigInvalid(message)
    if not _RANGE.fullmatch(config.rtp.ports) or not 0 < config.rtp_ports[0] < config.rtp_ports[1] <= LAST_PORT:
        message = f"[rtp] ports: {config.rtp.ports!r} is no range such as 20000-29999"
        raise ConfigInvalid(message)
    names = [trunk.name for trunk in config.trunk]
    if len(set(names)) != len(names):
        message = f"[[trunk]] name: {max(names, key=names.count)!r} is given twice"
        raise ConfigInvalid(message)
    if config.secrets.key and not config.secrets.key.startswith(("file:", "env:")):
        message = "[secrets] key: write file:PATH or env:NAME, not the key itself"
        raise ConfigInvalid(message)
    secrets = Secrets(key=_secret("[secrets] key", config.secrets.key, environment))
    trunks = tuple(_trunk(trunk, environment) for trunk in config.trunk)
    return msgspec.structs.replace(config, secrets=secrets, trunk=trunks)


def _trunk(trunk: Trunk, environment: Mapping[str, str]) -> Trunk:
    where = f"[[trunk]] {trunk.name!r}"
    _try(f"{where} uri", lambda: _check_uri(trunk.uri))
    for network in trunk.inbound_from:
        _try(f"{where} inbound_from", lambda network=network: ipaddress.ip_network(network))
    for prefix in trunk.prefixes:
        if prefix and not (prefix.isascii() and prefix.isdigit()):
            message = f"{where} prefixes: {prefix!r}: digits only, without plus"
            raise ConfigInvalid(message)
    if not trunk.codecs:
        message = f"{where} codecs: there is none"
        raise ConfigInvalid(message)
    if trunk.inband_digits and set(trunk.codecs) == {"G722"}:
        message = f"{where} inband_digits: add PCMU or PCMA to codecs: digits in the sound are heard in them alone"
        raise ConfigInvalid(message)
    if trunk.register:
        message = f"{where} register: registration is not supported yet"
        raise ConfigInvalid(message)
    return msgspec.structs.replace(trunk, password=_secret(f"{where} password", trunk.password, environment))


def _check_uri(text: str) -> None:
    """Raise ValueError unless calls can be sent there: over UDP, without TLS."""
    uri = Line(text).uri
    if uri.scheme != "sip" or (uri.params.get("transport") or "udp").lower() != "udp":
        message = f"{text!r}: only sip:HOST[:PORT][;transport=udp] is supported yet"
        raise ValueError(message)


def _secret(key: str, text: str, environment: Mapping[str, str]) -> str:
    """Read `file:PATH` or `env:NAME`; anything else is the secret itself."""
    if text.startswith("env:"):
        name = text.removeprefix("env:")
        if name not in environment:
            message = f"{key}: there is no environment variable {name}"
            raise ConfigInvalid(message)
        return environment[name]
    if text.startswith("file:"):
        try:
            return Path(text.removeprefix("file:")).read_bytes()[:MAX_SECRET].decode().strip()
        except (OSError, UnicodeError) as fault:
            message = f"{key}: {text}: {getattr(fault, 'strerror', None) or fault}"
            raise ConfigInvalid(message) from None
    return text


def _try(key: str, read: Any) -> None:  # noqa: ANN401 - any callable without arguments
    try:
        read()
    except ValueError as fault:
        message = f"{key}: {fault}"
        raise ConfigInvalid(message) from None
