import msgspec
import pytest
from tests.unit.domain.bodies import NOW

from ringback.domain.inventory import BadDetail, InventoryNumber, NumberDetails, TrunkHealth, taken_away, vnu_body

FULL = InventoryNumber(
    msisdn="6512345678",
    details=NumberDetails(
        reference_id="main",
        rental_price=5.0,
        incoming_rate=0.05,
        billing_unit=60,
        billing_currency="USD",
        number_health_check_enabled=True,
    ),
    created=NOW,
    updated=NOW,
)
BARE = InventoryNumber(msisdn="4930123456", details=NumberDetails(reference_id="x"), created=NOW, updated=NOW + 1)


def test_a_snapshot_names_every_number_with_every_field() -> None:
    assert msgspec.json.decode(vnu_body("acme", "SNAPSHOT", 2, [FULL, BARE])) == {
        "namespace": "VOICE",
        "eventType": "VIRTUAL_NUMBER_UPDATE",
        "description": "Status of account virtual number(s) updated",
        "payload": {
            "subAccountId": "acme",
            "totalNumbers": 2,
            "updateEventType": "SNAPSHOT",
            "virtualNumbers": [
                {
                    "msisdn": "+6512345678",
                    "updatedTimestamp": "2027-01-15T08:00:00.000Z",
                    "countryCode": "SG",
                    "operationalStatus": "Active",
                    "referenceId": "main",
                    "rentalPrice": 5.0,
                    "incomingRate": 0.05,
                    "billingUnit": 60,
                    "billingCurrency": "USD",
                    "numberHealthCheckEnabled": True,
                    "updateStatus": "NO_CHANGE",
                },
                {
                    "msisdn": "+4930123456",
                    "updatedTimestamp": "2027-01-15T08:00:01.000Z",
                    "countryCode": "DE",
                    "operationalStatus": "Active",
                    "referenceId": "x",
                    "rentalPrice": None,
                    "incomingRate": None,
                    "billingUnit": None,
                    "billingCurrency": None,
                    "numberHealthCheckEnabled": False,
                    "updateStatus": "NO_CHANGE",
                },
            ],
        },
    }


def test_an_update_tells_of_a_number_that_left_as_inactive() -> None:
    payload = msgspec.json.decode(vnu_body("acme", "UPDATES", 1, [taken_away(FULL, NOW + 60)]))["payload"]
    (row,) = payload["virtualNumbers"]
    assert (payload["totalNumbers"], payload["updateEventType"]) == (1, "UPDATES")
    assert (row["operationalStatus"], row["updateStatus"]) == ("Inactive", "UPDATED")
    assert row["updatedTimestamp"] == "2027-01-15T08:01:00.000Z"


def test_a_number_was_updated_when_its_health_changed() -> None:
    failed = msgspec.structs.replace(FULL, health=TrunkHealth(is_healthy=False, checked=NOW + 90, changed=NOW + 60))
    (row,) = msgspec.json.decode(vnu_body("acme", "UPDATES", 1, [failed]))["payload"]["virtualNumbers"]
    assert (row["operationalStatus"], row["updatedTimestamp"]) == ("Unhealthy", "2027-01-15T08:01:00.000Z")


@pytest.mark.parametrize("said", ["Expiring", "Inactive", "Unhealthy"])
def test_health_does_not_hide_what_an_operator_says(said: str) -> None:
    details = FULL.details.changed({"operationalStatus": said})
    for healthy in (True, False):
        health = TrunkHealth(is_healthy=healthy, checked=NOW, changed=NOW)
        assert msgspec.structs.replace(FULL, details=details, health=health).operational_status == said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rentalPrice", "five"),
        ("rentalPrice", "nan"),
        ("incomingRate", "inf"),
        ("incomingRate", "-0.01"),
        ("billingUnit", "0"),
        ("billingUnit", "1.5"),
        ("billingCurrency", "usd"),
        ("billingCurrency", "USD\n"),
        ("operationalStatus", "active"),
        ("numberHealthCheckEnabled", "maybe"),
        ("numberType", ""),
        ("referenceId", "x" * 101),
        ("referenceId", "a\tb"),
        ("trunk", "a\n"),
        ("uri", "x"),
        ("msisdn", "6512345678"),
    ],
)
def test_a_detail_that_cannot_be_is_named(name: str, value: str) -> None:
    with pytest.raises(BadDetail, match=name):
        NumberDetails().changed({name: value})


def test_details_may_be_text() -> None:
    said = {"rentalPrice": "5", "billingUnit": "60", "numberHealthCheckEnabled": "true"}
    assert NumberDetails().changed(said) == NumberDetails(
        rental_price=5.0, billing_unit=60, number_health_check_enabled=True
    )
