"""Rows that pass as the text they came in: ``id`` and update time are read, the rest is proven JSON and left alone.

A record differs from its row by one link and one time (``normalise``). To build forty objects and texts from a row and
write them again is most of what reading it costs; to walk over it a quarter of building them (docs/decisions/0021).

Whatever is unusual (a name that no schema knows, an unfit id, another order, no JSON) is None here: it is read whole,
by those who say in words what is wrong with it. So nothing here refuses anything.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec
import orjson

from pim_wire.limits import is_nested_deeper
from tap_medipim.raw_rows import RawRow, without_link

MOST_NEW_NAMES, LONGEST_NAME = 50, 200  # names that differ in each row must not fill the memory
MOST_ROWS = 10_000  # of a page; a service that sends millions of small ones is read as it always was
_NOT_LEARNT = {"id", "meta", "updated_at"}  # the last one is ours to add
_LINE_BEGINS, _LINE_GOES_ON, _LINE_ENDS = b'{"meta":{', b',"result":{', b"}}"
_META_BEGINS, _META_ENDS = b',"meta":{', b"}}"
_FAR = 1000
_LONG_NUMBER = re.compile(rb"[0-9]{4}")
_ESCAPED = re.compile(r'["\\\x00-\x1f]')  # msgspec knows no names with these: such rows are read whole
_NULL = msgspec.Raw(b"null")
_NOT_THIS_WAY = (msgspec.MsgspecError, ValueError, RecursionError)


_LAST = 2**63 - 1  # a number beyond what orjson reads would be a fraction to who reads the row whole
_Count = Annotated[int, msgspec.Meta(ge=0, le=_LAST)]
_KEY = Annotated[int, msgspec.Meta(ge=-_LAST, le=_LAST)] | Annotated[str, msgspec.Meta(min_length=1)]  # rows.is_key


class _Place(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Where in the answer a line stands."""

    total: _Count
    index: _Count


class _Meta(msgspec.Struct, gc=False):
    """What is read of the ``meta`` of a row; the link as it is written."""

    moment: Any = msgspec.field(name="updatedAt", default=None)
    link: msgspec.Raw = msgspec.field(name="embedUrl", default=msgspec.Raw())


class _Page(msgspec.Struct, gc=False):
    """An answer of ``*/query``."""

    results: list[msgspec.Raw]
    meta: msgspec.Raw = _NULL


_PLACE, _META, _PAGE = msgspec.json.Decoder(_Place), msgspec.json.Decoder(_Meta | None), msgspec.json.Decoder(_Page)


class RowDecoder:
    """Skims the rows of one stream, whose names it knows from the schema and learns from rows that were read whole."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = dict.fromkeys(name for name in names if name not in _NOT_LEARNT)
        self._new = 0
        self._is_in_order = False
        self._build()

    def _build(self) -> None:
        """Decoders of rows with these names and no others; numbers stand in for names that Python would not take."""
        plain = [name for name in self._names if not _ESCAPED.search(name)]
        names = {f"field_{number}": name for number, name in enumerate(plain)}
        fields: list[Any] = [("id", _KEY), *((field, msgspec.Raw, _NULL) for field in names)]
        before = msgspec.defstruct("BeforeMeta", fields, rename=names, forbid_unknown_fields=True, gc=False)
        row = msgspec.defstruct("Row", [("meta", msgspec.Raw, _NULL)], bases=(before,), rename=names, gc=False)
        self._before_meta: msgspec.json.Decoder[Any] = msgspec.json.Decoder(before)
        self._row: msgspec.json.Decoder[Any] = msgspec.json.Decoder(row)

    def learn(self, row: Mapping[str, Any]) -> None:
        """From a row that was read whole, when it is looked at for drift: its names are new no longer.

        Their order is learnt once, since msgspec looks for a name first where it expects it: a fifth of its time.
        """
        known = self._names.keys() | _NOT_LEARNT
        new = [name for name in row if name not in known and len(name) <= LONGEST_NAME]
        if self._new + len(new) > MOST_NEW_NAMES:
            new = []
        if new or not self._is_in_order:
            self._new += len(new)
            self._is_in_order = True
            names = self._names | dict.fromkeys(new)
            self._names = {name: None for name in row if name in names} | names
            self._build()

    def line(self, line: bytes) -> tuple[int, int, RawRow] | None:
        """Index, total and row of a line of ``*/stream``."""
        end = line.find(b"}") + 1  # ``meta`` holds two numbers and nothing else, so the first bracket closes it
        if not (line.startswith(_LINE_BEGINS) and line.startswith(_LINE_GOES_ON, end) and line.endswith(_LINE_ENDS)):
            return None
        try:
            place = _PLACE.decode(line[len(_LINE_BEGINS) - 1 : end])
            row = self.row(line[end + len(_LINE_GOES_ON) - 1 : -1])
        except _NOT_THIS_WAY:
            return None
        return None if row is None else (place.index, place.total, row)

    def row(self, text: bytes) -> RawRow | None:
        """A row of its own."""
        if b"\n" in text or b"\r" in text or _has_long_number(text):  # to some readers a line ends there
            return None
        try:
            text.decode()  # msgspec walks over texts without a look at their UTF-8
            cut = text.rfind(_META_BEGINS)
            if cut >= 0 and text.endswith(_META_ENDS) and text.find(b"}", cut) == len(text) - len(_META_ENDS):
                return self._ending_in_meta(text[:cut], text[cut + len(_META_BEGINS) - 1 : -1])
            return self._with_meta_elsewhere(text)
        except _NOT_THIS_WAY:
            return None

    def _ending_in_meta(self, begun: bytes, meta: bytes) -> RawRow:
        """A row cut in two. Each part is JSON without the other, so it was its own ``meta``; another one is unknown."""
        row, kept = self._before_meta.decode(begun + b"}"), _META.decode(meta)
        link = bytes(kept.link)
        return RawRow(row.id, kept.moment, begun, meta, without_link(meta, link) if link else meta)

    def _with_meta_elsewhere(self, text: bytes) -> RawRow | None:
        """A row with its ``meta`` before other names, or none; a signed link in it is for those who read it whole."""
        if b"embedUrl" in text or not text.endswith(b"}"):
            return None
        row = self._row.decode(text)
        kept = _META.decode(row.meta) or _Meta()
        return None if bytes(kept.link) else RawRow(row.id, kept.moment, text[:-1])

    def page(self, answer: bytes, most_nesting: int) -> dict[str, Any] | None:
        """An answer of ``*/query`` with its rows skimmed; None when it is no page, or when a row is nested deeper."""
        try:
            answer.decode()
            page = _PAGE.decode(answer)
            if len(page.results) > MOST_ROWS or is_nested_deeper(bytes(page.meta), most_nesting):
                return None
            meta = orjson.loads(bytes(page.meta))
            rows = [self._row_of_page(bytes(text), most_nesting) for text in page.results]
        except _NOT_THIS_WAY:
            return None
        return {"meta": meta, "results": rows}

    def _row_of_page(self, text: bytes, most_nesting: int) -> Any:
        """A row, or what came instead of one. Raises ValueError when it is too deep, or no JSON after all."""
        if is_nested_deeper(text, most_nesting):
            raise ValueError(text[:1])
        row = self.row(text)
        return orjson.loads(text) if row is None else row


def _has_long_number(text: bytes) -> bool:
    """Whether a number may have 4300 digits, which Python's own reader of JSON refuses: every thousandth byte tells."""
    return len(text) > _FAR and _LONG_NUMBER.search(text[_FAR - 1 :: _FAR]) is not None
