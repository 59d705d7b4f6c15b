from collections.abc import Mapping

import msgspec
import pytest

from ringback.client import errors
from ringback.client.http import Address, Answer, Call, Nothing, entry_outcome, outcome, segment
from ringback.client.replies import Receipt


def refused(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> errors.Refused:
    with pytest.raises(errors.Refused) as caught:
        outcome(Call("GET", "/numbers", Nothing), Answer(status, headers or {}, body))
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, errors.Refused),
        (400, errors.Invalid),
        (401, errors.Unauthorized),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (405, errors.Invalid),
        (409, errors.Conflict),
        (422, errors.Invalid),
        (429, errors.TooManyRequests),
        (499, errors.Invalid),
        (500, errors.ServerFault),
        (599, errors.ServerFault),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"{}", b"[]", b'{"statusCode": {}}'])
def test_a_status_is_what_it_is_whatever_the_body(status: int, kind: type[errors.Refused], body: bytes) -> None:
    fault = refused(status, body)
    assert type(fault) is kind
    assert (fault.http_status, fault.status_code) == (status, None)
    assert fault.message.startswith(f"{status}: ")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"statusCode": 404, "statusMessage": "No"}', (404, "No", None)),
        (
            b'{"code": 4018, "message": "Invalid jobId", "errorId": "e-1", "timestamp": "now"}',
            (4018, "Invalid jobId", "e-1"),
        ),
        (b'{"errorId": "e-2", "statusCode": "1001", "statusMessage": "url: no"}', (1001, "url: no", "e-2")),
        (
            b'{"sessionStatus": "NOT_CREATED", "callFlowRequestId": "r", "statusCode": 404, "statusMessage": "No"}',
            (404, "No", "r"),
        ),
    ],
)
def test_every_form_of_a_refusal_is_read(body: bytes, said: tuple[int, str, str | None]) -> None:
    fault = refused(404, body)
    assert (fault.status_code, fault.message, fault.request_id) == said


@pytest.mark.parametrize(
    ("text", "seconds"), [("7", 7.0), ("", None), ("-1", None), ("Tue, 24 Nov", None), ("\u0667", None)]
)
def test_how_long_to_wait_is_read(text: str, seconds: float | None) -> None:
    assert refused(429, b"", {"retry-after": text}).retry_after == seconds


def test_unknown_fields_are_left_aside() -> None:
    warning = b'{"path": "$", "message": "m", "x": 1}'
    body = b'{"sessionId": "s", "sessionStatus": "CREATED", "more": {"a": [1]}, "warnings": [%s]}' % warning
    receipt = outcome(Call("POST", "/callflows", Receipt), Answer(200, {}, body))
    assert (receipt.session_id, receipt.warnings[0].message, receipt.valid_until) == ("s", "m", None)


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"\xff", b'{"sessionId": 1, "sessionStatus": "CREATED"}', b'{"a": ' + b"[" * 5000],
)
def test_a_success_that_is_none_is_told(body: bytes) -> None:
    with pytest.raises(errors.AnswerInvalid, match="POST /callflows: 200, but "):
        outcome(Call("POST", "/callflows", Receipt), Answer(200, {}, body))


def test_a_reply_without_a_body_says_nothing() -> None:
    assert outcome(Call("DELETE", "/x", Nothing), Answer(204, {}, b"")) == Nothing()


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (b'{"sessionStatus": "NOT_CREATED", "statusCode": -1013, "statusMessage": "No"}', errors.CallflowRejected),
        (b'{"sessionStatus": "NOT_CREATED", "statusCode": 429, "statusMessage": "No"}', errors.TooManyRequests),
        (b'{"sessionStatus": "NOT_CREATED", "statusCode": -9999, "statusMessage": "No"}', errors.ServerFault),
        (b'{"sessionStatus": "NOT_CREATED", "statusCode": 422, "statusMessage": "No"}', errors.Invalid),
        (b'{"sessionStatus": "CREATED", "statusCode": 1, "sessionId": "s"}', Receipt),
    ],
)
def test_one_among_many_is_what_it_would_be_alone(entry: bytes, kind: type) -> None:
    outcome = entry_outcome(msgspec.Raw(entry), Receipt)
    assert type(outcome) is kind
    assert isinstance(outcome, Receipt) or outcome.message == "No"


@pytest.mark.parametrize("entry", [b"{}", b"1", b'{"sessionStatus": "CREATED", "statusCode": 1}'])
def test_one_among_many_that_is_none_of_the_api_is_told(entry: bytes) -> None:
    with pytest.raises(errors.AnswerInvalid, match="an entry that is none of the API"):
        entry_outcome(msgspec.Raw(entry), Receipt)


@pytest.mark.parametrize(
    "url", ["", "ringback", "ftp://a", "http://", "http://a?b=c", "http://a#b", "//a", "http://u:p@a", "http://a:0"]
)
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="should be as http://HOST:PORT"):
        Address(url, "acme", "key")


@pytest.mark.parametrize("port", ["x", "65536", "-1"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(ValueError, match=r"[Pp]ort"):
        Address(f"http://a:{port}", "acme", "key")


@pytest.mark.parametrize("key", ["a\r\nHost: b", "é", "\x00"])
def test_a_key_that_fits_in_no_header_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII") as caught:
        Address("http://a", "acme", key)
    assert key not in str(caught.value)


@pytest.mark.parametrize("base", ["http://a:1/voice", "http://a:1/voice/"])
def test_a_server_may_be_below_a_path(base: str) -> None:
    request = Address(base, "a&b", "key").request(Call("GET", "/numbers", Nothing))
    assert request.url == "http://a:1/voice/api/v1/subaccounts/a%26b/numbers"


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        segment(name)


def test_a_name_stays_one_segment() -> None:
    assert segment("../a b?c#d%") == "..%2Fa%20b%3Fc%23d%25"
