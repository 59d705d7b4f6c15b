"""The parts of a multipart body (RFC 2046, section 5.1; RFC 5621): a session description may come among others.

```
    Content-Type: multipart/mixed;boundary=x

    --x
    Content-Type: application/sdp

    v=0 ...
    --x
    Content-Type: application/isup;version=itu-t92+

    ...
    --x--
```
"""

from collections.abc import Iterator
from typing import Final

from ringback.wire.sip.names import canonical
from ringback.wire.sip.text import SPACE, parse_params

MAX_PARTS: Final = 16
"""Of a body that is looked at; what follows is passed over. Parts within parts are not looked into."""
MAX_PART_HEADERS: Final = 32
MAX_BOUNDARY: Final = 70
"""Characters (RFC 2046, section 5.1.1)."""


def parts(content_type: str, body: bytes) -> Iterator[tuple[dict[str, str], bytes]]:
    """Give headers (by their usual names) and content of each part; none where there is no boundary to be found."""
    try:
        boundary = parse_params(content_type.partition(";")[2]).get("boundary") or ""
    except ValueError:
        return
    if not 0 < len(boundary) <= MAX_BOUNDARY:
        return
    delimiter = b"\n--" + boundary.encode("utf-8", "surrogateescape")
    pieces = (b"\n" + body).split(delimiter, MAX_PARTS + 1)
    for piece in pieces[1 : MAX_PARTS + 1]:
        if piece.startswith(b"--"):
            return
        rest = piece.partition(b"\n")[2]  # what stands behind the boundary is padding
        head, content = _cut(rest)
        yield _headers(head), content.removesuffix(b"\r")


def _cut(part: bytes) -> tuple[bytes, bytes]:
    """Cut a part at its empty line; one that begins with it has no headers."""
    for empty in (b"\r\n", b"\n"):
        if part.startswith(empty):
            return b"", part[len(empty) :]
    ends = [(part.find(gap), len(gap)) for gap in (b"\n\r\n", b"\n\n")]
    found = min(((at, size) for at, size in ends if at >= 0), default=None)
    return (part, b"") if found is None else (part[: found[0]], part[found[0] + found[1] :])


def _headers(head: bytes) -> dict[str, str]:
    """Read the headers of a part: of equal names the first counts, what is no header is passed over."""
    headers: dict[str, str] = {}
    for line in head.decode("utf-8", "surrogateescape").split("\n", MAX_PART_HEADERS)[:MAX_PART_HEADERS]:
        name, colon, value = line.rstrip("\r").partition(":")
        known = canonical(name.strip(SPACE)) if colon else None
        if known is not None:
            headers.setdefault(known, value.strip(SPACE))
    return headers
