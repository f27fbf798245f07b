"""The pace within one limit, as arithmetic: when a turn is due, slower after a refusal, and how it comes back.

Pure, so that the same rules hold whoever keeps the pace: this process, or a database that several processes share
(docs/decisions/0019). Moments are whole milliseconds of the keeper's clock. GCRA is pyrate-limiter's.
"""

from dataclasses import dataclass, replace
from math import ceil

from pyrate_limiter import GCRA, Rate

MINUTE_MS = 60_000
FORGOTTEN_AFTER_MS = 7_200_000  # more than the longest pause: what nobody used for so long says nothing about today
ANSWERS_PER_STEP = 40
_STEP_MS = 30_000  # near a limit that was touched: a touch costs a pause of seconds, so not too many of them
_STEADY_ANSWERS = 100  # a refusal after so many good answers is a touch of the limit; an earlier one, a search for it
_SLOWEST = 1 / 16
_BACK, _NEAR = 0.95, 0.97  # shares of the pace that was refused
_DROP, _LARGEST_DROP = 0.03, 0.12  # what is refused within a minute again was far above: twice as far down
_FIRST_STEP, _STEP_GROWS, _LARGEST_STEP = 0.004, 1.5, 0.1
_CLOCKS_DIFFER_MS = 1_000
_ANSWER_TIMES = 2  # an answer may take twice as long as the last one
_OF_LATE = 24  # turns; several in flight leave in bunches
_LONGEST_GAP = 16  # even gaps: a night without work says nothing about the pace
_LEAST_USED = 0.25  # more was allowed for a reason: work comes in bursts
_FULLY_USED = 0.97  # the even pace leaves out 2 %
_GCRA = GCRA()


@dataclass(frozen=True)
class Pace:
    """What is known about one limit. ``share`` is the part of the configured limit that is used now."""

    arrival: int = 0  # GCRA's own number: when what was given so far is used up, in microseconds
    seen: int = 0
    paused_until: int = 0
    share: float = 1.0
    edge: float = 1.0  # the share that was refused last
    floor: float = 0.0  # below it nobody searches before the next good answer
    step: float = _FIRST_STEP
    next_step_at: int = 0
    good: int = 0  # answers since the last refusal, as far as they were told
    alone: int = 0  # milliseconds that the first turn after a pause has for itself
    latest: int = 0  # the last turn
    gap: float = 0.0  # milliseconds between turns of late
    drop: float = _DROP  # how far below what was refused it went last
    since: int = 0  # the first turn
    minute: int = 0  # the one of the last turn, by number; turns in it, and in the one before
    given: int = 0
    given_before: int = 0


@dataclass(frozen=True)
class Turn:
    """A turn that is ours: first until the pause is over, then in the even pace, both in milliseconds from now."""

    pause: int
    wait: int
    paused_until: int
    share: float


def even_rate(per_minute: float) -> Rate:
    """The rate whose burst and pace together never exceed ``per_minute`` within any 60 seconds.

    The burst is 2 % of the limit; the pace leaves out as much, so that jitter on the wire cannot push one
    request too many into a window either.
    """
    limit = max(1, int(per_minute))
    burst = max(1, limit // 50)
    pace = limit - burst if limit >= 20 else limit  # noqa: PLR2004 - below 20 a margin would cost more than 5 %
    return Rate(max(1, pace), MINUTE_MS, burst=burst)


def at(pace: Pace, now: int) -> Pace:
    """What of it holds now: nothing after a long silence; when the clock was set back, its moments move along."""
    if now - pace.seen > FORGOTTEN_AFTER_MS:
        return Pace(seen=now)
    back = pace.seen - now
    if back <= _CLOCKS_DIFFER_MS:
        return replace(pace, seen=max(pace.seen, now))
    return replace(
        pace,
        seen=now,
        arrival=pace.arrival - back * 1000,
        paused_until=pace.paused_until - back,
        latest=pace.latest - back,
        since=pace.since - back,
        next_step_at=pace.next_step_at - back,
    )


def next_turn(pace: Pace, per_minute: int) -> tuple[Pace, Turn]:
    """The next free turn, taken: who comes later gets a later one, so nobody has to ask twice.

    The first one after a pause tries: the others come when it should be answered. Was it refused, their turns are
    void; did its process die, they wait no longer for it.
    """
    rate = even_rate(per_minute * pace.share)
    begins = max(pace.seen, pace.paused_until)
    state, decision = _GCRA.step([rate], (pace.arrival,), begins, 1)
    due = begins + (decision.retry_after_ms or 0)
    if due > begins:
        state, _ = _GCRA.step([rate], (pace.arrival,), due, 1)
    turn = Turn(begins - pace.seen, due - begins, pace.paused_until, pace.share)
    arrival = max(int(state[0]), _no_burst(rate, due + pace.alone)) if pace.alone else int(state[0])
    return replace(_counted(pace, due), arrival=arrival, alone=0, latest=due, gap=_gap(pace, due, rate)), turn


def _no_burst(rate: Rate, moment: int) -> int:
    """The arrival time at which one turn is free at this moment, and the next ones follow evenly."""
    return moment * 1000 + (rate.burst - 1) * MINUTE_MS * 1000 // rate.limit


def _counted(pace: Pace, due: int) -> Pace:
    minute = due // MINUTE_MS
    pace = replace(pace, since=pace.since or due)
    if minute == pace.minute:
        return replace(pace, given=pace.given + 1)
    return replace(pace, minute=minute, given=1, given_before=pace.given if minute == pace.minute + 1 else 0)


def given_in_last_minute(pace: Pace) -> int:
    """Turns given to all who share the pace, nearly: those of the minute before count by the part that is not over."""
    minute, passed = divmod(pace.seen, MINUTE_MS)
    if pace.minute > minute:  # the last turn is still waited for
        return pace.given_before
    of_before = {minute: pace.given_before, minute - 1: pace.given}.get(pace.minute, 0)
    return (pace.given if minute == pace.minute else 0) + round(of_before * (1 - passed / MINUTE_MS))


def _gap(pace: Pace, due: int, rate: Rate) -> float:
    """The mean gap of late, pauses left out."""
    if not pace.paused_until < pace.latest <= due:
        return pace.gap
    return pace.gap + (min(due - pace.latest, _LONGEST_GAP * MINUTE_MS / rate.limit) - pace.gap) / _OF_LATE


def refused(pace: Pace, per_minute: int, wait: float, in_last_minute: int, untold: int = 0, took: float = 0.0) -> Pace:
    """The service said 429: a pause of ``wait`` seconds for everybody, no burst after it, and then more slowly.

    A little after a steady time, by half while searching. ``in_last_minute``: turns given; ``untold``: good answers
    that were not told yet; ``took``: seconds until the refusal was here. Those who are refused while the pause holds
    only make it longer.
    """
    pace = replace(pace, good=pace.good + untold)
    until = pace.seen + ceil(wait * 1000)
    if pace.seen >= pace.paused_until:
        pace = _slower(pace, in_last_minute / per_minute, _used(pace, per_minute))
    if until <= pace.paused_until:
        return pace
    return replace(
        pace,
        paused_until=until,
        arrival=_arrival_after(pace, even_rate(per_minute * pace.share), until),
        next_step_at=max(until, pace.next_step_at),
        alone=ceil(min(_ANSWER_TIMES * took, wait) * 1000),
    )


def _arrival_after(pace: Pace, rate: Rate, until: int) -> int:
    """A longer pause voids the turns that are waited for; those given now were one gap or the burst ahead at most."""
    ahead = max(MINUTE_MS * 1000 // rate.limit, MINUTE_MS * 1000 // 49)
    return max(min(pace.arrival, pace.seen * 1000 + ahead), _no_burst(rate, until))


def _used(pace: Pace, per_minute: int) -> float:
    """The share that was used: with few in flight and slow answers it is less than the one allowed."""
    if not pace.gap:
        return pace.share
    used = MINUTE_MS / pace.gap / per_minute / _FULLY_USED
    return min(pace.share, max(pace.share * _LEAST_USED, used))


def _slower(pace: Pace, carried: float, used: float) -> Pace:
    """Refusals without a good answer between them tell of a window that is still full, not of the pace after them.

    So the search among them ends at a floor: at first what the last minute has carried, later half of the pace; no
    more than what a minute with a pause in it carried, when that was too much again. Nor does it go back to a pace
    above what was carried: the window that is still full holds no more.
    """
    floor, drop = pace.floor, pace.drop
    most = carried if pace.seen - pace.since >= MINUTE_MS else 1.0
    if pace.share >= 1:
        floor = min(1.0, carried)
    elif pace.good:
        floor = pace.share / 2
    else:
        floor = min(floor, most)
    if pace.good:
        soon = 0 < pace.seen - pace.paused_until < MINUTE_MS
        drop = min(_LARGEST_DROP, 2 * drop) if soon else _DROP
    back = used * (_BACK + _DROP - drop) if pace.good >= _STEADY_ANSWERS else pace.share * 0.5
    share = max(_SLOWEST, back, min(pace.share, floor * _NEAR))
    held = most if pace.share >= 1 else carried  # a first refusal has carried nothing yet that would tell
    edge = used * (1 + _DROP - drop) if pace.good else max(share, floor, min(used, held))
    return replace(pace, share=share, edge=edge, floor=floor, drop=drop, step=_FIRST_STEP, good=0)


def went_well(pace: Pace, answers: int) -> Pace:
    """So many more good answers: up in halves to just below the last refusal, then in small steps that grow."""
    pace = replace(pace, good=pace.good + answers)
    near = pace.edge * _NEAR
    if pace.share < near:
        rise = max((near - pace.share) / 2, pace.share * _FIRST_STEP)
        return replace(pace, share=min(near, pace.share + rise), next_step_at=pace.seen + _STEP_MS)
    if pace.seen < pace.next_step_at:
        return pace
    return replace(
        pace,
        share=min(1.0, pace.share * (1 + pace.step)),
        step=min(_LARGEST_STEP, pace.step * _STEP_GROWS),
        next_step_at=pace.seen + _STEP_MS,
    )
