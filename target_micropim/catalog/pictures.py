"""Pictures: each once, in order, and looked at once more when the run ends.

See docs/api/micropim.md#picture-identity, docs/api/micropim.md#picture-unclear and docs/api/micropim.md#picture-fetch.

MicroPIM re-hosts what it is given and never tells the source again, so only the ledger knows what was sent. Before a
picture is sent its intent is written down with the number of pictures then present; an intent
without an end is resolved by counting the pictures.

What is new, changed or withdrawn: plan/pictures.py. Whether pictures show in the end: catalog/picture_audit.py.
"""

from dataclasses import replace
from operator import attrgetter

from target_micropim.api.payloads import check_payload
from target_micropim.catalog.picture_posts import PicturePosts, RemotePictures
from target_micropim.errors import RequestRefused
from target_micropim.ledger import AwaitedPictures, MediaRow
from target_micropim.mapping.desired import DesiredProduct, Picture
from target_micropim.plan.pictures import IN_SHOP, PicturePlan, in_shop, plan_pictures, room, taken_out
from target_micropim.plan.question import PICTURE, TASKS, Question
from target_micropim.plan.values import fingerprint
from target_micropim.report.run_report import Row
from target_micropim.report.shown import cut
from target_micropim.services import Services

MISSING = "missing"  # the task to see why accepted pictures do not show
WAITING = "waiting"  # the task to make room for new pictures
_STATE_OF = attrgetter("state")


class ProductPictures:
    """Sends the pictures that were not sent yet."""

    def __init__(self, services: Services) -> None:
        self._url_check = services.picture_url_check
        self._client = services.client
        self._posts = PicturePosts(services)
        self._ledger = services.ledger
        self._report = services.report
        self._settings = services.settings

    def handled(self, desired: DesiredProduct) -> dict[str, MediaRow]:
        """What was done with pictures of this product, if its record says anything of pictures."""
        if self._settings.media_mode != "append" or (not desired.pictures and desired.source_addresses is None):
            return {}
        return self._ledger.media(desired.external_id)

    def see(self, external_id: str, images: int) -> None:
        """A product that gets no pictures now shows so many: one that a killed run may have sent is there if it shows.

        A person may take it out before it gets pictures again.
        """
        if self._settings.media_mode == "append":
            intents = [row for row in self._ledger.media(external_id).values() if row.state == "intent"]
            shown = [replace(row, state="assumed") for row in intents if images > row.count_before]
            if shown:
                self._ledger.remember_media(external_id, shown)

    def missing(self, desired: DesiredProduct, remote: RemotePictures, rows: dict[str, MediaRow]) -> list[Picture]:
        """The pictures to send; what a person has to know of the others is told."""
        if self._settings.media_mode != "append" or (not desired.pictures and not rows):
            return []
        states = set(map(_STATE_OF, rows.values()))
        if "intent" in states:
            self._resolve_intents(desired, remote, rows)
        if "withdrawn" in states:
            self._note_taken_out(desired, remote, rows)
        plan = plan_pictures(desired.pictures, desired.source_addresses, rows)
        accounted = _accounted(rows)
        new = self._new(desired, plan, rows) if plan.fresh or plan.changed else []
        fresh = new[: room(rows.values(), self._settings.max_images)] if new else []
        if plan.withdrawn or plan.returned or len(new) > len(fresh):
            self._note_withdrawn(desired, plan, rows, waiting=len(new) - len(fresh))
        else:
            self._ledger.end_tasks(desired.external_id, (WAITING,))
        if remote.images > accounted and self._settings.on_unknown_media != "append":
            if fresh:
                self._leave(desired, remote, rows, new)
            else:
                self._account_for(desired, remote, rows)
            return []
        ours = in_shop(rows.values())
        if remote.is_ours and remote.images < ours:
            self._tell_of_missing(desired, remote, ours)
        else:
            self._ledger.end_tasks(desired.external_id, (MISSING,))
        # a picture that was accepted may not show yet (docs/api/micropim.md#picture-fetch)
        remote.hidden = max(0, ours - remote.images)
        return fresh

    def _new(self, desired: DesiredProduct, plan: PicturePlan, rows: dict[str, MediaRow]) -> list[Picture]:
        """The pictures that are to be sent, were there room for all, in the order of the source."""
        wanted = {picture.key: picture for picture in desired.pictures}
        appended = self._note_changed(desired, plan, wanted, rows) if plan.changed else ()
        new = {*appended, *plan.fresh}
        return [picture for picture in wanted.values() if picture.key in new]

    def send(
        self, desired: DesiredProduct, remote: RemotePictures, fresh: list[Picture], rows: dict[str, MediaRow]
    ) -> bool:
        """Send these pictures; whether every address could be tried. Raises RecordRejected for an unclear fate."""
        reachable = [picture for picture in fresh if self._is_reachable(desired, picture)]
        accepted = [self._send_one(desired, picture, remote, rows) for picture in reachable]
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
        self._tell(desired, f"unreachable {picture.key}", what, source=picture.url)
        return False

    def _account_for(self, desired: DesiredProduct, remote: RemotePictures, rows: dict[str, MediaRow]) -> None:
        """A person's pictures that were there when nothing was to be sent are no reason to keep back later ones."""
        last = next((row for row in reversed(rows.values()) if row.state in IN_SHOP), None)
        if last is not None:
            counted = replace(last, count_before=remote.images - 1)
            self._ledger.remember_media(desired.external_id, [counted], soon=True)

    def _leave(
        self, desired: DesiredProduct, remote: RemotePictures, rows: dict[str, MediaRow], new: list[Picture]
    ) -> None:
        """A product that has pictures of unknown origin gets none of ours: they could be the same ones.

        They are a person's, or were sent by a run that this ledger has forgotten: it is new, or a copy of an old one.
        ``skip`` writes that down for good; ``only_if_empty`` looks again the next time
        (docs/api/micropim.md#picture-identity).
        """
        left = [MediaRow(_name(picture, rows), picture.url, "left") for picture in new]
        if self._settings.on_unknown_media == "skip":
            self._ledger.remember_media(desired.external_id, left)
        self._report.picture("left")
        what = f"has {remote.images} pictures that this ledger does not know; {len(left)} from the source were left out"
        self._tell(desired, "unknown", what)

    def _resolve_intents(self, desired: DesiredProduct, remote: RemotePictures, rows: dict[str, MediaRow]) -> None:
        """A killed run may have sent a picture without noting its end: more pictures than before means it did.

        One that was announced a moment ago may not show yet. Raises RecordRejected when it would take more than the
        longest wait to know.
        """
        for key, row in list(rows.items()):
            if row.state == "intent":
                if remote.images <= row.count_before and row.announced_at is not None:
                    self._posts.wait_for(remote, row.count_before, row.announced_at)
                is_there, sent = remote.images > row.count_before, in_shop(rows.values())
                rows[key] = replace(row, state="assumed" if is_there else "refused")
                self._ledger.remember_media(desired.external_id, [rows[key]], soon=not is_there)
                if is_there:
                    self._report.picture("assumed")
                if is_there and remote.images <= sent:
                    self._tell_of_doubt(desired, key)

    def _note_taken_out(self, desired: DesiredProduct, remote: RemotePictures, rows: dict[str, MediaRow]) -> None:
        """Withdrawn pictures that a person has taken out make room; not while others may only show later."""
        names = taken_out(rows, remote.images) if remote.is_ours else ()
        if names and not (self._posts.may_hide(rows) or self._ledger.awaited_pictures([remote.remote_id])):
            self._remember(desired, rows, {name: replace(rows[name], state="removed") for name in names})
            self._ledger.end_tasks(desired.external_id, [f"withdrawn {name}" for name in names])

    def _note_changed(
        self, desired: DesiredProduct, plan: PicturePlan, wanted: dict[str, Picture], rows: dict[str, MediaRow]
    ) -> list[str]:
        """MicroPIM cannot replace a picture: say once that a person has to. The keys whose new one is appended.

        See docs/api/micropim.md#picture-change.
        """
        appended = []
        for key in plan.changed:
            row, url = rows[key], wanted[key].url
            if self._is_appended(row, rows):
                old, new = replace(row, picture=row.url, state="replaced"), replace(row, url=url, state="refused")
                self._remember(desired, rows, {row.url: old, key: new})  # not taken so far
                appended.append(key)
                what = f"picture {key} changed in the source: the new one is appended, remove the old by hand"
            else:
                self._remember(desired, rows, {key: replace(row, url=url)})
                what = f"picture {key} changed in the source: replace it by hand"
            self._tell(desired, f"changed {key}", f"{what}{_where(row)}", source=url, micropim=row.url)
        return appended

    def _is_appended(self, row: MediaRow, rows: dict[str, MediaRow]) -> bool:
        is_there = row.state in IN_SHOP and row.url != row.picture
        has_room = room(rows.values(), self._settings.max_images) > 0
        return self._settings.media_changes == "append" and is_there and has_room

    def _note_withdrawn(
        self, desired: DesiredProduct, plan: PicturePlan, rows: dict[str, MediaRow], *, waiting: int
    ) -> None:
        """MicroPIM cannot delete a picture either: say once that a person has to (docs/api/micropim.md#picture-change).

        One that the source has again is as before.
        """
        if plan.returned:
            self._remember(desired, rows, {name: replace(rows[name], state="sent") for name in plan.returned})
            self._ledger.end_tasks(desired.external_id, [f"withdrawn {name}" for name in plan.returned])
        for name in plan.withdrawn:
            row = rows[name]
            is_for_others = row.url in desired.addresses_for_others
            why = "is for other target groups only now" if is_for_others else "was withdrawn"
            what = f"picture {name} {why} at the source: remove it by hand{_where(row)}"
            if waiting:
                what += f"; {waiting} new ones wait for room (max_images {self._settings.max_images})"
            self._report.picture("withdrawn")
            self._tell(desired, f"withdrawn {name}", what, micropim=row.url)
        if (
            waiting
            and not plan.withdrawn
            and (taken := [name for name, row in rows.items() if row.state == "withdrawn"])
        ):
            what = f"{waiting} new pictures wait for room (max_images {self._settings.max_images}): take out by hand "
            self._tell(desired, WAITING, f"{what}{', '.join(taken)}, which the source has withdrawn")
        if not waiting:
            self._ledger.end_tasks(desired.external_id, (WAITING,))
        if plan.withdrawn:
            self._remember(desired, rows, {name: replace(rows[name], state="withdrawn") for name in plan.withdrawn})

    def _remember(self, desired: DesiredProduct, rows: dict[str, MediaRow], changed: dict[str, MediaRow]) -> None:
        """Here and in the ledger."""
        rows.update(changed)
        self._ledger.remember_media(desired.external_id, changed.values())

    def _tell_of_missing(self, desired: DesiredProduct, remote: RemotePictures, sent: int) -> None:
        """Pictures that an earlier run had accepted and that do not show: a person may want to know.

        See docs/api/micropim.md#picture-fetch.
        """
        what = f"shows {remote.images} pictures of {sent} that MicroPIM accepted: it could not fetch the others, or "
        self._tell(desired, MISSING, f"{what}somebody removed them")

    def _send_one(
        self, desired: DesiredProduct, picture: Picture, remote: RemotePictures, rows: dict[str, MediaRow]
    ) -> bool:
        """Whether MicroPIM accepted it."""
        before, name = remote.images, _name(picture, rows)
        intent = MediaRow(name, picture.url, "intent", before, self._ledger.now())
        payload = {"file_url": picture.url, "alt_text": picture.alt, "position": remote.images + remote.hidden}
        try:
            check_payload("media", payload)
            state = self._posts.post(desired.external_id, intent, payload, remote)
            if state == "assumed" and remote.hidden:
                self._tell_of_doubt(desired, picture.key)
        except RequestRefused as refusal:
            what = f"picture {picture.key} was refused: {refusal.said or refusal}"
            self._tell(desired, f"refused {picture.key}", what, source=picture.url)
            state = "refused"
        else:
            remote.images += 1
            self._ledger.end_tasks(desired.external_id, (f"refused {picture.key}", f"unreachable {picture.key}"))
        row = replace(intent, state=state)
        self._ledger.remember_media(desired.external_id, [row], soon=True)  # with the next intent, or with the settling
        self._report.picture(state)
        return state != "refused"

    def _tell_of_doubt(self, desired: DesiredProduct, key: str) -> None:
        """Sent again it could be there twice, so it is not."""
        what = f"picture {key} may be missing: one more shows since it was sent, but others were on their way too"
        self._tell(desired, f"doubt {key}", what)

    def _tell(
        self, desired: DesiredProduct, task: str, what: str, *, source: str | None = None, micropim: str | None = None
    ) -> None:
        """A line for a person, with the addresses that the source has and that MicroPIM was given.

        It stays open until it is done; what a person has done once is not asked for again.
        """
        clean = self._client.redactor.clean
        what, (source, micropim) = clean(what), (None if url is None else clean(url) for url in (source, micropim))
        name, print_ = desired.fields.get("name"), fingerprint(task, what)
        question = Question(
            TASKS, desired.external_id, task, PICTURE, desired.sku, what, print_, source, micropim,
            name=None if name is None else str(cut(name)),
        )  # fmt: skip
        if self._ledger.add_task(question):
            row = Row("products", desired.external_id, desired.sku, what, "picture", "pictures")
            self._report.add("manual_actions", replace(row, source=source, micropim=micropim))


def _name(picture: Picture, rows: dict[str, MediaRow]) -> str:
    """Its name in the ledger; one that another picture of the shop has there is not taken from it."""
    is_taken = picture.key in rows and rows[picture.key].state in IN_SHOP
    return picture.url if is_taken else picture.key


def _where(row: MediaRow) -> str:
    """Which picture it is: a person sees neither the source's ids nor its addresses in MicroPIM."""
    return f" (address {row.url}, position {row.count_before}, counted from 0)"


def _accounted(rows: dict[str, MediaRow]) -> int:
    """How many pictures the product had after the last one we know to have sent."""
    counts = [row.count_before + 1 for row in rows.values() if row.state in IN_SHOP]
    return max(len(counts), *counts) if counts else 0
