"""SIP messages: a datagram is split into lines at once, and its headers are read when somebody asks (RFC 3261, section 7).

Any byte survives: text is UTF-8, and bytes that are none are carried by surrogates and written as they came.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from ringback.wire.sip.headers import CSeq, NameAddr, Via
from ringback.wire.sip.text import split_outside

MAX_DATAGRAM = 65535
MAX_HEADERS = 256
MAX_LINE = 8192
"""Characters of a header line, folding included."""

VERSION = "SIP/2.0"
REQUIRED = ("Via", "From", "To", "Call-ID", "CSeq")
_COMPACT = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
    "y": "Identity",
}
_SPELLED = {
    "call-id": "Call-ID",
    "cseq": "CSeq",
    "www-authenticate": "WWW-Authenticate",
    "rseq": "RSeq",
    "rack": "RAck",
}
_LISTS = frozenset(
    (
        "Via",
        "Route",
        "Record-Route",
        "Contact",
        "Allow",
        "Supported",
        "Require",
        "Proxy-Require",
        "Unsupported",
        "Accept",
    )
)
REASONS = {
    100: "Trying",
    180: "Ringing",
    181: "Call Is Being Forwarded",
    183: "Session Progress",
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    415: "Unsupported Media Type",
    420: "Bad Extension",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "Version Not Supported",
    600: "Busy Everywhere",
    603: "Decline",
    604: "Does Not Exist Anywhere",
    606: "Not Acceptable",
}
_LAST_STATUS = 699
_Value = TypeVar("_Value", Via, NameAddr, CSeq)


class Malformed(ValueError):
    """The datagram is no SIP message that can be worked with (the peer's fault)."""

    def __init__(self, reason: str, request: "Request | None" = None, status: int = 400) -> None:
        """`request`: what could be read, where it can be answered with `status`."""
        super().__init__(reason)
        self.request = request
        self.status = status


@lru_cache(maxsize=1024)
def canonical(name: str) -> str:
    """Give the usual spelling of a header's name: long, and capitalised as in the RFCs."""
    lower = name.lower()
    return _COMPACT.get(lower) or _SPELLED.get(lower) or "-".join(part.capitalize() for part in lower.split("-"))


@dataclass(slots=True)
class Headers:
    """Headers in their order, by canonical names."""

    rows: list[tuple[str, str]] = field(default_factory=list)

    def first(self, name: str) -> str | None:
        """Give the first value of a name; of a list header, its first line whole."""
        for known, value in self.rows:
            if known == name:
                return value
        return None

    def all(self, name: str) -> list[str]:
        """Give every value of a name, those in one line split where the header is a list."""
        found = [value for known, value in self.rows if known == name]
        if name in _LISTS and any("," in value for value in found):
            found = [part.strip() for value in found for part in split_outside(value, ",")]
        return [value for value in found if value] if name in _LISTS else found

    def add(self, name: str, value: str) -> None:
        """Append a header."""
        self.rows.append((name, value))

    def prepend(self, name: str, value: str) -> None:
        """Put a header before all others."""
        self.rows.insert(0, (name, value))

    def replace(self, name: str, value: str) -> None:
        """Put a value in the place of the first of its name, the others of which go; append where there was none."""
        for index, (known, _) in enumerate(self.rows):
            if known == name:
                self.rows[index] = (name, value)
                self.rows[index + 1 :] = [row for row in self.rows[index + 1 :] if row[0] != name]
                return
        self.rows.append((name, value))

    def remove(self, name: str) -> None:
        """Drop every header of a name."""
        self.rows = [row for row in self.rows if row[0] != name]


class _Message:
    __slots__ = ()
    headers: Headers
    body: bytes
    _read: dict[str, Via | NameAddr | CSeq]

    @property
    def call_id(self) -> str:
        """The Call-ID; empty where there is none."""
        return self.headers.first("Call-ID") or ""

    @property
    def cseq(self) -> CSeq:
        """The CSeq. Raises ValueError."""
        return self._value("CSeq", CSeq)

    @property
    def top_via(self) -> Via:
        """The topmost Via. Raises ValueError."""
        return self._value("Via", Via)

    @property
    def branch(self) -> str:
        """The branch of the topmost Via. Raises ValueError."""
        return self.top_via.branch

    @property
    def from_(self) -> NameAddr:
        """The From. Raises ValueError."""
        return self._value("From", NameAddr)

    @property
    def to(self) -> NameAddr:
        """The To. Raises ValueError."""
        return self._value("To", NameAddr)

    @property
    def contact(self) -> NameAddr | None:
        """The first Contact, None where there is none that can be read."""
        try:
            return self._value("Contact", NameAddr)
        except ValueError:
            return None

    def _value(self, name: str, kind: type[_Value]) -> _Value:
        known = self._read.get(name)
        if isinstance(known, kind):
            return known
        values = self.headers.all(name)
        if not values:
            message = f"{name} is missing"
            raise ValueError(message)
        value = kind.parse(values[0])
        self._read[name] = value
        return value

    def _encode(self, start: str) -> bytes:
        lines = [start]
        lines += [f"{name}: {value}" for name, value in self.headers.rows if name != "Content-Length"]
        lines.append(f"Content-Length: {len(self.body)}\r\n\r\n")
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + self.body


@dataclass(slots=True)
class Request(_Message):
    """A request. Its headers may be changed until one of the parsed properties was read."""

    method: str
    uri: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    _read: dict[str, Via | NameAddr | CSeq] = field(default_factory=dict, init=False, repr=False, compare=False)

    def encode(self) -> bytes:
        """Give the datagram; Content-Length is written from the body."""
        return self._encode(f"{self.method} {self.uri} {VERSION}")


@dataclass(slots=True)
class Response(_Message):
    """A response."""

    status: int
    """100..699."""
    reason: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    _read: dict[str, Via | NameAddr | CSeq] = field(default_factory=dict, init=False, repr=False, compare=False)

    def encode(self) -> bytes:
        """Give the datagram; Content-Length is written from the body."""
        return self._encode(f"{VERSION} {self.status} {self.reason}")


def parse(data: bytes) -> Request | Response:
    """Read one UDP datagram.

    What signalling needs (Via, From, To, Call-ID, CSeq) is there and can be read. Raises Malformed.
    """
    start, headers, body = _split(data)
    words = start.split(" ", 2)
    if words[0].upper() == VERSION:
        status = words[1] if len(words) > 1 else ""
        if not (len(status) == 3 and status.isascii() and status.isdecimal() and 100 <= int(status) <= _LAST_STATUS):  # noqa: PLR2004 - three digits
            message = "the status is no number of 100..699"
            raise Malformed(message)
        response = Response(int(status), words[2] if len(words) > 2 else "", headers=headers, body=body)  # noqa: PLR2004 - reason is the third word
        _check(response, None)
        return response
    words = start.split()
    if len(words) != 3 or not words[2].upper().startswith("SIP/"):  # noqa: PLR2004 - method, URI, version
        message = "the first line is neither a request nor a response"
        raise Malformed(message)
    request = Request(words[0], words[1], headers=headers, body=body)
    _check(request, request)
    if words[2].upper() != VERSION:
        message = "the version is not SIP/2.0"
        raise Malformed(message, request, 505)
    if request.cseq.method != request.method:
        message = "CSeq names another method"
        raise Malformed(message, request)
    return request


def response_to(request: Request, status: int, reason: str | None = None, *, to_tag: str | None = None) -> Response:
    """Make the response to a request: Via, From, To, Call-ID and CSeq are its own (RFC 3261, section 8.2.6).

    `to_tag` is added to a To without a tag; Record-Route is copied, which matters in a response that makes a dialog.
    """
    headers = Headers()
    for name, value in request.headers.rows:
        if name in ("Via", "From", "Call-ID", "CSeq", "Record-Route"):
            headers.add(name, value)
        elif name == "To":
            headers.add(name, f"{value};tag={to_tag}" if to_tag and not request.to.tag else value)
    return Response(status, REASONS.get(status, "Unknown") if reason is None else reason, headers=headers)


def _split(data: bytes) -> tuple[str, Headers, bytes]:
    if len(data) > MAX_DATAGRAM:
        message = "the datagram is too long"
        raise Malformed(message)
    data = data.lstrip(b"\r\n")
    head, blank, body = data.partition(b"\r\n\r\n")
    if not blank:
        head, _, body = data.partition(b"\n\n")
    if not head.strip():
        message = "the datagram is empty"  # a keep-alive
        raise Malformed(message)
    lines = head.decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n")
    headers = Headers()
    rows = headers.rows
    for line in lines[1:]:
        if len(line) > MAX_LINE or len(rows) > MAX_HEADERS:
            message = "a header is too long, or there are too many"
            raise Malformed(message)
        if line[:1] in (" ", "\t") and rows:  # folded: section 7.3.1
            name, value = rows[-1]
            if len(value) > MAX_LINE:
                message = "a header is too long"
                raise Malformed(message)
            rows[-1] = (name, f"{value} {line.strip()}".strip())
            continue
        name, colon, value = line.partition(":")
        if colon and (name := name.strip()):
            rows.append((canonical(name), value.strip()))
        elif line.strip():
            message = "a header has no colon"
            raise Malformed(message)
    return lines[0].strip(), headers, body


def _check(message: Request | Response, request: Request | None) -> None:
    """Read what signalling needs, so that nobody stumbles over it later. Raises Malformed."""
    problem = ""
    for name in REQUIRED:
        if message.headers.first(name) is None:
            raise Malformed(f"{name} is missing")  # noqa: EM102 - and nothing can be answered without it
    try:
        _ = message.top_via, message.from_, message.to
    except ValueError as fault:
        raise Malformed(str(fault)) from None
    try:
        _ = message.cseq
    except ValueError as fault:
        raise Malformed(str(fault), request) from None
    length = message.headers.first("Content-Length")
    if length is not None:
        if not (length.isascii() and length.isdecimal()):
            problem = "Content-Length is no number"
        elif int(length[:6]) > len(message.body):
            problem = "the body is shorter than Content-Length"
        else:
            message.body = message.body[: int(length[:6])]
    if problem:
        raise Malformed(problem, request)
