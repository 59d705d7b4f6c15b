import asyncio
from collections.abc import Sequence

import msgspec
import pytest

from ringback.domain.voice import Voice
from ringback.engine.commands import File, Utterance
from ringback.service.ports import FetchFailed, Pcm, Prompt, SynthesisFailed
from ringback.service.prompts import FILE_SECONDS, Prompts
from ringback.testing.clock import ManualClock

URL = "http://files.example/hello.wav"


class Sound(msgspec.Struct, frozen=True):
    key: str
    duration: float


class FakeSpeech:
    def __init__(self, clock: ManualClock) -> None:
        """`clock`: half a second passes with every text."""
        self.clock = clock
        self.asked: list[tuple[str, str, float]] = []
        self.fault: Exception | None = None
        self.began = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()
        self.samples = b"\1\0" * 8000

    def voices(self) -> Sequence[Voice]:
        return ()

    async def synthesize(self, text: str, voice: str, speed: float) -> Pcm:
        self.asked.append((text, voice, speed))
        self.began.set()
        await self.go.wait()
        self.clock.advance(0.5)
        if self.fault is not None:
            raise self.fault
        return Pcm(self.samples, 8000)


class FakeAudio:
    async def decode(self, content: bytes) -> Pcm:
        return Pcm(content, 8000)

    async def encode(self, key: str, sound: Pcm) -> Prompt:
        return Sound(key, len(sound.samples) / 2 / sound.rate)


class FakeFiles:
    def __init__(self) -> None:
        """Have a file of a second."""
        self.asked: list[str] = []
        self.content = b"\2\0" * 8000
        self.fault: Exception | None = None

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if self.fault is not None:
            raise self.fault
        return self.content


class Studio:
    def __init__(self, limit: int = 1_000_000, codecs: int = 2) -> None:
        """`limit`: bytes of prompts that are kept, each in so many codecs."""
        self.clock = ManualClock()
        self.speech = FakeSpeech(self.clock)
        self.files = FakeFiles()
        self.prompts = Prompts(self.speech, FakeAudio(), self.files, self.clock, limit=limit, codecs=codecs)


async def test_a_text_is_spoken_once_and_then_at_hand() -> None:
    studio = Studio()
    first = await studio.prompts.utterance("Hello", "en-US-Heart", 1.0)
    again = await studio.prompts.utterance("Hello", "en-US-Heart", 1.0)
    assert (first.cached, first.seconds, first.prompt.duration) == (False, 0.5, 1.0)
    assert (first.origin, first.took, again.origin, again.took) == ("rendered", 0.5, "memory", 0.0)
    assert (again.cached, again.seconds) == (True, 0.0)
    assert again.prompt is first.prompt
    assert studio.speech.asked == [("Hello", "en-US-Heart", 1.0)]


async def test_another_voice_pace_or_text_is_another_prompt() -> None:
    studio = Studio()
    texts = [("a", "v", 1.0), ("a", "v", 1.1), ("a", "w", 1.0), ("b", "v", 1.0)]
    keys = {(await studio.prompts.utterance(*text)).prompt.key for text in texts}
    assert len(keys) == 4
    assert studio.speech.asked == texts


async def test_two_calls_that_want_the_same_text_wait_for_one_rendering() -> None:
    studio = Studio()
    studio.speech.go.clear()
    calls = [asyncio.create_task(studio.prompts.utterance("Hello", "v", 1.0)) for _ in range(2)]
    await studio.speech.began.wait()
    studio.speech.go.set()
    one, other = await asyncio.gather(*calls)
    assert one.prompt is other.prompt
    assert len(studio.speech.asked) == 1


async def test_what_was_prepared_while_the_phone_rang_is_not_rendered_again() -> None:
    studio = Studio()
    studio.prompts.prepare((Utterance("Hello", "v"), Utterance("Hello", "v"), File(URL)))
    assert not (await studio.prompts.utterance("Hello", "v", 1.0)).cached
    assert (await studio.prompts.utterance("Hello", "v", 1.0)).cached
    await studio.prompts.file(URL)
    studio.prompts.prepare((Utterance("Hello", "v"), File(URL)))
    await studio.prompts.stop()
    assert len(studio.speech.asked) == 1
    assert studio.files.asked == [URL]


async def test_what_was_prepared_tells_the_first_asker_how_it_was_got() -> None:
    studio = Studio()
    studio.prompts.prepare((Utterance("Hello", "v"),))
    await asyncio.gather(*studio.prompts._under_way.values())
    one, two = [await studio.prompts.utterance("Hello", "v", 1.0) for _ in range(2)]
    assert (one.cached, one.seconds, one.origin, one.took) == (True, 0.0, "rendered", 0.5)
    assert (two.cached, two.seconds, two.origin, two.took) == (True, 0.0, "memory", 0.0)


async def test_a_call_that_hangs_up_does_not_take_the_prompt_from_another() -> None:
    studio = Studio()
    studio.speech.go.clear()
    gone = asyncio.create_task(studio.prompts.utterance("Hello", "v", 1.0))
    stays = asyncio.create_task(studio.prompts.utterance("Hello", "v", 1.0))
    await studio.speech.began.wait()
    gone.cancel()
    studio.speech.go.set()
    assert (await stays).prompt.duration == 1.0
    assert gone.cancelled()


async def test_a_failure_is_told_to_each_who_asks_and_not_kept() -> None:
    studio = Studio()
    studio.speech.fault = SynthesisFailed("no voice today")
    for _ in range(2):
        with pytest.raises(SynthesisFailed, match="no voice today"):
            await studio.prompts.utterance("Hello", "v", 1.0)
    studio.speech.fault = None
    assert (await studio.prompts.utterance("Hello", "v", 1.0)).prompt.duration == 1.0


async def test_a_failed_preparation_is_silent_and_tried_again_when_played() -> None:
    studio = Studio()
    studio.files.fault = FetchFailed("HTTP 404")
    studio.prompts.prepare((File(URL),))
    with pytest.raises(FetchFailed):
        await studio.prompts.file(URL)
    studio.files.fault = None
    assert (await studio.prompts.file(URL)).prompt.duration == 1.0


async def test_a_text_that_leaves_nothing_to_hear_fails() -> None:
    studio = Studio()
    studio.speech.samples = b""
    with pytest.raises(SynthesisFailed):
        await studio.prompts.utterance("...", "v", 1.0)


async def test_a_file_without_sound_fails() -> None:
    studio = Studio()
    studio.files.content = b""
    with pytest.raises(FetchFailed):
        await studio.prompts.file(URL)


async def test_a_file_is_fetched_again_after_an_hour() -> None:
    studio = Studio()
    first = await studio.prompts.file(URL)
    studio.clock.advance(FILE_SECONDS - 1)
    assert (await studio.prompts.file(URL)).cached
    studio.clock.advance(1)
    studio.files.content = b"\3\0" * 4000
    second = await studio.prompts.file(URL)
    assert not second.cached
    assert second.prompt.key != first.prompt.key
    assert len(studio.files.asked) == 2


async def test_the_same_sound_under_two_urls_is_one_prompt_to_the_telephone() -> None:
    studio = Studio()
    keys = {(await studio.prompts.file(url)).prompt.key for url in (URL, URL + "?again")}
    assert len(keys) == 1


async def test_the_least_recently_played_makes_room() -> None:
    studio = Studio(limit=40_000)  # two prompts of a second
    for text in ("a", "b", "a", "c"):
        await studio.prompts.utterance(text, "v", 1.0)
    assert (await studio.prompts.utterance("a", "v", 1.0)).cached
    assert (await studio.prompts.utterance("c", "v", 1.0)).cached
    assert not (await studio.prompts.utterance("b", "v", 1.0)).cached


async def test_a_third_codec_leaves_less_room() -> None:
    studio = Studio(limit=40_000, codecs=3)
    for text in ("a", "b"):
        await studio.prompts.utterance(text, "v", 1.0)
    assert not (await studio.prompts.utterance("a", "v", 1.0)).cached


async def test_a_prompt_larger_than_the_limit_is_still_played() -> None:
    studio = Studio(limit=100)
    assert (await studio.prompts.utterance("a", "v", 1.0)).prompt.duration == 1.0


async def test_stopping_gives_up_what_is_being_rendered() -> None:
    studio = Studio()
    studio.speech.go.clear()
    studio.prompts.prepare((Utterance("Hello", "v"),))
    await studio.speech.began.wait()
    await studio.prompts.stop()
    assert not studio.prompts._under_way
