"""Pictures: each once, in order, and looked at once more when the run ends.

See docs/api/micropim.md#picture-identity, docs/api/micropim.md#picture-unclear and docs/api/micropim.md#picture-fetch.

MicroPIM re-hosts what it is given and never tells the source again, so only the ledger knows what was sent. Before a
picture is sent its intent is written down with the number of pictures then present; an intent
without an end is resolved by counting the pictures.

MicroPIM fetches by itself, at once or later, and may fail without a word. So each product that got pictures is looked
at once when everything is settled: in the list where that is cheaper, else one by one. What an interrupted run did not
look at is left to the next one.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from pim_wire.errors import StopRun
from target_micropim.api.client import PAGE_LIMIT
from target_micropim.api.payloads import check_payload
from target_micropim.api.post_once import seconds_until_shown
from target_micropim.errors import NotFound, RecordRejected, RequestRefused
from target_micropim.ledger import AwaitedPictures, MediaRow
from target_micropim.mapping.desired import DesiredProduct, Picture
from target_micropim.plan.product import plan_pictures
from target_micropim.plan.values import image_count
from target_micropim.report.input_order import record_scope
from target_micropim.report.run_report import Row
from target_micropim.services import Services

MAX_POSTS = 2  # a picture that was stored need not show at once, so a third would be reckless
SENT_STATES = frozenset({"sent", "assumed"})
SHOWN_AFTER = "picture_shown_after_seconds"  # fact of the ledger: a look that late after the last picture showed all
FINAL_STATES = SENT_STATES | {"left"}


@dataclass
class RemotePictures:
    """A product in MicroPIM and how many pictures it shows. ``is_ours``: made by us, or known from an earlier run.

    ``hidden`` were accepted and do not show: they may be on their way, or somebody has removed them.
    """

    remote_id: int
    images: int
    is_ours: bool
    hidden: int = 0


class ProductPictures:
    """Sends the pictures that were not sent yet."""

    def __init__(self, services: Services) -> None:
        self._url_check = services.picture_url_check
        self._client = services.client
        self._post_once = services.post_once
        self._ledger = services.ledger
        self._report = services.report
        self._settings = services.settings

    def handled(self, desired: DesiredProduct) -> dict[str, MediaRow]:
        """What was done with pictures of this product, if any are to be sent."""
        if not desired.pictures or self._settings.media_mode != "append":
            return {}
        return self._ledger.media(desired.external_id)

    def missing(self, desired: DesiredProduct, remote: RemotePictures, rows: dict[str, MediaRow]) -> list[Picture]:
        """The pictures to send; what a person has to know of the others is told."""
        if not desired.pictures or self._settings.media_mode != "append":
            return []
        self._resolve_intents(desired, remote, rows)
        accounted = _accounted(rows)
        self._note_changed(desired, rows)
        handled: set[str] = set()
        sent = 0
        for key, row in rows.items():
            sent += row.state in SENT_STATES
            if row.state in FINAL_STATES:
                handled.add(key)
        by_key = {picture.key: picture for picture in desired.pictures}
        fresh = [] if by_key.keys() <= handled else [by_key[key] for key in plan_pictures(list(by_key), handled)]
        if remote.images > accounted and self._settings.on_unknown_media != "append":
            if fresh:
                self._leave(desired, remote, fresh)
            else:
                self._account_for(desired, remote, rows)
            return []
        self._note_missing(desired, remote, sent)
        # a picture that was accepted may not show yet (docs/api/micropim.md#picture-fetch)
        remote.hidden = max(0, sent - remote.images)
        return fresh

    def send(self, desired: DesiredProduct, remote: RemotePictures, fresh: list[Picture]) -> bool:
        """Send these pictures; whether every address could be tried. Raises RecordRejected for an unclear fate."""
        reachable = [picture for picture in fresh if self._is_reachable(desired, picture)]
        accepted = [self._send_one(desired, picture, remote) for picture in reachable]
        if any(accepted):
            self._ledger.await_pictures(
                AwaitedPictures(desired.external_id, remote.remote_id, desired.sku, remote.images + remote.hidden)
            )
        return reachable == fresh

    def _is_reachable(self, desired: DesiredProduct, picture: Picture) -> bool:
        """By check_media_urls: a picture that nobody can fetch is not sent, and listed for a person.

        See docs/api/micropim.md#picture-fetch.
        """
        problem = self._url_check.problem_with(picture.url) if self._url_check else None
        if problem is None:
            return True
        self._report.picture("unreachable")
        what = f"picture {picture.key} was not sent: its address {problem}; it is tried again when the product comes"
        self._report.add("manual_actions", Row("products", desired.external_id, desired.sku, what))
        return False

    def _account_for(self, desired: DesiredProduct, remote: RemotePictures, rows: dict[str, MediaRow]) -> None:
        """A person's pictures that were there when nothing was to be sent are no reason to keep back later ones."""
        last = next((row for row in reversed(rows.values()) if row.state in SENT_STATES), None)
        if last is not None:
            counted = replace(last, count_before=remote.images - 1)
            self._ledger.remember_media(desired.external_id, [counted], soon=True)

    def _leave(self, desired: DesiredProduct, remote: RemotePictures, fresh: list[Picture]) -> None:
        """A product that has pictures of unknown origin gets none of ours: they could be the same ones.

        They are a person's, or were sent by a run that this ledger has forgotten: it is new, or a copy of an old one.
        ``skip`` writes that down for good; ``only_if_empty`` looks again the next time
        (docs/api/micropim.md#picture-identity).
        """
        rows = [MediaRow(picture.key, picture.url, "left") for picture in fresh]
        if self._settings.on_unknown_media == "skip":
            self._ledger.remember_media(desired.external_id, rows)
        self._report.picture("left")
        what = f"has {remote.images} pictures that this ledger does not know; {len(rows)} from the source were left out"
        self._tell(desired, what)

    def _resolve_intents(self, desired: DesiredProduct, remote: RemotePictures, rows: dict[str, MediaRow]) -> None:
        """A killed run may have sent a picture without noting its end: more pictures than before means it pending."""
        for key, row in list(rows.items()):
            if row.state == "intent":
                if remote.images > row.count_before:
                    sent = sum(other.state in SENT_STATES for other in rows.values())
                    rows[key] = replace(row, state="assumed")
                    self._ledger.remember_media(desired.external_id, [rows[key]])
                    self._report.picture("assumed")
                    if remote.images <= sent:
                        self._tell_of_doubt(desired, key)
                else:
                    del rows[key]

    def _note_changed(self, desired: DesiredProduct, rows: dict[str, MediaRow]) -> None:
        """MicroPIM cannot replace a picture: say once that a person has to, or append the new one.

        See docs/api/micropim.md#picture-change.
        """
        for picture in desired.pictures:
            row = rows.get(picture.key)
            if row is None or row.state not in FINAL_STATES or row.url == picture.url:
                continue
            if self._settings.media_changes == "append":
                rows[picture.key] = replace(row, state="replaced")
                what = f"picture {picture.key} changed in the source: the new one is appended, remove the old by hand"
                self._tell(desired, what)
            else:
                self._ledger.remember_media(desired.external_id, [replace(row, url=picture.url)])
                what = f"picture {picture.key} changed in the source: replace it by hand"
                self._tell(desired, what)

    def _note_missing(self, desired: DesiredProduct, remote: RemotePictures, sent: int) -> None:
        """Pictures that an earlier run had accepted and that do not show: a person may want to know.

        See docs/api/micropim.md#picture-fetch.
        """
        if remote.is_ours and remote.images < sent:
            what = (
                f"shows {remote.images} pictures of {sent} that MicroPIM accepted: it could not fetch the others, or "
            )
            what += "somebody removed them"
            self._tell(desired, what)

    def _send_one(self, desired: DesiredProduct, picture: Picture, remote: RemotePictures) -> bool:
        """Whether MicroPIM accepted it."""
        before = remote.images
        payload = {"file_url": picture.url, "alt_text": picture.alt, "position": remote.images + remote.hidden}
        try:
            check_payload("media", payload)
            self._ledger.remember_media(
                desired.external_id, [MediaRow(picture.key, picture.url, "intent", remote.images)]
            )
            state = self._post(payload, remote)
            if state == "assumed" and remote.hidden:
                self._tell_of_doubt(desired, picture.key)
        except RequestRefused as refusal:
            what = f"picture {picture.key} was refused: {refusal.said or refusal}"
            self._tell(desired, what)
            state = "refused"
        else:
            remote.images += 1
        row = MediaRow(picture.key, picture.url, state, before)
        self._ledger.remember_media(desired.external_id, [row], soon=True)  # with the next intent, or with the settling
        self._report.picture(state)
        return state != "refused"

    def _tell_of_doubt(self, desired: DesiredProduct, key: str) -> None:
        """Sent again it could be there twice, so it is not."""
        what = f"picture {key} may be missing: one more shows since it was sent, but others were on their way too"
        self._tell(desired, what)

    def _tell(self, desired: DesiredProduct, what: str) -> None:
        self._report.add("manual_actions", Row("products", desired.external_id, desired.sku, what, "picture"))

    def _post(self, payload: dict[str, Any], remote: RemotePictures) -> str:
        """``sent``, or ``assumed`` when the answer was lost and the product shows one picture more."""

        def post() -> str:
            self._client.add_media(remote.remote_id, payload)
            return "sent"

        def look() -> str | None:
            try:
                shown = self._client.product(remote.remote_id)
            except NotFound:  # nobody's last word: it was there a moment ago
                return None
            return "assumed" if image_count(shown) > remote.images else None

        seen = self._ledger.fact(SHOWN_AFTER)
        seconds = seconds_until_shown(float(seen) if seen else None)
        return self._post_once.post(post, look, MAX_POSTS, seconds)


def _accounted(rows: dict[str, MediaRow]) -> int:
    """How many pictures the product had after the last one we know to have sent."""
    sent = most = 0
    for row in rows.values():
        if row.state in SENT_STATES:
            sent, most = sent + 1, max(most, row.count_before + 1)
    return max(sent, most)


MANY_AWAITED = 50  # products, from which on the list may be the cheaper way

logger = logging.getLogger("target-micropim")


class PictureAudit:
    """Called by one thread, after the last STATE has left: nothing hangs on it."""

    def __init__(self, services: Services) -> None:
        self._client = services.client
        self._ledger = services.ledger
        self._report = services.report
        self._clock = services.clock
        self._began = services.clock.now()

    def look(self) -> None:
        """Tell of every product that shows fewer pictures than it should."""
        try:
            self._look_into_list()
            while not self._clock.stopped and (due := self._ledger.awaited_pictures()):
                for awaited in due:
                    self._look_at(awaited)
        except StopRun as error:
            logger.warning("The pictures of this run could not be looked at; the next run does: %s", error)

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
        if images < awaited.expected:
            what = (
                f"shows {images} of {awaited.expected} pictures that MicroPIM accepted: it may fetch the others "
                "later, or could not"
            )
            with record_scope("products", awaited.external_id):
                self._report.add("manual_actions", Row("products", awaited.external_id, awaited.sku, what))
            self._ledger.note(SHOWN_AFTER, "")
        elif self._ledger.fact(SHOWN_AFTER) is None:
            self._ledger.note(SHOWN_AFTER, str(self._clock.now() - self._began))
        self._ledger.pictures_counted(awaited)
