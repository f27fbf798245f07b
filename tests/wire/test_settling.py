"""A limit that nobody told the throttle: how near it comes, what it is refused on the way, how it follows a change."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from pim_wire.retry import throttled_waits
from pim_wire.throttle import Throttle

ANSWER_SECONDS = 0.05


@dataclass
class Service:
    """Counts as one of three kinds of window does."""

    per_minute: int
    kind: str
    seconds: float = 60.0
    taken: deque[float] = field(default_factory=deque)
    tokens: float = 0.0
    since: float = 0.0

    def admits(self, now: float) -> bool:
        """Whether one more request is within the limit."""
        most = self.per_minute * self.seconds / 60
        if self.kind == "token":
            self.tokens = min(most, self.tokens + (now - self.since) * self.per_minute / 60)
            self.since = now
            self.tokens -= (good := self.tokens >= 1)
            return good
        start = now - self.seconds if self.kind == "sliding" else now // self.seconds * self.seconds
        while self.taken and self.taken[0] <= start:
            self.taken.popleft()
        if len(self.taken) >= most:
            return False
        self.taken.append(now)
        return True


def ask(throttle: Throttle, service: Service, clock: Any, minutes: float) -> tuple[float, float]:
    """Requests admitted a minute, and the share that was refused, while one worker asks without a break."""
    waits: Iterator[float] = throttled_waits()
    end, good, bad = clock.now() + minutes * 60, 0, 0
    while clock.now() < end:
        throttle.take()
        clock.pass_by(ANSWER_SECONDS)
        if service.admits(clock.now()):
            throttle.went_well()
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
    used, refused = ask(throttle, service, fake_clock, 90)
    assert 0.9 * allowed <= used <= 1.02 * allowed
    assert refused <= 0.01
    assert refused_first <= 0.03


@pytest.mark.parametrize("kind", ["sliding", "token"])
@pytest.mark.parametrize(("before", "after"), [(300, 150), (150, 300)])
def test_it_follows_a_limit_that_changes(kind: str, before: int, after: int, fake_clock: Any) -> None:
    """Ten minutes after the limit was doubled, two after it was halved, the new one is used like the old one."""
    throttle, service = Throttle(600, fake_clock), Service(before, kind)
    ask(throttle, service, fake_clock, 60)
    service.per_minute = after
    _, refused_meanwhile = ask(throttle, service, fake_clock, 10 if after > before else 2)
    used, refused = ask(throttle, service, fake_clock, 60)
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
    used, refused = ask(throttle, service, fake_clock, 90)
    assert used >= 0.9 * allowed
    assert refused <= 0.01


@pytest.mark.parametrize(("configured", "allowed"), [(600, 300), (1000, 300), (300, 290), (1000, 600)])
def test_what_a_minute_carried_is_no_place_to_search_below(configured: int, allowed: int, fake_clock: Any) -> None:
    """The first quarter of an hour already uses nine tenths: the first refusal told how much a minute takes."""
    used, refused = ask(Throttle(configured, fake_clock), Service(allowed, "sliding"), fake_clock, 15)
    assert used >= 0.9 * allowed
    assert refused <= 0.01
