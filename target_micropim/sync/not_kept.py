"""Writes that MicroPIM has answered and does not show: the next run sends them again, whatever the source does.

Law: a write whose answer does not show what was sent does not count (docs/ownership.md). But a field that MicroPIM has
never shown for a product may be one that it never keeps, and would be sent each night for nothing: it waits until the
source has something new. See docs/api/micropim.md#kept-late and docs/decisions/0047.
"""

import threading
from collections.abc import Collection

from pim_wire.exact_json import as_json
from target_micropim.ledger import ProductRow
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.plan.ownership import ARCHIVED, EXISTENCE
from target_micropim.plan.values import EMPTY, fingerprint
from target_micropim.services import Services
from target_micropim.sync.write import STREAM, Fields

STATUS = "status"


class NotKept:
    """The products of this run that are left to the next one. Used from several threads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._left: set[str] = set()

    def __contains__(self, external_id: str) -> bool:
        return external_id in self._left

    def leave(self, desired: DesiredProduct) -> None:
        """Keep the record for the next run: in this one, MicroPIM has just shown that it keeps nothing."""
        with self._lock:
            self._left.add(desired.external_id)
        self._services.ledger.try_again(STREAM, desired.external_id, as_json(desired.record))

    def supersede(self, external_id: str) -> None:
        """Another version of this record has come in the same run: it decides."""
        if external_id not in self._left:
            return
        with self._lock:
            self._left.discard(external_id)
        self._services.ledger.taken_again(STREAM, external_id)


def is_worth_another_try(ignored: Collection[str], sent: Fields, before: ProductRow) -> bool:
    """Whether MicroPIM has shown before that it keeps one of the fields that did not take now.

    That it empties one is shown by nothing. A product that stays in the archive is taken out once more, where the last
    run has not tried that already.
    """
    for name in ignored:
        if name == STATUS:
            was_tried = before.on_its_way.get(name) == fingerprint(name, sent[name])
            if ARCHIVED in before.ours.get(EXISTENCE, ()) and not was_tried:
                return True
        elif sent.get(name) not in (None, "", []) and before.acknowledged.get(name, EMPTY) != EMPTY:
            return True
    return False
