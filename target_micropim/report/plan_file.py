"""plan.jsonl: what a run would write, one line per action, with what is there before and after for each field."""

import threading
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson

from target_micropim.report.input_order import RecordScope, current_number, current_record

Change = dict[str, Any]
FIRST_PLANNED_ID = 10**12  # ids that only the plan knows begin here; the file never shows them


@dataclass
class Action:
    """One action. ``remote_id`` is None for what has no id in MicroPIM yet."""

    stream: str
    action: str
    external_id: str | None
    sku: str | None
    remote_id: int | None
    fields: dict[str, Change] = field(default_factory=dict)
    pictures: list[dict[str, Any]] = field(default_factory=list)
    categories: list[dict[str, Any]] = field(default_factory=list)
    name: str = ""


@dataclass
class _Draft:
    """What is being planned for one record."""

    scope: RecordScope
    actions: dict[tuple[str, int], Action] = field(default_factory=dict)


class PlanFile:
    """Written from several threads; the actions of a record are one line, in the order of the input when it is closed.

    A thread writes the line of a record when it plans for the next one; ``close`` writes the rest.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._path.touch(mode=0o600)
        self._lock = threading.Lock()
        self._drafts: dict[int, _Draft] = {}  # by thread
        self._order = array("q")  # of each line, the number of its record
        self._ends = array("q")  # of each line, where it ends
        self.writes = 0  # requests that a real run would send
        self.looks = 0  # at what it would have made or changed

    @contextmanager
    def action(self, stream: str, action: str, key: int, sku: str | None = None) -> Iterator[Action]:
        """The action on this product or category; one more on a product in the same record's turn joins the first."""
        scope = current_record()
        if scope is None or scope.stream != stream:  # such as the making of category_root: no record's turn
            alone = Action(stream, action, None, sku, _known(key))
            yield alone
            self._write(current_number(), [alone])
            return
        place = ("" if stream == "products" else action, key)  # a product's pictures stand in the line of its making
        action_of_record = Action(stream, action, scope.external_id, sku, _known(key), name=scope.name)
        yield self._draft_for(scope).actions.setdefault(place, action_of_record)

    def close(self) -> None:
        """Write what is left, and put the lines in the order of the input. No thread plans any more."""
        for thread in list(self._drafts):
            self._finish(self._drafts.pop(thread))
        if any(earlier > later for earlier, later in pairwise(self._order)):
            self._sort()

    def _draft_for(self, scope: RecordScope) -> _Draft:
        thread = threading.get_ident()
        draft = self._drafts.get(thread)
        if draft is None or draft.scope is not scope:
            if draft is not None:
                self._finish(draft)
            draft = self._drafts[thread] = _Draft(scope)
        return draft

    def _finish(self, draft: _Draft) -> None:
        self._write(draft.scope.number, list(draft.actions.values()))

    def _write(self, number: int, actions: list[Action]) -> None:
        options = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
        with self._lock, self._path.open("ab") as file:
            for action in actions:
                self.writes += bool(action.fields or action.categories or not action.pictures) + len(action.pictures)
                file.write(orjson.dumps(asdict(action), default=str, option=options))
                self._order.append(number)
                self._ends.append(file.tell())

    def _sort(self) -> None:
        """Line by line into a new file: a plan may be larger than the memory."""
        draft = self._path.with_suffix(".jsonl.tmp")
        draft.touch(mode=0o600)
        with self._path.open("rb") as lines, draft.open("wb") as ordered:
            for place in sorted(range(len(self._order)), key=self._order.__getitem__):
                start = self._ends[place - 1] if place else 0
                lines.seek(start)
                ordered.write(lines.read(self._ends[place] - start))
        draft.replace(self._path)


def _known(key: int) -> int | None:
    """The id, unless the plan made it up."""
    return key if key < FIRST_PLANNED_ID else None


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Change]:
    """Field by field."""
    return {name: {"before": before.get(name), "after": value} for name, value in after.items()}
