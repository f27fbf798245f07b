"""plan.jsonl: what a run would write, one line per action, with what is there before and after for each field."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

Change = dict[str, Any]
About = Callable[[str, str | None], AbstractContextManager[None]]  # whose turn it is: stream and external id
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


@dataclass
class _Draft:
    """What is being planned for one record."""

    stream: str
    external_id: str | None
    actions: dict[tuple[str, int], Action] = field(default_factory=dict)


class PlanFile:
    """Written from several threads; the actions of a record are one line, written when its turn is over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._path.touch(mode=0o600)
        self._lock = threading.Lock()
        self._mine = threading.local()

    @contextmanager
    def about(self, stream: str, external_id: str | None) -> Iterator[None]:
        """Everything this thread plans meanwhile is for the sake of this record."""
        draft = self._mine.draft = _Draft(stream, external_id)
        try:
            yield
        finally:
            self._mine.draft = None
            for action in draft.actions.values():
                self._write(action)

    @contextmanager
    def action(self, stream: str, action: str, key: int, sku: str | None = None) -> Iterator[Action]:
        """The action on this product or category; one more on a product in the same record's turn joins the first."""
        draft: _Draft | None = getattr(self._mine, "draft", None)
        if draft is None or draft.stream != stream:  # such as the making of category_root: nobody's turn
            alone = Action(stream, action, None, sku, _known(key))
            yield alone
            self._write(alone)
            return
        place = ("" if stream == "products" else action, key)  # a product's pictures stand in the line of its making
        yield draft.actions.setdefault(place, Action(stream, action, draft.external_id, sku, _known(key)))

    def _write(self, action: Action) -> None:
        data = orjson.dumps(asdict(action), default=str, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS)
        with self._lock, self._path.open("ab") as file:
            file.write(data)


def _known(key: int) -> int | None:
    """The id, unless the plan made it up."""
    return key if key < FIRST_PLANNED_ID else None


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Change]:
    """Field by field."""
    return {name: {"before": before.get(name), "after": value} for name, value in after.items()}
