"""Speech is no DTMF: minutes of our own voices, heard as a trunk's `inband_digits` hears."""

import asyncio
import subprocess
from pathlib import Path

import pytest
from tests.c.build import ROOT, Way, program

from ringback.adapters.audio import SoundCodec, as_heard
from ringback.adapters.speech import open_voices

PLAIN = Way("plain")
LISTENER = ROOT / "tests" / "c" / "listener.c"
TEXT = (ROOT / "docs" / "how-to" / "first-trunk.md").read_text(encoding="utf-8")
NEURAL_CHARACTERS = 400
"""A neural voice takes its time: about 25 s of speech."""
CHARACTERS = 3000
"""About 3 minutes of speech for each of the others."""


def digits_in(samples: bytes) -> str:
    """Give the digits that are heard in samples at 8 kHz."""
    listener = program(LISTENER, PLAIN)
    return subprocess.run((str(listener),), input=samples, capture_output=True, check=True).stdout.decode()


@pytest.mark.skipif(bool(PLAIN.missing), reason="there is no C compiler")
async def test_no_digit_is_heard_in_minutes_of_speech(tmp_path: Path) -> None:
    voices = open_voices(cache=tmp_path, cache_bytes=0, workers=1)
    codes = [voice.code for voice in voices.voices()]
    others = [code for code in codes[1:] if code.startswith(("en-", "de-DE", "es-ES", "fr-FR"))][:3]
    await voices.start()
    try:
        for code in (codes[0], *others):
            text = TEXT[: NEURAL_CHARACTERS if code == codes[0] else CHARACTERS]
            sound = as_heard(await SoundCodec().encode(code, await voices.synthesize(text, code, 1.0)))
            assert len(sound.samples) > 16_000 * 20, f"{code} speaks for more than 20 s"
            assert await asyncio.to_thread(digits_in, sound.samples) == "", code
    finally:
        await voices.stop()
