"""One picture is sent once, whatever the answers are: it is waited for as long as this service needs to show one.

See docs/api/micropim.md#picture-unclear and docs/api/micropim.md#picture-fetch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pim_wire.errors import AccessDenied
from target_micropim.api.post_once import seconds_until_shown
from target_micropim.errors import NotFound
from target_micropim.ledger import MediaRow, ProductId
from target_micropim.plan.values import image_count
from target_micropim.services import Services

MAX_POSTS = 2  # a picture that was stored need not show at once, so a third would be reckless
# fact of the ledger: a look that late after a picture showed it; empty where one did not show until a run ended
SHOWN_AFTER = "picture_shown_after_seconds"


@dataclass
class RemotePictures:
    """A product in MicroPIM and how many pictures it shows. ``is_ours``: made by us, or known from an earlier run.

    ``hidden`` were accepted and do not show: they may be on their way, or somebody has removed them.
    """

    remote_id: int
    images: int
    is_ours: bool
    hidden: int = 0


class PicturePosts:
    """Used from several threads."""

    def __init__(self, services: Services) -> None:
        self._client = services.client
        self._post_once = services.post_once
        self._ledger = services.ledger
        self._clock = services.clock

    def post(self, external_id: ProductId, intent: MediaRow, payload: dict[str, Any], remote: RemotePictures) -> str:
        """Announce it and send it: ``sent``, or ``assumed`` when the answer was lost and one more shows.

        Raises RecordRejected for an unclear fate, RequestRefused, AccessDenied, StopRun.
        """

        def post() -> str:
            try:
                self._client.add_media(remote.remote_id, payload)
            except AccessDenied:  # an answer of MicroPIM's own: nothing was taken, and the next run need not guess
                self._ledger.remember_media(external_id, [replace(intent, state="refused")])
                raise
            return "sent"

        def look() -> str | None:
            return "assumed" if self._shown(remote.remote_id) > remote.images else None

        self._ledger.remember_media(external_id, [intent])
        began = self._clock.now()
        state = self._post_once.post(post, look, MAX_POSTS, self._seconds_until_shown())
        if state == "assumed":
            self._note_shown_after(self._clock.now() - began)
        return state

    def wait_for(self, remote: RemotePictures, before: int, announced_at: float) -> None:
        """Until more pictures show than before, or would show; how many do is noted in ``remote``.

        ``announced_at`` (unix seconds) is when one more was about to be sent. Where nobody has seen how long one needs
        here, no longer than the longest wait: more often than not it was never sent. Raises RecordRejected when it was
        seen, and would take more.
        """
        if self._ledger.fact(SHOWN_AFTER) is None:
            self._learn()
        age = max(0.0, self._ledger.now() - announced_at)
        seconds = self._seconds_until_shown()
        if self._ledger.fact(SHOWN_AFTER) is None:
            seconds = min(seconds, self._post_once.longest_wait)
        if age >= seconds:
            return
        shown = self._post_once.look_for(
            lambda: count if (count := self._shown(remote.remote_id)) > before else None, seconds - age
        )
        if shown is not None:
            remote.images = shown
            self._note_shown_after(self._ledger.now() - announced_at)

    def _learn(self) -> None:
        """How long a picture needs here, by another product that got some just before the run was killed."""
        for awaited in self._ledger.awaited_pictures()[:1]:
            rows = self._ledger.media(awaited.external_id).values()
            since = max((row.announced_at or 0.0 for row in rows), default=0.0)
            if since and self._shown(awaited.remote_id) >= awaited.expected:
                self._note_shown_after(self._ledger.now() - since)

    def may_hide(self, rows: Mapping[str, MediaRow]) -> bool:
        """Whether one of these was sent so short a time ago that it need not show yet."""
        since = max((row.announced_at or 0.0 for row in rows.values()), default=0.0)
        return self._ledger.now() - since < self._seconds_until_shown()

    def _shown(self, remote_id: int) -> int:
        """How many pictures a product shows now."""
        try:
            return image_count(self._client.product(remote_id))
        except NotFound:  # nobody's last word: it was there a moment ago
            return 0

    def _seconds_until_shown(self) -> float:
        seen = self._ledger.fact(SHOWN_AFTER)
        return seconds_until_shown(float(seen) if seen else None)

    def _note_shown_after(self, seconds: float) -> None:
        """The slowest picture that was waited for says how long one needs; one that never showed says it better."""
        seen = self._ledger.fact(SHOWN_AFTER)
        if seen is None or (seen and float(seen) < seconds):
            self._ledger.note(SHOWN_AFTER, str(seconds))
