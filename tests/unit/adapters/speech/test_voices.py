import asyncio
from pathlib import Path

import numpy as np
import pytest

from ringback.adapters.speech import Voices, open_voices
from ringback.adapters.speech.cache import SpeechCache
from ringback.adapters.speech.crew import Crew
from ringback.adapters.speech.installed import InstalledVoice
from ringback.adapters.speech.jobs import Job
from ringback.domain.voice import Voice
from ringback.service.ports import Pcm, SynthesisFailed

HEART = InstalledVoice(Voice("en-US-Heart", "en-US", "English (United States)", "F"), "hibari", "1", "heart")


class FakeCrew(Crew):
    def __init__(self) -> None:
        """Speak at once, until `go` is cleared."""
        super().__init__("none", 0, eager=False)
        self.jobs: list[Job] = []
        self.began = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()
        self.fault: SynthesisFailed | None = None

    async def speak(self, job: Job) -> Pcm:
        self.jobs.append(job)
        self.began.set()
        await self.go.wait()
        if self.fault is not None:
            raise self.fault
        return Pcm(b"\1\0" * 1000, 10_000)


class Booth:
    def __init__(self, folder: Path) -> None:
        """`folder`: of the cache."""
        self.crew = FakeCrew()
        self.voices = Voices({"en-US-Heart": HEART}, SpeechCache(folder, 1_000_000), {"hibari": self.crew})

    async def say(self, text: str, speed: float = 1.0, voice: str = "en-US-Heart") -> Pcm:
        return await self.voices.synthesize(text, voice, speed)

    @property
    def spoken(self) -> list[str]:
        return [job.text for job in self.crew.jobs]


async def test_hibari_really_speaks(tmp_path: Path) -> None:
    voices = open_voices(cache=tmp_path, cache_bytes=10_000_000, workers=1)
    await voices.start()
    sound = await voices.synthesize("Hello there.", "en-US-Heart", 1.0)
    slow = await voices.synthesize("Hello there.", "en-US-Heart", 0.5)
    await voices.stop()
    samples = np.frombuffer(sound.samples, np.int16)
    assert sound.rate == 24_000
    assert 0.4 < len(samples) / sound.rate < 2
    assert np.abs(samples).max() > 3000
    assert len(slow.samples) > 1.4 * len(sound.samples)


async def test_the_cache_survives_a_restart(tmp_path: Path) -> None:
    first = open_voices(cache=tmp_path, cache_bytes=10_000_000, workers=1)
    await first.start()
    sound = await first.synthesize("Guten Tag. Auf Wiedersehen.", "de-DE-EspeakM", 1.0)
    await first.stop()
    second = open_voices(cache=tmp_path, cache_bytes=10_000_000, workers=1)  # its workers are not started
    again = await second.synthesize("Guten Tag. Auf Wiedersehen.", "de-DE-EspeakM", 1.0)
    assert (again.samples, again.rate) == (sound.samples, sound.rate)
    assert (sound.from_disk, again.from_disk) == (False, True)
    with pytest.raises(SynthesisFailed):
        await second.synthesize("Guten Abend.", "de-DE-EspeakM", 1.0)


async def test_a_text_is_spoken_sentence_by_sentence_with_short_pauses(tmp_path: Path) -> None:
    booth = Booth(tmp_path)
    sound = await booth.say("One here. Two here. Three here.")
    assert sorted(booth.spoken) == ["One here.", "Three here.", "Two here."]
    assert len(sound.samples) // 2 == 3 * 1000 + 2 * 2000  # 200 ms at 10 kHz
    assert np.frombuffer(sound.samples, np.int16)[1000:3000].any() is np.False_


async def test_pauses_keep_the_pace(tmp_path: Path) -> None:
    assert len((await Booth(tmp_path).say("One here. Two here.", speed=2.0)).samples) // 2 == 2 * 1000 + 1000


async def test_a_sentence_that_two_texts_share_is_spoken_once(tmp_path: Path) -> None:
    booth = Booth(tmp_path)
    await booth.say("Hello Ann. Press 1.")
    await booth.say("Hello Bob. Press 1.")
    assert booth.spoken == ["Hello Ann.", "Press 1.", "Hello Bob."]


async def test_a_sentence_twice_in_a_text_is_spoken_once(tmp_path: Path) -> None:
    booth = Booth(tmp_path)
    sound = await booth.say("Hello. Hello.")
    assert booth.spoken == ["Hello."]
    assert len(sound.samples) // 2 == 2 * 1000 + 2000


async def test_a_break_is_silence_to_the_sample(tmp_path: Path) -> None:
    sound = await Booth(tmp_path).say('<speak>One here.<break time="1234ms"/>Two here.</speak>', speed=2.0)
    samples = np.frombuffer(sound.samples, np.int16)
    assert len(samples) == 2 * 1000 + 12_340
    assert np.flatnonzero(samples).tolist() == [*range(1000), *range(13_340, 14_340)]


async def test_sentences_of_a_document_are_kept_like_any_other(tmp_path: Path) -> None:
    booth = Booth(tmp_path)
    await booth.say("Press 1. Press 1.")
    await booth.say('<speak>Press 1.<break/>Press 1. <prosody rate="slow">Press 1.</prosody></speak>')
    assert [(job.text, job.speed) for job in booth.crew.jobs] == [("Press 1.", 1.0), ("Press 1.", 0.64)]


async def test_a_silence_alone_is_a_sound(tmp_path: Path) -> None:
    booth = Booth(tmp_path)
    assert len((await booth.say('<speak><break time="500ms"/></speak>')).samples) == 2 * 4000
    assert booth.spoken == []


async def test_a_code_is_told_digit_by_digit(tmp_path: Path) -> None:
    booth = Booth(tmp_path)
    await booth.say("Your code is 482913.")
    assert booth.spoken == ["Your code is four eight two, nine one three."]


async def test_another_speed_is_another_sound(tmp_path: Path) -> None:
    booth = Booth(tmp_path)
    for speed in (1.0, 1.5, 1.5):
        await booth.say("Hello.", speed=speed)
    assert [job.speed for job in booth.crew.jobs] == [1.0, 1.5]


async def test_who_gives_up_does_not_take_the_sentence_from_another(tmp_path: Path) -> None:
    booth = Booth(tmp_path)
    booth.crew.go.clear()
    gone, stays = (asyncio.create_task(booth.say("Hello.")) for _ in range(2))
    await booth.crew.began.wait()
    gone.cancel()
    booth.crew.go.set()
    assert (await stays).samples
    assert gone.cancelled()
    assert booth.spoken == ["Hello."]


async def test_a_failure_is_told_and_tried_again_next_time(tmp_path: Path) -> None:
    booth = Booth(tmp_path)
    booth.crew.fault = SynthesisFailed("died")
    with pytest.raises(SynthesisFailed, match="died"):
        await booth.say("One here. Two here.")
    booth.crew.fault = None
    assert (await booth.say("One here.")).samples


@pytest.mark.parametrize("text", ["", "...", "\U0001f600"])
async def test_a_text_with_nothing_to_speak_is_empty(tmp_path: Path, text: str) -> None:
    booth = Booth(tmp_path)
    assert (await booth.say(text)).samples == b""
    assert booth.spoken == []


@pytest.mark.parametrize("speed", [0.49, 2.01, float("nan"), -1.0])
async def test_a_speed_out_of_range_fails(tmp_path: Path, speed: float) -> None:
    with pytest.raises(SynthesisFailed, match="speed"):
        await Booth(tmp_path).say("Hello.", speed=speed)


async def test_a_voice_that_is_not_installed_fails(tmp_path: Path) -> None:
    with pytest.raises(SynthesisFailed, match="en-US-Nobody is not installed"):
        await Booth(tmp_path).say("Hello.", voice="en-US-Nobody")


def test_the_installed_voices_are_listed(tmp_path: Path) -> None:
    assert list(Booth(tmp_path).voices.voices()) == [HEART.voice]
