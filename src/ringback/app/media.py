"""The media engine of a server, held to what the configuration asks of it."""

from collections.abc import Iterator

from ringback.adapters.telephone import Capability, EngineKind, EngineMissing, choose_engine
from ringback.app.config import Config, ConfigInvalid, Trunk


def engine_of(config: Config) -> EngineKind:
    """Choose the media engine. Raises ConfigInvalid, which names the setting that the engine cannot serve."""
    try:
        engine = choose_engine(config.rtp.engine, config.rtp.cores)
    except EngineMissing as fault:
        message = f'[rtp] engine: "core" was not built when ringback was installed ({fault}); use "reference"'
        raise ConfigInvalid(message) from None
    for trunk in config.trunk:
        for setting, capability in _needs(trunk):
            if capability not in engine.capabilities:
                message = f'[[trunk]] {trunk.name!r} {setting}: the media engine "{engine.name}" cannot serve it'
                raise ConfigInvalid(message)
    if config.recorder.rtp_headers and Capability.RECORDING not in engine.capabilities:
        message = f'[recorder] rtp_headers: the media engine "{engine.name}" cannot serve it'
        raise ConfigInvalid(message)
    return engine


def _needs(trunk: Trunk) -> Iterator[tuple[str, Capability]]:
    """Give the settings of a trunk that not every engine can serve, and what it takes."""
    if trunk.srtp != "off":
        yield f'srtp = "{trunk.srtp}"', Capability.SRTP
    if set(trunk.codecs) == {"G722"}:
        yield 'codecs = ["G722"]', Capability.G722
