"""Voices: what is installed, and which one a request names."""

import msgspec


class Voice(msgspec.Struct, frozen=True):
    """A voice that can speak now."""

    code: str
    """Such as `en-US-Heart`."""
    locale: str
    """BCP 47, such as `en-US`."""
    description: str
    """Such as `English (United States)`."""
    gender: str
    """`F` or `M`."""
