r"""The ``*/stream`` reader: one JSON object per line, in bounded memory, complete or not (docs/api/medipim.md#streams).

Invariant: the end of an iterator proves nothing. A connection that is closed at a line end, or a compressed body cut
there, raises no error in any HTTP client; a stream is complete only when every index 0 to total - 1 was read.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pim_wire import exact_json
from pim_wire.limits import LINE_BYTES, SizeLimits, is_nested_deeper
from tap_medipim.bad_rows import BadRow, OnBad, bad_row, mended
from tap_medipim.errors import ConnectionLost, StreamBroken
from tap_medipim.records import Row, is_count, is_key

if TYPE_CHECKING:
    from tap_medipim.row_decoder import RowDecoder


def split_lines(chunks: Iterable[bytes], max_line: int = LINE_BYTES, *, cuts_long: bool = False) -> Iterator[bytes]:
    r"""Lines without their ``\n``; a last line without one is half a line and is left out.

    Splits at 0x0A alone (JSON may hold U+2028 or \r in texts). Raises StreamBroken for a line over ``max_line`` bytes;
    with ``cuts_long`` its first bytes are given instead, which are no JSON.
    """
    buffer = bytearray()  # one for all chunks: a service that sends byte by byte must not make an object of each
    is_cut = False  # the rest of a line that was given already
    for chunk in chunks:
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:  # the processor's own search; ``split`` looks at each byte
            line = chunk[start:end]
            if buffer:
                line, buffer = bytes(buffer + line), bytearray()
            if len(line) > max_line and not is_cut:
                line = _cut(line, max_line, cuts_long=cuts_long)
            if not is_cut:
                yield line
            start, is_cut = end + 1, False
        buffer += chunk[start:]
        if len(buffer) > max_line:
            line, buffer = _cut(bytes(buffer), max_line, cuts_long=cuts_long), bytearray()
            if not is_cut:
                yield line
            is_cut = True
    if buffer.strip() or is_cut:
        raise StreamBroken("the answer ends in the middle of a line")


def _cut(line: bytes, max_line: int, *, cuts_long: bool) -> bytes:
    if not cuts_long:
        raise StreamBroken(f"a line is longer than {max_line} bytes (max_line_bytes)")
    return line[:_LONG_LINE_SHOWN] + _LONG_LINE


_LONG_LINE_SHOWN = 200
_LONG_LINE = b"\0 longer than max_line_bytes"


class _Lines:
    """Rows of one answer, by their numbers.

    A row without a usable id is bad at once. A line that is no row at all may be damage on the way: then the answer is
    asked for again, and only when the same place stays unreadable (``is_last_resort``) it is a bad row as well.
    """

    def __init__(self, bounds: SizeLimits, decoder: "RowDecoder | None", on_bad: OnBad | None, path: str) -> None:
        self._bounds = bounds
        self._decoder = decoder
        self._on_bad = on_bad
        self._path = path
        self._unreadable: list[str] = []  # lines since the last good one, by what is wrong with them
        self.expected = 0
        self.total: int | None = None

    def row(self, line: bytes, *, is_last_resort: bool) -> Row | None:
        """The row of a line; None for a bad one. Raises StreamBroken."""
        try:
            index, self.total, row = self._parsed(line)
        except _NoRow as reason:
            if not is_last_resort or self._on_bad is None:
                raise StreamBroken(str(reason)) from None
            self._unreadable.append(str(reason))
            return None
        if self._unreadable:
            self._give_up(index)
        if index != self.expected:
            raise StreamBroken(f"row {self.expected} is missing: row {index} came instead")
        self.expected += 1
        return row

    def finish(self) -> None:
        """Called after the last line. Raises StreamBroken unless the answer proves to be complete."""
        if self._unreadable and self.total is not None:
            self._give_up(self.total)
        if self.total is None or self.expected != self.total:
            total = "an unknown number of" if self.total is None else self.total
            raise StreamBroken(f"the answer ends after {self.expected} of {total} rows")

    def _give_up(self, end: int) -> None:
        """The rows up to this one were among the unreadable lines, unless there are too few of those."""
        if self._on_bad is None or not self.expected <= end <= self.expected + len(self._unreadable):
            return
        reason = self._unreadable[-1]
        if self.expected == end:  # none is missing: the lines were something else
            self._on_bad(BadRow(f"a line before row {end} of {self._path}", reason))
        for number in range(self.expected, end):
            self._on_bad(BadRow(f"row {number} of {self._path}", reason))
        self.expected = end
        self._unreadable.clear()

    def _parsed(self, line: bytes) -> tuple[int, int, Row | None]:
        """Index, total and row of a line; no row where it is bad and that was told."""
        if line.endswith(_LONG_LINE):
            raise _NoRow(f"row {self.expected} is longer than {self._bounds.line_bytes} bytes (max_line_bytes)")
        if is_nested_deeper(line, self._bounds.nesting):
            raise _NoRow(f"row {self.expected} is nested more than {self._bounds.nesting} levels deep (max_nesting)")
        if self._decoder is not None and (decoded := self._decoder.decode_line(line)) is not None:
            return decoded
        message = self._message(line)
        meta, result = message.get("meta"), message.get("result")
        index, total = (meta.get("index"), meta.get("total")) if isinstance(meta, dict) else (None, None)
        is_row = isinstance(result, dict) and is_key(result.get("id"))
        if not isinstance(meta, dict) or (not is_row and not (is_count(index) and is_count(total))):
            raise _NoRow(f"row {self.expected} has not the documented shape")
        if not is_count(index) or not is_count(total):
            raise _NoRow(f"row {self.expected} does not say its index and total")
        if is_row:
            return index, total, result
        if self._on_bad is None:
            raise _NoRow(f"row {self.expected} has not the documented shape")
        self._on_bad(bad_row(result, f"row {index} of {self._path}"))
        return index, total, None

    def _message(self, line: bytes) -> dict[str, Any]:
        try:
            message = exact_json.loads(line)
        except ValueError:
            try:
                message = mended(line)
            except ValueError:
                raise _NoRow(f"row {self.expected} is not JSON") from None
        if not isinstance(message, dict) or "error" in message:
            raise StreamBroken(f"row {self.expected} is an error message of the service: {_error_code(message)}")
        return message


class _NoRow(Exception):
    """A line that is no row."""


def read_results(
    chunks: Iterable[bytes],
    bounds: SizeLimits | None = None,
    on_total: Callable[[int], None] | None = None,
    decoder: "RowDecoder | None" = None,
    on_bad: OnBad | None = None,
    path: str = "the answer",
    *,
    is_last_resort: bool = False,
) -> Iterator[Row]:
    """The ``result`` of each line, as text where ``decoder`` takes it; ``on_total`` is called with the first total.

    Rows that cannot be read are given to ``on_bad``. Raises StreamBroken unless the stream proves to be complete.
    """
    bounds = bounds or SizeLimits()
    lines = _Lines(bounds, decoder, on_bad, path)
    is_told = on_total is None
    try:
        for line in split_lines(chunks, bounds.line_bytes, cuts_long=is_last_resort):
            if not line.strip():
                continue
            row = lines.row(line, is_last_resort=is_last_resort)
            if not is_told and on_total is not None and lines.total is not None:
                on_total(lines.total)
                is_told = True
            if row is not None:
                yield row
    except ConnectionLost:
        if lines.expected != lines.total:
            raise
    lines.finish()


def _error_code(message: Any) -> str:
    error = message.get("error") if isinstance(message, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return str(code)[:80] if code else "no code"
