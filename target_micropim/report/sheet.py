"""Tables for a spreadsheet: CSV that grows while the run goes on; cells and lines that a person gives back."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pim_wire.errors import not_written

_DELIMITERS = (",", ";", "\t")
_NAMED = re.compile(r'\s*"?sep=([,;\t])"?[,;\t]*\s*(?:\n|$)', re.IGNORECASE)  # a first line for Excel alone
_WIDE = (b"\xff\xfe", b"\xfe\xff")  # how a spreadsheet's "Unicode text" begins
_END = "\r\n"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_FORMULA = re.compile(rf"\A(?=[{re.escape(''.join(_FORMULA_STARTS))}])")  # before a text that looks like a formula
# a quote, or the start of a cell that looks like a formula
_SIGNS = ('"', *(f"{before}{start}" for start in _FORMULA_STARTS[:-1] for before in ",\n"))


def escaped(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return _FORMULA.sub("'", text)


def unescaped(text: str) -> str:
    """The text of an escaped cell."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA_STARTS) else text


def text_of_file(file: Path, otherwise: str | None = None) -> str:
    """The text of a CSV, with or without a byte order mark; ``otherwise`` is read what is not Unicode.

    Raises ValueError, OSError.
    """
    data = file.read_bytes()
    try:
        return data.decode(_encoding_of(data))
    except UnicodeDecodeError:
        if otherwise is None:
            raise ValueError(f"{file} is not in UTF-8: save it as CSV UTF-8") from None
        return data.decode(otherwise, errors="replace")


def _encoding_of(data: bytes) -> str:
    """By the mark, or where a spreadsheet left it out by the zeros beside the first letter."""
    if data.startswith(_WIDE):
        return "utf-16"
    return {b"\x00": "utf-16-be"}.get(data[:1]) or {b"\x00": "utf-16-le"}.get(data[1:2]) or "utf-8-sig"


def delimiter_of(text: str) -> str:
    """The one that the file names, as Excel reads it (``sep=;``), else the one that cuts the first line most often."""
    if named := _NAMED.match(text):
        return named[1]
    (first, *_) = [*(line for line in text.splitlines() if line.strip()), ""]
    return max(_DELIMITERS, key=first.count)


def lines_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each line that holds anything, with its number; cells without outer blanks."""
    is_named = _NAMED.match(text) is not None
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), skipinitialspace=True)
    for row in rows:
        if is_named:
            is_named = False
        elif any(map(str.strip, row)):
            yield rows.line_num, [cell.strip() for cell in row]


def table_of(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A whole table as text."""
    lines: list[str] = []
    writer = csv.writer(_Lines(lines))
    writer.writerow(columns)
    writer.writerows([cell if cell is None else escaped(str(cell)) for cell in row] for row in rows)
    return "".join(lines)


class Sheet:
    """A CSV file that appears with its first row. A killed run leaves what it had. Used under its owner's lock."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._path = path
        self._columns = columns
        self._lines: list[str] = []
        self._rows = csv.writer(_Lines(self._lines))

    def add(self, cells: Sequence[Any]) -> None:
        """Add a row at once. Raises CannotWrite."""
        self.hold(cells)
        self.flush()

    def hold(self, cells: Sequence[Any]) -> int:
        """Add a row to those that the next ``flush`` writes; how many wait."""
        self._rows.writerow([cell if cell is None else _FORMULA.sub("'", str(cell)) for cell in cells])
        return len(self._lines)

    def hold_all(self, rows: Sequence[Sequence[str]]) -> None:
        """Add many rows of texts, with one look at all of them: nearly no text needs a quote."""
        lines = [",".join(row) + _END for row in rows]
        if _is_plain("".join(lines), len(rows), len(self._columns)):
            self._lines += lines
            return
        for row, line in zip(rows, lines, strict=True):
            if _is_plain(line, 1, len(self._columns)):
                self._lines.append(line)
            else:
                self.hold(row)

    def flush(self) -> None:
        """Write the rows that wait, in one piece; no file stays open. Raises CannotWrite."""
        if not self._lines:
            return
        text = "".join(self._lines)
        self._lines.clear()
        try:
            if not self._path.exists():
                self._path.touch(mode=0o600)
                text = self._heads() + text
            with self._path.open("ab", buffering=0) as file:
                file.write(text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise not_written(self._path, error) from None

    def _heads(self) -> str:
        return table_of(self._columns, ())


def _is_plain(text: str, rows: int, columns: int) -> bool:
    """Whether so many lines say what their cells say: no cell needs a quote, none looks like a formula."""
    if text.count(",") != rows * (columns - 1) or text.count("\n") != rows or text.count("\r") != rows:
        return False
    return not any(map(f"\n{text}".__contains__, _SIGNS))


class _Lines:
    """What a csv.writer writes to: a list of lines."""

    def __init__(self, lines: list[str]) -> None:
        self.write = lines.append
