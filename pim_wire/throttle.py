"""The only place where a request waits for its turn.

Law: a small burst, then an even pace. The kind of window either service counts in is unknown (medipim.md 2.2,
micropim.md 1.3), and an even pace is the one pattern that fits a sliding, a fixed and a token window alike.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pyrate_limiter import GCRA, Rate, RateItem, StateBucket

from pim_wire.clock import Clock
from pim_wire.timeline import Timeline

MINUTE_MS = 60_000
_SLOWEST = 1 / 16
_GOOD_ANSWERS_PER_STEP = 40
_STEADY_ANSWERS = 100  # a refusal after so many good answers is a touch of the limit; an earlier one, a search for it
_BACK, _NEAR = 0.93, 0.96  # shares of the pace that was refused
_FIRST_STEP, _LARGEST_STEP = 0.004, 0.1


@dataclass
class ThrottleTally:
    """What one throttle did: turns given, seconds waited, times the service said 429."""

    turns: int = 0
    waited_seconds: float = 0.0
    refused: int = 0


def even_rate(per_minute: float) -> Rate:
    """The rate whose burst and pace together never exceed ``per_minute`` within any 60 seconds.

    The burst is 2 % of the limit; the pace leaves out as much, so that jitter on the wire cannot push one
    request too many into a window either.
    """
    limit = max(1, int(per_minute))
    burst = max(1, limit // 50)
    pace = limit - burst if limit >= 20 else limit - (burst - 1)  # noqa: PLR2004 - below 20 a margin would cost more than 5 %
    return Rate(max(1, pace), MINUTE_MS, burst=burst)


class Throttle:
    """Gives turns at ``per_minute``; halves its pace when refused and creeps back while answers are good.

    ``timeline`` learns the turns under ``name``, refusals as ``refused``, and seconds waited as ``pace`` (our own even
    pace) or ``asked`` (the service told us to).
    """

    def __init__(self, per_minute: int, clock: Clock, timeline: Timeline | None = None, name: str = "requests") -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._bucket = StateBucket([even_rate(per_minute)], algorithm=GCRA())
        self._lock = threading.Lock()
        self._share = 1.0
        self._good = 0
        self._edge = 1.0
        self._step = _FIRST_STEP
        self._good_since_refusal = 0
        self._paused_until = 0.0
        self._last_minute: deque[float] = deque(maxlen=per_minute)
        self._timeline = timeline or Timeline(clock)
        self._name = name
        self.tally = ThrottleTally()
        self.on_wait: Callable[[float], None] = lambda _seconds: None

    def take(self) -> None:
        """Wait for a turn. Raises Interrupted when the process is told to stop meanwhile."""
        while (wait := self._try()) > 0:
            self.tally.waited_seconds += wait
            self.on_wait(wait)
            with self._timeline.waiting("asked" if self._clock.now() < self._paused_until else "pace"):
                self._clock.sleep(wait)
        self._timeline.count(self._name)

    def _try(self) -> float:
        """Seconds until it is worth trying again; 0 when the turn is ours."""
        with self._lock:
            now = self._clock.now()
            if now < self._paused_until:
                return self._paused_until - now
            item = RateItem("turn", int(now * 1000))
            if self._bucket.put(item):
                self.tally.turns += 1
                self._last_minute.append(now)
                return 0.0
            return max(0.001, float(self._bucket.waiting(item)) / 1000)  # type: ignore[arg-type]

    def used_in_last_minute(self) -> int:
        """Turns given within the last 60 seconds."""
        with self._lock:
            return sum(self._clock.now() - at < MINUTE_MS / 1000 for at in self._last_minute)

    def refused(self, wait: float) -> None:
        """The service said 429: nobody asks for ``wait`` seconds; then more slowly, by half while searching."""
        with self._lock:
            self.tally.refused += 1
            self._timeline.count("refused")
            now = self._clock.now()
            if now >= self._paused_until:
                was_steady = self._good_since_refusal >= _STEADY_ANSWERS
                self._edge = self._share
                self._set_share(max(_SLOWEST, self._share * (_BACK if was_steady else 0.5)))
                self._step, self._good, self._good_since_refusal = _FIRST_STEP, 0, 0
            self._paused_until = max(self._paused_until, now + wait)

    def went_well(self) -> None:
        """A good answer: after enough of them the pace rises, carefully near the last refusal and faster beyond it."""
        with self._lock:
            if self._share >= 1.0:
                return
            self._good += 1
            self._good_since_refusal += 1
            if self._good >= _GOOD_ANSWERS_PER_STEP:
                self._good = 0
                self._rise()

    def _rise(self) -> None:
        near = self._edge * _NEAR
        if self._share < near:
            self._set_share(min(near, self._share + max((near - self._share) / 2, self._share * _FIRST_STEP)))
            return
        self._set_share(min(1.0, self._share * (1 + self._step)))
        self._step = min(_LARGEST_STEP, self._step * 1.5)

    def _set_share(self, share: float) -> None:
        self._share = share
        self._bucket.rates = [even_rate(self._per_minute * share)]
