"""What a program waits for when it imports the client."""

import subprocess
import sys

import pytest

SERVER = {"starlette", "uvicorn", "numpy", "sqlalchemy", "alembic", "phonenumbers", "cyclopts", "rich", "structlog"}


def imported(statement: str) -> set[str]:
    """Give the packages that a fresh Python has after a statement."""
    script = f"{statement}\nimport sys\nprint(*(name for name in sys.modules))"
    names = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    return {".".join(name.split(".")[: 2 if name.startswith("ringback.") else 1]) for name in names}


@pytest.mark.parametrize(
    ("statement", "there", "absent"),
    [
        ("from ringback.client import webhooks", "standardwebhooks", {"aiohttp", "urllib3", "asyncio"}),
        ("from ringback.client import Client", "urllib3", {"aiohttp", "asyncio"}),
        ("from ringback.client import AsyncClient", "aiohttp", {"urllib3"}),
    ],
)
def test_the_client_comes_without_the_server(statement: str, there: str, absent: set[str]) -> None:
    found = imported(statement)
    assert there in found
    assert not found & (SERVER | absent)
    assert {name for name in found if name.startswith("ringback")} == {"ringback", "ringback.client"}


def test_what_is_not_there_is_an_error_as_everywhere() -> None:
    with pytest.raises(ImportError, match="AsyncServer"):
        from ringback.client import AsyncServer  # noqa: F401, PLC0415
