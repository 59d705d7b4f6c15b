"""The page that names a test for every item of the hosted API."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringback.domain import status
from ringback.domain.session import SessionStatus

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/reference/hosted-api.md").read_text(encoding="utf-8")
PLACES = {
    "HTTP": "tests/unit/adapters/http",
    "RULES": "tests/unit/domain",
    "CALLS": "tests/e2e",
    "ENGINE": "tests/unit/engine",
    "SERVICE": "tests/unit/service",
}
SHOWN_BY = re.compile(r"`([A-Z]+)/(\w+\.py)::(\w+)`")
OURS = {"event", "warnings", "message", "path", "uid", "actionDetails", "code", "status"}
"""In payloads, and not published by the hosted API; or with a row under another name."""


@pytest.mark.parametrize("reference", sorted(set(SHOWN_BY.findall(PAGE))), ids="::".join)
def test_a_test_that_is_named_is_there(reference: tuple[str, str, str]) -> None:
    place, file, test = reference
    text = (ROOT / PLACES[place] / file).read_text(encoding="utf-8")
    assert re.search(rf"^(async )?def {test}\(", text, re.MULTILINE)


def test_every_row_names_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "shown by" not in line]
    assert [row for row in rows if not row.startswith("| ---") and not SHOWN_BY.search(row)] == []


def test_no_code_and_no_status_is_left_out() -> None:
    cells = set(re.findall(r"[\w-]+", " ".join(line.split("|")[1] for line in PAGE.splitlines() if line[:2] == "| ")))
    assert {str(code) for code in status.STATUS_CODES if code != status.KEY_USED} - cells == set()
    assert {str(code) for code in status.ERROR_CODES} - cells == set()
    assert {str(each) for each in SessionStatus} - cells == set()


def test_no_field_of_a_payload_is_left_out() -> None:
    named = set(re.findall(r"`(\w+)`", PAGE))
    files = sorted((ROOT / "tests/golden/payloads").glob("*.json"))
    fields = {field for file in files for field in _fields(json.loads(file.read_text(encoding="utf-8")))}
    assert fields - named - OURS == set()


def _fields(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from _fields(each)
    elif isinstance(value, list):
        for each in value:
            yield from _fields(each)
