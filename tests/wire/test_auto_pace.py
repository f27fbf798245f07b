"""A limit that is searched for: how soon it is used, what is refused on the way, and what the next run begins with."""

from dataclasses import dataclass

import pytest

from pim_wire import auto_pace
from pim_wire.throttle import LocalPaceStore, Throttle
from tests.wire.simulated_services import Service, TogetherClock, Workers

START = 60
MOST_REFUSED = 0.01
KINDS = ("sliding", "fixed", "token")


@dataclass(frozen=True)
class Search:
    """What came of one search: for each phase the minutes until nine tenths were used, and the share refused in all.

    ``used``: of the last limit, in the last four minutes.
    """

    minutes: list[float]
    refused: float
    used: float
    throttle: Throttle


def search(
    kind: str,
    phases: list[tuple[int, float]],
    *,
    found: int | None = None,
    processes: int = 1,
    answer: float = 0.05,
    is_told: bool = False,
) -> Search:
    """Four workers a process, against a service whose limit changes from phase to phase."""
    clock = TogetherClock()
    store, began = LocalPaceStore(clock), clock.now()
    throttles = [Throttle(auto_pace.rules(START, found), clock, store=store) for _ in range(processes)]
    workers = Workers(throttles, Service(phases[0][0], kind), clock, answer, is_told=is_told)
    workers.run(phases)
    minutes = []
    for limit, lasting in phases:
        moments = [at for at, good in workers.log if good and began <= at < began + 60 * lasting]
        minutes.append(reached(moments, began, limit))
        began += 60 * lasting
    refused = sum(not good for _, good in workers.log) / len(workers.log)
    used = sum(good and began - 240 <= at < began for at, good in workers.log) / 4 / phases[-1][0]
    return Search(minutes, refused, used, throttles[0])


def reached(moments: list[float], began: float, limit: int) -> float:
    """Minutes until the end of the first minute in which nine tenths of the limit were used."""
    most = round(0.9 * limit)
    windows = zip(moments, moments[most - 1 :], strict=False)
    return next(((last - began) / 60 for first, last in windows if last - first < 60), float("inf"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("limit", "is_told"), [(60, False), (60, True), (240, True), (900, False)])
def test_an_unknown_limit_is_used_within_ten_minutes(kind: str, limit: int, is_told: bool) -> None:
    """From 60 a minute on, nine tenths of it; at most one request in a hundred is refused on the way.

    Whether waits are those of Retry-After or our own; then it goes on just below.
    """
    found = search(kind, [(limit, 12)], is_told=is_told)
    assert found.minutes[0] <= 10
    assert found.refused <= MOST_REFUSED
    assert found.used >= 0.85
    assert 0.75 * limit <= (auto_pace.found_by(found.throttle.pace()) or 0) <= 1.5 * limit


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("phases", "is_told"), [([(60, 15), (240, 15), (900, 12)], False), ([(900, 10), (240, 12), (60, 15)], True)]
)
def test_a_limit_that_changes_in_the_middle_is_found_again(
    kind: str,
    phases: list[tuple[int, float]],
    is_told: bool,
) -> None:
    """Upwards and downwards, each within ten minutes."""
    found = search(kind, phases, is_told=is_told)
    assert max(found.minutes) <= 10
    assert found.refused <= MOST_REFUSED
    assert found.used >= 0.85


def test_processes_that_share_a_limit_search_together() -> None:
    """Three of them find what all together may send."""
    found = search("sliding", [(240, 12)], processes=3)
    assert found.minutes[0] <= 10
    assert found.refused <= MOST_REFUSED


def test_the_next_run_begins_with_what_was_found() -> None:
    """Nothing is searched for again, and nothing is refused."""
    found = search("sliding", [(240, 3)], found=240)
    assert found.minutes[0] <= 1.1
    assert found.refused == 0


def test_without_work_nothing_is_found() -> None:
    """Good answers to a few requests say nothing about many, to this run or to the next one."""
    clock = TogetherClock()
    throttle = Throttle(auto_pace.rules(START, None), clock)
    for _ in range(300):
        throttle.take()
        throttle.succeeded()
        clock.sleep(10)
    assert throttle.pace().share * auto_pace.CEILING <= START
    assert auto_pace.found_by(throttle.pace()) is None


def test_a_pace_that_has_held_is_found() -> None:
    """Full use of a minute, without a refusal: the next run begins there."""
    found = search("sliding", [(900, 2.6)])
    assert auto_pace.found_by(found.throttle.pace()) == int(1.8 * START)


def test_what_was_found_before_stands_while_there_is_no_work() -> None:
    """A quiet night does not make the next one slow."""
    clock = TogetherClock()
    throttle = Throttle(auto_pace.rules(START, 900), clock)
    for _ in range(300):
        throttle.take()
        throttle.succeeded()
        clock.sleep(10)
    assert auto_pace.found_by(throttle.pace()) == 900
