"""The decisions file: all that is open, a line each, over the nights; a person fills in its column ``decision``.

A spreadsheet may have saved it, in any order, with other delimiters and further columns. What a person has typed and
could not be acted on stays, and so do the lines of another ledger that shares the file.
"""

import csv
import io
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from pathlib import Path

from target_micropim.plan.decision import NAME_KINDS, is_key, read_answer
from target_micropim.report.sheet import delimiter_of, escaped, lines_of, text_of_file, unescaped

DECISION = "decision"
COLUMNS = (
    "kind", "sku", "name", "field", "source", "micropim", DECISION, "products", "examples", "reason", "key",
)  # fmt: skip
BEYOND = ""  # the heading of cells that have none
_NEEDED = frozenset({"kind", DECISION})
_BOM = "\ufeff"
_CUTS = re.compile(r"[,;\t]")
_ONE_CELL = (
    "a spreadsheet has taken each line for one cell. Delete the file; the next run makes it anew: open that one with "
    "Data, From Text/CSV"
)
_OF_OLD_SPREADSHEETS = "cp1252"

Cells = Mapping[str, str]


@dataclass(frozen=True)
class Line:
    """A line of the file by its headings in small letters, and its number."""

    number: int
    cells: Cells

    def __getitem__(self, heading: str) -> str:
        return self.cells.get(heading, "")

    def answers_elsewhere(self) -> dict[str, str]:
        """Cells of other columns that may be an answer, and what stands where no column is.

        A number is one where a name wants an id; the cells of values and counts may have it by themselves.
        """
        takes_ids = self["kind"].casefold() in NAME_KINDS
        return {
            heading: cell
            for heading, cell in self.cells.items()
            if heading != DECISION and cell and (heading == BEYOND or _is_answer(cell, takes_ids=takes_ids))
        }


@dataclass
class Sheet:
    """The file as it is: its headings, its delimiter, its byte order mark, and the lines that a person has touched.

    All others are made anew; those of another ledger are among them.
    """

    headings: tuple[str, ...] = COLUMNS
    delimiter: str = ","
    mark: str = ""
    lines: list[Line] = field(default_factory=list)

    def others(self) -> tuple[str, ...]:
        """Columns that a person has added."""
        return tuple(heading for heading in self.headings if heading and heading not in COLUMNS)


class DecisionsFile:
    """Read at the start of a run, and again before it is written: a person may have typed meanwhile.

    Without a name, or where a device such as /dev/null stands, there is none.
    """

    def __init__(self, name: str, mark: str) -> None:
        self.path = Path(name)
        self._mark = mark
        self._is_off = not name.strip() or self.path.is_char_device()

    def read(self) -> Sheet:
        """The file; empty where there is none. Raises ValueError for what is not this file, OSError."""
        if self._is_off or not self.path.exists():
            return Sheet()
        text = text_of_file(self.path, otherwise=_OF_OLD_SPREADSHEETS)
        if not text.strip():
            return Sheet()
        try:
            _check_quotes(text)
            return self._sheet(text)
        except csv.Error as error:
            raise ValueError(f"{self.path} cannot be read ({error})") from None

    def _sheet(self, text: str) -> Sheet:
        lines = lines_of(text)
        number, first = next(lines)
        headings = tuple(heading.casefold() for heading in first)
        if any(map(_is_glued, headings)):
            raise ValueError(f"{self.path}: {_ONE_CELL}")
        if missing := sorted(_NEEDED.difference(headings)):
            raise ValueError(f"{self.path}, line {number} names no column {' and no column '.join(missing)}")
        if twice := [name for name, number in Counter(headings).items() if name and number > 1]:
            raise ValueError(f"{self.path}, line {number} names the column {twice[0]} twice")
        mark = _mark_of(self.path.read_bytes())
        sheet = Sheet(headings, delimiter_of(text), mark)
        kept = (DECISION, *sheet.others())
        for line in (_line(headings, *cells) for cells in lines):
            if self.is_of_another_ledger(line) or any(line[name] for name in kept) or line.answers_elsewhere():
                sheet.lines.append(line)
        return sheet

    def is_of_another_ledger(self, line: Line) -> bool:
        """Whether a line belongs to another ledger."""
        return is_key(line["key"]) and not line["key"].startswith(self._mark)

    def write(self, before: Sheet, rows: Iterable[Cells]) -> None:
        """Write these lines in the form in which the file was, at once or not at all; no line makes no new file.

        Raises OSError.
        """
        rows = iter(rows)
        first = None if self._is_off else next(rows, None)
        if self._is_off or (first is None and not self.path.exists()):
            return
        place = self.path.resolve()  # a link stays one
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f"{place.name}.tmp")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            _keep_rights(place, descriptor)
            headings = list(dict.fromkeys([*COLUMNS, *before.others()]))
            file.write(before.mark)
            sheet = csv.writer(file, delimiter=before.delimiter)
            sheet.writerow(headings)
            for row in chain([] if first is None else [first], rows):
                sheet.writerow([escaped(row.get(heading, "")) for heading in headings])
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)


def _is_glued(heading: str) -> bool:
    """Whether a heading of ours hangs together with something else: a spreadsheet expected other delimiters."""
    parts = [part.strip() for part in _CUTS.split(heading)]
    return len(parts) > 1 and any(part in COLUMNS for part in parts)


def _is_answer(cell: str, *, takes_ids: bool) -> bool:
    answer = read_answer(cell)
    return answer is not None and (takes_ids or not isinstance(answer, int))


def _check_quotes(text: str) -> None:
    """Raises csv.Error where a quotation mark is open at the end: all lines after it would be one cell."""
    try:
        for _row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True):
            pass
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise csv.Error("a quotation mark is open at its end: close or delete it") from None


def _keep_rights(place: Path, descriptor: int) -> None:
    """Who may open the file that is there may open the new one."""
    with suppress(OSError):  # a new file, or a system without them
        before = place.stat()
        os.fchmod(descriptor, stat.S_IMODE(before.st_mode))
        os.fchown(descriptor, -1, before.st_gid)


def _mark_of(data: bytes) -> str:
    """The mark that the file had, or one for an old spreadsheet, which would read UTF-8 as its own."""
    try:
        return _BOM if data.decode().startswith(_BOM) else ""
    except UnicodeDecodeError:
        return _BOM


def _line(headings: tuple[str, ...], number: int, cells: list[str]) -> Line:
    named = zip(headings, map(unescaped, cells), strict=False)
    beyond = [cell for heading, cell in zip_longest(headings, cells, fillvalue="") if cell and not heading]
    return Line(number, {heading: cell for heading, cell in named if heading} | {BEYOND: " ".join(beyond)})
