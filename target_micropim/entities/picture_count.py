"""At the end of a run: whether the pictures that MicroPIM accepted show (micropim.md 4, row 18).

MicroPIM fetches by itself, at once or later, and may fail without a word. So each product that got pictures is looked
at once when everything is settled: in the list where that is cheaper, else singly. What an interrupted run did not look
at is left to the next one.
"""

import logging
from collections.abc import Callable, Iterable
from math import ceil
from typing import Any

from pim_wire.errors import StopRun
from target_micropim.api.client import PAGE_LIMIT, MicroPimClient
from target_micropim.errors import RecordRejected
from target_micropim.ledger import AwaitedPictures, Ledger
from target_micropim.plan.values import image_count
from target_micropim.report.run_report import Report, Row

MANY = 50  # products, from which on the list may be the cheaper way

logger = logging.getLogger("target-micropim")


class PictureCount:
    """Called by one thread, after the last STATE has left: nothing hangs on it."""

    def __init__(self, client: MicroPimClient, ledger: Ledger, report: Report, is_stopped: Callable[[], bool]) -> None:
        self._client = client
        self._ledger = ledger
        self._report = report
        self._is_stopped = is_stopped

    def look(self) -> None:
        """Tell of every product that shows fewer pictures than it should."""
        try:
            self._look_into_list()
            while not self._is_stopped() and (due := self._ledger.awaited_pictures()):
                for awaited in due:
                    self._look_at(awaited)
        except StopRun as why:
            logger.warning("The pictures of this run could not be looked at; the next run does: %s", why)

    def _look_into_list(self) -> None:
        """Page by page, as long as that is cheaper than one question for each product."""
        due = self._ledger.count_awaited_pictures()
        number, is_last = 0, due <= MANY
        while not is_last and not self._is_stopped():
            number += 1
            try:
                page = self._client.products_page(number)
            except RecordRejected:
                return
            self._compare_all(page.products)
            is_last = page.is_last or page.total is None or ceil(page.total / PAGE_LIMIT) > due

    def _compare_all(self, products: Iterable[dict[str, Any]]) -> None:
        shown = {product["id"]: product for product in products if isinstance(product.get("id"), int)}
        for awaited in self._ledger.awaited_pictures(shown):
            self._compare(awaited, shown[awaited.remote_id])

    def _look_at(self, awaited: AwaitedPictures) -> None:
        if self._is_stopped():
            return
        try:
            self._compare(awaited, self._client.product(awaited.remote_id))
        except RecordRejected:  # such as a product that is not there any more
            self._ledger.pictures_counted(awaited)

    def _compare(self, awaited: AwaitedPictures, product: dict[str, Any]) -> None:
        images = image_count(product)
        if images < awaited.expected:
            what = (
                f"shows {images} of {awaited.expected} pictures that MicroPIM accepted: it may fetch the others "
                "later, or could not"
            )
            self._report.add("manual_actions", Row("products", awaited.external_id, awaited.sku, what))
        self._ledger.pictures_counted(awaited)
