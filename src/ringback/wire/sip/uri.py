"""SIP and tel URIs (RFC 3261, section 19.1; RFC 3966)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv6Address
from typing import Final
from urllib import parse as percent

MAX_PORT: Final = 65535
HOST: Final = r"\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,255}"
"""A name, an IPv4 address or an IPv6 reference; underscores are no part of the grammar, but of many a network."""
_SIP: Final = re.compile(
    r"(?P<scheme>sips?):"
    r"(?:(?P<user>[^@:]*)(?::(?P<password>[^@]*))?@)?"
    rf"(?P<host>{HOST})"
    r"(?::(?P<port>[0-9]{1,10}))?"
    r"(?P<params>;[^?@]*)?"
    r"(?:\?(?P<headers>[^@]*))?",
    re.IGNORECASE,
)
_TEL: Final = re.compile(r"tel:(?P<user>[^;@]+)(?P<params>;[^@]*)?", re.IGNORECASE)
_ILLEGAL: Final = re.compile(r"[\x00-\x20\x7f<>\"]")
_USER: Final = "-_.!~*'()&=+$,;?/"
"""What stands unescaped in a user part, beyond letters and digits (`unreserved` and `user-unreserved`)."""
_AFTER_COLON: Final = "-_.!~*'()&=+$,"
_PARAM: Final = "-_.!~*'()[]/:&+$"
_DECIDING: Final = frozenset({"user", "ttl", "method", "maddr", "transport"})
"""Parameters that no two equal URIs differ in, given or not."""


def valid_host(host: str) -> str:
    """Give a host that matched HOST in lower case. Raises ValueError where an IPv6 reference is no address."""
    if host.startswith("["):
        try:
            IPv6Address(host[1:-1])
        except AddressValueError:
            message = "what stands in brackets is no IPv6 address"
            raise ValueError(message) from None
    return host.lower()


def valid_port(digits: str | None) -> int | None:
    """Give a port of 1..65535, None for None. Raises ValueError."""
    if digits is None:
        return None
    port = int(digits)
    if not 0 < port <= MAX_PORT:
        message = f"port {port} is outside 1..{MAX_PORT}"
        raise ValueError(message)
    return port


@dataclass(frozen=True, slots=True)
class Uri:
    """Where a request goes, or who somebody is. Escapes (`%41`) are resolved here and made where it is written."""

    scheme: str
    """`sip`, `sips` or `tel`."""
    host: str = ""
    """A name or an address in lower case, an IPv6 address in its brackets; empty for `tel`."""
    user: str = ""
    """May hold any character, control characters included; the number for `tel`."""
    port: int | None = None
    """1..65535; None where the scheme's own is meant."""
    password: str = ""
    params: Mapping[str, str | None] = field(default_factory=dict)
    """By names in lower case; None for one without a value."""
    headers: str = ""
    """What follows the question mark, as it came."""

    @classmethod
    def parse(cls, text: str) -> "Uri":
        """Read a URI. Raises ValueError: another scheme, a port outside 1..65535, an illegal character."""
        if _ILLEGAL.search(text) is not None:
            message = "a URI holds a space, a bracket, a quote or a control character"
            raise ValueError(message)
        if (match := _SIP.fullmatch(text)) is not None:
            return cls(
                scheme=match["scheme"].lower(),
                host=valid_host(match["host"]),
                user=_decode(match["user"] or ""),
                port=valid_port(match["port"]),
                password=_decode(match["password"] or ""),
                params=_parse_params(match["params"]),
                headers=match["headers"] or "",
            )
        if (match := _TEL.fullmatch(text)) is not None:
            return cls("tel", user=_decode(match["user"]), params=_parse_params(match["params"]))
        message = "not a SIP or tel URI"
        raise ValueError(message)

    def __str__(self) -> str:
        """Give the URI as it stands on the wire."""
        params = "".join(
            f";{_encode(name, _PARAM)}" + ("" if value is None else f"={_encode(value, _PARAM)}")
            for name, value in self.params.items()
        )
        if self.scheme == "tel":
            return f"tel:{_encode(self.user, _USER)}{params}"
        password = f":{_encode(self.password, _AFTER_COLON)}" if self.password else ""
        user = f"{_encode(self.user, _USER)}{password}@" if self.user or password else ""
        port = f":{self.port}" if self.port is not None else ""
        headers = f"?{self.headers}" if self.headers else ""
        return f"{self.scheme}:{user}{self.host}{port}{params}{headers}"

    def is_same(self, other: "Uri") -> bool:
        """Compare as RFC 3261, section 19.1.4, does: a parameter that only one of two URIs has mostly does not count.

        The relation is not transitive, hence no `__eq__`. No port is another port than 5060.
        """
        if _identity(self) != _identity(other):
            return False
        shared = self.params.keys() & other.params.keys()
        deciding = _DECIDING & (self.params.keys() | other.params.keys())
        return deciding <= shared and all(_same(self.params[name], other.params[name]) for name in shared)


def _identity(uri: Uri) -> tuple[object, ...]:
    return uri.scheme, uri.user, uri.password, uri.host, uri.port, sorted(uri.headers.split("&"))


def _same(value: str | None, other: str | None) -> bool:
    return (value or "").lower() == (other or "").lower()


def _parse_params(text: str | None) -> dict[str, str | None]:
    params: dict[str, str | None] = {}
    for part in (text or "").split(";"):
        name, equals, value = part.partition("=")
        if name:
            params.setdefault(_decode(name).lower(), _decode(value) if equals else None)
    return params


def _decode(text: str) -> str:
    return percent.unquote(text, errors="surrogateescape") if "%" in text else text


def _encode(text: str, safe: str) -> str:
    return percent.quote(text, safe=safe, errors="surrogateescape")
