"""What `docs/interop.md` tells: situations, peers, and why some of them do not meet."""

from enum import Enum


class Peer(Enum):
    """Whom we meet: nobody here wrote them."""

    SIPP = "SIPp"
    BARESIP = "baresip"
    LINPHONE = "Linphone"


class Situation(Enum):
    """A row of the table."""

    CALL_OUT = "we call, they answer and hear us"
    CALL_IN = "they call, we answer and they hear us"
    HOLD_SENDONLY = "they hold with `sendonly`, and resume"
    HOLD_INACTIVE = "they hold with `inactive`, and resume"
    HOLD_ZERO = "they hold with `c=0.0.0.0`, and resume"
    EARLY_MEDIA = "early media: their 183 describes it"
    DIGITS_RTP = "their digits by RTP event (RFC 4733)"
    DIGITS_RELAY = "their digits by INFO, `application/dtmf-relay`"
    DIGITS_DTMF = "their digits by INFO, `application/dtmf`"
    OUR_CANCEL = "we CANCEL"
    THEIR_CANCEL = "they CANCEL"
    OFFERLESS = "their INVITE holds no offer"
    REINVITE = "their re-INVITE moves the sound"
    UPDATE = "their UPDATE holds, and resumes"
    WE_ASK = "we ask OPTIONS"
    THEY_ASK = "they ask OPTIONS"
    DIGEST = "they ask for a password, we give it"
    LOSS_OUT = "we call, 5 % of the messages are lost each way"
    LOSS_IN = "they call, 5 % of the messages are lost each way"


_BY_REINVITE = "it holds by a re-INVITE with `sendonly` alone"
_NO_CHALLENGE = "a phone, it asks no caller for a password"
_NO_QUESTION = "it asks nobody by itself"

NOT_POSSIBLE = {
    (Situation.HOLD_INACTIVE, Peer.BARESIP): _BY_REINVITE,
    (Situation.HOLD_ZERO, Peer.BARESIP): _BY_REINVITE,
    (Situation.DIGITS_DTMF, Peer.BARESIP): "it sends `application/dtmf-relay` alone",
    (Situation.OFFERLESS, Peer.BARESIP): "its INVITE always holds an offer",
    (Situation.UPDATE, Peer.BARESIP): _BY_REINVITE,
    (Situation.THEY_ASK, Peer.BARESIP): _NO_QUESTION,
    (Situation.DIGEST, Peer.BARESIP): _NO_CHALLENGE,
    (Situation.HOLD_INACTIVE, Peer.LINPHONE): _BY_REINVITE,
    (Situation.HOLD_ZERO, Peer.LINPHONE): _BY_REINVITE,
    (Situation.DIGITS_DTMF, Peer.LINPHONE): "it sends `application/dtmf-relay` alone",
    (Situation.UPDATE, Peer.LINPHONE): _BY_REINVITE,
    (Situation.THEY_ASK, Peer.LINPHONE): _NO_QUESTION,
    (Situation.DIGEST, Peer.LINPHONE): _NO_CHALLENGE,
}
"""Why there is no run of these."""
