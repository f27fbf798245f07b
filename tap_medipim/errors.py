"""Failures of the tap, named by what happens next.

NotComplete         the run is over, and a stream of it was not read to its end: exit code 1
StreamFailed        this stream stops, the others go on, the run ends with exit code 1
├── EndpointAbsent  403 or 404: this key or market does not have the stream; a warning
│   └── NothingThere 404: a list is asked for by the other method
├── MethodRefused   405: the same
├── QuestionRefused 422: the service does not take the question
├── FieldRefused    a field that the schema does not have, and unknown_fields: fail
├── OutOfReach      pages sorted by update time cannot reach all rows: read by windows
└── StreamBroken    the answer ended before it was complete: asked again from the last edge
    └── ConnectionLost  the connection broke; harmless when every row had arrived
"""

from pim_wire.errors import StopRun


class NotComplete(StopRun):
    """Some streams could not be read to their end."""

    section = "not-complete"


class StreamFailed(Exception):
    """One stream cannot be read. The message is one line without a secret."""


class EndpointAbsent(StreamFailed):
    """The service does not offer this stream to this key."""


class NothingThere(EndpointAbsent):
    """Nothing answers at this path, to this method at least."""


class MethodRefused(StreamFailed):
    """The path does not take this method."""


class QuestionRefused(StreamFailed):
    """The service does not take this filter or sorting."""


class FieldRefused(StreamFailed):
    """A field, or a type of one, that the schema does not have, and the settings want none."""

    def __init__(self, path: tuple[str, ...], kind: str) -> None:
        super().__init__(f"{'.'.join(path)} ({kind}) is not in the schema (unknown_fields: fail)")


class OutOfReach(StreamFailed):
    """Keyset paging cannot reach every row."""


class StreamBroken(StreamFailed):
    """A streamed answer ended, or stopped making sense, before its last row."""


class ConnectionLost(StreamBroken):
    """The connection broke while the answer was read."""
