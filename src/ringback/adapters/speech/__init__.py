"""Voices that need no network and no key: hibari for English, espeak-ng (an extra) for a hundred languages more."""

from ringback.adapters.speech.english import read as read_english
from ringback.adapters.speech.installed import UnknownVoice, VoiceNotFetched, fetch_voice, installed_voices
from ringback.adapters.speech.voices import Voices, open_voices

__all__ = [
    "UnknownVoice",
    "VoiceNotFetched",
    "Voices",
    "fetch_voice",
    "installed_voices",
    "open_voices",
    "read_english",
]
