import pytest

from ringback.media.wheel import LENGTHS, MAX_LATE, SLOT_NS, SLOTS, Wheel

MS = 1_000_000


class Leg:
    def __init__(self) -> None:
        """Nothing was due yet."""
        self.ticks: list[int] = []
        self.skipped = 0

    def tick(self, now_ns: int) -> None:
        self.ticks.append(now_ns)

    def skip(self, slots: int) -> None:
        self.skipped += slots


def turned(wheel: Wheel, first_ms: int, last_ms: int) -> None:
    for now in range(first_ms, last_ms):
        wheel.turn(now * MS)


@pytest.mark.parametrize("packet_ms", LENGTHS)
def test_every_length_is_paced_exactly(packet_ms: int) -> None:
    wheel, leg = Wheel(0), Leg()
    wheel.place(leg, packet_ms)
    turned(wheel, 0, 600)
    assert len(leg.ticks) == 600 // packet_ms
    assert {two - one for one, two in zip(leg.ticks, leg.ticks[1:], strict=False)} == {packet_ms * MS}


def test_many_legs_are_spread_over_the_slots() -> None:
    wheel = Wheel(0)
    legs = [Leg() for _ in range(8)]
    for leg in legs:
        wheel.place(leg, 20)
    turned(wheel, 0, 20)
    assert sorted(leg.ticks[0] // SLOT_NS for leg in legs) == [0, 0, 1, 1, 2, 2, 3, 3]


def test_lateness_does_not_add_up() -> None:
    wheel, leg = Wheel(0), Leg()
    wheel.place(leg, 20)
    for now in range(0, 2000, 7):  # looks at the clock at odd times
        wheel.turn(now * MS)
    assert len(leg.ticks) == 100
    assert leg.skipped == 0


def test_a_short_standstill_is_made_up_for() -> None:
    wheel, leg = Wheel(0), Leg()
    wheel.place(leg, 20)
    wheel.turn(0)
    wheel.turn(MAX_LATE * SLOT_NS)
    assert len(leg.ticks) == 6


def test_after_a_long_standstill_the_time_is_left_out() -> None:
    wheel, leg = Wheel(0), Leg()
    wheel.place(leg, 20)
    wheel.turn(0)
    wheel.turn(10_000 * MS)
    assert len(leg.ticks) <= 2
    assert leg.skipped * SLOT_NS == pytest.approx(10_000 * MS, abs=20 * MS)
    turned(wheel, 10_001, 10_101)
    assert len(leg.ticks) in (6, 7)


def test_an_empty_wheel_waits_for_nothing_and_starts_at_the_present() -> None:
    wheel, leg = Wheel(0), Leg()
    assert wheel.wait_ns(0) is None
    wheel.turn(5_000 * MS)
    wheel.place(leg, 20)
    assert wheel.wait_ns(5_000 * MS) == 0
    turned(wheel, 5_000, 5_020)
    assert len(leg.ticks) == 1
    assert leg.skipped == 0


def test_the_next_slot_is_waited_for() -> None:
    wheel, leg = Wheel(0), Leg()
    wheel.place(leg, 20)
    wheel.turn(0)
    assert wheel.wait_ns(2 * MS) == 3 * MS


def test_what_was_removed_is_paced_no_more() -> None:
    wheel, leg, other = Wheel(0), Leg(), Leg()
    wheel.place(leg, 20)
    wheel.place(other, 20)
    turned(wheel, 0, 20)
    wheel.remove(leg)
    wheel.remove(leg)
    turned(wheel, 20, 120)
    assert (len(leg.ticks), len(other.ticks)) == (1, 6)


def test_a_leg_that_is_placed_again_has_its_new_pace_alone() -> None:
    wheel, leg = Wheel(0), Leg()
    wheel.place(leg, 20)
    wheel.place(leg, 60)
    turned(wheel, 0, SLOTS * 5)
    assert len(leg.ticks) == 2


def test_a_leg_may_leave_the_wheel_in_its_own_tick() -> None:
    wheel, other = Wheel(0), Leg()

    class Leaving(Leg):
        def tick(self, now_ns: int) -> None:
            super().tick(now_ns)
            wheel.remove(self)

    leg = Leaving()
    wheel.place(leg, 20)
    for _ in range(4):
        wheel.place(other, 20)
    turned(wheel, 0, 120)
    assert (len(leg.ticks), len(other.ticks)) == (1, 6)
