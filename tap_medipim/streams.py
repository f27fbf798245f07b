"""The streams: a table of what Medipim offers, and two ways of reading it (medipim.md section 3.1)."""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.streams import Stream
from typing_extensions import override

from pim_wire.errors import Interrupted, StopRun
from pim_wire.schema_files import read_schema
from tap_medipim.bookmark import Bookmark
from tap_medipim.changes import Frontier
from tap_medipim.errors import StreamFailed
from tap_medipim.filters import both
from tap_medipim.normalise import normalise
from tap_medipim.pagination import all_pages, by_keyset, resumed

if TYPE_CHECKING:
    from tap_medipim.tap import TapMedipim

REPLICATION_KEY = "updated_at"
SORTING = {"touchedAt": "ASC"}


@dataclass(frozen=True)
class Resource:
    """One stream: its name in the catalog and its folder in the API. ``market_only`` ones are listed in MARKETS."""

    name: str
    path: str
    incremental: bool = False
    market_only: bool = False


RESOURCES = (
    Resource("products", "/v4/products", incremental=True),
    Resource("media", "/v4/media", incremental=True),
    Resource("brands", "/v4/brands"),
    Resource("organizations", "/v4/organizations"),
    Resource("categories", "/v4/public-categories"),
    Resource("active_ingredients", "/v4/active-ingredients"),
    Resource("product_families", "/v4/product-families"),
    Resource("attributes", "/v4/product/attributes"),
    Resource("attribute_options", "/v4/product/attribute/options"),
    Resource("medipim_categories", "/v4/medipim-categories", market_only=True),
    Resource("bcfi_categories", "/v4/bcfi-categories", market_only=True),
    Resource("apb_categories", "/v4/apb-categories", market_only=True),
    Resource("atc_categories", "/v4/atc-categories", market_only=True),
    Resource("osp_categories", "/v4/osp-categories", market_only=True),
    Resource("fine_line_categories", "/v4/fine-line-categories", market_only=True),
)


class MedipimStream(Stream):
    """A reference list: read whole at every run, since it has no change filter (medipim.md section 8)."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # JSON in, JSON out; unknown fields are kept
    _tap: "TapMedipim"

    def __init__(self, tap: "TapMedipim", resource: Resource) -> None:
        self.resource = resource
        super().__init__(tap, schema=read_schema("medipim", resource.name), name=resource.name)
        self.primary_keys = ["id"]

    @property
    def STATE_MSG_FREQUENCY(self) -> int:  # type: ignore[override]  # noqa: N802 - the SDK's name
        """One page: what a kill may cost."""
        return self._tap.settings.page_size

    @override
    def get_records(self, context: Any) -> Iterable[dict[str, Any]]:
        ask = partial(self._tap.client.query, f"{self.resource.path}/query")
        return all_pages(ask, self._tap.settings.page_size)

    @override
    def post_process(self, row: dict[str, Any], context: Any = None) -> dict[str, Any]:
        return normalise(row, incremental=self.resource.incremental, keep_embed_url=self._tap.settings.keep_embed_url)

    @override
    def _sync_records(self, context: Any = None, *, write_messages: bool = True) -> Generator[dict[str, Any], Any, Any]:
        """Keep a failure to this stream: the others go on, and the tap's last line names it."""
        if self._tap.stopped:
            return
        try:
            yield from super()._sync_records(context, write_messages=write_messages)
        except StreamFailed as failure:
            self._tap.leave_out(self.name, failure)
        except (StopRun, Interrupted) as stop:
            self._tap.stopped = stop
        if write_messages:
            self._write_state_message()


class ChangingStream(MedipimStream):
    """Products and media: what was updated since the bookmark, in order of update time."""

    def __init__(self, tap: "TapMedipim", resource: Resource) -> None:
        super().__init__(tap, resource)
        self.replication_key = REPLICATION_KEY
        self._bookmark = Bookmark()
        self._frontier = Frontier(0)

    @property
    @override
    def is_sorted(self) -> bool:
        return True

    @override
    def get_replication_key_signpost(self, context: Any = None) -> None:
        """None: bookmarks come from the service's data and clock only, never from ours."""

    @override
    def get_records(self, context: Any) -> Iterator[dict[str, Any]]:
        settings = self._tap.settings
        full = self.replication_method == "FULL_TABLE"
        self._bookmark = Bookmark.read({} if full else self.stream_state, self.config.get("start_date"))
        self._frontier = Frontier(self._bookmark.ask_from(settings.lookback_seconds))
        self._tap.client.forget_server_time()
        yield from self._by_pages() if self._reads_pages() else self._by_stream()
        self._bookmark.complete(self._frontier, self._tap.client.server_time)
        self._write_bookmark()

    def _reads_pages(self) -> bool:
        return self._tap.settings.products_endpoint == "query"

    def _by_stream(self) -> Iterator[dict[str, Any]]:
        def ask(since: int) -> Iterator[dict[str, Any]]:
            return self._tap.client.stream(f"{self.resource.path}/stream", self._body(since))

        return resumed(ask, self._frontier, self._tap.client.wire.breathe, self._warn)

    def _by_pages(self) -> Iterator[dict[str, Any]]:
        size = self._tap.settings.page_size

        def ask(since: int, number: int) -> Any:
            body = self._body(since) | {"page": {"no": number, "size": size}}
            return self._tap.client.query(f"{self.resource.path}/query", body)

        return by_keyset(ask, self._frontier, size)

    def _body(self, since: int) -> dict[str, Any]:
        wanted = self._tap.settings.filter if self.name == "products" else None
        return {"filter": both(wanted, {"updatedSince": since}), "sorting": SORTING}

    def _warn(self, message: str) -> None:
        self.logger.warning("%s: %s", self.name, message)

    @override
    def _increment_stream_state(self, latest_record: Any, *, context: Any = None) -> None:
        """Replaces the SDK's rule, which refuses a look-back and trusts every order (docs/decisions/0004)."""
        if self.replication_method != "FULL_TABLE":
            self._bookmark.advance(self._frontier, self._tap.client.server_time)
            self._write_bookmark()

    def _write_bookmark(self) -> None:
        if self.replication_method != "FULL_TABLE":
            self._bookmark.write(self.stream_state, REPLICATION_KEY)


def stream_for(tap: "TapMedipim", resource: Resource) -> MedipimStream:
    """The stream object of a row of the table."""
    return (ChangingStream if resource.incremental else MedipimStream)(tap, resource)
