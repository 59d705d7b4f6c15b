"""MSISDNs: parsing and country."""

from functools import lru_cache

import msgspec
import phonenumbers
from phonenumbers import PhoneMetadata

from ringback.domain.errors import NotANumber

MAX_DIGITS = 15
"""ITU-T E.164, section 6.1."""
UNKNOWN_COUNTRY = "XX"
"""A code that ISO 3166-1 leaves to its users: given where a number belongs to no country."""
_LONGEST_CALLING_CODE = 3
_WORLD = "001"  # libphonenumber's region of numbers that belong to no country, such as +800


class Number(msgspec.Struct, frozen=True, array_like=True):
    """A telephone number: the digits of an MSISDN without the plus (ITU-T E.164, 1..15 digits when it is valid).

    Numbers from outside (an inbound caller) are carried as they came, possible or not.
    """

    digits: str

    def __str__(self) -> str:
        """Give the number as it appears on the wire: a plus and the digits."""
        return "+" + self.digits

    @classmethod
    def parse(cls, value: object) -> "Number":
        """Take an MSISDN of a request: a string with or without a plus, or a JSON integer.

        Raises NotANumber unless it is digits only and a possible number to libphonenumber.
        """
        digits = digits_of(value)
        if digits is None or not is_possible(digits):
            raise NotANumber
        return cls(digits)

    @property
    def country(self) -> str:
        """The country as ISO 3166-1 alpha-2.

        That of an impossible number is the main region of its calling code; UNKNOWN_COUNTRY where there is none.
        """
        return _country(self.digits[: MAX_DIGITS + 2])

    @property
    def canonical(self) -> "Number":
        """The number in its one way of writing: without a national prefix behind the country code.

        `+44 0 20 …` rings the same phone as `+44 20 …`. A number that cannot be read is left as it is.
        """
        return self if len(self.digits) > MAX_DIGITS + 1 else Number(_canonical(self.digits))

    @property
    def operator(self) -> str:
        """The mobile operator that the number's range was given to; empty where it is not known.

        A number that was ported since is somebody else's; nobody but the operators knows.
        """
        return _operator(self.digits[: MAX_DIGITS + 2])

    @property
    def time_zones(self) -> tuple[str, ...]:
        """The IANA names of the time zones that it may be in, such as `Asia/Singapore`.

        All of its country for a mobile number there; one that is no zone's, such as `Etc/Unknown`, where none is known.
        """
        return _time_zones(self.digits[: MAX_DIGITS + 2])


def digits_of(value: object) -> str | None:
    """Give the 1..15 digits of an MSISDN as a request may write it; None where it is not written like one."""
    if type(value) is int:
        if not 0 <= value < 10**MAX_DIGITS:
            return None
        return str(value)
    if type(value) is not str:
        return None
    digits = value.removeprefix("+")
    if 0 < len(digits) <= MAX_DIGITS and digits.isascii() and digits.isdecimal():
        return digits
    return None


@lru_cache(maxsize=4096)
def is_possible(digits: str) -> bool:
    """Tell whether libphonenumber's `is_possible_number` holds.

    Its parser takes 20 microseconds, so the length is looked up first; only a number that may carry a national prefix
    (`+44 0 20 …`) is left to the parser.
    """
    for size in range(1, _LONGEST_CALLING_CODE + 1):
        lengths = _possible_lengths(digits[:size])
        if lengths is not None:
            return len(digits) - size in lengths or _is_possible_parsed(digits)
    return False


@lru_cache(maxsize=1024)
def _possible_lengths(calling_code: str) -> frozenset[int] | None:
    """Give the lengths of the national numbers of a calling code, local-only ones included; None for no such code."""
    if calling_code.startswith("0"):
        return None
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(calling_code))
    if regions is None:
        return None
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(int(calling_code), regions[0])
    if metadata is None or metadata.general_desc is None:
        return frozenset()
    return frozenset(metadata.general_desc.possible_length + metadata.general_desc.possible_length_local_only)


def _is_possible_parsed(digits: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse("+" + digits))
    except phonenumbers.NumberParseException:
        return False


@lru_cache(maxsize=4096)
def _country(digits: str) -> str:
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse("+" + digits)) or _main_region(digits)
    except phonenumbers.NumberParseException:
        region = _main_region(digits)
    return UNKNOWN_COUNTRY if region is None or region == _WORLD else region


@lru_cache(maxsize=4096)
def _operator(digits: str) -> str:
    # a fifth of a second, and 10 MB: only who exports calls pays
    from phonenumbers import carrier  # noqa: PLC0415 - see above

    try:
        return carrier.name_for_number(phonenumbers.parse("+" + digits), "en")
    except phonenumbers.NumberParseException:
        return ""


@lru_cache(maxsize=4096)
def _canonical(digits: str) -> str:
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return digits
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


@lru_cache(maxsize=4096)
def _time_zones(digits: str) -> tuple[str, ...]:
    # 30 ms, and 10 MB: only who has quiet hours pays
    from phonenumbers import timezone  # noqa: PLC0415 - see above

    try:
        # by the prefix alone, whatever kind of number it is
        return tuple(timezone.time_zones_for_geographical_number(phonenumbers.parse("+" + digits)))
    except phonenumbers.NumberParseException:
        return ("Etc/Unknown",)


def _main_region(digits: str) -> str | None:
    for size in range(1, _LONGEST_CALLING_CODE + 1):
        code = digits[:size]
        if code.isdecimal() and (regions := phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code))):
            return regions[0]
    return None
