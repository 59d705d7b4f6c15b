"""What can go wrong by somebody's fault, said in the name; an error knows its outward code."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.domain.verdict import Verdict


class RingbackError(Exception):
    """The root of the errors that this package raises on purpose."""


class NotThere(RingbackError):
    """What the request is about does not exist; the text names it (the asker's fault)."""


class Conflict(RingbackError):
    """It cannot be done beside what is there; the text says why (the asker's fault)."""


class Unusable(RingbackError):
    """Something given cannot be used; the text says which and why (the asker's fault)."""


class NotANumber(Unusable, ValueError):
    """The text is no possible E.164 number (the client's fault)."""


class NotACallerId(NotANumber):
    """A pattern of caller IDs is 1..14 digits of which the first is no zero, then one `*` (the operator's fault)."""


class CallflowRejected(RingbackError):
    """The callflow breaks a rule (the client's fault)."""

    def __init__(self, verdict: "Verdict") -> None:
        """`verdict`: a rejection with every violation found."""
        super().__init__(f"{verdict.code} {verdict.message}")
        self.verdict = verdict

    @property
    def code(self) -> int:
        """The status code that the client is told."""
        return self.verdict.code
