"""The clock: compared with what trunks and webhooks say in the Date of their answers, and with the monotonic clock."""

from collections.abc import Callable, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec

from ringback.app.doctor.finding import Finding, error, ok, warning

CHECK: Final = "clock"
OFF: Final = 10.0
"""Seconds between two clocks that are still taken for equal: a Date has whole seconds and was under way."""
FAR_OFF: Final = 60.0
"""Seconds from which on it is an error: signatures, validUntil and the times of calls are wrong."""
STEP: Final = 1.0
"""Seconds by which the clock may move against the monotonic one while we look."""
BUILT: Final = 1_767_225_600.0
"""2026-01-01: no clock that is right is earlier."""
_FIX: Final = "let the machine keep its time: timedatectl set-ntp true, or chrony"


class Sample(msgspec.Struct, frozen=True):
    """Another clock."""

    source: str
    offset: float
    """Seconds by which it is ahead of ours."""


def sample(source: str, date: str, now: float) -> Sample | None:
    """Compare a Date (RFC 9110, section 5.6.7; RFC 3261, section 20.17) with ours; None where it cannot be read."""
    try:
        told = parsedate_to_datetime(date)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    if told.tzinfo is None:
        told = told.replace(tzinfo=UTC)
    return Sample(source, told.timestamp() + 0.5 - now)


class Watch:
    """Looks at both clocks of the machine, once at the beginning and once at the end."""

    def __init__(self, now: Callable[[], float], monotonic: Callable[[], float]) -> None:
        """Begin."""
        self._now = now
        self._monotonic = monotonic
        self._difference = now() - monotonic()

    def look(self, samples: Sequence[Sample]) -> list[Finding]:
        """Judge the clock."""
        findings = judge(samples) if self._now() >= BUILT else [_unset(self._now())]
        step = self._now() - self._monotonic() - self._difference
        if abs(step) > STEP:
            cause = f"while we looked it moved by {step:+.1f} s against the monotonic clock"
            findings.append(warning(CHECK, "the clock of this machine jumps", cause, _FIX))
        return findings


def judge(samples: Sequence[Sample]) -> list[Finding]:
    """Compare with other clocks: ours is off where most are against it, else those are that differ."""
    if not samples:
        return [ok(CHECK, "the clock could not be compared: no trunk and no webhook told its time")]
    by_size = sorted(samples, key=lambda each: abs(each.offset))
    typical = by_size[(len(by_size) - 1) // 2]
    if abs(typical.offset) > OFF:
        ahead = "behind" if typical.offset > 0 else "ahead of"
        cause = f"it is {abs(typical.offset):.0f} s {ahead} {typical.source}"
        make = error if abs(typical.offset) > FAR_OFF else warning
        return [make(CHECK, "the clock of this machine is off", cause, _FIX)]
    others = [
        warning(CHECK, f"the clock of {each.source} is off", f"it is {each.offset:+.0f} s from ours", "set it there")
        for each in samples
        if abs(each.offset) > OFF
    ]
    return others or [ok(CHECK, f"the clock agrees with {typical.source}")]


def _unset(now: float) -> Finding:
    cause = f"it says {now:.0f} s since 1970, which is before this program was written"
    return error(CHECK, "the clock of this machine was never set", cause, _FIX)
