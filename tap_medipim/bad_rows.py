"""Rows that cannot be read: each is told with its id and place, and costs nothing but itself. Pure.

Text that is JSON but for its characters is mended: half a surrogate pair, or bytes that are no UTF-8, become U+FFFD.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from tap_medipim.records import RawRow, Row, is_key, updated_at

MOST_TOLD = 20  # of a stream, by a line each; the others by their number
MOST_KEPT = 1000
LONGEST_ID = 60


@dataclass(frozen=True)
class BadRow:
    """One row that cannot be read: where it stood, why, and what is known of it."""

    place: str
    reason: str
    key: str = ""
    updated_at: int | None = None

    @property
    def identity(self) -> tuple[str, int | None, str]:
        """The same for a row that several answers show, as far as it can be told from others."""
        return (self.key, self.updated_at, self.reason if self.key else self.place)

    def __str__(self) -> str:
        return f"{self.place}{f' (id {self.key})' if self.key else ''} cannot be read: {self.reason}"


OnBad = Callable[[BadRow], None]


@dataclass(frozen=True)
class Unreadable:
    """Stands among the rows of a page for one whose values no JSON can hold, such as 1e999, or that is too deep."""

    key: Any
    updated_at: int | None
    reason: str = "a number is too large, or none"


def bad_row(value: Any, place: str, reason: str = "") -> BadRow:
    """What can be said of a value that is no row."""
    if isinstance(value, Unreadable):
        return BadRow(place, value.reason, shown(value.key), value.updated_at)
    if isinstance(value, RawRow):
        return BadRow(place, reason, shown(value.key), value.updated_at)
    if not isinstance(value, dict):
        return BadRow(place, reason or "it is no object with an id")
    key = value.get("id")
    why = "it has no id" if key is None else "its id is neither a text nor a whole number"
    return BadRow(place, reason or why, shown(key), updated_at(value))


def shown(key: Any) -> str:
    """An id for people, however odd it is; empty for none."""
    text = "" if key is None else key if isinstance(key, str) else json.dumps(key, default=str)
    return "".join(mark if mark.isprintable() else "?" for mark in text[:LONGEST_ID])


def good_rows(values: list[Any], path: str, on_bad: OnBad) -> list[Row]:
    """The rows of a page that can be told from each other; the others are given to ``on_bad``."""
    rows: list[Row] = []
    for number, value in enumerate(values):
        if isinstance(value, RawRow) or (isinstance(value, dict) and is_key(value.get("id"))):
            rows.append(value)
        else:
            on_bad(bad_row(value, f"row {number} of an answer of {path}"))
    return rows


def mended(text: bytes) -> Any:
    """JSON that is whole but for its characters. Raises ValueError, also for a number without bounds."""
    return orjson.loads(_plain(_loads(text)))


def mended_answer(content: bytes) -> Any:
    """As ``mended``, but of the rows of a page those with such numbers are Unreadable. Raises ValueError."""
    answer = _loads(content)
    rows = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        return orjson.loads(_plain(answer))
    rest = orjson.loads(_plain({name: value for name, value in answer.items() if name != "results"}))
    return {**rest, "results": [_row(row) for row in rows]}


def _row(row: Any) -> Any:
    try:
        return orjson.loads(_plain(row))
    except ValueError:
        return unreadable(row)


def unreadable(row: Any, *reason: str) -> Unreadable:
    """What stands in the place of a row that cannot be read."""
    is_object = isinstance(row, dict)
    return Unreadable(row.get("id") if is_object else None, updated_at(row) if is_object else None, *reason)


def _loads(text: bytes) -> Any:
    try:
        return json.loads(text.decode("utf-8", "replace"))
    except RecursionError:
        raise ValueError("nested too deep") from None


def _plain(value: Any) -> bytes:
    """The value as JSON in UTF-8; half a surrogate pair becomes U+FFFD. Raises ValueError for NaN and infinities."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
