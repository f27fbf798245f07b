"""How much of a value and of a table people are shown, and how: invisible characters visible, the rest in a file."""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

OPEN_ROWS = 20  # of each table, at first sight
SHOWN_ROWS = 200  # in all: a page that a phone opens at once; the files beside it hold the rest
MAX_VALUE = 200  # characters of one value
_SHOWN_BLANKS = frozenset("\n\t ")


def visible(text: str) -> str:
    """Characters that are not seen but turn, hide or break text, as their number instead."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character if character in _SHOWN_BLANKS or unicodedata.category(character)[0] != "C"
        else f"[U+{ord(character):04X}]"
        for character in text
    )  # fmt: skip


def cut(value: Any) -> Any:
    """Short values as they are, long ones as the beginning of their text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    whole = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return whole if len(whole) <= MAX_VALUE else whole[: MAX_VALUE - 1] + "…"


@dataclass(frozen=True)
class Table:
    """A table of the page: the first rows stand open, more of them behind a click, and the rest in a file."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Any]]
    caption: str
    total: int
    file: str

    @property
    def opened(self) -> Sequence[Sequence[Any]]:
        """The rows at first sight."""
        return self.rows[:OPEN_ROWS]

    @property
    def folded(self) -> Sequence[Sequence[Any]]:
        """The rows behind a click."""
        return self.rows[OPEN_ROWS:SHOWN_ROWS]

    @property
    def shown(self) -> int:
        """How many rows the page has."""
        return min(len(self.rows), SHOWN_ROWS)


@dataclass(frozen=True)
class Link:
    """A cell of a table that leads to a file beside the page."""

    href: str
    text: str
