"""Rows left as the text they came in: key and update time are read, the rest is compared with the schema.

A record differs from its row by one link and one time (``normalise``). To build forty objects and texts from a row and
write them again is most of what reading it costs; to walk over it costs half of that (docs/decisions/0021, 0041).

Whatever is unusual (a field that the schema lacks, another type, an invalid id, another order, no JSON) gives None
here. Such a row is decoded by the ordinary reader, which says in words what is wrong with it, and brought to the schema
by ``Conformer``. So nothing here refuses anything.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import orjson

from pim_wire import exact_json
from pim_wire.limits import is_nested_deeper
from tap_medipim.raw_rows import without_link
from tap_medipim.records import RawRow, second_or_none
from tap_medipim.row_shapes import COUNT, RowTypes, key_shape, row_types
from tap_medipim.spellings import Spellings

MOST_ROWS = 10_000  # of a page; an answer of millions of small ones is decoded by the ordinary reader
_LINE_BEGINS, _LINE_GOES_ON, _LINE_ENDS = b'{"meta":{', b',"result":{', b"}}"
_META_BEGINS, _META_ENDS = b',"meta":{', b"}}"
_DIGITS_SAMPLED_EVERY = 1000
_LONG_NUMBER = re.compile(rb"[0-9]{4}")
_NULL = msgspec.Raw(b"null")
_NOT_DECODED = (msgspec.MsgspecError, ValueError, RecursionError)


class _Position(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Which line of the answer this is."""

    total: COUNT
    index: COUNT


class _Page(msgspec.Struct, gc=False):
    """An answer of ``*/query``."""

    results: list[msgspec.Raw]
    meta: msgspec.Raw = _NULL


class _Meta(msgspec.Struct, gc=False):
    """What is read of the ``meta`` of a row that is not compared; the link as it is written."""

    updated_at: Any = msgspec.field(name="updatedAt", default=None)
    link: msgspec.Raw = msgspec.field(name="embedUrl", default=msgspec.Raw())


_POSITION, _PAGE, _META, _FIELDS = (
    msgspec.json.Decoder(_Position),
    msgspec.json.Decoder(_Page),
    msgspec.json.Decoder(_Meta),
    msgspec.json.Decoder(dict[str, msgspec.Raw]),
)


class RowDecoder:
    """Decodes the rows of one stream that are as its schema says."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._numbers: set[str] = set()
        self._sample: Mapping[str, Any] | None = None
        self.take(schema, 0)

    def take(self, schema: Mapping[str, Any], version: int) -> None:
        """Compare with this schema from now on; the types are made when a row comes."""
        self._schema, self._version = schema, version
        self._made: tuple[RowTypes, Spellings] | None = None

    def learn(self, numbers: Iterable[str]) -> None:
        """Know that texts of these names may come as numbers."""
        self._numbers.update(numbers)
        if self._made is not None:
            self._made[1].learn(numbers)

    def _make(self, text: bytes) -> tuple[RowTypes, Spellings]:
        """The types of the schema, in the order of names of the first row that is JSON at all."""
        if self._sample is None:
            sample = orjson.loads(text)
            self._sample = sample if isinstance(sample, dict) else {}
        types = row_types(self._schema, self._sample)
        self._made = types, Spellings(types.forms, self._numbers)
        return self._made

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
        except ValueError:
            return None
        try:
            types, spellings = self._made or self._make(text)
        except _NOT_DECODED:
            return self._unbounded(text)
        row = self._as_it_came(types, text)
        if row is None and (spelled := spellings.declared(text)) != text:
            row = self._as_it_came(types, spelled)
        return self._unbounded(text) if row is None else row

    def _unbounded(self, text: bytes) -> RawRow | None:
        """A row with a number that nobody can hold (1e999): JSON all the same, which a loader may take or refuse."""
        try:
            orjson.loads(text)
        except ValueError:
            pass
        else:
            return None
        try:
            fields = _FIELDS.decode(text)
            key = msgspec.json.decode(fields.pop("id"), type=key_shape(self._schema["properties"].get("id", {})))
            meta = bytes(fields.pop("meta", b""))
            values = _META.decode(meta) if meta else _Meta()
            if not fields.keys() <= self._schema["properties"].keys() - {"updated_at"}:
                return None
            before = b",".join([b'{"id":' + orjson.dumps(key), *(_member(*field) for field in fields.items())])
            link = bytes(values.link)
            plain = without_link(meta, link) if link else meta
        except (*_NOT_DECODED, LookupError):
            return None
        return RawRow(key, second_or_none(values.updated_at), before, meta, plain, self._version)

    def _as_it_came(self, types: RowTypes, text: bytes) -> RawRow | None:
        try:
            cut = text.rfind(_META_BEGINS)
            if cut >= 0 and text.endswith(_META_ENDS) and text.find(b"}", cut) == len(text) - len(_META_ENDS):
                return self._ending_in_meta(types, text[:cut], text[cut + len(_META_BEGINS) - 1 : -1])
            return self._with_meta_elsewhere(types, text)
        except _NOT_DECODED:
            return None

    def _ending_in_meta(self, types: RowTypes, before_meta: bytes, meta: bytes) -> RawRow:
        """A row cut in two. Each part is JSON without the other, so ``meta`` is the row's own; a second is unknown."""
        row, values = types.before_meta.decode(before_meta + b"}"), types.meta.decode(meta)
        link = bytes(values.link)
        plain = without_link(meta, link) if link else meta
        return RawRow(row.id, second_or_none(values.updated_at), before_meta, meta, plain, self._version)

    def _with_meta_elsewhere(self, types: RowTypes, text: bytes) -> RawRow | None:
        """A row with its ``meta`` before other names, or with none; one with a signed link has to be decoded whole."""
        if b"embedUrl" in text or not text.endswith(b"}"):
            return None
        row = types.row.decode(text)
        values = types.meta.decode(row.meta) or types.no_meta
        if bytes(values.link):
            return None
        return RawRow(row.id, second_or_none(values.updated_at), text[:-1], version=self._version)

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
        return exact_json.loads(text) if row is None else row


def _member(name: str, value: msgspec.Raw) -> bytes:
    return b"%b:%b" % (orjson.dumps(name), bytes(value))


def _has_long_number(text: bytes) -> bool:
    """Whether a number may have 4300 digits, which Python's own reader of JSON refuses: a sample of bytes tells."""
    step = _DIGITS_SAMPLED_EVERY
    return len(text) > step and _LONG_NUMBER.search(text[step - 1 :: step]) is not None
