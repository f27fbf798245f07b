"""The pace within a limit that nobody knows: it rises while answers are good, and settles below what is refused.

The functions are pure, on the same ``Pace`` as those of a known limit (``pim_wire/pace.py``); ``share`` is the part of
``CEILING`` that is used now, ``edge`` the part that the service is known to carry, or 0 while that is searched for, and
``floor`` the part that has held last. See docs/decisions/0053-a-limit-that-is-searched-for.md.

Why the pace first holds for a minute, then rises by so much: a service that counts by the minute tells only after a
minute whether it carries a pace. Neither service says which window it counts in (docs/api/micropim.md#rate-limits).
"""

from functools import partial

from pim_wire.pace import MINUTE_MS, Pace, Rules, Turn, next_turn, used_share

CEILING = 6_000  # a minute: a hundred each second is more than requests in flight bring
ANSWERS_PER_STEP = 10  # a pace of 60 a minute would else be judged every 40 seconds only
_LEAST = 6 / CEILING
_RISE = 1.8  # a minute: from 60 to 900 in five
_BELOW = 0.96  # of what the service carries: the pace that is kept
_BEYOND = 1.06  # of it: the pace that tries whether it carries more by now
_TRY_EVERY_MS = 3 * MINUTE_MS  # at least, and not before so many good answers: a try costs a refusal or two
_ANSWERS_PER_TRY = 240
_BUSY = 0.75  # of the pace: with less work than that, a good answer says nothing about it
_TELLING_MS = 10_000  # between two refusals: what was carried in less is chance
_LEAST_KEPT = 0.5  # of the pace: short windows and other callers make an estimate too low


def begun(pace: Pace, start: int, carried: int | None) -> Pace:
    """A pace that nobody has used yet: at what was carried before, or at ``start`` requests a minute."""
    if pace.since:
        return pace
    if carried is None:
        return pace._replace(share=start / CEILING, edge=0.0, next_step_at=pace.seen + MINUTE_MS)
    edge = max(_LEAST, carried / CEILING)
    return pace._replace(share=edge * _BELOW, edge=edge, next_step_at=pace.seen + _TRY_EVERY_MS)


def next_auto_turn(pace: Pace, start: int, carried: int | None) -> tuple[Pace, Turn]:
    """Reserve the next free turn, as ``next_turn`` does."""
    return next_turn(begun(pace, start, carried), CEILING)


def after_successes(pace: Pace, answers: int) -> Pace:
    """The pace after so many more good answers: once it has held long enough, one step up."""
    pace = pace._replace(good=pace.good + answers)
    if pace.edge and pace.good < _ANSWERS_PER_TRY:
        return pace
    if pace.seen < pace.next_step_at or used_share(pace, CEILING) < pace.share * _BUSY:
        return pace
    pace = pace._replace(floor=pace.share)  # it has held
    if pace.edge and pace.share <= pace.edge:
        return pace._replace(share=min(1.0, pace.edge * _BEYOND), next_step_at=pace.seen + MINUTE_MS)
    return pace._replace(share=min(1.0, pace.share * _RISE), edge=0.0, next_step_at=pace.seen + MINUTE_MS)


def slower(pace: Pace, carried: float, used: float) -> Pace:
    """The pace after a refusal that begins a pause. ``carried``: the turns of the last minute as a share of CEILING.

    What was carried since the refusal before says as much, where that one is not long ago. Half of it is believed: a
    window that is still full of a faster minute lets through less. A refusal without a good answer in between only says
    that the window is still full.
    """
    now = pace.seen
    if not pace.good:
        return pace._replace(refused_at=now)
    found = min(used, carried) if now - pace.since >= MINUTE_MS else used
    passed = now - pace.refused_at
    if passed >= 2 * MINUTE_MS:
        found = max(found, pace.share * _LEAST_KEPT)
    elif passed >= _TELLING_MS:
        found = min(found, (found + pace.good * MINUTE_MS / passed / CEILING) / 2)
    edge = max(_LEAST, found)
    return pace._replace(share=edge * _BELOW, edge=edge, good=0, refused_at=now, next_step_at=now + _TRY_EVERY_MS)


def found_by(pace: Pace) -> int | None:
    """Requests a minute that the service is known to carry, for the next run: what was refused, else what has held.

    None where the work never used the pace: that says nothing about the service.
    """
    return round(CEILING * (pace.edge or pace.floor)) or None


def rules(start: int, carried: int | None) -> Rules:
    """How a throttle without a known limit goes about it."""
    turn = partial(next_auto_turn, start=start, carried=carried)
    return Rules(CEILING, ANSWERS_PER_STEP, turn, slower, after_successes)
