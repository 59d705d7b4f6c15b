"""The reference page of the Python client, written from its source."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Final

import msgspec

from ringback import client
from ringback.adapters.http import attribute_docs
from ringback.app.markdown import table
from ringback.client import actions, errors, push_target, replies, retries, summary, timeouts, webhooks

_INTRODUCTION: Final = """\
`Client` blocks. `AsyncClient` has the same methods: they are awaited, and what `Client` gives as a `Generator` is taken
with `async for`. How to: [use the Python client](../how-to/python-client.md)."""
_METHODS: Final = ("method", "gives", "meaning")
_FIELDS: Final = ("field", "type", "meaning")
_TYPES: Final = (
    ("Actions", actions),
    ("Replies", replies),
    ("Summaries", summary),
    ("Posts", webhooks),
    ("Recordings elsewhere", push_target),
    ("Retries", retries),
    ("Timeouts", timeouts),
)


def client_parts() -> Iterator[str]:
    """Give the parts of the page."""
    yield _INTRODUCTION
    with client.Client("http://127.0.0.1:8080", "acme", "key") as made:
        yield f"## `Client`\n\n{_prose(made)}"
        yield table(_METHODS, [_method(type(made).__init__, "Client"), *_methods(made)])
        for name, room in vars(made).items():
            if not name.startswith("_"):
                yield f"### `client.{name}`\n\n{_prose(room)}"
                yield table(_METHODS, list(_methods(room)))
    yield "## `ringback.client.webhooks`"
    yield table(_METHODS, [_method(function) for function in (webhooks.verify, webhooks.parse, webhooks.answer)])
    yield "## Errors"
    yield table(("error", "is a", "meaning"), list(_errors()))
    for title, module in _TYPES:
        yield f"## {title}"
        for kind in _structs(module):
            yield f"### `{kind.__name__}`\n\n{_prose(kind)}"
            if rows := list(_fields(kind)):
                yield table(_FIELDS, rows)


def _methods(room: object) -> Iterator[list[str]]:
    for name, method in inspect.getmembers(room, inspect.ismethod):
        if not name.startswith("_"):
            yield _method(method)


def _method(method: Callable[..., object], name: str | None = None) -> list[str]:
    written = _parsed(method)
    if not isinstance(written, ast.FunctionDef) or written.returns is None:
        raise TypeError(method)
    arguments = written.args
    if arguments.args and arguments.args[0].arg in {"self", "cls"}:
        del arguments.args[0]
    title = f"`{name or written.name}({ast.unparse(arguments)})`"
    return [title, f"`{ast.unparse(written.returns)}`", _prose(method)]


def _structs(module: ModuleType) -> Iterator[type[msgspec.Struct]]:
    for name, kind in vars(module).items():
        is_struct = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
        if is_struct and kind.__module__ == module.__name__ and not name.startswith("_"):
            yield kind


def _fields(kind: type[msgspec.Struct]) -> Iterator[list[str]]:
    said, types = attribute_docs(kind), _annotations(kind)
    for field in msgspec.structs.fields(kind):
        yield [f"`{field.name}`", f"`{types[field.name]}`", said.get(field.name, "")]
    for name, value in inspect.getmembers(kind, lambda member: isinstance(member, property)):
        yield [f"`{name}`", *_method(value.fget)[1:]]


def _annotations(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Give the types of a struct's fields as they are written."""
    found = {}
    for each in reversed(kind.__mro__):
        written = _parsed(each) if each.__module__.startswith(client.__name__) else None
        for statement in written.body if isinstance(written, ast.ClassDef) else ():
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                found[statement.target.id] = ast.unparse(statement.annotation)
    return found


def _errors() -> Iterator[list[str]]:
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.ClientError):
            yield [f"`{kind.__name__}`", f"`{kind.__mro__[1].__name__}`", _prose(kind)]


def _parsed(thing: Callable[..., object]) -> ast.stmt:
    return ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0]


def _prose(thing: object) -> str:
    """Give a docstring in one line, without its example."""
    return " ".join((inspect.getdoc(thing) or "").partition("```")[0].split())
