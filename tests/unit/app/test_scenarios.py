"""`ringback admin scenario` and `optout`, and scenarios in `ringback check`."""

import json
from pathlib import Path

import pytest
from tests.unit.app.commands import Terminal
from tests.unit.domain.bodies import DESTINATION, SOURCE, body, scenario
from tests.unit.domain.templates import CALL, SAY, template

from ringback.app import scenarios
from ringback.domain.shipped import VOICE_MESSAGE_OPTOUT

ACME = ("--subaccount", "acme")
FILE = "hello.json"


@pytest.fixture
def acme(terminal: Terminal) -> Terminal:
    terminal.lines("admin", "bootstrap", *ACME, "--caller-id", SOURCE)
    (terminal.folder / FILE).write_bytes(template(CALL, SAY))
    return terminal


def test_a_scenario_is_added_shown_granted_and_removed(acme: Terminal) -> None:
    assert acme.lines("admin", "scenario", "add", "hello", "--file", FILE) == ["hello version 1"]
    assert acme.lines("admin", "scenario", "add", "hello", "--file", FILE) == ["hello version 1"]
    (acme.folder / FILE).write_bytes(template(CALL, SAY, SAY))
    assert acme.lines("admin", "scenario", "add", "hello", "--file", FILE) == ["hello version 2"]
    shown = "\n".join(acme.lines("admin", "scenario", "show", "hello", "--version", "1"))
    assert json.loads(shown) == json.loads(template(CALL, SAY))
    assert acme.lines("admin", "scenario", "grant", "hello", *ACME) == []
    assert acme.lines("admin", "scenario", "grant", VOICE_MESSAGE_OPTOUT, "--all") == []
    hello, shipped = acme.lines("admin", "scenario", "list")
    assert (hello.split()[:2], hello.split()[-1]) == (["hello", "2"], "acme")
    assert shipped == f"{VOICE_MESSAGE_OPTOUT} 1 shipped all"
    assert acme.lines("admin", "scenario", "revoke", VOICE_MESSAGE_OPTOUT, "--all") == []
    assert acme.lines("admin", "scenario", "remove", "hello") == []
    assert acme.lines("admin", "scenario", "list") == [f"{VOICE_MESSAGE_OPTOUT} 1 shipped -"]
    actions = [line.split()[2] for line in acme.lines("admin", "audit") if "scenario." in line]
    assert actions == [f"scenario.{what}" for what in ("remove", "revoke", "grant", "grant", "add", "add", "add")]


def test_a_shipped_template_can_be_taken_as_a_beginning(acme: Terminal) -> None:
    shown = acme.lines("admin", "scenario", "show", VOICE_MESSAGE_OPTOUT)
    (acme.folder / "mine.json").write_text("\n".join(shown))
    assert acme.lines("admin", "scenario", "add", "mine", "--file", "mine.json") == ["mine version 1"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("scenario", "add", "hello", "--file", "missing.json"), "missing.json: No such file"),
        (("scenario", "add", "two words", "--file", FILE), "the name of a scenario is 1..64"),
        (("scenario", "add", VOICE_MESSAGE_OPTOUT, "--file", FILE), "ships with the server"),
        (("scenario", "remove", VOICE_MESSAGE_OPTOUT), "ships with the server"),
        (("scenario", "remove", "hello"), "there is no scenario hello"),
        (("scenario", "show", "hello"), "there is no scenario hello"),
        (("scenario", "show", VOICE_MESSAGE_OPTOUT, "--version", "9"), "there is no version 9 of a scenario"),
        (("scenario", "grant", "hello", "--all"), "there is no scenario hello"),
        (("scenario", "grant", VOICE_MESSAGE_OPTOUT, "--subaccount", "nobody"), "there is no subaccount nobody"),
        (("scenario", "grant", VOICE_MESSAGE_OPTOUT), "give either --subaccount or --all"),
        (("scenario", "revoke", VOICE_MESSAGE_OPTOUT, "--all", *ACME), "give either --subaccount or --all"),
        (("scenario", "revoke", VOICE_MESSAGE_OPTOUT, *ACME), "there is no such grant"),
        (("optout", "add", "12", *ACME), "msisdn: '12' is no number in E.164"),
        (("optout", "add", DESTINATION, "--subaccount", "nobody"), "there is no subaccount nobody"),
        (("optout", "list", "--subaccount", "nobody"), "there is no subaccount nobody"),
        (("optout", "remove", DESTINATION, *ACME), f"there is no number {DESTINATION} on the list"),
        (("optout", "import", "missing.csv", *ACME), "missing.csv: No such file"),
        (("optout", "import", FILE, *ACME), "line 1: there must be one column msisdn"),
    ],
)
def test_what_cannot_be_done_is_said(acme: Terminal, arguments: tuple[str, ...], says: str) -> None:
    assert says in acme.refusal("admin", *arguments)


def test_a_template_that_is_none_is_told_fault_by_fault(acme: Terminal) -> None:
    (acme.folder / FILE).write_bytes(template(CALL, {"action": "dance"}, CALL, CALL))
    said = acme.run("admin", "scenario", "add", "hello", "--file", FILE).err
    assert "$.callflow[1].action should be one of" in said
    assert "beyond the allowed count" in said


def test_the_opt_out_list_is_kept(acme: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenarios, "PAGE", 1)
    (added,) = acme.lines("admin", "optout", "add", "6512345678", *ACME)
    assert (added.split()[0], added.split()[-1]) == ("+6512345678", "-")
    Path(acme.folder / "list.csv").write_text("name,msisdn\nAnn,+6512345678\nBob,4930123456\n")
    assert acme.lines("admin", "optout", "import", "list.csv", *ACME) == ["1 of 2 numbers added"]
    assert [line.split()[0] for line in acme.lines("admin", "optout", "list", *ACME)] == ["+4930123456", "+6512345678"]
    assert acme.lines("admin", "optout", "remove", "+6512345678", *ACME) == []
    assert [line.split()[0] for line in acme.lines("admin", "optout", "list", *ACME)] == ["+4930123456"]


def test_a_shipped_scenario_is_checked_offline(acme: Terminal) -> None:
    given = {"source": SOURCE, "destination": DESTINATION, "message": "We are closed."}
    flow = acme.folder / "flow.json"
    flow.write_bytes(body(scenario(scenarioName=VOICE_MESSAGE_OPTOUT, scenarioParams=given)))
    assert acme.lines("check", str(flow)) == ["1 Created"]
    flow.write_bytes(body(scenario(scenarioName=VOICE_MESSAGE_OPTOUT, scenarioParams=given | {"repetition": 7})))
    outcome = acme.run("check", str(flow))
    assert outcome.code == 1
    created, warning = outcome.out.splitlines()
    assert created == "1 Created"
    assert warning.startswith("  warning $.callflow[0].params.scenarioParams.repetition: the session ends with -2009: ")
    flow.write_bytes(body(scenario(scenarioName="hello")))
    assert acme.run("check", str(flow)).out.startswith("-1020 ")
