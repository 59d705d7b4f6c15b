"""JSON schemas (draft 2020-12) of the types that the API reads and writes, with what their docstrings say."""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Final, get_args

import msgspec

from ringback.adapters.http.docstrings import attribute_docs
from ringback.adapters.http.operation import Shape

REFERENCE: Final = "#/components/schemas/{name}"


def schemas_of(shapes: Iterable[Shape]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Give the schema of each shape, and the named schemas that these refer to."""
    wanted = list(shapes)
    found, components = msgspec.json.schema_components(wanted, ref_template="{name}")
    known = _named(wanted)
    for name, schema in components.items():
        if (kind := known.get(name)) is not None:
            _say(kind, schema)
    names = {name: name.lstrip("_") for name in components}
    told = {names[name]: _mended(schema, names) for name, schema in components.items()}
    return [_mended(schema, names) for schema in found], dict(sorted(told.items()))


def _named(shapes: Iterable[Shape]) -> dict[str, type]:
    """Give the Structs and enumerations that shapes are made of, by name."""
    found: dict[str, type] = {}
    waiting = list(shapes)
    while waiting:
        shape = waiting.pop()
        if isinstance(shape, type) and issubclass(shape, msgspec.Struct | Enum) and found.get(shape.__name__) != shape:
            found[shape.__name__] = shape
            waiting += [field.type for field in _fields(shape)]
        waiting += get_args(shape)
    return found


def _fields(kind: type) -> Sequence[msgspec.structs.FieldInfo]:
    return msgspec.structs.fields(kind) if issubclass(kind, msgspec.Struct) else ()


def _say(kind: type, schema: dict[str, Any]) -> None:
    """Add to a schema what is said below each attribute or member."""
    said = attribute_docs(kind)
    if issubclass(kind, Enum):
        members = [f"- `{member.value}`: {said[member.name]}" for member in kind if member.name in said]
        schema["description"] = "\n".join([schema.get("description", ""), "", *members]).strip()
        return
    fields = {field.name: field.encode_name for field in _fields(kind)}
    for name, text in said.items():
        if name in fields:
            schema["properties"][fields[name]]["description"] = text


def _mended(value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    """Give a schema as it is published: with names as they are told, and one of several tagged types as such."""
    if isinstance(value, list):
        return [_mended(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    mended = {key: _mended(each, names) for key, each in value.items()}
    if isinstance(mended.get("$ref"), str):
        mended["$ref"] = REFERENCE.format(name=names[mended["$ref"]])
    if isinstance(found := mended.get("discriminator"), dict) and "mapping" in found:
        mended["oneOf"] = mended.pop("anyOf")
        found["mapping"] = {tag: REFERENCE.format(name=names[name]) for tag, name in found["mapping"].items()}
    if "default" in mended and mended["default"] is None:  # that is said of every optional field: what null is
        del mended["default"]
    return mended
