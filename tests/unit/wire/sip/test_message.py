import pytest

from ringback.wire.sip.message import (
    MAX_DATAGRAM,
    MAX_HEADERS,
    MAX_LINE,
    Headers,
    Malformed,
    Request,
    Response,
    parse,
    response_to,
)

INVITE = (
    b"INVITE sip:6512345678@192.0.2.7:5070 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK74bf9;rport\r\n"
    b"Max-Forwards: 70\r\n"
    b'From: "Alice" <sip:alice@example.com>;tag=9fxced76sl\r\n'
    b"To: <sip:6512345678@192.0.2.7>\r\n"
    b"Call-ID: 3848276298220188511@192.0.2.1\r\n"
    b"CSeq: 1 INVITE\r\n"
    b"Contact: <sip:alice@192.0.2.1:5060>\r\n"
    b"Content-Type: application/sdp\r\n"
    b"Content-Length: 4\r\n"
    b"\r\n"
    b"v=0\n"
)


def request(data: bytes = INVITE) -> Request:
    message = parse(data)
    assert isinstance(message, Request)
    return message


def with_header(line: bytes) -> bytes:
    return INVITE.replace(b"Max-Forwards: 70", line)


def refused(data: bytes) -> Malformed:
    with pytest.raises(Malformed) as caught:
        parse(data)
    return caught.value


def test_a_request_is_read() -> None:
    invite = request()
    assert (invite.method, invite.uri, invite.body) == ("INVITE", "sip:6512345678@192.0.2.7:5070", b"v=0\n")
    assert (invite.cseq.number, invite.cseq.method) == (1, "INVITE")
    assert (invite.top_via.host, invite.top_via.port, invite.branch) == ("192.0.2.1", 5060, "z9hG4bK74bf9")
    assert (invite.from_.display, invite.from_.uri, invite.from_.tag) == (
        "Alice",
        "sip:alice@example.com",
        "9fxced76sl",
    )
    assert (invite.to.uri, invite.to.tag) == ("sip:6512345678@192.0.2.7", "")
    assert invite.contact is not None
    assert invite.contact.uri == "sip:alice@192.0.2.1:5060"
    assert invite.call_id == "3848276298220188511@192.0.2.1"


def test_a_request_is_written_as_it_came() -> None:
    assert request().encode() == INVITE


def test_a_response_is_read_and_written() -> None:
    data = response_to(request(), 486).encode()
    response = parse(data)
    assert isinstance(response, Response)
    assert (response.status, response.reason, response.body) == (486, "Busy Here", b"")
    assert response.encode() == data


@pytest.mark.parametrize("line", [b"SIP/2.0 100 ", b"SIP/2.0 100", b"sip/2.0 100 Trying"])
def test_a_reason_may_be_missing_and_a_version_be_in_any_case(line: bytes) -> None:
    response = parse(response_to(request(), 100).encode().replace(b"SIP/2.0 100 Trying", line))
    assert isinstance(response, Response)
    assert response.status == 100


def test_compact_names_and_any_case_and_space_before_the_colon() -> None:
    data = (
        INVITE.replace(b"Via:", b"v  :").replace(b"From:", b"f\t:").replace(b"To:", b"T:").replace(b"CSeq:", b"CSEQ:")
    )
    data = data.replace(b"Call-ID:", b"call-id:").replace(b"Content-Length", b"l").replace(b"Contact", b"M")
    assert request(data) == request()


def test_an_unknown_header_is_kept_under_one_spelling() -> None:
    assert request(with_header(b"x-ASTERISK-id: 1\r\nX-Asterisk-ID: 2")).headers.all("X-Asterisk-Id") == ["1", "2"]


def test_folded_lines_are_one_line() -> None:
    invite = request(INVITE.replace(b";branch=", b"\r\n ;\r\n\t branch =\r\n "))
    assert invite.branch == "z9hG4bK74bf9"
    assert invite.headers.first("Via") == "SIP/2.0/UDP 192.0.2.1:5060 ; branch = z9hG4bK74bf9;rport"


def test_odd_white_space_in_a_via() -> None:
    assert str(request(INVITE.replace(b"Via: SIP/2.0/UDP", b"Via : SIP / 2.0 / UDP")).top_via) == str(request().top_via)


def test_lines_may_end_in_lf_alone() -> None:
    head, _, body = INVITE.partition(b"\r\n\r\n")
    assert request(head.replace(b"\r\n", b"\n") + b"\n\n" + body) == request()
    assert request(head.replace(b"\r\n", b"\n") + b"\r\n\r\n" + body) == request()
    assert request(head + b"\n\n" + body) == request()


def test_empty_lines_before_a_message_are_skipped() -> None:
    assert request(b"\r\n\r\n" + INVITE) == request()


@pytest.mark.parametrize("data", [b"", b"\r\n\r\n", b"\r\n", b"\n", b"\0", b"\0\0\0\0", b"jaK\r\n\r\n"])
def test_a_keep_alive_is_nothing_to_answer(data: bytes) -> None:
    assert refused(data).request is None


def test_a_datagram_that_was_cut_off_is_nothing_to_answer() -> None:
    assert refused(INVITE.partition(b"\r\nCSeq")[0]).request is None


def test_octets_beyond_content_length_are_ignored() -> None:
    assert request(INVITE + b"INVITE sip:more SIP/2.0").body == b"v=0\n"


def test_without_content_length_the_body_is_the_rest() -> None:
    assert request(INVITE.replace(b"Content-Length: 4\r\n", b"") + b"more").body == b"v=0\nmore"


@pytest.mark.parametrize(
    "length", [b"5", b"-1", b"+4", b"4.0", b"", b"four", b"99999999999999999999", b"0" * 5000 + b"4"]
)
def test_a_false_content_length_is_a_bad_request(length: bytes) -> None:
    fault = refused(INVITE.replace(b"Content-Length: 4", b"Content-Length: " + length))
    assert fault.status == 400
    assert fault.request is not None


def test_content_length_given_twice_must_agree() -> None:
    assert request(with_header(b"Content-Length: 4")).body == b"v=0\n"
    assert refused(with_header(b"Content-Length: 3")).request is not None


def test_without_a_via_there_is_no_way_back() -> None:
    assert refused(INVITE.replace(b"Via:", b"X-Other:")).request is None


@pytest.mark.parametrize("name", ["From", "To", "Call-ID", "CSeq"])
def test_without_what_a_response_repeats_it_is_answered_with_what_there_is(name: str) -> None:
    fault = refused(INVITE.replace(name.encode() + b":", b"X-Other:"))
    assert fault.status == 400
    assert fault.request is not None
    answer = response_to(fault.request, 400, to_tag="x")
    assert answer.headers.first("Via")
    assert answer.headers.first(name) is None


@pytest.mark.parametrize("name", ["From", "To", "Call-ID", "CSeq"])
def test_what_may_be_given_once_given_twice_is_a_bad_request(name: str) -> None:
    value = request().headers.first(name)
    fault = refused(with_header(f"{name}: {value}".encode()))
    assert fault.request is not None
    assert len(response_to(fault.request, 400).headers.all(name)) == 1


@pytest.mark.parametrize("port", [b"0", b"65536", b"99999", b"123456789012"])
def test_a_via_with_an_impossible_port_is_nothing_to_answer(port: bytes) -> None:
    assert refused(INVITE.replace(b"192.0.2.1:5060;", b"192.0.2.1:" + port + b";")).request is None


def test_a_second_via_that_cannot_be_read_is_a_bad_request() -> None:
    assert refused(with_header(b"Via: SIP/2.0/UDP 192.0.2.9:99999")).request is not None
    assert refused(INVITE.replace(b";rport", b";rport, nonsense")).request is not None


@pytest.mark.parametrize(
    "cseq", [b"4294967296 INVITE", b"-1 INVITE", b"1", b"INVITE", b"1INVITE", b"1 INV ITE", b"9" * 5000]
)
def test_a_false_cseq_is_a_bad_request(cseq: bytes) -> None:
    fault = refused(INVITE.replace(b"CSeq: 1 INVITE", b"CSeq: " + cseq))
    assert fault.request is not None
    assert response_to(fault.request, 400).headers.first("CSeq") == cseq.decode()


def test_a_cseq_has_32_bits_and_leading_zeros() -> None:
    assert request(INVITE.replace(b"CSeq: 1 ", b"CSeq: 4294967295 ")).cseq.number == 2**32 - 1
    assert request(INVITE.replace(b"CSeq: 1 ", b"CSeq: 0009\t ")).cseq.number == 9


def test_cseq_names_the_method() -> None:
    assert refused(INVITE.replace(b"1 INVITE", b"1 BYE")).request is not None
    assert refused(INVITE.replace(b"1 INVITE", b"1 Invite")).request is not None


@pytest.mark.parametrize("version", [b"SIP/7.0", b"SIP/1.0", b"SIP/2.00", b"SIP/"])
def test_another_version_is_answered_505(version: bytes) -> None:
    fault = refused(INVITE.replace(b"SIP/2.0\r\n", version + b"\r\n", 1))
    assert fault.status == 505
    assert fault.request is not None


@pytest.mark.parametrize(
    "line",
    [
        b"INVITE",
        b"INVITE sip:a@b",
        b"INVITE SIP/2.0",
        b"INVITE sip:a@b HTTP/1.1",
        b"INV<ITE sip:a@b SIP/2.0",
        b"SIP/2.0",
        b"SIP/2.0 OK",
        b"SIP/2.0 99 Low",
        b"SIP/2.0 700 High",
        b"SIP/2.0 -200 OK",
        b"SIP/2.0 0200 OK",
        b"SIP/2.0 200OK",
        b"SIP/3.0 200 OK",
        b"GET / HTTP/1.1",
    ],
)
def test_a_first_line_of_another_kind_is_nothing_to_answer(line: bytes) -> None:
    assert refused(line + INVITE[INVITE.index(b"\r\n") :]).request is None


@pytest.mark.parametrize("uri", [b"<sip:a@b>", b"sip:a@b; lr", b'sip:"a"@b', b"sip:a\x00@b", b"sip:a\tb"])
def test_a_request_uri_in_brackets_or_with_spaces_is_a_bad_request(uri: bytes) -> None:
    assert refused(INVITE.replace(b"sip:6512345678@192.0.2.7:5070", uri)).request is not None


def test_a_malformed_response_is_nothing_to_answer() -> None:
    data = response_to(request(), 180).encode()
    assert refused(data.replace(b"CSeq: 1", b"CSeq: x")).request is None


@pytest.mark.parametrize("line", [b"Foobar roobar", b"Foo bar: 1", b": 1", b"F\xc3\xb6: 1", b"Foo: a\rBar: b"])
def test_a_line_that_is_no_header_is_refused(line: bytes) -> None:
    assert refused(with_header(line)).status == 400


def test_any_byte_survives() -> None:
    everything = bytes(byte for byte in range(256) if byte not in b"\r\n")
    data = with_header(b"Subject: <" + everything + b">\r\nX-Latin: \xe9t\xe9 \xff")
    assert request(data).encode() == data


def test_a_quoted_nul_is_a_character_as_any_other() -> None:
    assert request(INVITE.replace(b'"Alice"', b'"A\\\x00B"')).from_.display == "A\x00B"


def test_a_datagram_is_bounded() -> None:
    room = MAX_DATAGRAM - len(INVITE)
    assert request(INVITE + b"x" * room).body == b"v=0\n"
    assert refused(INVITE + b"x" * (room + 1)).request is None


def test_a_line_is_bounded_with_its_folding() -> None:
    fits = MAX_LINE - len("Subject: ")
    assert request(with_header(b"Subject: " + b"x" * fits)).headers.first("Subject") == "x" * fits
    refused(with_header(b"Subject: " + b"x" * (fits + 1)))
    refused(with_header(b"Subject: x" + b"\r\n x" * (MAX_LINE // 2)))
    refused(INVITE.replace(b"sip:6512345678", b"sip:" + b"6" * MAX_LINE))


def test_the_number_of_headers_is_bounded() -> None:
    there = len(request().headers.rows)
    request(with_header(b"\r\n".join([b"X: 1"] * (MAX_HEADERS - there + 1))))
    refused(with_header(b"\r\n".join([b"X: 1"] * (MAX_HEADERS - there + 2))))


def test_a_response_repeats_what_it_must() -> None:
    data = with_header(b"Via: SIP/2.0/UDP 192.0.2.8;branch=z9hG4bK2\r\nRecord-Route: <sip:p1;lr>\r\nTimestamp: 54")
    ringing = response_to(request(data), 180, to_tag="a6c85cf")
    assert ringing.encode() == (
        b"SIP/2.0 180 Ringing\r\n"
        b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK74bf9;rport\r\n"
        b"Via: SIP/2.0/UDP 192.0.2.8;branch=z9hG4bK2\r\n"
        b"Record-Route: <sip:p1;lr>\r\n"
        b'From: "Alice" <sip:alice@example.com>;tag=9fxced76sl\r\n'
        b"To: <sip:6512345678@192.0.2.7>;tag=a6c85cf\r\n"
        b"Call-ID: 3848276298220188511@192.0.2.1\r\n"
        b"CSeq: 1 INVITE\r\n"
        b"Content-Length: 0\r\n\r\n"
    )
    trying, busy = response_to(request(data), 100), response_to(request(data), 486, "Not Now")
    assert trying.headers.first("Timestamp") == "54"
    assert trying.headers.first("Record-Route") is None
    assert (busy.reason, busy.headers.first("Record-Route"), busy.headers.first("Timestamp")) == ("Not Now", None, None)
    assert response_to(request(), 299).reason == "Unknown"


def test_a_to_tag_is_not_added_twice() -> None:
    data = INVITE.replace(b"To: <sip:6512345678@192.0.2.7>", b"To: <sip:6512345678@192.0.2.7>;tag=theirs")
    assert response_to(request(data), 200, to_tag="ours").to.tag == "theirs"


def test_a_to_that_cannot_be_read_is_repeated_without_a_tag() -> None:
    fault = refused(INVITE.replace(b"To: <", b'To: "Bob <'))
    assert fault.request is not None
    response = response_to(fault.request, 400, to_tag="ours")
    assert response.headers.first("To") == '"Bob <sip:6512345678@192.0.2.7>'


def test_a_value_that_was_replaced_is_read_anew() -> None:
    invite = request()
    assert invite.branch == "z9hG4bK74bf9"
    invite.headers.replace("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKother")
    invite.headers.prepend("Via", "SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKfirst")
    assert invite.branch == "z9hG4bKfirst"


def test_the_first_of_several_vias_in_a_line_is_the_topmost() -> None:
    invite = request(INVITE.replace(b";rport", b";rport, SIP/2.0/TCP [2001:db8::1]:5061"))
    assert invite.branch == "z9hG4bK74bf9"
    assert invite.headers.all("Via")[1] == "SIP/2.0/TCP [2001:db8::1]:5061"


@pytest.mark.parametrize("contact", [b"<sip:a", b"", b'"'])
def test_a_contact_that_cannot_be_read_is_none(contact: bytes) -> None:
    assert request(INVITE.replace(b"<sip:alice@192.0.2.1:5060>", contact)).contact is None


def test_headers_in_their_order() -> None:
    headers = Headers()
    headers.add("Route", "<sip:a;lr>, <sip:b>")
    headers.add("Subject", "one, two")
    headers.add("Route", '"x, y" <sip:c>')
    assert headers.first("Route") == "<sip:a;lr>, <sip:b>"
    assert headers.all("Route") == ["<sip:a;lr>", "<sip:b>", '"x, y" <sip:c>']
    assert headers.all("Subject") == ["one, two"]
    headers.replace("Route", "<sip:d>")
    headers.prepend("Via", "v")
    headers.replace("Allow", "INVITE")
    assert headers.rows == [("Via", "v"), ("Route", "<sip:d>"), ("Subject", "one, two"), ("Allow", "INVITE")]
    headers.remove("Route")
    headers.remove("Route")
    assert (headers.first("Route"), headers.all("Route")) == (None, [])


@pytest.mark.parametrize("name", ["WWW-Authenticate", "Proxy-Authenticate", "Authorization", "Date"])
def test_a_value_with_commas_that_is_no_list_stays_whole(name: str) -> None:
    headers = Headers([(name, 'Digest realm="a", nonce="b"')])
    assert headers.all(name) == ['Digest realm="a", nonce="b"']


@pytest.mark.parametrize("value", ["a\r\nEvil: 1", "a\nb", "a\rb"])
def test_a_header_of_ours_cannot_smuggle_in_another(value: str) -> None:
    message = request()
    message.headers.add("Subject", value)
    with pytest.raises(ValueError, match="line break"):
        message.encode()


def test_a_property_of_a_message_of_ours_that_lacks_it() -> None:
    ours = Request("OPTIONS", "sip:a", Headers(), b"")
    assert (ours.call_id, ours.contact) == ("", None)
    with pytest.raises(ValueError, match="CSeq is missing"):
        _ = ours.cseq
