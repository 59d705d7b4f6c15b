from ringback.wire.sip.timers import SWEEP_FROM, Timers


def test_timers_fire_in_their_order_and_once() -> None:
    timers = Timers()
    fired: list[tuple[str, float]] = []
    timers.start(2.0, lambda now: fired.append(("late", now)))
    timers.start(1.0, lambda now: fired.append(("early", now)))
    assert timers.next() == 1.0
    timers.run(0.5)
    assert fired == []
    timers.run(3.0)
    timers.run(9.0)
    assert fired == [("early", 3.0), ("late", 3.0)]
    assert timers.next() is None
    assert len(timers) == 0


def test_timers_of_one_moment_fire_as_they_were_started() -> None:
    timers = Timers()
    fired: list[int] = []
    for number in range(5):
        timers.start(1.0, lambda _now, number=number: fired.append(number))  # type: ignore[misc]
    timers.run(1.0)
    assert fired == [0, 1, 2, 3, 4]


def test_a_stopped_timer_does_not_fire() -> None:
    timers = Timers()
    fired: list[float] = []
    timer = timers.start(1.0, fired.append)
    timers.stop(timer)
    timers.stop(timer)
    timers.stop(None)
    assert len(timers) == 0
    assert timers.next() is None
    timers.run(2.0)
    assert fired == []


def test_a_timer_that_fired_can_be_stopped_without_harm() -> None:
    timers = Timers()
    timer = timers.start(1.0, lambda _now: None)
    timers.run(1.0)
    timers.stop(timer)
    timers.start(2.0, lambda _now: None)
    assert len(timers) == 1


def test_a_timer_may_start_and_stop_others() -> None:
    timers = Timers()
    fired: list[float] = []
    victim = timers.start(1.5, fired.append)

    def act(now: float) -> None:
        timers.stop(victim)
        timers.start(now, fired.append)
        timers.start(now + 1, fired.append)

    timers.start(1.0, act)
    timers.run(2.0)
    assert fired == [2.0]
    assert timers.next() == 3.0


def test_stopped_timers_are_swept_out() -> None:
    timers = Timers()
    kept = timers.start(1e6, lambda _now: None)
    for _ in range(20):
        for timer in [timers.start(1000.0, lambda _now: None) for _ in range(SWEEP_FROM)]:
            timers.stop(timer)
    assert len(timers._heap) <= 2 * SWEEP_FROM + 2
    assert len(timers) == 1
    assert timers.next() == kept.due
