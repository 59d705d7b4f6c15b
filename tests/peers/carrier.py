"""A carrier: SIPp, with a scenario put together from steps; and an ear, the socket where a call's sound arrives.

A step is a piece of a SIPp scenario, in the words of whoever is called:

```
    carrier(folder, INVITE, RINGING, answers(ear.port), ACK, hangs_up())
```
"""

import asyncio
import re
import socket
import struct
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

import numpy as np
from tests.peers.sipp import HOST, Sipp, sipp

BOUND = 30.0
"""Seconds; nothing that an ear waits for takes longer."""
LOUD = 500
"""A sample beyond this is no silence (of 32767)."""
NO_RTP = 9
"""The discard port, for a call whose sound nobody wants."""
TELEPHONE_EVENT = 101
SIPP_EVENT = 96
"""The payload type under which SIPp sends events, whatever was agreed."""

_HEADERS = """[last_Via:]
      [last_From:]
      [last_To:]{tag}
      [last_Call-ID:]
      [last_CSeq:]"""
_OWN = """Via: SIP/2.0/UDP 127.0.0.1:[local_port];branch=[branch]
      From:[$us];tag=[pid]SIPp[call_number]
      To:[$them]
      [last_Call-ID:]
      CSeq: {cseq} {method}
      Max-Forwards: 70
      Contact: <sip:callee@127.0.0.1:[local_port]>"""
_SDP = """Content-Type: application/sdp
      Content-Length: [len]

      v=0
      o=sipp 1 {version} IN IP4 127.0.0.1
      s=-
      c=IN IP4 {host}
      t=0 0
      m=audio {port} RTP/AVP {codec} {keys}
      a=rtpmap:{keys} telephone-event/8000
      a=fmtp:{keys} 0-15
      a={direction}"""
_EMPTY = "Content-Length: 0\n"
_TAG = ";tag=[pid]SIPp[call_number]"


def _send(text: str, *, again: bool = False) -> str:
    repeated = ' retrans="500"' if again else ""
    return f"<send{repeated}><![CDATA[\n\n      {text}\n\n    ]]></send>"


ZERO = "c=0.0.0.0"
"""The hold of RFC 2543: a direction for `reoffers` that is none."""


def _sdp(
    port: int | str, direction: str = "sendrecv", version: int = 1, codec: int = 0, keys: int = TELEPHONE_EVENT
) -> str:
    host, direction = ("0.0.0.0", "sendrecv") if direction == ZERO else (HOST, direction)
    return _SDP.format(port=port, direction=direction, version=version, codec=codec, keys=keys, host=host)


INVITE = """<recv request="INVITE"><action>
    <ereg regexp=".*" search_in="hdr" header="From:" assign_to="them"/>
    <ereg regexp=".*" search_in="hdr" header="To:" assign_to="us"/>
    <ereg regexp="sip:[^>]*" search_in="hdr" header="Contact:" assign_to="target"/>
  </action></recv>"""
ACK = '<recv request="ACK"/>'


def says(status: int, reason: str, *headers: str, media: str = "") -> str:
    """Send a response to an INVITE; a final one until it is acknowledged."""
    lines = "".join(f"\n      {header}" for header in (*headers, "Contact: <sip:callee@127.0.0.1:[local_port]>"))
    text = f"SIP/2.0 {status} {reason}\n      {_HEADERS.format(tag=_TAG)}{lines}\n      {media or _EMPTY}"
    return _send(text, again=status >= 200)


RINGING = says(180, "Ringing")


def refuses(status: int, reason: str, *headers: str) -> str:
    """Refuse the call."""
    return says(status, reason, *headers) + ACK


def answers(port: int | str = NO_RTP, *, codec: int = 0, keys: int = TELEPHONE_EVENT) -> str:
    """Answer; `port`: where the sound goes; `codec`, `keys`: the payload types of sound and of RFC 4733 events."""
    return says(200, "OK", media=_sdp(port, codec=codec, keys=keys))


def early_media(port: int) -> str:
    """Let the caller hear something before the answer."""
    return says(183, "Session Progress", media=_sdp(port))


BYE = (
    '<recv request="BYE"/>'
    + _send(f"SIP/2.0 200 OK\n      {_HEADERS.format(tag='')}\n      {_EMPTY}")
    + '<timewait milliseconds="100"/>'
)
CANCELLED = (
    '<recv request="CANCEL"/>'
    + _send(f"SIP/2.0 200 OK\n      {_HEADERS.format(tag=_TAG)}\n      {_EMPTY}")
    + _send(
        f"SIP/2.0 487 Request Terminated\n      {_HEADERS.format(tag=_TAG)}\n      {_EMPTY}".replace(
            "[last_CSeq:]", "CSeq: 1 INVITE"
        ),
        again=True,
    )
    + ACK
)
"""Waits for the CANCEL of the call and ends it."""


def waits(milliseconds: int) -> str:
    """Do nothing for a while."""
    return f'<pause milliseconds="{milliseconds}"/>'


def requests(method: str, cseq: int, body: str = "") -> str:
    """Send a request within the call and wait for its 200."""
    return _requests(method, cseq, body) + '<recv response="200"/>'


def _requests(method: str, cseq: int, body: str = "") -> str:
    own = _OWN.format(cseq=cseq, method=method)
    sent = _send(f"{method} [$target] SIP/2.0\n      {own}\n      {body or _EMPTY}", again=True)
    return sent + '<recv response="100" optional="true"/>'


def _acknowledges(cseq: int) -> str:
    return _send(f"ACK [$target] SIP/2.0\n      {_OWN.format(cseq=cseq, method='ACK')}\n      {_EMPTY}")


def reinvites(port: int, direction: str, cseq: int) -> str:
    """Offer anew; `direction`: what we want to do from now on, `sendonly` for hold."""
    return requests("INVITE", cseq, _sdp(port, direction, version=cseq + 1)) + _acknowledges(cseq)


def updates(port: int, direction: str, cseq: int) -> str:
    """Offer anew by UPDATE (RFC 3311)."""
    return requests("UPDATE", cseq, _sdp(port, direction, version=cseq + 1))


FAX = """Content-Type: application/sdp
      Content-Length: [len]

      v=0
      o=sipp 1 9 IN IP4 127.0.0.1
      s=-
      c=IN IP4 127.0.0.1
      t=0 0
      m=image 4000 udptl t38
      a=T38FaxVersion:0"""


def offers_fax(cseq: int) -> str:
    """Offer T.38 in place of sound, and be refused."""
    return (
        _requests("INVITE", cseq, FAX)
        + '<recv response="488"/>'
        + _acknowledges(cseq).replace("[branch]", "[branch-3]")
    )


def sends_info(digit: str, cseq: int, kind: str = "dtmf-relay") -> str:
    """Press a key by SIP INFO; `kind`: `dtmf-relay` or `dtmf`."""
    body = f"Signal={digit}\n      Duration=160" if kind == "dtmf-relay" else digit
    return requests("INFO", cseq, f"Content-Type: application/{kind}\n      Content-Length: [len]\n\n      {body}")


def asks_options(cseq: int) -> str:
    """Send OPTIONS within the call."""
    return requests("OPTIONS", cseq)


def hangs_up(cseq: int = 1) -> str:
    """Say BYE."""
    return requests("BYE", cseq)


def presses(digits: str) -> str:
    """Press keys by RTP events (RFC 4733), out of a raw socket."""
    return f'<nop><action><exec play_dtmf="{digits}"/></action></nop>'


NONCE = "84f1c1ae6cbe5ua9c8e88dfa3ecm3459"


def challenges(username: str, password: str, *steps: str) -> str:
    """Challenge with 401 (MD5); go on with `steps` where SIPp finds the response right, else refuse with 403."""
    return (
        says(401, "Unauthorized", f'WWW-Authenticate: Digest realm="carrier", nonce="{NONCE}", algorithm=MD5')
        + ACK
        + f"""<recv request="INVITE"><action>
          <verifyauth assign_to="genuine" username="{username}" password="{password}"/>
        </action></recv>
        <nop test="genuine" next="genuine"/>"""
        + refuses(403, "Forbidden")
        + '<nop next="over"/><label id="genuine"/>'
        + "".join(steps)
        + '<label id="over"/>'
    )


def challenges_as_proxy() -> str:
    """Challenge with 407 (MD5) and take any response: SIPp verifies those to a 401 only."""
    header = f'Proxy-Authenticate: Digest realm="carrier", nonce="{NONCE}", algorithm=MD5'
    return says(407, "Proxy Authentication Required", header) + ACK + '<recv request="INVITE"/>'


def may_send_raw() -> bool:
    """Tell whether this user has raw sockets, out of which SIPp replays RTP."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP).close()
    except PermissionError:
        return False
    return True


@asynccontextmanager
async def carrier(
    folder: Path, *steps: str, options: tuple[str, ...] = (), calls: int = 1, seconds: int = 30
) -> AsyncIterator[Sipp]:
    """Run SIPp with a scenario made of `steps`, `calls` times within `seconds`; `options`: of its command line."""
    place = Path(tempfile.mkdtemp(prefix="carrier-", dir=folder))
    used = "".join(steps)
    names = ",".join(name for name in ("them", "us", "target", "genuine") if f'"{name}"' in used)
    reference = f'<Reference variables="{names}"/>' if names else ""
    text = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n'
    (place / "scenario.xml").write_text(f'{text}<scenario name="carrier">\n{used}\n{reference}\n</scenario>\n')
    async with sipp(str(place / "scenario"), place, *options, calls=calls, seconds=seconds) as peer:
        yield peer


def dialogs(messages: str) -> dict[str, set[str]]:
    """Give the Call-IDs of every number that SIPp was asked to ring."""
    found: dict[str, set[str]] = {}
    for invite in re.finditer(r"^INVITE sip:\+?(\d+)@(?:.|\n)*?^Call-ID: *(\S+)", messages, re.MULTILINE):
        found.setdefault(invite[1], set()).add(invite[2])
    return found


def rung_at(messages: str) -> list[float]:
    """Give when each INVITE came to SIPp, seconds since the epoch."""
    stamps = re.findall(r"^-+ (\S+ \S+)\n(?:.*\n){1,2}?INVITE ", messages, re.MULTILINE)
    return [datetime.fromisoformat(stamp).timestamp() for stamp in stamps]  # SIPp writes local time


@dataclass(frozen=True)
class Heard:
    """One RTP packet (RFC 3550, section 5.1)."""

    at: float
    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    source: int
    payload: bytes


class Ear(asyncio.DatagramProtocol):
    """A UDP socket where RTP arrives; it says nothing, unless it is told to send back what it hears."""

    def __init__(self, *, echo: bool) -> None:
        """Not bound yet."""
        self._echo = echo
        self._transport: asyncio.DatagramTransport | None = None
        self._more = asyncio.Event()
        self.packets: list[Heard] = []
        self.port = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) < 12:
            return
        first, second, sequence, timestamp, source = struct.unpack("!BBHII", data[:12])
        assert first == 0x80, "version 2, no padding, no extension, no CSRC"
        now = asyncio.get_running_loop().time()
        self.packets.append(Heard(now, second & 127, second > 127, sequence, timestamp, source, data[12:]))
        self._more.set()
        if self._echo and self._transport is not None:
            self._transport.sendto(data, addr)

    def error_received(self, exc: Exception) -> None:
        """Whom we echo to may be gone already."""

    @property
    def linear(self) -> "Samples":
        """The mu-law that was heard, as samples."""
        return _linear(b"".join(packet.payload for packet in self.packets if packet.payload_type == 0))

    @property
    def loud_seconds(self) -> float:
        """How much of the mu-law that was heard is no silence."""
        return loud_seconds(self.linear)

    async def until(self, happened: Callable[[], object], bound: float = BOUND) -> None:
        """Wait until something holds; it is asked after every packet. Raises TimeoutError."""
        async with asyncio.timeout(bound):
            while not happened():
                self._more.clear()
                await self._more.wait()

    def assert_paced(self) -> None:
        """Hold every packet to RFC 3550 and 3551: one source, steps of one and of 160, 20 ms each."""
        assert Counter(packet.payload_type for packet in self.packets).keys() == {0}
        assert len({packet.source for packet in self.packets}) == 1
        for one, next_ in zip(self.packets, self.packets[1:], strict=False):
            assert len(one.payload) == 160
            assert (next_.sequence - one.sequence) % 65536 == 1
            assert (next_.timestamp - one.timestamp) % 2**32 == 160
        lasted = self.packets[-1].at - self.packets[0].at
        assert abs(lasted / (len(self.packets) - 1) - 0.02) < 0.002


Samples = np.ndarray[tuple[int, ...], np.dtype[np.int16]]


def _linear(ulaw: bytes) -> Samples:
    """Decode the mu-law by its definition (ITU-T G.711, table 2)."""
    inverted = ~np.frombuffer(ulaw, dtype=np.uint8)
    segment = ((inverted >> 4) & 7).astype(np.int32)
    magnitude = ((((inverted & 15).astype(np.int32) << 3) + 0x84) << segment) - 0x84
    return np.where(inverted & 0x80, -magnitude, magnitude).astype(np.int16)


def loud_seconds(samples: Samples) -> float:
    """Give how much of a sound (8 kHz) lies in tenths of a second that are no silence."""
    whole = samples[: len(samples) // 800 * 800].reshape(-1, 800).astype(np.int32)
    return float((np.abs(whole).max(axis=1) > LOUD).sum()) * 0.1 if len(whole) else 0.0


@asynccontextmanager
async def ear(*, echo: bool = False) -> AsyncIterator[Ear]:
    """Give an ear; `echo`: whether it sends everything back."""
    transport, made = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Ear(echo=echo), local_addr=(HOST, 0)
    )
    try:
        yield made
    finally:
        transport.close()
