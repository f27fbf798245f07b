"""Rows left as the text they came in: key and update time are read, the rest is proven to be JSON and not decoded.

A record differs from its row by one link and one time (``normalise``). To build forty objects and texts from a row and
write them again is most of what reading it costs; to check its JSON costs a quarter of that (docs/decisions/0021).

Whatever is unusual (a name that no schema has, an invalid id, another order, no JSON) gives None here. Such a row is
decoded by the ordinary reader, which says in words what is wrong with it. So nothing here refuses anything.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec
import orjson

from pim_wire.limits import is_nested_deeper
from tap_medipim.raw_rows import without_link
from tap_medipim.records import RawRow, second_or_none

MOST_NEW_NAMES, LONGEST_NAME = 50, 200  # names that differ in each row must not fill the memory
MOST_ROWS = 10_000  # of a page; an answer of millions of small ones is decoded by the ordinary reader
_RESERVED_NAMES = {"id", "meta", "updated_at"}  # never learnt; the last one is added by the tap
_LINE_BEGINS, _LINE_GOES_ON, _LINE_ENDS = b'{"meta":{', b',"result":{', b"}}"
_META_BEGINS, _META_ENDS = b',"meta":{', b"}}"
_DIGITS_SAMPLED_EVERY = 1000
_LONG_NUMBER = re.compile(rb"[0-9]{4}")
_ESCAPED = re.compile(r'["\\\x00-\x1f]')  # msgspec cannot name such fields: rows with them are decoded whole
_NULL = msgspec.Raw(b"null")
_NOT_DECODED = (msgspec.MsgspecError, ValueError, RecursionError)


_LARGEST = 2**63 - 1  # orjson would read a larger number as a fraction
_Count = Annotated[int, msgspec.Meta(ge=0, le=_LARGEST)]
_Key = Annotated[int, msgspec.Meta(ge=-_LARGEST, le=_LARGEST)] | Annotated[str, msgspec.Meta(min_length=1)]  # is_key


class _Position(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Which line of the answer this is."""

    total: _Count
    index: _Count


class _Meta(msgspec.Struct, gc=False):
    """What is read of the ``meta`` of a row; the link as it is written."""

    updated_at: Any = msgspec.field(name="updatedAt", default=None)
    link: msgspec.Raw = msgspec.field(name="embedUrl", default=msgspec.Raw())


class _Page(msgspec.Struct, gc=False):
    """An answer of ``*/query``."""

    results: list[msgspec.Raw]
    meta: msgspec.Raw = _NULL


_POSITION, _META, _PAGE = (
    msgspec.json.Decoder(_Position),
    msgspec.json.Decoder(_Meta | None),
    msgspec.json.Decoder(_Page),
)


class RowDecoder:
    """Decodes the rows of one stream, with names from its schema and names learnt from rows that were decoded whole."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = dict.fromkeys(name for name in names if name not in _RESERVED_NAMES)
        self._new_names = 0
        self._is_in_order = False
        self._build()

    def _build(self) -> None:
        """Decoders of rows with these names and no others; numbers stand in for names that Python would not take."""
        plain = [name for name in self._names if not _ESCAPED.search(name)]
        names = {f"field_{number}": name for number, name in enumerate(plain)}
        fields: list[Any] = [("id", _Key), *((field, msgspec.Raw, _NULL) for field in names)]
        before = msgspec.defstruct("BeforeMeta", fields, rename=names, forbid_unknown_fields=True, gc=False)
        row = msgspec.defstruct("Row", [("meta", msgspec.Raw, _NULL)], bases=(before,), rename=names, gc=False)
        self._before_meta: msgspec.json.Decoder[Any] = msgspec.json.Decoder(before)
        self._row: msgspec.json.Decoder[Any] = msgspec.json.Decoder(row)

    def learn(self, row: Mapping[str, Any]) -> None:
        """Take up the new names of a row that was decoded whole and checked for drift.

        Their order is learnt once, since msgspec looks for a name first where it expects it: a fifth of its time.
        """
        known = self._names.keys() | _RESERVED_NAMES
        new = [name for name in row if name not in known and len(name) <= LONGEST_NAME]
        if self._new_names + len(new) > MOST_NEW_NAMES:
            new = []
        if new or not self._is_in_order:
            self._new_names += len(new)
            self._is_in_order = True
            names = self._names | dict.fromkeys(new)
            self._names = {name: None for name in row if name in names} | names
            self._build()

    def decode_line(self, line: bytes) -> tuple[int, int, RawRow] | None:
        """Index, total and row of a line of ``*/stream``."""
        end = line.find(b"}") + 1  # ``meta`` holds two numbers and nothing else, so the first bracket closes it
        if not (line.startswith(_LINE_BEGINS) and line.startswith(_LINE_GOES_ON, end) and line.endswith(_LINE_ENDS)):
            return None
        try:
            position = _POSITION.decode(line[len(_LINE_BEGINS) - 1 : end])
            row = self.decode_row(line[end + len(_LINE_GOES_ON) - 1 : -1])
        except _NOT_DECODED:
            return None
        return None if row is None else (position.index, position.total, row)

    def decode_row(self, text: bytes) -> RawRow | None:
        """One row."""
        if b"\n" in text or b"\r" in text or _has_long_number(text):  # some readers end a line at either
            return None
        try:
            text.decode()  # msgspec does not check the UTF-8 of what it leaves as text
            cut = text.rfind(_META_BEGINS)
            if cut >= 0 and text.endswith(_META_ENDS) and text.find(b"}", cut) == len(text) - len(_META_ENDS):
                return self._ending_in_meta(text[:cut], text[cut + len(_META_BEGINS) - 1 : -1])
            return self._with_meta_elsewhere(text)
        except _NOT_DECODED:
            return None

    def _ending_in_meta(self, before_meta: bytes, meta: bytes) -> RawRow:
        """A row cut in two. Each part is JSON without the other, so ``meta`` is the row's own; a second is unknown."""
        row, values = self._before_meta.decode(before_meta + b"}"), _META.decode(meta)
        link = bytes(values.link)
        return RawRow(
            row.id, second_or_none(values.updated_at), before_meta, meta, without_link(meta, link) if link else meta
        )

    def _with_meta_elsewhere(self, text: bytes) -> RawRow | None:
        """A row with its ``meta`` before other names, or with none; one with a signed link has to be decoded whole."""
        if b"embedUrl" in text or not text.endswith(b"}"):
            return None
        row = self._row.decode(text)
        values = _META.decode(row.meta) or _Meta()
        return None if bytes(values.link) else RawRow(row.id, second_or_none(values.updated_at), text[:-1])

    def decode_page(self, answer: bytes, most_nesting: int) -> dict[str, Any] | None:
        """An answer of ``*/query``, its rows left as text; None when it is no page, or when a row is nested deeper."""
        try:
            answer.decode()
            page = _PAGE.decode(answer)
            if len(page.results) > MOST_ROWS or is_nested_deeper(bytes(page.meta), most_nesting):
                return None
            meta = orjson.loads(bytes(page.meta))
            rows = [self._row_of_page(bytes(text), most_nesting) for text in page.results]
        except _NOT_DECODED:
            return None
        return {"meta": meta, "results": rows}

    def _row_of_page(self, text: bytes, most_nesting: int) -> Any:
        """A row, or what came instead of one. Raises ValueError when it is nested too deep, or no JSON."""
        if is_nested_deeper(text, most_nesting):
            raise ValueError(text[:1])
        row = self.decode_row(text)
        return orjson.loads(text) if row is None else row


def _has_long_number(text: bytes) -> bool:
    """Whether a number may have 4300 digits, which Python's own reader of JSON refuses: a sample of bytes tells."""
    step = _DIGITS_SAMPLED_EVERY
    return len(text) > step and _LONG_NUMBER.search(text[step - 1 :: step]) is not None
