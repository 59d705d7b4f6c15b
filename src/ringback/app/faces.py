"""Writes `ringback.client.blocking` from `ringback.client.awaiting`: `python -m ringback.app.faces [--check] SRC`.

Both clients have one source. What awaits is taken out of it; names lose their `Async`, and the HTTP library is another.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

FROM: Final = "ringback/client/awaiting"
TO: Final = "ringback/client/blocking"
_NOTE: Final = "# Written by `python -m ringback.app.faces src` from {source}; do not edit.\n"
_CHANGES: Final = (
    (re.compile(r"\basync (?=def |with |for )"), ""),
    (re.compile(r"\bawait "), ""),
    (re.compile(r"\bAsync(?=[A-Z])"), ""),
    (re.compile(r"\basynccontextmanager\b"), "contextmanager"),
    (re.compile(r"\b__a(?=enter__|exit__)"), "__"),
    (re.compile(r"\bringback\.client\.awaiting\b"), "ringback.client.blocking"),
    (re.compile(r"\baiohttp_transport\b"), "urllib3_transport"),
    (re.compile(r"\bAiohttpTransport\b"), "Urllib3Transport"),
)


def blocking(text: str, source: str) -> str:
    """Give the module that blocks, made of one that awaits. Raises CalledProcessError where it is no Python."""
    for pattern, instead in _CHANGES:
        text = pattern.sub(instead, text)
    for command in (["check", "--quiet", "--fix", "--select", "I"], ["format", "--quiet"]):  # names moved, lines shrank
        ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", f"src/{TO}/module.py", "-"]
        text = subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603 - ours
    return _NOTE.format(source=source) + text


def modules(folder: Path) -> Iterator[tuple[Path, str]]:
    """Give every module that blocks, and its text; `folder`: that has the package."""
    for source in sorted((folder / FROM).glob("*.py")):
        text = source.read_text(encoding="utf-8")
        if source.name == "__init__.py":
            text = '"""The client that blocks."""\n' + text.partition('"""\n')[2]
        yield folder / TO / source.name, blocking(text, f"{FROM}/{source.name}")


def main(arguments: Sequence[str]) -> int:
    """Write the modules, or with `--check` name those that are stale; give the exit code."""
    check = "--check" in arguments
    folders = [Path(each) for each in arguments if each != "--check"]
    if len(folders) != 1:
        sys.stderr.write("usage: python -m ringback.app.faces [--check] src\n")
        return 2
    made = dict(modules(folders[0]))
    known = set((folders[0] / TO).glob("*.py"))
    stale = sorted(
        {file for file, text in made.items() if file not in known or file.read_text(encoding="utf-8") != text}
        | (known - made.keys())
    )
    if check:
        for file in stale:
            sys.stderr.write(f"{file} is stale: run python -m ringback.app.faces {folders[0]}\n")
        return 1 if stale else 0
    for file in stale:
        if file in made:
            file.parent.mkdir(exist_ok=True)
            file.write_text(made[file], encoding="utf-8")
        else:
            file.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
