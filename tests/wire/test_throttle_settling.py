"""A throttle whose setting is above the service's limit: how close it gets, what is refused, how it follows changes."""

from collections.abc import Iterator
from typing import Any

import pytest

from pim_wire.retry import throttled_waits
from pim_wire.throttle import LocalPaceStore, Throttle
from tests.wire.simulated_services import Seen, Service, TogetherClock, Workers

ANSWER_SECONDS = 0.05


def ask(throttle: Throttle, service: Service, clock: Any, minutes: float) -> tuple[float, float]:
    """Requests admitted a minute, and the share that was refused, while one worker asks without a break."""
    waits: Iterator[float] = throttled_waits()
    end, good, bad = clock.now() + minutes * 60, 0, 0
    while clock.now() < end:
        throttle.take()
        clock.pass_by(ANSWER_SECONDS)
        if service.admits(clock.now()):
            throttle.succeeded()
            good, waits = good + 1, throttled_waits()
        else:
            throttle.refused(next(waits))
            bad += 1
    return good / minutes, bad / (good + bad)


@pytest.mark.parametrize("kind", ["sliding", "token"])
@pytest.mark.parametrize(("configured", "allowed"), [(600, 300), (600, 60), (120, 100), (1000, 300), (300, 290)])
def test_it_settles_within_a_tenth_of_an_unknown_limit(
    kind: str, configured: int, allowed: int, fake_clock: Any
) -> None:
    """After a quarter of an hour at least nine tenths of the limit are used; at most 1 % is refused, the start too."""
    throttle, service = Throttle(configured, fake_clock), Service(allowed, kind)
    _, refused_first = ask(throttle, service, fake_clock, 15)
    used, refused = ask(throttle, service, fake_clock, 45)
    assert 0.9 * allowed <= used <= 1.02 * allowed
    assert refused <= 0.01
    assert refused_first <= 0.03


@pytest.mark.parametrize("kind", ["sliding", "token"])
@pytest.mark.parametrize(("before", "after"), [(300, 150), (150, 300)])
def test_it_follows_a_limit_that_changes(kind: str, before: int, after: int, fake_clock: Any) -> None:
    """Ten minutes after the limit was doubled, two after it was halved, the new one is used like the old one."""
    throttle, service = Throttle(600, fake_clock), Service(before, kind)
    ask(throttle, service, fake_clock, 30)
    service.per_minute = after
    _, refused_meanwhile = ask(throttle, service, fake_clock, 10 if after > before else 2)
    used, refused = ask(throttle, service, fake_clock, 30)
    assert 0.9 * after <= used <= 1.02 * after
    assert refused <= 0.01
    assert refused_meanwhile <= 0.02


@pytest.mark.parametrize(("kind", "seconds"), [("sliding", 10), ("fixed", 10), ("fixed", 60)])
@pytest.mark.parametrize(("configured", "allowed"), [(600, 300), (2400, 600)])
def test_other_windows_are_settled_in_as_well(
    kind: str, seconds: float, configured: int, allowed: int, fake_clock: Any
) -> None:
    """A pause of five seconds weighs more where windows are short or fixed, so a limit is not touched often."""
    throttle, service = Throttle(configured, fake_clock), Service(allowed, kind, seconds)
    ask(throttle, service, fake_clock, 15)
    used, refused = ask(throttle, service, fake_clock, 45)
    assert used >= 0.9 * allowed
    assert refused <= 0.01


@pytest.mark.parametrize(("configured", "allowed"), [(600, 300), (1000, 300), (300, 290), (1000, 600)])
def test_what_a_minute_carried_is_no_place_to_search_below(configured: int, allowed: int, fake_clock: Any) -> None:
    """The first quarter of an hour already uses nine tenths: the first refusal told how much a minute takes."""
    used, refused = ask(Throttle(configured, fake_clock), Service(allowed, "sliding"), fake_clock, 15)
    assert used >= 0.9 * allowed
    assert refused <= 0.01


ANSWERS = pytest.mark.parametrize(("answer", "work"), [(0.02, 0.0), (0.08, 0.0), (0.25, 0.0), (0.25, 0.15)])
WINDOWS = pytest.mark.parametrize(
    ("kind", "seconds"), [("sliding", 60), ("token", 60), ("fixed", 60), ("sliding", 10), ("fixed", 10)]
)


def four(kind: str, seconds: float, answer: float, work: float, *phases: tuple[int, float]) -> list[Seen]:
    """Four workers whose settings allow four times the limit."""
    clock = TogetherClock()
    throttle, service = Throttle(2400, clock), Service(phases[0][0], kind, seconds)
    return Workers([throttle], service, clock, answer, work).run(phases)


@ANSWERS
@WINDOWS
def test_with_four_in_flight_hardly_more_is_refused(kind: str, seconds: float, answer: float, work: float) -> None:
    """The first minutes and the search included: under 1 %, though a touch meets all in flight.

    But for three minutes: the limit halves, windows are fixed and answers slow; eight or nine refusals of 700.
    """
    first, halved, later, doubled = four(kind, seconds, answer, work, (600, 6), (300, 3), (300, 10), (600, 10))
    assert first.share <= 0.01
    assert halved.share <= (0.012 if kind == "fixed" and answer == 0.25 else 0.01)
    assert later.share <= 0.01
    assert doubled.share <= 0.01
    assert min(first.used, later.used, doubled.used) >= 0.85
    assert later.used >= 0.9


@ANSWERS
def test_after_a_pause_one_tries_for_all(answer: float, work: float) -> None:
    """The window is full of what the old limit allowed: whatever is in flight is refused once, then one at a time."""
    _, halved = four("sliding", 60, answer, work, (600, 6), (300, 1))
    assert halved.refused <= 4 + 3


@pytest.mark.parametrize("work", [0.05, 0.055, 0.06, 0.07])
def test_a_first_search_that_is_short_does_not_end_too_high(work: float) -> None:
    """Refused before its first minute was over, and once more: what was carried is the limit, not the pace of then.

    The pace went back to what was refused, and a second touch, a minute later, cost a quarter of that minute.
    """
    _, settled = four("sliding", 60, 0.25, work, (600, 1.25), (600, 2))
    assert settled.refused <= 1  # one touch, to learn whether more is allowed by now
    assert settled.used >= 0.9


def test_what_one_process_tries_three_wait_for() -> None:
    """Twelve requests in flight, four of each process: one of them tries, and what all carried counts."""
    clock = TogetherClock()
    store = LocalPaceStore(clock)
    three = [Throttle(2400, clock, store=store) for _ in range(3)]
    service = Service(600, "sliding")
    first, halved, later = Workers(three, service, clock, 0.25).run([(600, 8), (300, 3), (300, 10)])
    assert max(first.share, halved.share, later.share) <= 0.01
    assert min(first.used, later.used) >= 0.9


@pytest.mark.parametrize(("answer", "work"), [(0.02, 0.45), (0.08, 0.4), (0.25, 0.3)])
def test_a_limit_that_halves_before_it_was_ever_touched(answer: float, work: float) -> None:
    """The workers had other things to do and never met the first limit: the search begins at what they used."""
    never, halved, later = four("sliding", 60, answer, work, (600, 3), (300, 3), (300, 10))
    assert never.refused == 0
    assert halved.refused <= 7
    assert later.share <= 0.01
    assert later.used >= 0.9
