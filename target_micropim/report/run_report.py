"""The report of a run: counts that add up to the records received, and rows that need a person.

products.csv has every product, details.jsonl and a table beside it every change, conflict, warning and thing for a
person; memory keeps only the first.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pim_wire.errors import not_written, writing
from pim_wire.exact_json import as_json
from target_micropim.plan.question import Question
from target_micropim.report.held_back import HeldBackFile
from target_micropim.report.input_order import AFTER_THE_INPUT, FieldChange, FirstRows, current_number, current_record
from target_micropim.report.lists import Lists, write_numbers
from target_micropim.report.nights import NIGHT, summary_of
from target_micropim.report.page import page
from target_micropim.report.parts import Rows
from target_micropim.report.plan_sheet import write_plan_sheet
from target_micropim.report.product_rows import ProductEnd, ProductRows
from target_micropim.report.rejects import rejects_in
from target_micropim.report.shown import cut
from target_micropim.report.unmapped import Unmapped
from target_micropim.report.words import Words

MAX_ROWS = 1000
PRODUCTS = "products"
AGAIN = "rejected by an earlier run, and tried again"
KEPT = "kept from an earlier run, and taken again"  # a person has decided, or MicroPIM did not keep what was sent


@dataclass(frozen=True)
class Row:
    """Something about one record that a person may want to see; ``topic`` sorts what a person has to do.

    An open question has the ``field`` and both its values, as they were seen last.
    """

    stream: str
    external_id: str
    sku: str | None
    what: str
    topic: Literal["product", "picture"] = "product"
    field: str | None = None
    source: str | None = None
    micropim: str | None = None
    name: str = ""


@dataclass(frozen=True)
class Change:
    """One field of something that was changed, as MicroPIM showed it before and after."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Subject:
    """Whose change it was."""

    stream: str
    external_id: str
    sku: str | None
    remote_id: int


class Details:
    """details.jsonl. It appears with its first line; a killed run leaves what it had. Used under the report's lock."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, kind: str, row: dict[str, Any]) -> None:
        """Add a line. Raises CannotWrite."""
        try:
            if not self._path.exists():
                self._path.touch(mode=0o600)
            with self._path.open("ab") as file:
                file.write(as_json({"kind": kind, **row}))
        except OSError as error:
            raise not_written(self._path, error) from None


class Report:
    """Collects while the run goes on, in the order of the input. Beyond MAX_ROWS only details.jsonl has all rows."""

    def __init__(self, folder: Path, run_id: str, language: str = "en") -> None:
        self._language = language
        self.folder = folder / run_id
        self.run_id = run_id
        self._lock = threading.Lock()
        self.received: Counter[str] = Counter()
        self.actions: Counter[tuple[str, str]] = Counter()
        self.retried: Counter[tuple[str, str]] = Counter()
        self.pictures: Counter[str] = Counter()
        self.languages: Counter[str] = Counter()
        self.attributes_made: list[str] = []
        self.other_languages: Counter[tuple[str, str]] = Counter()
        kinds = ("conflicts", "unsure", "manual_actions", "warnings", "other_languages", "decisions")
        self._rows: dict[str, FirstRows[Row]] = {kind: FirstRows(MAX_ROWS) for kind in kinds}
        self._changes: FirstRows[tuple[dict[str, Any], str]] = FirstRows(MAX_ROWS)  # each with the product's name
        self.totals: Counter[str] = Counter()
        self.topics: Counter[str] = Counter()
        self._details = Details(self.folder / "details.jsonl")
        self._held_back = HeldBackFile(self.folder / "held_back.csv", MAX_ROWS)
        self._lists = Lists(self.folder)
        self.products = ProductRows(self.folder / "products.csv", MAX_ROWS)

    def open(self) -> None:
        """Make the run's folder. Raises CannotWrite."""
        with writing(f"report_dir {self.folder}"):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def receive(self, stream: str) -> None:
        """A record came in."""
        self.received[stream] += 1

    def settle(self, stream: str, action: str, end: ProductEnd | None = None, place: int = -1, again: str = "") -> None:
        """A record's end: created, updated, unchanged, archived, skipped, rejected or acknowledged.

        ``end`` is that of a product, whose record has this ``place`` in the input; without one the record at hand
        tells. ``again``: why a record of an earlier run was taken again. Raises CannotWrite.
        """
        if end is None and not again:
            end = _at_hand(stream)
        if end is not None:
            if again:
                end = end._replace(reason=f"{again}; {end.reason}" if end.reason else again)
            self.products.add(action, end, place)
        with self._lock:
            (self.retried if again else self.actions)[stream, action] += 1

    def picture(self, outcome: str) -> None:
        """A picture's end: sent, assumed, refused or left."""
        with self._lock:
            self.pictures[outcome] += 1
        if outcome == "sent" and (record := current_record()) is not None:
            record.pictures += 1

    def attribute(self, code: str) -> None:
        """An attribute was defined."""
        with self._lock:
            self.attributes_made.append(code)

    def languages_left(self, languages: Iterable[str]) -> None:
        """Languages that a record has and MicroPIM cannot hold (docs/api/micropim.md#translations)."""
        with self._lock:
            self.languages.update(languages)

    def text_language(self, row: Row, language: str, asked: str) -> None:
        """A text of a product was taken in another language than the one asked for; ``row`` names the field."""
        with self._lock:
            self.other_languages[str(row.field), language] += 1
        self.add("other_languages", replace(row, what=f"{row.field}: missing in {asked}, taken in {language}"))

    def _texts_by_language(self) -> dict[str, dict[str, int]]:
        """Products per field and language, of texts in another language than the one asked for."""
        table: dict[str, dict[str, int]] = {}
        for (name, language), number in sorted(self.other_languages.items()):
            table.setdefault(name, {})[language] = number
        return table

    def add(self, kind: str, row: Row) -> None:
        """A row of one of the lists, such as ``conflicts`` or ``warnings``; one without an id belongs to no record."""
        place = current_number() if row.external_id else -1
        row = _named(row)
        with self._lock:
            self.totals[kind] += 1
            self._details.write(kind, asdict(row))
            self._lists.add(kind, asdict(row))
            if kind == "manual_actions":
                self.topics[row.topic] += 1
            self._rows[kind].add(place, row.what, row)

    def ask(self, question: Question) -> None:
        """An open question: a value that is not ours stands in MicroPIM, until a person decides or both sides agree."""
        is_value = question.fact != "existence"
        what = f"{question.fact}: {question.reason}; MicroPIM's value stands" if is_value else question.reason
        row = Row(question.stream, question.external_id, question.sku, what)
        row = replace(
            row, field=question.fact, source=question.source, micropim=question.micropim, name=question.name or ""
        )
        if (record := current_record()) is not None:
            record.asked.append(question.fact)
        self.add(question.kind, row)
        with self._lock:
            self._lists.ask(question.kind, asdict(_named(row)))

    def held_back(self, held: Iterable[Question]) -> None:
        """What the settings hold back, once, at the end of the run. Raises CannotWrite."""
        with writing(self.folder / "held_back.csv"):
            self._held_back.write(held)

    def changed(self, subject: Subject, changes: Iterable[Change]) -> None:
        """Something that was there was changed: each field with its values, cut to what a person can read."""
        rows, fields = list[FieldChange](), dict[str, Any]()
        for change in changes:
            name, before, after = change.field, cut(change.before), cut(change.after)
            rows.append((name, before, after))
            fields[name] = {"before": before, "after": after}
        whole = {**vars(subject), "fields": fields}
        record = current_record()
        name = "" if record is None else record.name
        if record is not None and record.number != AFTER_THE_INPUT:
            record.changes += rows
            record.sku = subject.sku
        elif subject.stream == PRODUCTS:  # no record's end will tell of it
            self.products.add("updated", ProductEnd(subject.external_id, subject.sku, name, "", rows), AFTER_THE_INPUT)
        with self._lock:
            self.totals["changes"] += 1
            self._details.write("changes", whole)
            self._lists.changed(whole, name, rows)
            self._changes.add(-1 if record is None else record.number, subject.external_id, (whole, name))

    def counts(self) -> tuple[int, Counter[str]]:
        """Records received so far, and how many of them ended which way."""
        with self._lock:
            ends: Counter[str] = Counter()
            for (_stream, action), number in self.actions.items():
                ends[action] += number
            return sum(self.received.copy().values()), ends

    def count(self, action: str) -> int:
        """Records of all streams that ended this way."""
        with self._lock:
            return sum(number for (_stream, end), number in self.actions.items() if end == action)

    def streams(self) -> dict[str, dict[str, int]]:
        """Per stream: received, and how many ended which way; ``unsettled`` is what a stopped run left open."""
        table: dict[str, dict[str, int]] = {}
        for stream, received in sorted(self.received.items()):
            ends = {action: number for (name, action), number in sorted(self.actions.items()) if name == stream}
            table[stream] = {"received": received, **ends}
            if received > sum(ends.values()):
                table[stream]["unsettled"] = received - sum(ends.values())
        return table

    def _tried_again(self) -> dict[str, dict[str, int]]:
        """Rejects of earlier runs, which are no records received: per stream how many ended which way."""
        table: dict[str, dict[str, int]] = {}
        for (stream, action), number in sorted(self.retried.items()):
            table.setdefault(stream, {})[action] = number
        return table

    def write(self, facts: Mapping[str, Any], unmapped: Unmapped) -> dict[str, Any]:
        """Write report.json, report.html and, when there is something to list, unmapped.csv; each at once or not."""
        content = self.content(facts, unmapped)
        self.products.close()
        with writing(f"report_dir {self.folder}"):
            _replace(self.folder / "report.json", json.dumps(content, indent=2, ensure_ascii=False) + "\n")
            _replace(self.folder / NIGHT, json.dumps(summary_of(content), ensure_ascii=False) + "\n")
            _replace(self.folder / "report.html", page(content, self._rows_beside(unmapped), Words(self._language)))
            write_numbers(content, self.folder / "numbers.csv")
            if (plan := self.folder / "plan.jsonl").is_file():
                write_plan_sheet(plan, self.folder / "plan.csv")
            if len(unmapped):
                unmapped.write(self.folder / "unmapped.csv")
        return content

    def _rows_beside(self, unmapped: Unmapped) -> Rows:
        """What the page shows and report.json does not hold."""
        rejects = list(rejects_in(self.folder / "rejects.jsonl"))
        return Rows(list(unmapped.rows()), rejects, self._changes.in_order(), self.products)

    def content(self, facts: Mapping[str, Any], unmapped: Unmapped) -> dict[str, Any]:
        """The content of report.json."""
        return {
            "run_id": self.run_id,
            **facts,
            "streams": self.streams(),
            "tried_again": self._tried_again(),
            "pictures": dict(self.pictures),
            "languages_left": dict(sorted(self.languages.items())),
            "texts_in_other_languages": self._texts_by_language(),
            "attributes_made": sorted(self.attributes_made),
            "totals": dict(self.totals)
            | {"rejected": self.count("rejected"), "unmapped": len(unmapped)}
            | ({"held_back": self._held_back.total} if self._held_back.total else {}),
            "for_a_person": dict(self.topics),
            "changes": [whole for whole, _name in self._changes.in_order()],
            "held_back": self._held_back.rows,
            **{kind: [asdict(row) for row in rows.in_order()] for kind, rows in self._rows.items()},
        }


def _at_hand(stream: str) -> ProductEnd | None:
    """The end of the product at hand, as far as it is known from what was told of it."""
    record = current_record()
    if stream != PRODUCTS or record is None or record.stream != stream:
        return None
    return ProductEnd(record.external_id, record.sku, record.name, "", list(record.changes), record.pictures)


def _named(row: Row) -> Row:
    """With the name of the record at hand."""
    record = current_record()
    if row.name or record is None or record.external_id != row.external_id:
        return row
    return replace(row, name=record.name)


def _replace(path: Path, text: str) -> None:
    draft = path.with_suffix(f"{path.suffix}.tmp")
    draft.write_text(text, encoding="utf-8", errors="backslashreplace")
    draft.replace(path)
