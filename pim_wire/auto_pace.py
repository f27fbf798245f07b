"""The pace within a limit that nobody knows: it rises while answers are good, and settles below what is refused.

The functions are pure, on the same ``Pace`` as those of a known limit (``pim_wire/pace.py``), and so is what a refusal
leads to. ``share`` is the part of ``CEILING`` that is used now, ``edge`` the part that was refused last, or 0 while
that is searched for, and ``floor`` then the part that has held last. See
docs/decisions/0053-a-limit-that-is-searched-for.md.

Why the pace first holds for a minute, then rises by so much: a service that counts by the minute tells only after a
minute whether it carries a pace. Neither service says which window it counts in (docs/api/micropim.md#rate-limits).
"""

from functools import partial

from pim_wire.pace import MINUTE_MS, NEAR, Pace, Rules, Turn, after_successes, next_turn, used_share

CEILING = 6_000  # a minute: a hundred each second is more than requests in flight bring
ANSWERS_PER_STEP = 20  # a pace of 60 a minute would else be judged every 40 seconds only
_LEAST = 6 / CEILING
_RISE = 1.8  # a minute: from 60 to 900 in five
_BEYOND = 1.05  # of what was refused last: the limit has changed, and is searched for again
_BUSY = 0.75  # of the pace: with less work than that, a good answer says nothing about it


def begun(pace: Pace, start: int, found: int | None) -> Pace:
    """A pace that nobody has used yet: just below what was found before, or at ``start`` requests a minute."""
    if pace.since:
        return pace
    edge = 0.0 if found is None else max(_LEAST, found / CEILING)
    return pace._replace(share=edge * NEAR or start / CEILING, edge=edge, next_step_at=pace.seen + MINUTE_MS)


def next_auto_turn(pace: Pace, start: int, found: int | None, *, earliest: int = 0) -> tuple[Pace, Turn]:
    """Reserve the next free turn, as ``next_turn`` does."""
    return next_turn(begun(pace, start, found), CEILING, earliest=earliest)


def after_good_answers(pace: Pace, answers: int) -> Pace:
    """The pace after so many more good answers: as below a known limit, or while searching one step up each minute."""
    if used_share(pace, CEILING) < pace.share * _BUSY:
        return pace._replace(good=pace.good + answers)
    if pace.edge:
        pace = after_successes(pace, answers)
        if pace.share > pace.edge * _BEYOND:
            return pace._replace(edge=0.0, floor=pace.edge, next_step_at=pace.seen + MINUTE_MS)
        return pace
    pace = pace._replace(good=pace.good + answers)
    if pace.seen < pace.next_step_at:
        return pace
    return pace._replace(floor=pace.share, share=min(1.0, pace.share * _RISE), next_step_at=pace.seen + MINUTE_MS)


def found_by(pace: Pace) -> int | None:
    """Requests a minute that the service is known to carry, for the next run: what has settled, else what has held.

    None where the work never used the pace: that says nothing about the service.
    """
    settled = min(pace.edge, pace.share / NEAR)
    return round(CEILING * (settled or pace.floor)) or None


def rules(start: int, found: int | None) -> Rules:
    """How a throttle without a known limit goes about it."""
    turn = partial(next_auto_turn, start=start, found=found)
    return Rules(CEILING, ANSWERS_PER_STEP, _LEAST, turn, after_good_answers)
