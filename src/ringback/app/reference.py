"""The reference pages of docs/, written from what they are about: `python -m ringback.app.reference [--check] docs`."""

import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, get_args, get_origin

import msgspec
from cyclopts import App

from ringback.adapters.http import attribute_docs
from ringback.app import config
from ringback.app.api_reference import api_parts
from ringback.app.cli import app
from ringback.app.client_reference import client_parts
from ringback.app.markdown import sentence, table
from ringback.domain.status import ERROR_CODES, PRECEDENCE, STATUS_CODES
from ringback.engine.transitions import Reaction, State, diagram

FOLDER: Final = "reference"
_NOTE: Final = "<!-- Written by `python -m ringback.app.reference docs`; do not edit. -->\n"
_CONFIGURATION: Final = """\
`--config FILE`, else the file in `RINGBACK_CONFIG`, else `ringback.toml` here, else the defaults. Every key is optional
except `name` and `uri` of a trunk. `RINGBACK_SECTION__KEY` in the environment overrides `[section] key`:
`RINGBACK_HTTP__PORT=9000`."""
_STATES: Final = """\
The table in `ringback.engine.transitions`, drawn. A is the call that the callflow began with, B the last one that was
bridged to it; what has no arrow changes nothing."""
_PRECEDENCE: Final = """\
`{id}` and `{detail}` stand for what is filled in. When several rules are broken, the first in this order is reported,
and every violation is in `errors`; -1009 has three places (the callflow itself, the params of an action, the fields
beside the callflow):"""
_HIDDEN: Final = frozenset({"--help", "--version", "-h"})


# ---------------------------------------------------------------- pages


def status_codes() -> str:
    """Give the page of status codes, their precedence and the error codes of a summary."""
    codes = [[str(row.code), f"`{row.message}`", str(row.http), row.when] for row in STATUS_CODES.values()]
    errors = [[str(code), message] for code, message in ERROR_CODES.items()]
    return _page(
        "Status codes",
        "How a `POST /callflows` is answered:",
        table(["statusCode", "statusMessage", "HTTP", "when"], codes),
        _PRECEDENCE,
        ", ".join(str(code) for code in PRECEDENCE) + ".",
        "## Error codes\n\nWhy a session ended with `ERROR`: `errorDetails` of its summary.",
        table(["errorCode", "errorMsg"], errors),
    )


def configuration() -> str:
    """Give the page of the configuration file."""
    parts = [_CONFIGURATION]
    for section in msgspec.structs.fields(config.Config):
        kind = config.Trunk if section.name == "trunk" else section.type
        title = f"[[{section.name}]]" if section.name == "trunk" else f"[{section.name}]"
        said = inspect.getdoc(kind) or ""
        parts += [f"## `{title}`", sentence(said.partition(": ")[2]), _keys(kind)]
    return _page("Configuration", *parts)


def command_line() -> str:
    """Give the page of the command line."""
    parts = ["An expected error is one line on standard error and exit code 1."]
    for names, command in _commands(app, (app.name[0],)):
        parts += _command(names, command)
    return _page("Command line", *parts)


def states() -> str:
    """Give the page of the states of a session."""
    members = [
        table([title, "meaning"], [[f"`{name}`", text] for name, text in _members(kind)])
        for title, kind in (("state", State), ("reaction", Reaction))
    ]
    return _page(
        "States of a session",
        _STATES,
        f"```mermaid\n{diagram().rstrip()}\n```",
        *members,
    )


def api() -> str:
    """Give the page of the API."""
    return _page("HTTP API", *api_parts())


def python_client() -> str:
    """Give the page of the Python client."""
    return _page("Python client", *client_parts())


PAGES: Final = MappingProxyType(
    {
        "api.md": api,
        "client.md": python_client,
        "status-codes.md": status_codes,
        "configuration.md": configuration,
        "cli.md": command_line,
        "states.md": states,
    }
)
"""What writes each page."""


# ---------------------------------------------------------------- writing and checking


def write(docs: Path) -> None:
    """Write the pages below a docs folder. Raises OSError."""
    folder = docs / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (folder / name).write_text(make(), encoding="utf-8")


def stale(docs: Path) -> list[Path]:
    """Give the pages below a docs folder that are missing or differ from what would be written."""
    return [docs / FOLDER / name for name, make in PAGES.items() if _differs(docs / FOLDER / name, make)]


def _differs(file: Path, make: Callable[[], str]) -> bool:
    try:
        return file.read_bytes() != make().encode()
    except FileNotFoundError:
        return True


# ---------------------------------------------------------------- configuration


def _keys(kind: type[msgspec.Struct]) -> str:
    said = attribute_docs(kind)
    rows = [
        [f"`{field.name}`", _type(field.type), _default(field), said.get(field.name, "")]
        for field in msgspec.structs.fields(kind)
    ]
    return table(["key", "type", "default", "meaning"], rows)


def _type(hint: Any) -> str:  # noqa: ANN401 - a type is whatever an annotation may be
    """Say an annotation in plain words: `int, 0..65535`."""
    if get_origin(hint) is Annotated:
        bare, bounds = get_args(hint)
        return f"{bare.__name__}, {_range(bounds)}"
    if get_origin(hint) is tuple:
        inner = _type(get_args(hint)[0])
        return f"list of {inner.removeprefix('one of ')}"
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(f"`{option}`" for option in get_args(hint))
    return str(hint.__name__)


def _range(bounds: msgspec.Meta) -> str:
    if bounds.max_length is not None:
        return f"{bounds.min_length}..{bounds.max_length} characters"
    if bounds.gt is not None:
        return f"more than {bounds.gt}, at most {bounds.le}"
    return f"{bounds.ge} or more" if bounds.le is None else f"{bounds.ge}..{bounds.le}"


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    value = list(field.default) if isinstance(field.default, tuple) else field.default
    return f"`{msgspec.json.encode(value).decode()}`"


def _members(kind: type[State | Reaction]) -> Iterator[tuple[str, str]]:
    said = attribute_docs(kind)
    for member in kind:
        yield member.name, said.get(member.name, "")


# ---------------------------------------------------------------- command line


def _commands(group: App, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], App]]:
    """Give every command with its words, groups before what they hold."""
    for name in group:
        if name not in _HIDDEN:
            yield (*names, name), group[name]
            yield from _commands(group[name], (*names, name))


def _command(names: tuple[str, ...], command: App) -> list[str]:
    title = f"{'#' * min(len(names), 4)} `{' '.join(names)}`"
    said = sentence(inspect.cleandoc(command.help or "").partition("Parameters\n")[0].strip())
    if command.default_command is None:
        return [title, said]
    arguments = command.assemble_argument_collection(parse_docstring=True)
    rows = [
        [
            _argument_names(argument),
            _argument_default(argument),
            argument.parameter.help or "",
        ]
        for argument in arguments
    ]
    return [title, said, *([table(["parameter", "default", "meaning"], rows)] if rows else [])]


def _argument_names(argument: Any) -> str:  # noqa: ANN401 - a cyclopts Argument
    names = [name for name in argument.names if not name.startswith("--empty-")]
    return ", ".join(f"`{name.rstrip('_')}`" for name in names or [argument.field_info.name.upper()])


def _argument_default(argument: Any) -> str:  # noqa: ANN401 - a cyclopts Argument
    default = argument.field_info.default
    if argument.required:
        return "required"
    return "" if default in {None, ""} or default is inspect.Parameter.empty else f"`{default}`"


# ---------------------------------------------------------------- Markdown


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([_NOTE + f"\n# {title}", *(part for part in parts if part)]) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with `--check` name those that are stale; give the exit code."""
    check = "--check" in arguments
    folders = [Path(each) for each in arguments if each != "--check"]
    if len(folders) != 1:
        sys.stderr.write("usage: python -m ringback.app.reference [--check] docs\n")
        return 2
    if not check:
        write(folders[0])
        return 0
    found = stale(folders[0])
    for file in found:
        sys.stderr.write(f"{file} is stale: run python -m ringback.app.reference {folders[0]}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
