"""`ringback admin voice preview`: a text as the telephone plays it, in a file; no server, no call."""

import asyncio
import tempfile
import wave
from pathlib import Path
from typing import Final

from ringback.adapters.audio import SoundCodec, as_heard
from ringback.adapters.speech import Voices, open_voices
from ringback.domain.errors import RingbackError
from ringback.domain.scalars import MAX_TEXT, is_speakable
from ringback.domain.voice import Catalogue
from ringback.service.ports import Pcm, SynthesisFailed

_ENGLISH: Final = "This is how I sound on the telephone. Your code is 482913, and it costs $12.50."
_ANY: Final = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10."
"""Every voice has its own words for these."""


class PreviewFailed(RingbackError):
    """There is nothing to hear; the text says why."""


def preview(file: Path, text: str | None, voice: str | None, language: str | None, speed: float) -> str:
    """Write a wav file and give the code of the voice that speaks in it. Raises PreviewFailed and OSError.

    `text`: 1..3000 characters, plain or SSML; None: a sample. `voice`, `language`: as in an action; `speed`: 0.5..2.0.
    """
    with tempfile.TemporaryDirectory(prefix="ringback-") as folder:
        voices = open_voices(cache=Path(folder), cache_bytes=0, workers=1)
        code = Catalogue(voices.voices()).resolve(voice, language)
        if code is None:
            named = f"the voice {voice}" if voice is not None else f"a voice for {language}"
            message = f"{named} is not installed: see ringback admin voice list"
            raise PreviewFailed(message)
        if text is None:
            text = _ENGLISH if code.startswith("en-") else _ANY
        if not 0 < len(text) <= MAX_TEXT or not is_speakable(text):
            message = f"a text has 1..{MAX_TEXT} characters, none of them a control character"
            raise PreviewFailed(message)
        try:
            sound = asyncio.run(_spoken(voices, text, code, speed))
        except SynthesisFailed as fault:
            raise PreviewFailed(str(fault)) from None
    with file.open("wb") as raw, wave.open(raw, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(sound.rate)
        written.writeframes(sound.samples)
    return code


async def _spoken(voices: Voices, text: str, code: str, speed: float) -> Pcm:
    await voices.start()
    try:
        sound = await voices.synthesize(text, code, speed)
    finally:
        await voices.stop()
    if not sound.samples:
        message = "the text has nothing that this voice can speak"
        raise PreviewFailed(message)
    return as_heard(await SoundCodec().encode("preview", sound))
