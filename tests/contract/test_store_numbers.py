"""What every store must do: virtual numbers, and what a program is told of them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.contract.stores import KINDS, NOW, AnyStore, make, named

from ringback.adapters.store import InventoryFull, UnknownSubaccount
from ringback.domain import inventory
from ringback.domain.inventory import BadDetail, ImportRefused, InventoryNumber
from ringback.service.ports import WebhookType

VNU = WebhookType("VNU", "http://127.0.0.1/vnu", "Basic YTpi")
FIRST, SECOND, THIRD = "15550100100", "4930123456", "6512345678"
LATER = 4_000_000_000.0
"""Seconds since the epoch: later than the clock of any machine that runs this."""


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    made = make(request.param, tmp_path)
    yield made
    await made.close()


async def told(store: AnyStore) -> list[dict[str, Any]]:
    """Take what is due and give the payloads, in order."""
    found = []
    while due := await store.claim_deliveries(1, LATER, 60):
        (delivery,) = due
        assert (delivery.type, delivery.session_id, delivery.url) == ("VNU", None, VNU.url)
        found.append(msgspec.json.decode(delivery.body)["payload"])
        await store.delivery_done(delivery.delivery_id, LATER)
    return found


def summed(payload: dict[str, Any]) -> tuple[str, int, list[tuple[str, str]]]:
    rows = [(row["msisdn"].removeprefix("+"), row["operationalStatus"]) for row in payload["virtualNumbers"]]
    return payload["updateEventType"], payload["totalNumbers"], rows


async def only(store: AnyStore, account: str = "acme") -> InventoryNumber:
    (number,) = await store.list_numbers(account)
    return number


async def test_what_is_said_of_a_number_is_kept_until_something_else_is(store: AnyStore) -> None:
    await store.bootstrap("acme", [], [FIRST], [])
    before = await only(store)
    assert before.details.reference_id
    assert before.created == before.updated > 0
    changes = {"rentalPrice": "5", "billingUnit": "60", "billingCurrency": "USD", "numberType": "mobile"}
    assert await store.change_number("acme", f"+{FIRST}", {**changes, "referenceId": "main"})
    assert await store.change_number("acme", FIRST, {"numberType": None, "operationalStatus": "Expiring"})
    number = await only(store)
    assert number.details == inventory.NumberDetails(
        reference_id="main",
        operational_status="Expiring",
        rental_price=5.0,
        billing_unit=60,
        billing_currency="USD",
    )
    assert number.created == before.created
    assert number.updated >= before.updated
    acme = await store.subaccount("acme")
    assert acme is not None
    assert acme.numbers[FIRST].reference_id == "main"


async def test_a_reference_is_never_taken_away(store: AnyStore) -> None:
    await store.bootstrap("acme", [], [FIRST], [])
    before = await only(store)
    await store.change_number("acme", FIRST, {"referenceId": None})
    assert await only(store) == before


async def test_a_number_of_another_subaccount_is_not_changed(store: AnyStore) -> None:
    await store.bootstrap("acme", [], [FIRST], [])
    await store.bootstrap("beta", [], [SECOND], [])
    before = await only(store)
    assert not await store.change_number("beta", FIRST, {"operationalStatus": "Inactive"})
    assert not await store.remove_number("beta", FIRST)
    assert not await store.change_number("beta", THIRD, {})
    assert await only(store) == before


async def test_a_detail_that_cannot_be_changes_nothing(store: AnyStore) -> None:
    await store.bootstrap("acme", [], [FIRST], [])
    before = await only(store)
    for changes in ({"colour": "red"}, {"rentalPrice": "-1"}, {"operationalStatus": "Broken"}, {"referenceId": "a\nb"}):
        with pytest.raises(BadDetail):
            await store.change_number("acme", FIRST, changes)
    assert await only(store) == before


async def test_an_import_adds_and_changes(store: AnyStore) -> None:
    await store.bootstrap("acme", [], [FIRST], [])
    said = {FIRST: {"operationalStatus": "Expiring"}, SECOND: {"referenceId": "berlin"}, THIRD: {}}
    assert await store.import_numbers("acme", said) == 3
    assert await store.import_numbers("acme", said) == 0
    numbers = await store.list_numbers("acme")
    assert [number.msisdn for number in numbers] == [FIRST, SECOND, THIRD]
    assert [number.operational_status for number in numbers] == ["Expiring", "Active", "Active"]
    assert numbers[1].details.reference_id == "berlin"


async def test_an_import_with_a_number_of_another_subaccount_changes_nothing(store: AnyStore) -> None:
    await store.bootstrap("acme", [], [FIRST], [VNU])
    await store.bootstrap("beta", [], [SECOND], [])
    await told(store)
    with pytest.raises(ImportRefused) as refused:
        await store.import_numbers("acme", {THIRD: {}, SECOND: {}})
    assert refused.value.faults == {SECOND: f"+{SECOND} belongs to another subaccount"}
    assert [number.msisdn for number in await store.list_numbers("acme")] == [FIRST]
    assert await told(store) == []


async def test_a_subaccount_has_room_for_so_many_numbers(store: AnyStore) -> None:
    await store.bootstrap("acme", [], [], [])
    numbers: dict[str, dict[str, object]] = {f"4930{number:08d}": {} for number in range(inventory.MAX_NUMBERS)}
    assert await store.import_numbers("acme", numbers) == inventory.MAX_NUMBERS
    with pytest.raises(InventoryFull):
        await store.add_number("acme", FIRST)
    with pytest.raises(InventoryFull):
        await store.import_numbers("acme", {FIRST: {}})
    assert len(await store.list_numbers("acme")) == inventory.MAX_NUMBERS
    assert await store.add_number("acme", "493000000000")


async def test_an_unknown_subaccount_has_no_numbers(store: AnyStore) -> None:
    with pytest.raises(UnknownSubaccount):
        await store.list_numbers("nobody")
    with pytest.raises(UnknownSubaccount):
        await store.import_numbers("nobody", {FIRST: {}})
    with pytest.raises(UnknownSubaccount):
        await store.tell_numbers("nobody")
    assert not await store.change_number("nobody", FIRST, {})


# ---------------------------------------------------------------- what is told


async def test_a_webhook_for_numbers_is_told_all_of_them_when_it_is_set(store: AnyStore) -> None:
    await store.bootstrap("acme", [], [SECOND, FIRST], [])
    assert not await store.tell_numbers("acme")
    await store.set_webhook("acme", VNU)
    assert await store.tell_numbers("acme")
    snapshot = ("SNAPSHOT", 2, [(FIRST, "Active"), (SECOND, "Active")])
    assert [summed(payload) for payload in await told(store)] == [snapshot, snapshot]


async def test_a_webhook_that_is_disabled_is_told_nothing(store: AnyStore) -> None:
    await store.bootstrap("acme", [], [FIRST], [msgspec.structs.replace(VNU, enabled=False)])
    await store.add_number("acme", SECOND)
    assert not await store.tell_numbers("acme")
    assert await told(store) == []


async def test_every_change_is_told_with_what_changed_alone(store: AnyStore) -> None:
    await store.bootstrap("acme", [], [], [VNU])
    await store.add_number("acme", FIRST)
    await store.add_number("acme", FIRST)
    await store.import_numbers("acme", {FIRST: {}, SECOND: {}, THIRD: {"operationalStatus": "Expiring"}})
    await store.change_number("acme", SECOND, {"operationalStatus": "Unhealthy"})
    await store.change_number("acme", SECOND, {"operationalStatus": "Unhealthy"})
    await store.remove_number("acme", SECOND)
    payloads = await told(store)
    assert [summed(payload) for payload in payloads] == [
        ("SNAPSHOT", 0, []),
        ("UPDATES", 1, [(FIRST, "Active")]),
        ("UPDATES", 3, [(SECOND, "Active"), (THIRD, "Expiring")]),
        ("UPDATES", 3, [(SECOND, "Unhealthy")]),
        ("UPDATES", 2, [(SECOND, "Inactive")]),
    ]
    assert {row["updateStatus"] for payload in payloads[1:] for row in payload["virtualNumbers"]} == {"UPDATED"}


async def test_what_one_subaccount_is_told_does_not_wait_for_another(store: AnyStore) -> None:
    await store.bootstrap("acme", [], [], [VNU])
    await store.bootstrap("beta", [], [], [VNU])
    await store.add_number("acme", FIRST)
    first = await store.claim_deliveries(10, LATER, 60)
    assert sorted(each.sub_account_id for each in first) == ["acme", "beta"]
    assert await store.claim_deliveries(10, LATER, 60) == []
    (of_acme,) = [each for each in first if each.sub_account_id == "acme"]
    assert await store.delivery_failed(of_acme.delivery_id, LATER, None, "HTTP 500")
    assert len(await store.claim_deliveries(10, LATER, 60)) == 1
    (dead,) = await store.dead_deliveries("acme", None, 10)
    assert (dead.session_id, dead.type) == (None, "VNU")
    again = await store.redeliver("acme", dead.delivery_id, LATER)
    assert again is not None
    assert again.session_id is None
    assert named(first) != []


async def test_a_program_that_takes_nothing_is_told_all_anew_in_place_of_what_waits(store: AnyStore) -> None:
    await store.bootstrap("beta", [], [], [VNU])
    await store.bootstrap("acme", [], [], [VNU])
    for number in range(inventory.MAX_WAITING + 2):
        await store.add_number("acme", f"4930{number:08d}")
    payloads = await told(store)
    assert [(each["subAccountId"], each["updateEventType"], each["totalNumbers"]) for each in payloads] == [
        ("beta", "SNAPSHOT", 0),
        ("acme", "SNAPSHOT", 0),
        ("acme", "SNAPSHOT", inventory.MAX_WAITING + 1),
        ("acme", "UPDATES", inventory.MAX_WAITING + 2),
    ]
    assert len(payloads[2]["virtualNumbers"]) == inventory.MAX_WAITING + 1


# ---------------------------------------------------------------- health

CHECKED = {"numberHealthCheckEnabled": True}


async def statuses(store: AnyStore) -> dict[str, str]:
    return {number.msisdn: number.operational_status for number in await store.list_numbers("acme")}


async def test_a_number_is_as_healthy_as_its_trunk(store: AnyStore) -> None:
    await store.bootstrap("acme", [], [], [])
    assert not await store.any_number_checked()
    await store.import_numbers(
        "acme", {FIRST: {**CHECKED, "trunk": "one"}, SECOND: {**CHECKED, "operationalStatus": "Expiring"}, THIRD: {}}
    )
    assert await store.any_number_checked()
    assert {number.health for number in await store.list_numbers("acme")} == {None}
    await store.note_trunk_health({"one": False, "two": True}, NOW)
    assert await statuses(store) == {FIRST: "Unhealthy", SECOND: "Expiring", THIRD: "Active"}
    first, second, third = await store.list_numbers("acme")
    assert first.health == inventory.TrunkHealth(is_healthy=False, checked=NOW, changed=NOW)
    assert second.health == inventory.TrunkHealth(is_healthy=True, checked=NOW, changed=NOW)
    assert third.health is None
    await store.note_trunk_health({"one": False, "two": True}, NOW + 60)
    first, *_ = await store.list_numbers("acme")
    assert first.health == inventory.TrunkHealth(is_healthy=False, checked=NOW + 60, changed=NOW)
    await store.note_trunk_health({"two": True}, NOW + 120)
    first, *_ = await store.list_numbers("acme")
    assert (first.health, first.operational_status) == (None, "Active")


async def test_a_number_of_no_trunk_in_particular_is_unhealthy_when_none_answers(store: AnyStore) -> None:
    await store.bootstrap("acme", [], [], [])
    await store.import_numbers("acme", {FIRST: CHECKED})
    await store.note_trunk_health({"one": False, "two": True}, NOW)
    assert await statuses(store) == {FIRST: "Active"}
    await store.note_trunk_health({"one": False, "two": False}, NOW)
    assert await statuses(store) == {FIRST: "Unhealthy"}


async def test_a_change_of_health_is_told_once(store: AnyStore) -> None:
    await store.bootstrap("acme", [], [], [])
    await store.bootstrap("beta", [], [THIRD], [VNU])
    await store.import_numbers("acme", {FIRST: CHECKED, SECOND: {}})
    await store.set_webhook("acme", VNU)
    await told(store)
    for healthy in (True, True, False, False, True):
        await store.note_trunk_health({"one": healthy}, NOW)
    assert [summed(payload) for payload in await told(store)] == [
        ("UPDATES", 2, [(FIRST, "Unhealthy")]),
        ("UPDATES", 2, [(FIRST, "Active")]),
    ]
