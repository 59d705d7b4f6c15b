"""The session descriptions of a leg: what is offered, what is answered, and what the media engine is told of it."""

import secrets

from ringback.adapters.telephone.leg import Leg
from ringback.media import interface as media
from ringback.wire import sdp
from ringback.wire.sdes import KEY_BYTES, Policy, Securing

_G711 = frozenset({"PCMU", "PCMA"})


def offer(leg: Leg, beside: Leg | None) -> bytes:
    """Write a new offer, with new keys. Raises SdpRejected where no codec can be relayed to the leg `beside`."""
    leg.version += 1
    leg.offered = _codecs(leg, beside)
    if not leg.offered:
        reason = "no codec in common with the leg that it is to be connected with"
        raise sdp.SdpRejected(reason)
    leg.crypto = _securing(leg).lines()
    must_encrypt = leg.srtp is Policy.REQUIRED
    return sdp.offer(leg.address, leg.offered, leg.number, leg.version, crypto=leg.crypto, must_encrypt=must_encrypt)


def answer(leg: Leg, offered: bytes, beside: Leg | None) -> tuple[bytes, sdp.Stream]:
    """Answer an offer, first or later, and give what was agreed. Raises SdpRejected."""
    leg.version += 1
    codecs = _codecs(leg, beside)
    written, leg.agreed = sdp.accept(offered, leg.address, codecs, leg.number, leg.version, securing=_securing(leg))
    return written, leg.agreed


def settle(leg: Leg, answered: bytes) -> sdp.Stream:
    """Read the answer to the last offer and give what was agreed. Raises SdpRejected."""
    must_encrypt = leg.srtp is Policy.REQUIRED
    leg.agreed = sdp.settle(answered, leg.offered, crypto=leg.crypto, must_encrypt=must_encrypt)
    return leg.agreed


def remote(leg: Leg, stream: sdp.Stream) -> media.Remote:
    """Give what was agreed as the media engine takes it."""
    keys = stream.keys
    return media.Remote(
        address=stream.address,
        codec=media.Codec[stream.codec],
        payload_type=stream.payload_type,
        event_payload_type=stream.event_payload_type,
        send=stream.send,
        packet_ms=stream.packet_ms,
        srtp=media.Srtp(media.SrtpSuite(keys.suite), keys.send, keys.receive) if keys is not None else None,
        inband_digits=leg.inband_digits,
    )


def _securing(leg: Leg) -> Securing:
    agreed = leg.agreed.keys if leg.agreed is not None else None
    return Securing(leg.srtp, lambda: secrets.token_bytes(KEY_BYTES), agreed)


def _codecs(leg: Leg, beside: Leg | None) -> tuple[str, ...]:
    """Give the leg's codecs that can be relayed to the one that it is to be connected with.

    The two laws of G.711 are converted into one another; anything else must be the same on both sides.
    """
    if beside is None:
        return leg.codecs
    theirs = _G711 if (there := _spoken(beside)) & _G711 else frozenset[str]()
    return tuple(codec for codec in leg.codecs if codec in there | theirs)


def _spoken(leg: Leg) -> frozenset[str]:
    """Give what a leg speaks, or may come to speak while nothing is agreed."""
    if leg.agreed is not None:
        return frozenset({leg.agreed.codec})
    ours = frozenset(leg.offered or leg.codecs)
    return ours & _offered(leg.offer) if leg.offer is not None else ours


def _offered(description: bytes) -> frozenset[str]:
    try:
        media = sdp.Description.parse(description).media
    except sdp.SdpRejected:
        return frozenset()
    return frozenset(name for medium in media if medium.is_usable for _, name in medium.payloads())
