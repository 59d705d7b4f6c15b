"""The media engine and the trunks of a server, each held to what the configuration asks of it."""

from collections.abc import Iterator

from ringback.adapters.telephone import Capability, EngineKind, EngineMissing, Line, choose_engine
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
    for wanted, setting in (
        (config.recorder.rtp_headers, "[recorder] rtp_headers"),
        (config.recordings.folder, "[recordings] folder"),
    ):
        if wanted and Capability.RECORDING not in engine.capabilities:
            message = f'{setting}: the media engine "{engine.name}" cannot serve it'
            raise ConfigInvalid(message)
    return engine


def line_of(trunk: Trunk) -> Line:
    """Give a trunk as the telephone sees it.

    Digits in the sound are heard in G.711 alone: where they are, G722 is left out.
    """
    codecs = tuple(codec for codec in trunk.codecs if not (codec == "G722" and trunk.inband_digits))
    return Line(
        trunk.uri,
        username=trunk.username,
        password=trunk.password,
        codecs=codecs,
        inbound_from=trunk.inbound_from,
        by_asserted_identity=trunk.identity == "p-asserted-identity",
        channels=trunk.channels,
        srtp=trunk.srtp,
        inband_digits=trunk.inband_digits,
    )


def _needs(trunk: Trunk) -> Iterator[tuple[str, Capability]]:
    """Give the settings of a trunk that not every engine can serve, and what it takes."""
    if trunk.srtp != "off":
        yield f'srtp = "{trunk.srtp}"', Capability.SRTP
    if trunk.inband_digits:
        yield "inband_digits = true", Capability.INBAND_DIGITS
    if "G722" in trunk.codecs:
        yield f"codecs = [{', '.join(map(repr, trunk.codecs))}]".replace("'", '"'), Capability.G722
