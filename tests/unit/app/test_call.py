import json
from pathlib import Path
from typing import Any

import pytest

from ringback.app.call import _body

NUMBERS = {"source": "15550100100", "destination": "6512345678"}
SAY = {"action": "say", "params": {"text": "Hello."}}


@pytest.mark.parametrize(
    ("first", "params"),
    [
        ([], NUMBERS),
        ([{"action": "makeCall"}], NUMBERS),
        ([{"action": "makeCall", "params": "none"}], NUMBERS),
        (
            [{"action": "makeCall", "params": {"source": "1", "destination": "2", "callRecording": True}}],
            {**NUMBERS, "callRecording": True},
        ),
    ],
)
def test_the_call_of_a_file_keeps_all_but_its_numbers(
    tmp_path: Path, first: list[dict[str, Any]], params: dict[str, Any]
) -> None:
    file = tmp_path / "flow.json"
    file.write_text(json.dumps({"callflow": [*first, SAY]}))
    body = _body(NUMBERS["destination"], NUMBERS["source"], None, str(file), "en-US-Heart")
    assert body == {"callflow": [{"action": "makeCall", "params": params}, SAY]}
