"""Cells and lines of a CSV that a person opens in a spreadsheet, and gives back."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_DELIMITERS = (",", ";", "\t")
_WIDE = (b"\xff\xfe", b"\xfe\xff")  # how a spreadsheet's "Unicode text" begins


def escaped(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def unescaped(text: str) -> str:
    """The text of an escaped cell."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA_STARTS) else text


def text_of_file(file: Path, otherwise: str | None = None) -> str:
    """The text of a CSV, with or without a byte order mark; ``otherwise`` is read what is not Unicode.

    Raises ValueError, OSError.
    """
    data = file.read_bytes()
    try:
        return data.decode("utf-16" if data.startswith(_WIDE) else "utf-8-sig")
    except UnicodeDecodeError:
        if otherwise is None:
            raise ValueError(f"{file} is not in UTF-8: save it as CSV UTF-8") from None
        return data.decode(otherwise, errors="replace")


def delimiter_of(text: str) -> str:
    """The one that cuts the first line into most cells."""
    (first, *_) = [*(line for line in text.splitlines() if line.strip()), ""]
    return max(_DELIMITERS, key=first.count)


def lines_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each line that holds anything, with its number; cells without outer blanks."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), skipinitialspace=True)
    for row in rows:
        if any(map(str.strip, row)):
            yield rows.line_num, [cell.strip() for cell in row]
