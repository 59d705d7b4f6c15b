"""What operators do over HTTP: every endpoint, each of its faults, and what is in the audit log then."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tests.unit.adapters.http.admin import SUBACCOUNT, Office, open_office
from tests.unit.adapters.http.asgi import BASE
from tests.unit.domain.bodies import HANGUP, say

from ringback.domain.inventory import NumberDetails
from ringback.domain.scalars import format_moment
from ringback.domain.settings import Settings
from ringback.service.export_store import ExportJob
from ringback.service.key_store import hash_key

VNU = {"url": "https://acme.example/vnu"}


@pytest.fixture
async def office() -> Office:
    return await open_office()


async def actions(office: Office) -> Sequence[tuple[str, str]]:
    """Give action and outcome of every entry, the oldest first."""
    entries = (await office.do("GET", "/audit?limit=200"))["entries"]
    return [(each["action"], each["outcome"]) for each in entries[::-1]]


async def every(office: Office, path: str, name: str, limit: int = 2) -> list[Any]:
    """Read a list page by page."""
    found: list[Any] = []
    cursor = ""
    for _ in range(50):
        page = await office.do("GET", f"{path}?limit={limit}{cursor}")
        found += page[name]
        if page["nextCursor"] is None:
            return found
        cursor = f"&cursor={page['nextCursor']}"
    raise AssertionError(path)


# -- accounts and subaccounts


async def test_accounts_come_and_go(office: Office) -> None:
    reply = await office.ask("PUT", "/accounts/sales")
    assert (reply.http, reply.json["accountId"]) == (201, "sales")
    assert (await office.ask("PUT", "/accounts/sales")).http == 200
    listed = await office.do("GET", "/accounts")
    assert [(each["accountId"], each["subAccounts"]) for each in listed["accounts"]] == [("default", 2), ("sales", 0)]
    await office.do("PUT", SUBACCOUNT, {"accountId": "sales"})
    assert await office.refused("DELETE", "/accounts/sales") == (409, "the account sales has subaccounts")
    assert await office.refused("DELETE", "/accounts/default") == (409, "the account default stays")
    await office.do("PUT", SUBACCOUNT, {"accountId": "default"})
    await office.do("DELETE", "/accounts/sales")
    assert await office.refused("DELETE", "/accounts/sales") == (404, "there is no account sales")
    assert (await office.refused("PUT", "/accounts/a%20b"))[0] == 422


async def test_a_subaccount_is_added_shown_moved_and_removed(office: Office) -> None:
    await office.do("PUT", "/accounts/sales")
    reply = await office.ask("PUT", "/subaccounts/gamma", {"accountId": "sales"})
    assert (reply.http, reply.json["accountId"], reply.json["settings"]) == (201, "sales", {})
    assert (await office.do("PUT", "/subaccounts/gamma"))["accountId"] == "sales"
    assert (await office.do("PUT", "/subaccounts/gamma", {"accountId": "default"}))["accountId"] == "default"
    assert (await office.do("GET", "/subaccounts/gamma"))["accountId"] == "default"
    assert await office.refused("PUT", "/subaccounts/delta", {"accountId": "x-x"}) == (404, "there is no account x-x")
    assert (await office.refused("PUT", "/subaccounts/no"))[0] == 422
    assert (await office.refused("PUT", "/subaccounts/gamma", {"accountId": 7}))[1].startswith("accountId: Expected")
    await office.do("DELETE", "/subaccounts/gamma")
    assert [action for action, outcome in await actions(office) if outcome != "REFUSED"] == [
        "account.add",
        "subaccount.add",
        "subaccount.move",
        "subaccount.remove",
    ]
    for method in ("GET", "DELETE"):
        assert await office.refused(method, "/subaccounts/gamma") == (404, "there is no subaccount gamma")


async def test_the_subaccounts_of_an_account_are_listed(office: Office) -> None:
    await office.do("PUT", "/accounts/sales")
    await office.do("PUT", "/subaccounts/gamma", {"accountId": "sales"})
    listed = (await office.do("GET", "/subaccounts"))["subAccounts"]
    assert [(each["subAccountId"], each["accountId"]) for each in listed] == [
        ("acme", "default"),
        ("beta", "default"),
        ("gamma", "sales"),
    ]
    (only,) = (await office.do("GET", "/subaccounts?accountId=sales"))["subAccounts"]
    assert only["subAccountId"] == "gamma"
    assert (await office.do("GET", "/subaccounts?accountId=nobody"))["subAccounts"] == []


async def test_a_subaccount_is_made_ready_at_once(office: Office) -> None:
    asked = {
        "subAccountId": "gamma",
        "callerIds": ["+15550100100", "1777*"],
        "numbers": ["+15550100199"],
        "webhooks": [{"type": "vss", "url": "https://gamma.example/vss", "httpAuthHeader": "Bearer hush"}],
    }
    made = await office.do("POST", "/bootstrap", asked)
    grant = await office.store.authenticate(hash_key(made["apiKey"]))
    gamma = await office.store.subaccount("gamma")
    assert grant is not None
    assert gamma is not None
    assert (made["subAccountId"], grant.sub_account_id) == ("gamma", "gamma")
    assert gamma.caller_ids == {"15550100100", "1777*"}
    assert gamma.numbers.keys() == {"15550100199"}
    assert gamma.webhooks["VSS"].authorization == "Bearer hush"
    again = await office.do("POST", "/bootstrap", {"subAccountId": "gamma"})
    assert again["apiKey"] != made["apiKey"]
    taken = {"subAccountId": "gamma", "callerIds": ["15550100101"], "numbers": ["4930123456"]}
    assert await office.refused("POST", "/bootstrap", taken) == (409, "+4930123456 belongs to another subaccount")
    unknown = {"subAccountId": "delta", "accountId": "nowhere"}
    assert await office.refused("POST", "/bootstrap", unknown) == (404, "there is no account nowhere")
    assert (await office.do("GET", "/subaccounts/gamma/caller-ids"))["callerIds"] == ["+15550100100", "+1777*"]


async def test_settings_are_changed_in_part(office: Office) -> None:
    path = f"{SUBACCOUNT}/settings"
    changed = await office.do("PATCH", path, {"noOfTries": 1, "legKeys": "CallA"})
    assert changed["settings"] == {"noOfTries": 1, "legKeys": "CallA"}
    assert (await office.do("PATCH", path, {"legKeys": None}))["settings"] == {"noOfTries": 1}
    assert (await office.do("PATCH", path, {}))["settings"] == {"noOfTries": 1}
    assert (await office.refused("PATCH", path))[1].startswith("the body is no JSON")
    acme = await office.store.subaccount("acme")
    assert acme is not None
    assert acme.settings == Settings(no_of_tries=1)
    for wrong, says in (
        ({"noOfTries": "1"}, "noOfTries: Expected `int`, got `str`"),
        ({"noOfTries": 11}, "noOfTries: Expected `int` <= 10"),
        ({"colour": "red"}, "colour: there is no such field"),
        ({"legKeys": "A"}, "legKeys: Invalid enum value 'A'"),
        ([], "Expected `object`, got `array`"),
    ):
        assert await office.refused("PATCH", path, wrong) == (422, says)
    assert (await office.refused("PATCH", "/subaccounts/nobody/settings", {}))[0] == 404
    log = (await office.do("GET", "/audit"))["entries"]
    assert [each["fields"] for each in log if each["outcome"] == "DONE"] == [["legKeys"], ["legKeys", "noOfTries"]]


# -- keys


async def test_a_retry_and_a_fallback_are_json_and_judged_when_they_are_set(office: Office) -> None:
    path = f"{SUBACCOUNT}/settings"
    sorry = {"callflow": [say(), HANGUP]}
    wanted = {"retry": {"attempts": 2, "on": ["BUSY"]}, "fallbackCallflow": sorry}
    retry = {"attempts": 2, "delaySeconds": 300, "on": ["BUSY"]}
    assert (await office.do("PATCH", path, wanted))["settings"] == {"retry": retry, "fallbackCallflow": sorry}
    for value, says in (
        ({"retry": '{"attempts": 2}'}, "retry: "),
        ({"retry": {"attempts": 6}}, "retry.attempts: "),
        ({"fallbackCallflow": "{}"}, "fallbackCallflow: "),
        ({"fallbackCallflow": {"callflow": []}}, "fallbackCallflow: -1009 $.callflow: "),
        ({"fallbackCallflow": {"callflow": [say(voiceProfile="xx-XX-Nobody")]}}, "fallbackCallflow: -1002 "),
    ):
        status, message = await office.refused("PATCH", path, value)
        assert (status, message[: len(says)]) == (422, says)
    assert (await office.do("PATCH", path, dict.fromkeys(wanted)))["settings"] == {}


async def test_a_key_is_made_rotated_and_revoked(office: Office) -> None:
    path = f"{SUBACCOUNT}/keys"
    reply = await office.ask("POST", path, {"name": "till", "scopes": ["read"], "expiresAt": "2099-01-01T00:00:00Z"})
    assert reply.http == 201
    key, secret = reply.json["key"], reply.json["secret"]
    assert (key["name"], key["scopes"], key["state"]) == ("till", ["read"], "valid")
    assert key["expiresAt"] == "2099-01-01T00:00:00.000Z"
    works = await office.door.ask("GET", f"{BASE}/webhooks", authorization=f"Bearer {secret}")
    assert works.http == 200
    rotated = await office.do("POST", f"{path}/{key['keyId']}/rotate", {"graceSeconds": 0})
    assert rotated["secret"] != secret
    assert (await office.door.ask("GET", f"{BASE}/webhooks", authorization=f"Bearer {secret}")).http == 401
    graceful = await office.do("POST", f"{path}/{key['keyId']}/rotate")
    assert graceful["key"]["oldSecretUntil"] is not None
    listed = (await office.do("GET", path))["keys"]
    assert secret not in str(listed)
    assert key["keyId"] in [each["keyId"] for each in listed]
    await office.do("DELETE", f"{path}/{key['keyId']}")
    assert (await office.door.ask("GET", f"{BASE}/webhooks", authorization=f"Bearer {graceful['secret']}")).http == 401
    for method, tail in (("DELETE", ""), ("POST", "/rotate")):
        assert (await office.refused(method, f"{path}/{key['keyId']}{tail}"))[0] == 404
    assert [action for action, outcome in await actions(office) if outcome == "DONE"] == [
        "key.add",
        "key.rotate",
        "key.rotate",
        "key.revoke",
    ]


async def test_a_key_is_found_under_its_own_subaccount_alone(office: Office) -> None:
    key = (await office.do("POST", f"{SUBACCOUNT}/keys"))["key"]
    for method, tail in (("DELETE", ""), ("POST", "/rotate")):
        path = f"/subaccounts/beta/keys/{key['keyId']}{tail}"
        assert await office.refused(method, path) == (404, f"there is no key {key['keyId']}")
    assert (await office.refused("GET", "/subaccounts/nobody/keys"))[0] == 404
    assert (await office.refused("POST", "/subaccounts/nobody/keys"))[0] == 404


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"name": 7}, "name: Expected `str`"),
        ({"name": "x" * 101}, "name: Expected `str` of length <= 100"),
        ({"name": "a\nb"}, "name: should be at most 100 printable characters"),
        ({"scopes": ["all"]}, "scopes[0]: Invalid enum value 'all'"),
        ({"expiresAt": "tomorrow"}, "expiresAt: should be an ISO 8601 date-time"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expires: should be in the future"),
    ],
)
async def test_a_key_that_cannot_be_made(office: Office, body: Mapping[str, object], says: str) -> None:
    status, why = await office.refused("POST", f"{SUBACCOUNT}/keys", body)
    assert status == 422
    assert why.startswith(says)


async def test_a_grace_is_bounded(office: Office) -> None:
    key = (await office.do("POST", f"{SUBACCOUNT}/keys"))["key"]
    for grace in (-1, 30 * 86_400 + 1, "1h"):
        status, why = await office.refused("POST", f"{SUBACCOUNT}/keys/{key['keyId']}/rotate", {"graceSeconds": grace})
        assert status == 422
        assert why.startswith("graceSeconds: Expected")


# -- caller IDs


async def test_caller_ids_come_and_go(office: Office) -> None:
    path = f"{SUBACCOUNT}/caller-ids"
    before = (await office.do("GET", path))["callerIds"]
    assert await office.do("PUT", f"{path}/15550100100") == {"callerId": "+15550100100"}
    assert await office.do("PUT", f"{path}/+15550100100") == {"callerId": "+15550100100"}
    assert await office.do("PUT", f"{path}/+1777*") == {"callerId": "+1777*"}
    assert (await office.do("GET", path))["callerIds"] == sorted([*before, "+15550100100", "+1777*"])
    await office.do("DELETE", f"{path}/1777*")
    assert await office.refused("DELETE", f"{path}/1777*") == (404, "there is no caller ID 1777*")
    status, why = await office.refused("PUT", f"{path}/12")
    assert (status, why.partition(":")[0]) == (422, "callerId")
    assert (await office.refused("PUT", "/subaccounts/nobody/caller-ids/15550100100"))[0] == 404
    assert (await office.refused("GET", "/subaccounts/nobody/caller-ids"))[0] == 404
    assert [each for each in await actions(office) if each[0] == "caller-id.add"] == [
        ("caller-id.add", "DONE"),
        ("caller-id.add", "UNCHANGED"),
        ("caller-id.add", "DONE"),
        ("caller-id.add", "REFUSED"),
    ]


# -- numbers


async def test_a_number_is_given_changed_and_taken_away(office: Office) -> None:
    path = f"{SUBACCOUNT}/numbers"
    given = {"msisdn": "15550100199", "details": {"referenceId": "main", "rentalPrice": 5}}
    number = (await office.do("POST", path, given))["number"]
    assert number["msisdn"] == "+15550100199"
    assert number["details"] == {"referenceId": "main", "rentalPrice": 5.0}
    assert (await office.do("POST", path, {"msisdn": "+15550100199"}))["number"]["details"] == number["details"]
    one = f"{path}/+15550100199"
    changed = (await office.do("PATCH", one, {"operationalStatus": "Expiring", "rentalPrice": None}))["number"]
    assert (changed["operationalStatus"], changed["details"]["referenceId"]) == ("Expiring", "main")
    assert "rentalPrice" not in changed["details"]
    assert (await office.do("GET", f"{path}/15550100199"))["number"] == changed
    assert (await office.do("GET", path))["numbers"] == [changed]
    await office.do("DELETE", one)
    for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        assert await office.refused(method, one, body) == (404, "there is no number +15550100199")
    assert (await office.do("GET", path))["numbers"] == []


@pytest.mark.parametrize(
    ("body", "http", "says"),
    [
        ({}, 422, "msisdn: is missing"),
        ({"msisdn": 15550100199}, 422, "msisdn: Expected `str`"),
        ({"msisdn": "12"}, 422, "msisdn: '12' is no number"),
        ({"msisdn": "4930123456"}, 409, "+4930123456 belongs to another subaccount"),
        ({"msisdn": "15550100199", "details": {"rentalPrice": "5"}}, 422, "rentalPrice: Expected `float | null`"),
        ({"msisdn": "15550100199", "details": {"colour": 1}}, 422, "colour: there is no such field"),
        ({"msisdn": "15550100199", "rentalPrice": 5}, 422, "rentalPrice: there is no such field"),
    ],
)
async def test_a_number_that_cannot_be_given(office: Office, body: Mapping[str, object], http: int, says: str) -> None:
    status, why = await office.refused("POST", f"{SUBACCOUNT}/numbers", body)
    assert status == http
    assert why.startswith(says)
    assert await office.store.list_numbers("acme") == []


async def test_a_number_of_another_subaccount_is_not_there(office: Office) -> None:
    for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        assert (await office.refused(method, f"{SUBACCOUNT}/numbers/4930123456", body))[0] == 404
    (number,) = await office.store.list_numbers("beta")
    assert number.details == NumberDetails(reference_id=number.details.reference_id)
    path = "/subaccounts/nobody/numbers"
    assert (await office.refused("GET", path))[0] == 404
    assert (await office.refused("POST", path, {"msisdn": "15550100199"}))[0] == 404
    assert (await office.refused("POST", f"{path}/import", "msisdn\n"))[0] == 404


async def test_a_file_of_numbers_is_taken_whole_or_not_at_all(office: Office) -> None:
    path = f"{SUBACCOUNT}/numbers/import"
    assert await office.do("POST", path, "msisdn,referenceId\n15550100199,main\n15550100198,\n") == {
        "count": 2,
        "changed": 2,
    }
    assert (await office.do("POST", path, "msisdn,referenceId\n15550100199,main\n15550100198,x\n"))["changed"] == 1
    for wrong, says in (
        ("msisdn\n15550100197\nhello\n", "line 3: msisdn: 'hello'"),
        ("msisdn\n15550100197\n4930123456\n", "line 3: +4930123456 belongs to another subaccount"),
        ("number\n", "line 1: there is no column msisdn"),
    ):
        status, why = await office.refused("POST", path, wrong)
        assert status == 422
        assert why.startswith(says)
    assert len((await office.do("GET", f"{SUBACCOUNT}/numbers"))["numbers"]) == 2


async def test_a_snapshot_of_numbers_is_told_to_the_webhook(office: Office) -> None:
    path = f"{SUBACCOUNT}/numbers/snapshot"
    assert await office.refused("POST", path) == (404, "there is no enabled VNU webhook")
    await office.do("PUT", f"{SUBACCOUNT}/webhooks/VNU", VNU)
    before = len(office.store.deliveries)
    await office.do("POST", path)
    assert len(office.store.deliveries) == before + 1


# -- where recordings are pushed to


async def test_a_push_target_is_set_shown_and_removed_without_its_password(office: Office) -> None:
    path = f"{SUBACCOUNT}/recording-push"
    given = {"protocol": "SFTP", "host": "files.example", "username": "ann", "path": "/in/"}
    shown = {"subAccountId": "acme", **given, "port": 22, "passwordSet": True, "waiting": 0}
    assert await office.do("PUT", path, {**given, "password": "hush"}) == shown
    assert await office.do("GET", path) == shown
    status, why = await office.refused("PUT", path, {**given, "password": ""})
    assert (status, why) == (422, "password: should be 1..1024 printable characters")
    status, why = await office.refused("PUT", "/subaccounts/nobody/recording-push", {**given, "password": "hush"})
    assert (status, why) == (404, "there is no subaccount nobody")
    assert await office.do("POST", f"{path}/retry") == {"recordings": 0}
    await office.do("DELETE", path)
    for method, of in (("GET", path), ("DELETE", path), ("POST", f"{path}/retry")):
        assert await office.refused(method, of) == (404, "there is no place that recordings are pushed to")
    log = str((await office.do("GET", "/audit"))["entries"])
    assert "recording-push.set" in log
    assert "hush" not in log


# -- webhooks


async def test_a_webhook_is_set_signed_and_removed(office: Office) -> None:
    path = f"{SUBACCOUNT}/webhooks"
    hooks = await office.do("PUT", f"{path}/vnu", {**VNU, "httpAuthHeader": "Bearer hush", "enabled": False})
    assert hooks["webhooks"][0] == {
        "type": "VNU",
        "url": VNU["url"],
        "enabled": False,
        "httpAuthHeaderAvailable": True,
        "signed": False,
    }
    secret = (await office.do("POST", f"{path}/VNU/secret"))["secret"]
    listed = await office.do("GET", path)
    assert [(each["type"], each["signed"]) for each in listed["webhooks"]] == [("VNU", True), ("VSS", False)]
    assert secret not in str(listed)
    acme = await office.store.subaccount("acme")
    assert acme is not None
    assert acme.webhooks["VNU"].secrets == (secret,)
    await office.do("DELETE", f"{path}/VNU/secret")
    await office.do("DELETE", f"{path}/vnu")
    for method, tail in (("DELETE", ""), ("POST", "/secret"), ("DELETE", "/secret")):
        assert await office.refused(method, f"{path}/VNU{tail}") == (404, "there is no webhook VNU")
    log = str((await office.do("GET", "/audit"))["entries"])
    assert "hush" not in log
    assert secret not in log


@pytest.mark.parametrize(
    ("type_", "body", "says"),
    [
        ("VSS", {}, "url: is missing"),
        ("VSS", {"url": "ftp://x"}, "url: should be an http or https URL"),
        ("VSS", {"url": 7}, "url: Expected `str`"),
        ("VSS", {**VNU, "httpAuthHeader": "a\nb"}, "httpAuthHeader: should be at most 4096 printable"),
        ("VSS", {**VNU, "enabled": 1}, "enabled: Expected `bool`"),
        ("XYZ", VNU, "type: should be one of"),
    ],
)
async def test_a_webhook_that_cannot_be(office: Office, type_: str, body: Mapping[str, object], says: str) -> None:
    status, why = await office.refused("PUT", f"{SUBACCOUNT}/webhooks/{type_}", body)
    assert status == 422
    assert why.startswith(says)
    assert (await office.refused("PUT", "/subaccounts/nobody/webhooks/VSS", VNU))[0] == 404
    assert (await office.refused("GET", "/subaccounts/nobody/webhooks"))[0] == 404


# -- voices, rates, number ranges, exports


async def test_names_stand_for_voices(office: Office) -> None:
    (voice,) = (await office.do("GET", "/voices"))["voices"]
    assert voice["code"] == "en-US-Heart"
    for name in ("Zoe", "Ann"):
        await office.do("PUT", f"/voice-aliases/{name}", {"voice": "en-US-Heart"})
    listed = (await office.do("GET", "/voice-aliases"))["voiceAliases"]
    assert listed == [{"alias": "Ann", "voice": "en-US-Heart"}, {"alias": "Zoe", "voice": "en-US-Heart"}]
    await office.do("DELETE", "/voice-aliases/ann")
    assert await office.refused("DELETE", "/voice-aliases/ann") == (404, "there is no configured voice alias ann")
    assert await office.refused("PUT", "/voice-aliases/Ann", {}) == (422, "voice: is missing")
    assert (await office.refused("PUT", "/voice-aliases/Ann", {"voice": ""}))[0] == 422
    assert (await office.refused("PUT", f"/voice-aliases/{'x' * 101}", {"voice": "y"}))[0] == 422


async def test_a_price_list_takes_the_place_of_another(office: Office) -> None:
    head = "prefix,price,currency,increment\n"
    assert await office.do("POST", "/rates/import", head + "65,0.03,EUR,6/6\n,0.5,EUR,60/60\n") == {"count": 2}
    listed = (await office.do("GET", "/rates"))["rates"]
    assert [(each["prefix"], each["price"], each["increment"]) for each in listed] == [
        ("", "0.5", "60/60"),
        ("65", "0.03", "6/6"),
    ]
    for wrong, says in (
        (head + "65,x,EUR,6/6\n", "line 2: price: "),
        ("", "line 1: "),
        (b"\xff", "the body is not UTF-8"),
    ):
        reply = await office.ask("POST", "/rates/import", wrong, content_type="text/csv")
        assert reply.http == 422
        assert reply.json["statusMessage"].startswith(says)
    assert (await office.do("GET", "/rates"))["rates"] == listed


async def test_number_ranges_take_the_place_of_others(office: Office) -> None:
    head = "prefix,operator,mcc,mnc\n"
    assert await office.do("POST", "/numbering/import", head + "6590,Example,525,01\n") == {"count": 1}
    listed = (await office.do("GET", "/numbering"))["numbering"]
    assert listed == [{"prefix": "6590", "operator": "Example", "mcc": "525", "mnc": "01"}]
    assert (await office.refused("POST", "/numbering/import", head + "x,,,\n"))[0] == 422
    assert (await office.do("GET", "/numbering"))["numbering"] == listed


async def test_the_latest_exports_of_all_are_listed(office: Office) -> None:
    for number, name in enumerate(("acme", "beta")):
        job = ExportJob(
            job_id=str(number),
            name=f"n{number}",
            token=name,
            sub_account_id=name,
            created=number,
            since=0,
            until=1,
            most=0,
        )
        await office.store.add_export(job)
    listed = (await office.do("GET", "/exports"))["exports"]
    assert [(each["subAccountId"], each["status"], each["name"]) for each in listed] == [
        ("beta", "queued", "n1"),
        ("acme", "queued", "n0"),
    ]
    assert len((await office.do("GET", "/exports?limit=1"))["exports"]) == 1
    assert (await office.refused("GET", "/exports?limit=0"))[0] == 422


# -- the log, and pages


async def test_the_log_tells_who_did_what_in_which_request(office: Office) -> None:
    await office.do("PUT", f"{SUBACCOUNT}/caller-ids/15550100100")
    (entry,) = (await office.do("GET", "/audit"))["entries"]
    key = (await office.store.list_admin_keys())[0]
    assert entry.pop("requestId").startswith("00000000-")
    assert entry == {
        "at": format_moment(office.door.house.clock.now()),
        "actor": {"id": key.key_id, "name": "ops"},
        "action": "caller-id.add",
        "outcome": "DONE",
        "subAccountId": "acme",
        "resource": "+15550100100",
        "fields": [],
    }


async def test_the_log_is_asked_for_a_subaccount_an_action_and_a_time(office: Office) -> None:
    for path in (f"{SUBACCOUNT}/caller-ids/15550100100", "/subaccounts/beta/caller-ids/15550100100", "/accounts/sales"):
        await office.do("PUT", path)
        office.door.house.clock.advance(60)
    entries = (await office.do("GET", "/audit"))["entries"]

    async def found(query: str) -> list[int]:
        page = await office.do("GET", f"/audit?{query}")
        return [entries.index(each) for each in page["entries"]]

    assert await found("") == [0, 1, 2]
    assert await found("subAccountId=acme") == [2]
    assert await found("action=caller-id.add") == [1, 2]
    assert await found("action=caller-id.add&subAccountId=beta") == [1]
    assert await found(f"from={entries[1]['at']}") == [0, 1]
    assert await found(f"to={entries[1]['at']}") == [2]
    assert await found("subAccountId=nobody") == []
    assert (await office.refused("GET", "/audit?from=yesterday"))[1].startswith("from: should be")


async def test_the_log_in_pages_stays_right_while_it_grows(office: Office) -> None:
    for number in range(5):
        await office.do("PUT", f"/accounts/account-{number}")
    first = await office.do("GET", "/audit?limit=2")
    await office.do("PUT", "/accounts/account-5")
    second = await office.do("GET", f"/audit?limit=2&cursor={first['nextCursor']}")
    third = await office.do("GET", f"/audit?limit=2&cursor={second['nextCursor']}")
    seen = [each["resource"] for page in (first, second, third) for each in page["entries"]]
    assert seen == [f"account-{number}" for number in (4, 3, 2, 1, 0)]
    assert third["nextCursor"] is None


async def test_lists_in_pages_stay_right_while_they_grow(office: Office) -> None:
    path = f"{SUBACCOUNT}/caller-ids"
    for number in range(5):
        await office.do("PUT", f"{path}/1999010010{number}")
    begun = await office.do("GET", f"{path}?limit=3")
    await office.do("PUT", f"{path}/12220100100")
    await office.do("DELETE", f"{path}/{begun['callerIds'][-1]}")
    rest = await office.do("GET", f"{path}?limit=200&cursor={begun['nextCursor']}")
    seen = [*begun["callerIds"], *rest["callerIds"]]
    assert sorted(set(seen)) == sorted(seen)
    assert {f"+1999010010{number}" for number in range(5)} <= set(seen)


async def test_every_list_is_given_in_pages(office: Office) -> None:
    for number in range(5):
        await office.do("PUT", f"/accounts/account-{number}")
        await office.do("PUT", f"/subaccounts/sub-{number}")
        await office.do("PUT", f"{SUBACCOUNT}/caller-ids/1999010010{number}")
        await office.do("POST", f"{SUBACCOUNT}/numbers", {"msisdn": f"1555010010{number}"})
        await office.do("POST", f"{SUBACCOUNT}/keys", {"name": str(number)})
        await office.do("PUT", f"/voice-aliases/name-{number}", {"voice": "x"})
    rates = "".join(f"{number},1,EUR,1/1\n" for number in range(1, 6))
    await office.do("POST", "/rates/import", "prefix,price,currency,increment\n" + rates)
    await office.do("POST", "/numbering/import", "prefix,operator,mcc,mnc\n1,,,\n2,,,\n3,,,\n4,,,\n5,,,\n")
    office.door.house.clock.advance(60)
    for path, name, key, count in (
        ("/accounts", "accounts", "accountId", 6),
        ("/subaccounts", "subAccounts", "subAccountId", 7),
        (f"{SUBACCOUNT}/numbers", "numbers", "msisdn", 5),
        (f"{SUBACCOUNT}/keys", "keys", "keyId", 6),
        ("/voice-aliases", "voiceAliases", "alias", 5),
        ("/rates", "rates", "prefix", 5),
        ("/numbering", "numbering", "prefix", 5),
    ):
        found = [each[key] for each in await every(office, path, name)]
        assert found == sorted(set(found))
        assert len(found) == count
        office.door.house.clock.advance(60)
        for wrong in ("limit=0", "limit=201", "limit=x", "cursor=x", "cursor=MQ=="):
            assert (await office.refused("GET", f"{path}?{wrong}"))[0] == 422
