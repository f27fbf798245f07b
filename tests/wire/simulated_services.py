"""Simulated services that count requests, and workers that send in parallel: what the throttle is tested against."""

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from math import ceil

from greenlet import getcurrent, greenlet

from pim_wire.clock import Clock
from pim_wire.retry import throttled_waits
from pim_wire.throttle import Throttle


@dataclass
class Service:
    """Counts as one of three kinds of window does."""

    per_minute: int
    kind: str
    seconds: float = 60.0
    taken: deque[float] = field(default_factory=deque)
    tokens: float = 0.0
    since: float = 0.0

    def admits(self, now: float) -> bool:
        """Whether one more request is within the limit."""
        most = self.per_minute * self.seconds / 60
        if self.kind == "token":
            self.tokens = min(most, self.tokens + (now - self.since) * self.per_minute / 60)
            self.since = now
            self.tokens -= (good := self.tokens >= 1)
            return good
        start = now - self.seconds if self.kind == "sliding" else now // self.seconds * self.seconds
        while self.taken and self.taken[0] <= start:
            self.taken.popleft()
        if len(self.taken) >= most:
            return False
        self.taken.append(now)
        return True

    def seconds_until_place(self, now: float) -> float:
        """What Retry-After says, in whole seconds."""
        if self.kind == "token":
            return max(1, ceil((1 - self.tokens) * 60 / self.per_minute))
        if self.kind == "fixed":
            return ceil(self.seconds - now % self.seconds)
        most = int(self.per_minute * self.seconds / 60)
        return max(1, ceil(self.taken[len(self.taken) - most] + self.seconds - now))


class TogetherClock(Clock):
    """A simulated time for several workers: it passes while all sleep, and one runs at a time, so that runs repeat.

    Each is a greenlet: to hand over from thread to thread takes longer than a whole turn.
    """

    def __init__(self) -> None:
        super().__init__()
        self._now = 1_000_000.0
        self._order = count()
        self._asleep: list[tuple[float, int, greenlet]] = []

    def now(self) -> float:
        """Seconds so far."""
        return self._now

    def wall(self) -> float:
        """The same seconds."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let whoever is due first go on."""
        this = getcurrent()
        self._due(seconds, this)
        following = self._wake()
        if following is not this:
            following.switch()

    def run(self, bodies: Sequence[Callable[[], None]]) -> None:
        """Run them together until all have ended; whoever ends comes back here."""
        for body in bodies:
            self._due(0, greenlet(body))
        while self._asleep:
            self._wake().switch()

    def _due(self, seconds: float, sleeper: greenlet) -> None:
        heappush(self._asleep, (self._now + max(0.0, seconds), next(self._order), sleeper))

    def _wake(self) -> greenlet:
        self._now, _, sleeper = heappop(self._asleep)
        return sleeper


@dataclass
class Workers:
    """Four of them, each of which asks again when it was answered, as the target's do."""

    throttles: Sequence[Throttle]
    service: Service
    clock: TogetherClock
    answer_seconds: float
    work_seconds: float = 0.0  # between an answer and the next request
    is_told: bool = False  # by Retry-After how long to wait
    log: list[tuple[float, bool]] = field(default_factory=list)

    def run(self, phases: Sequence[tuple[int, float]]) -> list["Seen"]:
        """What was seen in each phase: a limit, and for how many minutes it holds."""
        ends = [self.clock.now()]
        for _, minutes in phases:
            ends.append(ends[-1] + 60 * minutes)

        def change() -> None:
            for limit, minutes in phases:
                self.service.per_minute = limit
                self.clock.sleep(60 * minutes)

        self.clock.run([change, *(self._worker(number, ends[-1]) for number in range(4 * len(self.throttles)))])
        marks = zip(phases, ends, ends[1:], strict=False)
        return [self._seen(limit, begin, end) for (limit, _), begin, end in marks]

    def _worker(self, number: int, end: float) -> Callable[[], None]:
        throttle, chance = self.throttles[number // 4], random.Random(number)

        def work() -> None:
            waits = throttled_waits()
            while self.clock.now() < end:
                throttle.take()
                sent_at = self.clock.now()
                self.clock.sleep(self.answer_seconds * chance.uniform(0.95, 1.05))
                self.log.append((self.clock.now(), self.service.admits(self.clock.now())))
                if self.log[-1][1]:
                    throttle.succeeded()
                    waits = throttled_waits()
                    self.clock.sleep(self.work_seconds * chance.uniform(0.5, 1.5))
                    continue
                wait = next(waits) * chance.uniform(1.0, 1.1)
                if self.is_told:
                    wait = self.service.seconds_until_place(self.clock.now())
                throttle.refused(wait, self.clock.now() - sent_at)

        return work

    def _seen(self, limit: int, begin: float, end: float) -> "Seen":
        seen = [(at, good) for at, good in self.log if begin <= at < end]
        late = sum(good and at >= end - 120 for at, good in seen)
        return Seen(sum(not good for _, good in seen), len(seen), late / 2 / limit)


@dataclass(frozen=True)
class Seen:
    """Of one phase. ``used``: of the limit, in the last two minutes."""

    refused: int
    sent: int
    used: float

    @property
    def share(self) -> float:
        """Of the requests that were refused."""
        return self.refused / self.sent
