"""The streams as the SDK sees them: reference lists, and what changes."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.streams import Stream
from typing_extensions import override

from pim_wire.errors import Interrupted, StopRun
from pim_wire.schema_files import read_schema
from tap_medipim.bookmark import Bookmark
from tap_medipim.drift import Drift
from tap_medipim.errors import EndpointAbsent, StreamFailed
from tap_medipim.legacy import plain_name
from tap_medipim.normalise import normalise
from tap_medipim.pagination import all_pages
from tap_medipim.reading import ChangeReader
from tap_medipim.resources import Resource

if TYPE_CHECKING:
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

    @property
    def STATE_MSG_FREQUENCY(self) -> int:  # type: ignore[override]  # noqa: N802 - the SDK's name
        """One page: what a kill may cost."""
        return self._tap.settings.page_size

    @override
    def get_records(self, context: Any) -> Iterable[dict[str, Any]]:
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
        return record

    @override
    def _sync_records(self, context: Any = None, *, write_messages: bool = True) -> Generator[dict[str, Any], Any, Any]:
        """Keep a failure to this stream: the others go on, and the tap's last line names it."""
        if self._tap.stopped:
            return
        progress = self._tap.progress
        progress.begin(self.name)
        try:
            for record in super()._sync_records(context, write_messages=write_messages):
                progress.row()
                yield record
        except StreamFailed as failure:
            self._tap.leave_out(self.name, failure)
        except (StopRun, Interrupted) as stop:
            self._tap.stopped = stop
        finally:
            progress.end()
            if told := self._drift.report():
                self.logger.warning("%s: %s", self.name, told)
        if write_messages:
            self._write_state_message()


class ChangingStream(MedipimStream):
    """Products and media: what was updated since the bookmark."""

    def __init__(self, tap: "TapMedipim", resource: Resource) -> None:
        super().__init__(tap, resource)
        self.replication_key = REPLICATION_KEY
        self._bookmark = Bookmark()
        self._reader: ChangeReader | None = None

    @property
    @override
    def is_sorted(self) -> bool:
        return True

    @override
    def get_replication_key_signpost(self, context: Any = None) -> None:
        """None: bookmarks come from the service's data and clock only, never from ours."""

    @override
    def get_records(self, context: Any) -> Iterator[dict[str, Any]]:
        wanted = self._tap.settings.filter if self.name == "products" else None
        state = {} if self.replication_method == "FULL_TABLE" else self.stream_state
        self._bookmark = Bookmark.read(state, self.config.get("start_date"), wanted)
        if self._bookmark.was_for_another_filter:
            self._warn("the filter setting changed: the old bookmark does not count, everything is read again")
        self._reader = ChangeReader(self._tap.client, self.resource, self._tap.settings, self._bookmark, self._warn)
        yield from self._reader.rows(wanted)
        self._write_bookmark()

    def _warn(self, message: str) -> None:
        self.logger.warning("%s: %s", self.name, message)

    @override
    def _increment_stream_state(self, latest_record: Any, *, context: Any = None) -> None:
        """Replaces the SDK's rule, which refuses a look-back and trusts every order (docs/decisions/0004)."""
        if self._reader is not None:
            self._reader.row_written()
        self._write_bookmark()

    def _write_bookmark(self) -> None:
        if self.replication_method != "FULL_TABLE":
            self._bookmark.write(self.stream_state, REPLICATION_KEY)


def stream_for(tap: "TapMedipim", resource: Resource) -> MedipimStream:
    """The stream object of a row of the table."""
    return (ChangingStream if resource.incremental else MedipimStream)(tap, resource)
