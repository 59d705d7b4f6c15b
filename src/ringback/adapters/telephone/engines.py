"""Which media engine a telephone has."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from ringback.media.interface import Capability, MediaEngine
from ringback.media.reference import ReferenceEngine

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EngineKind:
    """A kind of media engine and how one is made."""

    name: str
    """`core` or `reference`."""
    capabilities: frozenset[Capability]
    make: Callable[[str, tuple[int, int]], MediaEngine]
    """Takes the IPv4 address to bind and the RTP range, ends included."""


REFERENCE: Final = EngineKind("reference", ReferenceEngine.capabilities, ReferenceEngine)


class EngineMissing(Exception):
    """The engine in C was not built when ringback was installed: there was no compiler."""


def choose_engine(name: str, cores: int = 1) -> EngineKind:
    """Give the engine `core`, `reference`, or the best there is for `auto`; `cores`: threads of `core`.

    `auto` says in the log where it has to do without the engine in C. Raises EngineMissing.
    """
    if name == "reference":
        return REFERENCE
    try:
        from ringback.media.core import CoreEngine  # noqa: PLC0415 - it may not be there
    except ImportError as fault:
        if name == "core":
            raise EngineMissing(str(fault)) from None
        _log.warning("media-engine-in-c-missing", reason=str(fault), instead=REFERENCE.name)
        return REFERENCE
    return EngineKind("core", CoreEngine.capabilities, partial(CoreEngine, cores=cores))
