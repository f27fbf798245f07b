"""Singer messages out: orjson, one write per line, flushed with STATE and SCHEMA instead of after every record."""

import signal
import sys
from typing import Any

import orjson
from singer_sdk.singerlib.encoding.base import GenericSingerWriter, SingerMessageType
from typing_extensions import override

from pim_wire.errors import Interrupted

_FLUSHED = frozenset({SingerMessageType.STATE, SingerMessageType.SCHEMA})

_STOP_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM})


class OrjsonWriter(GenericSingerWriter[bytes, Any]):
    """Writes messages to stdout. A record that is not flushed yet has no STATE after it either.

    A stop signal waits for the end of the line that is being written: half a line would spoil the next one.
    ``stopping`` ends the run with Interrupted after the next record, should the signal's own one have been swallowed.
    """

    stopping = False

    @override
    def serialize_message(self, message: Any) -> bytes:
        return orjson.dumps(message.to_dict(), default=str, option=orjson.OPT_APPEND_NEWLINE)

    @override
    def write_message(self, message: Any) -> None:
        line = self.format_message(message)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
        try:
            sys.stdout.buffer.write(line)
            if message.type in _FLUSHED:
                sys.stdout.buffer.flush()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if self.stopping and message.type is SingerMessageType.RECORD:
            raise Interrupted("told to stop")
