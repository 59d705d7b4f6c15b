"""Whatever is posted, the API answers in its envelope, and never with a fault of its own."""

import asyncio
import json
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.test_validation_property import ENVELOPES, FLOWS, JSON
from tests.unit.adapters.http.asgi import BASE, Reply, open_door
from tests.unit.domain.bodies import body, call, say
from tests.unit.service.house import ACME

from ringback.domain.status import STATUS_CODES

CALLFLOWS = f"{BASE}/callflows"
VALID = body(call(), say(), clientRequestId="order-1", validUntil="2030-01-20T20:30:00Z")
DEPTH_PATHS = st.lists(st.integers(0, 3) | st.sampled_from(["callflow", "params", "action", "text", "destination"]))


def answer(method: str, path: str, *chunks: bytes, **headers: str | None) -> Reply:
    """Ask a new API, whose subaccount may call and has a VCA webhook."""

    async def run() -> Reply:
        door = await open_door("VCA")
        reply = await door.ask(method, path, *chunks, **headers)
        created = reply.http == 200 and path == CALLFLOWS
        assert len(door.house.store.sessions) == created
        return reply

    return asyncio.run(run())


def check_envelope(reply: Reply) -> None:
    """Hold an answer to `POST /callflows` to its form."""
    receipt: dict[str, Any] = reply.json
    row = STATUS_CODES[receipt["statusCode"]]
    assert reply.http == row.http < 500
    assert reply.headers["content-type"] == "application/json"
    assert receipt["statusMessage"].startswith(row.message.partition("{")[0])
    assert receipt["callFlowRequestId"]
    if receipt["statusCode"] == 1:
        assert receipt["sessionStatus"] == "CREATED"
        assert receipt["sessionId"]
        return
    assert receipt["sessionStatus"] == "NOT_CREATED"
    assert "sessionId" not in receipt
    assert receipt["errors"][0]["statusCode"] == receipt["statusCode"]
    for error in receipt["errors"]:
        assert error["path"].startswith("$")
        assert error["message"]


@given(st.binary(max_size=200))
def test_any_bytes_are_answered_in_the_envelope(content: bytes) -> None:
    check_envelope(answer("POST", CALLFLOWS, content))


@given(JSON, st.lists(JSON, max_size=3))
def test_any_json_is_answered_in_the_envelope(whole: object, flow: list[object]) -> None:
    for document in (
        whole,
        {"callflow": flow},
        {"callflow": whole},
        {"callflow": [{"action": "say", "params": whole}]},
    ):
        check_envelope(answer("POST", CALLFLOWS, json.dumps(document).encode()))


@given(FLOWS, ENVELOPES)
def test_a_likely_callflow_is_answered_in_the_envelope(flow: list[object], envelope: dict[str, Any]) -> None:
    check_envelope(answer("POST", CALLFLOWS, json.dumps({**envelope, "callflow": flow}).encode()))


@given(FLOWS, JSON, DEPTH_PATHS)
def test_a_valid_callflow_with_anything_put_anywhere_is_answered_in_the_envelope(
    flow: list[Any], value: object, path: list[int | str]
) -> None:
    document: Any = json.loads(json.dumps({"callflow": flow}))  # a copy: the actions are those of every other example
    place: Any = document
    for step in path:
        if isinstance(place, list) and place:
            place = place[step % len(place) if isinstance(step, int) else 0]
        elif isinstance(place, dict) and place:
            keys = sorted(place)
            key = step if isinstance(step, str) else keys[step % len(keys)]
            inner = place.get(key)
            if not isinstance(inner, dict | list) or not inner:
                place[key] = value
                break
            place = inner
    check_envelope(answer("POST", CALLFLOWS, json.dumps(document).encode()))


@given(st.integers(0, len(VALID)), st.integers(0, 5), st.binary(max_size=5))
def test_a_damaged_callflow_is_answered_in_the_envelope(at: int, lost: int, damage: bytes) -> None:
    check_envelope(answer("POST", CALLFLOWS, VALID[:at] + damage + VALID[at + lost :]))


@given(st.lists(st.integers(0, len(VALID)), max_size=5))
def test_it_does_not_matter_in_which_pieces_a_body_comes(cuts: list[int]) -> None:
    ends = [0, *sorted(cuts), len(VALID)]
    reply = answer("POST", CALLFLOWS, *(VALID[a:b] for a, b in pairwise(ends)))
    assert reply.json["statusCode"] == 1


@given(st.binary(max_size=80) | JSON.map(lambda found: json.dumps(found).encode()))
def test_any_webhook_is_taken_or_refused_in_the_published_form(content: bytes) -> None:
    reply = answer("POST", f"{BASE}/webhooks", content)
    assert reply.http == 422
    assert reply.json.keys() == {"errorId", "statusCode", "statusMessage", "timestamp"}


WEBHOOK_FIELDS = {
    "type": st.sampled_from(["VSS", "vca", "XYZ", "", None, 5]),
    "url": st.sampled_from(["http://a.example/", "ftp://a.example", "", None, 5]) | st.text(max_size=20),
    "httpAuthHeader": st.none() | st.text(max_size=20) | st.integers(),
    "enabled": st.sampled_from([True, False, None, 0, "true"]),
    "active": st.sampled_from([True, False, None, 0, "true"]),
}


@given(st.fixed_dictionaries({}, optional=WEBHOOK_FIELDS))
def test_a_likely_webhook_is_taken_or_refused_in_the_published_form(fields: dict[str, Any]) -> None:
    reply = answer("POST", f"{BASE}/webhooks", json.dumps(fields).encode())
    assert reply.http in {200, 422}
    assert reply.json["statusCode"] == (0 if reply.http == 200 else "1001")


SEGMENTS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="?#"), max_size=30)


@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    account=SEGMENTS | st.just(ACME),
    rest=SEGMENTS,
    header=st.none() | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
    authorized=st.booleans(),
)
@settings(max_examples=200)
def test_any_request_line_and_headers_get_a_refusal_in_json(
    method: str, account: str, rest: str, header: str | None, *, authorized: bool
) -> None:
    headers = {"content_type": header} | ({} if authorized else {"authorization": header})
    reply = answer(method, f"/api/v1/subaccounts/{account}/{rest}", b"{", **headers)
    known = account == ACME and rest in {"webhooks", "speech-profiles"}
    assert 400 <= reply.http < 500 or (known and authorized and reply.http == 200)
    assert known or reply.json["statusCode"] in {reply.http, -1001}
