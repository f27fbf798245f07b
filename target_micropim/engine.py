"""The order of work: what comes in, in which hands it goes, and when a STATE may leave. Knows no framework.

A host (the Singer target) calls receive and checkpoint as lines come in, tick now and then, and finish or abort at the
end. Categories go one by one, parents first; products go through a pool, unchanged ones not even that far; archives
wait for the end, so that their guard can count before the first one is sent.
"""

import hashlib
import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from pim_wire.errors import Interrupted, StopRun
from target_micropim.categories import Arrived, Categories
from target_micropim.errors import Reason, RecordRejected
from target_micropim.guards import Guards
from target_micropim.identity import Identity
from target_micropim.ledger import Ledger, ProductRow
from target_micropim.names import Names
from target_micropim.profiles import Profile
from target_micropim.rejects import Rejects
from target_micropim.report import Report, Row
from target_micropim.settlement import Settlement
from target_micropim.upsert import ABSENT, Outcome, Upserter
from target_micropim.wanted import WantedCategory
from target_micropim.workers import KeyedPool

BATCH_ROWS = 200
VOLATILE = frozenset({"meta", "updated_at"})  # change without the content changing (medipim.md section 8)

logger = logging.getLogger("target-micropim")


@dataclass(frozen=True)
class Parts:
    """The collaborators, built once by the host."""

    profile: Profile
    ledger: Ledger
    identity: Identity
    names: Names
    categories: Categories
    upserter: Upserter
    rejects: Rejects
    report: Report
    settlement: Settlement
    pool: KeyedPool
    guards: Guards
    settings_digest: str
    preflight: Callable[[], None]
    on_unknown_stream: str = "ignore"


@dataclass(frozen=True)
class Item:
    """A product on its way: its ticket, itself, its external id, and the digest of all that matters of it."""

    ticket: int
    record: dict[str, Any]
    key: str
    digest: str


@dataclass(frozen=True)
class Deferred:
    """A product to be archived at the end of the input."""

    item: Item
    row: ProductRow


class Engine:
    """One run. ``receive``, ``checkpoint``, ``finish`` and ``abort`` are called by one thread."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._buffer: list[Item] = []
        self._deferred: dict[str, Deferred] = {}
        self._in_flight: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._told: set[str] = set()
        self._in_contact = False
        self._routes: dict[str, Callable[[str, dict[str, Any]], None]] = {
            "products": self._receive_product,
            "categories": self._receive_category,
        }

    def takes(self, stream: str) -> bool:
        """Whether the profile knows this stream: its records are judged here, record by record."""
        return stream in self._routes or stream in self._parts.profile.acknowledged

    def receive(self, stream: str, record: Any) -> None:
        """Take one record. Raises StopRun when the run cannot go on."""
        self._parts.report.receive(stream)
        if stream not in self._routes:
            self._acknowledge(stream, record)
            return
        if not self._in_contact:
            self._parts.preflight()
            self._in_contact = True
        if not isinstance(record, dict):
            self._reject(stream, self._parts.settlement.open(), None, record, _not_a_record())
        else:
            self._routes[stream](stream, record)

    def checkpoint(self, state: dict[str, Any]) -> None:
        """Take a STATE: everything before it is put into hands first."""
        self._flush()
        self._parts.settlement.checkpoint(state)
        self._parts.settlement.release()

    def finish(self) -> None:
        """The input has ended: settle everything, archive what is to be archived, let the last STATE leave."""
        parts = self._parts
        self._flush()
        parts.pool.drain()
        for orphan in parts.categories.orphans():
            reason = Reason("parent", f"category {orphan.wanted.parent} never came, or was refused")
            self._reject(
                "categories", orphan.ticket, orphan.wanted.external_id, orphan.record, RecordRejected("plan", [reason])
            )
        self._link_late_categories()
        self._archive()
        parts.names.save()
        parts.settlement.release(now=True)
        parts.guards.at_end(parts.report)

    def abort(self) -> None:
        """Something went wrong or somebody asked to stop: let what is in flight end, write the last safe STATE."""
        self._parts.pool.close()
        self._parts.settlement.release(now=True)

    # Categories

    def _receive_category(self, stream: str, record: dict[str, Any]) -> None:
        ticket = self._parts.settlement.open()
        try:
            wanted = self._parts.profile.category(record)
            arrived = Arrived(wanted, ticket, record)
            if self._parts.profile.writes_categories and not self._parts.categories.must_wait(arrived):
                self._place(arrived)
            elif not self._parts.profile.writes_categories:
                self._settle(stream, ticket, "skipped")
        except RecordRejected as why:
            self._reject(stream, ticket, _text(record.get("id")), record, why)

    def _place(self, first: Arrived) -> None:
        """Place a category and all that waited for it, however deep."""
        queue = [first]
        while queue:
            arrived = queue.pop(0)
            wanted: WantedCategory = arrived.wanted
            try:
                made = self._parts.categories.place(wanted)
            except RecordRejected as why:
                self._reject("categories", arrived.ticket, wanted.external_id, arrived.record, why)
                continue
            self._settle("categories", arrived.ticket, "created" if made else "unchanged")
            queue += self._parts.categories.freed_by(wanted.external_id)

    # Products

    def _receive_product(self, stream: str, record: dict[str, Any]) -> None:
        ticket = self._parts.settlement.open()
        key = self._parts.profile.key(record)
        if key is None:
            reason = Reason(self._parts.profile.key_field, "is missing")
            self._reject(stream, ticket, None, record, RecordRejected("map", [reason]))
            return
        try:
            self._buffer.append(Item(ticket, record, key, self._digest(record)))
        except TypeError as error:  # orjson's word for what it cannot write, such as 255 levels of nesting
            self._reject(stream, ticket, key, record, RecordRejected("map", [Reason("$", str(error))]))
        if len(self._buffer) >= BATCH_ROWS:
            self._flush()

    def _digest(self, record: dict[str, Any]) -> str:
        lasting = {name: value for name, value in record.items() if name not in VOLATILE}
        data = orjson.dumps(lasting, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
        return hashlib.blake2b(data, digest_size=16, key=self._parts.settings_digest.encode()[:64]).hexdigest()

    def _flush(self) -> None:
        """One look into the ledger for a batch: what is unchanged is done, the rest goes into the pool."""
        items, self._buffer = self._buffer, []
        if not items:
            return
        settled = self._parts.ledger.digests(item.key for item in items)
        touched: set[str] = set()
        changed: list[Item] = []
        for item in items:
            if settled.get(item.key) == item.digest and item.key not in touched and not self._is_moving(item.key):
                self._settle("products", item.ticket, "unchanged")
            else:
                touched.add(item.key)
                changed.append(item)
        if changed:
            self._look_first(changed)
            for item in changed:
                self._hand_out(item)

    def _hand_out(self, item: Item) -> None:
        """Into the pool: neither this record's versions nor another record with its SKU are in two hands at once."""
        sku = self._parts.profile.hand(item.record, item.key)
        with self._lock:
            self._in_flight[item.key] += 1
        self._parts.pool.submit(frozenset({("id", item.key), ("sku", sku)}), partial(self._work, item))

    def _is_moving(self, key: str) -> bool:
        with self._lock:
            return key in self._in_flight or key in self._deferred

    def _look_first(self, changed: list[Item]) -> None:
        """Read the whole product list when that is cheaper than many look-ups, or once to learn the brands."""
        parts = self._parts
        if parts.profile.writes_categories:
            parts.categories.ready()
        rows = parts.ledger.products(item.key for item in changed)
        unknown = sum(item.key not in rows or rows[item.key].remote_id == ABSENT for item in changed)
        unnamed = any(
            parts.names.is_worth_a_look(kind, name)
            for item in changed
            for kind, name in parts.profile.names(item.record)
        )
        if parts.identity.wants_index(unknown) or unnamed:
            parts.pool.drain()
            parts.identity.build_index(parts.names.notice)
            parts.names.save(harvested=True)

    def _supersede(self, key: str) -> None:
        """A newer version of a product that was to be archived: the newer one decides."""
        with self._lock:
            old = self._deferred.pop(key, None)
        if old is not None:
            self._settle("products", old.item.ticket, "superseded")

    def _work(self, item: Item) -> None:
        """One product in one hand."""
        self._supersede(item.key)
        try:
            self._end(item, self._parts.upserter.upsert(item.record, item.digest))
        except RecordRejected as why:
            self._reject("products", item.ticket, item.key, item.record, why)
        except (StopRun, Interrupted, OSError):
            raise
        except Exception as failure:
            logger.debug("Unexpected failure of one record", exc_info=failure)
            reason = Reason("$", f"unexpected {type(failure).__name__}")
            self._reject("products", item.ticket, item.key, item.record, RecordRejected("internal", [reason]))
        finally:
            with self._lock:
                self._in_flight[item.key] -= 1
                if not self._in_flight[item.key]:
                    del self._in_flight[item.key]
        self._parts.settlement.release()

    def _end(self, item: Item, outcome: Outcome) -> None:
        if outcome.archive is None:
            self._settle("products", item.ticket, outcome.action)
            return
        with self._lock:
            self._deferred[item.key] = Deferred(item, outcome.archive)

    # The end of the input

    def _link_late_categories(self) -> None:
        """Products that came before their category get it now; what still has none is listed."""
        parts = self._parts
        if not parts.profile.writes_categories:
            return
        for key, category in parts.ledger.products_missing_categories():
            if not parts.categories.ids((category,)):
                parts.names.unmapped["category", category] += 1
                continue
            try:
                parts.upserter.link(key, category)
            except RecordRejected as why:
                what = f"could not be added to its category {category}: {why.said or why}; the next run tries again"
                parts.report.add("manual_actions", Row("products", key, None, what))

    def _archive(self) -> None:
        parts = self._parts
        parts.guards.before_archiving(len(self._deferred), parts.ledger.count_live())
        for key, deferred in list(self._deferred.items()):
            item = deferred.item
            try:
                parts.upserter.archive(deferred.row)
            except RecordRejected as why:
                self._reject("products", item.ticket, item.key, item.record, why)
            else:
                self._settle("products", item.ticket, "archived")
            del self._deferred[key]
            parts.settlement.release()

    # Ends of a record

    def _acknowledge(self, stream: str, record: Any) -> None:
        """Streams that MicroPIM has no place for."""
        known = stream in self._parts.profile.acknowledged
        if stream not in self._told:
            self._told.add(stream)
            self._tell_about(stream, known=known)
        ticket = self._parts.settlement.open()
        if not known and self._parts.on_unknown_stream == "reject":
            self._reject(stream, ticket, None, record, RecordRejected("map", [Reason("$", "unknown stream")]))
        else:
            self._settle(stream, ticket, "acknowledged" if known else "skipped")

    def _tell_about(self, stream: str, *, known: bool) -> None:
        if known:
            logger.info("%s: MicroPIM has no place for this stream; its records are acknowledged and left out", stream)
            return
        if self._parts.on_unknown_stream == "fail":
            raise StopRun(
                f"Stream {stream} is unknown to the profile {self._parts.profile.name}: see on_unknown_stream"
            )
        logger.warning("%s: unknown stream (on_unknown_stream: %s)", stream, self._parts.on_unknown_stream)

    def _settle(self, stream: str, ticket: int, action: str) -> None:
        self._parts.report.settle(stream, action)
        self._parts.settlement.close(ticket)

    def _reject(self, stream: str, ticket: int, key: str | None, record: Any, why: RecordRejected) -> None:
        self._parts.rejects.write(stream, key, record, why)
        logger.warning("%s %s rejected (%s): %s", stream, key, why.stage, str(why)[:300])
        self._settle(stream, ticket, "rejected")
        self._parts.guards.after_reject(self._parts.report)


def _not_a_record() -> RecordRejected:
    return RecordRejected("map", [Reason("$", "the record is not an object")])


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
