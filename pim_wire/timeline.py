"""What was asked and how long was waited, over time, in a memory that does not grow with the run.

Sums stand in at most ``BUCKETS`` buckets of equal width. When the run outgrows them, neighbours are added up and the
width doubles: no sum is ever lost, only its exact place.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pim_wire.clock import Clock

BUCKETS = 64
FIRST_WIDTH_SECONDS = 1.0


class Timeline:
    """Used from several threads. A kind is any word; its amounts are counts, or seconds waited."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.now()
        self._lock = threading.Lock()
        self._width = FIRST_WIDTH_SECONDS
        self._sums: dict[str, list[float]] = {}

    def count(self, kind: str) -> None:
        """One more of a kind, now."""
        now = self._clock.now()
        with self._lock:
            self._bucket(kind, now)

    @contextmanager
    def waiting(self, kind: str) -> Iterator[None]:
        """What happens inside is waiting of a kind; it counts as long as it really lasts, also when it is ended."""
        since = self._clock.now()
        try:
            yield
        finally:
            until = self._clock.now()
            with self._lock:
                self._spread(kind, since, until)

    def total(self, kind: str) -> float:
        """The sum of a kind."""
        with self._lock:
            return sum(self._sums.get(kind, ()))

    def shown(self) -> dict[str, Any]:
        """``bucket_seconds``, and for each kind its sums, one for each bucket that has begun."""
        now = self._clock.now()
        with self._lock:
            last = self._place(now)
            return {
                "bucket_seconds": self._width,
                "series": {
                    kind: [round(amount, 3) for amount in sums[: last + 1]] for kind, sums in self._sums.items()
                },
            }

    def _bucket(self, kind: str, at: float, amount: float = 1.0) -> None:
        place = self._place(at)
        self._sums.setdefault(kind, [0.0] * BUCKETS)[place] += amount

    def _spread(self, kind: str, since: float, until: float) -> None:
        """Each bucket gets the seconds that lie in it."""
        last = self._place(until)
        for place in range(self._place(since), last + 1):
            begins = self._began + place * self._width
            inside = min(until, begins + self._width) - max(since, begins)
            self._sums.setdefault(kind, [0.0] * BUCKETS)[place] += max(0.0, inside)

    def _place(self, at: float) -> int:
        """The bucket of a moment; the width doubles until there is one."""
        while (place := int(max(0.0, at - self._began) // self._width)) >= BUCKETS:
            self._width *= 2
            for sums in self._sums.values():
                sums[:] = [a + b for a, b in zip(sums[::2], sums[1::2], strict=True)] + [0.0] * (BUCKETS // 2)
        return place
