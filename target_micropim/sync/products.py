"""The products stream: unchanged ones end at the ledger, others go through the pool, archives wait for the end."""

import hashlib
import logging
import math
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import Any

import orjson

from pim_wire import exact_json
from pim_wire.errors import Interrupted, StopRun
from target_micropim.catalog.catalog import Catalog
from target_micropim.errors import NotYet, RecordRejected
from target_micropim.ledger import ABSENT, Known
from target_micropim.mapping.profiles import Profile
from target_micropim.report.input_order import RecordScope, record_scope
from target_micropim.report.product_rows import ProductEnd
from target_micropim.report.run_report import KEPT, Row
from target_micropim.services import Services
from target_micropim.sync.after_input import AfterInput
from target_micropim.sync.archives import PendingArchive, PendingArchives
from target_micropim.sync.deferred import DeferredItems, Item, Version, source_time
from target_micropim.sync.let_through import LetThrough
from target_micropim.sync.older_forms import OlderForms, OlderRows
from target_micropim.sync.outcomes import Outcomes, check_key, rejection
from target_micropim.sync.pool import KeyedPool
from target_micropim.sync.product import Outcome, ProductSync
from target_micropim.sync.write import STREAM

BATCH_ROWS = 200
MOST_ALONE = 3  # products that go alone until one was made
FUTURE_SECONDS = 86_400  # beyond the clock by more than any time zone: the time is wrong
VOLATILE = frozenset({"meta", "updated_at"})  # change without the content changing (docs/api/medipim.md#touches)
_UNKNOWN = Known(None, None, ABSENT)
_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS

logger = logging.getLogger("target-micropim")


def digest_of(record: dict[str, Any], settings_digest: str, windows: str = "") -> str:
    """What tells whether a record, or a setting that shapes it, has changed. Raises TypeError beyond 254 levels.

    ``windows`` names the parts of it that are not of now: a record changes when its time comes or is over.
    """
    lasting = record.copy()
    for name in VOLATILE:
        lasting.pop(name, None)
    data = orjson.dumps(lasting, default=str, option=_CANONICAL) + windows.encode()
    return hashlib.blake2b(data, digest_size=16, key=settings_digest.encode()[:64]).hexdigest()


def _later(*moments: float | None, until: float = math.inf) -> float | None:
    """The latest of those that are not beyond ``until``."""
    latest = None
    for moment in moments:
        if moment is not None and moment <= until and (latest is None or moment > latest):
            latest = moment
    return latest


class ProductsSync:
    """Fed by one thread; the threads of the pool write."""

    def __init__(
        self, profile: Profile, services: Services, catalog: Catalog, outcomes: Outcomes, pool: KeyedPool
    ) -> None:
        self._profile = profile
        self._services = services
        self._catalog = catalog
        self._outcomes = outcomes
        self._pool = pool
        self._archives = PendingArchives()
        self._product_sync = ProductSync(services, catalog, profile.product, self._archives, outcomes.guards)
        self._late_names = self._product_sync.late_names(pool)
        late = self._product_sync.late
        self._after_input = AfterInput(profile, services, catalog, outcomes, self._archives, late, self._name)
        self._buffer: list[Item] = []
        self._deferred = DeferredItems()
        self._in_flight: Counter[str] = Counter()
        self._in_flight_at: dict[str, float | None] = {}  # the update time of the newest version in flight
        self._lock = threading.Lock()
        self._left_out: Counter[str] = Counter()
        self._older_forms, self._older_rows = OlderForms(), OlderRows(services.ledger)
        self._is_repaired = False
        self._go_alone = MOST_ALONE
        self._is_new = services.ledger.is_new

    def receive(self, record: dict[str, Any], text: bytes | None, within: tuple[str, ...]) -> None:
        """Keep a product until its batch is full."""
        self._keep(self._outcomes.open(), record, text, within)

    def receive_again(self, record: dict[str, Any]) -> None:
        """Take a reject of an earlier run."""
        self._keep(self._outcomes.open_again(), record)

    def receive_kept(self, record: dict[str, Any]) -> None:
        """Take the newest record that was kept of a product: as new as what came since unchanged."""
        row = self._services.ledger.product(self._profile.key(record) or "")
        self._keep(self._outcomes.open_again(KEPT), record, source_at=None if row is None else row.source_at)

    def has_seen(self, key: str) -> bool:
        """Whether a version of a product of which a record is kept waits, or was settled since."""
        row = self._services.ledger.product(key)
        return self.is_pending(key) or (row is not None and bool(row.digest))

    def is_left(self, key: str) -> bool:
        """Whether this run has written a product and MicroPIM kept nothing: the next run takes it again."""
        return key in self._product_sync.not_kept

    @property
    def has_late_names(self) -> bool:
        """Whether a product waits for a brand or supplier that is known now."""
        return self._late_names.is_due()

    def _keep(
        self,
        ticket: int,
        record: dict[str, Any],
        text: bytes | None = None,
        within: tuple[str, ...] = (),
        source_at: float | None = None,
    ) -> None:
        earlier = self._profile.earlier_key(record) if self._profile.earlier_key else None
        if earlier and self._services.ledger.product(earlier) is not None:
            record, text = {**record, self._profile.key_field: earlier}, None
        key = self._profile.key(record)
        if self._profile.left_out and (status := self._profile.left_out(record)) is not None:
            self._left_out[status] += 1
            end = self._end_of(record, key, f"its status is {status}, which is not brought over (statuses)")
            self._outcomes.settle(STREAM, ticket, "skipped", key, end)
            return
        try:
            item = self._item(ticket, record, text, within, key)
            if source_at is not None:
                item = replace(item, version=replace(item.version, source_at=source_at))
            self._buffer.append(item)
        except RecordRejected as error:
            self._outcomes.reject(STREAM, ticket, key, record, error, source_time(record), self._end_of(record, key))
        if len(self._buffer) >= BATCH_ROWS:
            self.flush()

    def _end_of(self, record: dict[str, Any], key: str | None, reason: str = "") -> ProductEnd:
        sku = None if key is None else self._profile.worker_key(record, key)
        return ProductEnd(key, sku, self._name(record), reason)

    def _name(self, record: dict[str, Any]) -> str:
        """The name that reports show: without a key that somebody pasted into it."""
        return self._services.client.redactor.clean(self._profile.title(record))

    def flush(self) -> None:
        """One query of the ledger for a batch: what is unchanged is done, the rest goes into the pool."""
        items, self._buffer = self._buffer, []
        if not items:
            return
        known = self._services.ledger.known(map(attrgetter("key"), items))
        if changed := self._changed(items, known):
            self._prepare(changed, known)
            for item in changed:
                self._submit(item)
                if self._go_alone and item is not changed[-1] and known.get(item.key, _UNKNOWN).remote_id == ABSENT:
                    self._wait_for_the_first()

    def finish(self) -> None:
        """Wait for what is in flight, link late categories, and archive if the limit allows it."""
        self.flush()
        self._pool.drain()
        self._sync_deferred()
        if self._profile.writes_categories:
            self._after_input.link_late_categories()
        self._late_names.give()
        self._after_input.archive()
        for status, number in sorted(self._left_out.items()):
            what = f"{number} records of status {status} are not brought over (statuses)"
            self._services.report.add("warnings", Row(STREAM, "", None, what))
        self._product_sync.doubles.tell()
        self._product_sync.unknown.tell()

    def tell_of_a_new_ledger(self) -> None:
        """What a lost ledger knew is lost: what people emptied, took out or renamed before cannot be told any more."""
        if self._is_new and (adopted := self._product_sync.adopted):
            what = (
                f"the ledger is new, and {adopted} products were in MicroPIM already: a field that people emptied, a "
                "category or picture that they took out and a SKU or category that they renamed before cannot be told "
                "from what was never sent, and may have come back"
            )
            self._services.report.add("warnings", Row(STREAM, "", None, what))

    @property
    def let_through(self) -> LetThrough:
        """What sends values that a policy held back before."""
        return self._product_sync.let_through

    def close(self) -> None:
        """The run ends, well or not."""
        self._archives.close()
        self._deferred.close()

    def _item(
        self, ticket: int, record: dict[str, Any], text: bytes | None, within: tuple[str, ...], key: str | None
    ) -> Item:
        """Raises RecordRejected for what the ledger could not hold."""
        if key is None:
            given = record.get(self._profile.key_field)
            why = "is missing" if given in (None, "", [], {}) else "is no text and no whole number"
            raise rejection("map", self._profile.key_field, why)
        check_key(key, self._profile.key_field)
        if (sku := self._profile.worker_key(record, key)) != key:
            check_key(sku, "sku")
        try:
            windows, content = self._profile.windows, self._profile.content
            counted = content(record) if content else record
            digest = digest_of(counted, self._services.settings.digest, windows(record) if windows else "")
            if text is None:
                text, within = exact_json.dumps(record, orjson.OPT_NON_STR_KEYS), ()
            name, version = self._name(record), Version(digest, source_time(record))
            return Item(ticket, text, within, key, sku, version, name)
        except TypeError as error:  # orjson's word for what it cannot write, such as 255 levels of nesting
            raise rejection("map", "$", str(error)) from None

    def _changed(self, items: list[Item], known: Mapping[str, Known]) -> list[Item]:
        """Those that are to be looked into. An older version of a record never takes a newer one back.

        One without an update time is as new as the newest that was seen. So is one from the future, and no such time
        counts: a record that was once dated 2099 would be frozen until then.
        """
        changed: list[Item] = []
        latest = self._services.ledger.now() + FUTURE_SECONDS
        newest: dict[str, float] = {}
        touched: set[str] = set()
        # nearly always nothing is, and while nothing is nobody can put anything there
        is_waiting = bool(self._in_flight_at or self._archives.held or self._deferred.places)
        has_others = is_waiting or bool(self._outcomes.kept)
        for item in items:
            row = known.get(item.key, _UNKNOWN)
            source_at, seen_at = item.version.source_at, row.source_at
            if has_others or newest or (seen_at is not None and seen_at > latest):
                seen_at = _later(seen_at, newest.get(item.key), *self._other_versions(item.key), until=latest)
            if source_at is None or source_at > latest:
                item, source_at = replace(item, version=replace(item.version, source_at=seen_at)), seen_at  # noqa: PLW2901
            if source_at is not None and seen_at is not None and source_at < seen_at:
                end = ProductEnd(item.key, item.sku, item.name, "a newer version of it was dealt with before")
                self._outcomes.settle(STREAM, item.ticket, "superseded", None, end)
                continue
            if source_at is not None and source_at != seen_at:
                newest[item.key] = source_at
            is_same = item.key not in touched and (row.digest == item.version.digest or self._was(item, row))
            if is_same and not (is_waiting and self.is_pending(item.key)):
                end = ProductEnd(item.key, item.sku, item.name)
                self._outcomes.settle(STREAM, item.ticket, "unchanged", item.key, end)
            else:
                touched.add(item.key)
                changed.append(item)
        if newest:
            self._services.ledger.seen_at({key: at for key, at in newest.items() if key in known})
        return changed

    def _was(self, item: Item, known: Known) -> bool:
        """Whether the ledger knows this very record in the form that an earlier version of the tap gave it."""
        if not known.digest or self._profile.name != "medipim" or not self._older_rows.may_hold(known):
            return False
        settings, windows = self._services.settings.digest, self._profile.windows
        moment = windows(item.record) if windows else ""
        return self._older_forms.has(item.record, known.digest, lambda record: digest_of(record, settings, moment))

    def _other_versions(self, key: str) -> Iterable[float | None]:
        """The update times of versions of a record that were rejected, are in flight, or wait for the end of input."""
        waiting = self._archives.source_at(key), self._deferred.source_at(key)
        return self._outcomes.rejected_at(STREAM, key), self._in_flight_at.get(key), *waiting

    def is_pending(self, key: str) -> bool:
        """Whether a version of this record is being written, or waits for the end of the input."""
        with self._lock:
            return key in self._in_flight or key in self._archives or key in self._deferred

    def _prepare(self, changed: list[Item], known: Mapping[str, Known]) -> None:
        """Read the whole product list when that is cheaper than many look-ups, or once to learn the brands."""
        matching, names = self._catalog.matching, self._catalog.names
        if self._profile.writes_categories:
            self._catalog.categories.ready()
            if not self._is_repaired:  # before the first product is written
                self._catalog.assignments.repair()
                self._is_repaired = True
            for item in changed if self._profile.name == "native" else ():
                self._catalog.category_paths.ensure(self._profile.paths(item.record))
        unknown = 0
        for item in changed:
            unknown += known.get(item.key, _UNKNOWN).remote_id == ABSENT
            if self._profile.name == "medipim":
                self._older_rows.saw(item.record)
        unnamed = matching.may_index and self._name_is_worth_a_look(changed)
        if matching.wants_index(unknown) or unnamed:
            self._pool.drain()
            self._product_sync.doubles.before_the_list(unknown)
            matching.build_index(names)
            names.save(harvested=True)

    def _wait_for_the_first(self) -> None:
        """Let a product that may be the first to be made go alone: what it finds out of MicroPIM serves all.

        The others would wait for it with their turns in hand, and those would grow old.
        """
        self._pool.wait_until(self._product_sync.has_made_one)
        self._go_alone = 0 if self._product_sync.has_made_one() else self._go_alone - 1

    def _name_is_worth_a_look(self, changed: list[Item]) -> bool:
        """Whether reading the product list could tell the id of a brand or supplier."""
        for item in changed:
            for kind, name in self._profile.names(item.record):
                if self._catalog.names.is_worth_a_look(kind, name):
                    return True
        return False

    def _submit(self, item: Item) -> None:
        """Into the pool: two versions of a record, or two records with one SKU, are never written at the same time."""
        with self._lock:
            self._in_flight[item.key] += 1
            self._in_flight_at[item.key] = _later(self._in_flight_at.get(item.key), item.version.source_at)
        self._pool.submit(frozenset({("id", item.key), ("sku", item.sku)}), partial(self._sync, item))

    def _sync(self, item: Item, *, is_last: bool = False) -> None:
        """One product, in a thread of the pool."""
        if self._archives.held or self._deferred.places:
            self._supersede(item)
        done = RecordScope(STREAM, item.key, item.ticket)
        try:
            with record_scope(STREAM, item.key, item.ticket, item.name) as done:
                outcome = self._product_sync.sync(item.record, item.version, is_last=is_last)
            self._close(item, outcome, done)
        except NotYet as error:
            if is_last:
                self._reject(item, error, done)
            else:
                self._deferred.put(item)
        except RecordRejected as error:
            self._reject(item, error, done)
        except (StopRun, Interrupted, OSError):
            raise
        except Exception as failure:
            logger.debug("Unexpected failure of one record", exc_info=failure)
            self._reject(item, rejection("internal", "$", f"unexpected {type(failure).__name__}"), done)
        finally:
            for replaced in self._archives.take_replaced() if self._archives.replaced else ():
                self._settle_replaced(item, replaced)
            self._services.ledger.flush()
            self._forget_in_flight(item.key)
        self._outcomes.release()

    def _settle_replaced(self, item: Item, replaced: PendingArchive) -> None:
        what = f"the source has given it up: its product goes on as {item.key}, with the SKU {replaced.sku}"
        self._services.report.add("warnings", Row(STREAM, replaced.key, replaced.sku, what))
        end = ProductEnd(replaced.key, replaced.sku, self._name(self._archives.record(replaced)), what)
        self._outcomes.settle(STREAM, replaced.ticket, "skipped", replaced.key, end)

    def _reject(self, item: Item, error: RecordRejected, done: RecordScope) -> None:
        end = ProductEnd(item.key, item.sku, item.name, "", done.changes, done.pictures)
        self._outcomes.reject(STREAM, item.ticket, item.key, item.record, error, item.version.source_at, end)

    def _sync_deferred(self) -> None:
        """What something later in the input could have helped: now the input has ended."""
        for item in self._deferred.take():
            self._in_flight[item.key] += 1
            self._sync(item, is_last=True)

    def _forget_in_flight(self, key: str) -> None:
        with self._lock:
            self._in_flight[key] -= 1
            if not self._in_flight[key]:
                del self._in_flight[key]
                self._in_flight_at.pop(key, None)

    def _supersede(self, item: Item) -> None:
        """A newer version of a product that was to be archived, or to be tried again: the newer one decides."""
        for waiting in (self._archives.drop(item.key), self._deferred.drop(item.key)):
            if waiting is not None:
                end = ProductEnd(item.key, item.sku, item.name, "a newer version of it came in the same run")
                self._outcomes.supersede(STREAM, waiting.ticket, item.ticket, end)

    def _close(self, item: Item, outcome: Outcome, done: RecordScope) -> None:
        if outcome.archive is None:
            if outcome.action == "skipped" or outcome.found_archived:
                self._after_input.name_successor_of_left(item, outcome)
            reason = outcome.reason
            if done.asked and not reason:
                reason = f"MicroPIM's value stands: {', '.join(done.asked)} (questions.csv)"
            end = ProductEnd(item.key, item.sku, item.name, reason, done.changes, done.pictures, outcome.word)
            self._outcomes.settle(STREAM, item.ticket, outcome.action, item.key, end)
            return
        self._archives.put(item.ticket, item.record, outcome.archive)
