"""The use cases on fakes, put together as a server puts them together; time stands still until it is moved."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import Any

import msgspec
from tests.contract import document
from tests.unit.domain.bodies import HEART, NOW, SOURCE, body

from ringback.domain.session import SessionStatus
from ringback.domain.voice import Voice
from ringback.engine import events
from ringback.service.accept import Accept
from ringback.service.ask import Ask
from ringback.service.batch import Batch
from ringback.service.desk import Desk
from ringback.service.dispatch import Dispatch
from ringback.service.gate import Gate
from ringback.service.notify import Outbox
from ringback.service.ports import (
    Answer,
    FetchFailed,
    NotReached,
    Pcm,
    Prompt,
    SessionRecord,
    Subaccount,
    SynthesisFailed,
    TrunkRoute,
    WebhookType,
)
from ringback.service.prompts import Prompts
from ringback.service.rulebook import Rulebook
from ringback.service.runner import Runner
from ringback.service.trunks import Trunks
from ringback.testing.clock import ManualClock
from ringback.testing.store import InMemoryStore
from ringback.testing.telephone import FakeLeg, FakeTelephone

ACME = "acme"
CARRIER = TrunkRoute("carrier", ("65",), channels=2, calls_per_second=100.0)
BOUND = 5.0
"""Seconds of real time that a test waits for what must happen."""


class Sound(msgspec.Struct, frozen=True):
    key: str
    duration: float


class FakeSpeech:
    """Speaks a second of sound, but not the text `unspeakable`."""

    def voices(self) -> Sequence[Voice]:
        return [HEART]

    async def synthesize(self, text: str, voice: str, speed: float) -> Pcm:  # noqa: ARG002 - the port's face
        if text == "unspeakable":
            raise SynthesisFailed(text)
        if text == "a fault of ours":
            raise ZeroDivisionError
        return Pcm(b"\1\0" * 8000, 8000)


class FakeAudio:
    """Keys a prompt by its length; decodes anything."""

    async def decode(self, content: bytes) -> Pcm:
        return Pcm(content, 8000)

    async def encode(self, key: str, sound: Pcm) -> Prompt:
        return Sound(key.partition(":")[0], len(sound.samples) / 2 / sound.rate)


class FakeFiles:
    """Has every file but those whose URL says `missing`."""

    async def fetch(self, url: str) -> bytes:
        if "missing" in url:
            raise FetchFailed(url)
        return b"\2\0" * 8000


class Posted(msgspec.Struct, frozen=True):
    """A post to a webhook."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    timeout: float

    @property
    def payload(self) -> dict[str, Any]:
        payload: dict[str, Any] = msgspec.json.decode(self.body)["payload"]
        return payload


class FakeCallbacks:
    """The program: answers what `answers` holds, then 200 with an empty object."""

    def __init__(self) -> None:
        """Take posts at once."""
        self.posts: list[Posted] = []
        self.answers: deque[Answer | NotReached] = deque()
        self.open = asyncio.Event()
        self.open.set()
        self.posted = asyncio.Condition()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Answer:  # noqa: ASYNC109 - the port's face
        document.check_post(body)
        self.posts.append(Posted(url, body, headers, timeout))
        async with self.posted:
            self.posted.notify_all()
        await self.open.wait()
        answer = self.answers.popleft() if self.answers else Answer(200, b"{}")
        if isinstance(answer, NotReached):
            raise answer
        return answer

    async def came(self, number: int) -> None:
        """Wait until so many posts came."""
        async with asyncio.timeout(BOUND), self.posted:
            await self.posted.wait_for(lambda: len(self.posts) >= number)


class House:
    """The services of a server."""

    def __init__(
        self,
        *routes: TrunkRoute,
        store: InMemoryStore | None = None,
        requests_per_second: float = 0.0,
        body_bytes: int = 262_144,
        batch_bytes: int = 1_000_000,
    ) -> None:
        """`routes`: the trunks, CARRIER where there are none given."""
        ids = count(1)
        self.new_id: Callable[[], str] = lambda: f"00000000-0000-4000-8000-{next(ids):012d}"
        self.clock = ManualClock(NOW)
        self.store = InMemoryStore() if store is None else store
        self.telephone = FakeTelephone()
        self.callbacks = FakeCallbacks()
        self.prompts = Prompts(FakeSpeech(), FakeAudio(), FakeFiles(), self.clock)
        self.trunks = Trunks(routes or [CARRIER], self.clock)
        self.rulebook = Rulebook(FakeSpeech().voices, fallback_to_locale=False, max_actions=50, body_bytes=body_bytes)
        self.ask = Ask(self.callbacks, self.clock, self.rulebook.rules, self.new_id, timeout=7.0)
        self.desk = Desk(
            self.store,
            self.telephone,
            self.prompts,
            self.ask,
            self.trunks,
            self.clock,
            new_id=self.new_id,
            max_session_seconds=3600.0,
        )
        self.runner = Runner(self.desk)
        self.dispatch = Dispatch(
            self.store, self.trunks, self.clock, "house", start=self.runner.start, refuse=self.runner.refuse
        )
        self.outbox = Outbox(self.store, self.callbacks, self.clock, lambda: 0.0)
        self.accept = Accept(self.store, self.trunks, self.rulebook, self.clock, self.new_id)
        self.accept.on_session = self.dispatch.session_came
        self.batch = Batch(self.accept, self.store, self.clock, self.new_id, longest=batch_bytes)
        self.gate = Gate(self.store, self.clock, requests_per_second)

    async def tenant(self, *types: str, caller_ids: Iterable[str] = (SOURCE,), account: str = ACME) -> str:
        """Make a subaccount with webhooks of these types; give its API key."""
        hooks = [WebhookType(type_, f"http://acme.example/{type_.lower()}") for type_ in types]
        return await self.store.bootstrap(account, caller_ids=caller_ids, numbers=(), webhooks=hooks)

    async def subaccount(self, account: str = ACME) -> Subaccount:
        found = await self.store.subaccount(account)
        assert found is not None
        return found

    async def queue(self, *actions: object, account: str = ACME, **envelope: object) -> str:
        """Have a callflow accepted; give the id of its session."""
        content = body(*actions, **envelope)
        receipt = await self.accept.callflow(await self.subaccount(account), content, self.new_id())
        receipt_body: dict[str, Any] = msgspec.json.decode(receipt.body)
        session_id: str = receipt_body["sessionId"]
        return session_id

    async def begin(self, *actions: object) -> str:
        """Have a callflow accepted, and its session started."""
        session_id = await self.queue(*actions)
        await self.dispatch._pass()
        return session_id

    async def over(self) -> None:
        """Wait until every session is over."""
        async with asyncio.timeout(BOUND):
            while self.runner._errands._tasks:
                await asyncio.wait(self.runner._errands._tasks)

    async def record(self, session_id: str) -> SessionRecord:
        found = await self.store.session(session_id)
        assert found is not None
        return found

    async def run(self, *actions: object) -> SessionRecord:
        """Have a callflow accepted and run; give what is on disk then."""
        session_id = await self.begin(*actions)
        await self.over()
        return await self.record(session_id)


def names(record: SessionRecord) -> list[str]:
    """Give the names of what happened, in order."""
    return [entry.name for entry in record.timeline]


async def house_of(*types: str, routes: Sequence[TrunkRoute] = (), store: InMemoryStore | None = None) -> House:
    house = House(*routes, store=store)
    await house.tenant(*types)
    return house


def outcome(record: SessionRecord) -> tuple[SessionStatus | None, int | None]:
    """Give how the session ended, and its error code."""
    assert record.summary is not None
    return record.summary.status, None if record.summary.error is None else record.summary.error.code


def told(house: House, type_: str) -> list[str]:
    """Give the callStatus, or for a summary the sessionStatus, of every delivery of a type, in order."""
    bodies = [
        msgspec.json.decode(each.delivery.body)["payload"]
        for each in house.store.deliveries.values()
        if each.delivery.type == type_
    ]
    return [payload.get("callStatus") or payload["sessionStatus"] for payload in bodies]


async def until_played(house: House) -> None:
    """Wait until a leg hears something."""
    heard = asyncio.Event()
    play_to = house.telephone.play

    def listen(call_id: str, play_id: int, prompt: object, repetition: int) -> None:
        play_to(call_id, play_id, prompt, repetition)  # type: ignore[arg-type]  # the prompt is passed on as it came
        heard.set()

    house.telephone.play = listen  # type: ignore[method-assign]  # the fake is listened to
    async with asyncio.timeout(BOUND):
        await heard.wait()


def answers_and_presses(*digits: str) -> Callable[[FakeLeg], None]:
    def behave(leg: FakeLeg) -> None:
        leg.tell(events.LegAnswered(leg.call_id))
        for digit in digits:
            leg.tell(events.DigitPressed(leg.call_id, digit))

    return behave
