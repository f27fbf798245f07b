"""Singer messages out: orjson, one write per line, flushed with STATE and SCHEMA instead of after every record."""

import sys
from typing import Any

import orjson
from singer_sdk.singerlib.encoding.base import GenericSingerWriter, SingerMessageType
from typing_extensions import override

_FLUSHED = frozenset({SingerMessageType.STATE, SingerMessageType.SCHEMA})


class OrjsonWriter(GenericSingerWriter[bytes, Any]):
    """Writes messages to stdout. A record that is not flushed yet has no STATE after it either."""

    @override
    def serialize_message(self, message: Any) -> bytes:
        return orjson.dumps(message.to_dict(), default=str, option=orjson.OPT_APPEND_NEWLINE)

    @override
    def write_message(self, message: Any) -> None:
        sys.stdout.buffer.write(self.format_message(message))
        if message.type in _FLUSHED:
            sys.stdout.buffer.flush()
