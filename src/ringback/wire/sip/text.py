"""The lexical rules that many headers share: parameters, quoted strings, lists (RFC 3261, section 25.1)."""

from collections.abc import Mapping


def split_outside(text: str, separator: str) -> list[str]:
    """Split at a character that stands neither in a quoted string nor between angle brackets."""
    if '"' not in text and "<" not in text:
        return text.split(separator)
    parts: list[str] = []
    start = 0
    quoted = angled = escaped = False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif quoted:
            escaped = character == "\\"
            quoted = character != '"'
        elif character == '"':
            quoted = True
        elif character == "<":
            angled = True
        elif character == ">":
            angled = False
        elif character == separator and not angled:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return parts


def parse_params(text: str) -> dict[str, str | None]:
    """Read `;name=value;flag`; names in lower case, quotes removed, the first of equal names wins."""
    params: dict[str, str | None] = {}
    for part in split_outside(text, ";"):
        name, equals, value = part.partition("=")
        name = name.strip().lower()
        if name:
            params.setdefault(name, unquote(value.strip()) if equals else None)
    return params


def write_params(params: Mapping[str, str | None]) -> str:
    """Write `;name=value;flag`."""
    return "".join(f";{name}" if value is None else f";{name}={value}" for name, value in params.items())


def unquote(text: str) -> str:
    """Take the quotes and escapes off a quoted string; anything else is given back as it is."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        inner = text[1:-1]
        return inner if "\\" not in inner else _unescape(inner)
    return text


def quote(text: str) -> str:
    """Make a quoted string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _unescape(text: str) -> str:
    out: list[str] = []
    characters = iter(text)
    for character in characters:
        out.append(next(characters, "") if character == "\\" else character)
    return "".join(out)
