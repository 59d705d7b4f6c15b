"""Session descriptions: offer and answer for one audio stream (RFC 4566, RFC 8866, RFC 3264).

```
  we call      offer(...)  --INVITE-->            settle(answer) -> Stream
               <--200--  answer
  we are called  <--INVITE--  offer               accept(offer) -> answer, Stream
               --200-->  answer
```

A description from outside is read leniently: unknown and broken lines are passed over, line ends may be LF, static
payload types need no `a=rtpmap`. What cannot be used is `SdpRejected`, whatever the bytes.
Keys are the affair of `ringback.wire.sdes`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from ipaddress import AddressValueError, IPv4Address
from typing import Final, TypeAlias

from ringback.wire import sdes
from ringback.wire.sdes import PLAIN, Crypto, Keys, Policy, Securing

Address: TypeAlias = tuple[str, int]
"""An IPv4 address as text and a UDP port."""

MAX_BYTES: Final = 16 * 1024
"""Of a description that is read."""
MAX_MEDIA: Final = 16
"""`m=` lines of a description that is read."""
MAX_FORMATS: Final = 128
"""Payload types of an `m=` line: there are no more (7 bits)."""
EVENT_PAYLOAD_TYPE: Final = 101
"""What our offers call telephone-event."""
PACKET_MS: Final = 20
"""What we like to be sent, and what we send where the far end asks for nothing else."""

_RATE: Final = 8000
_STATIC: Final = {0: "PCMU", 8: "PCMA", 9: "G722"}
_NUMBERS: Final = {name: number for number, name in _STATIC.items()}
_EVENT: Final = "TELEPHONE-EVENT"
_PLAIN_PROFILES: Final = frozenset({"RTP/AVP", "RTP/AVPF"})
_SECURE_PROFILES: Final = frozenset({"RTP/SAVP", "RTP/SAVPF"})
_PACKET_MS: Final = (10, 20, 30, 40, 60)
_MAX_PORT: Final = 65535
_MAX_PAYLOAD_TYPE: Final = 127
_NOWHERE: Final = "0.0.0.0"  # noqa: S104 - compared, not bound: RFC 2543's way to hold a call
_MEDIA_FIELDS: Final = 4  # m=<media> <port> <proto> <fmt> ...
_NO_KEY: Final = "no key that encrypts as we must"
_UNWANTED: Final = "encrypted media (RTP/SAVP), which is off here"


class SdpRejected(ValueError):
    """The session description cannot be used (the peer's fault; 488 where it was an offer)."""


class Direction(StrEnum):
    """Which way media flows, seen from the end that says so (RFC 4566, section 6)."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @property
    def mirrored(self) -> "Direction":
        """The answer to it (RFC 3264, section 6.1)."""
        return _MIRROR.get(self, self)


_MIRROR: Final = {Direction.SENDONLY: Direction.RECVONLY, Direction.RECVONLY: Direction.SENDONLY}
_DIRECTIONS: Final = frozenset(Direction)


@dataclass(frozen=True, slots=True)
class Stream:
    """What was agreed: where our packets go and how they are encoded."""

    address: Address
    """Where the far end hears."""
    codec: str
    """`PCMU`, `PCMA` or `G722`."""
    payload_type: int
    """By which the far end knows the codec."""
    event_payload_type: int | None = None
    """By which the far end knows telephone-event at 8000 Hz (RFC 4733); None where it does not take it."""
    direction: Direction = Direction.SENDRECV
    """As the far end said."""
    packet_ms: int = PACKET_MS
    """Length of the packets that we send: 10, 20, 30, 40 or 60 ms."""
    keys: Keys | None = None
    """None: plain RTP."""

    @property
    def send(self) -> bool:
        """Whether the far end wants to be sent anything; False while it holds the call."""
        return self.direction in {Direction.SENDRECV, Direction.RECVONLY} and self.address[0] != _NOWHERE

    @property
    def answered(self) -> Direction:
        """Our side of it: we promise to send only where the far end wants to hear."""
        mirrored = self.direction.mirrored
        if self.send or mirrored is Direction.INACTIVE:
            return mirrored
        return Direction.INACTIVE if mirrored is Direction.SENDONLY else Direction.RECVONLY


@dataclass(slots=True)
class Media:
    """An `m=` line with what follows it."""

    kind: str
    port: int
    profile: str
    formats: tuple[str, ...]
    host: str | None = None
    """Of `c=`, here or at session level; None where there is none or it is no unicast IPv4 address."""
    direction: Direction = Direction.SENDRECV
    encodings: dict[int, str] = field(default_factory=dict)
    """Encoding name (upper case) by payload type, those at 8000 Hz and one channel alone."""
    packet_ms: int | None = None
    """Of `a=ptime`."""
    max_packet_ms: int | None = None
    """Of `a=maxptime`."""
    crypto: list[Crypto] = field(default_factory=list)
    """Of `a=crypto`, those that we can use."""
    has_crypto: bool = False
    """Whether there is any."""

    @property
    def is_usable(self) -> bool:
        """Whether it is audio over RTP and not refused."""
        return self.kind == "audio" and self.port > 0 and (self.profile in _PLAIN_PROFILES or self.is_secure)

    @property
    def is_secure(self) -> bool:
        """Whether it must be encrypted; with a profile of plain RTP, keys may be declined (RFC 8643)."""
        return self.profile in _SECURE_PROFILES

    def payloads(self) -> list[tuple[int, str]]:
        """Give payload types and encoding names in the order of the `m=` line; the unknown are left out."""
        numbers = [int(text) for text in self.formats if _is_number(text, _MAX_PAYLOAD_TYPE)]
        return [(number, self.encodings[number]) for number in numbers if number in self.encodings]

    def choose(self, codecs: Sequence[str]) -> Stream | None:
        """Take the first of its codecs that we have; None where there is none, or it has no address."""
        payloads = self.payloads()
        chosen = next(((number, name) for number, name in payloads if name in codecs), None)
        if chosen is None or self.host is None:
            return None
        events = next((number for number, name in payloads if name == _EVENT), None)
        return Stream((self.host, self.port), chosen[1], chosen[0], events, self.direction, self._pace())

    def _pace(self) -> int:
        wanted = self.packet_ms if self.packet_ms in _PACKET_MS else PACKET_MS
        limit = self.max_packet_ms
        if limit is None or wanted <= limit:
            return wanted
        return max((choice for choice in _PACKET_MS if choice <= limit), default=PACKET_MS)


@dataclass(frozen=True, slots=True)
class Description:
    """A session description as far as it matters here."""

    media: tuple[Media, ...]

    @classmethod
    def parse(cls, data: bytes) -> "Description":
        """Read a description. Raises SdpRejected."""
        if len(data) > MAX_BYTES:
            reason = f"longer than {MAX_BYTES} bytes"
            raise SdpRejected(reason)
        reader = _Reader()
        for line in data.split(b"\n"):
            text = line.decode("latin-1").strip()
            if text[1:2] == "=":
                reader.read(text[0], text[2:].strip())
        if not reader.media:
            reason = "no m= line"
            raise SdpRejected(reason)
        return cls(tuple(reader.media))


class _Reader:
    """Reads line by line: what stands before the first `m=` holds for every medium that does not say otherwise."""

    def __init__(self) -> None:
        self.media: list[Media] = []
        self._host: str | None = None
        self._direction = Direction.SENDRECV
        self._packet_ms: int | None = None

    def read(self, kind: str, value: str) -> None:
        if kind == "m":
            self._read_media(value)
        elif kind == "c":
            self._read_connection(value)
        elif kind == "a":
            name, _, rest = value.partition(":")
            self._read_attribute(name.strip().lower(), rest.strip())

    def _read_media(self, value: str) -> None:
        words = value.split()
        port = words[1].partition("/")[0] if len(words) >= _MEDIA_FIELDS else ""
        if not _is_number(port, _MAX_PORT) or len(words) > MAX_FORMATS + 3 or not value.isascii():
            reason = "an m= line cannot be read"
            raise SdpRejected(reason)
        if len(self.media) == MAX_MEDIA:
            reason = f"more than {MAX_MEDIA} m= lines"
            raise SdpRejected(reason)
        kind, _, profile, *formats = words
        encodings = dict(_STATIC)
        medium = Media(kind, int(port), profile, tuple(formats), self._host, self._direction, encodings)
        medium.packet_ms = self._packet_ms
        self.media.append(medium)

    def _read_connection(self, value: str) -> None:
        words = value.split()
        host = words[2] if len(words) > 2 and words[:2] == ["IN", "IP4"] else ""  # noqa: PLR2004 - IN IP4 <address>
        known = host if _is_unicast(host) else None
        if self.media:
            self.media[-1].host = known
        else:
            self._host = known

    def _read_attribute(self, name: str, value: str) -> None:
        medium = self.media[-1] if self.media else None
        if name in _DIRECTIONS:
            if medium is None:
                self._direction = Direction(name)
            else:
                medium.direction = Direction(name)
        elif name == "ptime":
            if medium is None:
                self._packet_ms = _milliseconds(value)
            else:
                medium.packet_ms = _milliseconds(value)
        elif medium is not None and name == "maxptime":
            medium.max_packet_ms = _milliseconds(value)
        elif medium is not None and name == "rtpmap":
            _read_rtpmap(medium, value)
        elif medium is not None and name == "crypto":
            _read_crypto(medium, value)


def offer(
    local: Address,
    codecs: Sequence[str],
    session: int,
    version: int = 1,
    *,
    crypto: Sequence[Crypto] = (),
    must_encrypt: bool = False,
) -> bytes:
    """Write an offer: our codecs in our order of preference and telephone-event.

    The same function makes a later offer of the session: `version` must be one higher than in what was sent before
    (RFC 3264, section 8). `codecs`: `PCMU`, `PCMA` and `G722`; a wrong name is a KeyError. `crypto`: of
    `Securing.lines`; the far end may decline it unless `must_encrypt`.
    """
    payloads = [(_NUMBERS[name], name) for name in codecs]
    profile = "RTP/SAVP" if must_encrypt else "RTP/AVP"
    return _write(local, session, version, [_audio(local[1], profile, payloads, EVENT_PAYLOAD_TYPE, crypto=crypto)])


def accept(
    offer: bytes,
    local: Address,
    codecs: Sequence[str],
    session: int,
    version: int = 1,
    *,
    securing: Securing = PLAIN,
) -> tuple[bytes, Stream]:
    """Answer an offer, first or later, and give what was agreed.

    Of the streams offered the first that can be encrypted is taken, else the first that can be used; the others are
    refused (port 0). Of its codecs the offerer's first that we have is taken and alone answered, by the offerer's
    numbers (RFC 3264, section 6.1). Raises SdpRejected.
    """
    description = Description.parse(offer)
    index, stream, ours = _first_acceptable(description, codecs, securing)
    lines: list[list[str]] = []
    for position, medium in enumerate(description.media):
        if position == index:
            payloads = [(stream.payload_type, stream.codec)]
            events, direction = stream.event_payload_type, stream.answered
            lines.append(_audio(local[1], medium.profile, payloads, events, direction, crypto=ours))
        else:
            lines.append([f"m={medium.kind} 0 {medium.profile} {' '.join(medium.formats)}"])
    return _write(local, session, version, lines), stream


def settle(
    answer: bytes, codecs: Sequence[str], *, crypto: Sequence[Crypto] = (), must_encrypt: bool = False
) -> Stream:
    """Read the answer to our offer: the answerer's first codec is what we send.

    `crypto`, `must_encrypt`: as they were offered. Raises SdpRejected.
    """
    for _, medium, stream in _speakable(Description.parse(answer), codecs):
        keys = sdes.settle(crypto, medium.crypto)
        # an end that answers our keys with one of its own encrypts, whatever the profile
        expected = must_encrypt or medium.is_secure or (bool(crypto) and medium.has_crypto)
        if keys is not None or not expected:
            return replace(stream, keys=keys)
    raise SdpRejected(_NO_KEY)


_Choice: TypeAlias = tuple[int, Media, Stream]


def _first_acceptable(
    description: Description, codecs: Sequence[str], securing: Securing
) -> tuple[int, Stream, tuple[Crypto, ...]]:
    choices = _speakable(description, codecs)
    for index, medium, stream in choices:
        if (secured := securing.answer(medium.crypto)) is not None:
            return index, replace(stream, keys=secured[1]), (secured[0],)
    if securing.policy is not Policy.REQUIRED:
        for index, medium, stream in choices:
            if not medium.is_secure:
                return index, stream, ()
    raise SdpRejected(_UNWANTED if securing.policy is Policy.OFF else _NO_KEY)


def _speakable(description: Description, codecs: Sequence[str]) -> list[_Choice]:
    """Give place, medium and stream of what has an address and a codec of ours. Raises SdpRejected if nothing has."""
    usable = [(index, medium) for index, medium in enumerate(description.media) if medium.is_usable]
    if not usable:
        reason = "no audio over RTP that is not refused"
        raise SdpRejected(reason)
    choices = [(index, medium, medium.choose(codecs)) for index, medium in usable]
    found = [(index, medium, stream) for index, medium, stream in choices if stream is not None]
    if not found:
        reason = "no unicast IPv4 address in c=" if usable[0][1].host is None else "no common codec"
        raise SdpRejected(reason)
    return found


def _audio(
    port: int,
    profile: str,
    payloads: Sequence[tuple[int, str]],
    events: int | None,
    direction: Direction = Direction.SENDRECV,
    crypto: Sequence[Crypto] = (),
) -> list[str]:
    numbers = [number for number, _ in payloads]
    lines = [f"a=rtpmap:{number} {name}/{_RATE}" for number, name in payloads]
    if events is not None:
        numbers.append(events)
        lines += [f"a=rtpmap:{events} telephone-event/{_RATE}", f"a=fmtp:{events} 0-16"]
    lines += [f"a=crypto:{line}" for line in crypto]
    formats = " ".join(str(number) for number in numbers)
    return [f"m=audio {port} {profile} {formats}", *lines, f"a=ptime:{PACKET_MS}", f"a={direction}"]


def _write(local: Address, session: int, version: int, media: Sequence[Sequence[str]]) -> bytes:
    host = local[0]
    head = ["v=0", f"o=- {session} {version} IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0"]
    return "\r\n".join([*head, *(line for lines in media for line in lines), ""]).encode("ascii")


def _read_rtpmap(medium: Media, value: str) -> None:
    """`a=rtpmap:<payload type> <encoding name>/<clock rate>[/<channels>]`; G.722's rate is 8000 by an old mistake."""
    number, _, encoding = value.partition(" ")
    if not _is_number(number, _MAX_PAYLOAD_TYPE):
        return
    name, _, rate = encoding.strip().partition("/")
    if rate in {str(_RATE), f"{_RATE}/1"}:
        medium.encodings[int(number)] = name.strip().upper()
    else:
        medium.encodings.pop(int(number), None)


def _read_crypto(medium: Media, value: str) -> None:
    medium.has_crypto = True
    crypto = Crypto.parse(value)
    if crypto is not None and len(medium.crypto) < sdes.MAX_LINES:
        medium.crypto.append(crypto)


def _milliseconds(value: str) -> int | None:
    return int(value) if _is_number(value, _MAX_PORT) else None


def _is_number(text: str, highest: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(_MAX_PORT)) and int(text) <= highest


def _is_unicast(host: str) -> bool:
    """Tell whether it is an IPv4 address that one peer may have; RFC 2543's 0.0.0.0 counts, being how it holds."""
    try:
        address = IPv4Address(host)
    except AddressValueError:
        return False
    return not address.is_multicast and host != "255.255.255.255"
