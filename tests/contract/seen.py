"""A pytest plugin that tells which declared answers no test saw.

`python -m pytest -n 0 -p tests.contract.seen tests/unit/adapters/http` fails where there is one.
"""

import pytest
from tests.contract import document


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Name what is declared and was not seen."""
    unseen = [
        f"{operation['operationId']} {http}"
        for operations in document.DOCUMENT["paths"].values()
        for operation in operations.values()
        for http in operation["responses"]
        if (operation["operationId"], http) not in document.SEEN
    ]
    if unseen:
        session.config.get_terminal_writer().line(f"\ndeclared, and seen by no test: {', '.join(unseen)}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
