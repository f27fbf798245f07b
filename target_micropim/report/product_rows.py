"""products.csv: every product of the run, how it ended, why, and what changed. Memory keeps the first of each end.

A row is on disk before the STATE of its record may leave; those of unchanged products may wait for a few more.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from target_micropim.report.input_order import FieldChange, FirstRows
from target_micropim.report.sheet import Sheet

COLUMNS = ("id", "sku", "name", "action", "reason", "changes")
UNCHANGED = "unchanged"
MOST_WAITING = 200  # rows of unchanged products
MOST_LETTERS = 60  # of a value among the changes of a product


class ProductEnd(NamedTuple):
    """A product for people: who it is, why it ended so, what changed; ``word`` where it says more than the action."""

    external_id: str | None
    sku: str | None
    name: str = ""
    reason: str = ""
    changes: Sequence[FieldChange] = ()
    pictures: int = 0
    word: str = ""


class ProductRows:
    """Used from several threads. Of what is not unchanged the first rows of each action are kept for the page."""

    def __init__(self, path: Path, most: int) -> None:
        self._sheet = Sheet(path, COLUMNS)
        self._most = most
        self._lock = threading.Lock()
        self._unchanged: list[ProductEnd] = []
        self._kept: dict[str, FirstRows[ProductEnd]] = {}
        self.totals: dict[str, int] = {}

    def add(self, action: str, end: ProductEnd, place: int) -> None:
        """The end of a product, whose record has this place in the input. Raises CannotWrite."""
        if action == UNCHANGED and not (end.reason or end.changes or end.pictures):
            with self._lock:
                self._unchanged.append(end)
                if len(self._unchanged) >= MOST_WAITING:
                    self._flush()
            return
        action = end.word or action
        key, sku, name = end[:3]
        reason = " ".join(end.reason.split()) if end.reason else ""
        changes = _in_words(end) if end.changes or end.pictures else ""
        with self._lock:
            if self._unchanged:
                self._hold_unchanged()
            self._sheet.hold((key, sku, name, action, reason, changes))
            self.totals[action] = self.totals.get(action, 0) + 1
            if action not in self._kept:
                self._kept[action] = FirstRows(self._most)
            self._kept[action].add(place, end.external_id or "", end)
            self._sheet.flush()

    def kept(self, *actions: str) -> list[tuple[str, ProductEnd]]:
        """The first products that ended so, each with its action."""
        return [(action, end) for action in actions if action in self._kept for end in self._kept[action].in_order()]

    def total(self, *actions: str) -> int:
        """How many products ended so."""
        return sum(self.totals.get(action, 0) for action in actions)

    def close(self) -> None:
        """The run ends. Raises CannotWrite."""
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        if self._unchanged:
            self._hold_unchanged()
        self._sheet.flush()

    def _hold_unchanged(self) -> None:
        """The rows that wait, all at once: most products of a night are among them."""
        self._sheet.hold_all([(end[0] or "", end[1] or "", end[2], UNCHANGED, "", "") for end in self._unchanged])
        self._unchanged.clear()


def _in_words(end: ProductEnd) -> str:
    parts = [f"{field}: {_short(before)} → {_short(after)}" for field, before, after in end.changes]
    if end.pictures:
        parts.append(f"pictures: +{end.pictures}")
    return "; ".join(parts)


def _short(value: Any) -> str:
    """A value, cut before, in a few letters; nothing is a pair of quotes."""
    if value is None or value in ("", []):
        return '""'
    text = " ".join(str(value).split())
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"
