"""Why what an operator asked for cannot be done."""

from ringback.domain.errors import RingbackError


class NotThere(RingbackError):
    """What the request is about does not exist; the text names it."""


class Conflict(RingbackError):
    """It cannot be done beside what is there; the text says why."""


class Unusable(RingbackError):
    """Something given cannot be used; the text says which and why."""
