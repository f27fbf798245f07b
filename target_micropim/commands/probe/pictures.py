"""Probes 12 and 13: pictures. They need an address that MicroPIM can reach; the user names it.

See docs/api/micropim.md#first-contact.
"""

from target_micropim.commands.probe.client import Answer
from target_micropim.commands.probe.context import Facts, ProbeContext


class Pictures:
    """``picture`` is a small public picture, ``big`` one of some 20 MB; None: that question is not asked."""

    def __init__(self, picture: str | None, big: str | None) -> None:
        self._picture = picture
        self._big = big

    def twice(self, context: ProbeContext) -> Facts:
        """The same address twice: one picture or two, at once or later.

        See docs/api/micropim.md#picture-identity and docs/api/micropim.md#picture-fetch.
        """
        if self._picture is None:
            return {}
        number = context.product("a product for pictures").id or 0
        path, body = f"/api/products/{number}/media", {"file_url": self._picture, "alt_text": "Probe", "position": 0}
        first = context.ask("a picture by its address", "POST", path, json=body)
        if not first.good:
            return {"media_refused": first.said}
        _shown, looks = context.client.look(
            "does it show", f"/api/products/{number}", lambda answer: _count(answer) > 0
        )
        if not _count(_shown):
            return {"media": "never", "media_answer": _kind(first)}
        context.ask("the same address again", "POST", path, json={**body, "position": 1})
        after, _looks = context.client.look("one or two", f"/api/products/{number}", lambda answer: _count(answer) > 1)
        return {
            "media": "sync" if looks == 1 else "async",
            "media_answer": _kind(first),
            "dedupe_media": _count(after) == 1,
        }

    def dead(self, context: ProbeContext) -> Facts:
        """An address that leads nowhere (docs/api/micropim.md#picture-fetch)."""
        number = context.product("a product for a dead address").id or 0
        body = {"file_url": f"https://{context.token}.invalid/none.jpg", "alt_text": "Probe", "position": 0}
        answer = context.ask("an address that cannot exist", "POST", f"/api/products/{number}/media", json=body)
        if not answer.good:
            return {"unreachable_media": "400", "unreachable_media_says": answer.said}
        shown, _looks = context.client.look(
            "does it show", f"/api/products/{number}", lambda answer: _count(answer) > 0
        )
        return {"unreachable_media": "accepted" if _count(shown) else "never"} | self._too_big(context, number)

    def _too_big(self, context: ProbeContext, number: int) -> Facts:
        if self._big is None:
            return {}
        body = {"file_url": self._big, "alt_text": "Probe", "position": 1}
        answer = context.ask("a picture of some 20 MB", "POST", f"/api/products/{number}/media", json=body)
        return {"big_media": "taken" if answer.good else f"{answer.status} {answer.said}"}


def _count(answer: Answer) -> int:
    images = answer.record.get("images")
    return len(images) if isinstance(images, list) else 0


def _kind(answer: Answer) -> str:
    return "full" if answer.id is not None else "url_only"
