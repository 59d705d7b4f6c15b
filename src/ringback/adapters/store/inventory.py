"""Virtual numbers on disk; a change and what the program is told of it (VNU) are one transaction."""

import sqlite3
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import BindParameter, bindparam, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from ringback.adapters.store import deliveries as outbox
from ringback.adapters.store import encoding
from ringback.adapters.store.errors import InventoryFull, NumberTaken
from ringback.adapters.store.schema import trunk_health, virtual_numbers, webhooks
from ringback.adapters.store.statement import Statement
from ringback.domain.inventory import (
    MAX_NUMBERS,
    MAX_WAITING,
    InventoryNumber,
    NumberDetails,
    TrunkHealth,
    health_of,
    taken_away,
    vnu_body,
)
from ringback.service.ports import NewDelivery, VirtualNumber

TOLD_BY: Final = "VNU"
"""The type of the webhook that is told of numbers."""

_n = virtual_numbers.c
_SUBACCOUNT: Final[BindParameter[str]] = bindparam("of_subaccount")
_REFERENCES = Statement(select(_n.msisdn, _n.reference_id).where(_n.sub_account_id == _SUBACCOUNT).order_by(_n.msisdn))
_ROW: Final = (_n.msisdn, _n.reference_id, _n.details, _n.created, _n.updated)
_ALL = Statement(select(*_ROW).where(_n.sub_account_id == _SUBACCOUNT).order_by(_n.msisdn))
_CHECKED = Statement(select(_n.sub_account_id, *_ROW).where(_n.health_check).order_by(_n.sub_account_id, _n.msisdn))
_ANY_CHECKED = Statement(select(_n.msisdn).where(_n.health_check).limit(1))
_ONE = Statement(select(_n.sub_account_id, *_ROW).where(_n.msisdn == bindparam("number")))
_COUNT = Statement(select(func.count()).where(_n.sub_account_id == _SUBACCOUNT))
_PUT = Statement(
    insert(virtual_numbers)
    .values(
        msisdn=bindparam("number"),
        sub_account_id=_SUBACCOUNT,
        reference_id=bindparam("reference"),
        details=bindparam("written"),
        health_check=bindparam("checked"),
        created=bindparam("since"),
        updated=bindparam("now"),
    )
    .on_conflict_do_update(
        index_elements=["msisdn"],
        set_={
            "reference_id": bindparam("reference"),
            "details": bindparam("written"),
            "health_check": bindparam("checked"),
            "updated": bindparam("now"),
        },
    )
)
_REMOVE = Statement(delete(virtual_numbers).where(_n.msisdn == bindparam("number")))

_w = webhooks.c
_IS_TOLD = Statement(select(_w.enabled).where(_w.sub_account_id == _SUBACCOUNT, _w.type == bindparam("of_type")))

_t = trunk_health.c
_TRUNKS = Statement(select(_t.trunk, _t.is_healthy, _t.checked, _t.changed))
_PUT_TRUNK = Statement(
    insert(trunk_health)
    .values(
        trunk=bindparam("name"), is_healthy=bindparam("healthy"), checked=bindparam("now"), changed=bindparam("since")
    )
    .on_conflict_do_update(
        index_elements=["trunk"],
        set_={"is_healthy": bindparam("healthy"), "checked": bindparam("now"), "changed": bindparam("since")},
    )
)
_REMOVE_TRUNK = Statement(delete(trunk_health).where(_t.trunk == bindparam("name")))


def references(connection: sqlite3.Connection, sub_account_id: str) -> Mapping[str, VirtualNumber]:
    """Give the numbers of a subaccount as its calls need them, by their digits."""
    rows = _REFERENCES.run(connection, of_subaccount=sub_account_id)
    return {digits: VirtualNumber(digits, reference) for digits, reference in rows}


def read(connection: sqlite3.Connection, sub_account_id: str) -> Sequence[InventoryNumber]:
    """Give the numbers of a subaccount with all that is known of them, in the order of their digits."""
    trunks = _trunks(connection)
    return [_number(row, trunks) for row in _ALL.run(connection, of_subaccount=sub_account_id)]


def give(
    connection: sqlite3.Connection, sub_account_id: str, digits: str, changes: Mapping[str, object]
) -> VirtualNumber:
    """Give a number to a subaccount, or change what is said of it, and tell its program.

    Raises NumberTaken, InventoryFull, BadDetail.
    """
    number, is_new = put(connection, sub_account_id, digits, changes, time.time())
    check_room(connection, sub_account_id)
    tell(connection, sub_account_id, [number] if is_new else [])
    return VirtualNumber(digits, number.details.reference_id or "")


def put(
    connection: sqlite3.Connection, sub_account_id: str, digits: str, changes: Mapping[str, object], now: float
) -> tuple[InventoryNumber, bool]:
    """Write a number without telling anybody; give it, and whether anything changed. Raises NumberTaken, BadDetail."""
    row = _ONE.run(connection, number=digits).fetchone()
    if row is not None and row[0] != sub_account_id:
        message = f"+{digits} belongs to another subaccount"
        raise NumberTaken(message)
    trunks = _trunks(connection)
    before = None if row is None else _number(row[1:], trunks)
    details = (NumberDetails() if before is None else before.details).changed(changes)
    if before is not None and details == before.details:
        return before, False
    reference = details.reference_id or str(uuid.uuid4())
    details = msgspec.structs.replace(details, reference_id=reference)
    created = now if before is None else before.created
    _PUT.run(
        connection,
        of_subaccount=sub_account_id,
        number=digits,
        reference=reference,
        written=encoding.encode_details(details),
        checked=details.number_health_check_enabled,
        since=created,
        now=now,
    )
    health = health_of(details, trunks)
    return InventoryNumber(msisdn=digits, details=details, created=created, updated=now, health=health), True


def remove(connection: sqlite3.Connection, sub_account_id: str, digits: str) -> bool:
    """Take a number away and tell the program; False if it is not theirs."""
    row = _ONE.run(connection, number=digits).fetchone()
    if row is None or row[0] != sub_account_id:
        return False
    _REMOVE.run(connection, number=digits)
    tell(connection, sub_account_id, [taken_away(_number(row[1:], _trunks(connection)), time.time())])
    return True


def details(connection: sqlite3.Connection, digits: str) -> NumberDetails:
    """Give what is said of a number; nothing of one that is not there."""
    row = _ONE.run(connection, number=digits).fetchone()
    return NumberDetails() if row is None else encoding.decode_details(row[3], row[2])


def owner(connection: sqlite3.Connection, digits: str) -> str | None:
    """Give the subaccount whose number this is."""
    row = _ONE.run(connection, number=digits).fetchone()
    return None if row is None else str(row[0])


def check_room(connection: sqlite3.Connection, sub_account_id: str) -> None:
    """Raise InventoryFull where a subaccount has more numbers than it may."""
    if _count(connection, sub_account_id) > MAX_NUMBERS:
        message = f"a subaccount has at most {MAX_NUMBERS} numbers"
        raise InventoryFull(message)


# ---------------------------------------------------------------- what is told


def tell(connection: sqlite3.Connection, sub_account_id: str, changed: Sequence[InventoryNumber]) -> None:
    """Put UPDATES into the outbox, where something changed and a program wants to know."""
    if changed:
        _tell(connection, sub_account_id, "UPDATES", changed)


def tell_all(connection: sqlite3.Connection, sub_account_id: str) -> bool:
    """Put a SNAPSHOT into the outbox; False where no program wants to know."""
    return _tell(connection, sub_account_id, "SNAPSHOT", None)


def _tell(
    connection: sqlite3.Connection,
    sub_account_id: str,
    kind: Literal["SNAPSHOT", "UPDATES"],
    numbers: Sequence[InventoryNumber] | None,
) -> bool:
    hook = _IS_TOLD.run(connection, of_subaccount=sub_account_id, of_type=TOLD_BY).fetchone()
    if hook is None or not hook[0]:
        return False
    if outbox.make_room(connection, sub_account_id, TOLD_BY, MAX_WAITING):
        kind, numbers = "SNAPSHOT", None
    if numbers is None:
        numbers = read(connection, sub_account_id)
    total = _count(connection, sub_account_id)
    outbox.add(
        connection,
        NewDelivery(
            delivery_id=str(uuid.uuid4()),
            session_id=None,
            sub_account_id=sub_account_id,
            type=TOLD_BY,
            body=vnu_body(sub_account_id, kind, total, numbers),
            created=time.time(),
        ),
    )
    return True


# ---------------------------------------------------------------- health


def any_checked(connection: sqlite3.Connection) -> bool:
    """Tell whether the health of any number is to be checked."""
    return _ANY_CHECKED.run(connection).fetchone() is not None


def note_health(connection: sqlite3.Connection, healthy: Mapping[str, bool], now: float) -> None:
    """Note what came of asking every trunk, forget others, and tell the programs whose numbers that changes."""
    before = _trunks(connection)
    for trunk in before.keys() - healthy.keys():
        _REMOVE_TRUNK.run(connection, name=trunk)
    for trunk, is_healthy in healthy.items():
        known = before.get(trunk)
        since = known.changed if known is not None and known.is_healthy == is_healthy else now
        _PUT_TRUNK.run(connection, name=trunk, healthy=is_healthy, now=now, since=since)
    if {trunk: known.is_healthy for trunk, known in before.items()} == healthy:
        return
    after = _trunks(connection)
    changed: dict[str, list[InventoryNumber]] = {}
    for sub_account_id, *row in _CHECKED.run(connection).fetchall():
        number = _number(row, after)
        if number.operational_status != _number(row, before).operational_status:
            changed.setdefault(sub_account_id, []).append(number)
    for sub_account_id, numbers in changed.items():
        tell(connection, sub_account_id, numbers)


def _trunks(connection: sqlite3.Connection) -> Mapping[str, TrunkHealth]:
    rows = _TRUNKS.run(connection)
    return {trunk: TrunkHealth(bool(healthy), checked, changed) for trunk, healthy, checked, changed in rows}


def _number(row: Sequence[Any], trunks: Mapping[str, TrunkHealth]) -> InventoryNumber:
    digits, reference, written, created, updated = row
    details = encoding.decode_details(written, reference)
    return InventoryNumber(
        msisdn=digits, details=details, created=created, updated=updated, health=health_of(details, trunks)
    )


def _count(connection: sqlite3.Connection, sub_account_id: str) -> int:
    count: int = _COUNT.run(connection, of_subaccount=sub_account_id).fetchone()[0]
    return count
