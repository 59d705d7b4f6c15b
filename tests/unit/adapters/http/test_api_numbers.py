"""The virtual numbers of a subaccount over HTTP."""

import pytest
from tests.unit.adapters.http.asgi import BASE, open_door
from tests.unit.domain.bodies import NOW

OK = {"statusCode": 0, "statusMessage": "ok"}


async def test_a_subaccount_without_numbers_has_an_empty_list() -> None:
    reply = await (await open_door()).ask("GET", f"{BASE}/numbers")
    assert (reply.http, reply.json) == (200, {"totalNumbers": 0, "lastUpdatedAt": None, "numbers": [], **OK})


async def test_a_number_is_shown_with_every_field() -> None:
    door = await open_door()
    said = {
        "referenceId": "main",
        "rentalPrice": 5.0,
        "incomingRate": 0.05,
        "billingUnit": 60,
        "billingCurrency": "USD",
        "numberType": "mobile",
        "numberHealthCheckEnabled": True,
    }
    await door.house.store.import_numbers("acme", {"6512345678": said, "15550100100": {}})
    await door.house.store.note_trunk_health({"carrier": True}, NOW)
    reply = await door.ask("GET", f"{BASE}/numbers")
    bare, full = reply.json["numbers"]
    assert reply.json == {
        "totalNumbers": 2,
        "lastUpdatedAt": max(bare["dateUpdated"], full["dateUpdated"]),
        "numbers": [bare, full],
        **OK,
    }
    assert full == {
        "msisdn": "+6512345678",
        "dateCreated": full["dateCreated"],
        "dateUpdated": full["dateUpdated"],
        "countryCode": "SG",
        "operationalStatus": "Active",
        **said,
        "uri": "https://voice.example/api/v1/subaccounts/acme/numbers/6512345678",
        "numberHealth": {"isHealthy": True, "status": "Healthy", "lastCheckedTime": "2027-01-15T08:00:00.000Z"},
    }
    assert bare["dateCreated"].endswith("Z")
    nulls = ("rentalPrice", "incomingRate", "billingUnit", "billingCurrency", "numberType")
    assert {name: bare[name] for name in nulls} == dict.fromkeys(nulls)
    assert bare["referenceId"]
    assert bare["numberHealthCheckEnabled"] is False
    assert bare["numberHealth"] == {"isHealthy": None, "status": "Unknown", "lastCheckedTime": None}


@pytest.mark.parametrize("written", ["6512345678", "+6512345678", "%2B6512345678"])
async def test_one_number_is_shown_with_its_reference(written: str) -> None:
    door = await open_door()
    await door.house.store.import_numbers("acme", {"6512345678": {"referenceId": "main"}})
    reply = await door.ask("GET", f"{BASE}/numbers/{written.replace('%2B', '+')}")
    assert (reply.http, reply.json) == (
        200,
        {
            **OK,
            "timestamp": "2027-01-15T08:00:00.000Z",
            "payload": {"referenceId": "main", "msisdn": "+6512345678", "countryCode": "SG"},
        },
    )


async def test_a_number_of_another_subaccount_is_as_absent_as_one_of_nobody() -> None:
    door = await open_door()
    await door.house.store.bootstrap("beta", [], ["6512345678"], [])
    answers = [await door.ask("GET", f"{BASE}/numbers/{digits}") for digits in ("6512345678", "6512345679", "x" * 500)]
    for reply, shown in zip(answers, ("6512345678", "6512345679", "x" * 200), strict=True):
        assert (reply.http, reply.json) == (
            404,
            {
                "statusCode": 404,
                "statusMessage": f"Number not found : {shown}",
                "timestamp": "2027-01-15T08:00:00.000Z",
            },
        )
    assert (await door.ask("GET", f"{BASE}/numbers")).json["totalNumbers"] == 0


@pytest.mark.parametrize("path", ["/numbers", "/numbers/6512345678"])
async def test_numbers_are_read_only_and_need_a_key(path: str) -> None:
    door = await open_door()
    for method in ("POST", "DELETE", "PUT"):
        reply = await door.ask(method, BASE + path)
        assert (reply.http, reply.headers["allow"]) == (405, "GET")
    reply = await door.ask("GET", BASE + path, authorization=None)
    assert (reply.http, reply.json["statusCode"]) == (401, 401)
    reply = await door.ask("GET", (BASE + path).replace("acme", "beta"))
    assert (reply.http, reply.json["statusMessage"]) == (404, "SubAccount not found by Id : beta")


async def test_setting_a_webhook_for_numbers_tells_it_all_of_them() -> None:
    door = await open_door()
    await door.house.store.add_number("acme", "6512345678")
    body = b'{"type": "VNU", "url": "http://acme.example/vnu"}'
    assert (await door.ask("POST", f"{BASE}/webhooks", body)).http == 200
    (stored,) = door.house.store.deliveries.values()
    assert (stored.delivery.type, stored.delivery.session_id) == ("VNU", None)
    assert b'"SNAPSHOT"' in stored.delivery.body


async def test_what_a_program_was_not_told_of_its_numbers_is_listed_and_sent_once_more() -> None:
    door = await open_door("VNU")
    store = door.house.store
    (stored,) = store.deliveries.values()
    await store.claim_deliveries(1, stored.due, 60)
    await store.delivery_failed(stored.delivery.delivery_id, NOW, None, "HTTP 500")
    (listed,) = (await door.ask("GET", f"{BASE}/deliveries")).json["deliveries"]
    assert (listed["type"], listed["state"], listed["reason"]) == ("VNU", "dead", "HTTP 500")
    assert "sessionId" not in listed
    again = await door.ask("POST", f"{BASE}/deliveries/{listed['deliveryId']}/redeliver", b"{}")
    assert (again.http, again.json["state"]) == (202, "waiting")
