"""The tap's messages as Airbyte's: a record's text is passed on, a state is that of one stream, with its count."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from airbyte_protocol_dataclasses.models import AirbyteMessage, AirbyteStreamStatus
from singer_sdk.singerlib.encoding.base import SingerMessageType
from typing_extensions import override

from pim_airbyte import messages
from pim_airbyte.output import MILLISECONDS, Output
from pim_wire import exact_json
from pim_wire.clock import Clock
from pim_wire.errors import Interrupted
from tap_medipim.writer import OrjsonWriter


class AirbyteWriter(OrjsonWriter):
    """Writes the streams that are read one after the other; ``incremental`` says of each whether it has a state.

    All goes out in the order in which it was said: records wait in a batch, and whatever else is said takes it along.
    """

    def __init__(self, output: Output, clock: Clock, incremental: Mapping[str, bool]) -> None:
        super().__init__()
        self._output = output
        self._clock = clock
        self._incremental = incremental
        self._current: str | None = None
        self._name = b""
        self._last: bytes | None = None  # state of the current stream
        self.total: Counter[str] = Counter()
        self._since_state = 0

    def begin(self, stream: str, state: Mapping[str, Any]) -> None:
        """A stream is read from now on, from ``state``, which is told to who has not seen it."""
        self._current, self._name, self._last, self._since_state = stream, orjson.dumps(stream), None, 0
        self.say(self._status(stream, AirbyteStreamStatus.STARTED))
        if state and self._incremental[stream]:
            self._write_state(state)

    def complete(self, stream: str, state: Mapping[str, Any]) -> None:
        """A stream was read to its end, up to ``state``."""
        if not self._incremental[stream]:
            self._write_state({messages.NO_CURSOR: True})
        elif self._since_state or self._last is None:
            self._write_state(state)
        self.say(self._status(stream, AirbyteStreamStatus.COMPLETE))

    def incomplete(self, stream: str) -> None:
        """A stream was not read to its end, or not at all."""
        self.say(self._status(stream, AirbyteStreamStatus.INCOMPLETE))

    def say(self, message: AirbyteMessage) -> None:
        """A message, after all records before it."""
        self.flush()
        self._output.write(message)

    @override
    def write_record(self, stream: str, record: dict[str, Any] | tuple[bytes, ...], extracted: datetime) -> None:
        if not self.total[stream]:
            self.say(self._status(stream, AirbyteStreamStatus.RUNNING))
        pieces = (exact_json.dumps(record),) if isinstance(record, dict) else record
        self.add(messages.record_line(self._name, pieces, int(extracted.timestamp() * MILLISECONDS)))
        self.total[stream] += 1
        self._since_state += 1
        if self._clock.stopped:
            raise Interrupted("told to stop")

    @override
    def write_message(self, message: Any) -> None:
        if message.type is SingerMessageType.RECORD:
            self.write_record(message.stream, message.record, message.time_extracted)
        elif message.type is SingerMessageType.STATE and self._current is not None:
            blob = message.value.get("bookmarks", {}).get(self._current, {})
            if self._incremental[self._current] and (blob or self._since_state):
                self._write_state(blob)
            else:
                self.flush()

    @override
    def send(self, lines: bytes) -> None:
        self._output.write_lines(lines)

    def _write_state(self, blob: Mapping[str, Any]) -> None:
        """The state of the current stream, unless it says nothing new."""
        text = exact_json.dumps(blob)
        if self._current is None or (text == self._last and not self._since_state):
            return
        self.say(messages.stream_state(self._current, orjson.Fragment(text), records=self._since_state))
        self._last, self._since_state = text, 0

    def _status(self, stream: str, status: AirbyteStreamStatus) -> AirbyteMessage:
        return messages.stream_status(stream, status, self._output.now)
