"""The scenarios of a store in memory."""

from collections.abc import Callable, Mapping, Sequence

from ringback.adapters.store.encoding import decode_template, encode_template
from ringback.adapters.store.errors import UnknownScenario
from ringback.adapters.store.scenarios import listed, refuse_beyond, refuse_shipped
from ringback.domain.scenario import Scenario, Template
from ringback.domain.scenario_check import checked_name
from ringback.domain.shipped import SHIPPED
from ringback.service.ports import Subaccount
from ringback.service.scenario_store import MAX_VERSIONS, ListedScenario


class InMemoryScenarios:
    """Scenarios as `ringback.adapters.store.Database` has them."""

    _tenant: Callable[[str], Subaccount]

    def __init__(self) -> None:
        """Start with the shipped ones."""
        super().__init__()
        self._scenarios: dict[tuple[str, int], tuple[Scenario, float]] = {}
        """By name and version, and when they came."""
        self._grants: frozenset[tuple[str, str | None]] = frozenset()

    async def add_scenario(self, name: str, template: Template, now: float) -> int:
        """Add a scenario, or a version of it, and give the version; raises as `Database.add_scenario` does."""
        refuse_shipped(checked_name(name))
        known = await self.scenario(name)
        if known is not None and known.template == template:
            return known.version
        if known is None:
            refuse_beyond(len({name for name, _ in self._scenarios}))
        version = 1 if known is None else known.version + 1
        self._scenarios[name, version] = Scenario(name, version, decode_template(encode_template(template))), now
        self._scenarios.pop((name, version - MAX_VERSIONS), None)
        return version

    async def scenario(self, name: str, version: int | None = None) -> Scenario | None:
        """Read a version of a scenario; None: the newest."""
        versions = {known: scenario for (of, known), (scenario, _) in self._scenarios.items() if of == name}
        if name in SHIPPED:
            versions = {SHIPPED[name].version: SHIPPED[name]}
        return versions.get(max(versions, default=0) if version is None else version)

    async def list_scenarios(self) -> Sequence[ListedScenario]:
        """List the scenarios in the order of their names, shipped ones included."""
        newest = {scenario.name: (scenario, created) for scenario, created in self._scenarios.values()}
        return listed(list(newest.values()), self._grants)

    async def grant_scenario(self, name: str, sub_account_id: str | None) -> bool:
        """Let a subaccount execute a scenario, None: every one. Raises UnknownScenario, UnknownSubaccount."""
        if await self.scenario(name) is None:
            raise UnknownScenario(name)
        if sub_account_id is not None:
            self._tenant(sub_account_id)
        before = self._grants
        self._grants |= {(name, sub_account_id)}
        return self._grants != before

    async def revoke_scenario(self, name: str, sub_account_id: str | None) -> bool:
        """Take a grant back; False: there was none such."""
        before = self._grants
        self._grants -= {(name, sub_account_id)}
        return self._grants != before

    async def remove_scenario(self, name: str) -> bool:
        """Remove a scenario with its versions and grants. Raises ScenarioStays."""
        refuse_shipped(name)
        found = await self.scenario(name)
        self._scenarios = {key: kept for key, kept in self._scenarios.items() if key[0] != name}
        self._grants = frozenset(grant for grant in self._grants if grant[0] != name)
        return found is not None

    async def _granted(self, sub_account_id: str) -> Mapping[str, Scenario]:
        names = {name for name, holder in self._grants if holder in {None, sub_account_id}}
        found = [await self.scenario(name) for name in sorted(names)]
        return {scenario.name: scenario for scenario in found if scenario is not None}

    def _forget_grants(self, sub_account_id: str) -> None:
        self._grants = frozenset(grant for grant in self._grants if grant[1] != sub_account_id)
