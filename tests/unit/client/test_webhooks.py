import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ringback.client import Hangup, Say, SignatureInvalid, WebhookInvalid, webhooks
from ringback.domain.inventory import InventoryNumber, NumberDetails, vnu_body
from ringback.domain.payloads import vru_body
from ringback.domain.recording import Recording, RecordingStatus
from ringback.service.signing import post_headers

GOLDEN = Path(__file__).parents[2] / "golden" / "payloads"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of the specification's example
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
NOW = 1_700_000_000.0
BODY = '{"namespace": "VOICE", "é": 1}'.encode()


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.json").read_bytes()


def posted(event_type: str, **payload: Any) -> webhooks.Posted:  # noqa: ANN401 - any JSON
    return webhooks.parse(json.dumps({"namespace": "VOICE", "eventType": event_type, "payload": payload}).encode())


# ---------------------------------------------------------------- who posts


def signed(*secrets: str, body: bytes = BODY, now: float = NOW) -> Mapping[str, str]:
    return post_headers(None, secrets, message_id="msg-1", body=body, now=now)


def test_what_the_server_signs_is_verified() -> None:
    webhooks.verify(signed(SECRET), BODY, SECRET, now=NOW + 299)
    webhooks.verify({name.upper(): value for name, value in signed(SECRET).items()}, BODY, SECRET, now=NOW - 299)


def test_while_secrets_change_either_side_may_be_ahead() -> None:
    webhooks.verify(signed(SECRET, OTHER), BODY, OTHER, now=NOW)
    webhooks.verify(signed(SECRET), BODY, [OTHER, SECRET], now=NOW)


def test_the_example_of_the_specification_is_verified() -> None:
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    webhooks.verify(headers, b'{"test": 2432232314}', SECRET, now=1_614_265_330.0)


@pytest.mark.parametrize("now", [NOW + 301, NOW - 301, float("nan")])
def test_what_was_signed_long_ago_or_will_be_is_refused(now: float) -> None:
    with pytest.raises(SignatureInvalid, match="too old, or from the future"):
        webhooks.verify(signed(SECRET), BODY, SECRET, now=now)


@pytest.mark.parametrize("body", [BODY + b" ", b"", b"\xff"])
def test_another_body_is_refused(body: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        webhooks.verify(signed(SECRET), body, SECRET, now=NOW)


def test_another_secret_or_none_is_refused() -> None:
    for secrets in (OTHER, [OTHER], []):
        with pytest.raises(SignatureInvalid, match="no signature of the post"):
            webhooks.verify(signed(SECRET), BODY, secrets, now=NOW)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-id", None),
        ("webhook-id", ""),
        ("webhook-id", "msg-2"),
        ("webhook-id", "\udcff"),
        ("webhook-timestamp", None),
        ("webhook-timestamp", "1700000001"),
        ("webhook-timestamp", "1700000000.5"),
        ("webhook-timestamp", "nan"),
        ("webhook-timestamp", "\uff19"),
        ("webhook-timestamp", "9" * 400),
        ("webhook-signature", None),
        ("webhook-signature", "v1"),
        ("webhook-signature", "v1,"),
        ("webhook-signature", "v1,é"),
        ("webhook-signature", "v1,\udcff"),
        ("webhook-signature", "v2,AAAA v1 , ,"),
    ],
)
def test_headers_that_are_changed_missing_or_nonsense_are_refused(name: str, value: str | None) -> None:
    headers = {**signed(SECRET)} | ({} if value is None else {name: value})
    if value is None:
        del headers[name]
    with pytest.raises(SignatureInvalid):
        webhooks.verify(headers, BODY, SECRET, now=NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_é", "whsec_A"])
def test_a_secret_that_is_none_lets_nobody_pass(secret: str) -> None:
    with pytest.raises(ValueError, match="a secret should be as the server gave it") as caught:
        webhooks.verify(signed(SECRET), BODY, [secret, SECRET], now=NOW)
    assert secret[6:] not in str(caught.value) or not secret[6:]


def test_without_a_time_that_of_the_clock_is_taken() -> None:
    with pytest.raises(SignatureInvalid, match="too old"):
        webhooks.verify(signed(SECRET), BODY, SECRET)


# ---------------------------------------------------------------- what is posted


def test_a_question_has_its_digits() -> None:
    vca = webhooks.parse(golden("vca_digits"))
    assert isinstance(vca, webhooks.CallAction)
    said = json.loads(golden("vca_digits"))["payload"]
    assert (vca.digits, vca.client_action_id, vca.call_status) == (
        said["dtmf"],
        said["clientActionId"],
        "ACTION_COMPLETED",
    )
    assert (vca.source, vca.sip_code, vca.call_duration) == (said["source"], said["sipCode"], said["callDuration"])
    assert vca.timestamp is not None


@pytest.mark.parametrize(
    ("payload", "digits"),
    [
        ({"dtmf": "1", "eventData": {"dtmf": "1"}}, "1"),
        ({"dtmf": "1", "eventData": "1"}, "1"),
        ({"eventData": {"dtmf": "12"}}, "12"),
        ({"eventData": "12"}, "12"),
        ({"dtmf": "12"}, "12"),
        ({"dtmf": None, "eventData": {"dtmf": None}}, None),
        ({"dtmf": None, "eventData": None}, None),
        ({"dtmf": "", "eventData": ""}, None),
        ({}, None),
    ],
)
def test_digits_are_read_from_either_place(payload: dict[str, Any], digits: str | None) -> None:
    for event_type in ("CALL_ACTION", "CALL_STATUS"):
        call = posted(event_type, sessionId="s", callStatus="X", **payload)
        assert isinstance(call, webhooks.CallAction | webhooks.CallStatus)
        assert call.digits == digits


def test_an_inbound_call_asks_without_digits() -> None:
    vca = webhooks.parse(golden("vca_inbound"))
    assert isinstance(vca, webhooks.CallAction)
    assert (vca.call_status, vca.call_direction, vca.digits) == ("CALL_RECEIVED", "INBOUND", None)


@pytest.mark.parametrize(
    ("name", "status", "digits", "change"),
    [
        ("vcs_initiated", "CALL_INITIATED", None, None),
        ("vcs_ringing", "CALL_UPDATED", None, "ringing"),
        ("vcs_digit", "DTMF_RECEIVED", "#", None),
        ("vcs_disconnected", "CALL_DISCONNECTED", None, None),
    ],
)
def test_each_step_of_a_call_is_read(name: str, status: str, digits: str | None, change: str | None) -> None:
    vcs = webhooks.parse(golden(name))
    assert isinstance(vcs, webhooks.CallStatus)
    assert (vcs.call_status, vcs.digits, vcs.change) == (status, digits, change)


@pytest.mark.parametrize("name", ["vss_completed", "vss_busy", "vss_error", "vss_never_dialled"])
def test_summaries_are_read_with_every_field(name: str) -> None:
    vss = webhooks.parse(golden(name))
    assert isinstance(vss, webhooks.SessionSummary)
    said = json.loads(golden(name))["payload"]
    assert (vss.session_id, vss.session_status, vss.call_count) == (
        said["sessionId"],
        said["sessionStatus"],
        said["callCount"],
    )
    assert {key: call.call_status for key, call in vss.details.items()} == {
        key: call["callStatus"] for key, call in said["details"].items()
    }
    assert (vss.error_details is None) == ("errorDetails" not in said)
    if vss.error_details is not None:
        assert vss.error_details.error_code == said["errorDetails"]["errorCode"]


def test_calls_are_named_alike_whichever_way_the_server_writes_them() -> None:
    legs = {"CallA": {"callId": "a", "callStatus": "COMPLETED"}, "CallB": {"callId": "b", "callStatus": "BUSY"}}
    vss = posted("SESSION_SUMMARY", sessionId="s", sessionStatus="BUSY", details=legs)
    assert isinstance(vss, webhooks.SessionSummary)
    assert [(name, call.call_id) for name, call in vss.details.items()] == [("callA", "a"), ("callB", "b")]


def test_the_word_of_a_recording_is_read() -> None:
    recording = Recording(
        recording_id="r",
        session_id="s",
        sub_account_id="acme",
        path="s/r.mp3",
        started=NOW,
        seconds=3.4,
        status=RecordingStatus.UPLOAD_COMPLETED,
    )
    vru = webhooks.parse(vru_body(recording, recording.path))
    assert vru == webhooks.RecordingStatus(
        session_id="s", recording_id="r", status="UPLOAD_COMPLETED", duration_seconds=3.0, file_path="s/r.mp3"
    )


def test_the_word_of_numbers_is_read() -> None:
    details = NumberDetails(reference_id="front", rental_price=1.5)
    number = InventoryNumber(msisdn="15550100199", details=details, created=NOW, updated=NOW)
    vnu = webhooks.parse(vnu_body("acme", "UPDATES", 7, [number]))
    assert isinstance(vnu, webhooks.NumbersUpdated)
    (one,) = vnu.virtual_numbers
    assert (vnu.update_event_type, vnu.total_numbers, one.msisdn, one.update_status) == (
        "UPDATES",
        7,
        "+15550100199",
        "UPDATED",
    )
    assert (one.reference_id, one.rental_price, one.incoming_rate) == ("front", 1.5, None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"{}",
        b'{"eventType": "CALL_ACTION"}',
        b'{"eventType": "CALL_ACTION", "payload": 1}',
        b'{"eventType": "CALL_ACTION", "payload": {"sessionId": "s"}}',
        b'{"eventType": "CALL_STATUS", "payload": {"sessionId": "s", "callStatus": "X", "timestamp": "noon"}}',
        b'{"eventType": "DANCE", "payload": {}}',
        b'{"eventType": "CALL_ACTION", "payload": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)
def test_what_is_none_of_the_api_is_told(body: bytes) -> None:
    with pytest.raises(WebhookInvalid):
        webhooks.parse(body)


# ---------------------------------------------------------------- what is answered


def test_an_answer_is_what_runs_next() -> None:
    body = webhooks.answer(Say(text="Bye.", language="en-US"), Hangup(), client_action_id="end")
    assert json.loads(body) == {
        "clientActionId": "end",
        "callflow": [
            {"action": "say", "params": {"text": "Bye.", "language": "en-US"}},
            {"action": "hangup", "params": {}},
        ],
    }
