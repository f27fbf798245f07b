"""Pictures: each once, in order (micropim.md 4, rows 15 to 19).

MicroPIM re-hosts what it is given and never tells the source again, so only the ledger knows what was sent. Before a
picture is sent its intent is written down with the number of pictures then present; whoever finds an intent without an
end counts the pictures to learn what became of it.

At the end of a run: whether the pictures that MicroPIM accepted show (micropim.md 4, row 18).

MicroPIM fetches by itself, at once or later, and may fail without a word. So each product that got pictures is looked
at once when everything is settled: in the list where that is cheaper, else singly. What an interrupted run did not look
at is left to the next one.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from pim_wire.errors import StopRun
from target_micropim.api.client import PAGE_LIMIT, MicroPimClient
from target_micropim.api.payloads import check_payload
from target_micropim.api.post_once import PostOnce
from target_micropim.errors import RecordRejected, RequestRefused
from target_micropim.ledger import AwaitedPictures, Ledger, MediaRow
from target_micropim.mapping.desired import DesiredProduct, Picture
from target_micropim.plan.options import Options
from target_micropim.plan.product import plan_pictures
from target_micropim.plan.values import image_count
from target_micropim.report.run_report import Report, Row

MAX_POSTS = 2  # a picture that was stored need not show at once, so a third would be reckless
SENT_STATES = frozenset({"sent", "assumed"})
FINAL_STATES = SENT_STATES | {"left"}
Asked = Callable[[str], str | None]  # what is wrong with an address


@dataclass
class RemotePictures:
    """A product in MicroPIM and how many pictures it holds. ``is_ours``: made by us, or known from an earlier run."""

    remote_id: int
    images: int
    is_ours: bool


class ProductPictures:
    """Sends the pictures that were not sent yet."""

    def __init__(
        self,
        client: MicroPimClient,
        ledger: Ledger,
        report: Report,
        once: PostOnce,
        options: Options,
        trouble_with: Asked,
    ) -> None:
        self._trouble_with = trouble_with
        self._client = client
        self._once = once
        self._ledger = ledger
        self._report = report
        self._options = options

    def send(self, wanted: DesiredProduct, shelf: RemotePictures) -> bool:
        """Send what is missing; whether every address could be tried. Raises RecordRejected for an unclear fate."""
        if not wanted.pictures:
            return True
        rows = self._ledger.media(wanted.external_id)
        self._resolve_intents(wanted, shelf, rows)
        accounted = _accounted(rows)
        self._note_changed(wanted, rows)
        handled = frozenset(key for key, row in rows.items() if row.state in FINAL_STATES)
        by_key = {picture.key: picture for picture in wanted.pictures}
        fresh = [by_key[key] for key in plan_pictures(list(by_key), handled)]
        if shelf.images > accounted and self._options.on_unknown_media != "append":
            if fresh:
                self._leave(wanted, shelf, fresh)
            else:
                self._account_for(wanted, shelf, rows)
            return True
        sent = sum(row.state in SENT_STATES for row in rows.values())
        self._note_missing(wanted, shelf, sent)
        shelf.images = max(shelf.images, sent)  # a picture that was accepted may not show yet (row 18)
        reached = [picture for picture in fresh if self._is_reached(wanted, picture)]
        accepted = [self._send_one(wanted, picture, shelf) for picture in reached]
        if any(accepted):
            self._ledger.await_pictures(AwaitedPictures(wanted.external_id, shelf.remote_id, wanted.sku, shelf.images))
        return reached == fresh

    def _is_reached(self, wanted: DesiredProduct, picture: Picture) -> bool:
        """By check_media_urls: a picture that nobody can fetch is not sent, and listed for a person (row 18)."""
        trouble = self._trouble_with(picture.url)
        if trouble is None:
            return True
        self._report.picture("unreachable")
        what = f"picture {picture.key} was not sent: its address {trouble}; it is tried again when the product comes"
        self._report.add("manual_actions", Row("products", wanted.external_id, wanted.sku, what))
        return False

    def _account_for(self, wanted: DesiredProduct, shelf: RemotePictures, rows: dict[str, MediaRow]) -> None:
        """A person's pictures that were there when nothing was to be sent are no reason to keep back later ones."""
        last = next((row for row in reversed(rows.values()) if row.state in SENT_STATES), None)
        if last is not None:
            known = replace(last, count_before=shelf.images - 1)
            self._ledger.remember_media(wanted.external_id, [known], soon=True)

    def _leave(self, wanted: DesiredProduct, shelf: RemotePictures, fresh: list[Picture]) -> None:
        """A product that has pictures of unknown origin gets none of ours: they could be the same ones.

        They are a person's, or were sent by a run that this ledger has forgotten: it is new, or a copy of an old one.
        ``skip`` writes that down for good; ``only_if_empty`` looks again the next time (row 15).
        """
        rows = [MediaRow(picture.key, picture.url, "left") for picture in fresh]
        if self._options.on_unknown_media == "skip":
            self._ledger.remember_media(wanted.external_id, rows)
        self._report.picture("left")
        what = f"has {shelf.images} pictures that this ledger does not know; {len(rows)} from the source were left out"
        self._tell(wanted, what)

    def _resolve_intents(self, wanted: DesiredProduct, shelf: RemotePictures, rows: dict[str, MediaRow]) -> None:
        """A killed run may have sent a picture without noting its end: more pictures than before means it arrived."""
        for key, row in list(rows.items()):
            if row.state == "intent":
                if shelf.images > row.count_before:
                    rows[key] = replace(row, state="assumed")
                    self._ledger.remember_media(wanted.external_id, [rows[key]])
                    self._report.picture("assumed")
                else:
                    del rows[key]

    def _note_changed(self, wanted: DesiredProduct, rows: dict[str, MediaRow]) -> None:
        """MicroPIM cannot replace a picture: say once that a person has to, or append the new one (row 17)."""
        for picture in wanted.pictures:
            row = rows.get(picture.key)
            if row is None or row.state not in FINAL_STATES or row.url == picture.url:
                continue
            if self._options.media_changes == "append":
                rows[picture.key] = replace(row, state="replaced")
                what = f"picture {picture.key} changed in the source: the new one is appended, remove the old by hand"
                self._tell(wanted, what)
            else:
                self._ledger.remember_media(wanted.external_id, [replace(row, url=picture.url)])
                what = f"picture {picture.key} changed in the source: replace it by hand"
                self._tell(wanted, what)

    def _note_missing(self, wanted: DesiredProduct, shelf: RemotePictures, sent: int) -> None:
        """Pictures that an earlier run had accepted and that do not show: a person may want to know (row 18)."""
        if shelf.is_ours and shelf.images < sent:
            what = f"shows {shelf.images} pictures of {sent} that MicroPIM accepted: it could not fetch the others, or "
            what += "somebody removed them"
            self._tell(wanted, what)

    def _send_one(self, wanted: DesiredProduct, picture: Picture, shelf: RemotePictures) -> bool:
        """Whether MicroPIM accepted it."""
        before = shelf.images
        payload = {"file_url": picture.url, "alt_text": picture.alt, "position": shelf.images}
        try:
            check_payload("media", payload)
            self._ledger.remember_media(
                wanted.external_id, [MediaRow(picture.key, picture.url, "intent", shelf.images)]
            )
            state = self._post(payload, shelf)
        except RequestRefused as refused:
            what = f"picture {picture.key} was refused: {refused.said or refused}"
            self._tell(wanted, what)
            state = "refused"
        else:
            shelf.images += 1
        row = MediaRow(picture.key, picture.url, state, before)
        self._ledger.remember_media(wanted.external_id, [row], soon=True)  # with the next intent, or with the settling
        self._report.picture(state)
        return state != "refused"

    def _tell(self, wanted: DesiredProduct, what: str) -> None:
        self._report.add("manual_actions", Row("products", wanted.external_id, wanted.sku, what, "picture"))

    def _post(self, payload: dict[str, Any], shelf: RemotePictures) -> str:
        """``sent``, or ``assumed`` when the answer was lost and the product shows one picture more."""

        def post() -> str:
            self._client.add_media(shelf.remote_id, payload)
            return "sent"

        def look() -> str | None:
            return "assumed" if image_count(self._client.product(shelf.remote_id)) > shelf.images else None

        return self._once.post(post, look, MAX_POSTS)


def _accounted(rows: dict[str, MediaRow]) -> int:
    """How many pictures the product had after the last one we know to have sent."""
    sent = [row for row in rows.values() if row.state in SENT_STATES]
    return max([len(sent), *(row.count_before + 1 for row in sent)])


MANY_AWAITED = 50  # products, from which on the list may be the cheaper way

logger = logging.getLogger("target-micropim")


class PictureAudit:
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
        number, is_last = 0, due <= MANY_AWAITED
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
