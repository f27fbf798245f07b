"""Products on their way: unchanged ones end at the ledger, others go through the pool, archives wait for the end."""

import hashlib
import logging
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import orjson

from pim_wire.errors import Interrupted, StopRun
from target_micropim.catalog.categories import Categories
from target_micropim.catalog.matching import ProductMatching
from target_micropim.catalog.names import Names
from target_micropim.errors import RecordRejected
from target_micropim.ledger import Ledger
from target_micropim.mapping.profiles import Profile
from target_micropim.report.plan_file import About
from target_micropim.report.run_report import Report, Row
from target_micropim.sync.archives import PendingArchives
from target_micropim.sync.outcomes import Guards, Outcomes, check_key, rejection
from target_micropim.sync.pool import KeyedPool
from target_micropim.sync.product import ABSENT, STREAM, Outcome, ProductSync

BATCH_ROWS = 200
VOLATILE = frozenset({"meta", "updated_at"})  # change without the content changing (medipim.md section 8)
_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS

logger = logging.getLogger("target-micropim")


@dataclass(frozen=True)
class Item:
    """A product on its way: its ticket, its record, its external id, and the digest of all that matters of it.

    The record waits as text, its own or that of the line it came in: two hundred as objects push each other out of the
    processor's cache and set off the garbage collector, which together cost more than all else that is done to an
    unchanged record.
    """

    ticket: int
    text: bytes
    is_line: bool
    key: str
    digest: str

    @cached_property
    def record(self) -> dict[str, Any]:
        """The record, read again when something is to be done with it."""
        found: dict[str, Any] = orjson.loads(self.text)
        return found["record"] if self.is_line else found


@dataclass(frozen=True)
class ProductParts:
    """The collaborators."""

    profile: Profile
    ledger: Ledger
    identity: ProductMatching
    names: Names
    categories: Categories
    upserter: ProductSync
    pool: KeyedPool
    guards: Guards
    report: Report
    settings_digest: str
    about: About


def digest_of(record: dict[str, Any], settings_digest: str) -> str:
    """What tells whether a record, or a setting that shapes it, has changed. Raises TypeError beyond 254 levels."""
    lasting = record.copy()
    for name in VOLATILE:
        lasting.pop(name, None)
    data = orjson.dumps(lasting, default=str, option=_CANONICAL)
    return hashlib.blake2b(data, digest_size=16, key=settings_digest.encode()[:64]).hexdigest()


class ProductsSync:
    """Fed by one thread; the pool's threads carry."""

    def __init__(self, parts: ProductParts, endings: Outcomes) -> None:
        self._parts = parts
        self._endings = endings
        self._buffer: list[Item] = []
        self._deferred = PendingArchives()
        self._in_flight: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._is_mended = False

    def receive(self, record: dict[str, Any], line: bytes | None) -> None:
        """Keep a product until its batch is full."""
        ticket, key = self._endings.open(), self._parts.profile.key(record)
        try:
            self._buffer.append(self._item(ticket, record, line, key))
        except RecordRejected as why:
            self._endings.reject(STREAM, ticket, key, record, why)
        if len(self._buffer) >= BATCH_ROWS:
            self.flush()

    def flush(self) -> None:
        """One look into the ledger for a batch: what is unchanged is done, the rest goes into the pool."""
        items, self._buffer = self._buffer, []
        if changed := list(self._changed(items)):
            self._look_first(changed)
            for item in changed:
                self._hand_out(item)

    def finish(self) -> None:
        """Everything in flight is awaited; late categories are linked; archives go if their guard agrees."""
        self.flush()
        self._parts.pool.drain()
        self._link_late_categories()
        self._archive()

    def close(self) -> None:
        """The run ends, well or not."""
        self._deferred.close()

    def _item(self, ticket: int, record: dict[str, Any], line: bytes | None, key: str | None) -> Item:
        """Raises RecordRejected for what the ledger could not hold."""
        if key is None:
            raise rejection("map", self._parts.profile.key_field, "is missing")
        check_key(key, self._parts.profile.key_field)
        check_key(self._parts.profile.hand(record, key), "sku")
        try:
            digest = digest_of(record, self._parts.settings_digest)
            text = line or orjson.dumps(record, default=str, option=orjson.OPT_NON_STR_KEYS)
            return Item(ticket, text, line is not None, key, digest)
        except TypeError as error:  # orjson's word for what it cannot write, such as 255 levels of nesting
            raise rejection("map", "$", str(error)) from None

    def _changed(self, items: list[Item]) -> Iterable[Item]:
        settled = self._parts.ledger.digests(item.key for item in items) if items else {}
        touched: set[str] = set()
        for item in items:
            if settled.get(item.key) == item.digest and item.key not in touched and not self._is_moving(item.key):
                self._endings.settle(STREAM, item.ticket, "unchanged")
            else:
                touched.add(item.key)
                yield item

    def _is_moving(self, key: str) -> bool:
        with self._lock:
            return key in self._in_flight or key in self._deferred

    def _look_first(self, changed: list[Item]) -> None:
        """Read the whole product list when that is cheaper than many look-ups, or once to learn the brands."""
        parts = self._parts
        if parts.profile.writes_categories:
            parts.categories.ready()
            self._mend_once()
        rows = parts.ledger.products(item.key for item in changed)
        unknown = sum(item.key not in rows or rows[item.key].remote_id == ABSENT for item in changed)
        names = (pair for item in changed for pair in parts.profile.names(item.record))
        unnamed = parts.identity.may_index and any(parts.names.is_worth_a_look(kind, name) for kind, name in names)
        if parts.identity.wants_index(unknown) or unnamed:
            parts.pool.drain()
            parts.identity.build_index(parts.names.notice)
            parts.names.save(harvested=True)

    def _mend_once(self) -> None:
        """Before the first product is handed out."""
        if not self._is_mended:
            self._parts.upserter.mend()
            self._is_mended = True

    def _hand_out(self, item: Item) -> None:
        """Into the pool: neither this record's versions nor another record with its SKU are in two hands at once."""
        sku = self._parts.profile.hand(item.record, item.key)
        with self._lock:
            self._in_flight[item.key] += 1
        self._parts.pool.submit(frozenset({("id", item.key), ("sku", sku)}), partial(self._work, item))

    def _work(self, item: Item) -> None:
        """One product in one hand."""
        self._supersede(item.key)
        try:
            with self._parts.about(STREAM, item.key):
                outcome = self._parts.upserter.upsert(item.record, item.digest)
            self._end(item, outcome)
        except RecordRejected as why:
            self._endings.reject(STREAM, item.ticket, item.key, item.record, why)
        except (StopRun, Interrupted, OSError):
            raise
        except Exception as failure:
            logger.debug("Unexpected failure of one record", exc_info=failure)
            unexpected = rejection("internal", "$", f"unexpected {type(failure).__name__}")
            self._endings.reject(STREAM, item.ticket, item.key, item.record, unexpected)
        finally:
            self._parts.ledger.flush()
            self._landed(item.key)
        self._endings.release()

    def _landed(self, key: str) -> None:
        with self._lock:
            self._in_flight[key] -= 1
            if not self._in_flight[key]:
                del self._in_flight[key]

    def _supersede(self, key: str) -> None:
        """A newer version of a product that was to be archived: the newer one decides."""
        old = self._deferred.drop(key)
        if old is not None:
            self._endings.settle(STREAM, old.ticket, "superseded")

    def _end(self, item: Item, outcome: Outcome) -> None:
        if outcome.archive is None:
            self._endings.settle(STREAM, item.ticket, outcome.action)
            return
        self._deferred.put(item.ticket, item.record, outcome.archive)

    def _link_late_categories(self) -> None:
        """Products that came before their category get it now; what still has none is listed."""
        parts = self._parts
        if not parts.profile.writes_categories:
            return
        for key, category in parts.ledger.products_missing_categories():
            if not parts.categories.ids((category,)):
                parts.names.unmapped.add("category", category, key)
                continue
            try:
                with parts.about(STREAM, key):
                    parts.upserter.link(key, category)
            except RecordRejected as why:
                what = f"could not be added to its category {category}: {why.said or why}; the next run tries again"
                parts.report.add("manual_actions", Row(STREAM, key, None, what))

    def _archive(self) -> None:
        parts = self._parts
        if not len(self._deferred):
            return  # counting the products that live reads every page of a large ledger
        parts.guards.before_archiving(len(self._deferred), parts.ledger.count_live())
        for one in self._deferred:
            try:
                with parts.about(STREAM, one.key):
                    parts.upserter.archive(one.row(parts.ledger.product(one.key)))
            except RecordRejected as why:
                self._endings.reject(STREAM, one.ticket, one.key, self._deferred.record(one), why)
            else:
                self._endings.settle(STREAM, one.ticket, "archived")
            self._deferred.drop(one.key)
            self._endings.release()
