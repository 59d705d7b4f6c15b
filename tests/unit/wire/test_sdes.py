import base64
from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.wire import sdp
from ringback.wire.sdes import KEY_BYTES, MAX_LINES, SUITES, Crypto, Keys, Policy, Securing
from ringback.wire.sdp import SdpRejected

HERE = ("192.0.2.1", 20000)
CODECS = ("PCMU", "PCMA")
LONG, SHORT = SUITES
# RFC 4568, section 6.1, in a line of its example
KEY_TEXT = "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
KEY = base64.b64decode(KEY_TEXT)
THEIRS = b"t" * KEY_BYTES


def new_keys() -> Callable[[], bytes]:
    numbers = count(1)
    return lambda: bytes([next(numbers)]) * KEY_BYTES


def securing(policy: Policy, agreed: Keys | None = None) -> Securing:
    return Securing(policy, new_keys(), agreed)


def line(key: bytes = THEIRS, suite: str = LONG, tag: int = 1) -> str:
    return f"a=crypto:{Crypto(tag, suite, key)}"


def description(*media: str) -> bytes:
    return "\r\n".join(
        ["v=0", "o=- 1 1 IN IP4 198.51.100.7", "s=-", "c=IN IP4 198.51.100.7", "t=0 0", *media, ""]
    ).encode()


def accept(offer: bytes, terms: Securing) -> tuple[list[str], sdp.Stream]:
    answer, stream = sdp.accept(offer, HERE, CODECS, 7, securing=terms)
    return answer.decode().split("\r\n"), stream


def crypto_lines(description: bytes) -> list[str]:
    return [line for line in description.decode().split("\r\n") if line.startswith("a=crypto:")]


# -- lines


def test_the_line_of_the_rfc_is_read_and_written() -> None:
    crypto = Crypto.parse(f"1 {LONG} inline:{KEY_TEXT}|2^20")
    assert crypto == Crypto(1, LONG, KEY)
    assert str(crypto) == f"1 {LONG} inline:{KEY_TEXT}"


@pytest.mark.parametrize(
    "parameters", [f"inline:{KEY_TEXT}|1048576", f"inline:{KEY_TEXT} WSH=128", f"inline:{KEY_TEXT} -KDR=3 WSH=64"]
)
def test_what_need_not_be_heeded_is_passed_over(parameters: str) -> None:
    assert Crypto.parse(f"4 {SHORT} {parameters}") == Crypto(4, SHORT, KEY)


@pytest.mark.parametrize(
    "value",
    [
        f"1 {LONG} inline:{KEY_TEXT}|1:4",
        f"1 {LONG} inline:{KEY_TEXT}|2^20|1:4",
        f"1 {LONG} inline:{KEY_TEXT}|2^20|1:4;inline:{KEY_TEXT}|2^20|2:4",
        f"1 {LONG} inline:{KEY_TEXT};inline:{KEY_TEXT}",
        f"1 {LONG} inline:{KEY_TEXT} UNENCRYPTED_SRTP",
        f"1 {LONG} inline:{KEY_TEXT} KDR=3",
        f"1 {LONG} inline:{KEY_TEXT[:-4]}",
        f"1 {LONG} inline:{KEY_TEXT}AAAA",
        f"1 {LONG} inline:{KEY_TEXT[:-1]}!",
        f"1 {LONG} inline:\u00e4{KEY_TEXT[1:]}",
        f"1 {LONG} uri:https://example.com/key",
        f"1 AES_256_CM_HMAC_SHA1_80 inline:{KEY_TEXT}",
        f"1 F8_128_HMAC_SHA1_80 inline:{KEY_TEXT}",
        f"x {LONG} inline:{KEY_TEXT}",
        f"1234567890 {LONG} inline:{KEY_TEXT}",
        f"{LONG} inline:{KEY_TEXT}",
        "1",
        "",
    ],
)
def test_a_line_that_cannot_be_used_is_none(value: str) -> None:
    assert Crypto.parse(value) is None


@given(st.text(max_size=80))
def test_any_text_is_read_or_none(text: str) -> None:
    crypto = Crypto.parse(f"1 {LONG} inline:{text}")
    assert crypto is None or len(crypto.key) == KEY_BYTES


# -- offers of ours


def test_an_offer_that_requires_encryption_has_a_key_for_every_suite() -> None:
    lines = securing(Policy.REQUIRED).lines()
    assert [(each.tag, each.suite) for each in lines] == [(1, LONG), (2, SHORT)]
    assert lines[0].key != lines[1].key
    offer = sdp.offer(HERE, CODECS, 7, crypto=lines, must_encrypt=True)
    assert b"m=audio 20000 RTP/SAVP 0 8 101\r\n" in offer
    assert crypto_lines(offer) == [f"a=crypto:{each}" for each in lines]


def test_an_offer_of_optional_encryption_is_one_of_plain_rtp_with_keys() -> None:
    offer = sdp.offer(HERE, CODECS, 7, crypto=securing(Policy.OPTIONAL).lines())
    assert b"m=audio 20000 RTP/AVP 0 8 101\r\n" in offer
    assert len(crypto_lines(offer)) == 2


def test_where_it_is_off_no_key_is_made() -> None:
    assert securing(Policy.OFF).lines() == ()
    assert b"crypto" not in sdp.offer(HERE, CODECS, 7)


@pytest.mark.parametrize("profile", ["RTP/AVP", "RTP/SAVP", "RTP/SAVPF"])
@pytest.mark.parametrize("must_encrypt", [True, False])
def test_the_answers_tag_says_which_of_our_keys_was_taken(profile: str, *, must_encrypt: bool) -> None:
    ours = securing(Policy.REQUIRED).lines()
    answer = description(f"m=audio 4000 {profile} 0", line(suite=SHORT, tag=2))
    stream = sdp.settle(answer, CODECS, crypto=ours, must_encrypt=must_encrypt)
    assert stream.keys == Keys(SHORT, ours[1].key, THEIRS)


def test_an_answer_without_a_key_declines_what_was_optional() -> None:
    ours = securing(Policy.OPTIONAL).lines()
    assert sdp.settle(description("m=audio 4000 RTP/AVP 0"), CODECS, crypto=ours).keys is None


@pytest.mark.parametrize("profile", ["RTP/AVP", "RTP/SAVP"])
def test_an_answer_without_a_key_is_none_where_encryption_is_required(profile: str) -> None:
    ours = securing(Policy.REQUIRED).lines()
    with pytest.raises(SdpRejected, match="key"):
        sdp.settle(description(f"m=audio 4000 {profile} 0"), CODECS, crypto=ours, must_encrypt=True)


@pytest.mark.parametrize("answered", [line(tag=2), line(tag=3), line(suite=SHORT, tag=1), f"{line()}|1:4"])
def test_an_answer_with_a_key_for_nothing_that_we_offered_is_not_taken_for_plain(answered: str) -> None:
    ours = securing(Policy.OPTIONAL).lines()
    with pytest.raises(SdpRejected, match="key"):
        sdp.settle(description("m=audio 4000 RTP/AVP 0", answered), CODECS, crypto=ours)


def test_keys_that_were_not_asked_for_are_passed_over() -> None:
    assert sdp.settle(description("m=audio 4000 RTP/AVP 0", line()), CODECS).keys is None


# -- answers of ours


@pytest.mark.parametrize("policy", [Policy.OPTIONAL, Policy.REQUIRED])
@pytest.mark.parametrize("profile", ["RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF"])
def test_the_first_line_that_we_can_use_is_answered(policy: Policy, profile: str) -> None:
    unusable = f"a=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:{KEY_TEXT}", f"{line(tag=2)}|2^31|1:1"
    offer = description(f"m=audio 4000 {profile} 8", *unusable, line(KEY, SHORT, 3), line(tag=4))
    lines, stream = accept(offer, securing(policy))
    ours = bytes([1]) * KEY_BYTES
    assert f"m=audio 20000 {profile} 8" in lines
    assert [each for each in lines if "crypto" in each] == [line(ours, SHORT, 3)]
    assert stream.keys == Keys(SHORT, ours, KEY)


def test_what_is_encrypted_goes_before_what_is_not() -> None:
    offer = description("m=audio 4000 RTP/AVP 0", "m=audio 4002 RTP/SAVP 0", line())
    lines, stream = accept(offer, securing(Policy.OPTIONAL))
    assert [each for each in lines if each.startswith("m=")] == ["m=audio 0 RTP/AVP 0", "m=audio 20000 RTP/SAVP 0"]
    assert stream.address[1] == 4002
    assert stream.keys is not None


def test_what_is_plain_is_taken_where_encryption_is_optional() -> None:
    lines, stream = accept(description("m=audio 4000 RTP/SAVP 0", "m=audio 4002 RTP/AVP 0"), securing(Policy.OPTIONAL))
    assert stream.address[1] == 4002
    assert stream.keys is None
    assert not any("crypto" in each for each in lines)


@pytest.mark.parametrize(
    "media", [("m=audio 4000 RTP/AVP 0",), ("m=audio 4000 RTP/SAVP 0",), ("m=audio 4000 RTP/SAVP 0", f"{line()}|1:4")]
)
def test_what_has_no_key_for_us_is_rejected_where_encryption_is_required(media: tuple[str, ...]) -> None:
    with pytest.raises(SdpRejected, match="key"):
        accept(description(*media), securing(Policy.REQUIRED))


def test_keys_are_passed_over_where_encryption_is_off() -> None:
    lines, stream = accept(description("m=audio 4000 RTP/AVP 0", line()), securing(Policy.OFF))
    assert stream.keys is None
    assert not any("crypto" in each for each in lines)
    with pytest.raises(SdpRejected, match="off"):
        accept(description("m=audio 4000 RTP/SAVP 0", line()), securing(Policy.OFF))


def test_a_key_of_theirs_that_stays_keeps_ours() -> None:
    agreed = Keys(LONG, KEY, THEIRS)
    _, stream = accept(description("m=audio 4000 RTP/SAVP 0", line(tag=9)), securing(Policy.REQUIRED, agreed))
    assert stream.keys == agreed


@pytest.mark.parametrize("changed", [line(b"n" * KEY_BYTES), line(suite=SHORT)])
def test_a_new_key_of_theirs_gets_a_new_one_of_ours(changed: str) -> None:
    agreed = Keys(LONG, KEY, THEIRS)
    _, stream = accept(description("m=audio 4000 RTP/SAVP 0", changed), securing(Policy.REQUIRED, agreed))
    assert stream.keys is not None
    assert stream.keys.send == bytes([1]) * KEY_BYTES


def test_an_offer_and_its_answer_settle_on_the_same_keys() -> None:
    ours = securing(Policy.REQUIRED).lines()
    offer = sdp.offer(HERE, CODECS, 7, crypto=ours, must_encrypt=True)
    answer, there = sdp.accept(offer, ("198.51.100.7", 4000), CODECS, 8, securing=securing(Policy.OPTIONAL))
    here = sdp.settle(answer, CODECS, crypto=ours, must_encrypt=True)
    assert here.keys is not None
    assert there.keys is not None
    assert (here.keys.send, here.keys.receive) == (there.keys.receive, there.keys.send)


def test_only_so_many_lines_are_looked_at() -> None:
    medium = sdp.Description.parse(description("m=audio 4000 RTP/SAVP 0", *[line()] * (MAX_LINES + 1))).media[0]
    assert len(medium.crypto) == MAX_LINES
