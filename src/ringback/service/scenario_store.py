"""What scenarios need of the store."""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from ringback.domain.scenario import Scenario, Template

MAX_SCENARIOS: Final = 100
"""Beside the shipped ones."""
MAX_VERSIONS: Final = 20
"""Of a scenario that are kept: the newest."""


class ListedScenario(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario in a list, as it is now."""

    scenario: Scenario
    created: float | None
    """Of this version, seconds since the epoch; None: it ships with the server."""
    is_granted_to_all: bool
    granted_to: Sequence[str]
    """Subaccounts, in order."""


class ScenarioStore(Protocol):
    """The scenarios of the store. Every method that writes returns after its COMMIT."""

    async def add_scenario(self, name: str, template: Template, now: float) -> int:
        """Add a scenario, or a version of it, and give the version; an equal template adds none."""

    async def scenario(self, name: str, version: int | None = None) -> Scenario | None:
        """Read a version of a scenario; None: the newest."""

    async def list_scenarios(self) -> Sequence[ListedScenario]:
        """List the scenarios in the order of their names, shipped ones included."""

    async def grant_scenario(self, name: str, sub_account_id: str | None) -> bool:
        """Let a subaccount execute a scenario, None: every one; False: it might before."""

    async def revoke_scenario(self, name: str, sub_account_id: str | None) -> bool:
        """Take a grant back; False: there was none such."""

    async def remove_scenario(self, name: str) -> bool:
        """Remove a scenario with its versions and grants; sessions that wait with it run. False: not there."""
