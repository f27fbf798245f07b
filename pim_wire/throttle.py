"""Every request waits here for its turn, and nowhere else: a small burst, then an even pace.

The kind of window either service counts in is unknown (docs/api/medipim.md#rate-limits,
docs/api/micropim.md#rate-limits). An even pace is the one pattern that fits a sliding, a fixed and a token window
alike.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, Self, TypeVar

from pim_wire import pace
from pim_wire.clock import Clock
from pim_wire.errors import CannotPace
from pim_wire.pace import Change, ChangeOfTwo, Pace, PaceStore, Rules, Turn
from pim_wire.retry import failure_waits
from pim_wire.timeline import Timeline

_STORE_RETRIES = 4  # after 1, 2, 4 and 8 seconds
T = TypeVar("T")


class LocalPaceStore:
    """Stores the pace for the threads of this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._pace = Pace(seen=int(clock.now() * 1000))

    def read(self) -> Pace:
        """The pace as it was last changed."""
        return self._pace

    def change(self, change: Change[T]) -> T:
        """Replace the pace as one atomic step."""
        with self._lock:
            self._pace, result = change(pace.at(self._pace, int(self._clock.now() * 1000)))
        return result

    def change_with(self, other: Self, change: ChangeOfTwo[T]) -> T:
        """Replace this pace and another one as one atomic step."""
        with self._lock, other._lock:
            now = int(self._clock.now() * 1000)
            self._pace, other._pace, result = change(pace.at(self._pace, now), pace.at(other._pace, now))
        return result


@dataclass
class ThrottleTally:
    """What one throttle did: turns, seconds waited, answers with status 429."""

    turns: int = 0
    waited_seconds: float = 0.0
    refused: int = 0


class TurnInHand(NamedTuple):
    """A turn that was taken for the moment ``due``, and is not used yet; ``due_at`` is that by our own clock."""

    throttle: "Throttle"
    due: int
    due_at: float

    def give_back(self) -> None:
        """It is not used: somebody else may have it."""
        self.throttle.give_back(self.due)


class Throttle:
    """Gives turns: so many a minute, or by rules of its own. Slower when refused, faster again while answers are good.

    ``timeline`` counts the turns under ``name``, refusals as ``refused``, and seconds waited as ``pace`` (our own even
    pace) or ``asked`` (a pause that the service asked for). ``on_wait`` gets the seconds of each wait before it begins.
    A throttle ``within`` another one takes a turn there as well, and slows down alone.
    """

    def __init__(
        self,
        limit: int | Rules,
        clock: Clock,
        timeline: Timeline | None = None,
        name: str = "requests",
        *,
        store: PaceStore | None = None,
        within: "Throttle | None" = None,
        on_wait: Callable[[float], None] | None = None,
    ) -> None:
        self.go_by(limit if isinstance(limit, Rules) else pace.rules_below(limit))
        self._clock = clock
        self._store: PaceStore = store or LocalPaceStore(clock)
        self._within = within
        self._on_wait = on_wait
        self._lock = threading.Lock()
        self._unreported = 0  # good answers since the pace was last changed
        self._share = 1.0
        self._turn_times: deque[float] = deque(maxlen=self._per_minute)
        self._timeline = timeline or Timeline(clock)
        self._name = name
        self.tally = ThrottleTally()

    def go_by(self, rules: Rules) -> None:
        """How the pace changes, from the next turn on."""
        self._rules = rules
        self._per_minute = rules.per_minute
        self._next_turn = rules.next_turn

    def take(self) -> float:
        """Wait for a turn, and say for how many seconds. Raises Interrupted when the process is told to stop."""
        waited = 0.0
        while True:
            try:
                turn = self._store.change(self._next_turn)
            except CannotPace as error:
                turn = self._retried(error, self._store.change, self._next_turn)
            self._share = turn.share
            if not turn.pause + turn.wait:
                break
            self._wait("asked", turn.pause / 1000)
            self._wait("pace", turn.wait / 1000)
            waited += (turn.pause + turn.wait) / 1000
            if not self._has_paused_since(turn):
                break  # otherwise a refusal during the wait has voided the turn
        if self._within is not None:
            waited += self._within.take()
        self._count(self._clock.now())
        return waited

    def take_at_once(self) -> bool:
        """Take a turn if one is free now; whether it was."""

        def take_if_free(current: Pace) -> tuple[Pace, bool]:
            after, turn = self._next_turn(current)
            return (current, False) if turn.pause + turn.wait else (after, True)

        is_free: bool = self._with_retries(self._store.change, take_if_free)
        if is_free:
            self._count(self._clock.now())
        return is_free

    def take_with(self, other: "Throttle", count: int = 1) -> tuple[list[TurnInHand], TurnInHand]:
        """Wait for the first of so many turns here, and take one there that is due with the last of them.

        So none of them grows old. Raises Interrupted.
        """
        together = partial(
            pace.turns_together, next_of_first=self._next_turn, next_of_second=other._next_turn, count=count
        )
        while True:
            try:
                turns, turn_there = self._store.change_with(other._store, together)
            except CannotPace as error:
                turns, turn_there = self._retried(error, self._store.change_with, other._store, together)
            first = turns[0]
            self._share, other._share = turns[-1].share, turn_there.share
            waits = first.pause + first.wait
            if not waits:
                break
            pause = min(waits, max(first.pause, turn_there.pause))
            self._wait("asked", pause / 1000)
            self._wait("pace", (waits - pause) / 1000)
            if not (self._has_paused_since(first) or other._has_paused_since(turn_there)):
                break
        now = self._clock.now()
        self._count(now, count)
        other._count(now)
        hands = [TurnInHand(self, turn.due, now + (turn.due - first.due) / 1000) for turn in turns]
        return hands, TurnInHand(other, turn_there.due, now + (turn_there.due - first.due) / 1000)

    def _has_paused_since(self, turn: Turn) -> bool:
        return self._with_retries(self._store.read).paused_until > turn.paused_until

    def _count(self, moment: float, turns: int = 1) -> None:
        with self._lock:
            self.tally.turns += turns
            self._turn_times.extend([moment] * turns)
        self._timeline.count(self._name, moment, turns)

    def give_back(self, due: int) -> None:
        """The turn that was taken for this moment is not used: somebody else may have it."""
        self._with_retries(
            self._store.change, lambda current: (pace.without_a_turn(current, self._per_minute, due), None)
        )
        with self._lock:
            self.tally.turns -= 1
            if self._turn_times:
                self._turn_times.pop()
        self._timeline.uncount(self._name)

    def _with_retries(self, access: Callable[..., T], *given: Any) -> T:
        """What the store gives; one that restarts gets 15 seconds. Raises CannotPace."""
        try:
            return access(*given)
        except CannotPace as error:
            return self._retried(error, access, *given)

    def _retried(self, failure: CannotPace, access: Callable[..., T], *given: Any) -> T:
        for wait in islice(failure_waits(), _STORE_RETRIES):
            with self._timeline.waiting("failing"):
                self._clock.sleep(wait)
            try:
                return access(*given)
            except CannotPace as error:
                failure = error
        raise failure

    def _wait(self, kind: str, seconds: float) -> None:
        if not seconds:
            return
        with self._lock:
            self.tally.waited_seconds += seconds
        if self._on_wait is not None:
            self._on_wait(seconds)
        with self._timeline.waiting(kind):
            self._clock.sleep(seconds)

    def wait_until(self, moment: float) -> float:
        """Wait for a turn that is taken and not due yet, and say for how many seconds. Raises Interrupted."""
        seconds = max(0.0, moment - self._clock.now())
        if seconds:
            self._wait("pace", seconds)
        return seconds

    def pace(self) -> Pace:
        """The pace as it is now."""
        return self._with_retries(self._store.read)

    def used_in_last_minute(self) -> int:
        """Turns given here within the last 60 seconds."""
        with self._lock:
            return sum(self._clock.now() - moment < pace.MINUTE_MS / 1000 for moment in self._turn_times)

    def refused(self, wait: float, answer_seconds: float = 0.0) -> None:
        """The service answered 429 after ``answer_seconds``: pause for ``wait`` seconds, try once, go on slower."""
        self._timeline.count("refused")
        own_turns = max(0, self.used_in_last_minute() - 1)
        with self._lock:
            self.tally.refused += 1
            good, self._unreported = self._unreported, 0

        def refuse(current: Pace) -> tuple[Pace, float]:
            turns = max(own_turns, pace.turns_in_last_minute(current))  # other processes may share the pace
            least = self._rules.least_share
            return _with_share(
                pace.after_refusal(current, self._per_minute, wait, turns, good, answer_seconds, least_share=least)
            )

        self._share = self._with_retries(self._store.change, refuse)

    def succeeded(self) -> None:
        """A good answer: after enough of them the pace rises, slowly near the last refusal and faster beyond it."""
        if self._within is not None:
            self._within.succeeded()
        with self._lock:
            self._unreported = self._unreported + 1 if self._share < 1 else 0
            if self._unreported < self._rules.answers_per_step:
                return
            good, self._unreported = self._unreported, 0
        self._share = self._with_retries(
            self._store.change, lambda current: _with_share(self._rules.faster(current, good))
        )


def pace_stores_for(url: str | None, clock: Clock) -> Callable[[str], PaceStore]:
    """The store of a limit's pace, by the limit's name: in this process, or shared at ``url``. Raises CannotPace."""
    if url is None:
        return lambda _name: LocalPaceStore(clock)
    from pim_wire.pace_stores import pace_stores_at  # noqa: PLC0415 - imports SQLAlchemy

    return pace_stores_at(url, clock.wall)


def _with_share(current: Pace) -> tuple[Pace, float]:
    return current, current.share
