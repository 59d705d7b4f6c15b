"""Ladder diagrams of SIP messages: who sent what to whom, and when.

```
    time          ringback               127.0.0.1:5070
   0.000              |----- INVITE (SDP) ----->|
   0.012              |<----- 180 Ringing ------|
```
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from ringback.wire.sip.message import Malformed, Request, parse

MAX_NAME: Final = 28
"""Characters of a message's or a peer's name; ` (SDP)` and ` again` come on top."""
_GAP: Final = 44
"""Characters of the text from one column to the next: room for the longest label."""
_MARGIN: Final = 22
"""Characters left of the first column: the time, and half of the column's name."""
_STEP: Final = 340
"""From one column of the SVG to the next, in its units."""
_ROW: Final = 28
_LEFT: Final = 150
_TOP: Final = 60


@dataclass(frozen=True, slots=True)
class Trace:
    """A message that was sent or received."""

    at: float
    """Seconds of any one clock."""
    sent: bool
    peer: str
    """Who the far end is, such as `127.0.0.1:5070`: one column each."""
    message: bytes
    """The datagram."""


@dataclass(frozen=True, slots=True)
class _Arrow:
    at: float
    """Seconds since the first message."""
    sent: bool
    column: int
    """1 or more; we are column 0."""
    label: str


def draw_text(traces: Sequence[Trace], us: str = "ringback") -> str:
    """Draw a ladder in ASCII: `us` at the left, then each peer in the order of appearance, a line for each message."""
    names, arrows = _layout(traces, us)
    lines = [_names_line(names)]
    for arrow in arrows:
        rails = [" "] * (_MARGIN + _GAP * (len(names) - 1) + 1)
        for column in range(len(names)):
            rails[_MARGIN + _GAP * column] = "|"
        end = _MARGIN + _GAP * arrow.column
        rails[_MARGIN + 1 : end] = "-" * (end - _MARGIN - 1)
        label = f" {arrow.label} "
        start = end - _GAP + (_GAP - len(label) + 1) // 2
        rails[start : start + len(label)] = label
        if arrow.sent:
            rails[end - 1] = ">"
        else:
            rails[_MARGIN + 1] = "<"
        time = f"{arrow.at:8.3f}"
        lines.append(time + "".join(rails)[len(time) :])
    return "\n".join(lines) + "\n"


def draw_svg(traces: Sequence[Trace], us: str = "ringback") -> str:
    """Draw the same ladder as an SVG document of its own."""
    names, arrows = _layout(traces, us)
    width, height = 2 * _LEFT + _STEP * (len(names) - 1), _TOP + _ROW * (len(arrows) + 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">',
        "<style>text {font: 13px monospace}</style>",
        '<defs><marker id="head" markerWidth="10" markerHeight="8" refX="9" refY="4" orient="auto">',
        '<path d="M0,0 L10,4 L0,8 z"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for column, name in enumerate(names):
        x = _LEFT + _STEP * column
        parts.append(f'<text x="{x}" y="24" text-anchor="middle" font-weight="bold">{escape(name)}</text>')
        parts.append(f'<line x1="{x}" y1="34" x2="{x}" y2="{height - 10}" stroke="#999"/>')
    for row, arrow in enumerate(arrows):
        y = _TOP + _ROW * row
        peer = _LEFT + _STEP * arrow.column
        start, end = (_LEFT, peer) if arrow.sent else (peer, _LEFT)
        parts.append(f'<text x="16" y="{y + 4}" fill="#666">{arrow.at:.3f}</text>')
        parts.append(f'<line x1="{start}" y1="{y}" x2="{end}" y2="{y}" stroke="black" marker-end="url(#head)"/>')
        parts.append(f'<text x="{peer - _STEP // 2}" y="{y - 5}" text-anchor="middle">{escape(arrow.label)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _layout(traces: Sequence[Trace], us: str) -> tuple[list[str], list[_Arrow]]:
    peers = list(dict.fromkeys(trace.peer for trace in traces))
    return [_plain(name) for name in (us, *peers)], list(_arrows(traces, peers))


def _arrows(traces: Sequence[Trace], peers: Sequence[str]) -> Iterator[_Arrow]:
    seen: set[tuple[bool, str, bytes]] = set()
    for trace in traces:
        key = trace.sent, trace.peer, trace.message
        label = label_of(trace.message) + (" again" if key in seen else "")
        seen.add(key)
        yield _Arrow(trace.at - traces[0].at, trace.sent, peers.index(trace.peer) + 1, label)


def label_of(message: bytes) -> str:
    """Name a message in a few words: `INVITE (SDP)`, `180 Ringing`; its first words where it cannot be read."""
    try:
        read = parse(message)
    except Malformed:
        return _plain("? " + message.lstrip()[: 2 * MAX_NAME].partition(b"\n")[0].decode("ascii", "replace"))
    name = read.method if isinstance(read, Request) else f"{read.status} {read.reason}"
    carries_sdp = read.body and (read.headers.first("Content-Type") or "").lower().startswith("application/sdp")
    return _plain(name) + (" (SDP)" if carries_sdp else "")


def _plain(text: str) -> str:
    """Take out what a terminal or an SVG might act upon, and bound the length."""
    if len(text) > MAX_NAME:
        text = text[: MAX_NAME - 3] + "..."
    return "".join(character if " " <= character <= "~" else "?" for character in text).strip()


def _names_line(names: Sequence[str]) -> str:
    line = "    time"
    for column, name in enumerate(names):
        line = line.ljust(_MARGIN + _GAP * column - len(name) // 2) + name
    return line
