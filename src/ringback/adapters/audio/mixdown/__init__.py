"""Recordings of calls: one sound file of a tap."""

from ringback.adapters.audio.mixdown.mixdown import MONO, STEREO, Mixed, NothingRecorded, mix
from ringback.adapters.audio.mixdown.mixer import MixdownFailed, Mixer

__all__ = ["MONO", "STEREO", "MixdownFailed", "Mixed", "Mixer", "NothingRecorded", "mix"]
