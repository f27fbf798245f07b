"""Requests and waits over time, in memory that does not grow with the run.

Sums are kept in at most ``BUCKETS`` buckets of equal width. When the run outgrows them, each two neighbours are added
up and the width doubles: no sum is lost, only its exact time.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pim_wire.clock import Clock

BUCKETS = 64
FIRST_WIDTH_SECONDS = 1.0


class Timeline:
    """Sums by kind, from several threads. A kind is any word; its amounts are counts, or seconds waited."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started_at = clock.now()
        self._lock = threading.Lock()
        self._width = FIRST_WIDTH_SECONDS
        self._sums: dict[str, list[float]] = {}
        self._waits: Counter[str] = Counter()

    def count(self, kind: str, moment: float | None = None, number: int = 1) -> None:
        """Add one, or so many, to a kind, at a moment of the clock or now."""
        moment = self._clock.now() if moment is None else moment
        with self._lock:
            bucket = int((moment - self._started_at) // self._width)
            if not 0 <= bucket < BUCKETS:
                bucket = self._bucket(moment)
            sums = self._sums.get(kind) or self._bucket_sums(kind)
            sums[bucket] += number

    def uncount(self, kind: str) -> None:
        """Take back the latest one of a kind."""
        with self._lock:
            sums = self._bucket_sums(kind)
            latest = next((bucket for bucket in reversed(range(BUCKETS)) if sums[bucket] > 0), None)
            if latest is not None:
                sums[latest] -= 1.0

    @contextmanager
    def waiting(self, kind: str) -> Iterator[None]:
        """Add the seconds that pass inside to a kind, also when a wait is cut short."""
        start = self._clock.now()
        with self._lock:
            self._waits[kind] += 1
        try:
            yield
        finally:
            end = self._clock.now()
            with self._lock:
                self._waits[kind] -= 1
                self._spread(kind, start, end)

    def waits(self) -> set[str]:
        """The kinds of waits that go on at this moment."""
        with self._lock:
            return {kind for kind, number in self._waits.items() if number}

    def total(self, kind: str) -> float:
        """The sum of a kind."""
        with self._lock:
            return sum(self._sums.get(kind, ()))

    def shown(self) -> dict[str, Any]:
        """``bucket_seconds``, and for each kind its sums, one for each bucket that has begun."""
        now = self._clock.now()
        with self._lock:
            last = self._bucket(now)
            return {
                "bucket_seconds": self._width,
                "series": {
                    kind: [round(amount, 3) for amount in sums[: last + 1]] for kind, sums in self._sums.items()
                },
            }

    def _bucket_sums(self, kind: str) -> list[float]:
        return self._sums.setdefault(kind, [0.0] * BUCKETS)

    def _spread(self, kind: str, start: float, end: float) -> None:
        """Add to each bucket the seconds that lie within it."""
        last = self._bucket(end)
        for bucket in range(self._bucket(start), last + 1):
            bucket_start = self._started_at + bucket * self._width
            overlap = min(end, bucket_start + self._width) - max(start, bucket_start)
            self._bucket_sums(kind)[bucket] += max(0.0, overlap)

    def _bucket(self, moment: float) -> int:
        """The number of a moment's bucket; the width doubles until there is one."""
        while (bucket := int(max(0.0, moment - self._started_at) // self._width)) >= BUCKETS:
            self._width *= 2
            for sums in self._sums.values():
                sums[:] = [a + b for a, b in zip(sums[::2], sums[1::2], strict=True)] + [0.0] * (BUCKETS // 2)
        return bucket
