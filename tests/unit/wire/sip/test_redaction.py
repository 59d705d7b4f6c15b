import pytest

from ringback.wire.sip.redaction import redacted

HEAD = b"INVITE sip:a@b SIP/2.0\r\nFrom: <sip:me@b>;tag=1\r\n"
TAIL = b"Call-ID: 1\r\n\r\n"


@pytest.mark.parametrize("name", [b"Authorization", b"Proxy-Authorization", b"PROXY-AUTHORIZATION", b"authorization "])
def test_credentials_are_left_out(name: bytes) -> None:
    message = HEAD + name + b': Digest username="me", response="0123"\r\n' + TAIL
    assert redacted(message) == HEAD + name + b": (left out)\r\n" + TAIL


def test_credentials_that_are_folded_are_left_out_whole() -> None:
    message = HEAD + b'Authorization: Digest username="me",\r\n response="0123",\r\n\tcnonce="4"\r\n' + TAIL
    assert redacted(message) == HEAD + b"Authorization: (left out)\r\n" + TAIL


def test_each_of_several_credentials_is_left_out() -> None:
    message = HEAD + b"Authorization: Digest a=1\r\nProxy-Authorization: Digest b=2\r\n" + TAIL
    assert redacted(message).count(b"(left out)") == 2


def test_a_media_key_is_replaced_by_as_many_characters() -> None:
    line = b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:%s|2^20|1:4\r\n"
    key = b"WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
    assert redacted(HEAD + TAIL + line % key) == HEAD + TAIL + line % (b"x" * len(key))


def test_a_challenge_and_everything_else_stays_as_it_was() -> None:
    message = HEAD + b'WWW-Authenticate: Digest realm="r", nonce="n"\r\nX: Authorization: x\r\n' + TAIL + b"\xff\x00"
    assert redacted(message) == message
