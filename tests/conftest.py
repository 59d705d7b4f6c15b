"""What all tests share: the mark `interop(situation, peer)` and `--interop`, which writes the page of its cells.

Those of the engine in C are left out, and it is said, where it was not built.
"""

import contextlib
from collections import defaultdict
from collections.abc import Generator
from importlib import import_module
from pathlib import Path

import pytest
from tests.interop.page import PAGE, Cell, Outcome, page, table_of, versions
from tests.interop.situations import Peer

TESTS = Path(__file__).parent
collect_ignore = [
    "unit/app/test_media.py",  # which engine is chosen where both are there
    *(str(path) for path in TESTS.rglob("test_*.py") if "\nfrom ringback.media.core" in path.read_text()),
]
with contextlib.suppress(ImportError):
    import_module("ringback.media.core")
    collect_ignore.clear()


def pytest_report_header() -> str:
    return "the media engine in C was not built: its tests are left out" if collect_ignore else ""


LOSSY_CALLS, MANY_LOSSY_CALLS = 100, 1000
"""Calls over a line that loses: in `make test`, in `make interop`."""
_outcomes: dict[Cell, list[Outcome]] = defaultdict(list)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--interop", action="store_true", help=f"run the interoperability tests alone and write {PAGE}")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "interop(situation, peer): a cell of docs/interop.md")


def _cells(item: pytest.Item) -> list[Cell]:
    """Give the cells that a test is a run of."""
    return [(mark.args[0], mark.args[1]) for mark in item.iter_markers("interop")]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave Linphone, which needs a package more, to `make interop`; leave all but the cells out of that."""
    whole = config.getoption("--interop")
    left = [
        item
        for item in items
        if (not _cells(item) if whole else any(peer is Peer.LINPHONE for _, peer in _cells(item)))
    ]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep how the cells of a test went."""
    report = yield
    if report.failed or (report.when == "call" and report.passed):
        note = dict(item.user_properties).get("interop", "")
        for cell in _cells(item):
            _outcomes[cell].append(Outcome(report.passed, str(note)))
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.getoption("--interop") and not session.config.option.collectonly:
        before = table_of(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
        PAGE.write_text(page(_outcomes, versions(), before), encoding="utf-8")


@pytest.fixture
def lossy_calls(pytestconfig: pytest.Config) -> int:
    """Give how many calls to make over a line that loses."""
    return MANY_LOSSY_CALLS if pytestconfig.getoption("--interop") else LOSSY_CALLS
