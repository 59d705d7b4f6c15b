"""The voices."""

from collections.abc import Callable, Sequence
from typing import Final

from ringback.app.doctor.finding import Finding, error, ok
from ringback.domain.voice import Voice

CHECK: Final = "voices"
_NAMED: Final = 5


def look(voices: Callable[[], Sequence[Voice]]) -> Finding:
    """See whether anything can speak."""
    codes = [voice.code for voice in voices()]
    if not codes:
        cause = "neither the file of a neural voice nor espeak-ng is installed: every say would end with -2005"
        fix = "pip install --force-reinstall hibari-tts, or ringback admin voice fetch en-US-Heart"
        return error(CHECK, "there is no voice", cause, fix)
    more = f" and {len(codes) - _NAMED} more" if len(codes) > _NAMED else ""
    return ok(CHECK, f"voices: {', '.join(codes[:_NAMED])}{more}")
