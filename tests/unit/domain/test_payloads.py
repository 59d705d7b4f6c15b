"""The bodies that programs read, against golden files; `now` and ids are those of the situation."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.domain.bodies import HANGUP, NOW, RULES, body, call, capture, say

from ringback.domain import payloads
from ringback.domain.number import Number
from ringback.domain.session import (
    CallStatus,
    Direction,
    LastAction,
    Leg,
    LegStatus,
    Quality,
    Session,
    SessionError,
    SessionStatus,
)
from ringback.domain.settings import Settings
from ringback.domain.validation import validate

GOLDEN = Path(__file__).parents[2] / "golden" / "payloads"
START = 1_768_292_818.75  # 2026-01-13T08:26:58.750Z


class Tenant(msgspec.Struct, frozen=True):
    """A subaccount."""

    numbers: payloads.Numbers
    settings: Settings = Settings()


class Virtual(msgspec.Struct, frozen=True):
    reference_id: str


NUMBERS = {"6568332048": Virtual("virtual-number-trunk-01")}


def _leg(name: str, **changes: Any) -> Leg:  # noqa: ANN401 - any field of a leg
    leg = Leg(
        name=name,
        call_id=f"00000000-0000-4000-8000-00000000000{name[-1].lower()}",
        direction=Direction.OUTBOUND,
        source=Number("6568332048"),
        destination=Number("12025550123"),
        initiated=START + 1,
    )
    return msgspec.structs.replace(leg, **changes)


def _session(**changes: Any) -> Session:  # noqa: ANN401 - any field of a session
    session = Session(
        session_id="d9874358-89ac-4c50-bbab-1eb634482a94",
        sub_account_id="acme_voice",
        request_id="89b545a5-0676-11ee-8100-d500c0d203fc",
        client_request_id="order-1200",
        started=START,
    )
    return msgspec.structs.replace(session, **changes)


RINGING = _leg("callA")
TALKING = _leg("callA", connected=START + 9)
SPOKEN = _leg(
    "callA",
    connected=START + 9,
    disconnected=START + 32.2,
    status=LegStatus.COMPLETED,
    quality=Quality(4.4089, 0.012345, 12.3456),
)


def _vca(leg: Leg, status: CallStatus, digits: str | None, action: str | None) -> bytes:
    return payloads.vca_body(
        _session(),
        leg,
        event_id="7f2c",
        status=status,
        digits=digits,
        client_action_id=action,
        now=START + 20.5,
        tenant=Tenant(NUMBERS),
    )


def _vcs(leg: Leg, status: CallStatus, digit: str | None = None, reason: str | None = None) -> bytes:
    return payloads.vcs_body(
        _session(),
        leg,
        event_id="7f2c",
        status=status,
        digit=digit,
        reason=reason,
        now=START + 20.5,
        tenant=Tenant(NUMBERS),
    )


def _vss(**changes: Any) -> bytes:  # noqa: ANN401 - any field of a session
    return payloads.vss_body(_session(ended=START + 33, **changes), tenant=Tenant(NUMBERS))


BUSY = _leg(
    "callB",
    call_id="00000000-0000-4000-8000-00000000000b",
    destination=Number("6531589338"),
    initiated=START + 21,
    disconnected=START + 24,
    status=LegStatus.BUSY,
    sip_code=486,
)
ACCEPTED = validate(body(call(), capture(), HANGUP, validUntil="2030-01-20T20:30:00Z"), RULES, NOW)
REJECTED = validate(body(call(source="1"), say(text=...)), RULES, NOW)

SITUATIONS = {
    "vca_digits": _vca(TALKING, CallStatus.ACTION_COMPLETED, "12", "menu-1"),
    "vca_no_digits": _vca(TALKING, CallStatus.ACTION_COMPLETED, None, None),
    "vca_inbound": _vca(
        _leg("callA", direction=Direction.INBOUND, source=Number("80012345678"), destination=Number("6568332048")),
        CallStatus.CALL_RECEIVED,
        None,
        None,
    ),
    "vcs_initiated": _vcs(RINGING, CallStatus.CALL_INITIATED),
    "vcs_ringing": _vcs(RINGING, CallStatus.CALL_UPDATED, reason="ringing"),
    "vcs_digit": _vcs(TALKING, CallStatus.DTMF_RECEIVED, digit="#"),
    "vcs_disconnected": _vcs(BUSY, CallStatus.CALL_DISCONNECTED),
    "vss_completed": _vss(status=SessionStatus.COMPLETED, last_action=LastAction.SAY_AND_CAPTURE, legs=[SPOKEN]),
    "vss_busy": _vss(status=SessionStatus.BUSY, last_action=LastAction.MAKE_CALL, legs=[SPOKEN, BUSY]),
    "vss_error": _vss(
        status=SessionStatus.ERROR,
        last_action=LastAction.SAY,
        legs=[msgspec.structs.replace(SPOKEN, status=LegStatus.ERROR, quality=None)],
        error=SessionError(code=-2005, action=LastAction.SAY),
    ),
    "vss_never_dialled": _vss(
        status=SessionStatus.ERROR, client_request_id=None, error=SessionError(code=-2007), legs=[]
    ),
    "dtmf_digits": payloads.dtmf_body(_session(legs=[TALKING]), digits="12", now=START + 20.5),
    "dtmf_no_digits": payloads.dtmf_body(
        _session(legs=[TALKING], client_request_id=None), digits=None, now=START + 20.5
    ),
    "created": payloads.created_body(ACCEPTED, session_id="d9874358", request_id="89b545a5"),
    "rejected": payloads.rejected_body(REJECTED, request_id="89b545a5"),
    "refused_unknown_subaccount": payloads.refused_body(404, request_id="89b545a5", sub_account_id="acme_voice"),
    "refused_unauthorized": payloads.refused_body(401, request_id="89b545a5"),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_payload_is_as_it_was_agreed(situation: str) -> None:
    expected = json.loads((GOLDEN / f"{situation}.json").read_text(encoding="utf-8"))
    assert json.loads(SITUATIONS[situation]) == expected


def test_every_golden_payload_has_its_situation() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(SITUATIONS)


def test_a_created_body_says_nothing_that_was_not_asked() -> None:
    verdict = validate(body(call()), RULES, NOW)
    answer = json.loads(payloads.created_body(verdict, session_id="s", request_id="r"))
    assert set(answer) == {"sessionId", "sessionStatus", "callFlowRequestId", "statusCode", "statusMessage"}


def test_an_empty_reference_of_a_virtual_number_is_none() -> None:
    leaf = json.loads(payloads.vss_body(_session(legs=[TALKING]), tenant=Tenant({"6568332048": Virtual("")})))
    assert "sourceRefId" not in leaf["payload"]["details"]["callA"]


def test_a_subaccount_may_have_its_legs_named_with_a_capital() -> None:
    session = _session(ended=START + 33, legs=[SPOKEN, BUSY])
    body = json.loads(payloads.vss_body(session, tenant=Tenant(NUMBERS, Settings(leg_keys="CallA"))))
    assert list(body["payload"]["details"]) == ["CallA", "CallB"]


@pytest.mark.parametrize("digits", ["12", None])
def test_a_subaccount_may_have_the_digits_as_event_data(digits: str | None) -> None:
    body = payloads.vca_body(
        _session(),
        SPOKEN,
        event_id="7f2c",
        status=CallStatus.ACTION_COMPLETED,
        digits=digits,
        client_action_id=None,
        now=START + 20.5,
        tenant=Tenant(NUMBERS, Settings(event_data_form="string")),
    )
    payload = json.loads(body)["payload"]
    assert payload["dtmf"] == payload["eventData"] == digits
