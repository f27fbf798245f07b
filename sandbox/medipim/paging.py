"""The ``page`` object, the envelope and the stream lines.

See docs/api/medipim.md#query-grammar and docs/api/medipim.md#streams.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence

import orjson

from sandbox.exchange import JsonValue
from sandbox.medipim.options import MedipimOptions
from sandbox.medipim.rows import Row
from sandbox.medipim.violations import CAP, DEFAULT_PAGE_SIZE, PAGE_SIZES, Violation

Parts = Callable[[Row], tuple[bytes, bytes]]


def volatile() -> bytes:
    """The part of ``embedUrl`` that is new on each answer (docs/api/medipim.md#embed-url)."""
    return f"{int(time.time()) + 7200}&mac={secrets.token_hex(8)}".encode()


def parse_page(body: JsonValue) -> tuple[int, int]:
    """Number and size."""
    if not isinstance(body, dict):
        raise Violation("page", "must be an object")
    number, size = body.get("no", 0), body.get("size", DEFAULT_PAGE_SIZE)
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise Violation("page.no", "must be a number from 0")
    if isinstance(size, bool) or size not in PAGE_SIZES:
        raise Violation("page.size", "must be one of 10, 50, 100, 250")
    return number, size


def capped_page(rows: Sequence[Row], body: JsonValue, options: MedipimOptions, parts: Parts) -> bytes:
    """A page of products or media: nothing past 10,000 rows can be reached."""
    number, size = parse_page(body)
    offset = number * size
    if offset >= CAP and options.beyond_cap == "error":
        raise Violation("page.no", f"only the first {CAP} results can be reached; use the stream")
    total = min(len(rows), CAP) if options.clip_total else len(rows)
    shown = rows[offset : min(offset + size, CAP)]
    return envelope({"total": total, "page": {"no": number, "offset": offset, "size": size}}, shown, parts)


def optional_page(rows: Sequence[Row], body: JsonValue, parts: Parts) -> bytes:
    """All rows, or one page when the request has ``page``; only then ``meta.page`` is there."""
    if body is None:
        return envelope({"total": len(rows)}, rows, parts)
    number, size = parse_page(body)
    offset = number * size
    page = {"no": number, "offset": offset, "size": size}
    return envelope({"total": len(rows), "page": page}, rows[offset : offset + size], parts)


def envelope(meta: JsonValue, rows: Sequence[Row], parts: Parts) -> bytes:
    """``{"meta", "results"}`` out of serialised records."""
    token = volatile()
    results = b",".join(joined(parts(row), token) for row in rows)
    return b'{"meta":' + orjson.dumps(meta) + b',"results":[' + results + b"]}"


def joined(parts: tuple[bytes, bytes], token: bytes) -> bytes:
    """One record with its volatile part filled in."""
    head, tail = parts
    return head + token + tail if tail else head


def plain_parts(row: Row) -> tuple[bytes, bytes]:
    """A record without a volatile part."""
    return orjson.dumps(row.raw), b""


def stream_lines(rows: Sequence[Row], parts: Parts) -> Iterator[bytes]:
    """One line per record, made when it is sent; ``total`` is repeated on every line."""
    token = volatile()
    start = b'{"meta":{"total":' + str(len(rows)).encode() + b',"index":'
    for index, row in enumerate(rows):
        yield start + str(index).encode() + b'},"result":' + joined(parts(row), token) + b"}\n"
