"""The headers that signalling reads, one small value each (RFC 3261, section 20)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ringback.wire.sip.text import SPACE, parse_params, quote, quoted_end, split_outside, unquote, write_params
from ringback.wire.sip.uri import HOST, Uri, valid_host, valid_port

MAX_CSEQ: Final = 2**32 - 1
"""What a sequence number holds (section 20.16); that one begins below 2**31 is the sender's business."""
_VIA: Final = re.compile(
    r"SIP[ \t]*/[ \t]*[0-9.]+[ \t]*/[ \t]*(?P<transport>[A-Za-z0-9\-.!%*_+`'~]+)[ \t]+"
    rf"(?P<host>{HOST})[ \t]*(?::[ \t]*(?P<port>[0-9]{{1,10}})[ \t]*)?(?P<params>;.*)?",
    re.IGNORECASE | re.DOTALL,
)
_NO_URI: Final = re.compile(r"[ \t<>\"]")
_PORT: Final = re.compile(r"[0-9]{1,10}")
_CSEQ: Final = re.compile(r"0*([0-9]{1,10})[ \t]+([A-Za-z0-9\-.!%*_+`'~]+)")


@dataclass(frozen=True, slots=True)
class Via:
    """A hop that a request took, and where its response goes (section 20.42)."""

    transport: str
    """`UDP`, `TCP`, `TLS` or any other, in capitals."""
    host: str
    """A name or an address in lower case, an IPv6 address in its brackets."""
    port: int | None
    """1..65535; None where the transport's own is meant."""
    params: Mapping[str, str | None] = field(default_factory=dict)
    """By names in lower case; None for one without a value, such as the `rport` of a request (RFC 3581)."""

    @classmethod
    def parse(cls, text: str) -> "Via":
        """Read one Via, of any version of SIP. Raises ValueError."""
        match = _VIA.fullmatch(text.strip(SPACE))
        if match is None:
            message = "a Via cannot be read"
            raise ValueError(message)
        return cls(
            match["transport"].upper(),
            valid_host(match["host"]),
            valid_port(match["port"]),
            parse_params(match["params"] or ""),
        )

    @property
    def branch(self) -> str:
        """The transaction's name; empty where there is none."""
        return self.params.get("branch") or ""

    @property
    def received(self) -> str | None:
        """The address that the request came from, as the next hop saw it."""
        return self.params.get("received")

    @property
    def rport(self) -> int | None:
        """The port that the request came from, as the next hop saw it; None where it is not told or no port."""
        match = _PORT.fullmatch(self.params.get("rport") or "")
        try:
            return None if match is None else valid_port(match[0])
        except ValueError:
            return None

    def __str__(self) -> str:
        """Give the header's value."""
        port = f":{self.port}" if self.port is not None else ""
        return f"SIP/2.0/{self.transport} {self.host}{port}{write_params(self.params)}"


@dataclass(frozen=True, slots=True)
class NameAddr:
    """Who: From, To, Contact, Route and their like (section 20.10)."""

    display: str
    """Without quotes and escapes; empty where there is none."""
    uri: str
    """As it came, without the angle brackets; `*` in a Contact that removes all bindings."""
    params: Mapping[str, str | None] = field(default_factory=dict)
    """Of the header, by names in lower case; None for one without a value."""

    @classmethod
    def parse(cls, text: str) -> "NameAddr":
        """Read one address; a display name need be neither quoted nor made of tokens. Raises ValueError."""
        text = text.strip(SPACE)
        after = quoted_end(text) if text.startswith('"') else 0
        start = text.find("<", after) if after >= 0 else -1
        if after == 0 and ";" in text[: max(start, 0)]:
            start = -1  # it stands in a quoted parameter
        if start < 0:
            if '"' in text.partition(";")[0]:
                message = "a quoted string is not closed, or no address follows it"
                raise ValueError(message)
            uri, *rest = split_outside(text, ";")  # section 20: without brackets the parameters are the header's
            display, params = "", ";".join(rest)
        else:
            uri, closed, params = text[start + 1 :].partition(">")
            display = unquote(text[:start].strip(SPACE))
            params = params.lstrip(SPACE)
            if not closed or (params and params[0] != ";"):
                message = "an angle bracket is not closed, or an address is followed by something else"
                raise ValueError(message)
        uri = uri.strip(SPACE)
        if not uri or _NO_URI.search(uri) is not None:
            message = "an address has no URI, or one with a space, a bracket or a quote"
            raise ValueError(message)
        return cls(display, uri, parse_params(params))

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
        display = f"{quote(self.display)} " if self.display else ""
        return f"{display}<{self.uri}>{write_params(self.params)}"


@dataclass(frozen=True, slots=True)
class CSeq:
    """The place of a request in its dialog (section 20.16)."""

    number: int
    """0..4294967295."""
    method: str
    """Case counts."""

    @classmethod
    def parse(cls, text: str) -> "CSeq":
        """Read a CSeq. Raises ValueError."""
        match = _CSEQ.fullmatch(text.strip(SPACE))
        if match is None or int(match[1]) > MAX_CSEQ:
            message = "a CSeq cannot be read, or its number has more than 32 bits"
            raise ValueError(message)
        return cls(int(match[1]), match[2])

    def __str__(self) -> str:
        """Give the header's value."""
        return f"{self.number} {self.method}"
