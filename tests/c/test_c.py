"""The C tests, compiled with warnings as errors; `make sanitize` runs them under sanitizers and valgrind as well."""

from pathlib import Path

import pytest
from tests.c.build import Way, program, run

PLAIN = Way("plain")
SECONDS = 60.0


@pytest.mark.skipif(bool(PLAIN.missing), reason="there is no C compiler")
@pytest.mark.parametrize("source", sorted(Path(__file__).parent.glob("test_*.c")), ids=lambda source: source.stem)
def test_a_c_test_passes(source: Path) -> None:
    done = run(program(source, PLAIN), PLAIN, (), SECONDS)
    assert done.returncode == 0, done.stdout
