"""The pace within one limit, as arithmetic: when a turn is due, slower after a refusal, and how it comes back.

A turn is the right to send one request. A refusal is an answer with status 429. The functions are pure: the same rules
hold whether this process stores the pace or a database that several processes share (docs/decisions/0019). Moments are
whole milliseconds of the store's clock.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from math import ceil
from typing import NamedTuple, Protocol, Self, TypeVar

MINUTE_MS = 60_000
FORGOTTEN_AFTER_MS = 7_200_000  # more than the longest pause: a pace unused for so long says nothing about today
ANSWERS_PER_STEP = 40
_STEP_MS = 30_000  # between steps up near the last refusal: each refusal costs a pause of seconds
_STEADY_ANSWERS = 100  # a refusal after so many good answers touches a known limit; an earlier one, an unknown limit
MIN_SHARE = 1 / 16
_DROP, _MAX_DROP = 0.03, 0.12  # a second refusal within a minute means far above the limit: twice as far down
_BACK, NEAR = 0.95, 1 - _DROP  # shares of the pace that was refused
_FIRST_STEP, _STEP_GROWTH, _MAX_STEP = 0.004, 1.5, 0.1
_CLOCK_SKEW_MS = 1_000
_ANSWER_FACTOR = 2  # an answer may take twice as long as the last one
_GAP_TURNS = 24  # turns that the mean gap covers; workers in parallel send in bunches
_MAX_GAP = 16  # even gaps: a night without work says nothing about the pace
_MIN_USED = 0.25  # of the allowed pace: work comes in bursts
_FULL_USE = 0.97  # the even pace leaves out 2 %
T = TypeVar("T")


class Pace(NamedTuple):
    """The state of one limit. ``share`` is the part of the configured limit that is used now.

    A tuple, since each turn makes a new one: a frozen dataclass takes five times as long to copy.

    The names of the fields are the stored format of a shared pace: with other names, processes of two versions would
    not read each other's pace, and together exceed the limit.
    """

    arrival: int = 0  # GCRA's theoretical arrival time: when the turns so far are used up, in microseconds
    seen: int = 0  # the time of the last change: now, while the pace is changed
    paused_until: int = 0
    share: float = 1.0
    edge: float = 1.0  # the share that was refused last; 0 while an unknown limit is searched for
    floor: float = 0.0  # the search goes no lower before the next good answer
    step: float = _FIRST_STEP
    next_step_at: int = 0
    good: int = 0  # good answers since the last refusal, as far as they were reported
    alone: int = 0  # milliseconds after a pause in which only its first turn is due
    latest: int = 0  # the last turn
    gap: float = 0.0  # the mean gap between the last turns, in milliseconds
    drop: float = _DROP  # how far below the refused pace the last refusal led
    since: int = 0  # the first turn
    minute: int = 0  # the number of the minute that the last turn is in
    given: int = 0  # turns in that minute
    given_before: int = 0  # turns in the minute before


Change = Callable[[Pace], tuple[Pace, T]]  # a step from one pace to the next, and its result
ChangeOfTwo = Callable[[Pace, Pace], tuple[Pace, Pace, T]]


class PaceStore(Protocol):
    """Stores the pace within one limit."""

    def read(self) -> Pace:
        """The pace as it was last changed."""

    def change(self, change: Change[T]) -> T:
        """Replace the pace as one atomic step; the result of ``change``, which gets a pace whose ``seen`` is now."""

    def change_with(self, other: Self, change: ChangeOfTwo[T]) -> T:
        """Replace this pace and another one, of the same kind of store, as one atomic step.

        Callers keep one order of the two: each store locks itself first, then the other one.
        """


class Turn(NamedTuple):
    """One turn. Its wait has two parts, in milliseconds from now: first the pause, then the even pace.

    ``due`` is its moment by the store's clock.
    """

    pause: int
    wait: int
    paused_until: int
    share: float
    due: int


class NextTurn(Protocol):
    """How the next turn is reserved; not before the moment ``earliest``."""

    def __call__(self, pace: Pace, *, earliest: int = 0) -> tuple[Pace, Turn]:
        """The pace with the turn reserved."""


class Rules(NamedTuple):
    """How the pace within one limit changes: what differs between a limit that was given and one that is searched.

    ``least_share`` of ``per_minute`` is always used; ``faster`` gets the number of good answers, which are reported
    when there are ``answers_per_step`` of them.
    """

    per_minute: int
    answers_per_step: int
    least_share: float
    next_turn: NextTurn
    faster: Callable[[Pace, int], Pace]


class Rate(NamedTuple):
    """So many turns a minute, so many of them at once, and in microseconds what one takes, rounded up."""

    limit: int
    burst: int
    gap: int


@lru_cache(maxsize=256)  # a pace changes its share every half minute at most
def even_rate(per_minute: float) -> Rate:
    """The rate whose burst and pace together never exceed ``per_minute`` within any 60 seconds.

    The burst is 2 % of the limit; the pace leaves out as much, so that jitter on the wire cannot push one
    request too many into a window either.
    """
    limit = max(1, int(per_minute))
    burst = max(1, limit // 50)
    pace = limit - burst if limit >= 20 else limit  # noqa: PLR2004 - below 20 a margin would cost more than 5 %
    return Rate(pace, burst, ceil(MINUTE_MS * 1000 / pace))


def at(pace: Pace, now: int) -> Pace:
    """The pace at this moment: a new one after a long silence.

    When the clock was set back, the moments in the pace move along.
    """
    if now - pace.seen > FORGOTTEN_AFTER_MS:
        return Pace(seen=now)
    back = pace.seen - now
    if back <= _CLOCK_SKEW_MS:
        return pace if pace.seen >= now else pace._replace(seen=now)
    return pace._replace(
        seen=now,
        arrival=pace.arrival - back * 1000,
        paused_until=pace.paused_until - back,
        latest=pace.latest - back,
        since=pace.since - back,
        next_step_at=pace.next_step_at - back,
    )


def next_turn(pace: Pace, per_minute: int, *, earliest: int = 0) -> tuple[Pace, Turn]:
    """Reserve the next free turn: later callers get later turns, so that nobody asks twice.

    It is due as GCRA (the generic cell rate algorithm) says: when no more than a burst of turns is used ahead of time.

    The first turn after a pause is a trial: the others are due when its answer should be here. When it is refused, the
    other turns are void. When its process dies, the others do not wait for it any longer.
    """
    rate = even_rate(per_minute * pace.share)
    begins = max(pace.seen, pace.paused_until)
    due = max(begins, earliest, -(((rate.burst - 1) * rate.gap - pace.arrival) // 1000))
    turn = Turn(begins - pace.seen, due - begins, pace.paused_until, pace.share, due)
    arrival = max(pace.arrival, due * 1000) + rate.gap
    if pace.alone:
        arrival = max(arrival, _no_burst(rate, due + pace.alone))
    gap = pace.gap
    if pace.paused_until < pace.latest <= due:  # without pauses
        gap += (min(due - pace.latest, _MAX_GAP * MINUTE_MS / rate.limit) - gap) / _GAP_TURNS
    minute = due // MINUTE_MS
    given, given_before = pace.given + 1, pace.given_before
    if minute != pace.minute:
        given, given_before = 1, pace.given if minute == pace.minute + 1 else 0
    return Pace(  # by place, since it is made at each turn: to replace by name takes four times as long
        arrival, pace.seen, pace.paused_until, pace.share, pace.edge, pace.floor, pace.step, pace.next_step_at,
        pace.good, 0, due, gap, pace.drop, pace.since or due, minute, given, given_before,
    ), turn  # fmt: skip


def turns_together(
    first: Pace, second: Pace, next_of_first: NextTurn, next_of_second: NextTurn, count: int = 1
) -> tuple[Pace, Pace, tuple[list[Turn], Turn]]:
    """Reserve ``count`` turns within the first of two limits, and one within the second that is due with the last."""
    turns, after = [], first
    for _ in range(count):
        after, turn = next_of_first(after)
        turns.append(turn)
    after_second, turn_of_second = next_of_second(second)
    later = turn_of_second.due - turns[-1].due
    if later > 0:
        trials, turns, after = turns, [], first
        for trial in trials:
            after, turn = next_of_first(after, earliest=trial.due + later)
            turns.append(turn)
    if turn_of_second.due < turns[-1].due:
        after_second, turn_of_second = next_of_second(second, earliest=turns[-1].due)
    return after, after_second, (turns, turn_of_second)


def without_a_turn(pace: Pace, per_minute: int, due: int) -> Pace:
    """The pace when the turn that was ``due`` is not used.

    The next one is due a gap earlier, unless later turns were reserved since: then one more would stand beside the last
    of them, and a minute would hold one too many.
    """
    pace = pace._replace(given=max(0, pace.given - 1))
    if pace.latest != due:
        return pace
    gap = MINUTE_MS * 1000 // even_rate(per_minute * pace.share).limit
    return pace._replace(arrival=max(0, pace.arrival - gap))


def _no_burst(rate: Rate, moment: int) -> int:
    """The arrival time at which one turn is free at this moment, and the next ones follow evenly."""
    return moment * 1000 + (rate.burst - 1) * MINUTE_MS * 1000 // rate.limit


def turns_in_last_minute(pace: Pace) -> int:
    """Turns of all processes that share the pace, approximately.

    Turns of the calendar minute before count in proportion to its part within the last 60 seconds.
    """
    minute, passed = divmod(pace.seen, MINUTE_MS)
    if pace.minute > minute:  # the last turn is not due yet
        return pace.given_before
    before = {minute: pace.given_before, minute - 1: pace.given}.get(pace.minute, 0)
    return (pace.given if minute == pace.minute else 0) + round(before * (1 - passed / MINUTE_MS))


def after_refusal(
    pace: Pace,
    per_minute: int,
    wait: float,
    turns: int,
    good: int = 0,
    answer_seconds: float = 0.0,
    least_share: float = MIN_SHARE,
) -> Pace:
    """The pace after status 429: a pause of ``wait`` seconds for everybody, no burst after it, then slower.

    A little slower after a steady time, half as fast while the limit is unknown. ``turns``: those of the last minute.
    ``good``: good answers that were not reported yet. ``answer_seconds``: how long the refusal took to arrive. Further
    refusals during the pause only make it longer.
    """
    pace = pace._replace(good=pace.good + good)
    until = pace.seen + ceil(wait * 1000)
    if pace.seen >= pace.paused_until:
        pace = _slower(pace, turns / per_minute, used_share(pace, per_minute), least_share)
    if until <= pace.paused_until:
        return pace
    return pace._replace(
        paused_until=until,
        arrival=_arrival_after(pace, even_rate(per_minute * pace.share), until),
        next_step_at=max(until, pace.next_step_at),
        alone=ceil(min(_ANSWER_FACTOR * answer_seconds, wait) * 1000),
    )


def _arrival_after(pace: Pace, rate: Rate, until: int) -> int:
    """A longer pause voids turns that are not due yet; turns reserved now were one gap or one burst ahead at most."""
    ahead = max(MINUTE_MS * 1000 // rate.limit, MINUTE_MS * 1000 // 49)
    return max(min(pace.arrival, pace.seen * 1000 + ahead), _no_burst(rate, until))


def used_share(pace: Pace, per_minute: int) -> float:
    """The share that was used: with few requests in parallel and slow answers it is less than the allowed one."""
    if not pace.gap:
        return pace.share
    used = MINUTE_MS / pace.gap / per_minute / _FULL_USE
    return min(pace.share, max(pace.share * _MIN_USED, used))


def _slower(pace: Pace, carried: float, used: float, least_share: float) -> Pace:
    """The pace after a refusal that begins a pause. ``carried``: the turns of the last minute as a share of the limit.

    Refusals without a good answer between them only say that the service's window is still full. So the search for the
    limit ends at a floor. Before the first refusal that is what the last minute carried, later half of the pace. It is
    never more than a minute with a pause in it carried, when that was refused again. Nor does the pace return to more
    than was carried: the window that is still full takes no more.
    """
    floor, drop = pace.floor, pace.drop
    most_carried = carried if pace.seen - pace.since >= MINUTE_MS else 1.0
    is_first = pace.share >= 1 or not pace.edge
    if is_first:
        floor = min(1.0, carried)
    elif pace.good:
        floor = pace.share / 2
    else:
        floor = min(floor, most_carried)
    if pace.good:
        soon = 0 < pace.seen - pace.paused_until < MINUTE_MS
        drop = min(_MAX_DROP, 2 * drop) if soon else _DROP
    reduced = used * (_BACK + _DROP - drop) if pace.good >= _STEADY_ANSWERS else pace.share * 0.5
    share = max(least_share, reduced, min(pace.share, floor * NEAR))
    capacity = most_carried if is_first else carried  # unknown before the first full minute
    edge = used * (1 + _DROP - drop) if pace.good else max(share, floor, min(used, capacity))
    return pace._replace(share=share, edge=edge, floor=floor, drop=drop, step=_FIRST_STEP, good=0)


def after_successes(pace: Pace, answers: int) -> Pace:
    """The pace after so many more good answers.

    It rises in halves to just below the last refusal, then in small steps that grow.
    """
    pace = pace._replace(good=pace.good + answers)
    near = pace.edge * NEAR
    if pace.share < near:
        rise = max((near - pace.share) / 2, pace.share * _FIRST_STEP)
        return pace._replace(share=min(near, pace.share + rise), next_step_at=pace.seen + _STEP_MS)
    if pace.seen < pace.next_step_at:
        return pace
    return pace._replace(
        share=min(1.0, pace.share * (1 + pace.step)),
        step=min(_MAX_STEP, pace.step * _STEP_GROWTH),
        next_step_at=pace.seen + _STEP_MS,
    )


def rules_below(per_minute: int) -> Rules:
    """How a throttle with a given limit goes about it."""
    turn = partial(next_turn, per_minute=per_minute)
    return Rules(per_minute, ANSWERS_PER_STEP, MIN_SHARE, turn, after_successes)
