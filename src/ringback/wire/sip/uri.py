"""SIP and tel URIs (RFC 3261, section 19.1; RFC 3966)."""

import re
from dataclasses import dataclass, field

from ringback.wire.sip.text import parse_params, write_params

MAX_PORT = 65535
_SIP = re.compile(
    r"(?P<scheme>sips?):"
    r"(?:(?P<user>[^@:;?\s]*)(?::(?P<password>[^@\s]*))?@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:;?@\[\]<>\"]+)"
    r"(?::(?P<port>\d{1,5}))?"
    r"(?P<params>;[^?\s]*)?"
    r"(?:\?(?P<headers>\S*))?",
    re.IGNORECASE,
)
_TEL = re.compile(r"tel:(?P<user>[^;\s]+)(?P<params>;\S*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Uri:
    """Where a request goes, or who somebody is."""

    scheme: str
    """`sip`, `sips` or `tel`."""
    host: str = ""
    user: str = ""
    port: int | None = None
    """1..65535; None where the scheme's own is meant."""
    password: str = ""
    params: dict[str, str | None] = field(default_factory=dict)
    headers: str = ""

    @classmethod
    def parse(cls, text: str) -> "Uri":
        """Read a URI. Raises ValueError."""
        if (match := _SIP.fullmatch(text)) is not None:
            port = None if match["port"] is None else int(match["port"])
            if port is not None and not 0 < port <= MAX_PORT:
                message = f"port {port} is outside 1..65535"
                raise ValueError(message)
            return cls(
                scheme=match["scheme"].lower(),
                host=match["host"],
                user=match["user"] or "",
                port=port,
                password=match["password"] or "",
                params=parse_params(match["params"] or ""),
                headers=match["headers"] or "",
            )
        if (match := _TEL.fullmatch(text)) is not None:
            return cls("tel", user=match["user"], params=parse_params(match["params"] or ""))
        message = "not a SIP or tel URI"
        raise ValueError(message)

    def __str__(self) -> str:
        """Give the URI as it stands on the wire."""
        if self.scheme == "tel":
            return f"tel:{self.user}{write_params(self.params)}"
        password = f":{self.password}" if self.password else ""
        user = f"{self.user}{password}@" if self.user else ""
        port = f":{self.port}" if self.port is not None else ""
        headers = f"?{self.headers}" if self.headers else ""
        return f"{self.scheme}:{user}{self.host}{port}{write_params(self.params)}{headers}"
