"""A POST carried out once, whatever the answers are: MicroPIM has no idempotency key.

After an unclear answer: look, wait, look again, and only then post again; a slow server may still be working on it.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

from pim_wire.errors import StrangeAnswer, Unclear
from target_micropim.errors import Reason, RecordRejected

MAX_FAILURES_IN_A_ROW = 10

T = TypeVar("T")


class PostOnce:
    """Used from several threads. ``wait(attempt)`` waits, longer with each attempt."""

    def __init__(self, wait: Callable[[int], None]) -> None:
        self._wait = wait
        self._lock = threading.Lock()
        self._failures = 0

    def post(self, post: Callable[[], T], look: Callable[[], T | None], attempts: int) -> T:
        """What ``post`` gives, or what ``look`` finds after an unclear answer.

        Raises RecordRejected when neither helps, StopRun when that happens ten times in a row.
        """
        message = ""
        for attempt in range(1, attempts + 1):
            try:
                return self._succeeded(post())
            except Unclear as unclear:
                message = str(unclear)
            if (result := self._look_twice(look, attempt)) is not None:
                return self._succeeded(result)
        raise self._failed(attempts, message)

    def _look_twice(self, look: Callable[[], T | None], attempt: int) -> T | None:
        result = look()
        if result is None:
            self._wait(attempt)
            result = look()
        return result

    def _succeeded(self, result: T) -> T:
        with self._lock:
            self._failures = 0
        return result

    def _failed(self, attempts: int, message: str) -> Exception:
        with self._lock:
            self._failures += 1
            if self._failures >= MAX_FAILURES_IN_A_ROW:
                return StrangeAnswer(
                    f"MicroPIM makes nothing any more ({message}): stopped after {self._failures} in a row; "
                    "try again later"
                )
        return RecordRejected("send", [Reason("$", f"not made after {attempts} attempts: {message}")])
