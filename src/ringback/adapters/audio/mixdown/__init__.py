"""Recordings of calls: one sound file of a tap."""

from ringback.adapters.audio.mixdown.mixdown import MONO, STEREO, NothingRecorded, mix
from ringback.adapters.audio.mixdown.mixer import Mixer

__all__ = ["MONO", "STEREO", "Mixer", "NothingRecorded", "mix"]
