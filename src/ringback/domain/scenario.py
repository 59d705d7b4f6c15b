"""A scenario: a callflow with `${name}` in the place of what a program gives as `scenarioParams`.

Nothing in a template is code. `${name}` in a text is replaced by the text of the parameter, once, and what was put
there is not looked at again; a text that is nothing but `${name}` becomes the parameter itself, with its type. `$${`
stands for `${`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from ringback.domain.errors import Unusable
from ringback.domain.parameter import NAME, Parameter, Unfit, Value
from ringback.domain.scalars import MISSING
from ringback.domain.voice import Catalogue

SCENARIO_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
MAX_TEMPLATE: Final = 32_768
"""Bytes of a template."""
MAX_PARAMETERS: Final = 50
MAX_REFERENCES: Final = 200
"""How often a template may name its parameters: so a rendered callflow stays below a megabyte."""
MAX_DEPTH: Final = 64
"""How deep its JSON may be nested."""

_ESCAPE: Final = "$${"
_PLACE: Final = re.compile(r"\$\$\{|\$\{([^{}]*)\}|\$\{")
_WHOLE: Final = re.compile(r"\$\{([^{}]*)\}")


class BadScenario(Unusable):
    """A template cannot be used; the text says why, one fault a line."""


class Template(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"
):
    """What a scenario consists of."""

    description: Annotated[str, Meta(max_length=500)] = ""
    parameters: Annotated[dict[str, Parameter], Meta(max_length=MAX_PARAMETERS)] = {}
    """In the order in which they are told."""
    callflow: list[dict[str, Any]]
    """As in a request, with places for the parameters."""

    @property
    def can_opt_out(self) -> bool:
        """Tell whether callees can opt out."""
        return any("optOut" in (action.get("params") or {}) for action in self.callflow)

    def arguments(self, values: Mapping[str, Any], catalogue: Catalogue) -> tuple[dict[str, Value], dict[str, str]]:
        """Give what stands for each parameter, and what is wrong with those that do not fit; null counts as absent."""
        found: dict[str, Value] = {}
        unfit: dict[str, str] = {}
        for name, parameter in self.parameters.items():
            value = values.get(name)
            if value is None:
                value = parameter.default
            if value is None:
                if parameter.is_required:
                    unfit[name] = MISSING
                found[name] = None
                continue
            try:
                found[name] = parameter.read(value, catalogue)
            except Unfit as fault:
                unfit[name] = str(fault)
        return found, unfit

    def render(self, arguments: Mapping[str, Value]) -> list[Any]:
        """Put the arguments into their places; one for every parameter."""
        rendered: list[Any] = _render(self.callflow, arguments)
        return rendered

    def references(self) -> Iterator[str]:
        """Give the names in the places of the callflow. Raises BadScenario where a place is not written like one."""
        for text in _texts(self.callflow, MAX_DEPTH):
            for place in _PLACE.finditer(text):
                if place[0] == _ESCAPE:
                    continue
                if place[1] is None or not NAME.fullmatch(place[1]):
                    message = f"{text[:100]!r}: write ${{name}}, or $${{ for the characters ${{"
                    raise BadScenario(message)
                yield place[1]


class Scenario(msgspec.Struct, frozen=True):
    """A version of a template, by a name."""

    name: str
    version: int
    """1 is the first."""
    template: Template


def _render(value: object, arguments: Mapping[str, Value]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {name: _render(inner, arguments) for name, inner in value.items()}
    if isinstance(value, list):
        return [_render(inner, arguments) for inner in value]
    if not isinstance(value, str):
        return value
    whole = _WHOLE.fullmatch(value)
    if whole is not None:
        return arguments[whole[1]]
    return _PLACE.sub(lambda place: "${" if place[0] == _ESCAPE else _written(arguments[place[1]]), value)


def _written(value: Value) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _texts(value: object, depth: int) -> Iterator[str]:
    """Give every text in a piece of JSON. Raises BadScenario where it is nested too deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        if depth == 0:
            message = f"the callflow is nested deeper than {MAX_DEPTH}"
            raise BadScenario(message)
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner, depth - 1)
