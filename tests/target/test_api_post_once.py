"""A POST is carried out once, whatever the answers are."""

from typing import Any

import pytest

from pim_wire.errors import StopRun, Unclear
from target_micropim.api.post_once import PostOnce, seconds_until_shown
from target_micropim.errors import RecordRejected


def answers(*given: Any) -> Any:
    """Gives the answers one by one; exceptions are raised."""
    rest = iter(given)

    def act() -> Any:
        found = next(rest)
        if isinstance(found, Exception):
            raise found
        return found

    return act


class Time:
    """Seconds that pass by waiting."""

    def __init__(self) -> None:
        self.passed = 0.0

    def wait(self, seconds: float) -> None:
        """Let them pass."""
        self.passed += seconds

    def now(self) -> float:
        """Seconds so far."""
        return self.passed


def once_within(most: float) -> tuple[PostOnce, Time]:
    """A PostOnce that waits so long at most, and its time."""
    time = Time()
    return PostOnce(time.wait, time.now, most), time


def test_a_post_is_repeated_only_when_what_was_made_would_show() -> None:
    """Look, wait, look again until the time is over, post again: a slow server may still be at it."""
    log: list[str] = []
    once, time = once_within(600)
    post = answers(Unclear("?"), "made")

    def look() -> None:
        log.append(f"look at {time.passed:.0f}")

    assert once.post(lambda: (log.append("post"), post())[1], look, 3, 10) == "made"
    assert log == ["post", "look at 0", "look at 1", "look at 3", "look at 7", "look at 10", "post"]


def test_what_appears_while_waiting_is_taken() -> None:
    """The second look finds it: no second POST."""
    once, _time = once_within(600)
    assert once.post(answers(Unclear("?")), answers(None, "late"), 3) == "late"


def test_no_second_post_where_there_is_no_time_to_know() -> None:
    """The record is a reject of this run, and the next one looks again."""
    once, time = once_within(15)
    with pytest.raises(RecordRejected, match="not made"):
        once.post(answers(Unclear("?")), lambda: None, 3)
    assert time.passed <= 15


@pytest.mark.parametrize(("seen", "seconds"), [(None, 120), (0.0, 2), (0.5, 2), (30.0, 60)])
def test_what_was_seen_decides_how_long_is_looked(seen: float | None, seconds: float) -> None:
    """Twice what was needed at most so far; two minutes where nothing was seen."""
    assert seconds_until_shown(seen) == seconds


def test_ten_fruitless_posts_in_a_row_stop_the_run() -> None:
    """One success in between and the count begins again."""
    once, _time = once_within(600)

    def fruitless() -> None:
        once.post(answers(Unclear("500")), lambda: None, 1)

    for _ in range(9):
        with pytest.raises(RecordRejected):
            fruitless()
    assert once.post(lambda: "well", lambda: None, 1) == "well"
    for _ in range(9):
        with pytest.raises(RecordRejected):
            fruitless()
    with pytest.raises(StopRun, match="10 in a row"):
        fruitless()
