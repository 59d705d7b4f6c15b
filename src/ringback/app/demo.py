"""The demonstration: one IVR call over real SIP and RTP on loopback, from the POST to the summary.

```
  POST /callflows --> server --SIP/RTP--> first handset    hears the menu, presses 1 in the middle of it
                        |  <-- VCA: dtmf 1
  webhook app  ---------+--> say, makeCall --SIP/RTP--> second handset    the two are bridged; it hangs up
                        |  <-- VCA
               ---------+--> hangup --> VSS
```
"""

import asyncio
import json
import tempfile
import wave
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringback.adapters.audio import ringback_tone
from ringback.adapters.telephone import IncomingCall, SipTelephone, draw_ladder
from ringback.app.clock import SystemClock
from ringback.app.config import Config, Http, Sip, StoreConfig, Trunk, Voices, Webhooks
from ringback.app.handset import Behaviour, Call, Handset
from ringback.app.http_server import HttpServer
from ringback.app.server import Server
from ringback.app.timeline import describe
from ringback.client import AsyncClient, Hangup, MakeCall, Say, SayAndCapture, webhooks
from ringback.client.replies import Receipt
from ringback.service.ports import WebhookType
from ringback.service.queries import Flight, flight

SUBACCOUNT = "demo"
SOURCE = "15550100100"
CALLER = "6512345601"
AGENT = "4930123456"
VOICE = "en-US-Heart"
FIRST_PORTS = (30000, 30099)
SECOND_PORTS = (30100, 30199)
MENU = "Welcome to ringback. For the opening hours, press 2. To speak to a colleague, press 1 at any time, even now."
TRANSFER = "Thank you. We connect you."
QUIET = 500
"""Samples below this are taken for silence (of 32767)."""
SECONDS = 60.0
"""The whole demonstration takes no longer."""


class Program:
    """The customer's program: its webhook app, and every body that it got."""

    def __init__(self) -> None:
        """Nothing was posted yet."""
        self.bodies: list[dict[str, Any]] = []
        self.summary = asyncio.Event()
        self.app = Starlette(routes=[Route("/{type}", self._post, methods=["POST"])])

    async def _post(self, request: Request) -> Response:
        self.bodies.append(await request.json())
        posted = webhooks.parse(await request.body())
        if isinstance(posted, webhooks.SessionSummary):
            self.summary.set()
        return Response(self._next(posted) if isinstance(posted, webhooks.CallAction) else b"")

    @staticmethod
    def _next(vca: webhooks.CallAction) -> bytes:
        if vca.client_action_id != "menu":
            return webhooks.answer(Hangup())
        if vca.digits != "1":
            return webhooks.answer(say("We are open from nine to five."), Hangup())
        transfer = MakeCall(source=SOURCE, destination=AGENT)
        return webhooks.answer(say(TRANSFER), transfer, client_action_id="transfer")

    def of_type(self, event_type: str) -> list[dict[str, Any]]:
        """Give the payloads of one type, in order."""
        return [body["payload"] for body in self.bodies if body["eventType"] == event_type]


def say(text: str) -> Say:
    """Give a say action in the built-in voice."""
    return Say(text=text, voice_profile=VOICE)


class Log:
    """What happens, with its time since the beginning: printed at once, and kept."""

    def __init__(self, clock: SystemClock, console: Console) -> None:
        """Begin now."""
        self._clock = clock
        self._console = console
        self._began = clock.now()
        self.lines: list[str] = []
        self.flight: Flight | None = None
        """Of the session, once it is over."""

    def tell(self, what: str) -> None:
        """Note that something happened."""
        line = f"{self._clock.now() - self._began:7.3f} s  {what}"
        self.lines.append(line)
        self._console.print(escape(line), highlight=False, soft_wrap=True)

    def teller(self, who: str) -> Callable[[Call, str], None]:
        """Give what notes the doings of a handset."""
        return lambda _call, what: self.tell(f"{who}: {what}")


def demonstrate(out: Path, console: Console) -> bool:
    """Run the demonstration and leave its evidence in `out`; tell whether everything happened."""
    out.mkdir(parents=True, exist_ok=True)
    clock = SystemClock()
    program = Program()
    log = Log(clock, console)
    handsets = asyncio.run(_demonstrate(out, clock, program, log))
    (out / "timeline.txt").write_text("\n".join(log.lines) + "\n")
    (out / "webhooks.json").write_text(json.dumps(program.bodies, indent=2) + "\n")
    text, svg = _ladder(log.flight)
    (out / "ladder.txt").write_text(text)
    (out / "ladder.svg").write_text(svg)
    return _verdict(out, program, handsets, text, console)


async def _demonstrate(out: Path, clock: SystemClock, program: Program, log: Log) -> Sequence[Handset]:
    tell = log.tell

    def behave_first(_call: IncomingCall) -> Behaviour:
        return Behaviour(answer_after=1.0, press=((2.0, "1"),), record=out / "heard-by-the-first-handset.wav")

    def behave_second(_call: IncomingCall) -> Behaviour:
        return Behaviour(answer_after=1.5, hangup_after=3.0, record=out / "heard-by-the-second-handset.wav")

    loopback = ("127.0.0.1", 0)
    first = SipTelephone(clock, listen=loopback, ports=FIRST_PORTS, lines={}, product="ringback-handset")
    second = SipTelephone(clock, listen=loopback, ports=SECOND_PORTS, lines={}, product="ringback-handset")
    handsets = [Handset(first, behave_first), Handset(second, behave_second)]
    handsets[0].on_change = log.teller("first handset")
    handsets[1].on_change = log.teller("second handset")
    webhook = HttpServer("127.0.0.1", 0)
    with tempfile.TemporaryDirectory(prefix="ringback-demo-") as folder:
        config = Config(
            http=Http(port=0),
            sip=Sip(listen=("udp:127.0.0.1:0",)),
            store=StoreConfig(url=f"sqlite:///{folder}/ringback.db"),
            voices=Voices(cache=f"{folder}/cache"),
            webhooks=Webhooks(allow_private_addresses=True),
            trunk=(
                Trunk(name="caller", uri=f"sip:{first.address[0]}:{first.address[1]}", prefixes=(CALLER[:2],)),
                Trunk(name="agent", uri=f"sip:{second.address[0]}:{second.address[1]}", prefixes=(AGENT[:2],)),
            ),
        )
        server = Server(config)
        server.desk.on_timeline = lambda _account, _session, entry: tell(
            f"server: {describe(entry.name, entry.details)}"
        )
        try:
            webhook.start(program.app)
            await server.start()
            tone = ringback_tone()
            await first.start(tone)
            await second.start(tone)
            key = await _subscribe(server, f"http://127.0.0.1:{webhook.port}")
            async with AsyncClient(f"http://127.0.0.1:{server.http.port}", SUBACCOUNT, key) as client:
                receipt = await _post(client)
            tell(f"program: POST /callflows -> {receipt.status_code} {receipt.status_message}")
            async with asyncio.timeout(SECONDS):
                await program.summary.wait()
            tell("program: got the session summary (VSS)")
            await server.outbox.flush(5.0)
            log.flight = await flight(server.store, receipt.session_id)
        except TimeoutError:
            tell(f"program: no summary within {SECONDS:.0f} s")
        finally:
            await server.stop(0.0)
            await first.stop()
            await second.stop()
            await webhook.stop()
    return handsets


async def _subscribe(server: Server, url: str) -> str:
    key = await server.store.bootstrap(
        SUBACCOUNT, caller_ids=[SOURCE], numbers=[], webhooks=[WebhookType(type_, f"{url}/{type_}") for type_ in _TYPES]
    )
    return str(key)


_TYPES = ("VCA", "VCS", "VSS")


async def _post(client: AsyncClient) -> Receipt:
    menu = SayAndCapture(
        prompt_message=MENU,
        voice_profile=VOICE,
        min_digits=1,
        max_digits=1,
        digit_timeout=5000,
        overall_timeout=10000,
    )
    dial = MakeCall(source=SOURCE, destination=CALLER)
    return await client.callflows.create(dial, menu, client_request_id="demo-1", client_action_id="menu")


def _ladder(found: Flight | None) -> tuple[str, str]:
    if found is None or found.trace is None:
        return draw_ladder((), {})
    return draw_ladder(found.trace.messages, found.names)


def _verdict(out: Path, program: Program, handsets: Sequence[Handset], ladder: str, console: Console) -> bool:
    asked = program.of_type("CALL_ACTION")
    summaries = program.of_type("SESSION_SUMMARY")
    summary = summaries[0] if summaries else {}
    legs = summary.get("details", {})
    statuses = [payload["callStatus"] for payload in program.of_type("CALL_STATUS")]
    facts: dict[str, bool] = {
        "the first handset answered and heard a voice": _heard(out / "heard-by-the-first-handset.wav"),
        "the menu was interrupted by the key (barge-in)": [payload["dtmf"] for payload in asked[:1]] == ["1"],
        "the webhook was asked twice what is next": len(asked) == len(handsets),
        "the second handset answered": any(call.answered for call in handsets[1].calls),
        "status updates came": {"CALL_INITIATED", "CALL_CONNECTED", "DTMF_RECEIVED"} <= set(statuses),
        "exactly one summary came": len(summaries) == 1,
        "the session is COMPLETED": summary.get("sessionStatus") == "COMPLETED",
        "both legs are COMPLETED": [legs.get(leg, {}).get("callStatus") for leg in ("callA", "callB")]
        == ["COMPLETED", "COMPLETED"],
        "the ladder shows both dialogs": ladder.count("INVITE") >= len(handsets) and "BYE" in ladder,
    }
    console.print()
    for fact, happened in facts.items():
        console.print(f"{'[green]yes[/]' if happened else '[red]NO [/]'}  {fact}")
    console.print(f"\nWhat the handsets heard, the SIP ladder and the webhooks are in {escape(str(out))}/")
    return False not in facts.values()


def _heard(path: Path) -> bool:
    """Tell whether a quarter of a second or more in a WAV file is loud."""
    if not path.exists():
        return False
    with wave.open(str(path)) as file:
        samples = array("h", file.readframes(file.getnframes()))
        loud = sum(1 for sample in samples if abs(sample) > QUIET)
        return loud > int(file.getframerate()) // 4
