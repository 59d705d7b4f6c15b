"""Recordings of calls: one sound file of a tap."""

from ringback.adapters.audio.mixdown.mixdown import MONO, STEREO, Mixed, NothingRecorded, mix

__all__ = ["MONO", "STEREO", "Mixed", "NothingRecorded", "mix"]
