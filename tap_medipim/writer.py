"""Singer messages out: orjson, whole lines in batches, let go with STATE and SCHEMA or when enough has gathered."""

from datetime import datetime
from typing import Any

import orjson
from singer_sdk.singerlib.encoding.base import GenericSingerWriter, SingerMessageType
from typing_extensions import override

from pim_wire.errors import Interrupted
from pim_wire.stdout import write_whole

BATCH_BYTES = 64 * 1024  # what a pipe holds; twice as much would be mapped and unmapped by malloc at each batch
_FLUSHED = frozenset({SingerMessageType.STATE, SingerMessageType.SCHEMA})


class OrjsonWriter(GenericSingerWriter[bytes, Any]):
    """Writes messages to stdout. A record that is not flushed yet has no STATE after it either.

    A stop signal waits for the end of the batch that is being written: half a line spoils the next one. Its handler
    asks ``is_writing`` before it interrupts, and ``stopping`` ends the run with Interrupted after the next record.
    """

    stopping = False
    is_writing = False

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[bytes] = []
        self._held = 0

    @override
    def serialize_message(self, message: Any) -> bytes:
        return orjson.dumps(message.to_dict(), default=str, option=orjson.OPT_APPEND_NEWLINE)

    @override
    def write_message(self, message: Any) -> None:
        self._add(self.format_message(message))
        if message.type in _FLUSHED:
            self.flush()
        if self.stopping and message.type is SingerMessageType.RECORD:
            raise Interrupted("told to stop")

    def write_record(self, stream: str, record: dict[str, Any] | tuple[bytes, ...], extracted: datetime) -> None:
        """One RECORD, as ``write_message`` writes it, without the objects in between; or of pieces that are JSON."""
        if isinstance(record, dict):
            record = (orjson.dumps(record, default=str),)
        begin, moment = b'{"type":"RECORD","stream":%b,"record":' % orjson.dumps(stream), orjson.dumps(extracted)
        self._add(b"".join((begin, *record, b',"time_extracted":', moment, b"}\n")))
        if self.stopping:
            raise Interrupted("told to stop")

    def _add(self, line: bytes) -> None:
        self._lines.append(line)
        self._held += len(line)
        if self._held >= BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Let go of everything that has gathered, in one write that no stop signal can tear."""
        if not self._lines:
            return
        self.is_writing = True
        try:
            lines, self._lines, self._held = self._lines, [], 0
            write_whole(b"".join(lines))
        finally:
            self.is_writing = False
