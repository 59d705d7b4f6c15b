"""The documentation is true: its links lead somewhere, its settings load, its callflows and commands are accepted."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ringback.app.check import rules
from ringback.app.config import Config
from ringback.app.documentation import anchors, faults, links, main
from ringback.domain.validation import validate_answer

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"


def said(folder: Path, text: str) -> list[str]:
    """Give what is wrong with a page."""
    file = folder / "page.md"
    file.write_text(text, encoding="utf-8")
    return [f"{fault.line}: {fault.what}" for fault in faults([file])]


def fenced(language: str, text: str) -> str:
    return f"# Page\n\n```{language}\n{text}\n```\n"


def test_the_documentation_is_without_fault() -> None:
    assert [str(fault) for fault in faults([DOCS, ROOT / "README.md", ROOT / "CONTRIBUTING.md"])] == []


def test_the_documentation_shows_something_of_every_kind() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in DOCS.rglob("*.md"))
    for language in ("toml", "json", "python", "js"):
        assert pages.count(f"```{language}\n") > 0
    assert pages.count("\nringback ") > 10


def test_every_curl_that_sends_a_body_says_that_it_is_json() -> None:
    pages = [page.read_text(encoding="utf-8") for page in (*DOCS.rglob("*.md"), ROOT / "README.md")]
    # what ends with a backslash goes on, and a body begins on the line of its -d
    commands = [line for page in pages for line in page.replace("\\\n", " ").splitlines() if line.startswith("curl ")]
    bodies = [command for command in commands if " -d " in command]
    assert len(bodies) > 3
    assert [command for command in bodies if "Content-Type: application/json" not in command] == []


# ---------------------------------------------------------------- links


def test_a_link_to_no_file_is_found_with_its_line(tmp_path: Path) -> None:
    (found,) = said(tmp_path, "# Page\n\nSee [that](missing.md).\n")
    assert found == "3: missing.md: there is no such file"


@pytest.mark.parametrize("target", ["#nowhere", "other.md#nowhere"])
def test_a_link_to_no_heading_is_found(tmp_path: Path, target: str) -> None:
    (tmp_path / "other.md").write_text("# Other\n")
    (found,) = said(tmp_path, f"# Page\n\n[that]({target})\n")
    assert found == f"3: {target}: there is no such heading"


def test_links_that_lead_somewhere_are_no_faults(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# Other\n\n## `[sip]`, twice\n\n## `[sip]`, twice\n")
    text = (
        "# A page\n\n[a](#a-page) [b](other.md) [c](other.md#sip-twice-1) [d](https://example.com/#x) [e](mailto:a@b)\n"
    )
    assert said(tmp_path, text) == []


def test_what_looks_like_a_link_in_code_is_none(tmp_path: Path) -> None:
    assert said(tmp_path, "# Page\n\n`[x](y)`\n\n```text\n[x](y)\n# no heading\n```\n\n[z](#page)\n") == []
    assert list(links("```\n[x](y)\n```\n\n[z](w)\n")) == [(5, "w")]


def test_headings_in_fences_are_no_anchors() -> None:
    assert anchors("# One, two\n\n```sh\n# three\n```\n") == {"one-two"}


def test_a_page_that_nobody_finds_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("[a](a.md)\n")
    (tmp_path / "a.md").write_text("[b](deep/b.md)\n")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.md").write_text("[back](../a.md)\n")
    assert list(faults([tmp_path])) == []
    (tmp_path / "deep" / "lost.md").write_text("lost\n")
    (fault,) = faults([tmp_path])
    assert (fault.file.name, fault.what[:18]) == ("lost.md", "no link leads here")


def test_a_folder_without_a_readme_is_a_fault(tmp_path: Path) -> None:
    (fault,) = faults([tmp_path])
    assert fault.what == "there is no README.md to begin with"


# ---------------------------------------------------------------- what is fenced


@pytest.mark.parametrize(
    ("language", "text", "wrong"),
    [
        ("toml", "[http]\nprot = 8080", "[http] prot: unknown key"),
        ("toml", '[sip]\nlisten = ["tls:0.0.0.0:5061"]', "only udp:ADDRESS:PORT"),
        ("toml", "[http", "Expected ']'"),
        ("json", '{"a": …}', "Expecting value"),
        ("json", '{"callflow": [{"action": "makeCall", "params": {"source": "+15550100100"}}]}', "-1009"),
        (
            "json",
            '{"callflow": [{"action": "say", "params": {"text": "Hi", "voiceProfile": "xx-XX-Nobody"}}]}',
            "-1002",
        ),
        ("json", '{"callflow": []}', "-1009"),
        ("json", '{"parameters": {}, "callflow": [{"action": "say", "params": {"text": "${name}"}}]}', "${name}"),
        (
            "json",
            '{"callflow": [{"action": "executeScenario", "params": {"scenarioName": "voice-message-optout"}}]}',
            "-1009",
        ),
        ("python", "def (:", "line 1: "),
        ("", "ringback sreve", "ringback sreve"),
        ("sh", "A=1 .venv/bin/ringback call +6512345678 --form +15550100100", "--form"),
        ("", "ringback admin bootstrap \\\n  --caller-id +15550100100", "bootstrap"),
        ("", "make demo\nringback handset --answer-after soon &", "soon"),
        ("xml", "<speak>Tom & Jerry</speak>", "no <speak> document"),
        ("reading", "PIN 42 -> PIN 42\nPIN 0042 -> PIN 42", "PIN 0042 -> PIN zero zero four two"),
    ],
)
def test_what_is_fenced_and_wrong_is_found_with_its_line(tmp_path: Path, language: str, text: str, wrong: str) -> None:
    (found,) = said(tmp_path, fenced(language, text))
    assert found.startswith("3: ")
    assert wrong in found


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("toml", '[[trunk]]\nname = "a"\nuri = "sip:a.example"\npassword = "env:NOT_SET_ANYWHERE"'),
        ("json", '{"payload": {"dtmf": null}}'),
        ("json", "[1, 2]"),
        ("json", '{"callflow": [{"action": "hangup"}]}'),
        ("json", '{"parameters": {"x": {"type": "string"}}, "callflow": [{"action": "hangup"}]}'),
        ("python", "from flask import Flask"),
        ("js", "const {"),
        ("", 'ringback call +6512345678 --from +15550100100 --say "Hello." | tail -1  # the last line'),
        ("", "ringback serve &"),
        ("", "program's drawing: --- ringback ---"),
        ("xml", "<speak>Tom &amp; Jerry</speak>"),
        ("xml", "<scenario>&nbsp;</scenario>"),
        ("reading", "PIN 42 -> PIN 42"),
        ("text", "ringback answers on http://127.0.0.1:8080"),
    ],
)
def test_what_is_fenced_and_right_is_no_fault(tmp_path: Path, language: str, text: str) -> None:
    assert said(tmp_path, fenced(language, text)) == []


# ---------------------------------------------------------------- the program


def test_it_names_what_is_wrong_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text("[x](y)\n")
    assert main([str(page)]) == 1
    assert capsys.readouterr().err == f"{page}:1: y: there is no such file\n"
    page.write_text("# Page\n")
    assert main([str(page)]) == 0
    assert main([]) == 2


# ---------------------------------------------------------------- the IVR of the how-to


def next_callflow() -> Any:  # noqa: ANN401 - a function of the page
    """Give the page's function."""
    page = (DOCS / "how-to" / "ivr-webhook.md").read_text(encoding="utf-8")
    text = re.search(r"`ivr\.py`:\n\n```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert text is not None
    namespace: dict[str, Any] = {}
    exec(compile(text[1], "ivr.py", "exec"), namespace)  # noqa: S102 - our own page
    return namespace["next_callflow"]


@pytest.mark.parametrize(
    ("at", "pressed", "told", "next_at"),
    [
        (None, None, "For opening hours", "main"),
        ("main", "1", "We are open", None),
        ("main", "2", "Your order", "order"),
        ("main", None, "Goodbye", None),
        ("order", "1", "Your order", "order"),
        ("order", "2", "Goodbye", None),
    ],
)
def test_the_ivr_of_the_page_answers_with_valid_callflows(
    at: str | None, pressed: str | None, told: str, next_at: str | None
) -> None:
    asked = {"dtmf": pressed} | ({"clientActionId": at} if at else {})
    answer = next_callflow()(asked)
    params = answer["callflow"][0]["params"]
    assert (params.get("text") or params["promptMessage"]).startswith(told)
    assert answer.get("clientActionId") == next_at
    assert validate_answer(msgspec.json.encode(answer), rules(Config(), vca=True), 0.0).callflow is not None


def test_the_page_gives_flask_and_fastapi_the_same_function() -> None:
    page = (DOCS / "how-to" / "ivr-webhook.md").read_text(encoding="utf-8")
    assert page.count("from ivr import next_callflow") == 2
