"""What a person on the telephone waits for, over real calls: the first sound, and what comes after a key."""

import asyncio
import json
from collections.abc import Coroutine, Sequence
from typing import Any

import uvloop
from far_end import Call, far_end
from gauge import LOAD_CORE, Figure, percentile, pinned
from house import SOURCE, house
from http_load import paced
from program import program

NAME = "latency"
WARM_UP = 5
COUNT = 200
RATE = 10.0
SECONDS = 60.0
DIGITS = "42"
TEXT = "Please enter your number."


def body(number: int) -> bytes:
    """Give a callflow that asks for two digits."""
    params = {
        "promptMessage": TEXT,
        "voiceProfile": "en-US-Heart",
        "minDigits": 2,
        "maxDigits": 2,
        "digitTimeout": 5000,
        "overallTimeout": 10000,
        "noOfTries": 1,
    }
    actions = [
        {"action": "makeCall", "params": {"source": SOURCE, "destination": f"+65{number:08d}"}},
        {"action": "sayAndCapture", "params": params},
    ]
    return json.dumps({"clientRequestId": f"r-{number}", "callflow": actions}).encode()


def run() -> Sequence[Figure]:
    """Call, hear, press, and see the digits posted."""
    with pinned(LOAD_CORE), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run())


async def _run() -> Sequence[Figure]:
    presses: set[asyncio.Task[None]] = set()
    posted: dict[str, float] = {}

    def spawn(work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        presses.add(task)
        task.add_done_callback(presses.discard)

    def answered(call: Call) -> None:
        call.on_heard = lambda: spawn(call.press(DIGITS))

    def took(type_: str, told: bytes, at: float) -> None:
        if type_ == "VCA":
            payload = json.loads(told)["payload"]
            if payload["dtmf"] != DIGITS:
                message = f"the digits {DIGITS} came as {payload['dtmf']}"
                raise RuntimeError(message)
            posted[payload["destination"].lstrip("+")] = at

    async with (
        program() as told,
        far_end() as end,
        house(end.address[1], channels=1000, calls_per_second=200, webhooks=told.webhooks) as server,
    ):
        end.on_answer = answered
        told.on_post = took
        await paced(server, [body(number) for number in range(WARM_UP)], 1000)
        await told.until("VSS", WARM_UP, SECONDS)
        await paced(server, [body(number) for number in range(WARM_UP, WARM_UP + COUNT)], RATE)
        await told.until("VSS", WARM_UP + COUNT, SECONDS)
    calls = list(end.calls.values())[WARM_UP:]
    first = [(call.heard - call.answered) * 1e3 for call in calls if call.heard]
    after = [(posted[call.number] - call.pressed) * 1e3 for call in calls if call.number in posted]
    if len(first) < COUNT or len(after) < COUNT:
        message = f"of {COUNT} calls {len(first)} heard the prompt and {len(after)} had their digits posted"
        raise RuntimeError(message)
    note = f"{COUNT} calls, {RATE:g} a second"
    return [
        Figure("answer to first prompt packet: p50", percentile(first, 50), "ms", note=note),
        Figure("answer to first prompt packet: p99", percentile(first, 99), "ms", 40),
        Figure("end of last digit to VCA posted: p50", percentile(after, 50), "ms", note=note),
        Figure("end of last digit to VCA posted: p99", percentile(after, 99), "ms", 30),
    ]
