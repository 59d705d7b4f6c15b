import pytest

from ringback.adapters.telephone import negotiation
from ringback.adapters.telephone.leg import Leg
from ringback.media.interface import Codec, Remote, Srtp, SrtpSuite
from ringback.wire import sdp
from ringback.wire.sdes import KEY_BYTES, SUITES, Crypto, Policy
from ringback.wire.sdp import SdpRejected, Stream

HERE = ("192.0.2.1", 20000)
THERE = ("198.51.100.7", 4000)
ALL = ("PCMU", "PCMA", "G722")
KEY = b"k" * KEY_BYTES


def leg(codecs: tuple[str, ...] = ALL, *, srtp: Policy = Policy.OFF, inband_digits: bool = False) -> Leg:
    return Leg("call", 1, lambda _event: None, codecs, srtp, inband_digits, address=HERE)


def speaking(codec: str) -> Leg:
    """Give a leg that has agreed on a codec."""
    other = leg()
    other.agreed = Stream(THERE, codec, 0)
    return other


def codecs_of(description: bytes) -> list[str]:
    return [name for _, name in sdp.Description.parse(description).media[0].payloads() if name in ALL]


def test_a_leg_alone_offers_all_that_it_speaks() -> None:
    assert codecs_of(negotiation.offer(leg(), None)) == list(ALL)


@pytest.mark.parametrize(
    ("there", "offered"), [("PCMU", ["PCMU", "PCMA"]), ("PCMA", ["PCMU", "PCMA"]), ("G722", ["G722"])]
)
def test_a_second_leg_offers_what_can_be_relayed_to_the_first(there: str, offered: list[str]) -> None:
    assert codecs_of(negotiation.offer(leg(), speaking(there))) == offered


def test_a_second_leg_without_a_codec_of_the_first_is_not_dialled() -> None:
    with pytest.raises(SdpRejected, match="in common"):
        negotiation.offer(leg(("PCMU", "PCMA")), speaking("G722"))


@pytest.mark.parametrize(
    ("caller", "offered"),
    [(("PCMA",), ["PCMU", "PCMA"]), (("G722", "PCMU"), list(ALL)), (("G722",), ["G722"])],
)
def test_a_second_leg_offers_what_a_caller_who_waits_can_be_answered(
    caller: tuple[str, ...], offered: list[str]
) -> None:
    waiting = leg()
    waiting.offer = sdp.offer(THERE, caller, 9)
    assert codecs_of(negotiation.offer(leg(), waiting)) == offered


def test_a_caller_with_an_offer_that_nobody_can_read_has_no_codec() -> None:
    waiting = leg()
    waiting.offer = b"v=0"
    with pytest.raises(SdpRejected, match="in common"):
        negotiation.offer(leg(), waiting)


@pytest.mark.parametrize(("there", "answered"), [("PCMU", "PCMA"), ("G722", "G722")])
def test_a_caller_is_answered_in_what_the_second_leg_speaks(there: str, answered: str) -> None:
    offer = sdp.offer(THERE, ("G722", "PCMA"), 9)
    _, stream = negotiation.answer(leg(), offer, speaking(there))
    assert stream.codec == answered


def test_a_codec_that_was_not_offered_is_none() -> None:
    second = leg()
    negotiation.offer(second, speaking("PCMU"))
    answer, _ = sdp.accept(sdp.offer(THERE, ("G722",), 9), THERE, ("G722",), 9)
    with pytest.raises(SdpRejected, match="codec"):
        negotiation.settle(second, answer)


def test_versions_of_a_session_rise_by_one() -> None:
    one = leg()
    offered = negotiation.offer(one, None)
    answered, _ = negotiation.answer(one, sdp.offer(THERE, ALL, 9), None)
    assert b"o=- 1 1 " in offered
    assert b"o=- 1 2 " in answered


def test_keys_go_to_the_media_engine() -> None:
    one = leg(srtp=Policy.REQUIRED)
    negotiation.offer(one, None)
    ours = one.crypto[1]
    answer = sdp.offer(THERE, ("PCMA",), 9, crypto=[Crypto(ours.tag, ours.suite, KEY)], must_encrypt=True)
    stream = negotiation.settle(one, answer)
    assert negotiation.remote(one, stream) == Remote(
        THERE, Codec.PCMA, 8, 101, srtp=Srtp(SrtpSuite.SHA1_32, ours.key, KEY)
    )


def test_every_offer_has_new_keys() -> None:
    one = leg(srtp=Policy.OPTIONAL)
    keys: set[bytes] = set()
    for _ in range(3):
        negotiation.offer(one, None)
        keys |= {line.key for line in one.crypto}
    assert len(keys) == 3 * len(SUITES)
    assert {len(key) for key in keys} == {KEY_BYTES}


def test_a_later_offer_with_the_same_key_is_answered_with_ours_of_before() -> None:
    one = leg(srtp=Policy.REQUIRED)
    offer = sdp.offer(THERE, ALL, 9, crypto=[Crypto(1, SUITES[0], KEY)], must_encrypt=True)
    first = negotiation.answer(one, offer, None)[1].keys
    assert negotiation.answer(one, offer, None)[1].keys == first


def test_digits_in_the_sound_are_heard_where_the_trunk_says_so() -> None:
    one = leg(inband_digits=True)
    assert negotiation.remote(one, Stream(THERE, "PCMU", 0)).inband_digits
