"""Several threads, no key ever in two of them at once, and a queue with a limit."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor

from pim_wire.clock import Clock
from pim_wire.errors import Interrupted


class KeyedPool:
    """Runs jobs in threads. ``submit`` waits while one of the job's keys is busy or the queue is full."""

    def __init__(self, workers: int, clock: Clock) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="writer")
        self._limit = workers * 2
        self._clock = clock
        self._changed = threading.Condition()
        self._busy: set[Hashable] = set()
        self._jobs = 0
        self._failure: BaseException | None = None

    def submit(self, keys: frozenset[Hashable], job: Callable[[], None]) -> None:
        """Run the job when its turn comes. Raises what an earlier job raised: after a failure nothing new is begun."""
        with self._changed:
            self._check()
            while self._jobs >= self._limit or not keys.isdisjoint(self._busy):
                self._wait()
            self._busy |= keys
            self._jobs += 1
        self._executor.submit(self._run, keys, job)

    def drain(self) -> None:
        """Wait until nothing is in flight. Raises what a job raised."""
        with self._changed:
            self._check()
            while self._jobs:
                self._wait()

    def wait_until(self, is_enough: Callable[[], bool]) -> None:
        """Wait until this is so, or nothing is in flight. Raises what a job raised."""
        with self._changed:
            self._check()
            while self._jobs and not is_enough():
                self._wait()

    def fail(self, failure: BaseException) -> None:
        """Something outside the pool makes going on pointless: the next submit or drain raises it."""
        with self._changed:
            self._failure = self._failure or failure
            self._changed.notify_all()

    def close(self) -> None:
        """Let jobs in flight end, begin no other."""
        with self._changed:
            self._failure = self._failure or Interrupted("closed")
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _wait(self) -> None:
        self._changed.wait(timeout=0.5)
        self._check()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self._clock.stopped:
            raise Interrupted("stopped while records were in flight")

    def _run(self, keys: frozenset[Hashable], job: Callable[[], None]) -> None:
        try:
            if self._failure is None:
                job()
        except BaseException as failure:  # noqa: BLE001 - handed to the thread that feeds the pool
            with self._changed:
                self._failure = self._failure or failure
        finally:
            with self._changed:
                self._busy -= keys
                self._jobs -= 1
                self._changed.notify_all()
