"""The torture messages of RFC 4475, all 49, through the user agent: each answered or dropped as the RFC says."""

from pathlib import Path

import pytest
from tests.unit.wire.sip.far_side import PEER, FarSide

from ringback.wire.sip.events import Incoming

MESSAGES = Path(__file__).parents[3] / "golden" / "sip"

# Name, its section, the first line of our answer without the version (empty: dropped), why.
TABLE = [
    ("wsinv", "3.1.1.1", "481", "well-formed, but its To has a tag: of a dialog that nobody knows"),
    ("intmeth", "3.1.1.2", "405", "well-formed; the method is not ours"),
    ("esc01", "3.1.1.3", "100", "a call"),
    ("escnull", "3.1.1.4", "405", "we are no registrar"),
    ("esc02", "3.1.1.5", "405", "the method is not REGISTER, and none of ours"),
    ("lwsdisp", "3.1.1.6", "200", "well-formed"),
    ("longreq", "3.1.1.7", "100", "a call"),
    ("dblreq", "3.1.1.8", "405", "only the first request of the datagram is looked at"),
    ("semiuri", "3.1.1.9", "200", "well-formed"),
    ("transports", "3.1.1.10", "200", "Via of other transports below the first"),
    ("mpart01", "3.1.1.11", "405", "MESSAGE is not ours; its body is carried, whatever it holds"),
    ("unreason", "3.1.1.12", "", "a response to nothing that we asked"),
    ("noreason", "3.1.1.13", "", "a response to nothing that we asked"),
    ("badinv01", "3.1.2.1", "400", "extraneous separators in headers"),
    ("clerr", "3.1.2.2", "400", "Content-Length longer than the datagram"),
    ("ncl", "3.1.2.3", "400", "a negative Content-Length"),
    ("scalar02", "3.1.2.4", "400", "numbers too large"),
    ("scalarlg", "3.1.2.5", "", "a response with numbers too large"),
    ("quotbal", "3.1.2.6", "400", "a quote that is not closed"),
    ("ltgtruri", "3.1.2.7", "400", "the Request-URI in brackets"),
    ("lwsruri", "3.1.2.8", "400", "a space in the Request-URI"),
    ("lwsstart", "3.1.2.9", "100", "several spaces in the first line: read with good will, as the RFC lets us"),
    ("trws", "3.1.2.10", "200", "spaces at the end of the first line: with good will"),
    ("escruri", "3.1.2.11", "100", "headers in the Request-URI: passed over, as the RFC lets us"),
    ("baddate", "3.1.2.12", "100", "a Date of another zone: nobody reads it"),
    ("regbadct", "3.1.2.13", "405", "we are no registrar"),
    ("badaspec", "3.1.2.14", "200", "spaces within an address: with good will"),
    ("baddn", "3.1.2.15", "200", "a display name that needs quotes: with good will"),
    ("badvers", "3.1.2.16", "505", "another version"),
    ("mismatch01", "3.1.2.17", "400", "CSeq names another method"),
    ("mismatch02", "3.1.2.18", "400", "CSeq names another method, unknown too"),
    ("bigcode", "3.1.2.19", "", "a response with a status too large"),
    ("badbranch", "3.2.1", "200", "a branch that is the cookie alone: taken as one of RFC 2543"),
    ("insuf", "3.3.1", "400", "Call-ID, From and To are missing"),
    ("unkscm", "3.3.2", "416", "a Request-URI of an unknown scheme"),
    ("novelsc", "3.3.3", "416", "a Request-URI of a scheme that is none of ours"),
    ("unksm2", "3.3.4", "405", "we are no registrar"),
    ("bext01", "3.3.5", "420", "Require"),
    ("invut", "3.3.6", "415", "a body that nobody knows"),
    ("regaut01", "3.3.7", "405", "we are no registrar"),
    ("multi01", "3.3.8", "400", "From, To, Call-ID and CSeq given twice"),
    ("mcl01", "3.3.9", "400", "two Content-Lengths"),
    ("bcast", "3.3.10", "", "a response whose second Via is a broadcast: sent on to nobody"),
    ("zeromf", "3.3.11", "200", "Max-Forwards 0 and we are whom it asks"),
    ("cparam01", "3.3.12", "405", "we are no registrar"),
    ("cparam02", "3.3.13", "405", "we are no registrar"),
    ("regescrt", "3.3.14", "405", "we are no registrar"),
    ("sdp01", "3.3.15", "406", "a response that must not hold a session description"),
    ("inv2543", "3.4.1", "100", "a call of a client older than RFC 3261"),
]


def test_none_of_them_is_left_out() -> None:
    assert sorted(name for name, *_ in TABLE) == sorted(path.stem for path in MESSAGES.glob("*.dat"))
    assert len({section for _, section, *_ in TABLE}) == 49


@pytest.mark.parametrize(("name", "section", "status", "why"), TABLE, ids=[row[0] for row in TABLE])
def test_a_torture_message_is_answered_as_the_rfc_says(name: str, section: str, status: str, why: str) -> None:
    far = FarSide()
    data = (MESSAGES / f"{name}.dat").read_bytes()
    far.agent.receive(data, PEER, far.now)
    answers = far.agent.datagrams_to_send(far.now)
    assert [answer.split()[1].decode() for answer, _ in answers] == [status] * bool(status), (section, why)
    assert all(address[0] == PEER[0] for _, address in answers), "never to where a header says"
    assert [type(event) for event in far.events()] == [Incoming] * (status == "100")
    far.wait(1)
    if status != "100":
        assert far.agent.is_idle, "nothing is kept of it"
    far.names()
    far.new_request("OPTIONS", call_id="after")
    assert far.names() == ["200 OPTIONS"]


def test_what_is_not_supported_is_named() -> None:
    far = FarSide()
    far.agent.receive((MESSAGES / "bext01.dat").read_bytes(), PEER, far.now)
    unsupported = far.response_sent(420).headers.all("Unsupported")
    assert unsupported == ["nothingSupportsThis", "nothingSupportsThisEither"]
