import re
import shutil
from pathlib import Path

import msgspec
import pytest
from cyclopts import App

from ringback.app import config, reference
from ringback.app.cli import app
from ringback.domain.status import ERROR_CODES, PRECEDENCE, STATUS_CODES
from ringback.engine.transitions import Reaction, State, diagram

DOCS = Path(__file__).parents[3] / "docs"


def commands(group: App, names: str) -> list[str]:
    """Give every command in words."""
    found = []
    for name in group:
        if not name.startswith("-"):
            found += [f"{names} {name}", *commands(group[name], f"{names} {name}")]
    return found


def test_the_pages_in_the_tree_are_those_that_would_be_written() -> None:
    assert reference.stale(DOCS) == []


def test_what_was_written_is_not_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    docs = tmp_path / "docs"
    assert reference.main([str(docs)]) == 0
    assert sorted(file.name for file in (docs / "reference").iterdir()) == sorted(reference.PAGES)
    assert reference.main(["--check", str(docs)]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("page", reference.PAGES)
@pytest.mark.parametrize("change", ["changed", "cut off", "removed", "no text"])
def test_a_page_that_differs_is_found_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], page: str, change: str
) -> None:
    shutil.copytree(DOCS / "reference", tmp_path / "reference")
    file = tmp_path / "reference" / page
    text = file.read_bytes()
    contents = {"changed": text + b"\n", "cut off": text[:-1], "no text": b"\xff"}
    if change == "removed":
        file.unlink()
    else:
        file.write_bytes(contents[change])
    assert reference.main(["--check", str(tmp_path)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith(f"{file} is stale")
    assert file.exists() == (change != "removed")  # a check writes nothing


@pytest.mark.parametrize("arguments", [[], ["--check"], ["a", "b"]])
def test_without_one_folder_it_says_how_it_is_used(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert reference.main(arguments) == 2
    assert "usage: " in capsys.readouterr().err


def test_every_status_code_has_a_row_and_the_precedence_is_told() -> None:
    page = reference.status_codes()
    for row in STATUS_CODES.values():
        assert f"| {row.code} | `{row.message}` | {row.http} | {row.when} |" in page
    for code, message in ERROR_CODES.items():
        assert f"| {code} | {message} |" in page
    assert ", ".join(map(str, PRECEDENCE)) in page


def test_every_key_of_the_configuration_has_a_row_with_its_default() -> None:
    page = reference.configuration()
    sections = re.findall(r"^## `\[+(\w+)\]+`$", page, re.MULTILINE)
    assert sections == [section.name for section in msgspec.structs.fields(config.Config)]
    for kind in (config.Http, config.Sip, config.Rtp, config.Voices, config.Limits, config.Trunk):
        for field in msgspec.structs.fields(kind):
            assert f"| `{field.name}` | " in page
    for row in (
        "| `port` | int, 0..65535 | `8080` | 0 takes a free port. |",
        '| `engine` | one of `auto`, `core`, `reference` | `"auto"` |',
        "| `codecs` | list of `PCMU`, `PCMA`, `G722` |",
        "| `name` | str, 1..50 characters | required |",
        "| `uri` | str | required |",
        "| `vca_timeout` | float, more than 0, at most 60 | `10.0` |",
    ):
        assert row in page


def test_every_command_has_a_section_and_every_parameter_a_row() -> None:
    page = reference.command_line()
    titles = re.findall(r"^#{2,4} `(ringback .*)`$", page, re.MULTILINE)
    assert titles == commands(app, "ringback")
    assert "ringback admin voice-alias add" in titles
    for row in ("| `FILE` | required |", "| `--from` | required |", "| `--to` | `udp:127.0.0.1:5060` |"):
        assert row in page
    assert "Parameters" not in page


@pytest.mark.parametrize("page", ["configuration.md", "cli.md", "states.md"])
def test_nothing_in_a_table_is_without_a_meaning(page: str) -> None:
    rows = [line for line in reference.PAGES[page]().splitlines() if line.startswith("| `")]
    assert rows
    assert [row for row in rows if row.endswith("|  |")] == []


def test_the_states_are_drawn_and_every_state_and_reaction_is_named() -> None:
    page = reference.states()
    assert f"```mermaid\n{diagram()}```" in page
    for member in (*State, *Reaction):
        assert f"| `{member.name}` | " in page


def test_no_page_tells_of_the_machine_that_wrote_it() -> None:
    for make in reference.PAGES.values():
        assert str(Path.home()) not in make()
        assert str(Path.cwd()) not in make()
