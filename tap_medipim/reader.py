"""How a changing resource is read from its bookmark on: as one stream, by keyset, or by windows.

| API | products_endpoint | way |
| --- | --- | --- |
| v4 | stream | one answer, resumed from its edge when it breaks |
| v4 | query | page 0 of ever later questions; by windows where that cannot reach or the order does not hold |
| v3 | | windows over update time: v3 cannot sort by it |
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from tap_medipim.bookmark import Bookmark, HighWaterMark
from tap_medipim.client import MedipimClient, Page
from tap_medipim.errors import OutOfReach, StreamFailed
from tap_medipim.filters import both, split
from tap_medipim.pagination import by_keyset, resumed
from tap_medipim.records import updated_at
from tap_medipim.resources import Resource
from tap_medipim.settings import TapSettings
from tap_medipim.v3 import as_v4
from tap_medipim.windows import LATEST, MAX_REACHABLE_ROWS, Question, Span, Windows

if TYPE_CHECKING:
    from tap_medipim.row_decoder import RowDecoder

Row = dict[str, Any]
Filter = dict[str, Any]
BY_UPDATE_TIME = {"touchedAt": "ASC"}
FRESH_SECONDS = 2  # the service's clock is told in whole seconds, and windows ask one second beyond their end
MOST_FRESH_SECONDS = 3600


class IncrementalReader:
    """Reads one resource once, and moves its bookmark past what is certain."""

    def __init__(
        self,
        client: MedipimClient,
        resource: Resource,
        settings: TapSettings,
        skimmer: "RowDecoder",
        bookmark: Bookmark,
        warn: Callable[[str], None],
    ) -> None:
        self._client = client
        self._resource = resource
        self._settings = settings
        self._skimmer = None if settings.api_version == "v3" else skimmer  # a row of v3 is changed in many places
        self._bookmark = bookmark
        self._warn = warn
        self._frontier: HighWaterMark | None = None
        self._sorting = settings.sorting if resource.name == "products" else None

    def rows(self, wanted: Filter | None) -> Iterator[Row]:
        """Every row that changed since the bookmark and matches, each version once; of v4 they are skimmed."""
        self._client.forget_server_time()
        since = self._bookmark.ask_from(self._settings.lookback_seconds)
        parts = split(wanted, self._settings.api_version)
        if len(parts) == 1:
            yield from self._part(parts[0], since)
            return
        with self._bookmark.held():
            given: set[tuple[str, int | None]] = set()
            for part in parts:
                for row in self._part(part, since):
                    version = (str(row["id"]), updated_at(row))
                    if version not in given:
                        given.add(version)
                        yield row

    def row_written(self) -> None:
        """The last row given is on its way to the loader: the bookmark may move with it."""
        if self._frontier is not None:
            self._bookmark.advance(self._frontier, self._client.server_time)

    def _part(self, wanted: Filter | None, since: int) -> Iterator[Row]:
        if self._settings.api_version == "v3":
            yield from map(as_v4, self._by_windows(wanted, since))
            return
        self._frontier = frontier = HighWaterMark(since)
        try:
            yield from self._in_order(wanted, frontier)
        except OutOfReach as reason:
            self._frontier = None
            self._warn(f"{reason}: reading on by windows of time")
            rest = self._by_windows(wanted, frontier.resume_from())
            yield from (row for row in rest if not frontier.knows(row))
        else:
            self._bookmark.complete(frontier, self._client.server_time)

    def _in_order(self, wanted: Filter | None, frontier: HighWaterMark) -> Iterator[Row]:
        if self._settings.products_endpoint == "stream":
            return resumed(partial(self._ask_stream, wanted), frontier, self._client.wire.back_off, self._warn)
        return by_keyset(partial(self._ask_page, wanted), frontier, self._settings.page_size)

    def _ask_stream(self, wanted: Filter | None, since: int) -> Iterator[Row]:
        sorting = self._sorting or BY_UPDATE_TIME
        body = {"filter": both(wanted, {"updatedSince": since}), "sorting": sorting}
        return self._client.stream(f"{self._resource.v4}/stream", body, self._skimmer)

    def _ask_page(self, wanted: Filter | None, since: int, number: int) -> Page:
        body = {"filter": both(wanted, {"updatedSince": since}), "sorting": BY_UPDATE_TIME}
        page = self._query(body | {"page": {"no": number, "size": self._settings.page_size}})
        is_first = self._frontier is not None and self._frontier.edge is None and number == 0
        if is_first and page.total is not None:  # later questions hold a few rows again
            self._client.on_total(page.total)
        return page

    def _by_windows(self, wanted: Filter | None, since: int) -> Iterator[Row]:
        """Up to some time before the service's own, window by window; then what is newer, or dated in the future.

        What comes late into a settled window would be lost; so the newest, open one begins a look-back ago, and the
        next run reads all of it again.
        """
        by, direction = next(iter((self._sorting or {"id": "ASC"}).items()))
        directions, turned = ("ASC", "DESC"), direction == "DESC"

        def ask(question: Question, number: int) -> Page:
            body = {
                "filter": both(wanted, question.filter()),
                "sorting": {by: directions[question.descending != turned]},
                "page": {"no": number, "size": self._settings.page_size},
            }
            return self._query(body)

        whole = ask(Question(Span(since, LATEST)), 0)  # for the service's time, and a refusal before anything else
        self._bookmark.refuse_future(self._client.server_time)
        if whole.total is not None and whole.total != MAX_REACHABLE_ROWS:
            self._client.on_total(whole.total)
        now = max(since, self._client.server_time or since)
        settled = max(since, now - min(max(FRESH_SECONDS, self._settings.lookback_seconds), MOST_FRESH_SECONDS))
        windows = Windows(ask, self._settings.page_size, settled)
        yield from windows.read(Span(since, settled), self._bookmark.reached)
        yield from windows.read(Span(settled + 1, LATEST), lambda end: self._bookmark.reached(min(end, now)))

    def _query(self, body: dict[str, Any]) -> Page:
        path = self._resource.v3[0] if self._settings.api_version == "v3" else f"{self._resource.v4}/query"
        page = self._client.query(path, body, self._skimmer)
        if any(row.get("id") is None for row in page.results):
            raise StreamFailed(f"{path}: a row has no id, so nobody can tell whether it was read")
        return page
