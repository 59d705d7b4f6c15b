from xml.etree import ElementTree as ET

from ringback.wire.sip.ladder import Trace, draw_svg, draw_text
from ringback.wire.sip.message import Headers, Request, response_to

INVITE = Request(
    "INVITE",
    "sip:bob@192.0.2.2",
    Headers(
        [
            ("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"),
            ("From", "<sip:a@192.0.2.1>;tag=1"),
            ("To", "<sip:bob@192.0.2.2>"),
            ("Call-ID", "1"),
            ("CSeq", "1 INVITE"),
            ("Content-Type", "application/sdp"),
        ]
    ),
    b"v=0\r\n",
)
ONE, OTHER = "192.0.2.2:5060", "192.0.2.3:5060"
TRACES = [
    Trace(100.0, sent=True, peer=ONE, message=INVITE.encode()),
    Trace(100.5, sent=True, peer=ONE, message=INVITE.encode()),
    Trace(100.512, sent=False, peer=ONE, message=response_to(INVITE, 180).encode()),
    Trace(101.0, sent=True, peer=OTHER, message=INVITE.encode()),
    Trace(101.25, sent=False, peer=OTHER, message=response_to(INVITE, 481).encode()),
]
SVG = "{http://www.w3.org/2000/svg}"


def test_a_ladder_in_text() -> None:
    first, second = "              |", "                                           |"
    names = ["    time", "ringback".rjust(18), "192.0.2.2:5060".rjust(47), "192.0.2.3:5060".rjust(44)]
    assert draw_text(TRACES).splitlines() == [
        "".join(names),
        f"   0.000{first}-------------- INVITE (SDP) -------------->|{second}",
        f"   0.500{first}----------- INVITE (SDP) again ----------->|{second}",
        f"   0.512{first}<-------------- 180 Ringing ---------------|{second}",
        f"   1.000{first}{'-' * 44}-------------- INVITE (SDP) -------------->|",
        f"   1.250{first}<{'-' * 43}------ 481 Call/Transaction Does... -------|",
    ]


def test_lines_stay_aligned_with_the_longest_label_after_hours() -> None:
    message = response_to(INVITE, 200, "x" * 5000)
    message.headers.add("Content-Type", "application/sdp")
    message.body = b"v=0\r\n"
    traces = [Trace(at, sent=False, peer="p" * 500, message=message.encode()) for at in (0.0, 99999.0)]
    lines = draw_text(traces).splitlines()[1:]
    assert lines[1].startswith("99999.000 ")
    assert "200 xxx" in lines[1]
    assert lines[1].endswith("... (SDP) again -|")
    assert len(lines[0]) == len(lines[1])


def test_no_messages_make_an_empty_ladder() -> None:
    assert draw_text([], us="us").split() == ["time", "us"]
    assert ET.fromstring(draw_svg([], us="us")).tag == f"{SVG}svg"  # noqa: S314 - our own drawing


def test_what_a_far_end_says_cannot_act_on_a_terminal_or_a_browser() -> None:
    hostile = Trace(0.0, sent=False, peer='<b>"&', message=b"\r\n\x1b[31m<svg onload='x'>\xff\r\n\r\n")
    text, svg = draw_text([hostile]), draw_svg([hostile], us="<us>")
    assert text.replace("\n", "").isprintable()
    assert "? ?[31m<svg" in text
    texts = [element.text for element in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - our own drawing
    assert texts[:2] == ["<us>", '<b>"&']
    assert "<svg onload" not in svg


def test_a_ladder_as_svg_has_a_line_for_each_message() -> None:
    root = ET.fromstring(draw_svg(TRACES))  # noqa: S314 - our own drawing
    arrows = [line for line in root.iter(f"{SVG}line") if "marker-end" in line.attrib]
    assert len(arrows) == len(TRACES)
    sent, received = arrows[0].attrib, arrows[2].attrib
    assert (sent["x1"], sent["x2"]) == (received["x2"], received["x1"])
    assert int(arrows[3].attrib["x2"]) > int(sent["x2"])
    labels = [element.text for element in root.iter(f"{SVG}text")]
    assert "INVITE (SDP) again" in labels
