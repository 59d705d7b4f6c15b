"""The composition root: makes every part of a server from the configuration and puts them together."""

import asyncio
import contextlib
import os
import random
import secrets
import socket
from collections.abc import Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

from ringback.adapters.audio import SoundCodec, ringback_tone
from ringback.adapters.audio.mixdown import Mixer
from ringback.adapters.http import (
    OPERATIONS,
    Api,
    CallflowEndpoints,
    DeliveryEndpoints,
    Door,
    Endpoints,
    EventEndpoints,
    ExportEndpoints,
    NumberEndpoints,
    OpenApi,
    OptOutEndpoints,
    RecordingEndpoints,
    RecordingFiles,
    RecordingPushEndpoints,
    ScenarioEndpoints,
    SessionEndpoints,
    WebhookEndpoints,
    admin_rooms,
    admin_routes,
    metrics_route,
)
from ringback.adapters.metrics import CONTENT_TYPE, Meter, Now
from ringback.adapters.speech import open_voices
from ringback.adapters.storage import open_storages
from ringback.adapters.store import Database, StoreError, open_store
from ringback.adapters.telephone import HeaderFolder, SipTelephone
from ringback.adapters.webhooks import FileDownloads, WebhookClient
from ringback.app import sandbox as sandboxes
from ringback.app.clock import SystemClock
from ringback.app.config import DAY, Config
from ringback.app.erasing import retention_of
from ringback.app.handset import Handset
from ringback.app.http_server import HttpServer
from ringback.app.identifier import new_id
from ringback.app.media import engine_of, line_of
from ringback.service.accept import Accept
from ringback.service.ask import Ask
from ringback.service.batch import Batch
from ringback.service.desk import Desk
from ringback.service.dispatch import Dispatch
from ringback.service.exports import Exports
from ringback.service.feed import Feed
from ringback.service.gate import Gate
from ringback.service.health import NumberHealth
from ringback.service.links import Links
from ringback.service.notify import Outbox
from ringback.service.ports import TimelineEntry, TrunkRoute
from ringback.service.prompts import Prompts
from ringback.service.pushes import Pushes
from ringback.service.reception import Reception
from ringback.service.recordings import Recordings
from ringback.service.retention import forget_old
from ringback.service.rulebook import Rulebook
from ringback.service.runner import Runner
from ringback.service.sessions import Sessions
from ringback.service.trunks import Trunks

HANDSET_PORTS = (30000, 30999)
"""RTP ports of the sandbox's handset."""
REFRESH = 2.0
"""Seconds between two looks at what `ringback admin` may have changed."""
MIXING = 10.0
"""Seconds that the recordings of the last calls get at a stop; those that are left are made at the next start."""
FLUSH = 5.0
"""Seconds that the last deliveries get at a stop; what is left goes out at the next start."""

_log = structlog.get_logger(__name__)


class Server:
    """A whole server in the running loop: API, queue, sessions, telephone, outbox."""

    def __init__(self, config: Config, *, sandbox: bool = False) -> None:
        """Make every part; the ports are bound here. Raises ConfigInvalid, PortInUse, PortTaken and StoreError."""
        self.config = config
        self.state = "starting"
        self._clock = SystemClock()
        self._tasks: list[asyncio.Task[None]] = []
        with contextlib.ExitStack() as opened:
            self._handset = self._make_handset() if sandbox else None
            if self._handset is not None:
                opened.callback(self._handset.close)
            self.telephone = _telephone(config, self._clock, self._handset)
            opened.callback(self.telephone.close)
            self.http = HttpServer(config.http.host, config.http.port)
            opened.callback(self.http.close)
            self.store = open_store(config.store.url, exclusive=True, key=config.secrets.key)
            opened.pop_all()
        self._make_services(config, sandbox=sandbox)

    def _make_handset(self) -> SipTelephone:
        cache = Path(self.config.voices.cache)
        telephone = SipTelephone(
            self._clock, listen=("127.0.0.1", 0), ports=HANDSET_PORTS, lines={}, product="ringback-handset"
        )
        Handset(telephone, sandboxes.behave(cache / "heard"))
        return telephone

    def _make_services(self, config: Config, *, sandbox: bool) -> None:
        clock = self._clock
        public_url = config.http.url(self.http.port)
        self._private = private = config.webhooks.allow_private_addresses or sandbox
        self.voices = open_voices(
            cache=Path(config.voices.cache), cache_bytes=config.voices.cache_bytes, workers=config.voices.workers
        )
        self._wideband = any("G722" in trunk.codecs for trunk in config.trunk)
        self._audio = SoundCodec(wideband=self._wideband)
        self._callbacks = WebhookClient(allow_private_addresses=private)
        self._files = FileDownloads(allow_private_addresses=private)
        self.prompts = Prompts(self.voices, self._audio, self._files, clock, codecs=3 if self._wideband else 2)
        self.trunks = Trunks(_routes(config, sandbox=sandbox), clock)
        self._rulebook = Rulebook(
            self.voices.voices,
            fallback_to_locale=config.voices.fallback_to_locale,
            max_actions=config.limits.max_actions,
            body_bytes=config.limits.body_bytes,
            records=bool(config.recordings.folder),
        )
        ask = Ask(self._callbacks, clock, self._rulebook.rules, new_id, config.webhooks.vca_timeout)
        self.desk = Desk(
            self.store,
            self.telephone,
            self.prompts,
            ask,
            self.trunks,
            clock,
            new_id=new_id,
            max_session_seconds=config.limits.max_session_seconds,
        )
        if config.recorder.sip:
            self.telephone.on_message = self.desk.recorder.message
        self.runner = Runner(self.desk)
        owner = f"{socket.gethostname()}:{os.getpid()}"
        self._dispatch = Dispatch(
            self.store, self.trunks, clock, owner, start=self.runner.start, refuse=self.runner.refuse
        )
        self._reception = Reception(self.desk, self.runner, owner)
        self.telephone.on_incoming = self._reception.incoming
        self.outbox = Outbox(self.store, self._callbacks, clock, random.random)
        self.desk.on_delivery = self.outbox.wake
        links = self._make_recordings(config, public_url)
        self.feed = Feed(clock)
        self._meter = Meter(self._now)
        self.desk.on_timeline = self._tell
        self.outbox.on_try = self._meter.posted
        self._pushes.on_try = self._meter.pushed
        self._health = NumberHealth(
            self.store, [trunk.name for trunk in self.trunks], self.telephone.is_in_service, clock
        )
        self._make_api(config, owner, public_url, links)

    def _make_api(self, config: Config, owner: str, public_url: str, links: Links | None) -> None:
        """Make the endpoints of the services."""
        clock = self._clock
        accept = Accept(self.store, self.trunks, self._rulebook, clock, new_id)
        accept.on_session = self._dispatch.session_came
        accept.on_verdict = self._meter.judged
        gate = Gate(self.store, clock, config.limits.requests_per_second)
        self._key_use = gate.use
        self._exports = Exports(
            self.store,
            clock,
            folder=Path(config.exports.folder),
            public_url=public_url,
            new_token=lambda: secrets.token_hex(32),
        )
        self._retention = retention_of(config, self.store, clock)
        exports = ExportEndpoints(self._exports, clock, config.limits.body_bytes)
        endpoints: list[Endpoints] = [
            CallflowEndpoints(
                accept, Batch(accept, self.store, clock, new_id, longest=config.limits.batch_bytes), self._rulebook
            ),
            WebhookEndpoints(self.store, config.limits.body_bytes),
            SessionEndpoints(Sessions(self.store, self.runner, self._rulebook, clock, owner), config.limits.body_bytes),
            EventEndpoints(self.feed, self.store, gate),
            DeliveryEndpoints(self.store, clock),
            exports,
            NumberEndpoints(self.store, clock, public_url),
            ScenarioEndpoints(),
            OptOutEndpoints(self.store, clock, config.limits.body_bytes),
            RecordingEndpoints(self.store, links),
            RecordingPushEndpoints(self.store, clock, config.limits.body_bytes, allow_http=self._private),
        ]
        files = [
            OpenApi(OPERATIONS, public_url).route(),
            exports.file_route(),
            metrics_route(self._meter.page, CONTENT_TYPE),
        ]
        if links is not None:
            files.append(RecordingFiles(links, Path(config.recordings.folder)).route())
        door = Door(gate, clock, new_id)
        door.on_answer = self._meter.answered
        files += admin_routes(
            self.store,
            self._rulebook,
            self._retention.eraser,
            clock,
            new_id,
            admin_rooms(clock, self.voices.voices, allow_http=self._private),
            requests_per_second=config.limits.requests_per_second,
            on_answer=self._meter.answered,
        )
        self._api = Api(door, endpoints, lambda: self.state, open_routes=files)

    def _make_recordings(self, config: Config, public_url: str) -> Links | None:
        """Let calls be recorded and pushed; give the links to recordings, None where nothing is recorded."""
        clock, folder = self._clock, Path(config.recordings.folder)
        self._mixer = Mixer()
        self._storages = open_storages(allow_private_addresses=self._private)
        self._pushes = Pushes(
            self.store,
            self._storages,
            clock,
            folder=folder,
            keep=config.recordings.keep_pushed,
            new_id=new_id,
            jitter=random.random,
        )
        self._pushes.on_delivery = self.outbox.wake
        self._recordings = _recordings(config, self.telephone, self._mixer, self.store, clock)
        if self._recordings is None:
            return None
        self.desk.record = self._recordings.begin
        self._recordings.on_delivery = self.outbox.wake
        self._recordings.on_push = self._pushes.wake
        key = self.store.derived_key("links to recordings")
        return Links(public_url, key, clock, config.recordings.link_seconds)

    async def start(self) -> None:
        """Begin to work: end what a crash left, then take calls and answer requests."""
        await self.voices.start()
        tone = ringback_tone(wideband=self._wideband)
        if self._handset is not None:
            await self._handset.start(tone)
        await self.telephone.start(tone)
        await self._mixer.start()
        if self._recordings is not None:
            await self._recordings.recover()
        await self._refresh()
        left = await self.runner.recover()
        if left:
            _log.warning("sessions-ended-after-a-crash", count=left)
        forgetting = forget_old(
            self._forget_traces,
            self._forget_headers,
            self._forget_receipts,
            self._forget_recordings,
            self._forget_audit,
            self._pushes.clear,
            self._exports.forget,
            self._forget_speech,
            self._retention.texts,
            self._retention.sessions,
            self._retention.shed,
        )
        for work in (
            self._dispatch.run(),
            self._health.run(),
            self.outbox.run(),
            self._keep_fresh(),
            forgetting,
            self._exports.run(),
            self._meter.watch(),
            self._key_use.run(),
        ):
            self._spawn(work)
        if self._recordings is not None:
            self._spawn(self._pushes.run())
        self.http.start(self._api.app())
        self.state = "ready"

    async def stop(self, drain_seconds: float) -> None:
        """Drain: dial nobody any more, let live sessions end, hang up those that last longer than `drain_seconds`.

        Callflows are taken until the end: they are on disk and run after the next start.
        """
        self.state = "draining"
        self._reception.is_open = False
        dispatch, health, outbox, *others = self._tasks
        await _end(dispatch)
        await _end(health)
        await self.runner.drain(drain_seconds)
        self.feed.close()
        await self.http.stop()
        await self.telephone.stop()
        if self._handset is not None:
            await self._handset.stop()
        if self._recordings is not None:
            await self._recordings.stop(MIXING)
        await self.outbox.flush(FLUSH)
        for task in (outbox, *others):
            await _end(task)
        await self._mixer.stop()
        await self.prompts.stop()
        await self.voices.stop()
        for storage in self._storages.values():
            await storage.close()
        await self._callbacks.close()
        await self._files.close()
        await self._key_use.flush()
        await self.store.close()
        self.state = "stopped"

    def _tell(self, sub_account_id: str, session_id: str, entry: TimelineEntry) -> None:
        self.feed.tell(sub_account_id, session_id, entry)
        self._meter.tell(entry)

    async def _now(self) -> Now:
        """Give the figures of this moment."""
        trunks = self.trunks
        return Now(
            sessions=self.runner.live,
            legs=self.telephone.live,
            channels={trunk.name: (trunks.in_use(trunk.name), trunk.channels) for trunk in trunks},
            queued=await self.store.queued_trunks(),
            deliveries=await self.store.waiting_deliveries(),
            sip=asdict(self.telephone.user_agent.counters),
        )

    async def _forget_traces(self, limit: int) -> int:
        return await self.store.forget_traces(self._clock.now() - self.config.recorder.days * DAY, limit)

    async def _forget_headers(self, _limit: int) -> int:
        """Remove whole days; also those that were kept before the configuration said otherwise."""
        folder = HeaderFolder(Path(self.config.recorder.folder))
        await asyncio.to_thread(folder.forget, self._clock.now() - self.config.recorder.days * DAY)
        return 0

    async def _forget_receipts(self, limit: int) -> int:
        return await self.store.forget_receipts(self._clock.now(), limit)

    async def _forget_audit(self, limit: int) -> int:
        return await self.store.forget_audit(self._clock.now() - self.config.admin.audit_days * DAY, limit)

    async def _forget_speech(self, limit: int) -> int:
        days = self.config.voices.cache_days
        return await self.voices.forget(self._clock.now() - days * DAY, limit) if days else 0

    async def _forget_recordings(self, limit: int) -> int:
        if self._recordings is None:
            return 0
        return await self._recordings.forget(await self._retention.recordings_before(), limit)

    def abort(self) -> None:
        """Cut a drain short: hang up now."""
        self.runner.hang_up()

    async def _refresh(self) -> None:
        self._rulebook.refresh(await self.store.list_voice_aliases())

    async def _keep_fresh(self) -> None:
        """Take what `ringback admin` changed."""
        known = await self.store.list_voice_aliases()
        while True:
            await asyncio.sleep(REFRESH)
            try:
                aliases = await self.store.list_voice_aliases()
            except StoreError:
                _log.exception("voice-aliases-not-read")
                continue
            if aliases != known:
                known = aliases
                self._rulebook.refresh(aliases)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _telephone(config: Config, clock: SystemClock, handset: SipTelephone | None) -> SipTelephone:
    engine = engine_of(config)
    kind, lines = (SipTelephone, {trunk.name: line_of(trunk) for trunk in config.trunk})
    for trunk in config.trunk:
        if trunk.srtp != "off":
            _log.warning("srtp-keys-in-clear", trunk=trunk.name, reason="SIP goes over UDP, and the keys with it")
    if handset is not None:
        kind, lines = (sandboxes.SandboxTelephone, sandboxes.lines(handset) | lines)
    telephone = kind(
        clock,
        engine=engine,
        listen=config.listen,
        ports=config.rtp_ports,
        lines=lines,
        advertise=config.sip.advertise,
        rtp_advertise=config.rtp.advertise,
        silence_after=config.limits.rtp_silence_seconds,
    )
    telephone.headers = headers_of(config)
    return telephone


def headers_of(config: Config) -> HeaderFolder | None:
    """Give the folder of RTP headers where they are to be kept."""
    return HeaderFolder(Path(config.recorder.folder)) if config.recorder.rtp_headers else None


def _recordings(
    config: Config, telephone: SipTelephone, mixer: Mixer, store: Database, clock: SystemClock
) -> Recordings | None:
    """Give what records calls; None where the configuration says that nothing is recorded."""
    settings = config.recordings
    if not settings.folder:
        return None
    return Recordings(
        telephone,
        mixer,
        store,
        clock,
        folder=Path(settings.folder),
        suffix=f".{settings.format}",
        channels=settings.channels,
        new_id=new_id,
    )


def _routes(config: Config, *, sandbox: bool) -> list[TrunkRoute]:
    """Give the trunks to the queue; in a sandbox every destination is the handset's."""
    if sandbox:
        return [TrunkRoute(sandboxes.TRUNK, channels=200, calls_per_second=100.0, ring_timeout=30.0)]
    return [
        TrunkRoute(trunk.name, trunk.prefixes, trunk.channels, trunk.calls_per_second, trunk.ring_timeout)
        for trunk in config.trunk
    ]
