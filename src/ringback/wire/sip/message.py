"""SIP messages (RFC 3261, section 7): a datagram is cut into lines, and its headers are read when they are asked for.

Any byte survives: text is UTF-8, and bytes that are none are carried by surrogates and written as they came.
"""

import re
from dataclasses import dataclass, field
from typing import Final, TypeVar

from ringback.wire.sip.headers import CSeq, NameAddr, Via
from ringback.wire.sip.names import LISTS, canonical
from ringback.wire.sip.text import SPACE, is_token, split_outside

MAX_DATAGRAM: Final = 65535
"""Octets."""
MAX_HEADERS: Final = 256
MAX_LINE: Final = 8192
"""Characters of the start line or of a header, folding undone."""

VERSION: Final = "SIP/2.0"
_ONCE: Final = ("From", "To", "Call-ID", "CSeq")
_FOLD: Final = re.compile(r"\n[ \t]+")
_STATUS: Final = re.compile(r"(SIP/[0-9.]+) +([0-9]+)(?: (.*))?", re.IGNORECASE | re.DOTALL)
_NO_URI: Final = re.compile(r"[\x00-\x20\x7f<>\"]")
_LENGTH: Final = re.compile(r"[0-9]{1,10}")
_STATUSES: Final = range(100, 700)
_TRYING: Final = 100
_DIALOG_MAKING: Final = range(101, 300)

REASONS: Final[dict[int, str]] = {
    100: "Trying",
    180: "Ringing",
    181: "Call Is Being Forwarded",
    182: "Queued",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    302: "Moved Temporarily",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    421: "Extension Required",
    422: "Session Interval Too Small",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    504: "Server Time-out",
    505: "Version Not Supported",
    513: "Message Too Large",
    600: "Busy Everywhere",
    603: "Decline",
    604: "Does Not Exist Anywhere",
    606: "Not Acceptable",
}
"""What a status is called where nothing else is said (RFC 3261, section 21)."""

_Value = TypeVar("_Value", Via, NameAddr, CSeq)


class Malformed(ValueError):
    """A datagram is no SIP message that can be worked with: the peer's fault."""

    def __init__(self, reason: str, request: "Request | None" = None, status: int = 400) -> None:
        """`request`: what could be read, fit for `response_to` and nothing else; None where there is none to answer."""
        super().__init__(reason)
        self.request = request
        self.status = status
        """What it may be answered with: 400 or 505."""


@dataclass(slots=True)
class Headers:
    """Headers in their order. A name is given as the RFCs write it: `Call-ID`, `Via`, never `v` or `via`."""

    rows: list[tuple[str, str]] = field(default_factory=list)

    def first(self, name: str) -> str | None:
        """Give the first value of a name; of a list, its first line whole."""
        for known, value in self.rows:
            if known == name:
                return value
        return None

    def all(self, name: str) -> list[str]:
        """Give every value of a name; of a list (`Via`, `Route`, `Contact`, `Supported`, …) one by one."""
        found = [value for known, value in self.rows if known == name]
        if name not in LISTS:
            return found
        if any("," in value for value in found):
            found = [part.strip(SPACE) for value in found for part in split_outside(value, ",")]
        return [value for value in found if value]

    def add(self, name: str, value: str) -> None:
        """Append a header."""
        self.rows.append((name, value))

    def prepend(self, name: str, value: str) -> None:
        """Put a header before all others."""
        self.rows.insert(0, (name, value))

    def replace(self, name: str, value: str) -> None:
        """Put a value in the place of the first header of its name and drop the others; append where there is none."""
        for index, (known, _) in enumerate(self.rows):
            if known == name:
                rest = [row for row in self.rows[index + 1 :] if row[0] != name]
                self.rows[index:] = [(name, value), *rest]
                return
        self.rows.append((name, value))

    def remove(self, name: str) -> None:
        """Drop every header of a name."""
        self.rows = [row for row in self.rows if row[0] != name]


class _Message:
    """What requests and responses share."""

    __slots__ = ()
    headers: Headers
    body: bytes
    _read: dict[str, tuple[str, Via | NameAddr | CSeq]]

    @property
    def call_id(self) -> str:
        """The Call-ID; empty where there is none."""
        return self.headers.first("Call-ID") or ""

    @property
    def cseq(self) -> CSeq:
        """The CSeq. Raises ValueError, but never for what `parse` gave."""
        return self._value("CSeq", CSeq)

    @property
    def top_via(self) -> Via:
        """The topmost Via. Raises ValueError, but never for what `parse` gave."""
        return self._value("Via", Via)

    @property
    def branch(self) -> str:
        """The branch of the topmost Via; empty where it has none. Raises ValueError as `top_via` does."""
        return self.top_via.branch

    @property
    def from_(self) -> NameAddr:
        """The From. Raises ValueError, but never for what `parse` gave."""
        return self._value("From", NameAddr)

    @property
    def to(self) -> NameAddr:
        """The To. Raises ValueError, but never for what `parse` gave."""
        return self._value("To", NameAddr)

    @property
    def contact(self) -> NameAddr | None:
        """The first Contact; None where there is none, or none that can be read."""
        try:
            return self._value("Contact", NameAddr)
        except ValueError:
            return None

    def _value(self, name: str, kind: type[_Value]) -> _Value:
        """Read the first value of a header, once for as long as its text is the same."""
        text = self.headers.first(name)
        if text is None:
            message = f"{name} is missing"
            raise ValueError(message)
        known = self._read.get(name)
        if known is not None and known[0] is text and isinstance(known[1], kind):
            return known[1]
        value = kind.parse(split_outside(text, ",")[0] if name in LISTS and "," in text else text)
        self._read[name] = text, value
        return value

    def _encode(self, start: str) -> bytes:
        lines = [start]
        lines += [f"{name}: {value}" for name, value in self.headers.rows if name != "Content-Length"]
        lines.append(f"Content-Length: {len(self.body)}\r\n\r\n")
        head = "\r\n".join(lines)
        if head.count("\n") != len(lines) + 1 or head.count("\r") != len(lines) + 1:
            message = "a header holds a line break"
            raise ValueError(message)
        return head.encode("utf-8", "surrogateescape") + self.body


@dataclass(slots=True)
class Request(_Message):
    """A request."""

    method: str
    uri: str
    """As it came."""
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    _read: dict[str, tuple[str, Via | NameAddr | CSeq]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def encode(self) -> bytes:
        """Give the datagram, its Content-Length that of the body. Raises ValueError where a header has two lines."""
        return self._encode(f"{self.method} {self.uri} {VERSION}")


@dataclass(slots=True)
class Response(_Message):
    """A response."""

    status: int
    """100..699."""
    reason: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    _read: dict[str, tuple[str, Via | NameAddr | CSeq]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def encode(self) -> bytes:
        """Give the datagram, its Content-Length that of the body. Raises ValueError where a header has two lines."""
        return self._encode(f"{VERSION} {self.status} {self.reason}")


def response_to(request: Request, status: int, reason: str | None = None, *, to_tag: str | None = None) -> Response:
    """Make the response to a request, its Via, From, To, Call-ID and CSeq as they came (RFC 3261, section 8.2.6).

    `to_tag` is added to a To without a tag. A response of 101..299 also takes Record-Route, which the dialog needs
    (section 12.1.1), and a 100 the Timestamp. Takes the request of a Malformed as well and never raises.
    """
    copied = {"Via", "From", "To", "Call-ID", "CSeq"}
    if status == _TRYING:
        copied.add("Timestamp")
    elif status in _DIALOG_MAKING:
        copied.add("Record-Route")
    headers = Headers()
    for name, value in request.headers.rows:
        if name in copied:
            headers.rows.append((name, value))
            if name in _ONCE:
                copied.remove(name)
    if to_tag is not None:
        try:
            tag = request.to.tag
        except ValueError:
            tag = to_tag  # nothing can be added to what cannot be read
        if not tag:
            headers.replace("To", f"{headers.first('To')};tag={to_tag}")
    return Response(status, REASONS.get(status, "Unknown") if reason is None else reason, headers)


def parse(data: bytes) -> Request | Response:
    """Read one UDP datagram.

    What signalling stands on (Via, From, To, Call-ID, CSeq, in a request also the Request-URI and its version) is there
    and can be read; every other header is as it came. Raises Malformed.
    """
    start, lines, body = _split(data)
    headers, fault = _read_headers(lines)
    match = _STATUS.fullmatch(start)
    if match is None:
        return _request(start, headers, body, fault)
    status = int(match[2]) if len(match[2]) == 3 else 0  # noqa: PLR2004 - three digits
    if match[1].upper() != VERSION or status not in _STATUSES:
        message = "a response of another version, or its status is outside 100..699"
        raise Malformed(message)
    response = Response(status, match[3] or "", headers, body)
    fault = fault or _fault(response)
    if fault:
        raise Malformed(fault)
    return response


def _request(start: str, headers: Headers, body: bytes, fault: str) -> Request:
    method, _, rest = start.strip(SPACE).partition(" ")
    uri, _, version = rest.rpartition(" ")
    if not is_token(method) or not uri or version[:4].upper() != "SIP/":
        message = "the first line is neither that of a request nor that of a response"
        raise Malformed(message)
    request = Request(method, uri.strip(SPACE), headers, body)
    try:
        _ = request.top_via
    except ValueError as why:  # there is no way back
        raise Malformed(str(why)) from None
    if version.upper() != VERSION:
        message = "another version of SIP"
        raise Malformed(message, request, 505)
    fault = fault or _fault(request)
    if not fault and _NO_URI.search(request.uri) is not None:
        fault = "the Request-URI holds a space, a bracket, a quote or a control character"
    if not fault and request.cseq.method != method:
        fault = "CSeq names another method"
    if fault:
        raise Malformed(fault, request)
    return request


def _split(data: bytes) -> tuple[str, list[str], bytes]:
    """Cut a datagram into its first line, its unfolded header lines and what follows the empty line."""
    if len(data) > MAX_DATAGRAM:
        message = f"the datagram is longer than {MAX_DATAGRAM} octets"
        raise Malformed(message)
    data = data.lstrip(b"\r\n")  # section 7.5
    if not data:
        message = "the datagram is empty"  # a keep-alive: RFC 5626, section 4.4.1
        raise Malformed(message)
    end, bare = data.find(b"\n\r\n"), data.find(b"\n\n")
    if 0 <= bare < end or end < 0:
        head, body = data[:bare], data[bare + 2 :]
    else:
        head, body = data[:end], data[end + 3 :]
    if end < 0 and bare < 0:
        message = "no empty line ends the headers"
        raise Malformed(message)
    text = head.decode("utf-8", "surrogateescape").removesuffix("\r").replace("\r\n", "\n")
    if "\n " in text or "\n\t" in text:
        text = _FOLD.sub(" ", text)  # section 7.3.1
    lines = text.split("\n")
    if "\r" in text or len(lines) > MAX_HEADERS + 1 or (len(text) > MAX_LINE and max(map(len, lines)) > MAX_LINE):
        message = (
            f"a line has more than {MAX_LINE} characters, a stray CR, or there are more than {MAX_HEADERS} headers"
        )
        raise Malformed(message)
    return lines[0], lines[1:], body


def _read_headers(lines: list[str]) -> tuple[Headers, str]:
    """Name the headers; also give what is wrong with one, if anything."""
    rows: list[tuple[str, str]] = []
    fault = ""
    for line in lines:
        name, colon, value = line.partition(":")
        known = canonical(name.rstrip(SPACE))
        if not colon or known is None:
            fault = "a line is no header"
            continue
        rows.append((known, value.strip(SPACE)))
    return Headers(rows), fault


def _fault(message: Request | Response) -> str:
    """Read what signalling stands on, so that nobody stumbles over it later, and cut the body; tell what is wrong."""
    names = [name for name, _ in message.headers.rows]
    if any(names.count(name) != 1 for name in _ONCE):
        return "From, To, Call-ID or CSeq is missing or given twice"
    try:
        _ = message.top_via, message.from_, message.to, message.cseq
        for via in message.headers.all("Via")[1:]:
            Via.parse(via)
    except ValueError as why:
        return str(why)
    lengths = message.headers.all("Content-Length")
    if lengths:
        length = int(lengths[0]) if _LENGTH.fullmatch(lengths[0]) else -1
        if not 0 <= length <= len(message.body) or lengths.count(lengths[0]) < len(lengths):
            return "Content-Length is no number, greater than the body, or given twice"
        message.body = message.body[:length]
    return ""
