"""The telephone: owns legs, driving SIP and the media plane, and knows no callflows.

```
  runner --dial--> Telephone --invite--> UserAgent --datagrams--> Endpoint --UDP--> trunk
         <--tell--           --play----> MediaEngine --RTP------------------------> trunk
```
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from itertools import count
from typing import cast

import structlog

from ringback.adapters.telephone import negotiation
from ringback.adapters.telephone.endpoint import Endpoint
from ringback.adapters.telephone.engines import REFERENCE, EngineKind
from ringback.adapters.telephone.figures import quality_of, report_of
from ringback.adapters.telephone.headers import HeaderFolder
from ringback.adapters.telephone.leg import Leg, LegState
from ringback.adapters.telephone.line import DEFAULT_CODECS, Line, Names, own_address
from ringback.adapters.telephone.prompts import EncodedPrompt, PromptShelf
from ringback.adapters.telephone.questions import OUT_OF_SERVICE, Questions
from ringback.domain.number import Number
from ringback.domain.session import MediaReport
from ringback.engine import events
from ringback.media import interface as media
from ringback.service.errands import Errands
from ringback.service.ports import Clock, IncomingCall, PacketsKept, Prompt, SipMessage
from ringback.wire import sdp
from ringback.wire.sip import events as sip
from ringback.wire.sip.redaction import redacted
from ringback.wire.sip.user_agent import MAX_WAITING, UserAgent

NOT_ACCEPTABLE_HERE = 488
REQUEST_TERMINATED = 487
NOT_FOUND = 404
UNAVAILABLE = 503
OPEN_WAITING = 1000
"""Callers of one address who may wait where there are no trunks, and so no channels to go by."""

_log = structlog.get_logger(__name__)


class SipTelephone:
    """Implements `ringback.service.ports.Telephone` over SIP and RTP."""

    def __init__(  # noqa: PLR0913 - settings, each given by its name
        self,
        clock: Clock,
        *,
        listen: media.Address,
        ports: tuple[int, int],
        lines: Mapping[str, Line],
        advertise: str = "",
        rtp_advertise: str = "",
        silence_after: float = 60.0,
        product: str = "ringback",
        engine: EngineKind = REFERENCE,
    ) -> None:
        """Bind the SIP port.

        `ports`: the RTP range, ends included; `advertise`: the address told to far ends where it is not `listen`'s;
        `silence_after`: seconds without RTP until a leg is told silent; `engine`: what plays and hears.

        Raises PortTaken.
        """
        self._clock = clock
        self._ports = ports
        self._lines = lines
        self._silence_after = silence_after
        self._product = product
        self._endpoint = Endpoint(listen)
        host, port = self._endpoint.address
        self._bind_host = host
        self._host = advertise or own_address(host, lines)
        self._rtp_host = rtp_advertise or advertise or self._host
        self._port = port
        self._user_agent = UserAgent(
            (self._host, port),
            token=secrets.token_hex,
            product=product,
            admit=self._admits,
            max_waiting=max(MAX_WAITING, sum(line.channels for line in lines.values())) if lines else OPEN_WAITING,
        )
        self._questions = Questions(self._user_agent, self._endpoint.pump, self._host)
        self._engine_kind = engine
        self._engine = engine.make(self._bind_host, ports)
        self._legs: dict[str, Leg] = {}
        self._by_number: dict[int, Leg] = {}
        self._plays: dict[int, tuple[Leg, int]] = {}
        self._taps: dict[str, Callable[[PacketsKept], None]] = {}
        """Who waits for a file, by its path."""
        self._numbers = count(1)
        self._prompts = PromptShelf(self._numbers)
        self._names = Names()
        self._errands = Errands("telephone-fault")
        self._ringback: EncodedPrompt | None = None
        self.on_incoming: Callable[[IncomingCall], None] = lambda call: self.reject(call.call_id, NOT_FOUND)
        """What to do with a caller; by default there is nobody here: 404."""
        self.on_message: Callable[[SipMessage], None] | None = None
        """Called with every SIP message of a leg; those that bring a caller come before the caller does."""
        self.headers: HeaderFolder | None = None
        """Where the headers of all RTP are kept; needs an engine with RECORDING."""
        self._local = f"{self._host}:{port}"

    @property
    def address(self) -> media.Address:
        """Where SIP is heard, as told to far ends."""
        return self._host, self._port

    @property
    def live(self) -> int:
        """How many legs there are."""
        return len(self._legs)

    @property
    def user_agent(self) -> UserAgent:
        """The SIP core, for its counters."""
        return self._user_agent

    @property
    def media_pid(self) -> int | None:
        """The process of the media engine; None while there is none, or where it is a thread of this one."""
        pid: int | None = getattr(self._engine, "pid", None)
        return pid

    async def start(self, ringback: EncodedPrompt) -> None:
        """Start the media engine and begin to hear; `ringback`: the tone that `start_ringback` plays."""
        self._ringback = ringback
        await self._engine.start(self._on_media)
        self._endpoint.start(self._user_agent, self._on_sip)

    async def stop(self) -> None:
        """End what is left and free the port."""
        for leg in list(self._legs.values()):
            self.hang_up(leg.call_id)
        self._endpoint.close()
        await self._errands.cancel()
        await self._engine.stop()

    def close(self) -> None:
        """Free the port of a telephone that was never started."""
        self._endpoint.close()

    async def is_in_service(self, trunk: str, seconds: float) -> bool:
        """Ask a trunk (OPTIONS) and tell whether it answers within `seconds`, and not that it is out of service."""
        line = self._lines[trunk]
        try:
            async with asyncio.timeout(seconds):
                answer = await self._questions.ask(line, await self._names.resolve(line), seconds)
        except OSError:  # TimeoutError is one
            return False
        return answer.status not in OUT_OF_SERVICE

    # -- calls

    def dial(
        self,
        call_id: str,
        trunk: str,
        source: Number,
        destination: Number,
        tell: Callable[[events.Event], None],
        *,
        beside: str | None = None,
    ) -> None:
        """Send an INVITE through a trunk; see `ringback.service.ports.Telephone`."""
        line = self._lines[trunk]
        leg = self._new_leg(call_id, tell, line)
        if (other := self._legs.get(beside or "")) is not None:
            leg.beside, other.beside = other.call_id, call_id
        self._errands.spawn(self._call(leg, line, source, destination))

    def hang_up(self, call_id: str) -> None:
        """CANCEL or BYE, or refuse a caller."""
        leg = self._legs.get(call_id)
        if leg is None or leg.state is LegState.CLOSING:
            return
        if leg.state is LegState.OPENING:
            leg.given_up = True
            return
        self._user_agent.hang_up(call_id, self._now())
        self._endpoint.pump()

    def ring(self, call_id: str) -> None:
        """Tell a caller that it rings (180)."""
        self._user_agent.ring(call_id, self._now())
        self._endpoint.pump()

    def attend(self, call_id: str, tell: Callable[[events.Event], None]) -> None:
        """Let `tell` know what happens to an incoming call: LegAnswered when the caller confirmed, LegHungUp, …."""
        if (leg := self._legs.get(call_id)) is not None:
            leg.tell = tell

    def answer(self, call_id: str) -> None:
        """Take an incoming call."""
        if (leg := self._legs.get(call_id)) is not None and leg.state is LegState.CALLING:
            leg.state = LegState.OPENING
            self._errands.spawn(self._take(leg))

    def reject(self, call_id: str, status: int) -> None:
        """Refuse a caller with a final response of 300..699."""
        if self._legs.pop(call_id, None) is not None:
            self._user_agent.reject(call_id, status, self._now())
            self._endpoint.pump()

    # -- media

    def play(self, call_id: str, play_id: int, prompt: Prompt, repetition: int) -> None:
        """Play a prompt that the audio adapter made."""
        if (leg := self._media_leg(call_id)) is not None:
            self._play(leg, play_id, cast("EncodedPrompt", prompt), repetition)  # Audio made it

    def stop_play(self, call_id: str) -> None:
        """Stop what plays on a leg."""
        if (leg := self._media_leg(call_id)) is not None:
            self._forget_plays(leg)
            self._engine.stop_play(leg.number)

    def start_ringback(self, call_id: str) -> None:
        """Play the ringback tone until stop_play."""
        if (leg := self._media_leg(call_id)) is not None and self._ringback is not None:
            self._engine.play(leg.number, next(self._numbers), self._prompts.number(self._engine, self._ringback), 0)

    def bridge(self, call_id: str, other: str) -> None:
        """Connect two legs; what plays on them is stopped."""
        one, two = self._media_leg(call_id), self._media_leg(other)
        if one is not None and two is not None:
            self._forget_plays(one)
            self._forget_plays(two)
            self._engine.bridge(one.number, two.number)

    def unbridge(self, call_id: str, other: str) -> None:
        """Part two legs."""
        if (leg := self._media_leg(call_id) or self._media_leg(other)) is not None:
            self._engine.unbridge(leg.number)

    def press(self, call_id: str, digits: str) -> None:
        """Send digits as RFC 4733 events."""
        if (leg := self._media_leg(call_id)) is not None:
            self._engine.press(leg.number, digits)

    def record(self, call_id: str, path: str, done: Callable[[PacketsKept], None]) -> None:
        """Keep every packet of a leg, both ways, for `ringback.media.tap`; a path is of one leg."""
        if (leg := self._media_leg(call_id)) is None:
            done(PacketsKept(0, 0, "the leg is over"))
        elif media.Capability.RECORDING not in self._engine.capabilities:
            done(PacketsKept(0, 0, "the media engine does not record"))
        else:
            self._taps[path] = done
            self._engine.tap(leg.number, path, media.Kept.PACKETS)

    def listen(self, call_id: str, path: str) -> None:
        """Keep what a leg's far end sends as a WAV file."""
        if (leg := self._media_leg(call_id)) is not None:
            self._engine.listen(leg.number, path)

    def on_pause(self, call_id: str, tell: Callable[[], None]) -> None:
        """Call `tell` whenever a far end that was heard to speak falls silent; takes effect with `listen`."""
        if (leg := self._legs.get(call_id)) is not None:
            leg.on_pause = tell

    # -- dialling and answering

    async def _call(self, leg: Leg, line: Line, source: Number, destination: Number) -> None:
        try:
            next_hop = await self._names.resolve(line)
            await self._open(leg)
        except OSError as fault:
            _log.warning("leg-not-dialled", call=leg.call_id, reason=str(fault))
            self._drop(leg)
            leg.tell(events.LegUnreachable(leg.call_id))
            return
        if leg.given_up:
            self._close(leg, lambda _statistics: events.LegRefused(leg.call_id, REQUEST_TERMINATED))
            return
        leg.state = LegState.CALLING
        try:
            offer = negotiation.offer(leg, self._beside(leg))
        except sdp.SdpRejected as fault:
            _log.warning("leg-not-dialled", call=leg.call_id, reason=str(fault))
            self._close(leg, lambda _statistics: events.LegRefused(leg.call_id, NOT_ACCEPTABLE_HERE))
            return
        host, port = line.host_port
        self._user_agent.invite(
            leg.call_id,
            to=f"sip:{destination}@{host}:{port}",
            next_hop=next_hop,
            from_uri=f"sip:{source}@{self._host}",
            offer=offer,
            credentials=line.credentials,
            now=self._now(),
        )
        self._endpoint.pump()

    async def _take(self, leg: Leg) -> None:
        try:
            await self._open(leg)
        except OSError as fault:
            _log.warning("leg-not-answered", call=leg.call_id, reason=str(fault))
            self._refuse(leg, UNAVAILABLE)
            return
        if leg.call_id not in self._legs:  # the caller left meanwhile
            self._engine.close(leg.number)
            return
        leg.state = LegState.CALLING
        try:
            answer = self._describe(leg, leg.offer)
        except sdp.SdpRejected as fault:
            _log.warning("leg-not-answered", call=leg.call_id, reason=str(fault))
            self._engine.close(leg.number)
            self._refuse(leg, NOT_ACCEPTABLE_HERE)
            return
        self._user_agent.answer(leg.call_id, answer, self._now())
        self._endpoint.pump()

    def _refuse(self, leg: Leg, status: int) -> None:
        """Refuse a caller whom we were to answer."""
        self.reject(leg.call_id, status)
        leg.tell(events.LegRefused(leg.call_id, status))

    async def _open(self, leg: Leg) -> None:
        other = self._beside(leg)
        beside = other.number if other is not None else None
        _, port = await self._engine.open(leg.number, silence_after=self._silence_after, beside=beside)
        leg.address = (self._rtp_host, port)
        if self.headers is not None:
            self._keep_headers(leg, self.headers)

    def _keep_headers(self, leg: Leg, headers: HeaderFolder) -> None:
        """Keep the headers of a leg's packets; a disk that fails costs the record, not the call."""
        try:
            path = headers.place(leg.call_id, self._clock.now())
        except OSError as fault:
            _log.warning("rtp-headers-not-kept", call=leg.call_id, reason=str(fault))
        else:
            self._engine.tap(leg.number, str(path), media.Kept.HEADERS)

    # -- what SIP tells

    def _on_sip(self, event: sip.Event) -> None:  # noqa: C901, PLR0912 - one line for each event of the user agent
        if isinstance(event, sip.Incoming):
            self._incoming(event)
            return
        if isinstance(event, sip.Traced):
            if self.on_message is not None and event.call not in self._questions:
                peer = f"{event.peer[0]}:{event.peer[1]}"
                at, message = self._clock.now(), redacted(event.data)
                self.on_message(SipMessage(event.call, at, event.sent, self._local, peer, message))
            return
        leg = self._legs.get(event.call)
        if leg is None:
            self._questions.hear(event)
            return
        match event:
            case sip.Progress(call, status, description):
                leg.early = leg.early or (description is not None and self._settle(leg, description))
                leg.tell(events.LegRinging(call, status, leg.early))
            case sip.Accepted(call, description):
                self._accepted(leg, description)
            case sip.Refused(call, status):
                self._close(leg, lambda statistics: events.LegRefused(call, status, self._report(leg, statistics)))
            case sip.Unreachable(call, reason):
                _log.warning("leg-unreachable", call=call, reason=reason)
                self._close(leg, lambda _statistics: events.LegUnreachable(call))
            case sip.Ended(call) | sip.Abandoned(call):
                self._close(
                    leg,
                    lambda statistics: events.LegHungUp(call, quality_of(statistics), self._report(leg, statistics)),
                )
            case sip.Confirmed(call, description):
                if description is not None:
                    self._settle(leg, description)
                if leg.state is not LegState.UP:
                    leg.state = LegState.UP
                    leg.tell(events.LegAnswered(call))
                self._tell_hold(leg)
            case sip.Reoffered(call, offer):
                self._reoffered(leg, offer)
            case sip.DigitReceived(call, digit):
                leg.tell(events.DigitPressed(call, digit))

    def _incoming(self, event: sip.Incoming) -> None:
        trunk = self._trunk_of(event.source[0])
        leg = self._new_leg(event.call, lambda _event: None, self._lines.get(trunk))
        leg.state = LegState.CALLING
        leg.offer = event.offer
        asserts = bool(trunk) and self._lines[trunk].by_asserted_identity
        caller = (event.asserted_user if asserts else "") or event.from_user
        self.on_incoming(IncomingCall(event.call, event.source, event.request_user, caller, trunk))

    def _trunk_of(self, host: str) -> str:
        """Give the trunk whose networks an address belongs to; empty where there is none."""
        return next((name for name, line in self._lines.items() if line.may_call(host)), "")

    def _admits(self, source: media.Address, method: str) -> bool:
        """Tell whether a stranger's request is looked at; scanners get no answer at all.

        A telephone without trunks is open to all. A trunk may also ask from where we call it whether we are there.
        """
        if not self._lines or self._trunk_of(source[0]):
            return True
        return method == "OPTIONS" and self._names.knows(source[0], self._lines.values())

    def _accepted(self, leg: Leg, description: bytes | None) -> None:
        settled = self._settle(leg, description) if description is not None else leg.early
        if settled:
            leg.state = LegState.UP
            leg.tell(events.LegAnswered(leg.call_id))
            self._tell_hold(leg)
            return
        # an answer that cannot be used: the call is up at the far end, so BYE it, and report it as refused
        leg.farewell = lambda _statistics: events.LegRefused(leg.call_id, NOT_ACCEPTABLE_HERE)
        self._user_agent.hang_up(leg.call_id, self._now())

    def _settle(self, leg: Leg, description: bytes) -> bool:
        try:
            stream = negotiation.settle(leg, description)
        except sdp.SdpRejected as fault:
            _log.warning("answer-not-usable", call=leg.call_id, reason=str(fault))
            return False
        self._connect(leg, stream)
        return True

    def _describe(self, leg: Leg, offer: bytes | None) -> bytes:
        """Answer an offer, or make one where there is none. Raises SdpRejected."""
        if offer is None:
            return negotiation.offer(leg, self._beside(leg))
        answer, stream = negotiation.answer(leg, offer, self._beside(leg))
        self._connect(leg, stream)
        return answer

    def _connect(self, leg: Leg, stream: sdp.Stream) -> None:
        leg.held = not stream.send
        self._engine.connect(leg.number, negotiation.remote(leg, stream))

    def _beside(self, leg: Leg) -> Leg | None:
        return self._legs.get(leg.beside)

    def _tell_hold(self, leg: Leg) -> None:
        """Tell of a hold, or of its end, once."""
        if leg.state is LegState.UP and leg.held is not leg.told_held:
            leg.told_held = leg.held
            leg.tell(events.LegHeld(leg.call_id, leg.held))

    def _reoffered(self, leg: Leg, offer: bytes | None) -> None:
        try:
            answer = self._describe(leg, offer)
        except sdp.SdpRejected:
            self._user_agent.rereject(leg.call_id, NOT_ACCEPTABLE_HERE, self._now())
            return
        self._user_agent.reanswer(leg.call_id, answer, self._now())
        self._tell_hold(leg)

    # -- what the media engine tells

    def _on_media(self, event: media.MediaEvent) -> None:  # noqa: C901 - one line for each event of the engine
        if isinstance(event, media.EngineLost):
            self._lost(event)
            return
        if isinstance(event, media.TapClosed):  # perhaps after its leg
            if (done := self._taps.pop(event.path, None)) is not None:
                done(PacketsKept(event.packets, event.dropped, event.fault))
            elif event.fault or event.dropped:
                _log.warning("rtp-headers-incomplete", path=event.path, dropped=event.dropped, reason=event.fault)
            return
        leg = self._by_number.get(event.leg)
        if leg is None:
            return
        match event:
            case media.DigitHeard(digit=digit):
                leg.tell(events.DigitPressed(leg.call_id, digit))
            case media.PlayDone(play=play):
                leg.plays.discard(play)
                if (playing := self._plays.pop(play, None)) is not None:
                    leg.tell(events.PlayFinished(playing[1]))
            case media.Silence():
                leg.tell(events.LegSilent(leg.call_id))
            case media.LegClosed(statistics=statistics):
                self._closed(leg, statistics)
            case media.Paused():
                leg.on_pause()
            case media.Latched(source=source):
                leg.remote = source

    def _lost(self, event: media.EngineLost) -> None:
        _log.error("media-engine-lost", reason=event.reason)
        self._prompts.clear()
        self._plays.clear()
        taps, self._taps = self._taps, {}
        for done in taps.values():
            done(PacketsKept(0, 0, "the media engine is gone"))
        self._engine = self._engine_kind.make(self._bind_host, self._ports)
        self._errands.spawn(self._engine.start(self._on_media))
        for leg in list(self._legs.values()):
            leg.lost = True
            if leg.state is LegState.CLOSING:
                self._closed(leg, None)
            else:
                leg.tell(events.LegLost(leg.call_id))

    # -- legs

    def _new_leg(self, call_id: str, tell: Callable[[events.Event], None], line: Line | None) -> Leg:
        if line is None:
            leg = Leg(call_id, next(self._numbers), tell, DEFAULT_CODECS)
        else:
            leg = Leg(call_id, next(self._numbers), tell, line.codecs, line.srtp, line.inband_digits)
        self._legs[call_id] = leg
        self._by_number[leg.number] = leg
        return leg

    def _media_leg(self, call_id: str) -> Leg | None:
        leg = self._legs.get(call_id)
        if leg is None or leg.lost or leg.state not in (LegState.CALLING, LegState.UP):
            return None
        return leg

    def _close(self, leg: Leg, farewell: Callable[[media.LegStatistics | None], events.Event]) -> None:
        """SIP is over: close the media; its statistics make the last event."""
        leg.farewell = leg.farewell or farewell
        leg.state = LegState.CLOSING
        self._forget_plays(leg)
        if leg.address[1] and not leg.lost:
            self._engine.close(leg.number)
        else:
            self._closed(leg, None)

    def _closed(self, leg: Leg, statistics: media.LegStatistics | None) -> None:
        self._drop(leg)
        if leg.farewell is not None:
            leg.tell(leg.farewell(statistics))

    def _drop(self, leg: Leg) -> None:
        self._legs.pop(leg.call_id, None)
        self._by_number.pop(leg.number, None)
        self._forget_plays(leg)

    def _report(self, leg: Leg, statistics: media.LegStatistics | None) -> MediaReport | None:
        return report_of(statistics, leg.address, leg.remote, self._clock.now() - self._clock.monotonic())

    # -- prompts

    def _play(self, leg: Leg, play_id: int, prompt: EncodedPrompt, repetition: int) -> None:
        number = self._prompts.number(self._engine, prompt)
        play = next(self._numbers)
        leg.plays.add(play)
        self._plays[play] = (leg, play_id)
        self._engine.play(leg.number, play, number, repetition)

    def _forget_plays(self, leg: Leg) -> None:
        for play in leg.plays:
            self._plays.pop(play, None)
        leg.plays.clear()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
