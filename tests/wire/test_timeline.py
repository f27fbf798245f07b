"""Requests and waits over time: nothing is lost, and the memory is the same for a minute and for a week."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pim_wire.errors import Interrupted
from pim_wire.throttle import Throttle
from pim_wire.timeline import BUCKETS, Timeline
from tests.support.examples import examples

MakeClock = Callable[[], Any]


@examples(60)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["reads", "writes", "pace", "rest"]), st.floats(0, 40_000)), min_size=1, max_size=60
    )
)
def test_no_sum_is_lost_and_no_bucket_too_many(steps: list[tuple[str, float]], make_clock: MakeClock) -> None:
    """However long it lasts: the series add up to what happened, in at most BUCKETS buckets that cover the time."""
    clock = make_clock()
    began = clock.now()
    timeline = Timeline(clock)
    for kind, seconds in steps:
        if kind == "pace":
            with timeline.waiting(kind):
                clock.pass_by(seconds)
        elif kind == "rest":
            clock.pass_by(seconds)
        else:
            timeline.count(kind)
    shown = timeline.shown()
    assert all(len(sums) <= BUCKETS for sums in shown["series"].values())
    assert len({len(sums) for sums in shown["series"].values()}) <= 1
    assert shown["bucket_seconds"] * BUCKETS > clock.now() - began
    for kind in {"reads", "writes"} & set(shown["series"]):
        assert sum(shown["series"][kind]) == sum(step[0] == kind for step in steps)
    waited = sum(seconds for kind, seconds in steps if kind == "pace")
    assert timeline.total("pace") == pytest.approx(waited, abs=1e-6)
    assert sum(shown["series"].get("pace", [])) == pytest.approx(waited, abs=0.1)
    assert all(amount <= shown["bucket_seconds"] + 0.001 for amount in shown["series"].get("pace", []))


def test_a_wait_lies_where_it_was(fake_clock: Any) -> None:
    """Two seconds and a half from 1.5 on: half a second, one, one."""
    timeline = Timeline(fake_clock)
    fake_clock.pass_by(1.5)
    with timeline.waiting("failing"):
        fake_clock.pass_by(2.5)
    timeline.count("reads")
    assert timeline.shown()["series"] == {"failing": [0, 0.5, 1, 1, 0], "reads": [0, 0, 0, 0, 1]}


def test_a_wait_that_is_ended_counts_as_long_as_it_lasted(fake_clock: Any) -> None:
    """A quarter of an hour was asked for; a signal came after three seconds."""
    timeline = Timeline(fake_clock)

    def wait_until_stopped() -> None:
        with timeline.waiting("asked"):
            fake_clock.pass_by(3)
            raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        wait_until_stopped()
    assert timeline.total("asked") == 3


def test_the_throttle_tells_pace_from_pauses_that_were_asked_for(fake_clock: Any) -> None:
    """Sixty turns at sixty a minute are pace; a Retry-After is not."""
    timeline = Timeline(fake_clock)
    throttle = Throttle(60, fake_clock, timeline, "writes")
    for _ in range(60):
        throttle.take()
    pace = timeline.total("pace")
    assert pace == pytest.approx(throttle.tally.waited_seconds, abs=0.01)
    assert timeline.total("asked") == 0
    throttle.refused(30)
    throttle.take()
    assert timeline.total("asked") == pytest.approx(30)
    assert timeline.total("writes") == 61
    assert timeline.total("refused") == 1
