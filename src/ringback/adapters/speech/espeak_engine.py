"""espeak-ng inside a worker, by way of its C interface (speak_lib.h of espeak-ng 1.52).

`python -m ringback.adapters.speech.espeak_engine` writes its languages and their voices as JSON.
"""

import ctypes
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import espeakng_loader
import msgspec
import numpy as np
from numpy.typing import NDArray

from ringback.adapters.speech.jobs import Job

_SYNCHRONOUS: Final = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples come to the callback before espeak_Synth returns
_DO_NOT_EXIT: Final = 0x8000  # espeakINITIALIZE_DONT_EXIT
_RATE: Final = 1  # espeakRATE
_WORDS_PER_MINUTE: Final = 175  # espeak's own pace; 80..450
_CHARACTERS: Final = 1  # POS_CHARACTER
_UTF8: Final = 1  # espeakCHARS_UTF8
_GO_ON: Final = 0
_PRIORITY: Final = 1  # byte before a language in a voice's list


class _Voice(ctypes.Structure):
    """espeak_VOICE."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Engine:
    """The library, which has one voice at a time."""

    def __init__(self) -> None:
        """Load the library. Raises OSError where that fails."""
        path = Path(espeakng_loader.get_library_path())
        # espeak cuts the path of its data off at 160 characters, so it gets the shortest one
        os.chdir(path.parent)
        self._library: Any = ctypes.CDLL(str(path))
        self._rate: int = self._library.espeak_Initialize(_SYNCHRONOUS, 0, b".", _DO_NOT_EXIT)
        if self._rate <= 0:
            reason = "espeak-ng does not find its data"
            raise OSError(reason)
        self._library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        self._samples = bytearray()
        self._callback = _Callback(self._take)  # kept, for C keeps no count of it
        self._library.espeak_SetSynthCallback(self._callback)
        self._voice: str | None = None

    def speak(self, job: Job) -> tuple[int, NDArray[np.int16]]:
        """Speak a text. Raises ValueError for a voice that is not there, OSError where espeak fails."""
        if job.voice != self._voice:
            if self._library.espeak_SetVoiceByName(job.voice.encode()) != 0:
                reason = f"espeak-ng has no voice {job.voice}"
                raise ValueError(reason)
            self._voice = job.voice
        self._library.espeak_SetParameter(_RATE, round(_WORDS_PER_MINUTE * job.speed), 0)
        self._samples.clear()
        text = job.text.replace("\0", " ").encode()
        size = ctypes.c_size_t(len(text) + 1)
        if self._library.espeak_Synth(text, size, 0, _CHARACTERS, 0, _UTF8, None, None) != 0:
            reason = "espeak-ng failed"
            raise OSError(reason)
        self._library.espeak_Synchronize()
        return self._rate, np.frombuffer(bytes(self._samples), np.int16)

    def languages(self) -> Mapping[str, str]:
        """Give the voice of every language: by `de`, `pt-br`, `es-419` the voice's file, such as `gmw/de`."""
        voices = self._library.espeak_ListVoices(None)
        found: dict[str, str] = {}
        position = 0
        while voices[position]:
            voice = voices[position].contents
            language = ctypes.string_at(voice.languages + _PRIORITY).decode()
            found.setdefault(language, voice.identifier.decode())
            position += 1
        return found

    def _take(self, samples: Any, count: int, _events: object) -> int:  # noqa: ANN401 - a pointer of ctypes
        if samples and count > 0:
            self._samples += ctypes.string_at(samples, count * ctypes.sizeof(ctypes.c_short))
        return _GO_ON


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(Engine().languages()))
