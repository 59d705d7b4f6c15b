"""Runs every C test under ASan with UBSan, under TSan and under valgrind: `python -m tests.c.sanitize [NAME...]`.

`NAME`: of a test, such as `test_tap`; all without. A way whose tools are not installed is said and left out, and so is
a test under valgrind whose first line says `not under valgrind`: one of long sums, thirty times slower there.
"""

import subprocess
import sys
from pathlib import Path

from tests.c.build import DoesNotCompile, Way, program, run

MEMCHECK = (
    *("valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=definite,possible"),
    *("--errors-for-leak-kinds=definite,possible", "--fair-sched=yes"),
)
WAYS = (
    Way("address", "gcc", ("-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")),
    Way("thread", "gcc", ("-O1", "-fsanitize=thread")),
    Way("memcheck", "gcc", runner=MEMCHECK),
)
SECONDS = 300.0
NOT_HERE = "not under valgrind"


def main() -> None:
    """Run them all; exit with 1 if one of them fails."""
    tests = sorted(Path(__file__).parent.glob("test_*.c"))
    chosen = [test for test in tests if not sys.argv[1:] or test.stem in sys.argv[1:]]
    failed = 0
    for way in WAYS:
        if way.missing:
            print(f"{way.name}: left out, {way.missing} is not installed")
            continue
        for test in chosen:
            if way.runner and NOT_HERE in test.read_text().partition("\n")[0]:
                print(f"{way.name} {test.stem}: left out")
                continue
            fault = _fault(test, way)
            failed += bool(fault)
            print(f"{way.name} {test.stem}: {fault or 'ok'}", flush=True)
    sys.exit(1 if failed else 0)


def _fault(test: Path, way: Way) -> str:
    try:
        done = run(program(test, way), way, (), SECONDS)
    except DoesNotCompile as refused:
        return f"does not compile\n{refused}"
    except subprocess.TimeoutExpired:
        return f"not over after {SECONDS:.0f} s"
    return f"exit code {done.returncode}\n{done.stdout}" if done.returncode else ""


if __name__ == "__main__":
    main()
