"""Scenarios as they are shown."""

from typing import Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from ringback.adapters.http.shapes.success import Success


class ShownParameter(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A parameter of a scenario: a field of `scenarioParams`."""

    name: str
    type: Literal["string", "integer", "msisdn", "boolean", "enum", "voice", "language", "url"]
    required: bool
    description: str
    """Empty where nothing is said."""
    default: str | int | bool | UnsetType = UNSET
    """What counts where it is absent."""
    max_length: int | UnsetType = UNSET
    """Characters of a `string`."""
    minimum: int | UnsetType = UNSET
    """Of an `integer`."""
    maximum: int | UnsetType = UNSET
    values: list[str] | UnsetType = UNSET
    """Those that an `enum` takes."""


class ShownScenario(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A scenario that the subaccount may execute."""

    scenario_name: str
    version: int
    """The one that a request gets now."""
    description: str
    """Empty where nothing is said."""
    opt_out: bool
    """Whether callees can opt out: then numbers on the opt-out list are not called."""
    parameters: list[ShownParameter]


class ScenarioList(Success, frozen=True, kw_only=True):
    """What the subaccount may execute."""

    scenarios: list[ShownScenario]


class SessionScenario(msgspec.Struct, frozen=True):
    """Which scenario a session executes."""

    name: str
    version: int
    """That it was accepted with."""


SCENARIOS: Final = ScenarioList(
    status_code=0,
    status_message="ok",
    scenarios=[
        ShownScenario(
            scenario_name="reminder",
            version=3,
            description="Reminds of an appointment.",
            opt_out=True,
            parameters=[
                ShownParameter(name="destination", type="msisdn", required=True, description="Who is called."),
                ShownParameter(
                    name="hour", type="integer", required=False, description="", default=9, minimum=0, maximum=23
                ),
            ],
        )
    ],
)
"""For examples."""
