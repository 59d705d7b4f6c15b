from typing import Any

import pytest

from ringback.domain.callflow import Callflow, Execution, Hangup, MakeCall, OptOut, PlayFile, Say, SayAndCapture
from ringback.domain.number import Number
from ringback.service.ports import TimelineEntry
from ringback.service.redaction import blanked_callflow, blanked_entries

CALL = MakeCall(Number("15550100100"), Number("6512345678"), record=True)


def details(name: str, **said: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever an entry says
    (entry,) = blanked_entries([TimelineEntry(1.0, name, said)])
    assert (entry.at, entry.name) == (1.0, name)
    return dict(entry.details)


def test_a_callflow_keeps_its_shape_and_loses_what_is_said() -> None:
    flow = Callflow(
        actions=(
            CALL,
            Say("Dear Ann", "en-US-Heart", 1.25, 2),
            SayAndCapture(
                "Press 1",
                "en-US-Heart",
                max_digits=4,
                success_message="Thanks, Ann",
                failure_message="Bye, Ann",
                callback_url="http://acme/ann",
                opt_out=OptOut("9", "We call no more, Ann", "Sorry, Ann"),
            ),
            PlayFile("http://acme/ann.wav", 3),
            Hangup(),
        ),
        client_request_id="order-7",
        scenario=Execution("survey", 2, -2009, "name: Ann is too short"),
    )
    blank = Callflow(
        actions=(
            CALL,
            Say("", "en-US-Heart", 1.25, 2),
            SayAndCapture("", "en-US-Heart", max_digits=4, opt_out=OptOut("9")),
            PlayFile("", 3),
            Hangup(),
        ),
        client_request_id="order-7",
        scenario=Execution("survey", 2, -2009),
    )
    assert blanked_callflow(flow) == blank
    assert blanked_callflow(blank) == blank


@pytest.mark.parametrize(
    ("name", "said", "left"),
    [
        ("prompt-played", {"text": "Ann", "seconds": 1.5}, {"text": "", "characters": 3, "seconds": 1.5}),
        ("prompt-played", {"text": "A…", "characters": 900}, {"text": "", "characters": 900}),
        ("prompt-played", {"url": "http://acme/ann.wav"}, {"url": ""}),
        ("prompt-failed", {"errorCode": -2006, "reason": "http://ann: 404"}, {"errorCode": -2006, "reason": ""}),
        ("dtmf-received", {"digit": "7", "leg": "callA"}, {"digit": "", "leg": "callA"}),
        ("callflow-asked", {"digits": None, "url": "http://vca"}, {"digits": None, "url": "http://vca"}),
        (
            "callflow-asked",
            {"digits": "71", "request": "{}", "response": "{}", "reason": "text: Ann", "statusCode": -1009},
            {"digits": "", "request": "", "response": "", "reason": "", "statusCode": -1009},
        ),
        ("call-updated", {"reason": "ringing"}, {"reason": "ringing"}),
        ("leg-dialled", {"source": "1", "destination": "2"}, {"source": "1", "destination": "2"}),
    ],
)
def test_an_entry_keeps_all_but_what_was_said_and_pressed(
    name: str, said: dict[str, Any], left: dict[str, Any]
) -> None:
    assert details(name, **said) == left
    assert details(name, **left) == left
