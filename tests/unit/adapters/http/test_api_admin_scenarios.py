"""Scenarios and opt-out lists at the admin API."""

import msgspec
import pytest
from tests.unit.adapters.http.admin import SUBACCOUNT, Office, open_office
from tests.unit.domain.templates import CALL, SAY, template

from ringback.domain.scenario import MAX_TEMPLATE
from ringback.domain.shipped import SHIPPED, VOICE_MESSAGE_OPTOUT
from ringback.service.scenario_store import MAX_SCENARIOS

HELLO = "/scenarios/hello"
STAYS = f"the scenario {VOICE_MESSAGE_OPTOUT} ships with the server and stays as it is; take another name"
LIST = f"{SUBACCOUNT}/opt-outs"


@pytest.fixture
async def office() -> Office:
    return await open_office()


async def test_a_template_is_put_shown_and_removed(office: Office) -> None:
    assert await office.do("PUT", HELLO, template(CALL, SAY)) == {"name": "hello", "version": 1}
    assert await office.do("PUT", HELLO, template(CALL, SAY)) == {"name": "hello", "version": 1}
    assert await office.do("PUT", HELLO, template(CALL, SAY, SAY)) == {"name": "hello", "version": 2}
    shown = await office.do("GET", HELLO)
    assert shown == {"name": "hello", "version": 2, "template": msgspec.json.decode(template(CALL, SAY, SAY))}
    assert (await office.do("GET", f"{HELLO}?version=1"))["template"] == msgspec.json.decode(template(CALL, SAY))
    await office.do("DELETE", HELLO)
    for method in ("GET", "DELETE"):
        assert await office.refused(method, HELLO) == (404, "there is no scenario hello")


async def test_scenarios_are_listed_page_by_page_with_who_may_execute_them(office: Office) -> None:
    await office.do("PUT", HELLO, template(CALL, SAY))
    await office.do("PUT", f"{HELLO}/grants/acme")
    await office.do("PUT", f"/scenarios/{VOICE_MESSAGE_OPTOUT}/grant-to-all")
    first = await office.do("GET", "/scenarios?limit=1")
    (hello,) = first["scenarios"]
    assert hello.pop("createdAt") is not None
    assert hello == {"name": "hello", "version": 1, "grantedToAll": False, "grantedTo": ["acme"]}
    second = await office.do("GET", f"/scenarios?limit=1&cursor={first['nextCursor']}")
    (shipped,) = second["scenarios"]
    assert shipped == {
        "name": VOICE_MESSAGE_OPTOUT,
        "version": SHIPPED[VOICE_MESSAGE_OPTOUT].version,
        "createdAt": None,
        "grantedToAll": True,
        "grantedTo": [],
    }
    assert second["nextCursor"] is None


async def test_a_grant_may_be_given_again_and_taken_once(office: Office) -> None:
    await office.do("PUT", HELLO, template(CALL, SAY))
    for path in (f"{HELLO}/grants/acme", f"{HELLO}/grant-to-all"):
        for _ in range(2):
            await office.do("PUT", path)
        await office.do("DELETE", path)
        assert await office.refused("DELETE", path) == (404, "there is no such grant of a scenario hello")
    assert await office.refused("PUT", f"{HELLO}/grants/nobody") == (404, "there is no subaccount nobody")
    assert await office.refused("PUT", "/scenarios/bye/grant-to-all") == (404, "there is no scenario bye")


async def test_what_cannot_be_a_template_is_refused(office: Office) -> None:
    assert await office.refused("PUT", f"/scenarios/{VOICE_MESSAGE_OPTOUT}", template()) == (409, STAYS)
    assert await office.refused("DELETE", f"/scenarios/{VOICE_MESSAGE_OPTOUT}") == (409, STAYS)
    for content, says in (
        (b"", "Input data was truncated"),
        (b"{}", "Object missing required field `callflow`"),
        (template({"action": "dance"}), "$.callflow[0].action should be one of"),
        (template() + b" " * MAX_TEMPLATE, f"the body is larger than {MAX_TEMPLATE} bytes"),
    ):
        http, why = await office.refused("PUT", HELLO, content)
        assert http == 422
        assert says in why
    assert (await office.refused("PUT", "/scenarios/two%20words", template()))[0] == 422
    for version in ("0", "x", str(2**63), ""):
        assert (await office.refused("GET", f"{HELLO}?version={version}"))[0] == 422
    for number in range(MAX_SCENARIOS):
        await office.store.add_scenario(f"s{number}", SHIPPED[VOICE_MESSAGE_OPTOUT].template, 0.0)
    assert await office.refused("PUT", HELLO, template()) == (409, f"there are at most {MAX_SCENARIOS} scenarios")


async def test_the_opt_out_list_of_a_subaccount_is_kept(office: Office) -> None:
    added = (await office.do("POST", LIST, {"msisdn": "6512345678"}))["optOut"]
    assert (added["msisdn"], added["sessionId"]) == ("+6512345678", None)
    assert (await office.do("POST", LIST, {"msisdn": 6512345678}))["optOut"] == added
    assert await office.do("POST", f"{LIST}/import", "msisdn\n6512345678\n4930123456\n") == {"count": 2, "changed": 1}
    first = await office.do("GET", f"{LIST}?limit=1")
    second = await office.do("GET", f"{LIST}?limit=1&cursor={first['nextCursor']}")
    assert [page["optOuts"][0]["msisdn"] for page in (first, second)] == ["+4930123456", "+6512345678"]
    assert (await office.do("GET", "/subaccounts/beta/opt-outs"))["optOuts"] == []
    await office.do("DELETE", f"{LIST}/+6512345678")
    assert await office.refused("DELETE", f"{LIST}/6512345678") == (404, "there is no number 6512345678 on the list")


async def test_what_cannot_be_on_a_list_is_refused(office: Office) -> None:
    for method, path, body, http, says in (
        ("POST", LIST, {"msisdn": "12"}, 422, "msisdn: '12' is no number in E.164"),
        ("POST", LIST, {}, 422, "msisdn"),
        ("POST", LIST, {"msisdn": "6512345678", "why": ""}, 422, "why"),
        ("POST", f"{LIST}/import", "msisdn\nx\n", 422, "line 2: "),
        ("DELETE", f"{LIST}/12", None, 422, "msisdn: '12' is no number in E.164"),
        ("GET", f"{LIST}?limit=0", None, 422, "limit: "),
        ("GET", "/subaccounts/nobody/opt-outs", None, 404, "there is no subaccount nobody"),
        ("POST", "/subaccounts/nobody/opt-outs", {"msisdn": "6512345678"}, 404, "there is no subaccount nobody"),
        ("POST", "/subaccounts/nobody/opt-outs/import", "msisdn\n6512345678\n", 404, "there is no subaccount nobody"),
    ):
        found, why = await office.refused(method, path, body)
        assert (found, says in why) == (http, True), why


async def test_all_of_it_is_in_the_audit_log(office: Office) -> None:
    await office.do("PUT", HELLO, template())
    await office.do("PUT", f"{HELLO}/grants/acme")
    await office.do("DELETE", f"{HELLO}/grants/acme")
    await office.do("DELETE", HELLO)
    await office.do("POST", LIST, {"msisdn": "6512345678"})
    await office.do("POST", f"{LIST}/import", "msisdn\n4930123456\n")
    await office.do("DELETE", f"{LIST}/6512345678")
    entries = (await office.do("GET", "/audit"))["entries"][::-1]
    assert [(each["action"], each["resource"], each["outcome"]) for each in entries] == [
        ("scenario.add", "hello", "DONE"),
        ("scenario.grant", "hello", "DONE"),
        ("scenario.revoke", "hello", "DONE"),
        ("scenario.remove", "hello", "DONE"),
        ("optout.add", "+6512345678", "DONE"),
        ("optout.import", "1 numbers", "DONE"),
        ("optout.remove", "+6512345678", "DONE"),
    ]
