"""`POST /callflows` over HTTP: every status code, their precedence, and what published clients send."""

import json
from typing import Any

import pytest
from tests.unit.adapters.http.asgi import BASE, Door, Reply, open_door
from tests.unit.domain.bodies import HANGUP, body, call, capture, play, say, scenario
from tests.unit.service.house import House

from ringback.domain.status import ERROR_CODES, PRECEDENCE, STATUS_CODES

PAST = "2020-01-20T20:30:00Z"
UNKNOWN: dict[str, Any] = {"action": "sing", "params": {}}
ENTRY = "Invalid call flow entry provided. "

# Each row breaks one rule, in the order in which they are reported (wire specification, section 1.3).
# status code, HTTP status, exact message, paths of `errors`, body
TABLE: list[tuple[int, int, str, list[str], bytes]] = [
    (-1001, 400, "Invalid JSON request body", ["$"], b'{"callflow": ['),
    (-1009, 400, f"{ENTRY}$.callflow: is missing but it is required", ["$.callflow"], b"{}"),
    (
        -1007,
        400,
        "Invalid action type was used. Accepted action type is [say, sayAndcapture, makeCall, hangup, playFile]",
        ["$.callflow[1].action"],
        body(call(), UNKNOWN),
    ),
    (
        -1018,
        422,
        "Invalid Callflow: Execute Scenario cannot be processed together with other actions",
        ["$.callflow[1]", "$.callflow[1].params.scenarioName"],
        body(call(), scenario()),
    ),
    (
        -1019,
        422,
        "Invalid Callflow Content: scenarioName is null or empty",
        ["$.callflow[0].params.scenarioName"],
        body(scenario(scenarioName="")),
    ),
    (
        -1020,
        422,
        "Invalid Callflow: Invalid scenarioName or the account doesn't have permission to execute this scenario",
        ["$.callflow[0].params.scenarioName"],
        body(scenario()),
    ),
    (
        -1013,
        422,
        "Invalid Callflow : First action should be a MakeCall action",
        ["$.callflow[0].action"],
        body(say(), call()),
    ),
    (
        -1010,
        422,
        "Some actions are provided beyond the allowed count",
        ["$.callflow[2]"],
        body(call(), call(), call()),
    ),
    (
        -1012,
        422,
        "Invalid Callflow : Incorrect use of action Hangup",
        ["$.callflow[2]"],
        body(call(), HANGUP, say()),
    ),
    (
        -1009,
        400,
        f"{ENTRY}$.callflow[1].params.text: is missing but it is required",
        ["$.callflow[1].params.text"],
        body(call(), say(text=...)),
    ),
    (
        -1011,
        422,
        "Multiple destination phone numbers found in the request",
        ["$.callflow[0].params.destination"],
        body(call(destination="+6512345678,+6512345679")),
    ),
    (
        -1017,
        422,
        "Invalid MSISDN format in Destination",
        ["$.callflow[0].params.destination"],
        body(call(destination="+65")),
    ),
    (-1014, 422, "Source or caller ID is not allowed", ["$.callflow[0].params.source"], body(call(source="1"))),
    (
        -1016,
        422,
        "Invalid Callflow Content: Some special characters are invalid/unaccepted",
        ["$.callflow[1].params.text"],
        body(call(), say(text="\x07")),
    ),
    (
        -1002,
        422,
        "Speech profile or language parameter invalid",
        ["$.callflow[1].params.voiceProfile"],
        body(call(), say(voiceProfile="nobody")),
    ),
    (
        -1003,
        422,
        "Valid maxDigits required when minDigits provided",
        ["$.callflow[1].params.maxDigits"],
        body(call(), capture(minDigits=1)),
    ),
    (
        -1008,
        422,
        "Valid maxDigits is required when completeOnHash is false",
        ["$.callflow[1].params.maxDigits"],
        body(call(), capture(completeOnHash=False)),
    ),
    (
        -1005,
        422,
        "Valid overallTimeout is required when digitTimeout provided",
        ["$.callflow[1].params.overallTimeout"],
        body(call(), capture(digitTimeout=1000)),
    ),
    (
        -1006,
        422,
        "OverallTimeout should be greater than digitTimeout",
        ["$.callflow[1].params.overallTimeout"],
        body(call(), capture(digitTimeout=1001, overallTimeout=1000)),
    ),
    (
        -1009,
        400,
        f"{ENTRY}$.clientRequestId: must be a string",
        ["$.clientRequestId"],
        body(call(), say(), clientRequestId=5),
    ),
    (
        -1015,
        422,
        "The validity period of the call flow request has expired",
        ["$.validUntil"],
        body(call(), say(), validUntil=PAST),
    ),
]
IDS = [f"{row[0]} {row[3][0]}" for row in TABLE]

# What breaks several rules at once: the two that are neighbours in the precedence, in the order of their report.
STEPS: list[tuple[int, int, bytes]] = [
    (-1009, -1007, body(5, UNKNOWN)),
    (-1007, -1018, body(UNKNOWN, scenario())),
    (-1018, -1019, body(call(), scenario(scenarioName=""))),
    (-1018, -1020, body(call(), scenario())),
    (-1018, -1013, body(say(), scenario())),
    (-1013, -1010, body(say(), call(), call(), call())),
    (-1010, -1012, body(call(), HANGUP, call(), call())),
    (-1012, -1009, body(call(), HANGUP, say(text=""))),
    (-1009, -1011, body(call(destination=["+6512345678"]), say(text=""))),
    (-1011, -1017, body(call(destination=["+6512345678"]), call(destination="+65"))),
    (-1017, -1014, body(call(destination="+65", source="1"))),
    (-1014, -1016, body(call(source="1"), say(text="\x07"))),
    (-1016, -1002, body(call(), say(text="\x07", voiceProfile="nobody"))),
    (-1002, -1003, body(call(), capture(voiceProfile="nobody", minDigits=1))),
    (-1003, -1008, body(call(), capture(minDigits=1), capture(completeOnHash=False))),
    (-1008, -1005, body(call(), capture(completeOnHash=False, digitTimeout=1000))),
    (-1005, -1006, body(call(), capture(digitTimeout=1000), capture(digitTimeout=2, overallTimeout=1))),
    (-1009, -1015, body(call(), say(), clientRequestId=5, validUntil=PAST)),
]


def codes(reply: Reply) -> list[int]:
    return [row["statusCode"] for row in reply.json["errors"]]


def check_rejection(reply: Reply, code: int, http: int, message: str) -> None:
    """Hold an answer to the envelope of a rejection."""
    assert (reply.http, reply.json["statusCode"], reply.json["statusMessage"]) == (http, code, message)
    assert reply.headers["content-type"] == "application/json"
    assert reply.json["sessionStatus"] == "NOT_CREATED"
    assert reply.json["callFlowRequestId"]
    assert "sessionId" not in reply.json


# ---------------------------------------------------------------- the table


@pytest.mark.parametrize(("code", "http", "message", "paths", "content"), TABLE, ids=IDS)
async def test_a_broken_rule_has_its_code_its_message_and_its_path(
    code: int, http: int, message: str, paths: list[str], content: bytes
) -> None:
    door = await open_door("VCA")
    reply = await door.post(content)
    check_rejection(reply, code, http, message)
    assert reply.json.keys() == {"sessionStatus", "callFlowRequestId", "statusCode", "statusMessage", "errors"}
    assert [row["path"] for row in reply.json["errors"]] == paths
    assert reply.json["errors"][0]["statusCode"] == code
    assert all(row.keys() == {"statusCode", "path", "message"} and row["message"] for row in reply.json["errors"])
    assert not door.house.store.sessions


async def test_a_capture_without_a_way_for_its_digits_is_1004() -> None:
    door = await open_door("VSS")
    reply = await door.post(body(call(), capture()))
    check_rejection(reply, -1004, 422, "DTMF callback url not provided")
    assert [row["path"] for row in reply.json["errors"]] == ["$.callflow[1].params.dtmfCallbackUrl"]


@pytest.mark.parametrize(("first", "second", "content"), STEPS, ids=[f"{a} before {b}" for a, b, _ in STEPS])
async def test_of_two_broken_rules_the_first_in_precedence_is_reported(first: int, second: int, content: bytes) -> None:
    reply = await (await open_door("VCA")).post(content)
    found = codes(reply)
    assert reply.json["statusCode"] == found[0] == first
    assert second in found[1:]


@pytest.mark.parametrize(
    ("first", "second", "content"),
    [
        (-1006, -1004, body(call(), capture(digitTimeout=2, overallTimeout=1))),
        (-1004, -1009, body(call(), capture(), clientActionId=5)),
    ],
)
async def test_the_steps_around_a_missing_callback(first: int, second: int, content: bytes) -> None:
    found = codes(await (await open_door()).post(content))
    assert (found[0], second in found[1:]) == (first, True)


async def test_the_tests_have_every_code_that_a_callflow_can_be_answered_with() -> None:
    elsewhere = {1, -1004, -9999, 401, 403, 404, 422, 429}
    assert {row[0] for row in TABLE} | elsewhere == set(STATUS_CODES)
    assert [row[0] for row in TABLE] == [code for code in PRECEDENCE if code not in elsewhere]
    assert not set(STATUS_CODES) & set(ERROR_CODES) - {-9999}


# ---------------------------------------------------------------- before the body


async def test_a_request_without_a_key_is_401_whatever_it_holds() -> None:
    door = await open_door()
    for authorization in (None, "Bearer nobody", f"Basic {door.key}", door.key):
        reply = await door.ask("POST", f"{BASE}/callflows", b"{", authorization=authorization)
        check_rejection(reply, 401, 401, "Authentication header not found or token invalid")


async def test_an_unknown_subaccount_is_404_whatever_the_request_holds() -> None:
    door = await open_door()
    reply = await door.ask("POST", "/api/v1/subaccounts/nobody/callflows", b"{")
    check_rejection(reply, 404, 404, "SubAccount not found by Id : nobody")


async def test_the_subaccount_of_another_key_is_404() -> None:
    door = await open_door()
    await door.house.store.add_subaccount("other")
    reply = await door.ask("POST", "/api/v1/subaccounts/other/callflows", body(call(), say()))
    check_rejection(reply, 404, 404, "SubAccount not found by Id : other")


async def test_over_the_rate_it_is_429_with_retry_after() -> None:
    door = await open_door(house=House(requests_per_second=1))
    assert (await door.post(b"{")).json["statusCode"] == -1001
    reply = await door.post(b"{")
    check_rejection(reply, 429, 429, "Too many requests")
    assert reply.headers["retry-after"] == "1"
    door.house.clock.advance(1)
    assert (await door.post(body(call(), say()))).json["statusCode"] == 1


async def test_401_comes_before_404_and_404_before_429() -> None:
    door = await open_door(house=House(requests_per_second=1))
    await door.post(b"{")
    other = "/api/v1/subaccounts/other/callflows"
    assert (await door.ask("POST", other, authorization="Bearer nobody")).http == 401
    assert (await door.ask("POST", other)).http == 404
    assert (await door.post(b"{")).http == 429


# ---------------------------------------------------------------- what is accepted


async def created(door: Door, content: bytes) -> dict[str, Any]:
    reply = await door.post(content)
    assert reply.http == 200, reply.body
    receipt: dict[str, Any] = reply.json
    assert (receipt["statusCode"], receipt["statusMessage"], receipt["sessionStatus"]) == (1, "Created", "CREATED")
    assert receipt["sessionId"] in door.house.store.sessions
    return receipt


async def test_a_receipt_has_the_published_form() -> None:
    receipt = await created(await open_door("VCA"), body(call(), say(), validUntil="2030-01-20T20:30:00Z"))
    assert receipt.keys() == {
        "sessionId",
        "sessionStatus",
        "callFlowRequestId",
        "validUntil",
        "statusCode",
        "statusMessage",
    }
    assert receipt["validUntil"] == "2030-01-20T20:30:00.000Z"


async def test_the_published_sample_runs_unchanged() -> None:
    sample = {
        "validUntil": "2030-01-20T20:30:00Z",
        "clientRequestId": "order-1200",
        "clientActionId": "menu-1",
        "callflow": [
            {"action": "makeCall", "params": {"source": "6512341234", "destination": "+6512345678"}},
            {
                "action": "sayAndCapture",
                "params": {
                    "promptMessage": "Press 1 or 2.",
                    "voiceProfile": "en-US-BenjaminRUS",
                    "repetition": 1,
                    "speed": 1,
                    "minDigits": 1,
                    "maxDigits": 1,
                    "digitTimeout": 10000,
                    "overallTimeout": 10000,
                    "completeOnHash": False,
                    "noOfTries": 2,
                    "successMessage": None,
                    "failureMessage": "Invalid input, please try again",
                },
            },
            {"action": "hangup", "params": {}},
        ],
    }
    door = await open_door("VCA")
    receipt = await created(door, json.dumps(sample).encode())
    assert [row["path"] for row in receipt["warnings"]] == ["$.callflow[1]"]  # its hangup loses the digits
    stored = door.house.store.sessions[receipt["sessionId"]].session.callflow
    assert (stored.client_request_id, stored.client_action_id) == ("order-1200", "menu-1")


@pytest.mark.parametrize(
    "content",
    [
        body(call(destination="6512345678"), say()),
        body(call(destination=6512345678, source=6512341234), say()),
        body(call(source="+6512341234"), say()),
        body(call(), say(), clientActionId="menu", clientRequestId=None, validUntil=None),
        body(call(), say(), {"action": "hangup", "params": {}}),
        body(call(), say(), {"action": "hangup", "params": None}),
        body(call(), say(), {"action": "hangup"}),
        body(call(), HANGUP),
        body(call(), capture(repetition=2, successMessage=None, failureMessage=None)),
        body(call(), capture(digitTimeout=10000, overallTimeout=10000)),
        body(call(), capture(promptMessage=..., text="Press 1", endMessage="Thank you")),
        body(call(), {"action": "say&capture", "params": capture()["params"]}),
        body({"action": "MAKECALL", "params": call()["params"]}, {"action": "Say", "params": say()["params"]}),
        body(call(), say(voiceProfile=..., language="en-us")),
        body(call(), say(speed=0.5, repetition=3)),
        body(call(), play(repetition=None), unknown={"deep": [1, 2]}),
        body(call(), call(destination="+6587654321")),
    ],
)
async def test_the_forms_of_published_clients_are_accepted(content: bytes) -> None:
    await created(await open_door("VCA"), content)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "text/json",
        "application/x+json",
    ],
)
async def test_a_body_may_be_said_to_be_json_in_any_way(content_type: str | None) -> None:
    door = await open_door()
    reply = await door.ask("POST", f"{BASE}/callflows", body(call(), say()), content_type=content_type)
    assert reply.http == 200
