"""What people have decided: the decisions file is read when a run begins and written again when its input has ended.

A decision is noted in the ledger in one transaction with the end of its question, so a run may be killed at any moment.
What follows is done on the ordinary road: the record that the ledger kept is taken again (``due``), and finds that it
may go over what MicroPIM showed when the person was asked. An edit that was made after that is not meant, and stands.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace

from target_micropim.catalog.names import Names
from target_micropim.ledger import WaitingName
from target_micropim.mapping.characters import folded
from target_micropim.plan.decision import (
    CATEGORY,
    NAME_KINDS,
    Answer,
    answers_to,
    is_same_text,
    key_of,
    key_of_name,
    mark_of_ledger,
    read_answer,
)
from target_micropim.report.decisions_file import BEYOND, COLUMNS, DECISION, Cells, DecisionsFile, Line, Sheet
from target_micropim.report.run_report import Row
from target_micropim.services import Services
from target_micropim.sync.answers import Answers, CannotYet
from target_micropim.sync.open_items import OpenItem, OpenItems, as_written, cells_of, identity

STREAM = "decisions"

logger = logging.getLogger("target-micropim")


class Decisions:
    """Called by one thread."""

    def __init__(self, services: Services, names: Names) -> None:
        self._services = services
        self._names = names
        self._answers = Answers(services)
        self._mark = mark_of_ledger(services.ledger.place)
        self._file = DecisionsFile(services.settings.decisions_file, self._mark)
        self._acted: set[str] = set()
        self._settled: set[tuple[str, ...]] = set()  # lines that were acted on, by what stands in them
        self._later: set[str] = set()  # keys of what an older program had asked, and cannot be acted on yet
        self._has_looked = False
        self._has_told = False  # that the file cannot be written

    def is_due(self) -> bool:
        """Whether a person has decided something."""
        return bool(self._services.ledger.due()) or any(line[DECISION] for line in self._read().lines)

    # At the start

    def tell(self) -> None:
        """Say once what stands in the file and decides nothing here; a file that is none is told where it is needed."""
        if self._has_looked:
            return
        self._has_looked = True
        lines = self._read().lines
        self._tell_of_others([line for line in lines if self._file.is_of_another_ledger(line)])
        mine = [line for line in lines if not self._file.is_of_another_ledger(line)]
        self._tell_misplaced([line for line in mine if not line[DECISION] and line.answers_elsewhere()])

    def take(self) -> None:
        """Note every decision in the ledger; what cannot be understood is told, and changes nothing."""
        lines = self._read(tell=True).lines
        self.tell()
        self._act_on([line for line in lines if line[DECISION] and not self._file.is_of_another_ledger(line)])

    def _act_on(self, decided: list[Line]) -> None:
        if not decided:
            return
        items = OpenItems(decided, self._open_items())
        answered: dict[str, list[Line]] = {}
        for line in decided:
            if (item := self._item_of(line, items)) is not None:
                answered.setdefault(item.key, []).append(line)
        for key, lines in answered.items():
            if len({read_answer(line[DECISION]) for line in lines}) > 1:
                self._tell(lines[-1], f"is another answer than that of line {lines[0].number}")
                continue
            self._act(items.by_key[key], lines[0])
            if key in self._acted:
                self._settled.update(map(as_written, lines))

    def _item_of(self, line: Line, items: OpenItems) -> OpenItem | None:
        """What a line decides; None where that is settled, or cannot be told."""
        item = items.of(line)
        if item is None:
            if self._is_unknown(line):
                self._tell(line, f"decides nothing that is open: {line['sku'] or line['name']!r} is not known")
            else:
                self._tell(line, "is settled: nothing is open there any more", kind="decisions")
            return None
        if self._shows_another(line, item):
            self._tell(line, "has the key of another line: decide again, in the line that the file has now")
            return None
        if not items.is_as_asked(line, item):
            self._tell(line, "was decided over other values: both are in the file now, decide again")
            return None
        return item

    def _shows_another(self, line: Line, item: OpenItem) -> bool:
        """Whether a line with the key of an item shows another one, which is not open any more.

        What differs may also be what a spreadsheet has made of it: so only what is known of others counts.
        """
        if line["key"] != item.key or identity(line.cells) == identity(item.cells):
            return False
        if folded(line["field"]) not in {"", folded(item.cells["field"])}:
            return True
        if item.question is None:
            return self._names.is_settled(item.cells["kind"], line["name"])
        return self._services.ledger.owner_of_sku(line["sku"]) not in {None, item.question.external_id}

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
            if self._has_told:
                return
            self._has_told = True
            logger.warning("decisions_file: %s", error)
            self._services.report.add("warnings", Row(STREAM, "", None, f"decisions_file was not written: {error}"))

    def _lines(self, before: Sheet) -> Iterator[Cells]:
        """What is open, with what a person has typed into it; then what is no line of ours, or was spoilt."""
        mine = [line for line in before.lines if not self._file.is_of_another_ledger(line)]
        items = OpenItems(mine, self._open_items() if mine else ())
        touched: dict[str, list[Line]] = {}
        lost: list[Line] = []
        for line in mine:
            item = items.of(line)
            if item is not None and (as_written(line) in self._settled or self._shows_another(line, item)):
                continue
            (lost if item is None else touched.setdefault(item.key, [])).append(line)
        for item in self._open_items():
            yield from self._with_what_was_typed(item, touched.get(item.key, []), items)
        yield from (line.cells for line in lost if self._stays(line))
        yield from (line.cells for line in before.lines if self._file.is_of_another_ledger(line))

    def _with_what_was_typed(self, item: OpenItem, lines: list[Line], items: OpenItems) -> Iterator[Cells]:
        """The line of an item; two where it has two answers, so that neither counts by itself in the next run."""
        earlier = self._earlier_key(item)
        kept = {
            line[DECISION]: line
            for line in lines
            if items.is_as_asked(line, item) or (earlier and line["key"] == earlier)
        }
        if item.key in self._acted or not kept:
            yield item.cells
            return
        if len(kept) > 1:
            kept.pop("", None)
        for decision, line in kept.items():
            yield {**line.cells, **item.cells, DECISION: decision}

    def _stays(self, line: Line) -> bool:
        """Whether a line that is about nothing open stays: what a person typed into it was not understood."""
        return bool(line[DECISION]) and as_written(line) not in self._settled and self._is_unknown(line)

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
            yield OpenItem(cells_of(question, key_of(self._mark, question)), question)
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

    def _tell(self, line: Line, problem: str, *, typed: str = "", kind: str = "manual_actions") -> None:
        what = f"{self._file.path}, line {line.number}: {(typed or line[DECISION])!r} {problem}"
        logger.warning("%s", what)
        self._services.report.add(kind, Row(STREAM, "", None, what))

    def _tell_misplaced(self, lines: list[Line]) -> None:
        """Answers that were typed beside the column. What a line has by itself is none."""
        items = OpenItems(lines, self._open_items() if lines else ())
        for line in lines:
            item = items.of(line)
            for heading, cell in line.answers_elsewhere().items():
                if heading == BEYOND:
                    problem = "stands in a column without a heading, and cannot stay: an answer goes into the column"
                    self._tell(line, f"{problem} {DECISION}", typed=cell)
                elif heading not in COLUMNS or (item is not None and not is_same_text(cell, item.cells.get(heading))):
                    problem = f"stands in the column {heading}: an answer goes into the column {DECISION}"
                    self._tell(line, problem, typed=cell)

    def _tell_of_others(self, lines: list[Line]) -> None:
        """Two ledgers may share a file; a file that was copied looks the same."""
        if number := sum(bool(line[DECISION]) for line in lines):
            answers = "1 answer" if number == 1 else f"{number} answers"
            what = f"{self._file.path}: {answers} to questions of another ledger, whose own run acts on them"
            logger.warning("%s", what)
            self._services.report.add("warnings", Row(STREAM, "", None, what))
