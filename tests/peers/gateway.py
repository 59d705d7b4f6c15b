"""Steps of a SIPp scenario for who is asked with OPTIONS; see `tests.peers.carrier`."""

from tests.peers.carrier import NONCE

ASKED = '<recv request="OPTIONS"/>'
ASKED_FROM = """<recv request="OPTIONS"><action>
    <ereg regexp="SIP/2.0/UDP [^;]*;branch=[^;]*" search_in="hdr" header="Via:" assign_to="via"/>
  </action></recv>"""
"""Keeps the Via, for an answer that says where the question came from."""
_NAMES = {"0": "PCMU", "8": "PCMA", "18": "G729", "101": "telephone-event"}


def says(
    status: int,
    reason: str,
    *headers: str,
    seen_as: tuple[str, int] | None = None,
    formats: str = "",
) -> str:
    """Answer it; `seen_as`: for `received` and `rport` after ASKED_FROM, `formats`: payload types of a description."""
    via = "[last_Via:]" if seen_as is None else f"Via: [$via];received={seen_as[0]};rport={seen_as[1]}"
    lines = [
        f"SIP/2.0 {status} {reason}",
        via,
        "[last_From:]",
        "[last_To:];tag=[pid]SIPp[call_number]",
        "[last_Call-ID:]",
        "[last_CSeq:]",
        *headers,
        *(_description(formats.split()) if formats else ("Content-Length: 0",)),
    ]
    return "<send><![CDATA[\n\n      " + "\n      ".join(lines) + "\n\n    ]]></send>"


def challenges(username: str, password: str, *steps: str, status: int = 401) -> str:
    """Ask for a password (MD5); go on with `steps` where SIPp finds the response right, else refuse with 403."""
    name, reason = ("WWW", "Unauthorized") if status == 401 else ("Proxy", "Proxy Authentication Required")
    return (
        says(status, reason, f'{name}-Authenticate: Digest realm="carrier", nonce="{NONCE}", algorithm=MD5')
        + f"""<recv request="OPTIONS"><action>
          <verifyauth assign_to="genuine" username="{username}" password="{password}"/>
        </action></recv>
        <nop test="genuine" next="genuine"/>"""
        + says(403, "Forbidden")
        + '<nop next="over"/><label id="genuine"/>'
        + "".join(steps)
        + '<label id="over"/>'
    )


def _description(formats: list[str]) -> list[str]:
    return [
        "Content-Type: application/sdp",
        "Content-Length: [len]",
        "",
        "v=0",
        "o=sipp 1 1 IN IP4 127.0.0.1",
        "s=-",
        "c=IN IP4 127.0.0.1",
        "t=0 0",
        f"m=audio 0 RTP/AVP {' '.join(formats)}",
        *(f"a=rtpmap:{each} {_NAMES[each]}/8000" for each in formats),
    ]
