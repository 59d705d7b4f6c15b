"""What an API key may do."""

from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """Something that an API key may do, or may not."""

    CALLS = "calls"
    """Start calls, and end or replace what runs."""
    READ = "read"
    """Read whatever can be read."""
    MANAGE = "manage"
    """Change all else: webhooks, exports, numbers, deliveries."""


ALL: Final = frozenset(Scope)
"""What a key may do that was made without scopes."""
