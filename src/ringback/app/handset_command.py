"""`ringback handset`: a phone on the command line, for trying things out by hand."""

import asyncio
import contextlib
import signal
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape

from ringback.adapters.audio import ringback_tone
from ringback.adapters.telephone import Line, SipTelephone
from ringback.app.clock import SystemClock
from ringback.app.handset import Behaviour, Handset
from ringback.domain.number import Number

PORTS = (30000, 30999)
"""RTP ports of a handset."""
GOODBYE_SECONDS = 5.0
"""How long a call that is interrupted may take to end."""
_SERVER = "server"


@dataclass(frozen=True)
class Errand:
    """A call to place."""

    number: Number
    source: Number
    towards: tuple[str, int]
    """Where SIP is listened to."""


def handset(listen: tuple[str, int], behaviour: Behaviour, errand: Errand | None = None) -> bool:
    """Take calls until interrupted, or place one and see it through, and print what happens. Raises PortTaken.

    Tells whether what was to be done was done: the call was answered.
    """
    with contextlib.suppress(KeyboardInterrupt):
        return asyncio.run(_handset(listen, behaviour, errand))
    return errand is None


async def _handset(listen: tuple[str, int], behaviour: Behaviour, errand: Errand | None) -> bool:
    console = Console(highlight=False, soft_wrap=True)
    lines = {} if errand is None else {_SERVER: Line(f"sip:{errand.towards[0]}:{errand.towards[1]}")}
    telephone = SipTelephone(SystemClock(), listen=listen, ports=PORTS, lines=lines, product="ringback-handset")
    phone = Handset(telephone, lambda _call: behaviour)
    phone.on_change = lambda call, what: console.print(escape(f"{call.caller} -> {call.called}: {what}"))
    await telephone.start(ringback_tone())
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        if errand is not None:
            return await _place(telephone, phone, behaviour, errand, stop)
        host, port = telephone.address
        console.print(f"the handset listens on udp:{host}:{port}; Ctrl-C ends it")
        await stop.wait()
        return True
    finally:
        await telephone.stop()


async def _place(
    telephone: SipTelephone, phone: Handset, behaviour: Behaviour, errand: Errand, stop: asyncio.Event
) -> bool:
    """Place a call and wait for its end, or hang up when told to stop; tells whether it was answered."""
    call = phone.call(_SERVER, errand.number, errand.source, behaviour)
    waiting = [asyncio.create_task(stop.wait()), asyncio.create_task(call.over.wait())]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    if not call.over.is_set():
        telephone.hang_up(call.call_id)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(call.over.wait(), GOODBYE_SECONDS)
    return call.answered
