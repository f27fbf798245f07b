"""How long MicroPIM needs until a new product can be found, and what follows for a POST whose end is not known.

So a POST is repeated only when a product that had been made would show by now (docs/api/micropim.md#post-unclear). What
this service needs is measured with a product whose making was clear.
"""

import threading
from contextlib import suppress
from dataclasses import dataclass

from target_micropim.api.post_once import seconds_until_shown
from target_micropim.catalog.matching import ProductMatching, RemoteProduct
from target_micropim.errors import RecordRejected
from target_micropim.services import Services

SHOWN_AFTER = "shown_after_seconds"  # fact of the ledger: the time that a new product was seen to need


PROMPT_SECONDS = 2.0  # within these a service shows what is new at once: the requests themselves take time


@dataclass(frozen=True)
class _Waiting:
    sku: str
    remote_id: int
    made_at: float


class Visibility:
    """Used from several threads."""

    def __init__(self, services: Services, matching: ProductMatching) -> None:
        self._clock = services.clock
        self._ledger = services.ledger
        self._post_once = services.post_once
        self._matching = matching
        self._lock = threading.Lock()
        self._is_measured = self._seen() is not None
        self._waiting: _Waiting | None = None

    def made(self, sku: str, remote_id: int) -> None:
        """A product was made, beyond doubt: the first one of a ledger is looked for until it shows."""
        with self._lock:
            if self._is_measured:
                return
            waiting = self._waiting = self._waiting or _Waiting(sku, remote_id, self._clock.now())
        if not self._shows(waiting):
            return
        seconds = self._clock.now() - waiting.made_at
        with self._lock:
            self._is_measured = True
            self._ledger.note(SHOWN_AFTER, str(seconds))

    def _shows(self, made: _Waiting) -> bool:
        """Whether it shows by now; a list that tells nothing clear says so too late for the product that was made.

        Another program's product with this SKU, made at the same moment, says nothing.
        """
        with suppress(RecordRejected):
            match = self._matching.search_one(made.sku) if self._matching.can_look_up else None
            return match is not None and match.remote_id == made.remote_id
        return False

    def may_hide(self, made_at: float) -> bool:
        """Whether a product that was made at this moment of the clock may not be found yet.

        Where no search finds SKUs nobody has seen how long that takes, and to look again is to read the whole list.
        """
        seen, age = self._seen(), self._clock.now() - made_at
        return self._matching.is_search_proven if seen is None else age + PROMPT_SECONDS < seen

    def may_hide_from_before(self, external_id: str, began: float) -> bool:
        """Whether what an earlier run has made may not be found yet; this one ``began`` at these unix seconds."""
        since = self._ledger.now() - seconds_until_shown(self._seen())
        return self._ledger.was_settled_between(external_id, since, began)

    def wait_for(self, sku: str, announced_at: float) -> RemoteProduct | None:
        """The product of a POST whose end is not known, or None when it would show by now and does not.

        Raises RecordRejected when that would take longer than ``max_wait_seconds``.
        """
        age = max(0.0, self._ledger.now() - announced_at)
        seconds = max(0.0, seconds_until_shown(self._seen()) - age)
        return self._post_once.look_for(lambda: self._matching.search_one(sku), seconds)

    def _seen(self) -> float | None:
        seen = self._ledger.fact(SHOWN_AFTER)
        return None if seen is None else float(seen)
