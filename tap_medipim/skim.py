"""Rows that pass as the text they came in: ``id`` and ``meta`` are read, the rest is proven to be JSON and left alone.

A record differs from its row by one link and one time (``normalise``). To build forty objects and texts from a row and
write them again is half of what reading it costs; to walk over it a fifth of that (docs/benchmarks.md).

Whatever is unusual (a name that no schema knows, an unfit id, another order, no JSON) is None here: it is read whole,
by those who say in words what is wrong with it. So nothing here refuses anything.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import orjson

from pim_wire.bounds import is_nested_deeper
from tap_medipim.row_text import Skimmed
from tap_medipim.rows import is_count, is_key

MOST_NEW_NAMES = 50  # names that differ in each row must not fill the memory
_READ = ("id", "meta")
_LINE_BEGINS, _LINE_GOES_ON, _LINE_ENDS = b'{"meta":{', b',"result":{', b"}}"
_ESCAPED = re.compile(r'["\\\x00-\x1f]')  # msgspec knows no names with these: such rows are read whole
_NULL = msgspec.Raw(b"null")
_NOT_THIS_WAY = (msgspec.MsgspecError, ValueError, RecursionError)


class _Place(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Where in the answer a line stands."""

    total: int
    index: int


class _Page(msgspec.Struct, gc=False):
    """An answer of ``*/query``."""

    results: list[msgspec.Raw]
    meta: msgspec.Raw = _NULL


_PAGE = msgspec.json.Decoder(_Page)


class Skimmer:
    """Skims the rows of one stream, whose names it knows from the schema and learns from rows that were read whole."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {name for name in names if name not in {*_READ, "updated_at"}}  # the last one is ours to add
        self._new = 0
        self._build()

    def _build(self) -> None:
        """Decoders of rows with these names and no others; numbers stand in for names that Python would not take."""
        plain = sorted(name for name in self._names if not _ESCAPED.search(name))
        names = {f"field_{number}": name for number, name in enumerate(plain)}
        fields: list[Any] = [("id", int | str), ("meta", msgspec.Raw, _NULL)]
        fields += [(field, msgspec.Raw, _NULL) for field in names]
        row = msgspec.defstruct("Row", fields, rename=names, forbid_unknown_fields=True, gc=False)
        line = msgspec.defstruct("Line", [("meta", _Place), ("result", row)], forbid_unknown_fields=True, gc=False)
        self._row: msgspec.json.Decoder[Any] = msgspec.json.Decoder(row)
        self._line: msgspec.json.Decoder[Any] = msgspec.json.Decoder(line)

    def learn(self, row: Mapping[str, Any]) -> None:
        """A row that had to be read whole: its new names are no reason to read the next one whole, too."""
        new = row.keys() - self._names - {*_READ, "updated_at"}
        if new and self._new + len(new) <= MOST_NEW_NAMES:
            self._new += len(new)
            self._names |= new
            self._build()

    def line(self, line: bytes) -> tuple[int, int, Skimmed] | None:
        """Index, total and row of a line of ``*/stream``."""
        if b"\r" in line:  # to some readers of our output a line ends there
            return None
        try:
            line.decode()  # msgspec walks over texts without a look at their UTF-8
            found = self._line.decode(line)
        except _NOT_THIS_WAY:
            return None
        # ``meta`` holds two numbers and nothing else, so the first closing bracket is its own
        end = line.find(b"}") + 1
        fits = line.startswith(_LINE_BEGINS) and line.startswith(_LINE_GOES_ON, end) and line.endswith(_LINE_ENDS)
        place = found.meta
        if not fits or not is_count(place.index) or not is_count(place.total):
            return None
        row = _skimmed(found.result, line[end + len(_LINE_GOES_ON) - 1 : -1])
        return None if row is None else (place.index, place.total, row)

    def row(self, text: bytes) -> Skimmed | None:
        """A row of a page."""
        if b"\n" in text or b"\r" in text:
            return None
        try:
            text.decode()
            return _skimmed(self._row.decode(text), text)
        except _NOT_THIS_WAY:
            return None

    def page(self, answer: bytes, most_nesting: int) -> dict[str, Any] | None:
        """An answer of ``*/query`` with its rows skimmed; None when it is no page, or when a row is nested deeper."""
        try:
            page = _PAGE.decode(answer)
            meta = orjson.loads(bytes(page.meta))
            rows = [self._row_of_page(bytes(text), most_nesting) for text in page.results]
        except _NOT_THIS_WAY:
            return None
        return {"meta": meta, "results": rows}

    def _row_of_page(self, text: bytes, most_nesting: int) -> Any:
        """A row, or what came instead of one. Raises ValueError when it is too deep, or no JSON after all."""
        if is_nested_deeper(text, most_nesting):
            raise ValueError(text[:1])
        if (row := self.row(text)) is not None:
            return row
        found = orjson.loads(text)
        if isinstance(found, dict):
            self.learn(found)
        return found


def _skimmed(found: Any, text: bytes) -> Skimmed | None:
    if not is_key(found.id) or (type(found.id) is int and not -(2**63) <= found.id < 2**64):
        return None  # a longer number would be a fraction to who reads it whole
    return Skimmed(found.id, bytes(found.meta), text)
