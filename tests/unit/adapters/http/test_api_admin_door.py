"""Who gets into the admin API, and what is bounded there."""

import pytest
from tests.unit.adapters.http.admin import SUBACCOUNT, Office, admin_key, open_office
from tests.unit.adapters.http.asgi import ADMIN_RATE, BASE, ask, open_door

from ringback.adapters.http.admin.parts import BODY_BYTES
from ringback.service.audit import AuditFilter
from ringback.service.key_store import hash_key
from ringback.service.ports import Overloaded

PATHS = ("/accounts", "/subaccounts", "/audit", "/nothing", "")


@pytest.fixture
async def office() -> Office:
    return await open_office()


@pytest.mark.parametrize("path", PATHS)
async def test_while_there_is_no_admin_key_nobody_gets_in(path: str) -> None:
    door = await open_door()
    for authorization in (None, f"Bearer {door.key}", "Bearer rba_x", "Basic YTpi"):
        headers = {} if authorization is None else {"Authorization": authorization}
        reply = await ask(door.app, "GET", f"/admin/v1{path}", headers=headers)
        assert reply.http == 401
        assert reply.json["statusCode"] == 401


async def test_the_two_kinds_of_key_do_not_open_each_other(office: Office) -> None:
    assert (await office.ask("GET", "/accounts", authorization=f"Bearer {office.door.key}")).http == 401
    reply = await office.door.ask("GET", f"{BASE}/webhooks", authorization=f"Bearer {office.secret}")
    assert reply.http == 401
    assert (await office.door.ask("GET", f"{BASE}/webhooks")).http == 200
    assert await office.store.authenticate(hash_key(office.secret)) is None
    assert await office.store.admin_key(hash_key(office.door.key)) is None


async def test_a_revoked_and_an_expired_key_open_nothing(office: Office) -> None:
    short = await admin_key(office.door, expires=60)
    assert (await office.ask("GET", "/accounts", authorization=f"Bearer {short}")).http == 200
    office.door.house.clock.advance(60)
    assert (await office.ask("GET", "/accounts", authorization=f"Bearer {short}")).http == 401
    key = await office.store.admin_key(hash_key(office.secret))
    assert key is not None
    await office.store.revoke_admin_key(key.key_id, office.door.house.clock.now())
    assert (await office.ask("GET", "/accounts")).http == 401


async def test_a_key_that_may_read_changes_nothing_and_its_tries_are_in_the_log(office: Office) -> None:
    office.secret = await admin_key(office.door, "read")
    for method, path, body in (
        ("PUT", "/accounts/sales", None),
        ("DELETE", SUBACCOUNT, None),
        ("POST", "/bootstrap", {"subAccountId": "acme"}),
        ("PATCH", f"{SUBACCOUNT}/settings", {}),
    ):
        status, why = await office.refused(method, path, body)
        assert (status, why) == (403, "The API key does not have the scope write")
    for path in ("/accounts", "/subaccounts", SUBACCOUNT, f"{SUBACCOUNT}/keys", "/rates", "/voices"):
        await office.do("GET", path)
    log = await office.do("GET", "/audit")
    assert [(each["action"], each["outcome"], each["resource"]) for each in log["entries"]] == [
        ("request", "REFUSED", f"PATCH /admin/v1{SUBACCOUNT}/settings"),
        ("request", "REFUSED", "POST /admin/v1/bootstrap"),
        ("request", "REFUSED", f"DELETE /admin/v1{SUBACCOUNT}"),
        ("request", "REFUSED", "PUT /admin/v1/accounts/sales"),
    ]


async def test_the_secret_of_a_key_is_not_in_the_log_of_a_request_that_was_refused(office: Office) -> None:
    office.secret = await admin_key(office.door, "read")
    for secret in (office.door.key, office.secret):
        await office.refused("DELETE", f"{SUBACCOUNT}/keys/{secret}")
        await office.refused("POST", f"{SUBACCOUNT}/keys/{secret}/rotate")
    log = await office.do("GET", "/audit")
    assert [each["resource"] for each in log["entries"]] == [
        f"POST /admin/v1{SUBACCOUNT}/keys/rba_…/rotate",
        f"DELETE /admin/v1{SUBACCOUNT}/keys/rba_…",
        f"POST /admin/v1{SUBACCOUNT}/keys/rb_…/rotate",
        f"DELETE /admin/v1{SUBACCOUNT}/keys/rb_…",
    ]


@pytest.mark.parametrize("content", [b'{"x": ' * 5000 + b"1" + b"}" * 5000, b"[" * 5000])
async def test_a_body_that_is_nested_without_an_end_is_the_clients_fault(office: Office, content: bytes) -> None:
    for method, path in (
        ("PATCH", f"{SUBACCOUNT}/settings"),
        ("POST", f"{SUBACCOUNT}/keys"),
        ("PATCH", f"{SUBACCOUNT}/numbers/6512349999"),
        ("PUT", f"{SUBACCOUNT}/recording-push"),
        ("PUT", "/scenarios/reminder"),
    ):
        assert (await office.refused(method, path, content))[0] == 422


async def test_who_asks_too_often_has_to_wait(office: Office) -> None:
    replies = [await office.ask("GET", "/voices") for _ in range(int(ADMIN_RATE) + 1)]
    assert [reply.http for reply in replies] == [200] * int(ADMIN_RATE) + [429]
    assert replies[-1].headers["retry-after"] == "1"
    other = await admin_key(office.door)
    assert (await office.ask("GET", "/voices", authorization=f"Bearer {other}")).http == 200


async def test_when_a_key_was_used_is_kept_to_the_minute(office: Office) -> None:
    house = office.door.house
    began = house.clock.now()

    async def used() -> float | None:
        await office.do("GET", "/voices")
        key = await office.store.admin_key(hash_key(office.secret))
        assert key is not None
        return key.last_used

    assert await used() == began
    house.clock.advance(59)
    assert await used() == began
    house.clock.advance(1)
    assert await used() == began + 60


async def test_a_path_that_is_not_there_is_told_to_whoever_has_a_key(office: Office) -> None:
    for path in ("/nothing", "", "/subaccounts/acme/nothing", "/accounts/"):
        status, why = await office.refused("GET", path)
        assert (status, why) == (404, f"Path not found : /admin/v1{path}")


async def test_a_method_that_a_path_has_not_is_told(office: Office) -> None:
    reply = await office.ask("POST", "/accounts")
    assert (reply.http, reply.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize(
    ("path", "media", "says"),
    [
        ("/bootstrap", "text/csv", "Content-Type must be application/json"),
        ("/rates/import", "application/json", "Content-Type must be text/csv"),
        (f"{SUBACCOUNT}/numbers/import", "text/plain", "Content-Type must be text/csv"),
    ],
)
async def test_a_body_of_another_kind_is_not_read(office: Office, path: str, media: str, says: str) -> None:
    reply = await office.ask("POST", path, b"{}", content_type=media)
    assert (reply.http, reply.json["statusMessage"]) == (415, says)


async def test_a_body_is_bounded(office: Office) -> None:
    status, why = await office.refused("POST", "/bootstrap", b" " * (BODY_BYTES + 1))
    assert (status, why) == (422, f"the body is larger than {BODY_BYTES} bytes")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "the body is no JSON: "),
        (b'{"subAccountId": "\xff"}', "the body is no JSON: "),
        (b"[]", "Expected `object`, got `array`"),
        (b"{}", "subAccountId: is missing"),
        ({"subAccountId": 7}, "subAccountId: Expected `str`, got `int`"),
        ({"subAccountId": "acme", "callerIds": [1]}, "callerIds[0]: Expected `str`, got `int`"),
        ({"subAccountId": "acme", "callerIds": ["12"]}, "callerId: '12' is no number in E.164"),
        (
            {"subAccountId": "acme", "callerIds": ["15550100100"] * 1001},
            "callerIds: Expected `array` of length <= 1000",
        ),
        ({"subAccountId": "acme", "numbers": ["x"]}, "msisdn: 'x' is no number in E.164"),
        ({"subAccountId": "acme", "numbers": None}, "numbers: Expected `array`, got `null`"),
        ({"subAccountId": "acme", "colour": 1}, "colour: there is no such field"),
        ({"subAccountId": "acme", "webhooks": [{"type": "VSS"}]}, "webhooks[0].url: is missing"),
        ({"subAccountId": "acme", "webhooks": [{"type": "X", "url": "http://a"}]}, "type: should be one of"),
        ({"subAccountId": "acme", "webhooks": [{"type": "VSS", "url": "ftp://a"}]}, "url: should be an http"),
        ({"subAccountId": "no"}, "a subaccount id is 3..50"),
    ],
)
async def test_what_is_wrong_with_a_body_is_told_with_its_path(office: Office, body: object, says: str) -> None:
    reply = await office.ask("POST", "/bootstrap", body)
    assert (reply.http, reply.json["statusCode"]) == (422, "1001")
    assert reply.json["statusMessage"].startswith(says)
    assert await office.done() == 0


async def test_a_store_that_is_overloaded_is_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    async def overloaded(_account_id: str) -> bool:
        raise Overloaded

    monkeypatch.setattr(office.store, "add_account", overloaded)
    reply = await office.ask("PUT", "/accounts/sales")
    assert (reply.http, reply.headers["retry-after"]) == (429, "1")


async def test_a_fault_of_ours_is_no_secret_and_changes_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_account_id: str) -> bool:
        message = "hush"
        raise ZeroDivisionError(message)

    monkeypatch.setattr(office.store, "add_account", broken)
    reply = await office.ask("PUT", "/accounts/sales")
    assert (reply.http, reply.json["statusCode"]) == (500, -9999)
    assert b"hush" not in reply.body
    assert await office.store.audit(AuditFilter()) == []
