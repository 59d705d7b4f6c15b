"""How callflows, summaries and timelines are written: JSON, which the types of the domain read again.

A trace is msgpack, squeezed: the messages of a call repeat each other's headers, a quarter is left.
"""

import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from ringback.domain.callflow import Callflow
from ringback.domain.inventory import NumberDetails
from ringback.domain.scenario import Template
from ringback.domain.session import Session
from ringback.domain.settings import Settings
from ringback.service.ports import SipTrace, TimelineEntry

# a detail of a type that JSON has not is kept as text: the end of a session must not fail for it
_encode = msgspec.json.Encoder(enc_hook=str).encode
_callflow = msgspec.json.Decoder(Callflow).decode
_summary = msgspec.json.Decoder(Session).decode
_entries = msgspec.json.Decoder(list[TimelineEntry]).decode
_settings = msgspec.json.Decoder(Settings).decode
_details = msgspec.json.Decoder(NumberDetails).decode
_template = msgspec.json.Decoder(Template).decode
# 8 KiB reach back over the messages before; what zlib takes by default is four times as much memory to be made ready
_WINDOW: Final = 13
_MEMORY: Final = 6
_pack = msgspec.msgpack.Encoder().encode
_trace = msgspec.msgpack.Decoder(SipTrace).decode


def encode_callflow(callflow: Callflow) -> bytes:
    """Write a callflow."""
    return _encode(callflow)


def decode_callflow(written: bytes) -> Callflow:
    """Read a callflow."""
    return _callflow(written)


def encode_summary(summary: Session) -> bytes:
    """Write a summary."""
    return _encode(summary)


def decode_summary(written: bytes) -> Session:
    """Read a summary."""
    return _summary(written)


def encode_entries(entries: Sequence[TimelineEntry]) -> bytes:
    """Write a piece of a timeline."""
    return _encode(entries)


def decode_entries(pieces: Iterable[bytes]) -> tuple[TimelineEntry, ...]:
    """Read a timeline of its pieces."""
    return tuple(entry for piece in pieces for entry in _entries(piece))


def encode_trace(trace: SipTrace) -> bytes:
    """Write a trace."""
    squeeze = zlib.compressobj(1, zlib.DEFLATED, _WINDOW, _MEMORY)
    return squeeze.compress(_pack(trace)) + squeeze.flush()


def decode_trace(written: bytes) -> SipTrace:
    """Read a trace."""
    return _trace(zlib.decompress(written))


def encode_settings(settings: Settings) -> bytes:
    """Write the settings of a subaccount."""
    return _encode(settings)


def decode_settings(written: bytes) -> Settings:
    """Read the settings of a subaccount."""
    return _settings(written)


def encode_details(details: NumberDetails) -> bytes:
    """Write what is said of a number, but for its reference."""
    return _encode(msgspec.structs.replace(details, reference_id=None))


def decode_details(written: bytes | None, reference_id: str) -> NumberDetails:
    """Read what is said of a number."""
    details = NumberDetails() if written is None else _details(written)
    return msgspec.structs.replace(details, reference_id=reference_id)


def encode_template(template: Template) -> bytes:
    """Write the template of a scenario."""
    return _encode(template)


@lru_cache(maxsize=256)
def decode_template(written: bytes) -> Template:
    """Read the template of a scenario; one that was read before is kept, for it is read with its subaccounts."""
    return _template(written)


def as_read(entries: Sequence[TimelineEntry]) -> Sequence[Any]:
    """Give entries as they will be read again."""
    return decode_entries([encode_entries(entries)])
