"""The SIP messages of legs as a ladder."""

from collections.abc import Mapping, Sequence

from ringback.service.ports import SipMessage
from ringback.wire.sip.ladder import Trace, draw_svg, draw_text


def draw_ladder(messages: Sequence[SipMessage], names: Mapping[str, str]) -> tuple[str, str]:
    """Draw what was sent and received, in order: as text, and as SVG; a column for each leg.

    `names`: of the legs, by call.
    """
    rows = [
        Trace(each.at, each.sent, f"{names.get(each.call_id, '')} {each.peer}".lstrip(), each.message)
        for each in messages
    ]
    return draw_text(rows), draw_svg(rows)
