"""The lexical rules that many headers share: tokens, quoted strings, lists and parameters (RFC 3261, section 25.1)."""

import re
from collections.abc import Mapping
from typing import Final

SPACE: Final = " \t"
"""Linear white space once lines are unfolded."""
_QUOTED = r'"(?:[^"\\]|\\.)*+'  # its end is left to the patterns below
_QUOTED_STRING: Final = re.compile(_QUOTED + '"', re.DOTALL)
_BARE: Final = re.compile(r"[A-Za-z0-9\-.!%*_+`'~:\[\]]+")
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
# A quoted string or a pair of angle brackets that is not closed reaches to the end: every alternative matches, so that
# a line of any bytes is walked through once.
_SEPARATORS: Final = {
    separator: re.compile(_QUOTED + rf'(?:"|\\?\Z)|<[^>]*+>?|{separator}', re.DOTALL) for separator in ",;"
}


def is_token(text: str) -> bool:
    """Tell whether a text is a token: a method, a header's name, a tag."""
    return _TOKEN.fullmatch(text) is not None


def quoted_end(text: str) -> int:
    """Give the index behind the quoted string that a text begins with; -1 where it is not closed."""
    match = _QUOTED_STRING.match(text)
    return -1 if match is None else match.end()


def split_outside(text: str, separator: str) -> list[str]:
    """Split at `,` or `;` where it stands neither in a quoted string nor between angle brackets."""
    if '"' not in text and "<" not in text:
        return text.split(separator)
    parts: list[str] = []
    start = 0
    for match in _SEPARATORS[separator].finditer(text):
        if match[0] == separator:
            parts.append(text[start : match.start()])
            start = match.end()
    parts.append(text[start:])
    return parts


def parse_params(text: str) -> dict[str, str | None]:
    """Read `;name=value;flag`: names in lower case, quotes removed.

    Of equal names the first counts, and nothing between two semicolons is nothing. Raises ValueError where a quote or a
    bracket stands in a name.
    """
    params: dict[str, str | None] = {}
    for part in split_outside(text, ";"):
        name, equals, value = part.partition("=")
        name = name.strip(SPACE).lower()
        if '"' in name or "<" in name:
            message = "a quote or a bracket stands in the name of a parameter"
            raise ValueError(message)
        if name and name not in params:
            params[name] = unquote(value.strip(SPACE)) if equals else None
    return params


def write_params(params: Mapping[str, str | None]) -> str:
    """Write `;name=value;flag`, quoted where a value is neither a token nor a host."""
    return "".join(
        f";{name}" if value is None else f";{name}={value if _BARE.fullmatch(value) else quote(value)}"
        for name, value in params.items()
    )


def unquote(text: str) -> str:
    """Take the quotes and escapes off a quoted string; anything else is given back as it is."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        inner = text[1:-1]
        return inner if "\\" not in inner else _ESCAPE.sub(r"\1", inner)
    return text


def quote(text: str) -> str:
    """Make a quoted string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
