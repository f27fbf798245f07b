"""The streams as the SDK sees them: reference lists, and what changes.

Three of the SDK's steps per record do nothing for these streams and cost more than reading the record: the walk over
the selection when nothing is deselected, the objects between record and line, and the look for child streams. They are
left out; ``tests/tap/test_fast_road.py`` notices when the SDK's own steps change (docs/benchmarks.md has the figures).
"""

from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.streams import Stream
from typing_extensions import override

from pim_wire.errors import Interrupted, StopRun
from pim_wire.schema_files import read_schema
from tap_medipim.bookmark import Bookmark
from tap_medipim.drift import Drift
from tap_medipim.errors import EndpointAbsent, StreamFailed
from tap_medipim.pagination import all_pages
from tap_medipim.raw_rows import RawRow, normalised_text, whole
from tap_medipim.reader import IncrementalReader
from tap_medipim.records import normalise
from tap_medipim.resources import Resource
from tap_medipim.v3 import plain_name
from tap_medipim.writer import OrjsonWriter

if TYPE_CHECKING:
    from tap_medipim.row_decoder import RowDecoder
    from tap_medipim.tap import TapMedipim

REPLICATION_KEY = "updated_at"
PLAIN_NAMES = frozenset({"brands", "organizations"})  # localized in v3, one text in v4


class MedipimStream(Stream):
    """A reference list: read whole at every run, since it has no change filter (medipim.md section 8)."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # JSON in, JSON out; unknown fields are kept
    _tap: "TapMedipim"

    def __init__(self, tap: "TapMedipim", resource: Resource) -> None:
        self.resource = resource
        super().__init__(tap, schema=read_schema("medipim", resource.name), name=resource.name)
        self.primary_keys = ["id"]
        self._drift = Drift(read_schema("medipim", resource.name))
        self._skimmer: RowDecoder | None = None

    @property
    def lines_out(self) -> OrjsonWriter:
        """Where records go."""
        return cast("OrjsonWriter", self._tap.message_writer)

    @property
    def STATE_MSG_FREQUENCY(self) -> int:  # type: ignore[override]  # noqa: N802 - the SDK's name
        """One page: what a kill may cost."""
        return self._tap.settings.page_size

    @override
    def get_records(self, context: Any) -> Iterator[dict[str, Any]]:
        return map(whole, self.rows())

    def rows(self) -> Iterable[dict[str, Any]]:
        """What the service has to say; some of it may be skimmed."""
        if self._tap.settings.api_version == "v3":
            return self._everything()
        ask = partial(self._tap.client.query, f"{self.resource.v4}/query")
        return all_pages(ask, self._tap.settings.page_size)

    def _everything(self) -> Iterator[dict[str, Any]]:
        """A v3 list; of several spellings the first that exists."""
        *others, last = self.resource.v3
        for path in others:
            with suppress(EndpointAbsent):
                yield from self._as_v4(path)
                return
        yield from self._as_v4(last)

    def _as_v4(self, path: str) -> Iterator[dict[str, Any]]:
        rows = self._tap.client.everything(path).results
        return map(plain_name, rows) if self.name in PLAIN_NAMES else iter(rows)

    @override
    def post_process(self, row: dict[str, Any], context: Any = None) -> dict[str, Any]:
        record = normalise(row, incremental=self.resource.incremental, keep_embed_url=self._tap.settings.keep_embed_url)
        self._drift.look(record)
        if self._skimmer is not None:
            self._skimmer.learn(record)
        return record

    @override
    def _sync_records(self, context: Any = None, *, write_messages: bool = True) -> Generator[dict[str, Any], Any, Any]:
        """Keep a failure to this stream: the others go on, and the tap's last line names it."""
        if self._tap.stopped:
            return
        progress = self._tap.progress
        progress.begin(self.name)
        try:
            is_plain = write_messages and self._goes_out_as_it_is()
            records = self._plain() if is_plain else super()._sync_records(context, write_messages=write_messages)
            for record in records:
                progress.row()
                yield record
        except StreamFailed as failure:
            self._tap.leave_out(self.name, failure)
        except (StopRun, Interrupted) as stop:
            self._tap.stopped = stop
        finally:
            self.lines_out.flush()  # the SDK leaves out a STATE that says nothing new: no record may wait for one
            progress.end()
            if told := self._drift.report():
                self.logger.warning("%s: %s", self.name, told)
        if write_messages:
            self._write_state_message()

    def _goes_out_as_it_is(self) -> bool:
        """Whether nothing is deselected, mapped, flattened, versioned or limited: a record becomes a line at once."""
        maps = self.stream_maps
        return (
            all(self.mask.values())
            and len(maps) == 1
            and type(maps[0]) is SameRecordTransform
            and not maps[0].flattening_enabled
            and self._stream_version is None
            and self.selected
            and self.ABORT_AT_RECORD_COUNT is None
        )

    def _plain(self) -> Iterator[dict[str, Any]]:
        """The SDK's loop, less the steps that do nothing here."""
        write, every, settled = self.lines_out.write_record, self.STATE_MSG_FREQUENCY, self.state_manager
        number = 0
        with self.get_record_counter() as counter, self.get_sync_timer():
            self._write_starting_replication_value(None)
            for number, row in enumerate(self.rows(), start=1):
                record = self._passing(row) or self.post_process(whole(row))
                write(self.name, record, datetime.now(UTC))
                settled.is_flushed = False
                self._increment_stream_state(row)
                if number % every == 0:
                    counter.increment(every)
                    self._write_state_message()
                yield row
            counter.increment(number % every)
        self._finalize_state(self.stream_state)

    def _passing(self, row: dict[str, Any]) -> tuple[bytes, ...] | None:
        """The record as text; None when it has to be read whole. Some are looked at in depth besides."""
        if not isinstance(row, RawRow):
            return None
        if not self._drift.lets_pass():
            with suppress(StreamFailed):  # a number without bounds keeps nobody from passing the text on
                self.post_process(whole(row))
        return normalised_text(
            row, incremental=self.resource.incremental, keep_embed_url=self._tap.settings.keep_embed_url
        )


class ChangingStream(MedipimStream):
    """Products and media: what was updated since the bookmark."""

    def __init__(self, tap: "TapMedipim", resource: Resource) -> None:
        super().__init__(tap, resource)
        self.replication_key = REPLICATION_KEY
        self._bookmark: Bookmark | None = None  # until the state has been read, nothing may be written there
        self._reader: IncrementalReader | None = None

    @property
    @override
    def is_sorted(self) -> bool:
        return True

    @override
    def get_replication_key_signpost(self, context: Any = None) -> None:
        """None: bookmarks come from the service's data and clock only, never from ours."""

    @override
    def rows(self) -> Iterator[dict[str, Any]]:
        from tap_medipim.row_decoder import RowDecoder  # noqa: PLC0415 - its library is for those who read, not for --discover

        wanted = self._tap.settings.filter if self.name == "products" else None
        state = {} if self.replication_method == "FULL_TABLE" else self.stream_state
        self._bookmark = Bookmark.read(state, self.config.get("start_date"), wanted)
        if self._bookmark.was_for_another_filter:
            self._warn("the filter setting changed: the old bookmark does not count, everything is read again")
        self._skimmer = RowDecoder(self.schema["properties"])
        self._reader = IncrementalReader(
            self._tap.client, self.resource, self._tap.settings, self._skimmer, self._bookmark, self._warn
        )
        return self._reader.rows(wanted)

    def _warn(self, message: str) -> None:
        self.logger.warning("%s: %s", self.name, message)

    @override
    def _increment_stream_state(self, latest_record: Any, *, context: Any = None) -> None:
        """Replaces the SDK's rule, which refuses a look-back and trusts every order (docs/decisions/0004)."""
        if self._reader is not None:
            self._reader.row_written()

    @override
    def _write_state_message(self) -> None:
        self._write_bookmark()
        super()._write_state_message()

    def _write_bookmark(self) -> None:
        if self._bookmark is not None and self.replication_method != "FULL_TABLE":
            self._bookmark.write(self.stream_state, REPLICATION_KEY)


def stream_for(tap: "TapMedipim", resource: Resource) -> MedipimStream:
    """The stream object of a row of the table."""
    return (ChangingStream if resource.incremental else MedipimStream)(tap, resource)
