"""The streams as the SDK sees them: reference lists, and resources that are read by what changed.

Three of the SDK's steps per record do nothing for these streams and cost more than reading the record: the walk over
the selection when nothing is deselected, the objects between record and line, and the look for child streams. They are
left out; ``tests/tap/test_streams.py`` notices when the SDK's own steps change (docs/benchmarks.md has the figures).
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from singer_sdk import Tap
from singer_sdk.mapper import SameRecordTransform
from typing_extensions import override

from pim_wire.errors import Interrupted, StopRun
from tap_medipim.bad_rows import BadRow, bad_row
from tap_medipim.bookmark import Bookmark
from tap_medipim.bookmark_state import READ_SINCE, REPLICATION_KEY
from tap_medipim.declared_stream import DeclaredStream
from tap_medipim.errors import EndpointAbsent, FieldRefused, StreamFailed
from tap_medipim.localized import with_first_text
from tap_medipim.pagination import all_pages
from tap_medipim.raw_rows import record_text, whole
from tap_medipim.reader import IncrementalReader, Notices
from tap_medipim.records import Row, normalise
from tap_medipim.resources import Resource, schema_of
from tap_medipim.run import Run
from tap_medipim.v3 import with_text_ids
from tap_medipim.writer import OrjsonWriter

if TYPE_CHECKING:  # its library is imported when a tap begins to read
    from tap_medipim.row_decoder import RowDecoder

T = TypeVar("T")
_UNWORKABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)
PLAIN_NAMES = frozenset({"brands", "organizations"})  # localized in v3, one text in v4


class MedipimStream(DeclaredStream):
    """A reference list: read whole at every run, since it has no change filter (docs/api/medipim.md#incremental)."""

    def __init__(self, tap: Tap, run: Run, resource: Resource) -> None:
        self.resource = resource
        version = str(tap.config.get("api_version", "v4"))  # not of the run's settings: discovery needs no key
        super().__init__(tap, schema_of(resource, version), resource, run)
        self._run = run
        self._decoder: RowDecoder | None = None

    @property
    def writer(self) -> OrjsonWriter:
        """Where messages go."""
        return cast("OrjsonWriter", self._tap.message_writer)

    @property
    def STATE_MSG_FREQUENCY(self) -> int:  # type: ignore[override]  # noqa: N802 - the SDK's name
        """One page: as much as a kill may cost."""
        return self._run.settings.page_size

    def rows(self) -> Iterable[Row]:
        """The rows of the service, some of them as text."""
        if self._run.settings.api_version == "v3":
            return self._v3_rows()
        ask = partial(self._run.client.query_list, f"{self.resource.v4}/query", on_bad=self._tell_bad_row)
        return all_pages(ask, self._run.settings.page_size)

    def _tell_bad_row(self, bad: BadRow) -> None:
        self._run.tell_bad_row(self.name, bad)

    def _v3_rows(self) -> Iterator[Row]:
        """A v3 list; of several spellings the first that exists."""
        *others, last = self.resource.v3
        for path in others:
            with suppress(EndpointAbsent):
                yield from self._v3_list(path)
                return
        yield from self._v3_list(last)

    def _v3_list(self, path: str) -> Iterator[Row]:
        rows = self._run.client.get_all(path, self._tell_bad_row).results
        if self.name not in PLAIN_NAMES:
            return self._each(lambda row: with_text_ids(whole(row)), rows)
        return self._each(lambda row: with_text_ids(with_first_text(whole(row), "name")), rows)

    def _each(self, change: Callable[[Row], dict[str, Any] | None], rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
        """What becomes of each row; one that cannot be worked with is told and costs itself."""
        for row in rows:
            if (changed := self._or_bad(change, row)) is not None:
                yield changed

    def _or_bad(self, change: Callable[[Row], T | None], row: Row) -> T | None:
        """What becomes of a row; None, and told, for one that cannot be worked with."""
        try:
            return change(row)
        except FieldRefused:
            raise
        except (*_UNWORKABLE, StreamFailed) as failure:
            reason = str(failure) if isinstance(failure, StreamFailed) else f"{type(failure).__name__} in its values"
            self._tell_bad_row(bad_row(row, f"a row of {self.name}", reason))
            return None

    @override
    def get_records(self, context: Any) -> Iterator[dict[str, Any]]:
        return self._each(whole, self.rows())

    @override
    def post_process(self, row: dict[str, Any], context: Any = None) -> dict[str, Any] | None:
        return self._or_bad(self._normalised, row)

    def _normalised(self, row: Row) -> dict[str, Any]:
        keep_embed_url = self._run.settings.keep_embed_url
        record = normalise(whole(row), incremental=self.resource.incremental, keep_embed_url=keep_embed_url)
        record = self.conformer.bring(record)
        if self.has_new_schema():
            self.write_new_schema()
            if self._decoder is not None:
                self._decoder.take(self.conformer.schema, self.version)
        if self._decoder is not None:
            self._decoder.learn(self.conformer.numbers)
        return record

    @override
    def _sync_records(self, context: Any = None, *, write_messages: bool = True) -> Generator[Any, Any, Any]:
        """Keep a failure to this stream: the others go on, and the tap's last line names it."""
        run = self._run
        if run.stopped:
            return
        run.begin_stream(self.name)
        try:
            is_direct = write_messages and self._can_write_directly()
            rows = (
                self._write_directly() if is_direct else super()._sync_records(context, write_messages=write_messages)
            )
            for row in rows:
                run.progress.row()
                yield row
            run.end_stream(self.name)
        except StreamFailed as failure:
            run.leave_out(self.name, failure)
        except (StopRun, Interrupted) as stop:
            run.stopped = stop
        finally:
            self.writer.flush()  # the SDK leaves out a STATE that says nothing new: no record may wait for one
            run.progress.end()
            if report := self.conformer.drift.report():
                self.logger.warning("%s: %s", self.name, report)
        if write_messages:
            self._write_state_message()
        run.tell_end(self.name)

    def _can_write_directly(self) -> bool:
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

    def _write_directly(self) -> Iterator[Row]:
        """The SDK's loop without the steps that do nothing here; yields each row once it is written."""
        write, every, state_manager = self.writer.write_record, self.STATE_MSG_FREQUENCY, self.state_manager
        number = 0
        with self.get_record_counter() as counter, self.get_sync_timer():
            self._write_starting_replication_value(None)
            for row in self.rows():
                if (record := self._record_of(row)) is None:
                    continue
                number += 1
                write(self.name, record, datetime.now(UTC))
                state_manager.is_flushed = False
                self._increment_stream_state(row)  # type: ignore[arg-type]  # where rows are text, it does not read them
                if number % every == 0:
                    counter.increment(every)
                    self._write_state_message()
                yield row
            counter.increment(number % every)
        self._finalize_state(self.stream_state)

    def _record_of(self, row: Row) -> dict[str, Any] | tuple[bytes, ...] | None:
        """The record, as text where the row is text and was compared with the schema that was written last."""
        if isinstance(row, dict) or row.version != self.version:
            return self.post_process(whole(row))
        keep_embed_url = self._run.settings.keep_embed_url
        return record_text(row, incremental=self.resource.incremental, keep_embed_url=keep_embed_url)


class IncrementalStream(MedipimStream):
    """Products and media: what was updated since the bookmark."""

    def __init__(self, tap: Tap, run: Run, resource: Resource) -> None:
        super().__init__(tap, run, resource)
        self._bookmark: Bookmark | None = None  # until the state has been read, nothing may be written there

    @property
    @override
    def is_sorted(self) -> bool:
        return True

    @override
    def get_replication_key_signpost(self, context: Any = None) -> None:
        """None: bookmarks come from the service's data and clock only, never from ours."""

    @override
    def rows(self) -> Iterator[Row]:
        from tap_medipim.row_decoder import RowDecoder  # noqa: PLC0415 - its library is for those who read, not for --discover

        run, settings = self._run, self._run.settings
        row_filter = settings.filter if self.name == "products" else None
        state = {} if self.replication_method == "FULL_TABLE" else self.stream_state
        self._bookmark = Bookmark.read(state, settings.start_date, settings.circumstances(row_filter))
        if remark := self._bookmark.refusal or self._bookmark.remark:
            self._warn(run.redactor.clean(remark))
        self._decoder = RowDecoder(self.conformer.schema)
        notices = Notices(run.expect, self._warn, self._tell_bad_row)
        reader = IncrementalReader(run.client, self.resource, settings, self._decoder, self._bookmark, notices)
        return reader.rows(row_filter)

    def announce(self) -> None:
        """Before the first STATE, which is the state that was given: say in it from where this run goes on.

        A target with a new ledger has to know (docs/decisions/0035-the-right-shop.md). Where rows are read, the
        bookmark that is written takes it away again: the state of the end is the same with it.
        """
        entry = self.tap_state.get("bookmarks", {}).get(self.name)
        if not isinstance(entry, dict) or entry.get("replication_key_value") is None:
            return
        entry.pop(READ_SINCE, None)
        if not self._counts(entry):
            entry.pop("read_whole_at", None)  # of what is not asked any more
        elif not self.selected or self.replication_method != "FULL_TABLE":
            entry[READ_SINCE] = entry["replication_key_value"]

    def _counts(self, entry: dict[str, Any]) -> bool:
        """Whether the bookmark is one of what is asked now; one that cannot be read is told when it is used."""
        settings = self._run.settings
        row_filter = settings.filter if self.name == "products" else None
        with suppress(StreamFailed):
            return not Bookmark.read(entry, settings.start_date, settings.circumstances(row_filter)).refusal
        return True

    def _warn(self, message: str) -> None:
        self.logger.warning("%s: %s", self.name, message)

    @override
    def _increment_stream_state(self, latest_record: Any, *, context: Any = None) -> None:
        """Replaces the SDK's rule, which refuses a look-back and trusts every order (docs/decisions/0004)."""
        if self._bookmark is not None:
            self._bookmark.advance()

    @override
    def _write_state_message(self) -> None:
        if self._bookmark is not None and self.replication_method != "FULL_TABLE":
            self._bookmark.write(self.stream_state, REPLICATION_KEY)
        super()._write_state_message()


def stream_for(tap: Tap, run: Run, resource: Resource) -> MedipimStream:
    """The stream of a resource."""
    return (IncrementalStream if resource.incremental else MedipimStream)(tap, run, resource)
