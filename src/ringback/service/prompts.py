"""Text or file -> Speech or Files -> Audio -> a prompt that Telephone can play; each is made once and kept a while."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterable
from enum import StrEnum
from typing import Any

import msgspec

from ringback.engine.commands import File, Sound, Utterance
from ringback.service.ports import Audio, Clock, FetchFailed, Files, Prompt, Speech, SynthesisFailed

LIMIT = 64 * 1024 * 1024
"""Bytes of prompts kept in memory."""
FILE_SECONDS = 3600.0
"""How long a fetched file is played without asking its server again."""
_BYTES_PER_SECOND = 8_000
"""What a second of a prompt takes in every codec."""
_BYTES_PER_PROMPT = 1024
"""What a prompt takes beside its samples."""


class Origin(StrEnum):
    """Where a prompt came from."""

    RENDERED = "rendered"
    """Spoken just now."""
    FETCHED = "fetched"
    """Got from the file's server just now."""
    DISK = "disk"
    """Spoken before, and kept on disk."""
    MEMORY = "memory"
    """Played before, and kept at hand."""


class Rendered(msgspec.Struct, frozen=True):
    """A prompt and what it took to get it."""

    prompt: Prompt
    cached: bool
    """Whether it was ready when it was asked for."""
    seconds: float
    """How long the asker waited."""
    origin: Origin
    """Of one that was prepared for this asker: how it was got then."""
    took: float
    """Seconds that getting it took; 0 for one from memory."""


class _Made(msgspec.Struct, frozen=True):
    prompt: Prompt
    origin: Origin
    took: float


class _Kept(msgspec.Struct):
    made: _Made
    played: bool
    """Whether anybody asked for it yet; else it was prepared."""
    size: int
    """Bytes, roughly."""
    expires: float
    """On the monotonic clock."""


class Prompts:
    """Renders sounds. Those who ask for the same sound at the same time wait for one rendering of it.

    A rendering outlives the call that asked for it: what was paid for is kept. Failures are not kept.
    """

    def __init__(
        self,
        speech: Speech,
        audio: Audio,
        files: Files,
        clock: Clock,
        *,
        limit: int = LIMIT,
        codecs: int = 2,
    ) -> None:
        """`limit`: bytes of prompts kept in memory; the least recently played make room.

        `codecs`: how many every prompt is encoded in.
        """
        self._speech = speech
        self._audio = audio
        self._files = files
        self._clock = clock
        self._limit = limit
        self._bytes_per_second = codecs * _BYTES_PER_SECOND
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        """By what was asked for, least recently played first."""
        self._size = 0
        self._under_way: dict[str, asyncio.Task[_Made]] = {}
        self._awaited: set[str] = set()
        """Those under way that somebody wants to play now."""

    def prepare(self, sounds: Iterable[Sound]) -> None:
        """Begin to render sounds that will be played soon; a failure shows when one is asked for."""
        for sound in sounds:
            match sound:
                case Utterance(text, voice, speed):
                    key = _utterance_key(text, voice, speed)
                    work = self._speak(key, text, voice, speed)
                case File(url):
                    key = _file_key(url)
                    work = self._fetch(url)
            if self._find(key) is None:
                self._begin(key, work)
            else:
                work.close()

    async def utterance(self, text: str, voice: str, speed: float) -> Rendered:
        """Give a spoken text; `speed`: 0.5..2.0, `voice`: the code of an installed one. Raises SynthesisFailed."""
        key = _utterance_key(text, voice, speed)
        return await self._render(key, lambda: self._speak(key, text, voice, speed))

    async def file(self, url: str) -> Rendered:
        """Give a sound file, fetched at most once an hour. Raises FetchFailed."""
        return await self._render(_file_key(url), lambda: self._fetch(url))

    async def stop(self) -> None:
        """Give up what is being rendered."""
        tasks = tuple(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _render(self, key: str, work: Callable[[], Coroutine[Any, Any, _Made]]) -> Rendered:
        if (kept := self._find(key)) is not None:
            made, again = kept.made, kept.played
            kept.played = True
            origin, took = (Origin.MEMORY, 0.0) if again else (made.origin, made.took)
            return Rendered(made.prompt, cached=True, seconds=0.0, origin=origin, took=took)
        asked = self._clock.monotonic()
        task = self._under_way.get(key) or self._begin(key, work())
        self._awaited.add(key)
        # a call that hangs up cancels its own wait, not the rendering that others may wait for
        made = await asyncio.shield(task)
        waited = self._clock.monotonic() - asked
        return Rendered(made.prompt, cached=False, seconds=waited, origin=made.origin, took=made.took)

    def _begin(self, key: str, work: Coroutine[Any, Any, _Made]) -> asyncio.Task[_Made]:
        if (task := self._under_way.get(key)) is not None:
            work.close()
            return task
        task = asyncio.create_task(work)
        self._under_way[key] = task
        task.add_done_callback(lambda done: self._rendered(key, done))
        return task

    def _rendered(self, key: str, task: asyncio.Task[_Made]) -> None:
        del self._under_way[key]
        awaited = key in self._awaited
        self._awaited.discard(key)
        # reading the exception also marks it as seen: nobody may be waiting for what was only prepared
        if not task.cancelled() and task.exception() is None:
            self._keep(key, task.result(), played=awaited)

    def _find(self, key: str) -> _Kept | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.expires <= self._clock.monotonic():
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept

    def _keep(self, key: str, made: _Made, *, played: bool) -> None:
        lasting = FILE_SECONDS if key.startswith("file:") else float("inf")
        size = _BYTES_PER_PROMPT + int(made.prompt.duration * self._bytes_per_second)
        self._kept[key] = _Kept(made, played=played, size=size, expires=self._clock.monotonic() + lasting)
        self._size += size
        while self._size > self._limit and len(self._kept) > 1:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: str) -> None:
        self._size -= self._kept.pop(key).size

    async def _speak(self, key: str, text: str, voice: str, speed: float) -> _Made:
        began = self._clock.monotonic()
        sound = await self._speech.synthesize(text, voice, speed)
        if not sound.samples:
            reason = "the text has nothing that this voice can speak"
            raise SynthesisFailed(reason)
        prompt = await self._audio.encode(key, sound)
        origin = Origin.DISK if sound.from_disk else Origin.RENDERED
        return _Made(prompt, origin, self._clock.monotonic() - began)

    async def _fetch(self, url: str) -> _Made:
        began = self._clock.monotonic()
        content = await self._files.fetch(url)
        sound = await self._audio.decode(content)
        if not sound.samples:
            reason = "the file holds no sound"
            raise FetchFailed(reason)
        # named by its content: what the URL gives may be another sound in an hour
        digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
        prompt = await self._audio.encode(f"file:{digest}", sound)
        return _Made(prompt, Origin.FETCHED, self._clock.monotonic() - began)


def _utterance_key(text: str, voice: str, speed: float) -> str:
    spoken = f"{voice}\0{speed:.3f}\0{text}"
    return "say:" + hashlib.sha256(spoken.encode("utf-8", "surrogatepass")).hexdigest()


def _file_key(url: str) -> str:
    return "file:" + url
