"""Compiles C programs with the core's sources, in several ways; anew only what a changed file makes stale.

The core's sources but the extension module, and those right in `vendor`, are compiled into one archive, of which a
program gets what it uses. Warnings are errors, save in what others wrote (`vendor`).
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORE = ROOT / "src" / "ringback" / "media" / "core"
TESTS = ROOT / "tests"
OUT = ROOT / "build" / "c"
MODULE = "module.c"
"""Needs Python's headers; it is tested through Python."""
VENDOR = "vendor"
BASE = ("-std=c11", "-D_GNU_SOURCE", "-g", "-fno-omit-frame-pointer", "-pthread")
STRICT = ("-Wall", "-Wextra", "-Werror")


@dataclass(frozen=True)
class Way:
    """A way to compile and to run."""

    name: str
    compiler: str = "cc"
    flags: tuple[str, ...] = ("-O2",)
    link: tuple[str, ...] = ()
    """Further flags for programs alone."""
    runner: tuple[str, ...] = ()
    """What the program is run by."""

    @property
    def missing(self) -> str:
        """The program that this way needs and that is not installed; empty where nothing is missing."""
        needed = (self.compiler, *self.runner[:1])
        return next((program for program in needed if shutil.which(program) is None), "")


class DoesNotCompile(Exception):
    """A source that the compiler refuses; the message is the compiler's."""


def program(source: Path, way: Way, *beside: Path) -> Path:
    """Give the program made of a source, and of those `beside` it, with what it needs of the core."""
    archive = _library(way)
    made = OUT / way.name / source.stem
    if _stale(made, [archive, source, *beside, *_headers()]):
        flags = (*BASE, *STRICT, *way.flags, *way.link, *_includes())
        _compile(way, *flags, str(source), *map(str, beside), str(archive), "-lm", "-o", str(made))
    return made


def run(made: Path, way: Way, arguments: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
    """Run a program the way it was made for, in the folder that it lies in. Raises subprocess.TimeoutExpired."""
    environment = {
        **os.environ,
        "ASAN_OPTIONS": "abort_on_error=0:detect_leaks=1:strict_string_checks=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
    }
    return subprocess.run(
        (*way.runner, str(made), *arguments),
        cwd=made.parent,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        errors="replace",
        timeout=seconds,
        check=False,
    )


def _library(way: Way) -> Path:
    folder = OUT / way.name
    archive = folder / "core.a"
    sources = sorted((*CORE.glob("*.c"), *(CORE / VENDOR).glob("*.c")))
    objects = [_object(source, way) for source in sources if source.name != MODULE]
    if _stale(archive, objects):
        folder.mkdir(parents=True, exist_ok=True)
        archive.unlink(missing_ok=True)
        subprocess.run(("ar", "rcs", str(archive), *map(str, objects)), check=True)
    return archive


def _object(source: Path, way: Way) -> Path:
    made = OUT / way.name / source.relative_to(CORE).with_suffix(".o")
    if _stale(made, [source, *_headers()]):
        made.parent.mkdir(parents=True, exist_ok=True)
        foreign = VENDOR in source.relative_to(CORE).parts
        warnings = ("-w",) if foreign else STRICT
        _compile(way, *BASE, *warnings, *way.flags, *_includes(), "-c", str(source), "-o", str(made))
    return made


def _compile(way: Way, *arguments: str) -> None:
    done = subprocess.run((way.compiler, *arguments), capture_output=True, errors="replace", check=False)
    if done.returncode:
        raise DoesNotCompile(done.stderr)


def _headers() -> list[Path]:
    return [*CORE.rglob("*.h"), *TESTS.glob("*/*.h")]


def _includes() -> list[str]:
    return [f"-I{CORE}", f"-I{TESTS / 'c'}", f"-I{TESTS / 'fuzz'}"]


def _stale(made: Path, needs: Sequence[Path]) -> bool:
    return not made.exists() or any(each.stat().st_mtime_ns > made.stat().st_mtime_ns for each in needs)
