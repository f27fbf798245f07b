"""What people have decided: the decisions file is read when a run begins and written again when its input has ended.

A decision is noted in the ledger in one transaction with the end of its question, so a run may be killed at any moment.
What follows is done on the ordinary road: the record that the ledger kept is taken again (``due``), and finds that it
may go over what MicroPIM showed when the person was asked. An edit that was made after that is not meant, and stands.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from target_micropim.api.tree import folded
from target_micropim.catalog.names import Names
from target_micropim.ledger import WaitingName
from target_micropim.plan.decision import (
    CATEGORY,
    NAME_KINDS,
    Answer,
    answers_to,
    is_same_text,
    key_of,
    key_of_name,
    kind_of,
    mark_of_ledger,
    read_answer,
)
from target_micropim.plan.ownership import EXISTENCE
from target_micropim.plan.question import Question
from target_micropim.report.decisions_file import DECISION, Cells, DecisionsFile, Line, Sheet
from target_micropim.report.run_report import Row
from target_micropim.services import Services
from target_micropim.sync.answers import Answers, CannotYet

STREAM = "decisions"
STATUS = "status"  # how the file names the fact whether something is there
_SHOWN = {"archived": "archived", "revived": "live"}
_IDENTITY = ("kind", "sku", "field", "name")
Identity = tuple[str, ...]

logger = logging.getLogger("target-micropim")


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


class Decisions:
    """Called by one thread."""

    def __init__(self, services: Services, names: Names) -> None:
        self._services = services
        self._names = names
        self._answers = Answers(services)
        self._mark = mark_of_ledger(services.ledger.place)
        self._file = DecisionsFile(services.settings.decisions_file, self._mark)
        self._acted: set[str] = set()
        self._later: set[str] = set()  # keys of what an older program had asked, and cannot be acted on yet

    def is_due(self) -> bool:
        """Whether a person has decided something."""
        return bool(self._services.ledger.due()) or any(line[DECISION] for line in self._read().lines)

    # At the start

    def take(self) -> None:
        """Note every decision in the ledger; what cannot be understood is told, and changes nothing."""
        decided = [line for line in self._read(tell=True).lines if line[DECISION]]
        if not decided:
            return
        items = _Index(decided, self._open_items())
        answered: dict[str, list[Line]] = {}
        for line in decided:
            if not self._file.is_of_another_ledger(line) and (item := self._item_of(line, items)) is not None:
                answered.setdefault(item.key, []).append(line)
        for key, lines in answered.items():
            if len({read_answer(line[DECISION]) for line in lines}) > 1:
                self._tell(lines[-1], f"is another answer than that of line {lines[0].number}")
            else:
                self._act(items.by_key[key], lines[0])

    def _item_of(self, line: Line, items: "_Index") -> OpenItem | None:
        """What a line decides; None where that is settled, or cannot be told."""
        if line["key"] in items.by_key:
            return items.by_key[line["key"]]
        item = items.by_identity.get(_identity(line.cells))
        if item is None:
            if self._is_unknown(line):
                self._tell(line, f"decides nothing that is open: {line['sku'] or line['name']!r} is not known")
            return None
        if item.question is not None and (line["key"] or not item.is_as_seen(line)):
            self._tell(line, "was decided over other values: both are in the file now, decide again")
            return None
        return item

    def _is_unknown(self, line: Line) -> bool:
        """Whether nobody can say what a line is about; one that is settled just goes."""
        if line["key"] or line["kind"] == CATEGORY:
            return False
        if line["kind"] in NAME_KINDS:
            return not self._names.is_settled(line["kind"], line["name"])
        return not self._services.ledger.owner_of_sku(line["sku"])

    def _act(self, item: OpenItem, line: Line) -> None:
        answer = read_answer(line[DECISION])
        if item.question is None:
            self._decide_name(item, line, answer)
            return
        allowed = answers_to(item.question)
        if not isinstance(answer, Answer) or answer not in allowed:
            self._tell(line, f"is no answer to this: {', '.join(one.value for one in allowed)}")
            return
        try:
            what = self._answers.give(item.question, answer)
        except CannotYet as reason:
            self._later.add(item.key)
            self._tell(line, str(reason))
            return
        self._acted.add(item.key)
        question = item.question
        row = Row(question.stream, question.external_id, question.sku, what, field=question.fact)
        self._services.report.add("decisions", replace(row, source=question.source, micropim=question.micropim))

    def _decide_name(self, item: OpenItem, line: Line, answer: Answer | int | None) -> None:
        kind, name = item.cells["kind"], item.cells["name"]
        if isinstance(answer, int):
            what = f"{kind} {name}: has the id {answer}, as decided"
        elif answer is Answer.KEEP:
            what = f"{kind} {name}: products go without it, as decided"
        else:
            self._tell(line, "is no id of MicroPIM: a number from 1, or keep to go without")
            return
        self._names.decide(kind, name, answer if isinstance(answer, int) else None)
        self._acted.add(item.key)
        self._services.report.add("decisions", Row(STREAM, "", None, what))

    # At the end

    def write(self) -> None:
        """Write all that is open; a decision that was not acted on stays."""
        try:
            before = self._file.read()
            self._file.write(before, self._lines(before))
        except (OSError, ValueError) as error:
            logger.warning("decisions_file: %s", error)
            self._services.report.add("warnings", Row(STREAM, "", None, f"decisions_file was not written: {error}"))

    def _lines(self, before: Sheet) -> Iterator[Cells]:
        """What is open, with what a person has typed into it; then what is no line of ours, or was spoilt."""
        mine = [line for line in before.lines if not self._file.is_of_another_ledger(line)]
        by_key = {line["key"]: line for line in mine if line["key"]}
        by_identity = {_identity(line.cells): line for line in mine if not line["key"]}
        lost = dict(by_identity)
        for item in self._open_items():
            lost.pop(identity := _identity(item.cells), None)
            line = by_key.get(item.key) or by_key.get(self._earlier_key(item)) or by_identity.get(identity)
            if line is None or item.key in self._acted or not (line["key"] or item.is_as_seen(line)):
                yield item.cells
            else:
                yield {**line.cells, **item.cells, DECISION: line[DECISION]}
        yield from (line.cells for line in lost.values() if line[DECISION] and self._is_unknown(line))
        yield from (line.cells for line in before.lines if self._file.is_of_another_ledger(line))

    def _earlier_key(self, item: OpenItem) -> str:
        """The key that the line had, where the value was looked at in this run for the first time; else none."""
        if not self._later or item.question is None:
            return ""
        earlier = key_of(self._mark, replace(item.question, micropim_print=None))
        return earlier if earlier in self._later else ""

    # What is open

    def _open_items(self) -> Iterator[OpenItem]:
        ledger = self._services.ledger
        for question in ledger.open_questions() if ledger.has_questions() else ():
            yield OpenItem(_cells(question, key_of(self._mark, question)), question)
        for waiting in ledger.waiting_names() if ledger.has_waiting_names() else ():
            if not self._names.is_settled(waiting.kind, waiting.name):
                yield self._of_name(waiting)

    def _of_name(self, waiting: WaitingName) -> OpenItem:
        kind, name, key = waiting.kind, waiting.name, waiting.folded
        near = self._names.near(kind, name)
        examples = ", ".join(self._services.ledger.examples_of(kind, key))
        cells = {
            "kind": kind,
            "name": name,
            "field": f"{kind}_id",
            "source": name,
            "micropim": f"{near[0]} ({near[1]})" if near else "",
            "products": str(waiting.products),
            "examples": examples,
            "reason": "its id in MicroPIM is not known: fill it in" + (", if it is the one shown here" if near else ""),
            "key": key_of_name(self._mark, kind, key),
        }
        return OpenItem(cells)

    def _read(self, *, tell: bool = False) -> Sheet:
        try:
            return self._file.read()
        except (OSError, ValueError) as error:
            if tell:
                logger.warning("decisions_file: %s", error)
                what = f"decisions_file: {error}; nothing was decided"
                self._services.report.add("manual_actions", Row(STREAM, "", None, what))
            return Sheet()

    def _tell(self, line: Line, problem: str) -> None:
        what = f"{self._file.path}, line {line.number}: {line[DECISION]!r} {problem}"
        logger.warning("%s", what)
        self._services.report.add("manual_actions", Row(STREAM, "", None, what))


class _Index:
    """What is open and what these lines are about, by key and by what a person sees of it."""

    def __init__(self, lines: list[Line], items: Iterable[OpenItem]) -> None:
        keys, identities = {line["key"] for line in lines}, {_identity(line.cells) for line in lines}
        self.by_key: dict[str, OpenItem] = {}
        self.by_identity: dict[Identity, OpenItem] = {}
        for item in items:
            if item.key in keys or _identity(item.cells) in identities:
                self.by_key[item.key] = item
                self.by_identity[_identity(item.cells)] = item


def _identity(cells: Cells) -> Identity:
    return tuple(folded(cells.get(column, "")) for column in _IDENTITY)


def _cells(question: Question, key: str) -> Cells:
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
