"""Whatever bytes come, reading them gives a message that can be worked with, or Malformed, and nothing else."""

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from ringback.wire.sip.digest import Challenge, Credentials, authorize
from ringback.wire.sip.headers import NameAddr, Via
from ringback.wire.sip.ladder import Trace, draw_svg, draw_text
from ringback.wire.sip.message import Headers, Malformed, Request, Response, parse, response_to
from ringback.wire.sip.uri import Uri

SEEDS = [path.read_bytes() for path in sorted((Path(__file__).parents[1] / "golden" / "sip").glob("*.dat"))]
BYTES = st.one_of(
    st.binary(max_size=12),
    st.sampled_from([bytes([byte]) for byte in b'\r\n\t "\\<>,;:@[]=%']),
    st.sampled_from(
        [b"\r\n", b"\r\n\r\n", b"\r\n ", b"SIP/2.0", b"99999", b"-1", b"9" * 400, b"%00", b"\xff", b"\x00"]
    ),
    st.sampled_from([b"Via:", b"l:", b"[::1]", b"\r\nCSeq: 1 INVITE", b"\r\nContent-Length: 3"]),
)
TEXT = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=40)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = start + draw(st.sampled_from([0, 0, 1, 2, 8, 40]))
        data = data[:start] + draw(BYTES) + data[end:]
    return data


def work_with(message: Request | Response) -> None:
    """Do all that signalling does with a message; only what is documented to raise may raise."""
    assert message.top_via.port is None or 0 < message.top_via.port < 65536
    assert 0 <= message.cseq.number < 2**32
    _ = message.branch, message.call_id, message.from_.tag, message.to.tag, message.top_via.rport
    addresses = [message.from_, message.to, *([message.contact] if message.contact else [])]
    for address in addresses:
        assert NameAddr.parse(str(address)) == address
        try:
            target = address.target
        except ValueError:
            continue
        assert Uri.parse(str(target)) == target
    for via in message.headers.all("Via"):
        assert Via.parse(str(Via.parse(via))) == Via.parse(via)
    for name, _ in message.headers.rows:
        message.headers.all(name)


@given(mutated() | st.binary(max_size=200))
@example(b"\n\r\n")
@example(SEEDS[0].replace(b"\r\n\r\n", b"\r\r\n\r\n"))
def test_a_mutated_message_is_read_or_malformed(data: bytes) -> None:
    try:
        message = parse(data)
    except Malformed as fault:
        if fault.request is not None:
            response_to(fault.request, fault.status, to_tag="ours").encode()
        return
    work_with(message)
    if isinstance(message, Request):
        work_with(parse(response_to(message, 200, to_tag="ours").encode()))


@given(mutated())
def test_what_was_read_is_the_same_after_it_was_written(data: bytes) -> None:
    try:
        message = parse(data)
    except Malformed:
        return
    written = message.encode()
    again = parse(written)
    assert again.encode() == written
    message.headers.remove("Content-Length")
    again.headers.remove("Content-Length")
    assert again == message


@given(
    st.lists(st.tuples(st.sampled_from(["Subject", "X-Data", "Contact", "Route", "Warning"]), TEXT), max_size=20),
    st.binary(max_size=100),
)
def test_a_message_of_ours_is_read_as_it_was_made(rows: list[tuple[str, str]], body: bytes) -> None:
    needed = [
        ("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"),
        ("From", "<sip:a@b>;tag=1"),
        ("To", "<sip:c@d>"),
        ("Call-ID", "x"),
        ("CSeq", "1 INVITE"),
    ]
    ours = Request("INVITE", "sip:c@d", Headers([*needed, *((name, value.strip(" \t")) for name, value in rows)]), body)
    read = parse(ours.encode())
    read.headers.remove("Content-Length")
    assert read == ours


@given(TEXT, TEXT.filter(bool), st.dictionaries(st.sampled_from(["a", "b", "x-c"]), st.none() | TEXT, max_size=3))
def test_a_uri_of_any_characters_is_read_as_it_was_made(
    user: str, host_user: str, params: dict[str, str | None]
) -> None:
    uri = Uri("sip", "example.com", user, 5060, host_user, params)
    assert Uri.parse(str(uri)) == uri


@given(TEXT, st.dictionaries(st.sampled_from(["tag", "q", "x-c"]), st.none() | TEXT, max_size=3))
def test_an_address_of_any_characters_is_read_as_it_was_made(display: str, params: dict[str, str | None]) -> None:
    address = NameAddr(display, "sip:a@b", params)
    assert NameAddr.parse(str(address)) == address


@given(st.text(max_size=60) | TEXT.map(lambda text: f'Digest realm="r", nonce="n", {text}'))
def test_any_challenge_is_answered_or_refused(value: str) -> None:
    try:
        challenge = Challenge.parse(value)
    except ValueError:
        return
    value_sent = authorize([challenge], Credentials("u", "p"), "INVITE", "sip:a", b"", "c", 1)
    assert value_sent is None or value_sent.startswith('Digest username="u"')


@given(st.lists(mutated(), max_size=3))
def test_a_ladder_is_drawn_of_anything(messages: list[bytes]) -> None:
    traces = [Trace(float(at), at % 2 == 0, "peer", message) for at, message in enumerate(messages)]
    assert len(draw_text(traces).splitlines()) == len(messages) + 1
    assert draw_svg(traces).isascii()
