"""Whether the pictures that MicroPIM accepted show, looked at once when everything is settled.

See docs/api/micropim.md#picture-fetch.

MicroPIM fetches by itself, at once or later, and may fail without a word. So each product that got pictures is looked
at once: in the list where that is cheaper, else one by one. What an interrupted run did not look at is left to the
next one. Where none of all pictures arrives it is no matter of single pictures: Medipim's host hands them to programs
with a descriptive User-Agent only, and MicroPIM fetches with its own.
"""

import json
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from math import ceil
from typing import Any

from pim_wire.docs_site import docs_page
from pim_wire.errors import StopRun
from target_micropim.api.client import PAGE_LIMIT
from target_micropim.catalog.picture_posts import SHOWN_AFTER
from target_micropim.catalog.pictures import MISSING
from target_micropim.errors import RecordRejected
from target_micropim.ledger import AwaitedPictures, Ledger
from target_micropim.plan.question import PICTURE, TASKS, Question
from target_micropim.plan.values import fingerprint, image_count
from target_micropim.report.input_order import record_scope
from target_micropim.report.run_report import Row
from target_micropim.services import Services

FAILING_ALL = 3  # pictures without a single one that arrives: no accident of one of them
HELP = f"see {docs_page('how-to/pictures')}"
ALL_FAILED = "pictures_all_failed"  # fact of the ledger: when none of all arrived, and in which words that was told
MANY_AWAITED = 50  # products, from which on the list may be the cheaper way

logger = logging.getLogger("target-micropim")


def last_failure(ledger: Ledger) -> str | None:
    """When none of all pictures arrived, and why that may be; None where some have arrived since."""
    moment, what = json.loads(ledger.fact(ALL_FAILED) or "[0, null]")
    return None if what is None else f"{datetime.fromtimestamp(moment, UTC):%d %B %Y}: {what}"


def looks_at(ledger: Ledger) -> int:
    """How many requests the look at pictures takes, where MicroPIM has what the ledger knows."""
    due = ledger.count_awaited_pictures()
    return due if due <= MANY_AWAITED else min(due, ceil(ledger.count_live() / PAGE_LIMIT))


class PictureAudit:
    """Called by one thread, after the last STATE has left: nothing hangs on it."""

    def __init__(self, services: Services) -> None:
        self._client = services.client
        self._ledger = services.ledger
        self._report = services.report
        self._clock = services.clock
        self._began = services.clock.now()
        self._expected = self._shown = 0
        self._has_asked = False

    def look(self) -> bool:
        """Tell of every product that shows fewer pictures than it should, and where none of all arrives, of that.

        Whether a person is asked something new.
        """
        try:
            self._look_into_list()
            while not self._clock.stopped and (due := self._ledger.awaited_pictures()):
                for awaited in due:
                    self._look_at(awaited)
        except StopRun as error:
            logger.warning("The pictures of this run could not be looked at; the next run does: %s", error)
        if what := self._what_fails():
            logger.warning("%s", what)
            self._report.add("manual_actions", Row("products", "", None, what, "picture"))
            self._ledger.note(ALL_FAILED, json.dumps([self._clock.wall(), what]))
        elif self._shown and self._ledger.fact(ALL_FAILED):
            self._ledger.note(ALL_FAILED, "")
        return self._has_asked

    def _what_fails(self) -> str | None:
        """What is said where not a single picture arrives; None where one does, or too few were tried."""
        pictures = self._report.pictures
        accepted = pictures["sent"] + pictures["assumed"]
        for failed, what in (
            (self._expected if not self._shown else 0, "that MicroPIM accepted shows: it fetches them by itself"),
            (pictures["refused"] if not accepted else 0, "was taken by MicroPIM, which fetches them by itself"),
            (pictures["unreachable"] if not accepted else 0, "could be fetched from here (check_media_urls)"),
        ):
            if failed >= FAILING_ALL:
                return f"none of {failed} pictures {what}, and their host may refuse programs it does not know; {HELP}"
        return None

    def _look_into_list(self) -> None:
        """Page by page, as long as that is cheaper than one question for each product."""
        due = self._ledger.count_awaited_pictures()
        number, is_last = 0, due <= MANY_AWAITED
        while not is_last and not self._clock.stopped:
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
        if self._clock.stopped:
            return
        try:
            self._compare(awaited, self._client.product(awaited.remote_id))
        except RecordRejected:  # such as a product that is not there any more
            self._ledger.pictures_counted(awaited)

    def _compare(self, awaited: AwaitedPictures, product: dict[str, Any]) -> None:
        images = image_count(product)
        self._expected += awaited.expected
        self._shown += images
        if images < awaited.expected:
            what = (
                f"shows {images} of {awaited.expected} pictures that MicroPIM accepted: it may fetch the others "
                "later, or could not"
            )
            question = Question(
                TASKS, awaited.external_id, MISSING, PICTURE, awaited.sku, what, fingerprint(MISSING, what), None, None
            )
            if self._ledger.add_task(question):
                self._has_asked = True
                with record_scope("products", awaited.external_id):
                    self._report.add("manual_actions", Row("products", awaited.external_id, awaited.sku, what))
            self._ledger.note(SHOWN_AFTER, "")
        elif self._ledger.fact(SHOWN_AFTER) is None:
            self._ledger.note(SHOWN_AFTER, str(self._clock.now() - self._began))
        self._ledger.pictures_counted(awaited)
