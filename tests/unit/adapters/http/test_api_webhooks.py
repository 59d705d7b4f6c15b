"""The webhooks of a subaccount over HTTP."""

import json
import re
from typing import Any

import pytest
from tests.unit.adapters.http.asgi import BASE, Reply, open_door

from ringback.service.ports import WebhookType

WEBHOOKS = f"{BASE}/webhooks"
URL = "https://acme.example/hook"
OK = {"statusCode": 0, "statusMessage": "ok"}


def shown(type_: str, url: str = URL, *, enabled: bool = True, secret: bool = False) -> dict[str, Any]:
    return {"type": type_, "url": url, "enabled": enabled, "httpAuthHeaderAvailable": secret}


def request(**fields: object) -> bytes:
    return json.dumps({"type": "VSS", "url": URL} | fields).encode()


async def test_a_subaccount_without_webhooks_has_an_empty_list() -> None:
    reply = await (await open_door()).ask("GET", WEBHOOKS)
    assert (reply.http, reply.json) == (200, {"subAccountId": "acme", "count": 0, "webhooks": [], **OK})


async def test_webhooks_are_listed_with_the_disabled_ones_and_without_their_secrets() -> None:
    door = await open_door()
    await door.house.store.set_webhook("acme", WebhookType("VSS", URL, "Bearer hush"))
    await door.house.store.set_webhook("acme", WebhookType("VCA", URL, enabled=False))
    reply = await door.ask("GET", WEBHOOKS)
    rows = [shown("VCA", enabled=False), shown("VSS", secret=True)]
    assert reply.json == {"subAccountId": "acme", "count": 2, "webhooks": rows, **OK}
    assert b"hush" not in reply.body


async def test_a_new_webhook_is_answered_with_the_whole_list() -> None:
    door = await open_door()
    await door.house.store.set_webhook("acme", WebhookType("VCS", URL))
    reply = await door.ask("POST", WEBHOOKS, request())
    assert (reply.http, reply.json) == (
        200,
        {"subAccountId": "acme", "count": 2, "webhooks": [shown("VCS"), shown("VSS")], **OK},
    )
    assert (await door.house.subaccount()).webhooks["VSS"] == WebhookType("VSS", URL)


async def test_a_second_post_replaces_the_webhook_and_forgets_its_secret() -> None:
    door = await open_door()
    await door.ask("POST", WEBHOOKS, request(httpAuthHeader="Bearer hush"))
    reply = await door.ask("POST", WEBHOOKS, request(url="http://acme.example/2"))
    assert reply.json["webhooks"] == [shown("VSS", "http://acme.example/2")]
    assert (await door.house.subaccount()).webhooks["VSS"].authorization is None


async def test_the_auth_header_is_kept_and_never_shown() -> None:
    door = await open_door()
    replies = [
        await door.ask("POST", WEBHOOKS, request(httpAuthHeader="Bearer hush")),
        await door.ask("GET", WEBHOOKS),
    ]
    assert (await door.house.subaccount()).webhooks["VSS"].authorization == "Bearer hush"
    replies.append(await door.ask("DELETE", f"{WEBHOOKS}/VSS"))
    for reply in replies:
        assert b"hush" not in reply.body
        assert b'"httpAuthHeaderAvailable":true' in reply.body


@pytest.mark.parametrize("field", ["enabled", "active"])
@pytest.mark.parametrize("value", [True, False])
async def test_active_is_taken_for_enabled(field: str, *, value: bool) -> None:
    reply = await (await open_door()).ask("POST", WEBHOOKS, request(**{field: value}))
    assert reply.json["webhooks"] == [shown("VSS", enabled=value)]


async def test_an_optional_field_that_is_null_counts_as_absent() -> None:
    reply = await (await open_door()).ask(
        "POST", WEBHOOKS, request(enabled=None, active=None, httpAuthHeader=None, version=None)
    )
    assert (reply.http, reply.json["webhooks"]) == (200, [shown("VSS")])


@pytest.mark.parametrize("type_", ["VSS", "vss", "Vss"])
async def test_a_deleted_webhook_is_shown_as_it_was_and_gone(type_: str) -> None:
    door = await open_door()
    await door.ask("POST", WEBHOOKS, request(enabled=False))
    reply = await door.ask("DELETE", f"{WEBHOOKS}/{type_}")
    assert (reply.http, reply.json) == (
        200,
        {"subAccountId": "acme", **shown("VSS", enabled=False), "statusCode": 0, "statusMessage": "deleted"},
    )
    assert (await door.ask("GET", WEBHOOKS)).json["count"] == 0
    assert (await door.ask("DELETE", f"{WEBHOOKS}/{type_}")).http == 404


@pytest.mark.parametrize("type_", ["VSS", "XYZ", "%00", "x" * 30])
async def test_a_webhook_that_is_not_there_is_404(type_: str) -> None:
    reply = await (await open_door()).ask("DELETE", f"{WEBHOOKS}/{type_}")
    assert (reply.http, reply.json["statusCode"]) == (404, 404)
    assert reply.json.keys() == {"statusCode", "statusMessage"}


async def test_a_long_type_is_not_given_back_whole() -> None:
    reply = await (await open_door()).ask("DELETE", f"{WEBHOOKS}/{'x' * 5000}")
    assert reply.http == 404
    assert len(reply.body) < 400


def check_invalid(reply: Reply, says: str) -> None:
    """Hold an answer to the form of an invalid parameter (wire specification, section 3)."""
    assert reply.http == 422
    assert reply.json.keys() == {"errorId", "statusCode", "statusMessage", "timestamp"}
    assert reply.json["statusCode"] == "1001"
    assert says in reply.json["statusMessage"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", reply.json["errorId"])
    assert reply.json["timestamp"] == "2027-01-15T08:00:00.000Z"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "truncated"),
        (b"{", "truncated"),
        (b"\xff", "malformed"),
        (b"[]", "object"),
        (b"null", "object"),
        (b"[" * 20_000, ""),
        (b'{"type": "VSS", "url": "\\ud800"}', ""),
        (json.dumps({"url": URL}).encode(), "type"),
        (json.dumps({"type": "VSS"}).encode(), "url"),
        (request(type=None), "type"),
        (request(type="XYZ"), "type: should be one of: VCA, VCS, VSS, VRU, VNU"),
        (request(url=None), "url"),
        (request(url="acme.example"), "url: "),
        (request(url="ftp://acme.example"), "url: "),
        (request(url="http://" + "x" * 2048), "url: "),
        (request(enabled="true"), "enabled"),
        (request(active=0), "active"),
        (request(httpAuthHeader=["x"]), "httpAuthHeader"),
        (request(httpAuthHeader="x\r\ny: z"), "httpAuthHeader: "),
    ],
)
async def test_an_invalid_parameter_is_422_and_named(content: bytes, says: str) -> None:
    door = await open_door()
    check_invalid(await door.ask("POST", WEBHOOKS, content), says)
    assert not (await door.house.subaccount()).webhooks


async def test_a_secret_in_an_invalid_request_is_not_given_back() -> None:
    reply = await (await open_door()).ask("POST", WEBHOOKS, request(httpAuthHeader="hush\nhush"))
    check_invalid(reply, "httpAuthHeader: ")
    assert b"hush" not in reply.body


async def test_a_body_longer_than_the_bound_is_no_webhook() -> None:
    reply = await (await open_door()).ask("POST", WEBHOOKS, request(x="x" * 300_000))
    check_invalid(reply, "the body is larger than 262144 bytes")
