"""A POST carried out once, whatever the answers say (reliability sheet 2.3): MicroPIM has no idempotency key.

After an unclear answer: look, wait, look again, and only then post again; a slow server may still be at it.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

from pim_wire.errors import StrangeAnswer, Unclear
from target_micropim.errors import Reason, RecordRejected

MAX_FRUITLESS_IN_A_ROW = 10

T = TypeVar("T")


class PostOnce:
    """Posts with care, from several threads. ``breathe(attempt)`` waits, ever longer."""

    def __init__(self, breathe: Callable[[int], None]) -> None:
        self._breathe = breathe
        self._lock = threading.Lock()
        self._fruitless = 0

    def post(self, post: Callable[[], T], look: Callable[[], T | None], attempts: int) -> T:
        """What ``post`` gives, or what ``look`` finds after an unclear answer.

        Raises RecordRejected when neither helps, StopRun when that happens ten times in a row.
        """
        told = ""
        for attempt in range(1, attempts + 1):
            try:
                return self._well(post())
            except Unclear as unclear:
                told = str(unclear)
            if (found := self._found(look, attempt)) is not None:
                return self._well(found)
        raise self._fruitless_after(attempts, told)

    def _found(self, look: Callable[[], T | None], attempt: int) -> T | None:
        found = look()
        if found is None:
            self._breathe(attempt)
            found = look()
        return found

    def _well(self, done: T) -> T:
        with self._lock:
            self._fruitless = 0
        return done

    def _fruitless_after(self, attempts: int, told: str) -> Exception:
        with self._lock:
            self._fruitless += 1
            if self._fruitless >= MAX_FRUITLESS_IN_A_ROW:
                return StrangeAnswer(
                    f"MicroPIM makes nothing any more ({told}): stopped after {self._fruitless} in a row; "
                    "try again later"
                )
        return RecordRejected("send", [Reason("$", f"not made after {attempts} attempts: {told}")])
