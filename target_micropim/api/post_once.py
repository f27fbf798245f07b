"""A POST carried out once, whatever the answers are: MicroPIM has no idempotency key.

After an unclear answer the thing may be there and not show yet (docs/api/micropim.md#post-unclear). So it is looked for
as long as this service was seen to need until something new shows, two minutes where nothing was seen, and only then
posted again.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

from pim_wire.errors import StrangeAnswer, Unclear
from pim_wire.retry import failure_waits
from target_micropim.errors import Reason, RecordRejected

MAX_FAILURES_IN_A_ROW = 10
UNSEEN_SECONDS = 120.0
SAFETY = 2.0  # times what was seen, and at least so many seconds

T = TypeVar("T")


def seconds_until_shown(seen: float | None) -> float:
    """How long to look for something new before it counts as not made; ``seen`` is what it needed at most so far."""
    return UNSEEN_SECONDS if seen is None else max(SAFETY, SAFETY * seen)


class PostOnce:
    """Used from several threads. ``wait`` and ``now`` are the wire's; ``most`` is the longest wait in seconds."""

    def __init__(self, wait: Callable[[float], None], now: Callable[[], float], most: float) -> None:
        self._wait = wait
        self._now = now
        self.longest_wait = most
        self._lock = threading.Lock()
        self._failures = 0

    def post(
        self, post: Callable[[], T], look: Callable[[], T | None], attempts: int, seconds: float = UNSEEN_SECONDS
    ) -> T:
        """What ``post`` gives, or what ``look`` finds within so many seconds after an unclear answer.

        Raises RecordRejected when neither helps, StopRun when that happens ten times in a row.
        """
        message = ""
        for _ in range(attempts):
            try:
                return self._succeeded(post())
            except Unclear as unclear:
                message = str(unclear)
            try:
                result = self.look_for(look, seconds)
            except RecordRejected:
                raise self._failed(1, message) from None
            if result is not None:
                return self._succeeded(result)
        raise self._failed(attempts, message)

    def look_for(self, look: Callable[[], T | None], seconds: float) -> T | None:
        """What ``look`` finds within so many seconds, or None: it is not there.

        Raises RecordRejected when it would take more than the longest wait to know.
        """
        began, waits = self._now(), failure_waits()
        while True:
            if (result := look()) is not None:
                return result
            waited = self._now() - began
            if waited >= seconds:
                return None
            wait = min(next(waits), seconds - waited)
            if waited + wait > self.longest_wait:
                message = "whether it was made is not known, and it does not show yet: the next run looks again"
                raise RecordRejected("send", [Reason("$", message)])
            self._wait(wait)

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
