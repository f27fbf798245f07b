"""The only place where a request waits for its turn.

Law: a small burst, then an even pace. The kind of window either service counts in is unknown (medipim.md 2.2,
micropim.md 1.3), and an even pace is the one pattern that fits a sliding, a fixed and a token window alike.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

from pim_wire import pace
from pim_wire.clock import Clock
from pim_wire.errors import CannotPace
from pim_wire.pace import Pace
from pim_wire.retry import failure_waits
from pim_wire.timeline import Timeline

_TRIES = 4  # 1, 2, 4 and 8 seconds
T = TypeVar("T")


class PaceStore(Protocol):
    """Keeps the pace within one limit."""

    def read(self) -> Pace:
        """The pace as it was last changed."""

    def change(self, make: Callable[[Pace], tuple[Pace, T]]) -> T:
        """Change the pace, with nobody in between; what ``make`` tells beside it. ``seen`` of the pace is now."""


class LocalPaceStore:
    """Keeps the pace for the threads of this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._pace = Pace(seen=self._now())

    def read(self) -> Pace:
        """The pace as it was last changed."""
        return self._pace

    def change(self, make: Callable[[Pace], tuple[Pace, T]]) -> T:
        """Change the pace, with nobody in between."""
        with self._lock:
            self._pace, told = make(pace.at(self._pace, self._now()))
        return told

    def _now(self) -> int:
        return int(self._clock.now() * 1000)


@dataclass
class ThrottleTally:
    """What one throttle did: turns given, seconds waited, times the service said 429."""

    turns: int = 0
    waited_seconds: float = 0.0
    refused: int = 0


class Throttle:
    """Gives turns at ``per_minute``; slower when refused, and back up while answers are good.

    ``timeline`` learns the turns under ``name``, refusals as ``refused``, and seconds waited as ``pace`` (our own even
    pace) or ``asked`` (the service told us to). A throttle ``within`` another takes a turn there as well, and slows
    down alone.
    """

    def __init__(
        self,
        per_minute: int,
        clock: Clock,
        timeline: Timeline | None = None,
        name: str = "requests",
        *,
        keeper: PaceStore | None = None,
        within: "Throttle | None" = None,
    ) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._keeper: PaceStore = keeper or LocalPaceStore(clock)
        self._within = within
        self._lock = threading.Lock()
        self._good = 0
        self._share = 1.0
        self._last_minute: deque[float] = deque(maxlen=per_minute)
        self._timeline = timeline or Timeline(clock)
        self._name = name
        self.tally = ThrottleTally()
        self.on_wait: Callable[[float], None] = lambda _seconds: None

    def take(self) -> None:
        """Wait for a turn. Raises Interrupted when the process is told to stop meanwhile."""
        while True:
            turn = self._change(lambda known: pace.next_turn(known, self._per_minute))
            self._share = turn.share
            if not turn.pause + turn.wait:
                break
            self._wait("asked", turn.pause / 1000)
            self._wait("pace", turn.wait / 1000)
            if self._patiently(self._keeper.read).paused_until <= turn.paused_until:
                break  # else somebody was refused while we waited, and the turn is void
        if self._within is not None:
            self._within.take()
        with self._lock:
            self.tally.turns += 1
            self._last_minute.append(self._clock.now())
        self._timeline.count(self._name)

    def _change(self, make: Callable[[Pace], tuple[Pace, T]]) -> T:
        return self._patiently(lambda: self._keeper.change(make))

    def _patiently(self, ask: Callable[[], T]) -> T:
        """A store that is being restarted is asked again for 15 seconds. Raises CannotPace."""
        for wait in islice(failure_waits(), _TRIES):
            try:
                return ask()
            except CannotPace:
                with self._timeline.waiting("failing"):
                    self._clock.sleep(wait)
        return ask()

    def _wait(self, why: str, seconds: float) -> None:
        if not seconds:
            return
        with self._lock:
            self.tally.waited_seconds += seconds
        self.on_wait(seconds)
        with self._timeline.waiting(why):
            self._clock.sleep(seconds)

    def used_in_last_minute(self) -> int:
        """Turns given here within the last 60 seconds."""
        with self._lock:
            return sum(self._clock.now() - at < pace.MINUTE_MS / 1000 for at in self._last_minute)

    def refused(self, wait: float, took: float = 0.0) -> None:
        """The service said 429 after ``took`` seconds: nobody asks for ``wait`` seconds, then one, then all, slower."""
        self._timeline.count("refused")
        here = max(0, self.used_in_last_minute() - 1)
        with self._lock:
            self.tally.refused += 1
            good, self._good = self._good, 0

        def slower(known: Pace) -> tuple[Pace, float]:
            carried = max(here, pace.given_in_last_minute(known))  # others share it
            return _told(pace.refused(known, self._per_minute, wait, carried, good, took))

        self._share = self._change(slower)

    def went_well(self) -> None:
        """A good answer: after enough of them the pace rises, carefully near the last refusal and faster beyond it."""
        if self._within is not None:
            self._within.went_well()
        with self._lock:
            self._good = self._good + 1 if self._share < 1 else 0
            if self._good < pace.ANSWERS_PER_STEP:
                return
            good, self._good = self._good, 0
        self._share = self._change(lambda known: _told(pace.went_well(known, good)))


def pace_stores_for(url: str | None, clock: Clock) -> Callable[[str], PaceStore]:
    """Who keeps the pace of a limit, by its name: this process, or a store that others use too. Raises CannotPace."""
    if url is None:
        return lambda _name: LocalPaceStore(clock)
    from pim_wire.pace_stores import pace_stores_at  # noqa: PLC0415 - heavy, and seldom wanted

    return pace_stores_at(url, clock.wall)


def _told(known: Pace) -> tuple[Pace, float]:
    return known, known.share
