r"""The ``*/stream`` reader: one JSON object per line, in bounded memory, complete or not (medipim.md section 7).

Law: an iterator that ends proves nothing. A connection that is closed at a line end, or a compressed body cut there,
raises no error in any HTTP client; a stream is whole only when every index 0 to total - 1 was seen.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson

from tap_medipim.errors import ConnectionLost, StreamBroken

MAX_LINE_BYTES = 16 * 1024 * 1024


def split_lines(chunks: Iterable[bytes], max_line: int = MAX_LINE_BYTES) -> Iterator[bytes]:
    r"""Lines without their ``\n``; a last line without one is half a line and is not given.

    Splits at 0x0A alone (JSON may hold U+2028 or \r in texts). Raises StreamBroken for a line over ``max_line`` bytes.
    """
    parts: list[bytes] = []
    held = 0
    for chunk in chunks:
        first, *rest = chunk.split(b"\n")
        held += len(first)
        if held > max_line:
            raise StreamBroken(f"a line is longer than {max_line} bytes")
        parts.append(first)
        if rest:
            yield b"".join(parts)
            yield from rest[:-1]
            parts = [rest[-1]]
            held = len(rest[-1])
    if any(part.strip() for part in parts):
        raise StreamBroken("the answer ends in the middle of a line")


def read_results(
    chunks: Iterable[bytes], max_line: int = MAX_LINE_BYTES, on_total: Callable[[int], None] = lambda _total: None
) -> Iterator[dict[str, Any]]:
    """The ``result`` of each line. Raises StreamBroken unless the stream proves to be complete."""
    expected, total = 0, None
    try:
        for line in split_lines(chunks, max_line):
            if not line.strip():
                continue
            index, total, result = _row(line, expected)
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


def _row(line: bytes, expected: int) -> tuple[int, int, dict[str, Any]]:
    try:
        row = orjson.loads(line)
    except ValueError:
        raise StreamBroken(f"row {expected} is not JSON") from None
    if not isinstance(row, dict) or "error" in row:
        raise StreamBroken(f"row {expected} is an error message of the service: {_error_code(row)}")
    meta, result = row.get("meta"), row.get("result")
    if not isinstance(meta, dict) or not isinstance(result, dict) or result.get("id") is None:
        raise StreamBroken(f"row {expected} has not the documented shape")
    index, total = meta.get("index"), meta.get("total")
    if not isinstance(index, int) or not isinstance(total, int):
        raise StreamBroken(f"row {expected} does not say its index and total")
    return index, total, result


def _error_code(row: Any) -> str:
    error = row.get("error") if isinstance(row, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return str(code)[:80] if code else "no code"
