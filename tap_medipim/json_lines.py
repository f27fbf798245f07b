r"""The ``*/stream`` reader: one JSON object per line, in bounded memory, complete or not (medipim.md section 7).

Law: an iterator that ends proves nothing. A connection that is closed at a line end, or a compressed body cut there,
raises no error in any HTTP client; a stream is whole only when every index 0 to total - 1 was seen.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import orjson

from pim_wire.limits import LINE_BYTES, SizeLimits, is_nested_deeper
from tap_medipim.errors import ConnectionLost, StreamBroken
from tap_medipim.records import is_count, is_key

if TYPE_CHECKING:
    from tap_medipim.row_decoder import RowDecoder


def split_lines(chunks: Iterable[bytes], max_line: int = LINE_BYTES) -> Iterator[bytes]:
    r"""Lines without their ``\n``; a last line without one is half a line and is not given.

    Splits at 0x0A alone (JSON may hold U+2028 or \r in texts). Raises StreamBroken for a line over ``max_line`` bytes.
    """
    begun = bytearray()  # one buffer: a service that sends byte by byte must not make an object of each
    for chunk in chunks:
        begin = 0
        while (end := chunk.find(b"\n", begin)) >= 0:  # the processor's own search; ``split`` looks at each byte
            line = chunk[begin:end]
            if begun:
                line, begun = bytes(begun + line), bytearray()
            if len(line) > max_line:
                raise _too_long(max_line)
            yield line
            begin = end + 1
        begun += chunk[begin:]
        if len(begun) > max_line:
            raise _too_long(max_line)
    if begun.strip():
        raise StreamBroken("the answer ends in the middle of a line")


def _too_long(most: int) -> StreamBroken:
    return StreamBroken(f"a line is longer than {most} bytes (max_line_bytes)")


def read_results(
    chunks: Iterable[bytes],
    bounds: SizeLimits | None = None,
    on_total: Callable[[int], None] = lambda _total: None,
    skimmer: "RowDecoder | None" = None,
) -> Iterator[dict[str, Any]]:
    """The ``result`` of each line, skimmed if wanted. Raises StreamBroken unless the stream proves to be complete."""
    expected, total, bounds = 0, None, bounds or SizeLimits()
    try:
        for line in split_lines(chunks, bounds.line_bytes):
            if not line.strip():
                continue
            index, total, result = _row(line, expected, bounds.nesting, skimmer)
            if expected == 0:
                on_total(total)
            if index != expected:
                raise StreamBroken(f"row {expected} is missing: row {index} came instead")
            expected += 1
            yield result
    except ConnectionLost:
        if expected != total:
            raise
    if total is None or expected != total:
        raise StreamBroken(
            f"the answer ends after {expected} of {'an unknown number of' if total is None else total} rows"
        )


def _row(
    line: bytes, expected: int, most_nesting: int, skimmer: "RowDecoder | None"
) -> tuple[int, int, dict[str, Any]]:
    if is_nested_deeper(line, most_nesting):
        raise StreamBroken(f"row {expected} is nested more than {most_nesting} levels deep (max_nesting)")
    if skimmer is not None and (known := skimmer.line(line)) is not None:
        return known
    try:
        row = orjson.loads(line)
    except ValueError:
        raise StreamBroken(f"row {expected} is not JSON") from None
    if not isinstance(row, dict) or "error" in row:
        raise StreamBroken(f"row {expected} is an error message of the service: {_error_code(row)}")
    meta, result = row.get("meta"), row.get("result")
    if not isinstance(meta, dict) or not isinstance(result, dict) or not is_key(result.get("id")):
        raise StreamBroken(f"row {expected} has not the documented shape")
    index, total = meta.get("index"), meta.get("total")
    if not is_count(index) or not is_count(total):
        raise StreamBroken(f"row {expected} does not say its index and total")
    return index, total, result


def _error_code(row: Any) -> str:
    error = row.get("error") if isinstance(row, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return str(code)[:80] if code else "no code"
