"""The voices: a text becomes sentences and silences, each sentence is taken from the cache or spoken by a worker."""

import asyncio
import hashlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from ringback.adapters.speech.cache import SpeechCache
from ringback.adapters.speech.crew import LIMIT, Crew
from ringback.adapters.speech.installed import InstalledVoice, installed_voices
from ringback.adapters.speech.jobs import Job
from ringback.adapters.speech.script import Sentence, Silence, heard, script
from ringback.domain.scalars import MAX_SPEED, MIN_SPEED
from ringback.domain.voice import Voice
from ringback.service.ports import Pcm, SynthesisFailed

_SILENT_RATE: Final = 8000
"""Hz, where nothing but silence was asked for."""


class Voices:
    """Implements `ringback.service.ports.Speech`."""

    def __init__(self, installed: Mapping[str, InstalledVoice], cache: SpeechCache, crews: Mapping[str, Crew]) -> None:
        """`installed`: by code; `crews`: by the name of the engine."""
        self._installed = installed
        self._cache = cache
        self._crews = crews
        self._under_way: dict[str, asyncio.Task[Pcm]] = {}

    async def forget(self, before: float, limit: int) -> int:
        """Remove kept sentences that nobody asked for since a time; give how many there were, `limit` at most."""
        return await self._cache.forget(before, limit)

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
        """Speak a text, plain or a `<speak>` document; empty where it holds nothing to hear. Raises SynthesisFailed.

        `voice`: the code of an installed voice; `speed`: 0.5..2.0.
        """
        speaker = self._installed.get(voice)
        if speaker is None:
            reason = f"the voice {voice} is not installed"
            raise SynthesisFailed(reason)
        if not MIN_SPEED <= speed <= MAX_SPEED:
            reason = f"a speed of {speed} is not within {MIN_SPEED}..{MAX_SPEED}"
            raise SynthesisFailed(reason)
        lines = script(text, speaker.voice.locale, speed)
        asked = tuple(dict.fromkeys(line for line in lines if isinstance(line, Sentence)))
        sounds = await asyncio.gather(*(self._sentence(speaker, line) for line in asked))
        spoken = dict(zip(asked, sounds, strict=True))
        # a sentence of which nothing is heard leaves no silence behind
        audible = [line for line in lines if isinstance(line, Silence) or spoken[line].samples]
        return _joined([spoken[line] if isinstance(line, Sentence) else line for line in heard(audible)])

    async def _sentence(self, speaker: InstalledVoice, line: Sentence) -> Pcm:
        key = _key(speaker, line.text, line.speed)
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(self._found_or_spoken(key, speaker, Job(speaker.name, line.text, line.speed)))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._done(key, done))
        # one that gives up waiting does not take the sentence from others, nor from the cache
        return await asyncio.shield(task)

    async def _found_or_spoken(self, key: str, speaker: InstalledVoice, job: Job) -> Pcm:
        if (known := await self._cache.read(key)) is not None:
            return msgspec.structs.replace(known, from_disk=True)
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


def _joined(sounds: Sequence[Pcm | Silence]) -> Pcm:
    spoken = [sound for sound in sounds if isinstance(sound, Pcm)]
    rate = spoken[0].rate if spoken else _SILENT_RATE  # one engine, one rate
    samples = (sound.samples if isinstance(sound, Pcm) else b"\0\0" * round(rate * sound.seconds) for sound in sounds)
    return Pcm(b"".join(samples), rate, bool(spoken) and all(sound.from_disk for sound in spoken))
