"""What is open, as lines of the decisions file, and which of them a line is about that a spreadsheet has saved."""

from collections.abc import Iterable
from dataclasses import dataclass

from target_micropim.mapping.characters import folded
from target_micropim.plan.decision import is_same_text, kind_of
from target_micropim.plan.ownership import EXISTENCE
from target_micropim.plan.question import Question
from target_micropim.report.decisions_file import DECISION, Cells, Line

STATUS = "status"  # how the file names the fact whether something is there
_SHOWN = {"archived": "archived", "revived": "live"}
_IDENTITY = ("kind", "sku", "field", "name")
Identity = tuple[str, ...]


@dataclass(frozen=True)
class OpenItem:
    """Something open, as a line of the file; ``question`` is None for a brand or supplier without an id."""

    cells: Cells
    question: Question | None = None

    @property
    def key(self) -> str:
        """By what its line is known again."""
        return self.cells["key"]

    def is_as_seen(self, line: Line) -> bool:
        """Whether a line without a key shows both values as they are."""
        return all(is_same_text(line[side], self.cells[side]) for side in ("source", "micropim"))


class OpenItems:
    """What is open and what these lines are about, by key and by what a person sees of it."""

    def __init__(self, lines: list[Line], items: Iterable[OpenItem]) -> None:
        keys, identities = {line["key"] for line in lines}, {identity(line.cells) for line in lines}
        self.by_key: dict[str, OpenItem] = {}
        self._seen: dict[Identity, list[OpenItem]] = {}
        for item in items:
            if item.key in keys or identity(item.cells) in identities:
                self.by_key[item.key] = item
                self._seen.setdefault(identity(item.cells), []).append(item)

    def of(self, line: Line) -> OpenItem | None:
        """What a line is about. Where a part of the columns was sorted, its key is another's: what it shows counts."""
        seen = self._seen.get(identity(line.cells), [])
        keyed = self.by_key.get(line["key"])
        if keyed is not None and (not seen or any(item.key == keyed.key for item in seen)):
            return keyed
        exact = [item for item in seen if folded(item.cells["sku"]) == folded(line["sku"])]
        return exact[-1] if exact else seen[0] if len(seen) == 1 else None

    def is_as_asked(self, line: Line, item: OpenItem) -> bool:
        """Whether a line shows both values as they are: by its key, or without one of its own by its cells."""
        if item.question is None or line["key"] == item.key:
            return True
        return (not line["key"] or line["key"] in self.by_key) and item.is_as_seen(line)


def identity(cells: Cells) -> Identity:
    """A spreadsheet takes an SKU for a number: 00123 becomes 123, and 123 may become 123.0."""
    kind, sku, *others = (folded(cells.get(column, "")) for column in _IDENTITY)
    plain = sku.removesuffix(".0").removesuffix(",0")
    return (kind, plain.lstrip("0") if plain.isdecimal() else sku, *others)


def as_written(line: Line) -> tuple[str, ...]:
    """By what a line is known in the file of the same run, wherever it stands by then."""
    return tuple(line[column] for column in (*_IDENTITY, "key", DECISION))


def cells_of(question: Question, key: str) -> Cells:
    """The line of a question; a category has the source's id where a product has its SKU."""
    kind, is_status = kind_of(question), question.fact == EXISTENCE
    shown = question.micropim or (_SHOWN.get(kind, "deleted") if is_status else "")
    return {
        "kind": kind,
        "sku": question.sku or question.external_id,
        "name": question.name or "",
        "field": STATUS if is_status else question.fact,
        "source": question.source or "",
        "micropim": shown,
        "reason": question.reason,
        "key": key,
    }
