"""The voices: a text becomes sentences, each is taken from the cache or spoken by a worker, and they are joined."""

import asyncio
import hashlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ringback.adapters.speech.cache import SpeechCache
from ringback.adapters.speech.crew import LIMIT, Crew
from ringback.adapters.speech.installed import InstalledVoice, installed_voices
from ringback.adapters.speech.jobs import Job
from ringback.adapters.speech.sentences import sentences
from ringback.domain.voice import Voice
from ringback.service.ports import Pcm, SynthesisFailed

SLOWEST: Final = 0.5
FASTEST: Final = 2.0
PAUSE: Final = 0.2
"""Seconds between two sentences at speed 1."""


class Voices:
    """Implements `ringback.service.ports.Speech`."""

    def __init__(self, installed: Mapping[str, InstalledVoice], cache: SpeechCache, crews: Mapping[str, Crew]) -> None:
        """`installed`: by code; `crews`: by the name of the engine."""
        self._installed = installed
        self._cache = cache
        self._crews = crews
        self._under_way: dict[str, asyncio.Task[Pcm]] = {}

    async def start(self) -> None:
        """Open the cache and start the workers."""
        await self._cache.open()
        for crew in self._crews.values():
            await crew.start()

    async def stop(self) -> None:
        """End the workers; what they were speaking fails."""
        for crew in self._crews.values():
            await crew.stop()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def voices(self) -> Sequence[Voice]:
        """List what is installed; the order within a locale is that of preference."""
        return [each.voice for each in self._installed.values()]

    async def synthesize(self, text: str, voice: str, speed: float) -> Pcm:
        """Speak a text; empty where it holds nothing to speak. Raises SynthesisFailed.

        `voice`: the code of an installed voice; `speed`: 0.5..2.0.
        """
        speaker = self._installed.get(voice)
        if speaker is None:
            reason = f"the voice {voice} is not installed"
            raise SynthesisFailed(reason)
        if not SLOWEST <= speed <= FASTEST:
            reason = f"a speed of {speed} is not within {SLOWEST}..{FASTEST}"
            raise SynthesisFailed(reason)
        spoken = await asyncio.gather(*(self._sentence(speaker, piece, speed) for piece in sentences(text)))
        return _joined([each for each in spoken if each.samples], PAUSE / speed)

    async def _sentence(self, speaker: InstalledVoice, text: str, speed: float) -> Pcm:
        key = _key(speaker, text, speed)
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(self._found_or_spoken(key, speaker, Job(speaker.name, text, speed)))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._done(key, done))
        # one that gives up waiting does not take the sentence from others, nor from the cache
        return await asyncio.shield(task)

    async def _found_or_spoken(self, key: str, speaker: InstalledVoice, job: Job) -> Pcm:
        if (known := await self._cache.read(key)) is not None:
            return known
        spoken = await self._crews[speaker.engine].speak(job)
        await self._cache.write(key, spoken)
        return spoken

    def _done(self, key: str, task: asyncio.Task[Pcm]) -> None:
        del self._under_way[key]
        if not task.cancelled():
            task.exception()  # seen, also where nobody waits any more


def open_voices(*, cache: Path, cache_bytes: int, workers: int, limit: float = LIMIT) -> Voices:
    """Find the installed voices (blocks for a fraction of a second) and make what speaks with them.

    `cache`: a folder, in which `speech` is ours; `cache_bytes`: bound of its size; `workers`: processes for the neural
    voices, one core each; `limit`: seconds for a sentence.
    """
    installed = installed_voices()
    crews = {"hibari": Crew("hibari", workers, eager=True, limit=limit)}
    if any(each.engine == "espeak" for each in installed.values()):
        crews["espeak"] = Crew("espeak", 1, eager=False, limit=limit)
    return Voices(installed, SpeechCache(cache / "speech", cache_bytes), crews)


def _key(speaker: InstalledVoice, text: str, speed: float) -> str:
    what = (speaker.engine, speaker.version, speaker.name, f"{speed:.3f}", sys.byteorder, text)
    return hashlib.sha256("\0".join(what).encode()).hexdigest()


def _joined(sounds: Sequence[Pcm], pause: float) -> Pcm:
    if not sounds:
        return Pcm(b"", 8000)
    rate = sounds[0].rate  # one engine, one rate
    silence = b"\0\0" * int(rate * pause)
    return Pcm(silence.join(each.samples for each in sounds), rate)
