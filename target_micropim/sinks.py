"""The SDK adapter: a record in, handed to the engine. No rule, and nothing durable: the SDK rebuilds sinks.

Where nothing is mapped, flattened or noted down about a record, the SDK's steps for it do nothing but take time: it is
handed over at once, with the line it came in. ``tests/target/test_fast_road.py`` notices when the SDK's steps change.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from singer_sdk.mapper import SameRecordTransform, StreamMap
from singer_sdk.sinks import RecordSink
from typing_extensions import override

from target_micropim.mapping.desired import DELETED

if TYPE_CHECKING:
    from target_micropim.target import TargetMicroPim


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
TEST_STREAM = "meltano_test_stream"  # what ``meltano config test`` sends to every loader


class ProbeSink(RecordSink):
    """A connection test: it asks once whether the key is good, and its records go nowhere."""

    def __init__(self, target: "TargetMicroPim", **kwargs: Any) -> None:
        super().__init__(target=target, **kwargs)
        self._probe = target.probe

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

    def __init__(self, target: "TargetMicroPim", **kwargs: Any) -> None:
        super().__init__(target=target, **kwargs)
        self._engine = target.engine

    @override
    def get_validator(self) -> None:
        """None: the SDK's validation ends the run at the first bad record, and prints its values."""

    @override
    def _parse_timestamps_in_record(self, record: Any, schema: Any, treatment: Any) -> None:
        """Leave dates as they came: they go on as JSON."""

    @override
    def _remove_sdc_metadata_from_record(self, record: dict[str, Any]) -> None:
        """Without what loaders note about a record; a mark of deletion says something about the product (row 36)."""
        mark = record.get(DELETED)
        super()._remove_sdc_metadata_from_record(record)
        if mark is not None:
            record[DELETED] = mark

    @override
    def _singer_validate_message(self, record: Any) -> None:
        """A record of ours without its key is rejected by the engine; for other streams the SDK's rule holds."""
        if not self._engine.takes(self.stream_name):
            super()._singer_validate_message(record)

    @override
    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        self._engine.receive(self.stream_name, record)

    def is_direct(self, maps: Sequence[StreamMap]) -> bool:
        """Whether the SDK's steps do nothing to records of this stream that hold none of NOTES."""
        return (
            len(maps) == 1
            and type(maps[0]) is SameRecordTransform
            and not maps[0].flattening_enabled
            and self._engine.takes(self.stream_name)
        )

    def take(self, record: dict[str, Any], line: bytes) -> None:
        """Hand over a record as it came; what the SDK counts is counted."""
        self.tally_record_read()
        self._engine.receive(self.stream_name, record, line)
        self.record_counter_metric.increment()
        self.tally_record_written()
