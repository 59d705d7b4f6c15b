"""Whole conversations, letter for letter: what a change of a header does is seen in the files' difference.

`python -m tests.unit.wire.sip.test_transcripts` writes the files anew.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.wire.sip.far_side import ANSWER, OFFER, FarSide

from ringback.wire.sip.digest import Credentials

GOLDEN = Path(__file__).parents[3] / "golden" / "sip"


def a_call_of_ours(far: FarSide) -> None:
    invite = far.call()
    far.reply(invite, 100, tag="")
    far.reply(invite, 180)
    far.reply(invite, 200, ("Record-Route", "<sip:192.0.2.20;lr>"), body=ANSWER)
    far.hang_up()
    far.reply(far.request_sent("BYE"), 200, tag="")


def a_challenged_call_that_is_cancelled(far: FarSide) -> None:
    asks = "Proxy-Authenticate", 'Digest realm="carrier", nonce="n1", algorithm=SHA-256, qop="auth", opaque="o"'
    far.reply(far.call(credentials=Credentials("alice", "open sesame")), 407, asks)
    invite = far.request_sent("INVITE")
    far.reply(invite, 180)
    far.hang_up()
    far.reply(far.request_sent("CANCEL"), 200)
    far.reply(invite, 487)


def a_call_of_theirs(far: FarSide) -> None:
    call, _ = far.incoming(body=OFFER)
    far.agent.ring(call, far.now)
    far.agent.answer(call, ANSWER, far.now)
    tag = far.response_sent(200).to.tag
    far.new_request("ACK", to_tag=tag)
    far.new_request("INFO", ("Content-Type", "application/dtmf-relay"), to_tag=tag, cseq=2, body=b"Signal=5\r\n")
    far.new_request("INVITE", to_tag=tag, cseq=3, body=OFFER)
    far.agent.reanswer(call, ANSWER, far.now)
    far.new_request("ACK", to_tag=tag, cseq=3)
    far.new_request("BYE", to_tag=tag, cseq=4)


TRANSCRIPTS: list[Callable[[FarSide], None]] = [
    a_call_of_ours,
    a_challenged_call_that_is_cancelled,
    a_call_of_theirs,
]


def transcript_of(conversation: Callable[[FarSide], None]) -> str:
    far = FarSide()
    conversation(far)
    far.events()
    parts: list[str] = []
    for trace in far.traced:
        parts.append(f"=== {'us ->' if trace.sent else 'us <-'} {trace.peer[0]}:{trace.peer[1]}\n")
        parts.append(trace.data.decode().replace("\r\n", "\n"))
    return "".join(parts)


def path_of(conversation: Callable[[FarSide], None]) -> Path:
    return GOLDEN / f"{conversation.__name__}.txt"


@pytest.mark.parametrize("conversation", TRANSCRIPTS)
def test_a_conversation_is_what_it_was(conversation: Callable[[FarSide], None]) -> None:
    assert transcript_of(conversation) == path_of(conversation).read_text()


if __name__ == "__main__":
    for conversation in TRANSCRIPTS:
        path_of(conversation).write_text(transcript_of(conversation))
