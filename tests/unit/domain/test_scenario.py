"""What a template may be, and what comes of it."""

import json
from typing import Any

import pytest
from tests.unit.domain.bodies import RULES
from tests.unit.domain.templates import ASK, CALL, SAY, template

from ringback.domain.scenario import MAX_PARAMETERS, MAX_REFERENCES, MAX_TEMPLATE, BadScenario
from ringback.domain.scenario_check import checked_name, parse_template
from ringback.domain.shipped import SHIPPED


def rendered(text: str, declared: dict[str, Any], values: dict[str, Any]) -> object:
    """Render one text of a template."""
    say = {"action": "say", "params": {"text": "Hello.", "language": "en-US", "note": text}}
    parsed = parse_template(template(CALL, say, **declared))
    arguments, unfit = parsed.arguments({"from": "1", "to": "2", **values}, RULES.catalogue)
    assert not unfit
    return parsed.render(arguments)[1]["params"]["note"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${x}", "a"),
        ("${x} and ${x}", "a and a"),
        ("no place: $x, {x}, $", "no place: $x, {x}, $"),
        ("$${x}", "${x}"),
        ("$${", "${"),
        ("$$${x}", "$${x}"),
        ("${x}$${x}", "a${x}"),
    ],
)
def test_a_text_has_its_parameters_in_their_places(text: str, expected: str) -> None:
    assert rendered(text, {"x": {"type": "string"}}, {"x": "a"}) == expected


@pytest.mark.parametrize("value", ["${y}", "$${y}", "${x}", "\\${y}", "{{y}}", '", "action": "hangup'])
def test_what_a_program_gives_is_text_whatever_it_looks_like(value: str) -> None:
    declared = {"x": {"type": "string"}, "y": {"type": "string"}}
    assert rendered("${x}", declared, {"x": value, "y": "secret"}) == value
    assert rendered("<${x}>", declared, {"x": value, "y": "secret"}) == f"<{value}>"


@pytest.mark.parametrize(
    ("declared", "value", "whole", "within"),
    [
        ({"type": "integer"}, 3, 3, "<3>"),
        ({"type": "integer"}, 3.0, 3, "<3>"),
        ({"type": "boolean"}, True, True, "<true>"),
        ({"type": "msisdn"}, 6512345678, "+6512345678", "<+6512345678>"),
        ({"type": "msisdn"}, "6512345678", "+6512345678", "<+6512345678>"),
        ({"type": "enum", "values": ["a", "b"]}, "b", "b", "<b>"),
        ({"type": "voice"}, "en-US-Heart", "en-US-Heart", "<en-US-Heart>"),
        ({"type": "language"}, "en-us", "en-us", "<en-us>"),
        ({"type": "url"}, "https://example.com/a", "https://example.com/a", "<https://example.com/a>"),
        ({"type": "string", "required": False}, None, None, "<>"),
        ({"type": "integer", "default": 7}, None, 7, "<7>"),
        ({"type": "boolean", "default": False}, None, False, "<false>"),
    ],
)
def test_a_place_alone_keeps_the_type_and_one_in_a_text_is_written(
    declared: dict[str, Any], value: object, whole: object, within: str
) -> None:
    given = rendered("${x}", {"x": declared}, {"x": value})
    assert (given, type(given)) == (whole, type(whole))
    assert rendered("<${x}>", {"x": declared}, {"x": value}) == within


@pytest.mark.parametrize(
    ("declared", "value", "reason"),
    [
        ({"type": "string"}, 5, "must be a string of at most 3000 characters"),
        ({"type": "string", "maxLength": 3}, "abcd", "must be a string of at most 3 characters"),
        ({"type": "integer", "minimum": 1, "maximum": 3}, 0, "must be an integer from 1 to 3"),
        ({"type": "integer", "minimum": 1, "maximum": 3}, 4, "must be an integer from 1 to 3"),
        ({"type": "integer", "minimum": 1, "maximum": 3}, 1.5, "must be an integer from 1 to 3"),
        ({"type": "integer", "minimum": 0, "maximum": 3}, True, "must be an integer from 0 to 3"),
        ({"type": "integer", "minimum": 1, "maximum": 3}, "2", "must be an integer from 1 to 3"),
        ({"type": "msisdn"}, "+65 1234 5678", "must be one MSISDN: 1 to 15 digits, with or without a plus"),
        ({"type": "msisdn"}, ["6512345678"], "must be one MSISDN: 1 to 15 digits, with or without a plus"),
        ({"type": "boolean"}, "true", "must be true or false"),
        ({"type": "enum", "values": ["a", "b"]}, "c", "must be one of: a, b"),
        ({"type": "enum", "values": ["a", "b"]}, ["a"], "must be one of: a, b"),
        ({"type": "voice"}, "en-US-Nobody", "must be the code of a voice that is installed"),
        ({"type": "language"}, "xx", "must be a language that has a voice"),
        ({"type": "url"}, "ftp://example.com", "must be an http or https URL of at most 2048 characters"),
        ({"type": "url"}, {}, "must be an http or https URL of at most 2048 characters"),
        ({"type": "string"}, None, "is missing but it is required"),
    ],
)
def test_a_value_that_its_parameter_does_not_take_is_told(declared: dict[str, Any], value: object, reason: str) -> None:
    parsed = parse_template(template(x=declared))
    _, unfit = parsed.arguments({"from": 1, "to": 2, "x": value}, RULES.catalogue)
    assert unfit == {"x": reason}


def action(name: str, **params: object) -> dict[str, Any]:
    return {"action": name, "params": params}


def fault_of(content: bytes) -> str:
    with pytest.raises(BadScenario) as caught:
        parse_template(content)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"{", "Input data was truncated"),
        (b"[]", "Expected `object`, got `array`"),
        (b'{"callflow": []}', "$.callflow: must have at least one action"),
        (b'{"callflow": {}}', "Expected `array`, got `object` - at `$.callflow`"),
        (b'{"callflow": [1]}', "Expected `object`, got `int` - at `$.callflow[0]`"),
        (b'{"callflow": [], "version": 2}', "Object contains unknown field `version`"),
        (b'{"callflow": [{"action": "\\ud800"}]}', ""),
        (template(action("say", text="${who}")), "the callflow names ${who}, and no such parameter is declared"),
        (template(action("say", text="${to")), "write ${name}, or $${ for the characters ${"),
        (template(action("say", text="${}")), "write ${name}"),
        (template(action("say", text="${a b}")), "write ${name}"),
        (template(action("say", text="${to.__class__}")), "write ${name}"),
        (template(CALL, action("dance")), "$.callflow[1].action should be one of"),
        (template(CALL, action("executeScenario", scenarioName="hello")), "$.callflow[1].action should be one of"),
        (template(CALL, CALL, CALL), "beyond the allowed count"),
        (template(CALL, action("hangup"), SAY), "Incorrect use of action Hangup"),
        (template(CALL, action("say", language="en-US")), "$.callflow[1].params.text: is missing"),
        (template(CALL, action("say", text="a", repetition=7)), "$.callflow[1].params.repetition: must be an integer"),
        (template(CALL, SAY | {"optOut": {"digit": "9"}}), "optOut belongs into the params of a sayAndCapture"),
        (template(CALL, action("say", text="a", optOut={})), "optOut belongs into the params of a sayAndCapture"),
        (template(CALL, action("sayAndCapture", text="a", optOut={})), "optOut.digit: must be one of 0123456789*"),
        (template(CALL, action("sayAndCapture", text="a", optOut=9)), "optOut: must be an object"),
        (template(**{"x y": {"type": "string"}}), "'x y': a parameter is called"),
        (template(x={"type": "float"}), "Invalid value 'float'"),
        (template(x={"type": "string", "minimum": 1}), "unknown field `minimum`"),
        (template(x={"type": "string", "maxLength": 3001}), "Expected `int` <= 3000"),
        (template(x={"type": "enum"}), "missing required field `values`"),
        (template(x={"type": "enum", "values": ["a", "a"]}), "x: a value is there twice"),
        (template(x={"type": "enum", "values": [str(n) for n in range(51)]}), "length <= 50"),
        (template(x={"type": "integer", "minimum": 2, "maximum": 1}), "x: minimum is above maximum"),
        (template(x={"type": "integer", "default": "1"}), "x: the default must be an integer"),
        (
            template(x={"type": "string", "maxLength": 1, "default": "ab"}),
            "x: the default must be a string of at most 1",
        ),
        (template(x={"type": "voice", "default": 1}), "x: the default must be a string"),
        (template(x={"type": "string", "default": "a", "required": True}), "x: one that is required needs no default"),
    ],
)
def test_a_template_that_no_parameter_can_mend_is_not_taken(content: bytes, fault: str) -> None:
    assert fault in fault_of(content)


def test_every_bound_of_a_template_holds() -> None:
    few = json.dumps({"callflow": [CALL | {"params": {"source": "1", "destination": "2"}}]}).encode()
    assert parse_template(few + b" " * (MAX_TEMPLATE - len(few)))
    assert "larger than" in fault_of(few + b" " * (MAX_TEMPLATE - len(few) + 1))
    own = {f"p{number}": {"type": "string"} for number in range(MAX_PARAMETERS - 3)}
    assert parse_template(template(**own))
    assert "length <= 50" in fault_of(template(more={"type": "string"}, **own))
    places = MAX_REFERENCES - 2
    assert parse_template(template(CALL, action("say", text="${name}" * places, language="en-US")))
    assert "more than 200 times" in fault_of(template(CALL, action("say", text="${name}" * (places + 1))))
    deep: Any = "a"
    for _ in range(70):
        deep = [deep]
    assert "nested deeper" in fault_of(template(CALL, action("say", text=deep)))
    assert fault_of(b'{"callflow": ' + b"[" * 16_000)


def test_a_template_may_depend_on_what_only_a_server_knows() -> None:
    spoken = action("say", text="a", voiceProfile="${voice}")
    dialled = action("makeCall", source="${from}", destination="+65${local}")
    assert parse_template(
        template(dialled, spoken, ASK, voice={"type": "voice", "default": "xx-XX-Any"}, local={"type": "string"})
    )
    assert parse_template(template(SAY)), "for a session that is up"


@pytest.mark.parametrize("name", ["a", "A-b_c.9", "x" * 64])
def test_a_scenario_has_a_plain_name(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", "a b", "x" * 65, "ä", "a\n", "../a"])
def test_no_other_name_is_taken(name: str) -> None:
    with pytest.raises(BadScenario):
        checked_name(name)


def test_the_shipped_ones_are_templates_like_any_other() -> None:
    for name, scenario in SHIPPED.items():
        assert checked_name(name) == scenario.name
        assert scenario.version >= 1
