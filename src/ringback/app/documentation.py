"""Holds Markdown to what is there: `python -m ringback.app.documentation docs README.md`.

Every link leads to a file and every anchor to a heading; every page of a folder is reached from its README; and what
is fenced is what it says: `toml` is a configuration that loads, `json` with a callflow is accepted, or is a template
that is where it has parameters, `python` compiles,
`xml` that begins with `<speak` is SSML, `reading` is how English voices read, and a line that begins with `ringback` is
a command.
"""

import json
import re
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec
from cyclopts import CycloptsError

from ringback.adapters.speech import read_english
from ringback.app.check import rules
from ringback.app.cli import app
from ringback.app.config import Config, ConfigInvalid, load
from ringback.domain import ssml
from ringback.domain.execution import strict
from ringback.domain.scenario import BadScenario
from ringback.domain.scenario_check import parse_template
from ringback.domain.validation import validate, validate_answer

_FENCE: Final = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE: Final = re.compile(r"`[^`\n]*`")
_LINK: Final = re.compile(r"(?<!\!)\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING: Final = re.compile(r"^#{1,6} +(?P<title>.+?) *$", re.MULTILINE)
_ELSEWHERE: Final = re.compile(r"[a-z][a-z0-9+.-]*:")
_SECRET: Final = re.compile(r'"env:(\w+)"')
_ASSIGNED: Final = re.compile(r"\w+=")
_BEGINNINGS: Final = frozenset({"makeCall", "executeScenario"})
"""Actions that begin a session."""
_ENDS: Final = frozenset({"&", "&&", "|", ";", ">"})
"""Where the shell's next command begins."""


class Fault(msgspec.Struct, frozen=True):
    """Something that is not as a page says."""

    file: Path
    line: int
    """From 1."""
    what: str

    def __str__(self) -> str:
        """Give it as compilers do."""
        return f"{self.file}:{self.line}: {self.what}"


# ---------------------------------------------------------------- links


def anchors(text: str) -> set[str]:
    """Give the anchors of a page's headings, as GitHub makes them."""
    found: dict[str, int] = {}
    given = set()
    for heading in _HEADING.finditer(_without_fences(text)):
        slug = re.sub(r"[^\w\- ]", "", heading["title"].lower()).replace(" ", "-")
        times = found[slug] = found.get(slug, -1) + 1
        given.add(f"{slug}-{times}" if times else slug)
    return given


def links(text: str) -> Iterator[tuple[int, str]]:
    """Give line and target of every link that does not lead elsewhere."""
    bare = _CODE.sub(lambda code: " " * len(code[0]), _without_fences(text))
    for link in _LINK.finditer(bare):
        if not _ELSEWHERE.match(link["target"]):
            yield _line(bare, link.start()), link["target"]


def _without_fences(text: str) -> str:
    """Give a text of the same lines, those of its fences empty."""
    return _FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), text)


def _link_faults(file: Path, text: str) -> Iterator[Fault]:
    for line, target in links(text):
        path, _, anchor = target.partition("#")
        leads = file.parent / path if path else file
        if not leads.exists():
            yield Fault(file, line, f"{target}: there is no such file")
        elif anchor and (leads.is_dir() or anchor not in anchors(leads.read_text(encoding="utf-8"))):
            yield Fault(file, line, f"{target}: there is no such heading")


def _unreached(folder: Path) -> Iterator[Fault]:
    """Give the pages of a folder that nobody finds who begins with its README."""
    start = (folder / "README.md").resolve()
    if not start.is_file():
        yield Fault(folder, 1, "there is no README.md to begin with")
        return
    seen, ahead = {start}, [start]
    while ahead:
        file = ahead.pop()
        text = file.read_text(encoding="utf-8")
        for _, target in links(text):
            leads = (file.parent / target.partition("#")[0]).resolve()
            if leads.suffix == ".md" and leads.is_file() and leads not in seen:
                seen.add(leads)
                ahead.append(leads)
    for file in sorted(folder.rglob("*.md")):
        if file.resolve() not in seen:
            yield Fault(file, 1, f"no link leads here from {folder / 'README.md'}")


# ---------------------------------------------------------------- fences


def _toml(text: str) -> str | None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ringback.toml"
        file.write_text(text, encoding="utf-8")
        try:
            load(file, dict.fromkeys(_SECRET.findall(text), "secret"))
        except ConfigInvalid as fault:
            return str(fault).removeprefix(f"{file}: ")
    return None


def _json(text: str) -> str | None:
    try:
        document = json.loads(text)
    except ValueError as fault:
        return str(fault)
    if not isinstance(document, dict) or not isinstance(document.get("callflow"), list):
        return None
    if "parameters" in document:
        return _template(text)
    actions = document["callflow"]
    begins = bool(actions) and isinstance(actions[0], dict) and actions[0].get("action") in _BEGINNINGS
    held = rules(Config(), vca=True)
    verdict = strict((validate if begins else validate_answer)(text.encode(), held, time.time()))
    return None if verdict.callflow is not None else f"{verdict.code} {verdict.message}"


def _template(text: str) -> str | None:
    try:
        parse_template(text.encode())
    except BadScenario as fault:
        return str(fault)
    return None


def _python(text: str) -> str | None:
    try:
        compile(text, "page", "exec")
    except SyntaxError as fault:
        return f"line {fault.lineno}: {fault.msg}"
    return None


def _shell(text: str) -> str | None:
    """Judge the lines that are commands of ours."""
    for line in text.replace("\\\n", " ").splitlines():
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            continue  # nothing that a shell would take: an output, a drawing
        while words and _ASSIGNED.match(words[0]):
            words = words[1:]
        if not words or words[0].rpartition("/")[2] != "ringback":
            continue
        end = next((place for place, word in enumerate(words) if word in _ENDS), len(words))
        try:
            app.parse_args(words[1:end], exit_on_error=False, print_error=False)
        except CycloptsError as fault:
            return f"{line.strip()}: {' '.join(str(fault).split())}"
    return None


def _xml(text: str) -> str | None:
    return "no <speak> document" if ssml.looks_like_ssml(text) and ssml.parse(text) is None else None


def _reading(text: str) -> str | None:
    """Judge lines of the form TEXT -> HOW IT IS READ."""
    for line in text.splitlines():
        written, _, said = line.partition(" -> ")
        if (read := read_english(written, american=True)) != said:
            return f"{written} -> {read}"
    return None


_JUDGES: Final = MappingProxyType[str, Callable[[str], str | None]](
    {"toml": _toml, "json": _json, "python": _python, "sh": _shell, "": _shell, "xml": _xml, "reading": _reading}
)
"""What says, for each language, what is wrong."""


def _fence_faults(file: Path, text: str) -> Iterator[Fault]:
    for fence in _FENCE.finditer(text):
        judge = _JUDGES.get(fence["language"])
        if judge is not None and (wrong := judge(fence["text"])) is not None:
            yield Fault(file, _line(text, fence.start()), wrong)


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


# ---------------------------------------------------------------- all


def faults(places: Sequence[Path]) -> Iterator[Fault]:
    """Give what is wrong in these files and in the pages below these folders. Raises OSError."""
    for place in places:
        if place.is_dir():
            yield from _unreached(place)
        for file in sorted(place.rglob("*.md")) if place.is_dir() else [place]:
            text = file.read_text(encoding="utf-8")
            yield from _link_faults(file, text)
            yield from _fence_faults(file, text)


def main(arguments: Sequence[str]) -> int:
    """Print every fault of the files and folders; give the exit code."""
    if not arguments:
        sys.stderr.write("usage: python -m ringback.app.documentation FILE|FOLDER...\n")
        return 2
    found = list(faults([Path(each) for each in arguments]))
    for fault in found:
        sys.stderr.write(f"{fault}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
