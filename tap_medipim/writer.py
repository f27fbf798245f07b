"""Writes Singer messages to stdout: whole lines in batches, flushed with STATE and SCHEMA and when a batch is full."""

from dataclasses import fields
from datetime import datetime
from typing import Any

import orjson
from singer_sdk.singerlib.encoding.base import GenericSingerWriter, SingerMessageType
from typing_extensions import override

from pim_wire import exact_json
from pim_wire.errors import Interrupted
from pim_wire.stdout import write_whole

BATCH_BYTES = 64 * 1024  # what a pipe holds; twice as much would be mapped and unmapped by malloc at each batch
_FLUSHED = frozenset({SingerMessageType.STATE, SingerMessageType.SCHEMA})


class OrjsonWriter(GenericSingerWriter[bytes, Any]):
    """Writes messages to stdout by orjson. A record that is not flushed yet has no STATE after it either.

    A stop signal waits for the end of the batch that is being written, since half a line spoils the next one: its
    handler reads ``is_writing`` before it interrupts, and sets ``stopping``, which raises Interrupted after the next
    record.
    """

    stopping = False
    is_writing = False

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[bytes] = []
        self._size = 0

    @override
    def serialize_message(self, message: Any) -> bytes:
        is_schema = message.type is SingerMessageType.SCHEMA
        content = _shallow(message) if is_schema else message.to_dict()
        return exact_json.dumps(content, orjson.OPT_APPEND_NEWLINE)

    @override
    def write_message(self, message: Any) -> None:
        self.add(self.format_message(message))
        if message.type in _FLUSHED:
            self.flush()
        if self.stopping and message.type is SingerMessageType.RECORD:
            raise Interrupted("told to stop")

    def write_record(self, stream: str, record: dict[str, Any] | tuple[bytes, ...], extracted: datetime) -> None:
        """One RECORD, as ``write_message`` writes it, without the objects in between; or of pieces that are JSON."""
        if isinstance(record, dict):
            record = (exact_json.dumps(record),)
        begin, time_extracted = (
            b'{"type":"RECORD","stream":%b,"record":' % orjson.dumps(stream),
            orjson.dumps(extracted),
        )
        self.add(b"".join((begin, *record, b',"time_extracted":', time_extracted, b"}\n")))
        if self.stopping:
            raise Interrupted("told to stop")

    def add(self, line: bytes) -> None:
        """Put a line into the batch."""
        self._lines.append(line)
        self._size += len(line)
        if self._size >= BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write the batch, in one write that no stop signal can tear."""
        if not self._lines:
            return
        self.is_writing = True
        try:
            lines, self._lines, self._size = self._lines, [], 0
            self.send(b"".join(lines))
        finally:
            self.is_writing = False

    def send(self, lines: bytes) -> None:
        """Write lines to where another host may want them."""
        write_whole(lines)


def _shallow(message: Any) -> dict[str, Any]:
    """What ``to_dict`` gives, without its copy of the whole schema: that takes longer than all else about a message."""
    return {one.name: value for one in fields(message) if (value := getattr(message, one.name)) is not None}
