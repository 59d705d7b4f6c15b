from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from tests.unit.app.commands import Terminal


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Terminal]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RINGBACK_CONFIG", raising=False)
    yield Terminal(tmp_path, capsys)
    structlog.reset_defaults()
