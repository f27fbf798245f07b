"""Airbyte's messages, built with its own models, as lines of JSON. Pure: whoever calls says what time it is.

A record is not built with a model: its text has been read, checked and kept, and is not parsed again.
"""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import orjson
from airbyte_protocol_dataclasses.models import (
    AirbyteCatalog,
    AirbyteConnectionStatus,
    AirbyteErrorTraceMessage,
    AirbyteEstimateTraceMessage,
    AirbyteLogMessage,
    AirbyteMessage,
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateStats,
    AirbyteStateType,
    AirbyteStreamState,
    AirbyteStreamStatus,
    AirbyteStreamStatusTraceMessage,
    AirbyteTraceMessage,
    ConnectorSpecification,
    EstimateType,
    FailureType,
    Level,
    Status,
    StreamDescriptor,
    TraceType,
    Type,
)

from pim_wire import exact_json

NO_CURSOR = "__ab_no_cursor_state_message"  # the whole state of a stream that is read anew each time
_RESERVED = {"global_": "global"}  # a word of Python's, which the models write with an underscore


class Blob(AirbyteStateBlob):
    """The state of a stream, which nobody but its source reads: a JSON value, or the text of one as it came."""

    def __init__(self, content: Any) -> None:
        """``content`` is a value, or an ``orjson.Fragment`` that is written as it is."""
        self.content = content


def line(message: AirbyteMessage) -> bytes:
    """The message as one line."""
    return exact_json.dumps(plain(message), orjson.OPT_APPEND_NEWLINE)


def plain(value: Any) -> Any:
    """The value as JSON has it: what a model leaves open is left out."""
    if isinstance(value, Blob):
        return value.content
    if is_dataclass(value):
        named = ((_RESERVED.get(each.name, each.name), getattr(value, each.name)) for each in fields(value))
        return {name: plain(inner) for name, inner in named if inner is not None}
    if isinstance(value, Enum):
        return value.value
    return [plain(item) for item in value] if isinstance(value, list) else value


def record_line(stream: bytes, data: Iterable[bytes], emitted_at: int) -> bytes:
    """A RECORD of pieces that are JSON: the stream's name as JSON, and its data."""
    return b"".join(
        (
            b'{"type":"RECORD","record":{"stream":',
            stream,
            b',"data":',
            *data,
            b',"emitted_at":%d}}\n' % emitted_at,
        )
    )


def log(level: Level, message: str, stack_trace: str | None = None) -> AirbyteMessage:
    """A line of the log."""
    return AirbyteMessage(Type.LOG, log=AirbyteLogMessage(level, message, stack_trace))


def connection_status(refusal: str | None) -> AirbyteMessage:
    """Whether the settings serve; ``refusal`` says why they do not."""
    status = Status.SUCCEEDED if refusal is None else Status.FAILED
    return AirbyteMessage(Type.CONNECTION_STATUS, connectionStatus=AirbyteConnectionStatus(status, refusal))


def catalog(streams: AirbyteCatalog) -> AirbyteMessage:
    """What a source offers."""
    return AirbyteMessage(Type.CATALOG, catalog=streams)


def specification(spec: ConnectorSpecification) -> AirbyteMessage:
    """The form of the settings, and what a connector can do."""
    return AirbyteMessage(Type.SPEC, spec=spec)


def stream_state(
    name: str,
    blob: Any,
    *,
    records: int,
    namespace: str | None = None,
    rejected: int | None = None,
    by_destination: bool = False,
) -> AirbyteMessage:
    """How far one stream is, and how many records there were since the STATE before."""
    state = AirbyteStreamState(StreamDescriptor(name, namespace), Blob(blob))
    stats = AirbyteStateStats(records, rejected)
    message = AirbyteStateMessage(AirbyteStateType.STREAM, state)
    if by_destination:
        message.destinationStats = stats
    else:
        message.sourceStats = stats
    return AirbyteMessage(Type.STATE, state=message)


def stream_status(
    name: str, status: AirbyteStreamStatus, emitted_at: int, namespace: str | None = None
) -> AirbyteMessage:
    """A stream has begun, is read, is complete, or is not."""
    told = AirbyteStreamStatusTraceMessage(StreamDescriptor(name, namespace), status)
    return _trace(AirbyteTraceMessage(TraceType.STREAM_STATUS, emitted_at, stream_status=told))


def estimate(name: str, rows: int, emitted_at: int) -> AirbyteMessage:
    """How many rows a stream will have in this run."""
    told = AirbyteEstimateTraceMessage(name, EstimateType.STREAM, row_estimate=rows)
    return _trace(AirbyteTraceMessage(TraceType.ESTIMATE, emitted_at, estimate=told))


def error(
    message: str, kind: FailureType, emitted_at: int, *, stream: str | None = None, internal: str | None = None
) -> AirbyteMessage:
    """Why a run, or a ``stream`` of it, is not complete; never with a traceback."""
    told = AirbyteErrorTraceMessage(message, internal, failure_type=kind)
    told.stream_descriptor = StreamDescriptor(stream) if stream is not None else None
    return _trace(AirbyteTraceMessage(TraceType.ERROR, emitted_at, error=told))


def _trace(trace: AirbyteTraceMessage) -> AirbyteMessage:
    return AirbyteMessage(Type.TRACE, trace=trace)
