"""The API at its edges: unknown paths, wrong methods, bodies that are too long or cut off, and faults of ours."""

import asyncio
from collections.abc import Sequence

import msgspec
import pytest
from structlog.testing import capture_logs
from tests.unit.adapters.http.asgi import BASE, Door, open_door
from tests.unit.domain.bodies import body, call, say
from tests.unit.service.house import House

from ringback.adapters.store import StoreBusy
from ringback.service.key_store import Grant
from ringback.service.ports import NewSession, Subaccount, WebhookType
from ringback.testing.store import InMemoryStore

CALLFLOWS = f"{BASE}/callflows"
WEBHOOKS = f"{BASE}/webhooks"
PROFILES = f"{BASE}/speech-profiles"
VALID = body(call(), say())


# ---------------------------------------------------------------- paths and methods


@pytest.mark.parametrize("path", [BASE, f"{BASE}/", f"{BASE}/nothing", f"{CALLFLOWS}/x", f"{WEBHOOKS}/VSS/x"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT", "OPTIONS"])
async def test_an_unknown_path_under_the_base_is_404_in_the_usual_form(method: str, path: str) -> None:
    reply = await (await open_door()).ask(method, path)
    assert (reply.http, reply.json) == (404, {"statusCode": 404, "statusMessage": f"Path not found : {path}"})


async def test_an_unknown_path_tells_nothing_without_a_key() -> None:
    reply = await (await open_door()).ask("GET", f"{BASE}/nothing", authorization=None)
    assert (reply.http, reply.json["statusCode"]) == (401, 401)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/api/v1/subaccounts",
        "/api/v2/subaccounts/acme/callflows",
        "/metricsx",
        "/healthz/",
        "/a\nb",
        "/recordings/a/b\nc",
    ],
)
async def test_a_path_beside_the_base_is_404_as_json(path: str) -> None:
    reply = await (await open_door()).ask("POST", path, authorization=None)
    said = f"Path not found : {path.replace(chr(10), '')}"
    assert (reply.http, reply.json) == (404, {"statusCode": 404, "statusMessage": said})


async def test_a_long_path_is_not_given_back_whole() -> None:
    door = await open_door()
    for path in (f"{BASE}/{'x' * 5000}", f"/api/v1/subaccounts/{'x' * 5000}/callflows", f"/{'x' * 5000}"):
        reply = await door.ask("GET", path)
        assert reply.http == 404
        assert len(reply.body) < 400


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", CALLFLOWS, "POST"),
        ("PUT", CALLFLOWS, "POST"),
        ("OPTIONS", CALLFLOWS, "POST"),
        ("DELETE", WEBHOOKS, "GET, POST"),
        ("PATCH", WEBHOOKS, "GET, POST"),
        ("GET", f"{WEBHOOKS}/VSS", "DELETE"),
        ("POST", PROFILES, "GET"),
    ],
)
async def test_a_wrong_method_is_405_and_says_which_are_right(method: str, path: str, allow: str) -> None:
    reply = await (await open_door()).ask(method, path)
    assert (reply.http, reply.headers["allow"]) == (405, allow)
    assert (reply.json["statusCode"], reply.json["statusMessage"]) == (405, "Method not allowed")
    assert ("sessionStatus" in reply.json) is (path == CALLFLOWS)


@pytest.mark.parametrize("path", [CALLFLOWS, WEBHOOKS])
@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "json"])
async def test_a_body_that_is_said_to_be_something_else_is_415(path: str, content_type: str) -> None:
    door = await open_door()
    reply = await door.ask("POST", path, VALID, content_type=content_type)
    assert (reply.http, reply.json["statusMessage"]) == (415, "Content-Type must be application/json")
    assert not door.house.store.sessions


# ---------------------------------------------------------------- bodies


async def test_a_body_that_comes_in_pieces_is_one_body() -> None:
    door = await open_door()
    reply = await door.ask("POST", CALLFLOWS, *(VALID[at : at + 7] for at in range(0, len(VALID), 7)))
    assert reply.json["statusCode"] == 1


@pytest.mark.parametrize(("more", "http"), [(0, 200), (1, 400)])
async def test_the_longest_body_is_exactly_as_long_as_configured(more: int, http: int) -> None:
    door = await open_door(house=House(body_bytes=2048))
    padded = body(call(), say(), x="")
    content = body(call(), say(), x="x" * (2048 - len(padded) + more))
    reply = await door.post(content)
    assert reply.http == http
    if more:
        assert (reply.json["statusCode"], reply.json["statusMessage"]) == (-1001, "Invalid JSON request body")


async def test_a_body_without_end_is_not_read_to_its_end() -> None:
    door = await open_door(house=House(body_bytes=2048))
    reply = await door.ask("POST", CALLFLOWS, *([b"x" * 1024] * 3), None)  # read on, the client would be gone
    assert (reply.http, reply.json["statusCode"]) == (400, -1001)


@pytest.mark.parametrize("path", [CALLFLOWS, WEBHOOKS])
async def test_a_client_that_is_gone_before_its_body_came_starts_nothing(path: str) -> None:
    door = await open_door()
    with capture_logs() as logs:
        reply = await door.ask("POST", path, VALID[:20], None)
    assert reply.http == 400
    assert not door.house.store.sessions
    assert not logs


# ---------------------------------------------------------------- faults of ours


class Broken(InMemoryStore):
    """A store of which one method fails."""

    def __init__(self, method: str, fault: Exception) -> None:
        """Fail `method` with `fault`."""
        super().__init__()
        self.method = method
        self.fault = fault

    def _fail(self, method: str) -> None:
        if method == self.method:
            raise self.fault

    async def authenticate(self, key_hash: str) -> Grant | None:
        self._fail("authenticate")
        return await super().authenticate(key_hash)

    async def subaccount(self, sub_account_id: str) -> Subaccount | None:
        self._fail("subaccount")
        return await super().subaccount(sub_account_id)

    async def create_session(self, session: NewSession) -> None:
        self._fail("create_session")
        await super().create_session(session)

    async def set_webhook(self, sub_account_id: str, webhook: WebhookType) -> None:
        self._fail("set_webhook")
        await super().set_webhook(sub_account_id, webhook)


@pytest.mark.parametrize("method", ["authenticate", "subaccount", "create_session"])
async def test_a_fault_of_the_store_is_9999_and_logged_under_the_request(method: str) -> None:
    door = await open_door(house=House(store=Broken(method, OSError("disk /var/lib/secret.db is full"))))
    with capture_logs() as logs:
        reply = await door.post(VALID)
    assert reply.http == 500
    assert reply.json == {
        "sessionStatus": "NOT_CREATED",
        "callFlowRequestId": reply.json["callFlowRequestId"],
        "statusCode": -9999,
        "statusMessage": "An unknown error has occurred.",
    }
    (line,) = logs
    assert (line["log_level"], line["callFlowRequestId"]) == ("error", reply.json["callFlowRequestId"])
    assert line["exc_info"]
    assert door.key not in repr(line)
    for told in (b"Traceback", b"OSError", b"secret.db"):
        assert told not in reply.body


async def test_a_fault_in_another_endpoint_is_9999_too() -> None:
    door = await open_door(house=House(store=Broken("set_webhook", ZeroDivisionError())))
    with capture_logs() as logs:
        reply = await door.ask("POST", WEBHOOKS, b'{"type": "VSS", "url": "http://acme.example/"}')
    assert (reply.http, reply.json) == (500, {"statusCode": -9999, "statusMessage": "An unknown error has occurred."})
    assert len(logs) == 1


async def test_a_store_with_too_much_to_write_is_429_and_no_fault() -> None:
    door = await open_door(house=House(store=Broken("create_session", StoreBusy())))
    with capture_logs() as logs:
        reply = await door.post(VALID)
    assert (reply.http, reply.headers["retry-after"]) == (429, "1")
    assert (reply.json["statusCode"], reply.json["sessionStatus"]) == (429, "NOT_CREATED")
    assert not logs


async def test_every_request_has_an_id_of_its_own() -> None:
    door = await open_door()
    ids = [(await door.post(content)).json["callFlowRequestId"] for content in (VALID, b"{", VALID)]
    assert len(set(ids)) == 3


async def test_many_clients_at_once_get_their_own_answers() -> None:
    door = await open_door()

    async def send(number: int) -> Sequence[object]:
        reply = await door.post(body(call(), say(), clientRequestId=str(number)))
        stored = door.house.store.sessions[reply.json["sessionId"]].session
        return number, stored.callflow.client_request_id

    answers = await asyncio.gather(*(send(number) for number in range(50)))
    assert answers == [(number, str(number)) for number in range(50)]


# ---------------------------------------------------------------- beside the callflows


async def test_the_voices_are_listed_in_the_published_form() -> None:
    reply = await (await open_door()).ask("GET", PROFILES)
    profile = {
        "speechProfileCode": "en-US-Heart",
        "localeCode": "en-US",
        "localeDescription": "English (United States)",
        "gender": "F",
    }
    assert (reply.http, reply.json) == (200, {"speechProfiles": [profile], "statusCode": 0, "statusMessage": "ok"})


async def test_the_voices_are_for_those_with_a_key() -> None:
    reply = await (await open_door()).ask("GET", PROFILES, authorization=None)
    assert (reply.http, reply.json) == (
        401,
        {"statusCode": 401, "statusMessage": "Authentication header not found or token invalid"},
    )


async def probe(door: Door, path: str) -> tuple[int, str]:
    reply = await door.ask("GET", path, authorization=None, content_type=None)
    status = msgspec.json.decode(reply.body)["status"]
    return reply.http, status


async def test_health_is_told_without_a_key_also_while_the_server_drains() -> None:
    door = await open_door()
    for state in ("starting", "ready", "draining"):
        door.state = state
        assert await probe(door, "/healthz") == (200, "ok")


@pytest.mark.parametrize(("state", "http"), [("starting", 503), ("ready", 200), ("draining", 503)])
async def test_readiness_says_why_not(state: str, http: int) -> None:
    door = await open_door()
    door.state = state
    assert await probe(door, "/readyz") == (http, state)
