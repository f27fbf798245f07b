"""The lines of the input, as far as they may be held, and what can be told of one that cannot be taken.

Nothing here knows Singer's library or Airbyte's; docs/decisions/0014 says what becomes of which line.
"""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from pim_wire import exact_json
from pim_wire.clock import Clock
from pim_wire.errors import Interrupted, InvalidInput
from pim_wire.exact_json import as_json
from pim_wire.limits import SizeLimits, is_nested_deeper

HEAD_BYTES = 4096
KEPT_CHARACTERS = 2000
SKIPPED_BYTES = 65_536
_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_SCALAR = rb"(?:" + _STRING + rb"|-?[0-9.]+|null)"


def members(*names: bytes) -> bytes:
    """A pattern of any of these members whose values are no objects and no lists."""
    return rb'(?:"(?:' + b"|".join(names) + rb')"\s*:\s*' + _SCALAR + rb"\s*,\s*)*"


@dataclass(frozen=True)
class Envelope:
    """How a message holds a record: what stands before it and closes the message, and the names that lead to both."""

    before: re.Pattern[bytes]
    closing: bytes
    stream: tuple[str, ...]
    record: tuple[str, ...]

    def stream_of(self, message: Any) -> str | None:
        """The stream of a RECORD; None for another message."""
        try:
            name = _at(message, self.stream) if message["type"] == "RECORD" else None
        except (TypeError, KeyError):
            return None
        return name if isinstance(name, str) else None


SINGER = Envelope(
    re.compile(rb"\s*\{\s*" + members(b"type", b"stream", b"version", b"time_extracted") + rb'"record"\s*:'),
    b"null}",
    ("stream",),
    ("record",),
)


class InputLines:
    """The lines of an input in turn, and whether the process only waits for the next one."""

    def __init__(self, limits: SizeLimits, clock: Clock) -> None:
        self.is_waiting = False
        self._limits = limits
        self._clock = clock

    def of(self, source: Any) -> Iterator[tuple[bytes, bool]]:
        """Each line with whether it is whole. Raises Interrupted when the process is told to stop."""
        lines = lines_of(getattr(source, "buffer", source), self._limits.line_bytes)
        while True:
            self.is_waiting = True
            try:
                if self._clock.stopped:  # the signal came before we waited: nothing would end the wait
                    raise Interrupted("stopped before the next line")
                line = next(lines, None)
            finally:
                self.is_waiting = False
            if line is None:
                return
            yield line


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


def read_line(line: bytes, number: int, limits: SizeLimits, envelope: Envelope, *, is_whole: bool) -> Any:
    """What a line holds: its JSON value, or an Unreadable. Raises InvalidInput, which names the line by its number."""
    try:
        if not is_whole or is_nested_deeper(line, limits.nesting):
            return unreadable(line, limits, envelope, is_whole=is_whole)
    except ValueError as error:
        raise InvalidInput(f"Input line {number}: {error}; it is not known to be a record") from None
    try:
        return exact_json.loads(line)  # what is refused, and a bookmark, leaves with every digit it came with
    except ValueError:
        return loose(line, envelope)


def unreadable(line: bytes, limits: SizeLimits, envelope: Envelope = SINGER, *, is_whole: bool) -> Unreadable:
    """A RECORD whose line is too long, or nested too deep, with the reason.

    Raises ValueError, in words, for a line that is too much and not known to be a RECORD.
    """
    if not is_whole:
        reason = f"the line is longer than {limits.line_bytes} bytes (max_line_bytes); only its beginning is kept"
        return Unreadable(_stream(line, reason, envelope), line.decode(errors="replace")[:KEPT_CHARACTERS], reason)
    reason = _too_deep(limits)
    return Unreadable(_stream(line, reason, envelope), _kept(line, envelope), reason)


def too_deep(line: bytes, limits: SizeLimits) -> str | None:
    """Why a line cannot be taken for its nesting; None when it can."""
    return _too_deep(limits) if is_nested_deeper(line, limits.nesting) else None


def _too_deep(limits: SizeLimits) -> str:
    return f"the line is nested more than {limits.nesting} levels deep (max_nesting)"


def loose(line: bytes, envelope: Envelope = SINGER) -> Unreadable | None:
    """A RECORD that is JSON to Python though not to the standard: NaN, 1e400, half a surrogate pair."""
    try:
        message = json.loads(line.decode())
    except ValueError:
        return None
    if (stream := envelope.stream_of(message)) is None:
        return None
    reason = "holds a number or a character that JSON cannot say (NaN, 1e400, half a surrogate pair)"
    return Unreadable(stream, line.decode().strip(), reason)


def _stream(line: bytes, reason: str, envelope: Envelope) -> str:
    """The stream of a RECORD, told by what stands before its record. Raises ValueError when that does not tell."""
    before = envelope.before.match(line[:HEAD_BYTES])
    try:
        head = orjson.loads(before[0] + envelope.closing) if before else {}
    except ValueError:
        head = {}
    if (stream := envelope.stream_of(head)) is None:
        raise ValueError(reason)
    return stream


def _kept(line: bytes, envelope: Envelope) -> Any:
    """The record, when it can be written again; else the whole line as a text."""
    try:
        record = _at(exact_json.loads(line), envelope.record)
        as_json([record])
    except (ValueError, KeyError, TypeError, RecursionError):
        return line.decode(errors="replace").strip()
    return record


def _at(value: Any, names: tuple[str, ...]) -> Any:
    """What these names lead to. Raises TypeError, KeyError."""
    for name in names:
        value = value[name]
    return value
