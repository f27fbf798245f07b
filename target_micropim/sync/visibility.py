"""How long MicroPIM needs until a new product can be found, and what follows for a POST whose end is not known.

MicroPIM has no idempotency key (docs/api/micropim.md#post-unclear). After an unclear answer the product may be there
and not show yet. So a POST is repeated only when a product that had been made would show by now. What this service
needs is measured with a product whose making was clear; until something was measured, a minute is assumed.
"""

import threading
from dataclasses import dataclass

from pim_wire import retry
from target_micropim.catalog.matching import ProductMatching, RemoteProduct
from target_micropim.errors import Reason, RecordRejected
from target_micropim.services import Services

SHOWN_AFTER = "shown_after_seconds"  # fact of the ledger: the longest time that a new product was seen to need
UNSEEN_SECONDS = 60.0
SAFETY = 2.0  # times what was seen, and at least so many seconds


@dataclass(frozen=True)
class _Waiting:
    sku: str
    made_at: float


class Visibility:
    """Used from several threads."""

    def __init__(self, services: Services, matching: ProductMatching) -> None:
        self._clock = services.clock
        self._ledger = services.ledger
        self._most = services.settings.max_wait_seconds
        self._matching = matching
        self._lock = threading.Lock()
        self._is_measured = services.settings.dry_run
        self._waiting: _Waiting | None = None

    def made(self, sku: str) -> None:
        """A product was made, beyond doubt: once in a run it is looked for, until it shows."""
        with self._lock:
            if self._is_measured:
                return
            waiting = self._waiting = self._waiting or _Waiting(sku, self._clock.now())
        if not self._matching.can_look_up or self._matching.search_one(waiting.sku) is None:
            return
        seconds = self._clock.now() - waiting.made_at
        with self._lock:
            self._is_measured = True
            self._ledger.note(SHOWN_AFTER, str(max(seconds, float(self._ledger.fact(SHOWN_AFTER) or 0))))

    def wait_for(self, sku: str, announced_at: float) -> RemoteProduct | None:
        """The product of a POST whose end is not known, or None when it would show by now and does not.

        Raises RecordRejected when that would take longer than ``max_wait_seconds``.
        """
        began, age = self._clock.now(), max(0.0, self._ledger.now() - announced_at)
        needed, waits = self._needed(), retry.failure_waits()
        while True:
            if (match := self._matching.search_one(sku)) is not None:
                return match
            waited = self._clock.now() - began
            if age + waited >= needed:
                return None
            wait = min(next(waits), needed - age - waited)
            if waited + wait > self._most:
                message = f"whether {sku} was made is not known, and it does not show yet: the next run looks again"
                raise RecordRejected("send", [Reason("sku", message)])
            self._clock.sleep(wait)

    def _needed(self) -> float:
        seen = self._ledger.fact(SHOWN_AFTER)
        return UNSEEN_SECONDS if seen is None else max(SAFETY, SAFETY * float(seen))
