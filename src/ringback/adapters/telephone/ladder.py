"""The SIP messages of legs as a ladder."""

from collections.abc import Sequence

from ringback.service.ports import LegTrace
from ringback.wire.sip.ladder import Trace, draw_svg, draw_text


def draw_ladder(traces: Sequence[LegTrace]) -> tuple[str, str]:
    """Draw what was sent and received, in order: as text, and as SVG."""
    rows = [Trace(trace.at, trace.sent, trace.peer, trace.message) for trace in traces]
    return draw_text(rows), draw_svg(rows)
