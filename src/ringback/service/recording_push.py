"""Where a subaccount lets its recordings be pushed to (wire specification, section 3)."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, NoReturn, TypeAlias
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from ringback.domain.push import DEFAULT_PORTS, PushProtocol, PushTarget
from ringback.domain.scalars import is_url
from ringback.service.push_store import WaitingPushes
from ringback.service.webhooks import ParameterInvalid

MAX_TEXT: Final = 1024
"""Characters of a user name, a password, a path."""
MAX_PORT: Final = 65535
KEY_TYPES: Final = (
    "ssh-ed25519",
    "ssh-ed448",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
)
"""Of host keys (RFC 4253, section 6.6, RFC 5656 and RFC 8709)."""
MAX_KEY: Final = 8192
"""Characters of a host key."""

_REGION: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_AWS_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}")
_LABEL: Final = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*\.?")
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_FINGERPRINT: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?")


_Text: TypeAlias = Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": MAX_TEXT})]
_Port: TypeAlias = Annotated[int, Meta(extra_json_schema={"minimum": 1, "maximum": MAX_PORT})]


class PushRequest(msgspec.Struct, rename="camel"):
    """Where recordings are to be pushed to."""

    protocol: Annotated[str, Meta(extra_json_schema={"enum": list(PushProtocol)})]
    """In any case."""
    host: str
    """Of S3 a region or the URL of an endpoint, of SFTP a name or an address."""
    username: _Text
    """Of S3 the id of the access key. Printable."""
    password: _Text
    """Of S3 the secret access key. Printable."""
    port: _Port | None = None
    """Of SFTP, default 22; S3 does not look at it."""
    path: Annotated[str, Meta(extra_json_schema={"maxLength": MAX_TEXT})] | None = None
    """`/bucket/prefix/` of S3; a folder of SFTP, from where the login leads to unless it begins with a slash."""
    region: str | None = None
    """Of S3 with the URL of an endpoint: that requests are signed for, default `us-east-1`."""
    host_key: Annotated[str, Meta(extra_json_schema={"maxLength": MAX_KEY})] | None = None
    """Of SFTP: what the host is known by, `ssh-ed25519 AAAA…` or `SHA256:…`. Absent: whatever it shows first."""


_DECODER: Final = msgspec.json.Decoder(PushRequest)


def view(sub_account_id: str, target: PushTarget) -> dict[str, Any]:
    """Show a target: never with its password."""
    shown: dict[str, Any] = {
        "subAccountId": sub_account_id,
        "protocol": target.protocol,
        "host": target.host,
        "port": target.port,
        "username": target.username,
        "passwordSet": bool(target.password),
        "path": target.path,
    }
    more = {"region": target.region, "hostKey": target.host_key}
    return shown | {name: value for name, value in more.items() if value}


def waiting_view(waiting: WaitingPushes) -> dict[str, Any]:
    """Show what waits to be pushed."""
    return {"waiting": waiting.count} | ({"lastFailure": waiting.reason} if waiting.reason else {})


def parse(body: bytes, *, allow_http: bool) -> PushTarget:
    """Read the body of `POST /recording-push-config`. Raises ParameterInvalid."""
    try:
        request = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as fault:
        raise ParameterInvalid(str(fault)) from None
    return _checked(request, allow_http=allow_http)


def of(given: Mapping[str, object], *, allow_http: bool) -> PushTarget:
    """Read the same from texts. Raises ParameterInvalid."""
    try:
        request = msgspec.convert(given, PushRequest, strict=False)
    except msgspec.ValidationError as fault:
        raise ParameterInvalid(str(fault)) from None
    return _checked(request, allow_http=allow_http)


def _checked(request: PushRequest, *, allow_http: bool) -> PushTarget:
    """Make a target. Raises ParameterInvalid.

    `allow_http`: whether an endpoint of S3 may be one without TLS.
    """
    given = {name: value for name, value in msgspec.structs.asdict(request).items() if value is not None}
    name = request.protocol.upper()
    if name not in tuple(PushProtocol):
        _refuse("protocol", f"should be one of: {', '.join(PushProtocol)}")
    protocol = PushProtocol(name)
    port = given.get("port", DEFAULT_PORTS[protocol])
    if not 1 <= port <= MAX_PORT:
        _refuse("port", f"should be 1..{MAX_PORT}")
    for field in ("username", "password"):
        if not _is_text(given[field]):
            _refuse(field, f"should be 1..{MAX_TEXT} printable characters")
    target = PushTarget(**{**given, "protocol": protocol, "port": port})
    if not _is_path(target.path):
        _refuse("path", f"should be at most {MAX_TEXT} characters: folders between slashes, none of them . or ..")
    if protocol is PushProtocol.S3:
        _check_s3(target, allow_http=allow_http)
        return target
    return _checked_sftp(target)


def parse_host_key(text: str) -> str:
    """Read a host key in OpenSSH's form, a comment at its end left out, or a SHA-256 fingerprint; raise ValueError."""
    if _FINGERPRINT.fullmatch(text):
        return text.rstrip("=")
    kind, _, rest = text.strip().partition(" ")
    encoded = rest.strip().partition(" ")[0]
    try:
        blob = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        blob = b""
    # the key begins with its own type, behind the length of that (RFC 4253, section 6.6)
    begins = len(kind).to_bytes(4, "big") + kind.encode()
    if kind not in KEY_TYPES or len(encoded) > MAX_KEY or not blob.startswith(begins) or len(blob) == len(begins):
        raise ValueError(text)
    return f"{kind} {encoded}"


def _check_s3(target: PushTarget, *, allow_http: bool) -> None:
    if target.host_key:
        _refuse("hostKey", "is of SFTP only: a host of S3 is known by its certificate")
    if "://" in target.host:
        _check_endpoint(target.host, allow_http=allow_http)
    elif not _AWS_REGION.fullmatch(target.host):
        _refuse("host", "should be a region, such as ap-southeast-2, or the URL of an endpoint")
    elif target.region:
        _refuse("region", "is of an endpoint only: host is a region already")
    if target.region and not _REGION.fullmatch(target.region):
        _refuse("region", "should be a region, such as eu-central-1")
    if not _BUCKET.fullmatch(target.bucket):
        _refuse("path", "should begin with the name of a bucket, such as /bucket/prefix/")


def _check_endpoint(url: str, *, allow_http: bool) -> None:
    parts = urlsplit(url) if is_url(url) else None
    if parts is None or parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        _refuse("host", "should be the URL of an endpoint alone, such as https://s3.example.com:9000")
    if parts.scheme == "http" and not allow_http:
        _refuse("host", "should be an https URL: recordings do not go over the Internet in the clear")


def _checked_sftp(target: PushTarget) -> PushTarget:
    if not _is_host(target.host):
        _refuse("host", "should be the name or the address of a host")
    if target.region:
        _refuse("region", "is of S3 only")
    if not target.host_key:
        return target
    try:
        key = parse_host_key(target.host_key)
    except ValueError:
        _refuse("hostKey", "should be a key such as ssh-ed25519 AAAA… or its fingerprint, SHA256:…")
    return msgspec.structs.replace(target, host_key=key)


def _is_host(text: str) -> bool:
    """Tell whether a text is a name (underscores are taken) or an address without brackets."""
    if ":" not in text:
        return _NAME.fullmatch(text) is not None
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return "%" not in text


def _is_text(text: str) -> bool:
    return 1 <= len(text) <= MAX_TEXT and text.isprintable()


def _is_path(text: str) -> bool:
    if text in {"", "/"}:
        return True
    folders = text.removeprefix("/").removesuffix("/").split("/")
    return len(text) <= MAX_TEXT and text.isprintable() and not {"", ".", ".."} & set(folders)


def _refuse(name: str, why: str) -> NoReturn:
    message = f"{name}: {why}"
    raise ParameterInvalid(message)
