"""How most answers say that it was done."""

from typing import Literal

import msgspec


class Success(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """It was done."""

    status_code: Literal[0]
    status_message: Literal["ok"]
