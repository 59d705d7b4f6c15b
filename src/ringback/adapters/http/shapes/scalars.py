"""Single values of answers and webhooks."""

from typing import Annotated, Final, TypeAlias

from msgspec import Meta

from ringback.domain.number import MAX_DIGITS

UUID: Final = "d9874358-89ac-4c50-bbab-1eb634482a94"
"""For examples."""
ANOTHER_UUID: Final = "89b545a5-0676-41ee-8100-d500c0d203fc"
MOMENT: Final = "2030-01-20T20:30:00.000Z"
SOURCE: Final = "+6512341234"
DESTINATION: Final = "+6512345678"

Uuid: TypeAlias = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
Moment: TypeAlias = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""UTC, ISO 8601 with milliseconds."""
Url: TypeAlias = Annotated[str, Meta(extra_json_schema={"format": "uri"})]
Msisdn: TypeAlias = Annotated[str, Meta(extra_json_schema={"pattern": r"^\+[0-9]*$"})]
"""With a plus; what came from outside is given as it came."""
Country: TypeAlias = Annotated[str, Meta(extra_json_schema={"pattern": "^[A-Z]{2}$"})]
"""ISO 3166-1 alpha-2; `XX` for a number that belongs to no country."""
GivenNumber: TypeAlias = (
    Annotated[str, Meta(extra_json_schema={"pattern": rf"^\+?[0-9]{{1,{MAX_DIGITS}}}$"})]
    | Annotated[int, Meta(extra_json_schema={"minimum": 0, "exclusiveMaximum": 10**MAX_DIGITS})]
)
"""E.164 with or without a plus, as a string or an integer."""
