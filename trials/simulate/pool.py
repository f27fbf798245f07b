"""Workers without threads: jobs wait, and one seed decides which of them is done next, whole.

Two jobs are never in each other's middle, but they end in any order, and later than they were handed in.
"""

from collections.abc import Callable, Hashable
from random import Random

from pim_wire.clock import Clock
from pim_wire.errors import Interrupted

Job = Callable[[], None]


class SteppedPool:
    """Has the methods of the program's own pool."""

    def __init__(self, workers: int, clock: Clock, choose: Random) -> None:
        self._limit = workers * 2 if workers > 1 else 1
        self._clock = clock
        self._choose = choose
        self._waiting: list[tuple[frozenset[Hashable], Job]] = []
        self._failure: BaseException | None = None

    def submit(self, keys: frozenset[Hashable], job: Job) -> None:
        """Hand in a job; one that shares a key, or is too many, is done first."""
        self._check()
        while self._waiting and (len(self._waiting) >= self._limit or any(keys & busy for busy, _ in self._waiting)):
            self._step()
        self._waiting.append((keys, job))
        if self._limit == 1:
            self._step()

    def drain(self) -> None:
        """Do all of them."""
        self._check()
        while self._waiting:
            self._step()

    def wait_until(self, is_enough: Callable[[], bool]) -> None:
        """Do them one by one until this is so."""
        self._check()
        while self._waiting and not is_enough():
            self._step()

    def fail(self, failure: BaseException) -> None:
        """The next submit or drain raises it."""
        self._failure = self._failure or failure

    def close(self) -> None:
        """Begin no other."""
        self._failure = self._failure or Interrupted("closed")
        self._waiting.clear()

    def _step(self) -> None:
        _keys, job = self._waiting.pop(self._choose.randrange(len(self._waiting)))
        try:
            job()
        except Exception as failure:
            self._failure = self._failure or failure
            raise
        self._check()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self._clock.stopped:
            raise Interrupted("stopped while records were in flight")
