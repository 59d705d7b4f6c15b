"""A caller: SIPp, calling a number of ours, with a scenario put together from steps."""

import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.peers.carrier import SIPP_EVENT
from tests.peers.sipp import HOST, Sipp, sipp

CALLER = "4915112345678"
_HEAD = """Via: SIP/2.0/UDP 127.0.0.1:[local_port];branch={branch};rport
      From: <sip:{caller}@127.0.0.1:[local_port]>;tag=[pid]SIPp[call_number]
      To: <sip:[service]@[remote_ip]:[remote_port]>{to_tag}
      Call-ID: [call_id]
      CSeq: {cseq} {method}
      Max-Forwards: 70
      Contact: <sip:{caller}@127.0.0.1:[local_port]>"""
_SDP = """Content-Type: application/sdp
      Content-Length: [len]

      v=0
      o=sipp 1 1 IN IP4 127.0.0.1
      s=-
      c=IN IP4 127.0.0.1
      t=0 0
      m=audio {port} RTP/AVP {codec} {keys}
      a=rtpmap:{keys} telephone-event/8000
      a=fmtp:{keys} 0-15"""
_EMPTY = "Content-Length: 0\n"


def _request(
    method: str, cseq: int, caller: str, body: str = _EMPTY, *, again: bool = True, tagged: bool = True
) -> str:
    head = _HEAD.format(
        branch="[branch]", caller=caller, to_tag="[peer_tag_param]" if tagged else "", cseq=cseq, method=method
    )
    repeated = ' retrans="500"' if again else ""
    text = f"{method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n      {head}\n      {body}"
    return f"<send{repeated}><![CDATA[\n\n      {text}\n\n    ]]></send>"


def invites(port: int | None, *, codec: int = 0, caller: str = CALLER) -> str:
    """Call; `port`: where the sound goes, None to let us make the offer."""
    body = _EMPTY if port is None else _sdp(port, codec)
    return _request("INVITE", 1, caller, body, tagged=False) + '<recv response="100" optional="true"/>'


def _sdp(port: int, codec: int = 0) -> str:
    return _SDP.format(port=port, codec=codec, keys=SIPP_EVENT)


RINGS = '<recv response="180"/>'
ANSWERED = '<recv response="200"/>' + _request("ACK", 1, CALLER, again=False)
MAY_RING = RINGS.replace("/>", ' optional="true"/>')
"""For a line that may lose it."""


def answered_with(port: int) -> str:
    """Take the call and the offer in its 200: the ACK holds the answer (RFC 3261, section 13.2.2.4)."""
    return '<recv response="200"/>' + _request("ACK", 1, CALLER, _sdp(port), again=False)


HANGS_UP = _request("BYE", 2, CALLER) + '<recv response="200"/>'
TOLD_BYE = """<recv request="BYE"/><send><![CDATA[

      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

    ]]></send><timewait milliseconds="100"/>"""
CANCELS = (
    _request("CANCEL", 1, CALLER, tagged=False).replace("[branch]", "[branch-4]", 1)
    + '<recv response="200"/><recv response="487"/>'
    + _request("ACK", 1, CALLER, again=False).replace("[branch]", "[branch-4]", 1)
)


def asks(
    method: str,
    *headers: str,
    cseq: int = 1,
    uri: str = "sip:[service]@[remote_ip]:[remote_port]",
    via: str = "Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch];rport",
    hops: int = 70,
    to_tag: str = "",
    body: str = _EMPTY,
) -> str:
    """Send a request as it is written here, once; `to_tag`: `[peer_tag_param]` within a call."""
    lines = [
        f"{method} {uri} SIP/2.0",
        *(via, f"From: <sip:{CALLER}@[local_ip]:[local_port]>;tag=[pid]SIPp[call_number]"),
        *(f"To: <sip:[service]@[remote_ip]:[remote_port]>{to_tag}", "Call-ID: [call_id]", f"CSeq: {cseq} {method}"),
        *(f"Max-Forwards: {hops}", f"Contact: <sip:{CALLER}@[local_ip]:[local_port]>", *headers, body),
    ]
    return "<send><![CDATA[\n\n      " + "\n      ".join(lines) + "\n\n    ]]></send>"


def told(status: int, *patterns: str) -> str:
    """Take a response in which every pattern (a regular expression of SIPp) is found."""
    looks = "".join(
        f'<ereg regexp="{pattern}" search_in="msg" check_it="true" assign_to="found{number}"/>'
        for number, pattern in enumerate(patterns)
    )
    return f'<recv response="{status}"><action>{looks}</action></recv>' if looks else f'<recv response="{status}"/>'


def refused(status: int) -> str:
    """Take a final refusal."""
    return f'<recv response="{status}"/>' + _request("ACK", 1, CALLER, again=False)


@asynccontextmanager
async def caller(
    folder: Path,
    towards: tuple[str, int],
    number: str,
    *steps: str,
    options: tuple[str, ...] = (),
    host: str = HOST,
    calls: int = 1,
    seconds: int = 30,
) -> AsyncIterator[Sipp]:
    """Let SIPp call a number, `calls` times within `seconds`; `options`: of its command line, `host`: its address."""
    place = Path(tempfile.mkdtemp(prefix="caller-", dir=folder))
    text = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n'
    scenario = place / "scenario"
    used = "".join(steps)
    names = ",".join(dict.fromkeys(re.findall(r'assign_to="(\w+)"', used)))
    reference = f'<Reference variables="{names}"/>\n' if names else ""
    scenario.with_suffix(".xml").write_text(f'{text}<scenario name="caller">\n{used}\n{reference}</scenario>\n')
    async with sipp(
        str(scenario), place, "-s", number, *options, towards=towards, host=host, calls=calls, seconds=seconds
    ) as peer:
        yield peer
