"""Airbyte's messages in: a record with the line that holds it, a state with its own text, and nothing else.

See https://docs.airbyte.com/platform/understanding-airbyte/airbyte-protocol: a destination ignores what is told about
a sync (LOG, TRACE, CONTROL).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from pim_wire.clock import Clock
from pim_wire.errors import InvalidInput
from pim_wire.limits import SizeLimits
from target_micropim.lines import Envelope, InputLines, Unreadable, members, read_line

IN_A_MESSAGE = ("record", "data")
AIRBYTE = Envelope(
    re.compile(
        rb"\s*\{\s*" + members(b"type") + rb'"record"\s*:\s*\{\s*' + members(b"stream", b"namespace", b"emitted_at")
        + rb'"data"\s*:'
    ),
    b"null}}",
    ("record", "stream"),
    IN_A_MESSAGE,
)  # fmt: skip
_IGNORED = frozenset({"LOG", "TRACE", "SPEC", "CATALOG", "CONNECTION_STATUS", "CONTROL", "DESTINATION_CATALOG"})
_DATA, _STATE = "RECORD", "STATE"
Descriptor = tuple[str | None, str]  # namespace and name


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a stream; its data is no object, or ``Unreadable``, where something is wrong with it."""

    stream: Descriptor
    data: Any
    line: bytes


@dataclass(frozen=True, slots=True)
class State:
    """A STATE: read, and its members as they were written."""

    content: dict[str, Any]
    members: dict[str, bytes]
    line_number: int


class MessageReader:
    """Reads lines. A bad one ends the run with its number, never with its content."""

    def __init__(self, limits: SizeLimits, clock: Clock) -> None:
        self._limits = limits
        self._input = InputLines(limits, clock)

    @property
    def is_waiting(self) -> bool:
        """Whether the process only waits for the next line."""
        return self._input.is_waiting

    def messages(self, source: Any) -> Iterator[Record | State]:
        """The messages that are for a destination. Raises InvalidInput, Interrupted."""
        for number, (line, is_whole) in enumerate(self._input.of(source), start=1):
            if is_whole and not line.strip():
                continue
            message = read_line(line, number, self._limits, AIRBYTE, is_whole=is_whole)
            if isinstance(message, Unreadable):
                yield Record((None, message.stream), message, line)
                continue
            kind = message.get("type") if isinstance(message, dict) else None
            if kind == _DATA:
                yield _record(message, line, number)
            elif kind == _STATE:
                yield _state(message, line, number)
            elif kind not in _IGNORED:
                raise InvalidInput(f"Input line {number}: {_unknown(kind)}")


def _record(message: dict[str, Any], line: bytes, number: int) -> Record:
    record = message.get("record")
    stream = record.get("stream") if isinstance(record, dict) else None
    if not isinstance(record, dict) or not isinstance(stream, str) or "data" not in record:
        raise InvalidInput(f"Input line {number}: a RECORD without a usable stream and data")
    return Record((_namespace(record, number), stream), record["data"], line)


def _namespace(where: dict[str, Any], number: int) -> str | None:
    name = where.get("namespace")
    if name is not None and not isinstance(name, str):
        raise InvalidInput(f"Input line {number}: a namespace that is no text")
    return name


def _state(message: dict[str, Any], line: bytes, number: int) -> State:
    content = message.get("state")
    if not isinstance(content, dict):
        raise InvalidInput(f"Input line {number}: a STATE without a usable state")
    raw = msgspec.json.decode(line, type=dict[str, msgspec.Raw])["state"]
    texts = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    return State(content, {name: bytes(text) for name, text in texts.items()}, number)


def descriptor_of(entry: Any, number: int) -> Descriptor:
    """The stream that a state is about. Raises InvalidInput."""
    named = entry.get("stream_descriptor") if isinstance(entry, dict) else None
    name = named.get("name") if isinstance(named, dict) else None
    if not isinstance(named, dict) or not isinstance(name, str):
        raise InvalidInput(f"Input line {number}: a STATE without the name of its stream")
    return _namespace(named, number), name


def _unknown(kind: Any) -> str:
    if not isinstance(kind, str):
        return "not an Airbyte message (one JSON object with a type)"
    return f"unknown message type {kind[:40]!r}: is this destination older than your Airbyte?"
