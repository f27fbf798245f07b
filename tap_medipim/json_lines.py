r"""The ``*/stream`` reader: one JSON object per line, in bounded memory, complete or not (docs/api/medipim.md#streams).

Invariant: the end of an iterator proves nothing. A connection that is closed at a line end, or a compressed body cut
there, raises no error in any HTTP client; a stream is complete only when every index 0 to total - 1 was read.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import orjson

from pim_wire.limits import LINE_BYTES, SizeLimits, is_nested_deeper
from tap_medipim.errors import ConnectionLost, StreamBroken
from tap_medipim.records import Row, is_count, is_key

if TYPE_CHECKING:
    from tap_medipim.row_decoder import RowDecoder


def split_lines(chunks: Iterable[bytes], max_line: int = LINE_BYTES) -> Iterator[bytes]:
    r"""Lines without their ``\n``; a last line without one is half a line and is left out.

    Splits at 0x0A alone (JSON may hold U+2028 or \r in texts). Raises StreamBroken for a line over ``max_line`` bytes.
    """
    buffer = bytearray()  # one for all chunks: a service that sends byte by byte must not make an object of each
    for chunk in chunks:
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:  # the processor's own search; ``split`` looks at each byte
            line = chunk[start:end]
            if buffer:
                line, buffer = bytes(buffer + line), bytearray()
            if len(line) > max_line:
                raise _too_long(max_line)
            yield line
            start = end + 1
        buffer += chunk[start:]
        if len(buffer) > max_line:
            raise _too_long(max_line)
    if buffer.strip():
        raise StreamBroken("the answer ends in the middle of a line")


def _too_long(max_line: int) -> StreamBroken:
    return StreamBroken(f"a line is longer than {max_line} bytes (max_line_bytes)")


def read_results(
    chunks: Iterable[bytes],
    bounds: SizeLimits | None = None,
    on_total: Callable[[int], None] | None = None,
    decoder: "RowDecoder | None" = None,
) -> Iterator[Row]:
    """The ``result`` of each line, as text where ``decoder`` takes it; ``on_total`` is called with the first total.

    Raises StreamBroken unless the stream proves to be complete.
    """
    expected, total, bounds = 0, None, bounds or SizeLimits()
    try:
        for line in split_lines(chunks, bounds.line_bytes):
            if not line.strip():
                continue
            index, total, row = _row_of(line, expected, bounds.nesting, decoder)
            if expected == 0 and on_total is not None:
                on_total(total)
            if index != expected:
                raise StreamBroken(f"row {expected} is missing: row {index} came instead")
            expected += 1
            yield row
    except ConnectionLost:
        if expected != total:
            raise
    if total is None or expected != total:
        raise StreamBroken(
            f"the answer ends after {expected} of {'an unknown number of' if total is None else total} rows"
        )


def _row_of(line: bytes, expected: int, most_nesting: int, decoder: "RowDecoder | None") -> tuple[int, int, Row]:
    """Index, total and row of a line."""
    if is_nested_deeper(line, most_nesting):
        raise StreamBroken(f"row {expected} is nested more than {most_nesting} levels deep (max_nesting)")
    if decoder is not None and (decoded := decoder.decode_line(line)) is not None:
        return decoded
    try:
        message = orjson.loads(line)
    except ValueError:
        raise StreamBroken(f"row {expected} is not JSON") from None
    if not isinstance(message, dict) or "error" in message:
        raise StreamBroken(f"row {expected} is an error message of the service: {_error_code(message)}")
    meta, result = message.get("meta"), message.get("result")
    if not isinstance(meta, dict) or not isinstance(result, dict) or not is_key(result.get("id")):
        raise StreamBroken(f"row {expected} has not the documented shape")
    index, total = meta.get("index"), meta.get("total")
    if not is_count(index) or not is_count(total):
        raise StreamBroken(f"row {expected} does not say its index and total")
    return index, total, result


def _error_code(message: Any) -> str:
    error = message.get("error") if isinstance(message, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return str(code)[:80] if code else "no code"
