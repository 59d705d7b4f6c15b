"""Sound files and telephone codecs: everything is decoded, levelled and encoded once, before it is played."""

from ringback.adapters.audio.codec import SoundCodec
from ringback.adapters.audio.prompt import SoundPrompt, as_heard
from ringback.adapters.audio.tone import ringback_tone

__all__ = ["SoundCodec", "SoundPrompt", "as_heard", "ringback_tone"]
