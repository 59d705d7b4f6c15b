"""Which scenarios a subaccount may execute; read with everything else that a request of it needs."""

import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import bindparam, func, or_, select

from ringback.adapters.store import encoding
from ringback.adapters.store.schema import scenario_grants, scenarios
from ringback.adapters.store.statement import Statement
from ringback.domain.scenario import Scenario
from ringback.domain.shipped import SHIPPED

_s, _g = scenarios.c, scenario_grants.c
_other = scenarios.alias()
IS_NEWEST: Final = _s.version == select(func.max(_other.c.version)).where(_other.c.name == _s.name).scalar_subquery()
COLUMNS: Final = (_s.name, _s.version, _s.template)
_NAMES = Statement(
    select(_g.name).where(or_(_g.sub_account_id == bindparam("of_subaccount"), _g.sub_account_id.is_(None)))
)
_NEWEST = Statement(select(*COLUMNS).where(_s.name == bindparam("called"), IS_NEWEST))


def granted(connection: sqlite3.Connection, sub_account_id: str) -> Mapping[str, Scenario]:
    """Give the scenarios that a subaccount may execute, by name."""
    names = {name for (name,) in _NAMES.run(connection, of_subaccount=sub_account_id)}
    found = (newest(connection, name) for name in sorted(names))
    return {scenario.name: scenario for scenario in found if scenario is not None}


def newest(connection: sqlite3.Connection, name: str) -> Scenario | None:
    """Give the newest version of a scenario."""
    if name in SHIPPED:
        return SHIPPED[name]
    row = _NEWEST.run(connection, called=name).fetchone()
    return None if row is None else scenario_of(row)


def scenario_of(row: tuple[Any, ...]) -> Scenario:
    """Give a scenario of its COLUMNS."""
    name, version, written = row
    return Scenario(name, version, encoding.decode_template(written))
