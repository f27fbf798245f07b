"""Whether this ledger has seen everything that the tap's bookmark leaves out.

The tap goes on from its bookmark: what did not change since then does not come. A ledger that was there when everything
was read has dealt with it; a new one has not, and would hold a shop of changed products only. So the ledger notes of
each stream when it was last read in full (``read_whole_at`` of the tap's STATE), and the first STATE of a run, which is
the state that the tap was given, is judged by that (docs/decisions/0035-the-right-shop.md).
"""

import logging
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import Any

from target_micropim.api.client import remote_id
from target_micropim.errors import RecordRejected, UnseenState
from target_micropim.report.run_report import Row
from target_micropim.services import Services
from target_micropim.sync.write import STREAM

BEGUN, NEVER = "begun", "never"  # else the moment of the last full read that this ledger has seen
COMMAND = (
    "meltano run --full-refresh tap-medipim target-micropim (without Meltano: the tap without --state; in Airbyte: a "
    "refresh of the stream)"
)
MOST_PAGES = 20
_FACT = f"read whole {STREAM}"
_CLOCKS = timedelta(days=1, hours=1)  # full reads are counted in days; no two clocks differ by more than an hour
_ID = r"[A-Za-z]?[0-9A-Fa-f]+"
_ID_OF_V4 = r"M[0-9A-F]{9}"  # docs/api/medipim.md#product-id; the shop's own numbers are none

logger = logging.getLogger("target-micropim")


class FullReads:
    """Of one run. ``see`` is called by the thread that feeds, ``note`` by whoever lets a STATE go."""

    def __init__(self, services: Services, connect: Callable[[], None]) -> None:
        """``connect`` proves key and organization before anything else is asked."""
        self._services = services
        self._connect = connect
        ledger = services.ledger
        known = ledger.fact(_FACT)
        self._is_new = known == NEVER or (known is None and not ledger.knows_products())
        self._began = datetime.fromtimestamp(services.clock.wall(), UTC)
        self._first: dict[str, Any] | None = None  # the stream's entry in the first STATE that has one
        self._is_unseen = False
        self._lock = threading.Lock()

    def see(self, state: Any) -> None:
        """A STATE came in. Raises UnseenState where going on would leave the shop without most products."""
        if self._first is not None or (entry := _entry(state)) is None:
            return
        self._first = entry
        whole = _moment(entry.get("read_whole_at"))
        if self._is_new:  # everything was read before this run: then not into this ledger
            self._is_unseen = _goes_on(entry) or (whole is not None and whole + _CLOCKS <= self._began)
        elif whole is not None and _goes_on(entry):
            known = self._services.ledger.fact(_FACT)
            self._is_unseen = known == BEGUN or (_moment(known) or whole) < whole
        if self._is_unseen:
            self._tell(entry)

    def note(self, state: Any) -> None:
        """A STATE is about to leave: what it says of full reads this ledger has seen, unless it came from elsewhere."""
        if self._first is None or (entry := _entry(state)) is None:
            return
        whole = _moment(entry.get("read_whole_at"))
        if self._is_unseen and whole == _moment(self._first.get("read_whole_at")):
            return
        with self._lock:
            known = self._services.ledger.fact(_FACT)
            last = max(filter(None, (whole, _moment(known))), default=None)
            now = BEGUN if last is None else last.isoformat()
            if now != known:
                self._services.ledger.note(_FACT, now)

    def _tell(self, entry: dict[str, Any]) -> None:
        since = str(entry.get("replication_key_value"))[:40]
        what = (
            f"the state (bookmark) that the tap was given goes on from {since}, and this ledger has not seen what is "
            "older: products that did not change since then do not come over"
        )
        remedy = f"read everything once, with {COMMAND}"
        if self._is_new:
            self._services.ledger.note(_FACT, NEVER)
            if _goes_on(entry):
                self._connect()
                if not self._holds_ours():
                    raise UnseenState(f"Stopped: {what}, and MicroPIM holds none of them; {remedy}")
        logger.warning("%s: %s; %s", STREAM, what, remedy)
        self._services.report.add("warnings", Row(STREAM, "", None, f"{what}; {remedy}"))

    def _holds_ours(self) -> bool:
        """Whether MicroPIM shows a product of the source, other than those that this ledger made; yes where unclear."""
        is_ours = _shape(self._services.settings.sku_template, _id_of(self._first))
        try:
            for query in ({}, {"status": "archived"}):
                for number, page in enumerate(self._services.client.product_pages(**query), start=1):
                    if number > MOST_PAGES or any(self._is_ours(product, is_ours) for product in page.products):
                        return True
        except RecordRejected:  # a list that cannot be read proves nothing
            return True
        return False

    def _is_ours(self, product: dict[str, Any], shape: re.Pattern[str]) -> bool:
        if not shape.fullmatch(str(product.get("sku") or "").strip()):
            return False
        ledger = self._services.ledger
        owner = ledger.owner(remote_id(product, "GET product"))
        row = None if owner is None else ledger.product(owner)
        return row is None or not row.was_made_by_us


def _id_of(entry: dict[str, Any] | None) -> str:
    """What an id looks like in the version of Medipim's interface that the state names."""
    source = (entry or {}).get("source")
    return _ID_OF_V4 if isinstance(source, dict) and source.get("api_version") == "v4" else _ID


def _shape(template: str, an_id: str) -> re.Pattern[str]:
    """What a SKU of the source looks like."""
    parts = []
    for literal, name, _spec, _conversion in Formatter().parse(template):
        parts.append(re.escape(literal) + ("" if name is None else an_id if name == "id" else r"\S+"))
    return re.compile("".join(parts).strip(), re.IGNORECASE)


def _entry(state: Any) -> dict[str, Any] | None:
    """What a STATE of tap-medipim says of the products; other taps say nothing of full reads."""
    bookmarks = state.get("bookmarks") if isinstance(state, dict) else None
    entry = bookmarks.get(STREAM) if isinstance(bookmarks, dict) else None
    if not isinstance(entry, dict) or entry.get("replication_key_value") is None:
        return None
    return entry if entry.keys() & {"source", "read_since", "read_whole_at"} else None


def _goes_on(entry: dict[str, Any]) -> bool:
    return entry.get("read_since") is not None


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
