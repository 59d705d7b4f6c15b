"""RTCP compound packets (RFC 3550, section 6): sender and receiver reports, descriptions and goodbyes."""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Final, TypeAlias

from ringback.wire.rtp.reception import Interval

MAX_BYTES: Final = 2048
"""Of a compound packet that is read."""
NTP_EPOCH: Final = 2_208_988_800
"""Seconds from 1900 to 1970 (section 4)."""

_SR: Final = 200
_RR: Final = 201
_SDES: Final = 202
_BYE: Final = 203
_CNAME: Final = 1
_MAX_CNAME: Final = 255
_HEADER: Final = Struct("!BBH")
_SENDER: Final = Struct("!IQIII")
_BLOCK: Final = Struct("!IIIIII")
_MAX_ROUND_TRIP: Final = 60 * 65536  # a longer one, or one below zero, is that of a broken or changed clock
_VERSION: Final = 0x80
_PADDING_BIT: Final = 0x20


class MalformedRtcp(ValueError):
    """The datagram is no RTCP compound packet (the peer's fault)."""


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """How a stream is received (section 6.4.1)."""

    ssrc: int
    fraction_lost: int
    """0..255, of 256."""
    lost: int
    """24 bits, signed."""
    highest_sequence: int
    jitter: int
    """In timestamp units."""
    last_report: int = 0
    """The middle 32 bits of the NTP time of the last sender report; 0 where none came."""
    delay: int = 0
    """Since that report came, in units of 1/65536 s."""

    @classmethod
    def of(cls, interval: Interval, last_report: int, delay_seconds: float) -> "ReportBlock":
        """Make the block of what was received; `delay_seconds`: since the last sender report came."""
        delay = min(int(delay_seconds * 65536), 0xFFFFFFFF) if last_report else 0
        return cls(
            interval.ssrc,
            interval.fraction_lost,
            interval.lost,
            interval.highest_sequence,
            interval.jitter,
            last_report,
            delay,
        )

    def round_trip(self, now: int) -> float | None:
        """Give the seconds from our last sender report to this block less its delay; None where they are not known.

        `now`: the NTP time at which the block came.

        ```
          our SR  n ---------------------> far end
                                              | delay (DLSR)
          now A  <--------- LSR = n, DLSR ----+          round trip = A - LSR - DLSR
        ```
        """
        if not self.last_report:
            return None
        units = ((now >> 16) - self.last_report - self.delay) & 0xFFFFFFFF
        return units / 65536 if units < _MAX_ROUND_TRIP else None


@dataclass(frozen=True, slots=True)
class SenderReport:
    """What a sender sent, and how it receives (section 6.4.1)."""

    ssrc: int
    ntp_time: int
    """64 bits: seconds since 1900 and their fraction."""
    timestamp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()

    @property
    def middle(self) -> int:
        """The middle 32 bits of the NTP time, by which a receiver names this report."""
        return self.ntp_time >> 16 & 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """How one receives that has sent nothing (section 6.4.2)."""

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """The canonical name of a source (section 6.5.1)."""

    ssrc: int
    cname: str


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Sources that leave (section 6.6)."""

    sources: tuple[int, ...]


RtcpPacket: TypeAlias = SenderReport | ReceiverReport | SourceDescription | Goodbye


def ntp_time(epoch_seconds: float) -> int:
    """Give the 64-bit NTP time of seconds since 1970 (section 4)."""
    return int((epoch_seconds + NTP_EPOCH) * (1 << 32)) & 0xFFFFFFFFFFFFFFFF


def build(packets: Sequence[RtcpPacket]) -> bytes:
    """Write a compound packet; a report comes first (section 6.1)."""
    return b"".join(_build(packet) for packet in packets)


def parse(data: bytes) -> tuple[RtcpPacket, ...]:
    """Read a compound packet; packets of other types and items other than CNAME are passed over.

    Raises MalformedRtcp (the checks of section A.2).
    """
    if len(data) > MAX_BYTES or len(data) < _HEADER.size + 4 or data[1] not in (_SR, _RR) or data[0] & _PADDING_BIT:
        reason = "not a compound packet that begins with a report"
        raise MalformedRtcp(reason)
    packets: list[RtcpPacket] = []
    start = 0
    while start < len(data):
        if len(data) - start < _HEADER.size:
            reason = "a header is cut off"
            raise MalformedRtcp(reason)
        first, kind, words = _HEADER.unpack_from(data, start)
        end = start + 4 * (words + 1)
        if first & 0xC0 != _VERSION or end > len(data):
            reason = "a wrong version, or a length beyond the end"
            raise MalformedRtcp(reason)
        packets += _parse(kind, first & 0x1F, data[start + _HEADER.size : end])
        start = end
    return tuple(packets)


def _build(packet: RtcpPacket) -> bytes:
    match packet:
        case SenderReport(ssrc, time, timestamp, sent, octets, blocks):
            body = _SENDER.pack(ssrc, time, timestamp, sent & 0xFFFFFFFF, octets & 0xFFFFFFFF)
            return _framed(_SR, len(blocks), body + _build_blocks(blocks))
        case ReceiverReport(ssrc, blocks):
            return _framed(_RR, len(blocks), ssrc.to_bytes(4, "big") + _build_blocks(blocks))
        case SourceDescription(ssrc, cname):
            text = cname.encode()[:_MAX_CNAME]
            chunk = ssrc.to_bytes(4, "big") + bytes((_CNAME, len(text))) + text
            return _framed(_SDES, 1, chunk + bytes(4 - len(chunk) % 4))  # at least one zero ends the items
        case Goodbye(sources):
            return _framed(_BYE, len(sources), b"".join(ssrc.to_bytes(4, "big") for ssrc in sources))


def _framed(kind: int, count: int, body: bytes) -> bytes:
    return _HEADER.pack(_VERSION | count, kind, len(body) // 4) + body


def _build_blocks(blocks: Sequence[ReportBlock]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            block.ssrc,
            block.fraction_lost << 24 | block.lost & 0xFFFFFF,
            block.highest_sequence,
            block.jitter,
            block.last_report,
            block.delay,
        )
        for block in blocks
    )


def _parse(kind: int, count: int, body: bytes) -> list[RtcpPacket]:
    if kind == _SR:
        _need(body, _SENDER.size)
        ssrc, time, timestamp, sent, octets = _SENDER.unpack_from(body)
        return [SenderReport(ssrc, time, timestamp, sent, octets, _parse_blocks(body, _SENDER.size, count))]
    if kind == _RR:
        _need(body, 4)
        return [ReceiverReport(_word(body, 0), _parse_blocks(body, 4, count))]
    if kind == _SDES:
        return list(_parse_chunks(body, count))
    if kind == _BYE:
        _need(body, 4 * count)
        return [Goodbye(tuple(_word(body, 4 * index) for index in range(count)))]
    return []


def _parse_blocks(body: bytes, start: int, count: int) -> tuple[ReportBlock, ...]:
    _need(body, start + count * _BLOCK.size)
    blocks = []
    for index in range(count):
        ssrc, losses, highest, jitter, last, delay = _BLOCK.unpack_from(body, start + index * _BLOCK.size)
        lost = losses & 0xFFFFFF
        signed = lost - (1 << 24) if lost >= 1 << 23 else lost
        blocks.append(ReportBlock(ssrc, losses >> 24, signed, highest, jitter, last, delay))
    return tuple(blocks)


def _parse_chunks(body: bytes, count: int) -> list[SourceDescription]:
    found = []
    at = 0
    for _ in range(count):
        _need(body, at + 5)
        ssrc = _word(body, at)
        at += 4
        while at < len(body) and body[at]:
            _need(body, at + 2)
            end = at + 2 + body[at + 1]
            _need(body, end)
            if body[at] == _CNAME:
                found.append(SourceDescription(ssrc, body[at + 2 : end].decode("utf-8", "replace")))
            at = end
        at = (at // 4 + 1) * 4  # a chunk ends with at least one zero, at a word
    return found


def _word(body: bytes, at: int) -> int:
    return int.from_bytes(body[at : at + 4], "big")


def _need(body: bytes, size: int) -> None:
    if len(body) < size:
        reason = "a packet is shorter than its count says"
        raise MalformedRtcp(reason)
