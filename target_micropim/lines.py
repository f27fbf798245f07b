"""The lines of the input, as far as they may be held, and what can be told of one that cannot be taken.

Nothing here knows Singer's library; docs/decisions/0014 says what becomes of which line.
"""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from pim_wire import exact_json
from pim_wire.limits import SizeLimits, is_nested_deeper
from target_micropim.report.rejects import as_json

HEAD_BYTES = 4096
KEPT_CHARACTERS = 2000
SKIPPED_BYTES = 65_536
_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_SCALAR = rb"(?:" + _STRING + rb"|-?[0-9.]+|null)"
_MEMBER = rb'"(?:type|stream|version|time_extracted)"\s*:\s*' + _SCALAR + rb"\s*,\s*"
_BEFORE_RECORD = re.compile(rb"\s*\{\s*(?:" + _MEMBER + rb')*"record"\s*:')


@dataclass(frozen=True)
class Unreadable:
    """A RECORD that cannot be taken, what is kept of it, and why."""

    stream: str
    kept: Any
    reason: str


def lines_of(source: Any, most: int) -> Iterator[tuple[bytes, bool]]:
    """Each line with whether it is whole; of a longer one the first ``most`` bytes, the rest is read and forgotten."""
    is_first = True
    while line := source.readline(most + 1):
        data = line.encode() if isinstance(line, str) else line
        if is_first:  # a file that an editor has saved
            is_first, data = False, data.removeprefix(BOM_UTF8)
        if len(data) <= most or data.endswith(b"\n"):
            yield data, True
            continue
        beginning = data[:HEAD_BYTES]
        del line, data
        _skip(source)
        yield beginning, False


def _skip(source: Any) -> None:
    """Read on to the end of the line, or of the input."""
    while part := source.readline(SKIPPED_BYTES):
        if part.endswith("\n" if isinstance(part, str) else b"\n"):
            return


def unreadable(line: bytes, limits: SizeLimits, *, is_whole: bool) -> Unreadable:
    """A RECORD whose line is too long, or nested too deep, with the reason.

    Raises ValueError, in words, for a line that is too much and not known to be a RECORD.
    """
    if not is_whole:
        reason = f"the line is longer than {limits.line_bytes} bytes (max_line_bytes); only its beginning is kept"
        return Unreadable(_stream(line, reason), line.decode(errors="replace")[:KEPT_CHARACTERS], reason)
    reason = _too_deep(limits)
    return Unreadable(_stream(line, reason), _kept(line), reason)


def too_deep(line: bytes, limits: SizeLimits) -> str | None:
    """Why a line cannot be taken for its nesting; None when it can."""
    return _too_deep(limits) if is_nested_deeper(line, limits.nesting) else None


def _too_deep(limits: SizeLimits) -> str:
    return f"the line is nested more than {limits.nesting} levels deep (max_nesting)"


def loose(line: bytes) -> Unreadable | None:
    """A RECORD that is JSON to Python though not to the standard: NaN, 1e400, half a surrogate pair."""
    try:
        message = json.loads(line.decode())
    except ValueError:
        return None
    if not isinstance(message, dict) or message.get("type") != "RECORD" or not isinstance(message.get("stream"), str):
        return None
    reason = "holds a number or a character that JSON cannot say (NaN, 1e400, half a surrogate pair)"
    return Unreadable(message["stream"], line.decode().strip(), reason)


def _stream(line: bytes, reason: str) -> str:
    """The stream of a RECORD, told by what stands before its record. Raises ValueError when that does not tell."""
    before = _BEFORE_RECORD.match(line[:HEAD_BYTES])
    try:
        head = orjson.loads(before[0] + b"null}") if before else {}
    except ValueError:
        head = {}
    if head.get("type") != "RECORD" or not isinstance(head.get("stream"), str):
        raise ValueError(reason)
    stream: str = head["stream"]
    return stream


def _kept(line: bytes) -> Any:
    """The record, when it can be written again; else the whole line as a text."""
    try:
        record = exact_json.loads(line)["record"]
        as_json([record])
    except (ValueError, KeyError, TypeError, RecursionError):
        return line.decode(errors="replace").strip()
    return record
