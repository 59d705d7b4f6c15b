"""`executeScenario`, `/scenarios` and `/opt-outs` over HTTP."""

from typing import Any

import pytest
from tests.unit.adapters.http.asgi import BASE, Door, open_door
from tests.unit.domain.bodies import DESTINATION, NOW, SOURCE, body, call, scenario
from tests.unit.domain.templates import CALL, SAY, template
from tests.unit.service.house import ACME

from ringback.domain.number import Number
from ringback.domain.scenario_check import parse_template
from ringback.domain.shipped import VOICE_MESSAGE_OPTOUT
from ringback.service.pages import cursor_at

GIVEN = {"source": SOURCE, "destination": DESTINATION, "message": "We are closed today."}
BEYOND = cursor_at(2**63)
"""Behind the last row that any store can have."""
ANN = Number("6512345678")


@pytest.fixture
async def door() -> Door:
    made = await open_door()
    await made.house.store.grant_scenario(VOICE_MESSAGE_OPTOUT, ACME)
    return made


def asked(**changes: object) -> dict[str, Any]:
    return scenario(scenarioName=VOICE_MESSAGE_OPTOUT, scenarioParams=GIVEN | changes)


# -- executeScenario


async def test_a_scenario_that_is_granted_is_created(door: Door) -> None:
    answer = await door.post(body(asked()))
    assert (answer.http, answer.json["statusCode"]) == (200, 1)
    assert "warnings" not in answer.json
    shown = (await door.ask("GET", f"{BASE}/sessions/{answer.json['sessionId']}")).json
    assert shown["scenario"] == {"name": VOICE_MESSAGE_OPTOUT, "version": 1}
    (listed,) = (await door.ask("GET", f"{BASE}/sessions")).json["sessions"]
    assert (listed["scenario"], listed["destination"]) == (shown["scenario"], DESTINATION)


@pytest.mark.parametrize(
    ("actions", "http", "code", "message"),
    [
        (
            [call(), asked()],
            422,
            -1018,
            "Invalid Callflow: Execute Scenario cannot be processed together with other actions",
        ),
        (
            [asked(), asked()],
            422,
            -1018,
            "Invalid Callflow: Execute Scenario cannot be processed together with other actions",
        ),
        ([scenario(scenarioName="")], 422, -1019, "Invalid Callflow Content: scenarioName is null or empty"),
        ([scenario(scenarioName=None)], 422, -1019, "Invalid Callflow Content: scenarioName is null or empty"),
        (
            [scenario(scenarioName="hello")],
            422,
            -1020,
            "Invalid Callflow: Invalid scenarioName or the account doesn't have permission to execute this scenario",
        ),
        (
            [scenario(scenarioName=VOICE_MESSAGE_OPTOUT, scenarioParams="none")],
            400,
            -1009,
            "Invalid call flow entry provided. $.callflow[0].params.scenarioParams: must be an object",
        ),
    ],
)
async def test_a_scenario_that_cannot_be_executed_is_rejected(
    door: Door, actions: list[object], http: int, code: int, message: str
) -> None:
    answer = await door.post(body(*actions))
    assert (answer.http, answer.json["statusCode"], answer.json["statusMessage"]) == (http, code, message)
    assert answer.json["sessionStatus"] == "NOT_CREATED"


async def test_one_that_is_not_granted_is_as_one_that_is_not_there(door: Door) -> None:
    await door.house.store.add_scenario("hello", parse_template(template(CALL, SAY)), NOW)
    assert (await door.post(body(scenario(scenarioName="hello")))).json["statusCode"] == -1020
    await door.house.store.add_subaccount("beta")
    await door.house.store.grant_scenario("hello", "beta")
    assert (await door.post(body(scenario(scenarioName="hello")))).json["statusCode"] == -1020
    assert [each["scenarioName"] for each in await scenarios(door)] == [VOICE_MESSAGE_OPTOUT]


async def test_wrong_parameters_are_created_and_warned_of(door: Door) -> None:
    answer = await door.post(body(asked(repetition="often")))
    assert (answer.http, answer.json["sessionStatus"]) == (200, "CREATED")
    (warning,) = answer.json["warnings"]
    assert warning["path"] == "$.callflow[0].params.scenarioParams.repetition"
    assert warning["message"].startswith("the session ends with -2009: ")
    await door.house.dispatch._pass()
    await door.house.over()
    shown = (await door.ask("GET", f"{BASE}/sessions/{answer.json['sessionId']}")).json
    assert (shown["sessionStatus"], shown["legs"]) == ("ERROR", [])
    assert shown["summary"]["errorDetails"] == {
        "errorMsg": "The scenario parameters provided is invalid",
        "errorCode": -2009,
        "callFlowRequestId": answer.json["callFlowRequestId"],
        "action": "EXECUTE_SCENARIO",
    }
    assert (shown["summary"]["callCount"], shown["summary"]["details"]) == (0, {})


async def test_a_rehearsal_starts_nothing(door: Door) -> None:
    answer = await door.ask("POST", f"{BASE}/callflows?dryRun=true", body(asked(source=None)))
    assert (answer.http, answer.json["sessionStatus"], len(answer.json["warnings"])) == (200, "VALID", 1)
    assert not door.house.store.sessions


# -- /scenarios


async def scenarios(door: Door) -> list[dict[str, Any]]:
    answer = await door.ask("GET", f"{BASE}/scenarios")
    assert answer.http == 200
    listed: list[dict[str, Any]] = answer.json["scenarios"]
    return listed


async def test_the_scenarios_are_shown_with_their_parameters(door: Door) -> None:
    kinds = {
        "text": {"type": "string"},
        "count": {"type": "integer", "minimum": 1, "default": 2, "description": "How often."},
        "on": {"type": "boolean", "required": False},
        "kind": {"type": "enum", "values": ["a", "b"]},
    }
    await door.house.store.add_scenario("hello", parse_template(template(CALL, SAY, **kinds)), NOW)
    await door.house.store.grant_scenario("hello", None)
    hello, shipped = await scenarios(door)
    assert (hello["scenarioName"], hello["version"], hello["optOut"]) == ("hello", 1, False)
    assert [parameter for parameter in hello["parameters"] if parameter["name"] in kinds] == [
        {"name": "text", "type": "string", "required": True, "description": "", "maxLength": 3000},
        {
            "name": "count",
            "type": "integer",
            "required": False,
            "description": "How often.",
            "default": 2,
            "minimum": 1,
            "maximum": 2**53,
        },
        {"name": "on", "type": "boolean", "required": False, "description": ""},
        {"name": "kind", "type": "enum", "required": True, "description": "", "values": ["a", "b"]},
    ]
    assert (shipped["scenarioName"], shipped["optOut"]) == (VOICE_MESSAGE_OPTOUT, True)
    assert "callflow" not in shipped


async def test_without_a_grant_there_is_nothing() -> None:
    assert await scenarios(await open_door()) == []


# -- /opt-outs


async def test_a_number_is_added_shown_listed_and_taken_off(door: Door) -> None:
    added = await door.ask("POST", f"{BASE}/opt-outs", b'{"msisdn": 6512345678}')
    entry = {"msisdn": "+6512345678", "createdAt": "2027-01-15T08:00:00.000Z", "sessionId": None}
    assert (added.http, added.json) == (200, {**entry, "statusCode": 0, "statusMessage": "ok"})
    for path in ("+6512345678", "6512345678"):
        assert (await door.ask("GET", f"{BASE}/opt-outs/{path}")).json == added.json
    listed = await door.ask("GET", f"{BASE}/opt-outs")
    assert listed.json == {"optOuts": [entry], "nextCursor": None, "statusCode": 0, "statusMessage": "ok"}
    removed = await door.ask("DELETE", f"{BASE}/opt-outs/6512345678")
    assert removed.json == {**entry, "statusCode": 0, "statusMessage": "deleted"}
    for method in ("GET", "DELETE"):
        gone = await door.ask(method, f"{BASE}/opt-outs/6512345678")
        assert gone.http == 404
        assert gone.json["statusMessage"] == "Number not found on the opt-out list : +6512345678"


async def test_the_list_of_another_subaccount_is_never_seen(door: Door) -> None:
    await door.house.store.add_subaccount("beta")
    await door.house.store.add_opt_out("beta", ANN, NOW)
    assert (await door.ask("GET", f"{BASE}/opt-outs")).json["optOuts"] == []
    assert (await door.ask("GET", f"{BASE}/opt-outs/6512345678")).http == 404
    assert (await door.ask("DELETE", f"{BASE}/opt-outs/6512345678")).http == 404
    assert await door.house.store.is_opted_out("beta", ANN)


async def test_pages_stay_right_while_numbers_are_added(door: Door) -> None:
    store = door.house.store
    for number in range(5):
        await store.add_opt_out(ACME, Number(f"651234567{number}"), NOW, "d9874358-89ac-4c50-bbab-1eb634482a94")
    first = (await door.ask("GET", f"{BASE}/opt-outs?limit=2")).json
    await store.add_opt_out(ACME, Number("6512345679"), NOW)
    second = (await door.ask("GET", f"{BASE}/opt-outs?limit=2&cursor={first['nextCursor']}")).json
    third = (await door.ask("GET", f"{BASE}/opt-outs?limit=2&cursor={second['nextCursor']}")).json
    seen = [entry["msisdn"][-1] for page in (first, second, third) for entry in page["optOuts"]]
    assert (seen, third["nextCursor"]) == (["4", "3", "2", "1", "0"], None)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"msisdn": null}', b'{"msisdn": "12"}', b'{"msisdn": "+65 1234 5678"}', b"\xff"]
)
async def test_what_is_no_number_is_not_added(door: Door, content: bytes) -> None:
    answer = await door.ask("POST", f"{BASE}/opt-outs", content)
    assert (answer.http, answer.json["statusCode"]) == (422, "1001")


@pytest.mark.parametrize(
    "path", ["opt-outs/abc", "opt-outs/12", "opt-outs?limit=0", "opt-outs?cursor=x", f"opt-outs?cursor={BEYOND}"]
)
async def test_what_cannot_be_asked_for_is_told(door: Door, path: str) -> None:
    assert (await door.ask("GET", f"{BASE}/{path}")).http == 422
