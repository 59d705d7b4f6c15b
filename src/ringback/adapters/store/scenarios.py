"""Scenarios on disk: every version of a template, and who may execute it."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import bindparam, delete, func, insert, or_, select

from ringback.adapters.store import encoding, grants
from ringback.adapters.store.errors import ScenarioStays, TooManyScenarios, UnknownScenario
from ringback.adapters.store.schema import scenario_grants, scenarios
from ringback.adapters.store.statement import Statement
from ringback.adapters.store.tenants import TenantRows, require
from ringback.domain.scenario import Scenario, Template
from ringback.domain.scenario_check import checked_name
from ringback.domain.shipped import SHIPPED
from ringback.service.scenario_store import MAX_SCENARIOS, MAX_VERSIONS, ListedScenario

_s, _g = scenarios.c, scenario_grants.c
_NAME: Final = _s.name == bindparam("called")
_VERSION = Statement(select(*grants.COLUMNS).where(_NAME, _s.version == bindparam("number")))
_LIST = Statement(select(*grants.COLUMNS, _s.created).where(grants.IS_NEWEST).order_by(_s.name))
_COUNT = Statement(select(func.count(_s.name.distinct())))
_ADD = Statement(
    insert(scenarios).values(
        name=bindparam("called"), version=bindparam("number"), created=bindparam("at"), template=bindparam("written")
    )
)
_FORGET = Statement(delete(scenarios).where(_NAME, _s.version <= bindparam("oldest")))
_REMOVE = Statement(delete(scenarios).where(_NAME))

_GRANTS = Statement(select(_g.name, _g.sub_account_id))
_OF_NAME: Final = _g.name == bindparam("called")
_TO: Final = or_(
    _g.sub_account_id == bindparam("of_subaccount"),
    _g.sub_account_id.is_(None) & bindparam("of_subaccount").is_(None),
)
_IS_GRANTED = Statement(select(_g.name).where(_OF_NAME, _TO))
_GRANT = Statement(insert(scenario_grants).values(name=bindparam("called"), sub_account_id=bindparam("of_subaccount")))
_REVOKE = Statement(delete(scenario_grants).where(_OF_NAME, _TO))
_REVOKE_ALL = Statement(delete(scenario_grants).where(_OF_NAME))


class ScenarioRows(TenantRows):
    """Implements `ringback.service.scenario_store.ScenarioStore`."""

    async def add_scenario(self, name: str, template: Template, now: float) -> int:
        """Add a scenario, or a version of it, and give the version; an equal template adds none.

        Raises BadScenario for a name that is not written like one, ScenarioStays for a shipped one, TooManyScenarios.
        """
        refuse_shipped(checked_name(name))
        written = encoding.encode_template(template)

        def work(connection: sqlite3.Connection) -> int:
            known = grants.newest(connection, name)
            if known is not None and known.template == template:
                return known.version
            if known is None:
                refuse_beyond(_COUNT.run(connection).fetchone()[0])
            version = 1 if known is None else known.version + 1
            _ADD.run(connection, called=name, number=version, at=now, written=written)
            _FORGET.run(connection, called=name, oldest=version - MAX_VERSIONS)
            return version

        return await self._tell_tenants(work)

    async def scenario(self, name: str, version: int | None = None) -> Scenario | None:
        """Read a version of a scenario; None: the newest."""

        def work(connection: sqlite3.Connection) -> Scenario | None:
            newest = grants.newest(connection, name)
            if version is None or newest is None or newest.version == version:
                return newest
            row = _VERSION.run(connection, called=name, number=version).fetchone()
            return None if row is None else grants.scenario_of(row)

        return await self._readers.read(work)

    async def list_scenarios(self) -> Sequence[ListedScenario]:
        """List the scenarios in the order of their names, shipped ones included."""

        def work(connection: sqlite3.Connection) -> Sequence[ListedScenario]:
            stored = [(grants.scenario_of(row[:3]), row[3]) for row in _LIST.run(connection)]
            return listed(stored, _GRANTS.run(connection))

        return await self._readers.read(work)

    async def grant_scenario(self, name: str, sub_account_id: str | None) -> bool:
        """Let a subaccount execute a scenario, None: every one; False: it might before.

        Raises UnknownScenario, UnknownSubaccount.
        """

        def work(connection: sqlite3.Connection) -> bool:
            if grants.newest(connection, name) is None:
                raise UnknownScenario(name)
            if sub_account_id is not None:
                require(connection, sub_account_id)
            if _IS_GRANTED.run(connection, called=name, of_subaccount=sub_account_id).fetchone() is not None:
                return False
            _GRANT.run(connection, called=name, of_subaccount=sub_account_id)
            return True

        return await self._tell_tenants(work)

    async def revoke_scenario(self, name: str, sub_account_id: str | None) -> bool:
        """Take a grant back; False: there was none such."""
        return await self._tell_tenants(
            lambda connection: _REVOKE.run(connection, called=name, of_subaccount=sub_account_id).rowcount > 0
        )

    async def remove_scenario(self, name: str) -> bool:
        """Remove a scenario with its versions and grants; sessions that wait with it run. False: not there.

        Raises ScenarioStays.
        """
        refuse_shipped(name)

        def work(connection: sqlite3.Connection) -> bool:
            _REVOKE_ALL.run(connection, called=name)
            return _REMOVE.run(connection, called=name).rowcount > 0

        return await self._tell_tenants(work)


def refuse_shipped(name: str) -> None:
    """Raise ScenarioStays for a scenario that nobody changes."""
    if name in SHIPPED:
        message = f"the scenario {name} ships with the server and stays as it is; take another name"
        raise ScenarioStays(message)


def refuse_beyond(count: int) -> None:
    """Raise TooManyScenarios where there is no room for another one."""
    if count >= MAX_SCENARIOS:
        message = f"there are at most {MAX_SCENARIOS} scenarios"
        raise TooManyScenarios(message)


def listed(
    stored: Sequence[tuple[Scenario, float]], holders: Iterable[tuple[str, str | None]]
) -> Sequence[ListedScenario]:
    """Give the list of the stored scenarios, with the times of their versions, and of the shipped ones.

    `holders`: names, each with a subaccount that it is granted to; None: all.
    """
    granted: dict[str, list[str | None]] = {}
    for name, sub_account_id in holders:
        granted.setdefault(name, []).append(sub_account_id)
    everything: list[tuple[Scenario, float | None]] = [*stored, *((scenario, None) for scenario in SHIPPED.values())]
    return [
        ListedScenario(
            scenario=scenario,
            created=created,
            is_granted_to_all=None in granted.get(scenario.name, ()),
            granted_to=sorted(each for each in granted.get(scenario.name, ()) if each is not None),
        )
        for scenario, created in sorted(everything, key=lambda each: each[0].name)
    ]
