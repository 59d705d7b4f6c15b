"""Work that nobody awaits."""

import asyncio

import structlog

from ringback.service.errands import Errands


async def test_what_fails_is_in_the_log_and_the_rest_is_waited_for() -> None:
    errands, done, go = Errands("errand-failed"), list[str](), asyncio.Event()

    async def fail() -> None:
        raise RuntimeError

    async def work() -> None:
        await go.wait()
        done.append("work")

    with structlog.testing.capture_logs() as log:
        errands.spawn(fail())
        errands.spawn(work())
        await asyncio.sleep(0)
        go.set()
        await errands.wait(10)
    assert done == ["work"]
    assert [entry["event"] for entry in log] == ["errand-failed"]
    await errands.wait(10)


async def test_what_is_cancelled_is_over_and_no_fault() -> None:
    errands, over = Errands("errand-failed"), list[str]()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            over.append("work")

    with structlog.testing.capture_logs() as log:
        errands.spawn(work())
        await errands.wait(0.01)
        await errands.cancel()
    assert (over, log) == (["work"], [])
