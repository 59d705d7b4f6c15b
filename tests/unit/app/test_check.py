"""`ringback check`: a callflow is judged without a server."""

import io
import sys
from pathlib import Path

import pytest
from tests.unit.app.commands import Terminal
from tests.unit.domain.bodies import HANGUP, body, call, capture, say

EXAMPLE = body(call(), say(), HANGUP)


def file(terminal: Terminal, content: bytes) -> str:
    path = terminal.folder / "flow.json"
    path.write_bytes(content)
    return str(path)


def test_a_good_file_is_created_and_exits_0(terminal: Terminal) -> None:
    assert terminal.lines("check", file(terminal, EXAMPLE)) == ["1 Created"]


def test_a_bad_file_shows_every_violation_with_its_path_and_exits_1(terminal: Terminal) -> None:
    content = body(call(destination="+65"), say(text=""), say(voiceProfile="nobody"))
    outcome = terminal.run("check", file(terminal, content))
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out.splitlines() == [
        "-1009 Invalid call flow entry provided. $.callflow[1].params.text: must have 1 to 3000 characters",
        "  -1009 $.callflow[1].params.text: $.callflow[1].params.text: must have 1 to 3000 characters",
        "  -1017 $.callflow[0].params.destination: Invalid MSISDN format in Destination",
        "  -1002 $.callflow[2].params.voiceProfile: Speech profile or language parameter invalid",
    ]


@pytest.mark.parametrize(("content", "code"), [(b"", "-1001"), (b"{}", "-1009"), (b"\xff", "-1001"), (b"[]", "-1001")])
def test_what_is_no_callflow_exits_1(terminal: Terminal, content: bytes, code: str) -> None:
    outcome = terminal.run("check", file(terminal, content))
    assert (outcome.code, outcome.out.split()[0]) == (1, code)


def test_what_is_hardly_meant_is_warned_of_and_exits_0(terminal: Terminal) -> None:
    lines = terminal.lines("check", file(terminal, body(call(), capture(), HANGUP)))
    assert lines[0] == "1 Created"
    assert lines[1].startswith("  warning $.callflow[1]: the digits are lost")


def test_standard_input_is_a_file_too(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(EXAMPLE)))
    assert terminal.lines("check", "-") == ["1 Created"]


def test_without_sources_every_number_may_call(terminal: Terminal) -> None:
    path = file(terminal, EXAMPLE)
    assert terminal.lines("check", path, "--source", "+6512341234", "1") == ["1 Created"]
    assert terminal.lines("check", path, "--source", "+6512*") == ["1 Created"]
    outcome = terminal.run("check", path, "--source", "6500000000")
    assert (outcome.code, outcome.out.split()[0]) == (1, "-1014")


def test_without_a_vca_webhook_a_capture_needs_a_callback(terminal: Terminal) -> None:
    path = file(terminal, body(call(), capture()))
    assert terminal.run("check", path).code == 0
    outcome = terminal.run("check", path, "--no-vca")
    assert (outcome.code, outcome.out.split()[0]) == (1, "-1004")


def test_the_limits_of_the_configuration_hold(terminal: Terminal) -> None:
    (terminal.folder / "strict.toml").write_text("[limits]\nmax_actions = 2\n")
    outcome = terminal.run("check", file(terminal, EXAMPLE), "--config", "strict.toml")
    assert (outcome.code, outcome.out.split()[0]) == (1, "-1010")


def test_a_text_that_looks_like_markup_is_shown_as_it_is(terminal: Terminal) -> None:
    outcome = terminal.run("check", file(terminal, body(call(), {"action": "[red]sing[/red]"})))
    assert outcome.code == 1
    assert "$.callflow[1].action" in outcome.out


@pytest.mark.parametrize("name", ["nothing.json", "."])
def test_a_file_that_cannot_be_read_is_one_line(terminal: Terminal, name: str) -> None:
    assert name in terminal.refusal("check", name)


def test_nothing_is_left_behind(terminal: Terminal) -> None:
    path = Path(file(terminal, EXAMPLE))
    terminal.run("check", str(path))
    assert list(terminal.folder.iterdir()) == [path]
