"""MSISDNs: parsing, country, and which caller IDs a subaccount may show."""

import msgspec


class Number(msgspec.Struct, frozen=True, array_like=True):
    """A telephone number: the digits of an MSISDN without the plus (ITU-T E.164, 1..15 digits when it is valid).

    Numbers from outside (an inbound caller) are carried as they came, possible or not.
    """

    digits: str

    def __str__(self) -> str:
        """Give the number as it appears on the wire: a plus and the digits."""
        return "+" + self.digits
