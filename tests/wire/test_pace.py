"""The rules of the pace, one by one and to the millisecond."""

import random
from bisect import bisect_left
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pim_wire.pace import (
    FORGOTTEN_AFTER_MS,
    Pace,
    after_refusal,
    after_successes,
    at,
    even_rate,
    next_turn,
    turns_in_last_minute,
)
from tests.support.examples import examples

NOW = 1_800_000_000_000
NEW = Pace(seen=NOW, since=NOW)


def waits(pace: Pace, per_minute: int, count: int) -> list[int]:
    """Milliseconds until each of the next turns, all asked for at once."""
    milliseconds = []
    for _ in range(count):
        pace, turn = next_turn(pace, per_minute)
        milliseconds.append(turn.pause + turn.wait)
    return milliseconds


STEP = st.tuples(st.sampled_from(["turn", "turns", "refused", "good"]), st.integers(0, 20_000))


@examples(60)
@given(limit=st.integers(1, 700), steps=st.lists(STEP, max_size=60))
def test_whatever_happens_no_minute_holds_more_than_the_limit(limit: int, steps: list[tuple[str, int]]) -> None:
    """Turns asked for at any time, refusals with any pause, good answers: as often and in any order.

    A longer pause voids the turns that are still waited for.
    """
    pace, now, turns = NEW, NOW, []
    for kind, passed in steps:
        now += passed
        pace = at(pace, now)
        if kind == "refused":
            pace = after_refusal(pace, limit, passed / 1000, passed % limit, answer_seconds=(passed % 7) / 10)
            turns = [(due, until) for due, until in turns if due <= now or until >= pace.paused_until]
        elif kind == "good":
            pace = after_successes(pace, 40)
        for _ in range({"turn": 1, "turns": 40}.get(kind, 0)):
            pace, turn = next_turn(pace, limit)
            turns.append((now + turn.pause + turn.wait, turn.paused_until))
    due = [moment for moment, _ in turns]
    assert all(bisect_left(due, start + 59_998) - place <= limit for place, start in enumerate(due))
    assert 1 / 16 <= pace.share <= 1.0


@pytest.mark.parametrize(
    ("per_minute", "limit", "burst", "gap"),
    [
        (0.5, 1, 1, 60_000_000),
        (1, 1, 1, 60_000_000),
        (19, 19, 1, 3_157_895),
        (20, 19, 1, 3_157_895),
        (60, 59, 1, 1_016_950),
        (99.9, 98, 1, 612_245),
        (100, 98, 2, 612_245),
        (600, 588, 12, 102_041),
    ],
)
def test_burst_and_pace_make_up_the_limit(per_minute: float, limit: int, burst: int, gap: int) -> None:
    """2 % at once, the rest evenly; too small a limit has no margin to give away."""
    rate = even_rate(per_minute)
    assert (rate.limit, rate.burst, rate.gap) == (limit, burst, gap)


def test_turns_come_as_the_generic_cell_rate_algorithm_says() -> None:
    """One step of it looks when a turn is free, a second one takes it; both are one here."""
    dice = random.Random(7)
    pace, used_up = NEW, 0
    for _ in range(3_000):
        per_minute = dice.choice([1, 19, 20, 60, 100, 600, 2_400, 6_000])
        rate = even_rate(per_minute)
        earliest = pace.seen + dice.choice([0, dice.randrange(2_000)])
        due = earliest
        too_early = max(used_up, due * 1000) + rate.gap - rate.burst * rate.gap - due * 1000
        if too_early > 0:
            due += ceil(too_early / 1000)
        used_up = max(used_up, due * 1000) + rate.gap
        pace, turn = next_turn(pace, per_minute, earliest=earliest)
        assert (turn.due, pace.arrival) == (due, used_up)
        pace = pace._replace(seen=pace.seen + dice.choice([0, 0, 1, 500, 30_000, due - pace.seen]))


def test_turns_are_given_one_behind_the_other() -> None:
    """Two of a burst, then every 613 milliseconds (60,000 / 98, in whole ones)."""
    assert waits(NEW, 100, 5) == [0, 0, 613, 1225, 1837]


def test_a_turn_after_a_pause_tells_both_waits() -> None:
    """First what the service asked for, then the place in the queue; the pause it knew of stands beside."""
    paused = after_refusal(NEW, 100, 5, 0)
    after, first = next_turn(paused, 100)
    _, second = next_turn(after, 100)
    assert (first.pause, first.wait, first.paused_until) == (5000, 0, NOW + 5000)
    assert (second.pause, second.wait) == (5000, 1225)  # half the pace, and no burst


def test_no_burst_follows_a_pause() -> None:
    """At half of 600 six turns would be free at once; after a refusal they come evenly, one in 204 milliseconds."""
    assert waits(NEW, 300, 7) == [0, 0, 0, 0, 0, 0, 205]
    assert waits(after_refusal(NEW, 600, 5, 0), 600, 4) == [5000, 5205, 5409, 5613]


def test_the_first_after_a_pause_tries_alone() -> None:
    """Twice the time of the answer that refused; never longer than the pause, and nothing is lost behind it."""
    assert waits(after_refusal(NEW, 600, 5, 0, answer_seconds=0.25), 600, 4) == [5000, 5500, 5705, 5909]
    assert waits(after_refusal(NEW, 600, 5, 0, answer_seconds=60), 600, 3) == [5000, 10_000, 10_205]
    late = after_refusal(NEW, 600, 5, 0, answer_seconds=0.25)._replace(seen=NOW + 8000)
    assert waits(late, 600, 3) == [0, 500, 705]


def test_a_longer_pause_takes_the_turns_back_that_are_waited_for() -> None:
    """Whoever was refused with the first one makes the pause longer; the time to try is not added up."""
    pace = NEW
    for refusal in range(4):
        pace = after_refusal(pace._replace(seen=NOW + refusal), 600, 5, 0, answer_seconds=0.25)
        pace, _ = next_turn(pace, 600)
    assert waits(pace, 600, 2) == [5500, 5705]
    shorter = after_refusal(pace, 600, 1, 0, answer_seconds=4)
    assert waits(shorter, 600, 2) == [5500, 5705]


def used_at(gap: int, turns: int = 200) -> Pace:
    """A pace of 2,400 a minute, of which a turn in ``gap`` milliseconds is taken, and whose answers are good."""
    pace = NEW._replace(good=turns)
    for turn in range(turns):
        pace, _ = next_turn(pace._replace(seen=NOW + turn * gap), 2400)
    return pace


def test_a_refusal_lowers_what_was_used_rather_than_what_was_allowed() -> None:
    """1,800 a minute went out, a turn in 33 ms: 95 % of them are next, a little more for the margin of the pace."""
    pace = after_refusal(used_at(33), 2400, 5, 0)
    assert pace.edge == pytest.approx(60_000 / 33 / 2400 / 0.97, rel=0.01)
    assert pace.share == pytest.approx(pace.edge * 0.95)
    assert after_refusal(used_at(25), 2400, 5, 0).share == pytest.approx(0.95)


def test_what_was_used_counts_for_a_quarter_at_least() -> None:
    """Little work is no sign of a small limit, nor is an hour without any."""
    assert after_refusal(used_at(500), 2400, 5, 0).share == pytest.approx(0.95 / 4)
    idle, _ = next_turn(used_at(25)._replace(seen=NOW + 3_600_000), 2400)
    for turn in range(60):
        idle, _ = next_turn(idle._replace(seen=idle.seen + 25), 2400)
        assert turn < 59 or after_refusal(idle, 2400, 5, 0).share == pytest.approx(0.95, rel=0.1)


def test_touches_within_a_minute_go_down_twice_as_far() -> None:
    """3, 6, 12 and 12 % below what was refused; after a minute without, 3 again."""
    pace, edges = NEW._replace(share=0.5, edge=0.5), []
    for passed in (0, 10_000, 10_000, 10_000, 70_000):
        pace = after_refusal(pace._replace(share=0.5, seen=pace.seen + passed, good=100), 2400, 5, 0)
        edges.append(pace.edge)
    assert edges == pytest.approx([0.5, 0.5 * 0.97, 0.5 * 0.91, 0.5 * 0.91, 0.5])


def test_a_refusal_while_searching_halves_the_pace() -> None:
    """The edge is what was refused; steps begin small again, behind the pause."""
    pace = after_refusal(NEW._replace(share=0.8, edge=0.3, step=0.1, good=99), 600, 7, 600)
    assert (pace.share, pace.edge, pace.step, pace.good) == (0.4, 0.8, 0.004, 0)
    assert pace.next_step_at == pace.paused_until == NOW + 7000


def test_a_refusal_after_a_steady_time_costs_little() -> None:
    """A touch of the limit, after a hundred good answers."""
    assert after_refusal(NEW._replace(share=0.8, good=100), 600, 7, 0).share == pytest.approx(0.76)
    assert after_refusal(NEW._replace(share=0.8, good=60), 600, 7, 0, good=60).share == pytest.approx(0.76)


def test_the_first_search_does_not_go_below_what_a_minute_carried() -> None:
    """450 of 600 went through: 97 % of that is safe, also when the window is still full after the pause."""
    first = after_refusal(NEW, 600, 5, 450)
    assert first.share == pytest.approx(0.75 * 0.97)
    again = after_refusal(first._replace(seen=first.paused_until), 600, 5, 0)
    assert again.share == pytest.approx(0.75 * 0.97)
    later = after_refusal(first._replace(seen=first.paused_until), 600, 5, 450, good=1)
    assert later.share == pytest.approx(0.75 * 0.97 / 2)


def test_a_minute_that_was_too_much_again_bounds_the_search() -> None:
    """After steady minutes at 450 of 2,400 the limit halved: fewer and fewer within a minute were too many still."""
    pace, steps = NEW._replace(since=NOW - 600_000), []
    for carried in (450, 410, 330):
        pace = after_refusal(pace._replace(seen=max(pace.seen, pace.paused_until)), 2400, 5, carried)
        steps.append((pace.share * 2400, pace.edge * 2400, pace.floor * 2400))
    assert steps == [pytest.approx(row) for row in [(1200, 1200, 450), (600, 600, 410), (330 * 0.97, 330, 330)]]


def test_turns_of_a_minute_are_counted_for_all_who_share() -> None:
    """As many as were given, nearly: of the minute before only the part that is not over; nothing after a silence."""
    pace = NEW._replace(seen=(begin := NOW // 60_000 * 60_000))
    for second in range(90):
        pace, _ = next_turn(pace._replace(seen=begin + second * 1000), 600)
    assert (pace.given_before, pace.given) == (60, 30)
    assert turns_in_last_minute(pace) == pytest.approx(60, abs=1)
    ahead = pace._replace(minute=pace.minute + 1, given=1, given_before=30)
    assert turns_in_last_minute(ahead) == 30
    assert turns_in_last_minute(pace._replace(seen=begin + 135_000)) == pytest.approx(22, abs=1)
    assert turns_in_last_minute(pace._replace(seen=begin + 180_000)) == 0


def test_a_series_of_refusals_is_one_fall_at_most_to_half() -> None:
    """The limit was halved, and what the last minute took fills the window: no more is known until it has emptied."""
    pace = NEW._replace(share=0.25, good=500)
    shares, edges = [], []
    for _ in range(4):
        pace = after_refusal(pace._replace(seen=pace.seen + 20_000), 2400, 5, 600)
        shares.append(pace.share)
        edges.append(pace.edge)
    assert shares == pytest.approx([0.2375, 0.12125, 0.12125, 0.12125])
    assert edges == [0.25, 0.2375, 0.125, 0.125]


def test_what_a_minute_carried_is_no_reason_to_go_faster() -> None:
    """More turns than the configured limit are none of the limit's."""
    assert after_refusal(NEW, 600, 5, 900).share == pytest.approx(0.97)
    assert after_refusal(NEW, 600, 5, 100).share == 0.5


def test_refusals_during_a_pause_only_make_it_longer() -> None:
    """Workers that are refused together count once."""
    first = after_refusal(NEW, 600, 5, 0)
    second = after_refusal(first._replace(seen=NOW + 100), 600, 10, 0)
    third = after_refusal(second._replace(seen=NOW + 200), 600, 1, 0)
    assert (second.share, second.paused_until) == (first.share, NOW + 10_100)
    assert (third.share, third.paused_until) == (first.share, NOW + 10_100)


def test_the_pace_has_a_floor() -> None:
    """A sixteenth of the limit."""
    assert after_refusal(NEW._replace(share=0.07), 600, 5, 0).share == 1 / 16


def test_below_the_edge_it_rises_in_halves() -> None:
    """To just below what was refused, without waiting for time to pass."""
    pace = after_successes(NEW._replace(share=0.4, edge=0.8, next_step_at=NOW + 1), 40)
    assert pace.share == pytest.approx((0.4 + 0.776) / 2)
    assert (pace.good, pace.next_step_at) == (40, NOW + 30_000)
    assert after_successes(pace, 40).good == 80
    assert after_successes(pace._replace(share=0.775), 40).share == pytest.approx(0.776)


def test_at_the_edge_it_rises_slowly_and_then_faster() -> None:
    """0.4 %, half as much more each time, 10 % at most; a step in 30 seconds; never above the limit."""
    pace = NEW._replace(share=0.776, edge=0.8, next_step_at=NOW)
    pace = after_successes(pace, 40)
    assert (pace.share, pace.step) == (pytest.approx(0.776 * 1.004), pytest.approx(0.006))
    assert after_successes(pace._replace(seen=NOW + 29_999), 40).share == pace.share
    pace = after_successes(pace._replace(seen=NOW + 30_000, step=0.09), 40)
    assert pace.step == 0.1
    assert after_successes(pace._replace(seen=NOW + 60_000, share=0.95), 40).share == 1.0


def test_a_clock_set_back_takes_its_moments_along() -> None:
    """A second or less is no more than two readings that crossed."""
    pace = NEW._replace(arrival=(NOW + 500) * 1000, paused_until=NOW + 900, next_step_at=NOW + 30_000)
    assert at(pace, NOW - 1000) == at(pace, NOW - 500) == pace
    back = at(pace, NOW - 5000)
    assert (back.seen, back.paused_until, back.next_step_at) == (NOW - 5000, NOW - 4100, NOW + 25_000)
    assert back.arrival == (NOW - 4500) * 1000


def test_a_long_silence_is_forgotten() -> None:
    """Two hours: longer than any pause."""
    pace = NEW._replace(share=0.2, edge=0.3)
    assert at(pace, NOW + FORGOTTEN_AFTER_MS).share == 0.2
    assert at(pace, NOW + FORGOTTEN_AFTER_MS + 1) == Pace(seen=NOW + FORGOTTEN_AFTER_MS + 1)
