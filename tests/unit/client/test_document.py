"""The client against the OpenAPI document: nothing that the server does or says is missing from it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import msgspec
import pytest

from ringback import client
from ringback.adapters.http import OPERATIONS, document
from ringback.adapters.http.operation import Entrance
from ringback.client import actions, envelopes, push_target, replies, summary, webhooks

SOURCE = Path(client.__file__).parent / "awaiting"
DOCUMENT = document(OPERATIONS, "http://127.0.0.1:8080")
SCHEMAS = DOCUMENT["components"]["schemas"]
SAID_OTHERWISE = {"statusCode", "statusMessage", "count", "action", "version", "namespace"}
"""What a reply says only of itself; what a struct is by its type."""

OLD_NAMES = {
    "CallflowRequest": {"callflow"},
    "SayParams": {"destination"},
    "CaptureParams": {"destination", "text", "endMessage"},
    "PlayFileParams": {"destination"},
}
"""Of the wire, where the client has another."""


def called() -> Iterator[tuple[str, str]]:
    """Give method and path of every call in the source of the client."""
    for file in SOURCE.glob("*.py"):
        text = file.read_text()
        constants = dict(re.findall(r'^(_[A-Z]+) = "([^"]+)"', text, re.MULTILINE))
        for method, path in re.findall(r'Call\(\s*"([A-Z]+)", (f?"[^"]+"|_[A-Z]+)', text):
            yield method, _path(constants.get(path, path))
        for path in re.findall(r'(?:_call|\.events|\.pages)\(\s*(f?"[^"]+")', text):
            yield ("POST" if "callflows" in path else "GET"), _path(path)
        for path in re.findall(r'^ +path = (f?"[^"]+")$', text, re.MULTILINE):
            yield "GET", _path(path)


def _path(written: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", written.removeprefix("f").strip('"'))


def test_every_endpoint_has_its_method() -> None:
    there = {
        (each.method, re.sub(r"\{[^}]*\}", "{}", each.path))
        for each in OPERATIONS
        if each.entrance is Entrance.SUBACCOUNT
    }
    assert len(there) >= 20
    assert there - set(called()) == set()


def fields(kind: type[msgspec.Struct]) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(kind)} | SAID_OTHERWISE


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ("Receipt", replies.Receipt),
        ("Rehearsal", replies.Rehearsal),
        ("Notice", replies.Notice),
        ("Violation", client.Violation),
        ("SpeechProfile", replies.SpeechProfile),
        ("WebhookView", replies.Webhook),
        ("ListedSession", replies.ListedSession),
        ("ShownSession", replies.Session),
        ("ShownLeg", replies.Leg),
        ("ShownDelivery", replies.Delivery),
        ("ShownRecording", replies.Recording),
        ("ShownExport", replies.Export),
        ("TakenExport", envelopes.ExportJob),
        ("Event", replies.TimelineEntry),
        ("Summary", summary.SessionSummary),
        ("SummaryLeg", summary.CallSummary),
        ("CallQuality", summary.CallQuality),
        ("ErrorDetails", summary.ErrorDetails),
        ("CallAction", webhooks.CallAction),
        ("CallUpdate", webhooks.CallStatus),
        ("RecordingUpdate", webhooks.RecordingStatus),
        ("NumbersUpdate", webhooks.NumbersUpdated),
        ("UpdatedNumber", webhooks.NumberUpdate),
        ("ShownNumber", replies.Number),
        ("ShownScenario", replies.Scenario),
        ("ShownParameter", replies.ScenarioParameter),
        ("OptOut", replies.OptOut),
        ("PushConfig", replies.PushConfig),
        ("PushRequest", push_target.PushTarget),
        ("ShownHealth", replies.NumberHealth),
        ("CallflowRequest", actions.Callflow),
        ("MakeCallParams", actions.MakeCall),
        ("SayParams", actions.Say),
        ("CaptureParams", actions.SayAndCapture),
        ("PlayFileParams", actions.PlayFile),
    ],
)
def test_every_field_that_the_document_has_is_there(schema: str, kind: type[msgspec.Struct]) -> None:
    known = fields(kind) | OLD_NAMES.get(schema, set())
    assert set(SCHEMAS[schema]["properties"]) - known == set()


def test_what_may_be_said_beside_actions_is_what_a_callflow_has() -> None:
    names = {field.name for field in msgspec.structs.fields(actions.Callflow)}
    assert names - {"actions"} == get_type_hints(actions.Beside).keys()
