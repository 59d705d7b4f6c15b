"""Every fuzz target with its seeds and with the same mutations of them each time; `make fuzz` looks for new ones."""

from pathlib import Path

import pytest
from tests.fuzz.run import DRIVEN, TARGETS, drive

SECONDS = 5.0
COUNT = 100_000
SEED = 1


@pytest.mark.skipif(bool(DRIVEN.missing), reason="there is no gcc")
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.stem)
def test_a_parser_stands_what_it_is_sent(target: Path) -> None:
    done = drive(target, SECONDS, COUNT, SEED)
    assert done.returncode == 0, done.stdout
