"""A rolling-window limiter: the strictest reading of "N requests per minute"."""

import math
from collections import defaultdict, deque
from collections.abc import Callable

WINDOW_SECONDS = 60.0


class RollingLimiter:
    """At most ``limit`` admissions per key in any 60 seconds (window type U).

    See docs/api/medipim.md#rate-limits and docs/api/micropim.md#rate-limits.

    Refused calls do not use up the allowance, otherwise a polite retry could never get through. ``limit`` may
    change while the service runs.
    """

    def __init__(self, limit: int | None, clock: Callable[[], float]) -> None:
        """Without a limit everything is admitted."""
        self.limit = limit
        self._clock = clock
        self._admitted: defaultdict[str, deque[float]] = defaultdict(deque)

    def refuse_for(self, *keys: str) -> int | None:
        """Admit the call for all of its keys and return None, or return the whole seconds until the next place."""
        if self.limit is None:
            return None
        now = self._clock()
        waits = [wait for key in keys if (wait := self._wait(key, now)) is not None]
        if waits:
            return max(waits)
        for key in keys:
            self._admitted[key].append(now)
        return None

    def _wait(self, key: str, now: float) -> int | None:
        """Whole seconds until this key has a place; None: it has one.

        Where the limit has fallen, more than one call must leave the window before that.
        """
        times = self._admitted[key]
        while times and times[0] <= now - WINDOW_SECONDS:
            times.popleft()
        if self.limit is None or len(times) < self.limit:
            return None
        if not self.limit:
            return math.ceil(WINDOW_SECONDS)
        return max(1, math.ceil(times[len(times) - self.limit] + WINDOW_SECONDS - now))
