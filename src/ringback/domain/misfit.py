"""What does not fit a type, said without the words of the decoder: where it is, and what is wrong."""

import re
from typing import Final

import msgspec

_PATH: Final = re.compile(r" - at `(?:key in )?\$\.?(?P<path>[^`]*)`$")
_FIELD: Final = re.compile(r"Object (?P<kind>contains unknown|missing required) field `(?P<name>[^`]*)`")
_MEANS: Final = {"contains unknown": "there is no such field", "missing required": "is missing"}
MAX_NAME: Final = 100
"""Characters of a field's name that are given back."""


def misfit(fault: msgspec.ValidationError) -> str:
    """Say it: `callerIds[0]: Expected `str`, got `int``, `colour: there is no such field`."""
    text = str(fault)
    found = _PATH.search(text)
    path = "" if found is None else found["path"]
    what = text if found is None else text[: found.start()]
    if (field := _FIELD.match(what)) is not None:
        path = f"{path}.{field['name'][:MAX_NAME]}".removeprefix(".")
        what = _MEANS[field["kind"]]
    return f"{path}: {what}" if path else what
