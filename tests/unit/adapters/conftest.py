"""What tests of worker processes share."""

import asyncio
from asyncio.subprocess import Process
from typing import Any

import pytest


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Process]:
    """Give the worker processes in the order in which they were started."""
    found: list[Process] = []
    real = asyncio.create_subprocess_exec

    async def start(*command: str, **options: Any) -> Process:  # noqa: ANN401 - the options of another function
        found.append(await real(*command, **options))
        return found[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
    return found
