import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.wire.rtp.telephone_event import DIGITS, LOST_END, MAX_PENDING, DigitReceiver, DigitSender

Sent = tuple[bytes, bool, int]


def stream(digits: str, samples: int = 160) -> list[Sent | None]:
    """Give what a sender makes of its packets until it is done."""
    sender = DigitSender()
    sender.press(digits)
    packets: list[Sent | None] = []
    while sender.busy:
        packets.append(sender.next(samples))
    return packets


def on_the_wire(digits: str, start: int = 0) -> list[tuple[bytes, int]]:
    """Give payload and timestamp of every event packet of a stream of 20 ms packets."""
    sent = enumerate(stream(digits))
    return [(event[0], (start + 160 * index - event[2]) % 2**32) for index, event in sent if event is not None]


def test_a_press_of_100_ms_is_five_steps_and_an_end_sent_three_times() -> None:
    packets = stream("5")
    assert [packet and (packet[0].hex(" ", 2), packet[1], packet[2]) for packet in packets] == [
        ("050a 00a0", True, 0),
        ("050a 0140", False, 160),
        ("050a 01e0", False, 320),
        ("050a 0280", False, 480),
        ("058a 0320", False, 640),
        ("058a 0320", False, 800),
        ("058a 0320", False, 960),
        None,
        None,
        None,
    ]


def test_packets_of_another_length_end_at_the_same_time() -> None:
    durations = [int.from_bytes(packet[0][2:], "big") for packet in stream("1", samples=240) if packet is not None]
    assert durations == [240, 480, 720, 800, 800, 800]


def test_two_digits_are_200_ms_apart() -> None:
    assert [index for index, packet in enumerate(stream("1#")) if packet is not None and packet[1]] == [0, 10]


def test_the_codes_of_the_digits_are_those_of_the_rfc() -> None:
    codes = [payload[0] for payload, _ in on_the_wire(DIGITS)]
    assert sorted(set(codes)) == list(range(16))
    assert dict(zip("0*#AD", (0, 10, 11, 12, 15), strict=True)) == {digit: DIGITS.index(digit) for digit in "0*#AD"}


def test_what_is_no_digit_is_not_sent_and_the_queue_is_bounded() -> None:
    assert stream("x \u0665") == []
    sender = DigitSender()
    sender.press("1" * (MAX_PENDING + 1))
    packets = 0
    while sender.busy:
        packets += sender.next(800) is not None
    assert packets == 3 * MAX_PENDING


@given(st.text(DIGITS, min_size=1, max_size=6), st.integers(0, 2**32 - 1), st.data())
def test_each_press_is_told_once_whatever_is_lost_or_repeated(digits: str, start: int, data: st.DataObject) -> None:
    receiver = DigitReceiver()
    told = ""
    for payload, timestamp in on_the_wire(digits, start):
        first = payload[2:] == b"\x00\xa0"  # one packet of each press comes through at least
        for _ in range(data.draw(st.integers(1 if first else 0, 2))):
            told += receiver.receive(payload, timestamp, 0.0)
    told += receiver.expire(LOST_END)
    assert told == digits


@given(st.randoms(use_true_random=False))
def test_a_press_is_told_once_in_any_order_of_its_packets(random: object) -> None:
    packets = on_the_wire("7")
    random.shuffle(packets)  # type: ignore[attr-defined] # hypothesis types it as the module's class
    receiver = DigitReceiver()
    told = "".join(receiver.receive(payload, timestamp, 0.0) for payload, timestamp in packets)
    assert told + receiver.expire(9.0) == "7"


def test_a_digit_is_told_with_its_end_and_not_before() -> None:
    receiver = DigitReceiver()
    told = [receiver.receive(payload, timestamp, 0.0) for payload, timestamp in on_the_wire("5")]
    assert told == ["", "", "", "", "5", "", ""]


def test_an_end_alone_is_a_press() -> None:
    assert DigitReceiver().receive(bytes.fromhex("0b8a0320"), 1000, 0.0) == "#"


def test_a_press_whose_end_was_lost_is_told_after_a_while() -> None:
    receiver = DigitReceiver()
    receiver.receive(bytes.fromhex("030a00a0"), 1000, 5.0)
    assert receiver.expire(5.0 + LOST_END - 0.01) == ""
    assert receiver.expire(5.0 + LOST_END) == "3"
    assert receiver.expire(9.0) == ""
    assert receiver.receive(bytes.fromhex("038a0320"), 1000, 9.0) == ""


def test_the_next_press_ends_one_whose_end_was_lost() -> None:
    receiver = DigitReceiver()
    receiver.receive(bytes.fromhex("030a00a0"), 1000, 0.0)
    assert receiver.receive(bytes.fromhex("048a0320"), 2600, 0.0) == "34"


def test_the_same_key_pressed_again_is_a_second_press() -> None:
    receiver = DigitReceiver()
    told = [receiver.receive(bytes.fromhex("038a0320"), timestamp, 0.0) for timestamp in (1000, 1000, 2600, 2600)]
    assert told == ["3", "", "3", ""]


def test_an_earlier_press_that_was_overtaken_is_told_once() -> None:
    receiver = DigitReceiver()
    receiver.receive(bytes.fromhex("040a00a0"), 2600, 0.0)
    assert receiver.receive(bytes.fromhex("038a0320"), 1000, 0.0) == "3"
    assert receiver.receive(bytes.fromhex("038a0320"), 1000, 0.0) == ""
    assert receiver.receive(bytes.fromhex("048a0320"), 2600, 0.0) == "4"


def test_a_key_held_for_longer_than_a_segment_is_one_press() -> None:
    # RFC 4733, section 2.5.1.3: the next segment begins where the duration ran full
    receiver = DigitReceiver()
    assert receiver.receive(bytes.fromhex("090affff"), 1000, 0.0) == ""
    assert receiver.receive(bytes.fromhex("090a00a0"), 1000 + 0xFFFF, 0.02) == ""
    assert receiver.receive(bytes.fromhex("098a0320"), 1000 + 0xFFFF, 0.1) == "9"


def test_a_new_stream_may_use_old_timestamps() -> None:
    receiver = DigitReceiver()
    assert receiver.receive(bytes.fromhex("038a0320"), 1000, 0.0) == "3"
    receiver.receive(bytes.fromhex("040a00a0"), 2600, 0.0)
    assert receiver.restart() == "4"
    assert receiver.receive(bytes.fromhex("058a0320"), 1000, 0.0) == "5"


@pytest.mark.parametrize("payload", [b"", b"\x05\x80\x03", bytes.fromhex("108a0320"), bytes.fromhex("ff8a0320")])
def test_what_is_no_digit_is_not_told(payload: bytes) -> None:
    receiver = DigitReceiver()
    assert receiver.receive(payload, 1000, 0.0) + receiver.expire(9.0) == ""


@given(st.lists(st.tuples(st.binary(max_size=8), st.integers(0, 2**32 - 1), st.floats(0, 100))))
def test_any_payloads_give_digits_or_nothing(packets: list[tuple[bytes, int, float]]) -> None:
    receiver = DigitReceiver()
    for payload, timestamp, now in packets:
        told = receiver.receive(payload, timestamp, now) + receiver.expire(now)
        assert set(told) <= set(DIGITS)
        assert len(told) <= 2
