import pytest
from tests.unit.service.house import ACME, House

from ringback.service import webhooks
from ringback.service.ports import WebhookType
from ringback.service.webhooks import MAX_HEADER, ParameterInvalid, WebhookView

URL = "https://acme.example/hook"


@pytest.mark.parametrize("type_", webhooks.TYPES)
def test_every_published_type_is_taken(type_: str) -> None:
    assert webhooks.parse(f'{{"type": "{type_}", "url": "{URL}"}}'.encode()) == WebhookType(type_, URL)


def test_a_type_matches_in_any_case() -> None:
    assert webhooks.checked("vss", URL).type == "VSS"


@pytest.mark.parametrize(
    ("given", "enabled"),
    [
        ("", True),
        (', "enabled": true', True),
        (', "enabled": false', False),
        (', "active": true', True),
        (', "active": false', False),
        (', "enabled": null', True),
        (', "enabled": null, "active": false', False),
        (', "enabled": true, "active": false', True),
        (', "enabled": false, "active": true', False),
    ],
)
def test_active_is_another_name_of_enabled_which_wins(given: str, *, enabled: bool) -> None:
    assert webhooks.parse(f'{{"type": "VSS", "url": "{URL}"{given}}}'.encode()).enabled is enabled


@pytest.mark.parametrize(("given", "kept"), [("null", None), ('""', None), ('"Basic abc"', "Basic abc")])
def test_an_empty_auth_header_is_none(given: str, kept: str | None) -> None:
    parsed = webhooks.parse(f'{{"type": "VSS", "url": "{URL}", "httpAuthHeader": {given}}}'.encode())
    assert parsed.authorization == kept


def test_unknown_fields_are_ignored() -> None:
    assert webhooks.parse(f'{{"type": "VSS", "url": "{URL}", "version": 5}}'.encode()).type == "VSS"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "truncated"),
        (b"{", "truncated"),
        (b"[]", "object"),
        (b"null", "object"),
        (b"\xff", "malformed|utf-8|invalid"),
        (b'{"url": "http://a.example"}', "type"),
        (b'{"type": "VSS"}', "url"),
        (b'{"type": null, "url": "http://a.example"}', "type"),
        (b'{"type": "XYZ", "url": "http://a.example"}', "^type: should be one of: VCA, VCS, VSS, VRU, VNU$"),
        (b'{"type": "", "url": "http://a.example"}', "^type: "),
        (b'{"type": "VSS", "url": 5}', "url"),
        (b'{"type": "VSS", "url": ""}', "^url: "),
        (b'{"type": "VSS", "url": "ftp://a.example"}', "^url: "),
        (b'{"type": "VSS", "url": "a.example"}', "^url: "),
        (b'{"type": "VSS", "url": "http://"}', "^url: "),
        (b'{"type": "VSS", "url": "http://a.example/ \\n"}', "^url: "),
        (b'{"type": "VSS", "url": "http://a.example/' + b"x" * 2048 + b'"}', "^url: "),
        (b'{"type": "VSS", "url": "http://a.example", "enabled": "yes"}', "enabled"),
        (b'{"type": "VSS", "url": "http://a.example", "active": 1}', "active"),
        (b'{"type": "VSS", "url": "http://a.example", "httpAuthHeader": 5}', "httpAuthHeader"),
        (b'{"type": "VSS", "url": "http://a.example", "httpAuthHeader": "a\\r\\nX: y"}', "^httpAuthHeader: "),
        (b'{"type": "VSS", "url": "http://a.example", "httpAuthHeader": "\xc3\xbc"}', "^httpAuthHeader: "),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(content: bytes, says: str) -> None:
    with pytest.raises(ParameterInvalid, match=says):
        webhooks.parse(content)


def test_an_auth_header_has_a_longest_length() -> None:
    assert webhooks.checked("VSS", URL, authorization="x" * MAX_HEADER).authorization == "x" * MAX_HEADER
    with pytest.raises(ParameterInvalid, match="httpAuthHeader"):
        webhooks.checked("VSS", URL, authorization="x" * (MAX_HEADER + 1))


def test_a_webhook_is_shown_without_its_secret() -> None:
    shown = webhooks.view(WebhookType("VSS", URL, "Bearer secret"))
    assert shown == WebhookView("VSS", URL, enabled=True, http_auth_header_available=True)
    assert "secret" not in repr(shown)
    assert not webhooks.view(WebhookType("VSS", URL)).http_auth_header_available


async def test_a_second_webhook_of_a_type_replaces_the_first() -> None:
    house = House()
    await house.tenant("VSS", "VCA")
    replaced = WebhookType("VSS", URL, enabled=False)
    shown = await webhooks.replace(house.store, await house.subaccount(), replaced)
    assert [row.type for row in shown] == ["VCA", "VSS"]
    assert shown[1] == webhooks.view(replaced)
    assert (await house.subaccount()).webhooks["VSS"] == replaced
    assert [hook.type for hook in await house.store.list_webhooks(ACME)] == ["VCA", "VSS"]
