"""A call from this machine to itself, with the telephone and media engine of the server.

```
  caller  --INVITE, 200, ACK-->  callee
          ==== tone, digit 1 ==>
          <=== tone, digit 2 ===
          -------- BYE ------->
```
"""

import asyncio
import tempfile
import wave
from array import array
from pathlib import Path
from typing import Final

from ringback.adapters.audio import ringback_tone
from ringback.adapters.telephone import Line, SipTelephone
from ringback.app.clock import SystemClock
from ringback.app.doctor.finding import Finding, error, ok
from ringback.domain.number import Number
from ringback.engine import events
from ringback.service.ports import IncomingCall

CHECK: Final = "call"
SECONDS: Final = 10.0
"""The whole call takes no longer."""
TONE_SECONDS: Final = 0.6
"""How long the tone is heard before the digits."""
QUIET: Final = 500
"""Samples below this are taken for silence (of 32767)."""
LOUD_SECONDS: Final = 0.25
"""Less of the tone than this counts as not heard."""
_LOOPBACK: Final = ("127.0.0.1", 0)
_LINE: Final = "loopback"
_NUMBER: Final = Number("15550100100")
_SENT: Final = {"caller": "1", "callee": "2"}


class _End:
    """One end of the call, as it went."""

    def __init__(self, name: str, telephone: SipTelephone, file: Path) -> None:
        self.name = name
        self.telephone = telephone
        self.file = file
        self.call = ""
        self.digits = ""
        self.fault = ""
        self.settled = asyncio.Event()
        self.up = asyncio.Event()
        self.heard = asyncio.Event()
        self.over = asyncio.Event()

    def tell(self, event: events.Event) -> None:
        match event:
            case events.LegAnswered(call):
                self.call = call
                self.telephone.listen(call, str(self.file))
                self.telephone.start_ringback(call)
                self.up.set()
                self.settled.set()
            case events.DigitPressed(_, digit):
                self.digits += digit
                self.heard.set()
            case events.LegRefused(_, status):
                self._end(f"it was refused with {status}")
            case events.LegUnreachable():
                self._end("it could not be placed: no RTP port, or no way to 127.0.0.1")
            case events.LegLost():
                self._end("the media engine ended in the middle of it")
            case events.LegHungUp():
                self._end("" if self.heard.is_set() else "it was hung up too early")
            case _:
                pass

    def _end(self, fault: str) -> None:
        self.fault = self.fault or fault
        self.settled.set()
        self.over.set()

    @property
    def loud(self) -> bool:
        """Whether the other end's tone was heard."""
        if not self.file.exists():
            return False
        with wave.open(str(self.file)) as sound:
            samples = array("h", sound.readframes(sound.getnframes()))
            loud = sum(1 for sample in samples if abs(sample) > QUIET)
            return loud > int(sound.getframerate()) * LOUD_SECONDS


async def look(ports: tuple[int, int]) -> Finding:
    """Place the call. `ports`: the RTP range, of which two pairs must be free."""
    with tempfile.TemporaryDirectory(prefix="ringback-doctor-") as folder:
        place, clock = Path(folder), SystemClock()
        try:
            callee = SipTelephone(clock, listen=_LOOPBACK, ports=ports, lines={}, product="ringback-doctor")
            lines = {_LINE: Line(f"sip:{callee.address[0]}:{callee.address[1]}")}
            caller = SipTelephone(clock, listen=_LOOPBACK, ports=ports, lines=lines, product="ringback-doctor")
        except OSError as fault:
            return _failed(f"no UDP port of 127.0.0.1 can be bound: {fault.strerror or fault}")
        ends = _End("caller", caller, place / "caller.wav"), _End("callee", callee, place / "callee.wav")
        try:
            async with asyncio.timeout(SECONDS):
                for end in ends:
                    await end.telephone.start(ringback_tone())
                await _talk(*ends)
        except TimeoutError:
            return _failed(_stage(*ends))
        except OSError as fault:
            return _failed(f"the media engine does not start: {fault.strerror or fault}")
        finally:
            for end in ends:
                await end.telephone.stop()
        if ends[0].fault or ends[1].fault:
            return _failed(ends[0].fault or ends[1].fault)
        return judge(*((end.name, end.loud, end.digits) for end in ends))


async def _talk(caller: _End, callee: _End) -> None:
    def take(incoming: IncomingCall) -> None:
        callee.telephone.attend(incoming.call_id, callee.tell)
        callee.telephone.answer(incoming.call_id)

    callee.telephone.on_incoming = take
    caller.telephone.dial("doctor", _LINE, _NUMBER, _NUMBER, caller.tell)
    await caller.settled.wait()
    if caller.fault:
        return
    await callee.up.wait()
    await asyncio.sleep(TONE_SECONDS)
    for end in (caller, callee):
        end.telephone.stop_play(end.call)
        end.telephone.press(end.call, _SENT[end.name])
    await caller.heard.wait()
    await callee.heard.wait()
    caller.telephone.hang_up(caller.call)
    await caller.over.wait()
    await callee.over.wait()


def _stage(caller: _End, callee: _End) -> str:
    """Say how far a call came that did not end in time."""
    if not (caller.up.is_set() and callee.up.is_set()):
        return f"it was not answered within {SECONDS:g} s"
    deaf = [end.name for end in (caller, callee) if not end.heard.is_set()]
    return f"the {' and the '.join(deaf)} heard no digit" if deaf else "it did not end"


def judge(*ends: tuple[str, bool, str]) -> Finding:
    """Judge a call by what each end heard: name, whether it heard the tone, digits."""
    expected = {"caller": _SENT["callee"], "callee": _SENT["caller"]}
    faults = [f"the {name} heard no sound" for name, loud, _ in ends if not loud]
    faults += [f"the {name} heard the digits {digits!r}" for name, _, digits in ends if digits != expected[name]]
    if faults:
        return _failed("; ".join(faults))
    return ok(CHECK, "a loopback call was answered, with RTP and digits both ways")


def _failed(cause: str) -> Finding:
    fix = "see that a local firewall lets UDP through on the loopback address, and that the RTP ports are free"
    return error(CHECK, "the loopback call failed", cause, fix)


def not_tried(cause: str) -> Finding:
    """Say why no call was placed."""
    return error(CHECK, "the loopback call could not be tried", cause, "free some RTP ports, or change [rtp] ports")
