import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.wire import sdp
from ringback.wire.sdp import Description, SdpRejected, Stream

HERE = ("192.0.2.1", 20000)
BOTH = ("PCMU", "PCMA")

# RFC 3264, section 10.1: Alice offers audio and two videos
ALICE = b"""v=0\r
o=alice 2890844526 2890844526 IN IP4 host.anywhere.com\r
s=\r
c=IN IP4 198.51.100.7\r
t=0 0\r
m=audio 49170 RTP/AVP 0\r
a=rtpmap:0 PCMU/8000\r
m=video 51372 RTP/AVP 31\r
a=rtpmap:31 H261/90000\r
m=video 53000 RTP/AVP 32\r
a=rtpmap:32 MPV/90000\r
"""


def description(*media: str, session: str = "c=IN IP4 198.51.100.7") -> bytes:
    return "\r\n".join(["v=0", "o=- 1 1 IN IP4 198.51.100.7", "s=-", session, "t=0 0", *media, ""]).encode()


def answer_lines(offer: bytes, codecs: tuple[str, ...] = BOTH) -> list[str]:
    return sdp.accept(offer, HERE, codecs, 7, 3)[0].decode().split("\r\n")


def test_an_offer_says_what_we_speak_in_our_order() -> None:
    assert sdp.offer(HERE, ("PCMA", "PCMU"), 7, 2).decode() == (
        "v=0\r\n"
        "o=- 7 2 IN IP4 192.0.2.1\r\n"
        "s=-\r\n"
        "c=IN IP4 192.0.2.1\r\n"
        "t=0 0\r\n"
        "m=audio 20000 RTP/AVP 8 0 101\r\n"
        "a=rtpmap:8 PCMA/8000\r\n"
        "a=rtpmap:0 PCMU/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\n"
        "a=fmtp:101 0-16\r\n"
        "a=ptime:20\r\n"
        "a=sendrecv\r\n"
    )


def test_a_codec_that_nobody_knows_is_our_own_fault() -> None:
    with pytest.raises(KeyError):
        sdp.offer(HERE, ("OPUS",), 1)


def test_the_first_audio_is_answered_and_the_rest_is_refused() -> None:
    answer, stream = sdp.accept(ALICE, HERE, BOTH, 7, 3)
    lines = answer.decode().split("\r\n")
    assert [line for line in lines if line.startswith("m=")] == [
        "m=audio 20000 RTP/AVP 0",
        "m=video 0 RTP/AVP 31",
        "m=video 0 RTP/AVP 32",
    ]
    assert lines[1] == "o=- 7 3 IN IP4 192.0.2.1"
    assert stream == Stream(("198.51.100.7", 49170), "PCMU", 0)


def test_an_offer_and_its_answer_settle_on_the_same() -> None:
    answer, theirs = sdp.accept(sdp.offer(("198.51.100.7", 4000), BOTH, 1), HERE, ("PCMA", "PCMU"), 2)
    assert theirs == Stream(("198.51.100.7", 4000), "PCMU", 0, 101)
    assert sdp.settle(answer, BOTH) == Stream(HERE, "PCMU", 0, 101)


def test_the_answerers_first_choice_is_what_we_send() -> None:
    stream = sdp.settle(description("m=audio 4000 RTP/AVP 8 0 101"), BOTH)
    assert (stream.codec, stream.payload_type) == ("PCMA", 8)


def test_a_codec_that_we_did_not_offer_is_passed_over() -> None:
    stream = sdp.settle(description("m=audio 4000 RTP/AVP 18 9 8"), BOTH)
    assert stream.codec == "PCMA"


def test_the_offerers_numbers_are_kept() -> None:
    offer = description(
        "m=audio 4000 RTP/AVP 110 96 97",
        "a=rtpmap:110 opus/48000/2",
        "a=rtpmap:96 pcma/8000/1",
        "a=rtpmap:97 Telephone-Event/8000",
    )
    answer, stream = sdp.accept(offer, HERE, BOTH, 7)
    assert (stream.codec, stream.payload_type, stream.event_payload_type) == ("PCMA", 96, 97)
    assert b"m=audio 20000 RTP/AVP 96 97\r\na=rtpmap:96 PCMA/8000\r\na=rtpmap:97 telephone-event/8000\r\n" in answer


def test_events_of_another_rate_are_not_ours() -> None:
    offer = description("m=audio 4000 RTP/AVP 0 97", "a=rtpmap:97 telephone-event/48000")
    answer, stream = sdp.accept(offer, HERE, BOTH, 7)
    assert stream.event_payload_type is None
    assert b"telephone-event" not in answer


def test_a_static_number_may_be_given_another_meaning() -> None:
    with pytest.raises(SdpRejected, match="codec"):
        sdp.settle(description("m=audio 4000 RTP/AVP 0", "a=rtpmap:0 PCMU/16000"), BOTH)


def test_an_event_alone_is_no_codec() -> None:
    with pytest.raises(SdpRejected, match="no common codec"):
        sdp.settle(description("m=audio 4000 RTP/AVP 101", "a=rtpmap:101 telephone-event/8000"), BOTH)


@pytest.mark.parametrize("codec", ["PCMU", "PCMA", "G722"])
def test_static_types_need_no_rtpmap(codec: str) -> None:
    number = {"PCMU": 0, "PCMA": 8, "G722": 9}[codec]
    assert sdp.settle(description(f"m=audio 4000 RTP/AVP {number}"), (codec,)).codec == codec


def test_the_address_of_the_medium_is_stronger_than_that_of_the_session() -> None:
    stream = sdp.settle(description("m=audio 4000 RTP/AVP 0", "c=IN IP4 203.0.113.9"), BOTH)
    assert stream.address == ("203.0.113.9", 4000)


def test_the_address_of_an_earlier_medium_is_not_that_of_a_later() -> None:
    offer = description("m=video 4 RTP/AVP 31", "c=IN IP4 203.0.113.9", "m=audio 4000 RTP/AVP 0")
    assert sdp.accept(offer, HERE, BOTH, 7)[1].address == ("198.51.100.7", 4000)


@pytest.mark.parametrize(
    "connection",
    [
        "c=IN IP6 2001:db8::1",
        "c=IN IP4 media.example.com",
        "c=IN IP4 224.2.1.1/127",
        "c=IN IP4 224.2.1.1",
        "c=IN IP4 255.255.255.255",
        "c=IN IP4 1.2.3.256",
        "c=IN IP4 010.1.1.1",
        "c=IN IP4",
        "c=",
        "a=none",
    ],
)
def test_only_one_ipv4_peer_can_be_talked_to(connection: str) -> None:
    with pytest.raises(SdpRejected, match="IPv4"):
        sdp.settle(description("m=audio 4000 RTP/AVP 0", session=connection), BOTH)


@pytest.mark.parametrize(
    ("said", "answered", "send"),
    [
        ("sendrecv", "sendrecv", True),
        ("sendonly", "recvonly", False),
        ("recvonly", "sendonly", True),
        ("inactive", "inactive", False),
    ],
)
@pytest.mark.parametrize("at_session", [True, False])
def test_a_hold_is_answered_by_its_mirror(said: str, answered: str, *, send: bool, at_session: bool) -> None:
    media = ["m=audio 4000 RTP/AVP 0"]
    media.insert(0 if at_session else 1, f"a={said}")
    answer, stream = sdp.accept(description(*media), HERE, BOTH, 7, 4)
    assert f"a={answered}\r\n".encode() in answer
    assert stream.direction == said
    assert stream.send is send


@pytest.mark.parametrize(
    ("said", "answered"),
    [("sendrecv", "recvonly"), ("sendonly", "recvonly"), ("recvonly", "inactive"), ("inactive", "inactive")],
)
def test_an_old_hold_by_address_is_never_promised_sound(said: str, answered: str) -> None:
    offer = description("m=audio 4000 RTP/AVP 0", f"a={said}", session="c=IN IP4 0.0.0.0")
    answer, stream = sdp.accept(offer, HERE, BOTH, 7)
    assert f"a={answered}\r\n".encode() in answer
    assert not stream.send


def test_an_image_alone_is_rejected() -> None:
    with pytest.raises(SdpRejected, match="no audio"):
        sdp.accept(description("m=image 4000 udptl t38"), HERE, BOTH, 7)


def test_an_image_beside_sound_is_refused_alone() -> None:
    answer, stream = sdp.accept(description("m=image 4000 udptl t38", "m=audio 4002 RTP/AVP 8"), HERE, BOTH, 7)
    assert b"m=image 0 udptl t38" in answer
    assert stream.codec == "PCMA"


def test_an_old_hold_by_address_is_a_hold() -> None:
    offer = description("m=audio 4000 RTP/AVP 0", session="c=IN IP4 0.0.0.0")
    assert not sdp.accept(offer, HERE, BOTH, 7)[1].send


@pytest.mark.parametrize(
    ("attributes", "packet_ms"),
    [
        ([], 20),
        (["a=ptime:30"], 30),
        (["a=ptime:60", "a=maxptime:40"], 40),
        (["a=maxptime:15"], 10),
        (["a=maxptime:5"], 20),
        (["a=ptime:25"], 20),
        (["a=ptime:x"], 20),
        (["a=ptime:0"], 20),
        (["a=ptime:99999999999999999999"], 20),
    ],
)
def test_the_far_end_says_how_long_packets_are(attributes: list[str], packet_ms: int) -> None:
    assert sdp.settle(description("m=audio 4000 RTP/AVP 0", *attributes), BOTH).packet_ms == packet_ms


def test_a_refused_stream_is_no_stream() -> None:
    with pytest.raises(SdpRejected, match="refused"):
        sdp.settle(description("m=audio 0 RTP/AVP 0"), BOTH)


def test_the_second_audio_is_taken_where_the_first_is_encrypted() -> None:
    offer = description("m=audio 4000 RTP/SAVP 0", "m=audio 4002 RTP/AVP 0", "m=application 9 TCP/BFCP *")
    answer, stream = sdp.accept(offer, HERE, BOTH, 7)
    assert stream.address[1] == 4002
    media = [line for line in answer.decode().split("\r\n") if line.startswith("m=")]
    assert media == ["m=audio 0 RTP/SAVP 0", "m=audio 20000 RTP/AVP 0", "m=application 0 TCP/BFCP *"]


def test_broken_lines_and_bare_line_feeds_are_lived_with() -> None:
    offer = ALICE.replace(b"\r\n", b"\n") + b"\xff\xfe\n=\n\na\na=rtpmap:\na=rtpmap:999 X/1\nz=\x00\n"
    assert sdp.settle(offer, BOTH).codec == "PCMU"


@pytest.mark.parametrize(
    "media",
    ["m=audio", "m=audio x RTP/AVP 0", "m=audio 65536 RTP/AVP 0", "m=audio -1 RTP/AVP 0", "m=audio 4000 RTP/AVP",
     "m=\u00e4udio 4000 RTP/AVP 0", "m=audio \u0664000 RTP/AVP 0", "m=audio 4000 RTP/AVP" + " 0" * 200],
)  # fmt: skip
def test_a_medium_that_cannot_be_read_cannot_be_answered(media: str) -> None:
    with pytest.raises(SdpRejected, match="m= line"):
        Description.parse(description(media))


def test_the_ports_of_a_layered_medium_are_one() -> None:
    assert sdp.settle(description("m=audio 65535/2 RTP/AVP 0"), BOTH).address[1] == 65535


def test_a_description_without_media_is_none() -> None:
    with pytest.raises(SdpRejected, match="no m= line"):
        Description.parse(b"v=0\r\n")


def test_size_and_number_of_media_are_bounded() -> None:
    medium = "m=audio 4000 RTP/AVP 0"
    assert len(Description.parse(description(*[medium] * sdp.MAX_MEDIA)).media) == sdp.MAX_MEDIA
    with pytest.raises(SdpRejected, match="more than"):
        Description.parse(description(*[medium] * (sdp.MAX_MEDIA + 1)))
    full = description(medium).ljust(sdp.MAX_BYTES, b"\n")
    assert sdp.settle(full, BOTH).codec == "PCMU"
    with pytest.raises(SdpRejected, match="longer"):
        sdp.settle(full + b"\n", BOTH)


LINES = st.sampled_from(
    [b"v=0", b"m=audio 4000 RTP/AVP 0 8 101", b"m=video 1 RTP/AVP 3", b"c=IN IP4 1.2.3.4", b"c=IN IP4 0.0.0.0",
     b"a=rtpmap:101 telephone-event/8000", b"a=sendonly", b"a=ptime:20", b"a=maxptime:", b"m=audio 0 RTP/AVP 0"]
)  # fmt: skip


@settings(max_examples=200)
@given(
    st.lists(st.one_of(LINES, st.binary(max_size=40), st.tuples(LINES, st.binary(max_size=9)).map(b"".join))),
    st.sampled_from([b"\r\n", b"\n", b"\r"]),
)
def test_any_bytes_are_settled_or_rejected(lines: list[bytes], end: bytes) -> None:
    try:
        answer, stream = sdp.accept(end.join(lines), HERE, BOTH, 7)
    except SdpRejected:
        return
    assert stream.codec in BOTH
    assert 0 < stream.address[1] <= 65535
    assert len(Description.parse(answer).media) == len(Description.parse(end.join(lines)).media)
    settled = sdp.settle(answer, BOTH)
    assert (settled.payload_type, settled.direction) == (stream.payload_type, stream.answered)
