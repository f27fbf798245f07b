"""The throttle: an even pace that no window counts as too much."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pim_wire.errors import Interrupted
from pim_wire.throttle import Throttle
from tests.support.examples import examples

MakeClock = Callable[[], Any]


def turns(throttle: Throttle, clock: Any, count: int) -> list[float]:
    """When each of the next turns was given."""
    times = []
    for _ in range(count):
        throttle.take()
        times.append(clock.now())
    return times


def most_in_a_minute(times: list[float]) -> int:
    """The largest number of turns within any 60 seconds; the throttle counts in milliseconds."""
    return max(sum(start <= at < start + 59.998 for at in times) for start in times)


@examples(40)
@given(limit=st.integers(1, 400), pauses=st.lists(st.floats(0, 90), max_size=12), bursts=st.integers(1, 40))
def test_no_minute_ever_holds_more_than_the_limit(
    limit: int, pauses: list[float], bursts: int, make_clock: MakeClock
) -> None:
    """Whatever the caller does in between, in any 60 seconds at most ``limit`` turns are given."""
    clock = make_clock()
    throttle = Throttle(limit, clock)
    times = []
    for pause in [0.0, *pauses]:
        clock.pass_by(pause)
        times += turns(throttle, clock, bursts)
    assert most_in_a_minute(times) <= limit


@pytest.mark.parametrize("limit", [1, 2, 5, 19, 20, 21, 60, 100, 120, 1000])
def test_the_allowed_rate_is_used(limit: int, fake_clock: Any) -> None:
    """A throttle that is never refused gives at least 95 % of its limit, evenly."""
    times = turns(Throttle(limit, fake_clock), fake_clock, 4 * limit + 4)
    assert times[-1] - times[0] <= (4 * limit + 3) * 60 / limit / 0.949  # turns are given in full milliseconds
    assert most_in_a_minute(times) <= limit
    gaps = [later - earlier for earlier, later in zip(times[limit:], times[limit + 1 :], strict=False)]
    assert max(gaps) <= 2 * 60 / limit + 0.1


def pace(throttle: Throttle, clock: Any) -> float:
    """Turns a minute, now."""
    turns(throttle, clock, 12)
    times = turns(throttle, clock, 12)
    return 11 * 60 / (times[-1] - times[0])


def test_a_refusal_halves_the_pace_and_good_answers_bring_it_back(fake_clock: Any) -> None:
    """After 429 the pace is half; it rises in steps to the full pace, and never beyond."""
    throttle = Throttle(100, fake_clock)
    full = pace(throttle, fake_clock)
    throttle.refused(10)
    half = pace(throttle, fake_clock)
    assert half == pytest.approx(full / 2, rel=0.1)
    paces = [half]
    for _ in range(20):
        for _ in range(40):
            throttle.succeeded()
        paces.append(pace(throttle, fake_clock))
    assert all(later >= 0.97 * earlier for earlier, later in itertools.pairwise(paces))
    assert paces[-1] == pytest.approx(full, rel=0.02)


def test_a_refusal_keeps_everybody_waiting(fake_clock: Any) -> None:
    """Nobody gets a turn before the wait the service asked for is over, and a shorter second one changes nothing."""
    throttle = Throttle(100, fake_clock)
    throttle.refused(30)
    throttle.refused(5)
    start = fake_clock.now()
    throttle.take()
    assert fake_clock.now() - start >= 30
    assert throttle.tally.refused == 2


def test_several_refusals_at_once_count_as_one(fake_clock: Any) -> None:
    """Workers that are refused together halve the pace once, not once each."""
    throttle = Throttle(100, fake_clock)
    full = pace(throttle, fake_clock)
    for _ in range(4):
        throttle.refused(10)
    assert pace(throttle, fake_clock) == pytest.approx(full / 2, rel=0.1)


def test_the_pace_never_falls_to_nothing(fake_clock: Any) -> None:
    """However often it is refused, a turn comes within a bounded time."""
    throttle = Throttle(100, fake_clock)
    for _ in range(50):
        throttle.refused(1)
        fake_clock.pass_by(2)
    start = fake_clock.now()
    turns(throttle, fake_clock, 3)
    assert fake_clock.now() - start <= 3 * 16


def test_a_stop_ends_the_wait_for_a_turn(fake_clock: Any) -> None:
    """A process that is told to stop does not wait for its turn."""
    throttle = Throttle(1, fake_clock)
    throttle.take()
    fake_clock.stop()
    with pytest.raises(Interrupted):
        throttle.take()


def test_it_tells_how_much_of_the_minute_is_used(fake_clock: Any) -> None:
    """Turns of the last 60 seconds count, older ones do not."""
    throttle = Throttle(100, fake_clock)
    turns(throttle, fake_clock, 30)
    assert throttle.used_in_last_minute() == 30
    fake_clock.pass_by(55)
    turns(throttle, fake_clock, 3)
    assert 3 < throttle.used_in_last_minute() < 33
    fake_clock.pass_by(60)
    assert throttle.used_in_last_minute() == 0


def test_a_wait_is_told_before_it_begins(fake_clock: Any) -> None:
    """Who watches learns how long the next turn takes."""
    waits: list[tuple[float, float]] = []
    throttle = Throttle(10, fake_clock, on_wait=lambda seconds: waits.append((fake_clock.now(), seconds)))
    times = turns(throttle, fake_clock, 3)
    assert waits
    assert sum(seconds for _, seconds in waits) == pytest.approx(times[-1] - times[0])
