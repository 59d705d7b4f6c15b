"""Whatever a program gives, a rendered template holds it as text and nothing else."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.bodies import NOW, RULES, scenario
from tests.unit.domain.templates import ASK, CALL, SAY, rules, template

from ringback.domain.scenario import BadScenario
from ringback.domain.scenario_check import parse_template
from ringback.domain.validation import validate

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_TRICKY = st.text(alphabet=st.sampled_from('${}abx"\\'), max_size=30)
_HELD = rules(CALL, SAY, ASK, vca=False)


def _pieces(text: str) -> str:
    """Write a text of a template so that it stands for itself."""
    return text.replace("${", "$${")


@given(st.lists(_TRICKY | st.sampled_from(["a", "b"]), max_size=6), _TRICKY, _TRICKY)
def test_a_rendered_text_is_its_pieces_put_together(pieces: list[str], a: str, b: str) -> None:
    arguments: dict[str, Any] = {"from": "1", "to": "2", "name": "", "a": a, "b": b}
    # a piece that ends with a dollar would make an escape of the place behind it
    pieces = [piece.rstrip("$") for piece in pieces]
    text = "-" + "".join(f"${{{piece}}}" if piece in {"a", "b"} else _pieces(piece) for piece in pieces)
    say = {"action": "say", "params": {"text": "a", "language": "en-US", "note": text}}
    parsed = parse_template(template(CALL, say, a={"type": "string"}, b={"type": "string"}))
    expected = "-" + "".join(arguments[piece] if piece in {"a", "b"} else piece for piece in pieces)
    assert parsed.render(arguments)[1]["params"]["note"] == expected


@given(st.dictionaries(st.sampled_from(["from", "to", "name", "other"]) | st.text(max_size=5), _JSON, max_size=5))
def test_no_parameters_reject_a_request_or_change_the_shape_of_the_callflow(values: dict[str, Any]) -> None:
    body = json.dumps({"callflow": [scenario(scenarioName="hello", scenarioParams=values)]}).encode()
    verdict = validate(body, _HELD, NOW)
    callflow = verdict.require()
    assert callflow.scenario is not None
    if callflow.scenario.error_code is None:
        assert [type(action).__name__ for action in callflow.actions] == ["MakeCall", "Say", "SayAndCapture"]
    else:
        assert callflow.actions == ()
        assert any(str(callflow.scenario.error_code) in notice.message for notice in verdict.warnings)


@given(_JSON | st.fixed_dictionaries({"callflow": _JSON, "parameters": _JSON}))
def test_whatever_a_template_is_it_is_taken_or_refused(document: object) -> None:
    try:
        parsed = parse_template(json.dumps(document).encode())
    except BadScenario:
        return
    arguments, _ = parsed.arguments({}, RULES.catalogue)
    assert parsed.render(arguments)
