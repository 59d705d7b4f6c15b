"""The sandbox: every destination rings a built-in handset, whose behaviour the last two digits choose."""

from collections.abc import Callable
from pathlib import Path

from ringback.adapters.telephone import IncomingCall, Line, SipTelephone
from ringback.app.handset import BUSY, DECLINED, Behaviour
from ringback.domain.number import Number
from ringback.engine.events import Event

TRUNK = "sandbox"
UNREACHABLE = "sandbox-unreachable"
UNREACHABLE_SUFFIX = "04"
NOWHERE = "sip:127.0.0.1:9"
"""The discard port: nothing listens there, so a call to it is refused by the kernel."""
HERE = "127.0.0.0/8"

GUIDE = """\
the last two digits of the destination choose what the handset does:
  01 busy   02 no answer   03 declined   04 unreachable   05 answers after 10 s
  06 hangs up after 3 s   11..19 presses that digit after each prompt   any other: answers and listens"""


def behaviour(called: str, heard: Path) -> Behaviour:  # noqa: PLR0911 - one for each kind of number
    """Give what the handset does with a call to `called`; `heard`: the folder for what it hears."""
    digits = called.lstrip("+")
    record = heard / f"{digits}.wav" if digits.isdigit() else None
    match digits[-2:]:
        case "01":
            return Behaviour(refuse=BUSY)
        case "02":
            return Behaviour(answer_after=None)
        case "03":
            return Behaviour(refuse=DECLINED)
        case "05":
            return Behaviour(answer_after=10.0, record=record)
        case "06":
            return Behaviour(hangup_after=3.0, record=record)
        case suffix if suffix[:1] == "1" and suffix[1:] in set("123456789"):
            return Behaviour(press_after_prompt=suffix[1], record=record)
        case _:
            return Behaviour(record=record)


class SandboxTelephone(SipTelephone):
    """The server's telephone in a sandbox: it finds nobody behind numbers that end in 04."""

    def dial(
        self,
        call_id: str,
        trunk: str,
        source: Number,
        destination: Number,
        tell: Callable[[Event], None],
        *,
        beside: str | None = None,
    ) -> None:
        """Dial the handset, or a port where nothing listens."""
        nobody = destination.digits.endswith(UNREACHABLE_SUFFIX)
        super().dial(call_id, UNREACHABLE if nobody else trunk, source, destination, tell, beside=beside)


def lines(handset: SipTelephone) -> dict[str, Line]:
    """Give the trunks that lead to the handset; whoever is on this machine may call."""
    host, port = handset.address
    return {TRUNK: Line(f"sip:{host}:{port}", inbound_from=(HERE,)), UNREACHABLE: Line(NOWHERE)}


def behave(heard: Path) -> Callable[[IncomingCall], Behaviour]:
    """Give the handset's behaviour for every call; makes the folder."""
    heard.mkdir(parents=True, exist_ok=True)
    return lambda call: behaviour(call.called, heard)
