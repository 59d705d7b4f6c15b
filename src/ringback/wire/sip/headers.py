"""The headers that signalling reads, one small value each (RFC 3261, section 20)."""

import re
from dataclasses import dataclass, field

from ringback.wire.sip.text import parse_params, split_outside, unquote, write_params
from ringback.wire.sip.uri import MAX_PORT, Uri

MAX_CSEQ = 2**31 - 1
_VIA = re.compile(
    r"\s*SIP\s*/\s*2\.0\s*/\s*(?P<transport>[A-Za-z0-9]+)\s+"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:;,\[\]]+)\s*(?::\s*(?P<port>\d{1,5}))?\s*(?P<params>;.*)?",
    re.IGNORECASE | re.DOTALL,
)
_CSEQ = re.compile(r"\s*(\d{1,10})\s+([A-Za-z0-9.!%*_+`'~-]+)\s*")


@dataclass(frozen=True, slots=True)
class Via:
    """A hop that a request took, and where its response goes (section 20.42)."""

    transport: str
    host: str
    port: int | None
    params: dict[str, str | None] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "Via":
        """Read one Via. Raises ValueError."""
        match = _VIA.fullmatch(text)
        if match is None:
            message = "not a Via"
            raise ValueError(message)
        port = None if match["port"] is None else int(match["port"])
        if port is not None and not 0 < port <= MAX_PORT:
            message = "the port of a Via is outside 1..65535"
            raise ValueError(message)
        return cls(match["transport"].upper(), match["host"], port, parse_params(match["params"] or ""))

    @property
    def branch(self) -> str:
        """The transaction's name; empty where there is none."""
        return self.params.get("branch") or ""

    def __str__(self) -> str:
        """Give the header's value."""
        port = f":{self.port}" if self.port is not None else ""
        return f"SIP/2.0/{self.transport} {self.host}{port}{write_params(self.params)}"


@dataclass(frozen=True, slots=True)
class NameAddr:
    """Who: From, To, Contact, Route and their like (section 20.10)."""

    display: str
    """Without quotes; empty where there is none."""
    uri: str
    """As it came, without the angle brackets."""
    params: dict[str, str | None] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "NameAddr":
        """Read one address. Raises ValueError."""
        text = text.strip()
        head, *_ = split_outside(text, ";")
        if (start := head.find("<")) >= 0:
            end = text.find(">", start)
            if end < 0:
                message = "an angle bracket is not closed"
                raise ValueError(message)
            return cls(unquote(head[:start].strip()), text[start + 1 : end].strip(), parse_params(text[end + 1 :]))
        if not head:
            message = "an address is empty"
            raise ValueError(message)
        return cls("", head.strip(), parse_params(text[len(head) :]))  # section 20: the parameters are the header's

    @property
    def tag(self) -> str:
        """The tag of a From or To; empty where there is none."""
        return self.params.get("tag") or ""

    @property
    def target(self) -> Uri:
        """The URI, parsed. Raises ValueError."""
        return Uri.parse(self.uri)

    def __str__(self) -> str:
        """Give the header's value."""
        display = f'"{self.display}" ' if self.display else ""
        return f"{display}<{self.uri}>{write_params(self.params)}"


@dataclass(frozen=True, slots=True)
class CSeq:
    """The place of a request in its dialog (section 20.16)."""

    number: int
    method: str

    @classmethod
    def parse(cls, text: str) -> "CSeq":
        """Read a CSeq; its number is below 2**31. Raises ValueError."""
        match = _CSEQ.fullmatch(text)
        if match is None or int(match[1]) > MAX_CSEQ:
            message = "not a CSeq"
            raise ValueError(message)
        return cls(int(match[1]), match[2])

    def __str__(self) -> str:
        """Give the header's value."""
        return f"{self.number} {self.method}"
