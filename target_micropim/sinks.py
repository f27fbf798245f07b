"""The SDK adapter: a record in, handed to the pipeline. No rule, and nothing durable: the SDK rebuilds sinks.

Where nothing is mapped, flattened or noted down about a record, the SDK's steps for it do nothing but take time: it is
handed over at once, with the line it came in. ``tests/target/test_fast_road.py`` notices when the SDK's steps change.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from singer_sdk.mapper import SameRecordTransform, StreamMap
from singer_sdk.sinks import RecordSink
from typing_extensions import override

from target_micropim.mapping.desired import DELETED

# What the SDK takes out of a record before it is handed over.
NOTES = (
    DELETED,
    "_sdc_batched_at",
    "_sdc_extracted_at",
    "_sdc_received_at",
    "_sdc_sequence",
    "_sdc_sync_started_at",
    "_sdc_table_version",
)
_IN_A_MESSAGE = ("record",)
TEST_STREAM = "meltano_test_stream"  # what ``meltano config test`` sends to every loader


class Receiver(Protocol):
    """What a sink hands its records to: the pipeline of a run, or what stands in its place."""

    def takes(self, stream: str) -> bool:
        """Whether the records of this stream are judged there."""

    def receive(self, stream: str, record: Any, text: bytes | None = None, within: tuple[str, ...] = ()) -> None:
        """Take one record."""


class SinkHost(Protocol):
    """What the sinks need of the target that makes them."""

    @property
    def pipeline(self) -> Receiver:
        """Where records go."""

    def probe(self) -> None:
        """Ask once whether the key is good."""


class ProbeSink(RecordSink):
    """A connection test: it asks once whether the key is good, and its records go nowhere."""

    def __init__(self, target: Any, **kwargs: Any) -> None:
        super().__init__(target=target, **kwargs)
        host: SinkHost = target
        self._probe = host.probe

    @override
    def setup(self) -> None:
        self._probe()

    @override
    def get_validator(self) -> None:
        """None: what the records hold does not matter."""

    @override
    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        """Nothing: a test must not leave a row in somebody's shop."""


class MicroPimSink(RecordSink):
    """Passes records on. They are checked where they are mapped, so that a bad one can be rejected, not fatal."""

    def __init__(self, target: Any, **kwargs: Any) -> None:
        super().__init__(target=target, **kwargs)
        host: SinkHost = target
        self._pipeline = host.pipeline

    @override
    def get_validator(self) -> None:
        """None: the SDK's validation ends the run at the first bad record, and prints its values."""

    @override
    def _parse_timestamps_in_record(self, record: Any, schema: Any, treatment: Any) -> None:
        """Leave dates as they came: they go on as JSON."""

    @override
    def _remove_sdc_metadata_from_record(self, record: dict[str, Any]) -> None:
        """Without what loaders note about a record; a mark of deletion says something about the product.

        See docs/api/micropim.md#product-delete.
        """
        mark = record.get(DELETED)
        super()._remove_sdc_metadata_from_record(record)
        if mark is not None:
            record[DELETED] = mark

    @override
    def _singer_validate_message(self, record: Any) -> None:
        """A record of ours without its key is rejected by the pipeline; for other streams the SDK's rule holds."""
        if not self._pipeline.takes(self.stream_name):
            super()._singer_validate_message(record)

    @override
    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        self._pipeline.receive(self.stream_name, record)

    def is_direct(self, maps: Sequence[StreamMap]) -> bool:
        """Whether the SDK's steps do nothing to records of this stream that hold none of NOTES."""
        return (
            len(maps) == 1
            and type(maps[0]) is SameRecordTransform
            and not maps[0].flattening_enabled
            and self._pipeline.takes(self.stream_name)
        )

    def take(self, record: dict[str, Any], line: bytes) -> None:
        """Hand over a record as it came; what the SDK counts is counted."""
        self.tally_record_read()
        self._pipeline.receive(self.stream_name, record, line, _IN_A_MESSAGE)
        self.record_counter_metric.increment()
        self.tally_record_written()
