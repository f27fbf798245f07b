"""What we sent and what it became in MicroPIM.

Law: deleting the ledger costs reads, and never doubles a product; what is ours is forgotten with it
(docs/ownership.md#a-lost-ledger). It belongs to one organization (address and key) and serves one run at a time.
Everything here is written before the fact is relied upon.
"""

import sqlite3
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from pim_wire.urls import shown_url
from target_micropim.errors import LedgerUnusable
from target_micropim.ledger import schema
from target_micropim.ledger.addresses import engine_for
from target_micropim.ledger.catalogue_index import CatalogueIndex
from target_micropim.ledger.database import Rows, ledger_failure
from target_micropim.ledger.open_ends import ROWS_AT_ONCE, OpenEnds
from target_micropim.ledger.schema import (
    ABSENT,
    AwaitedPictures,
    CategoryRow,
    Known,
    MediaRow,
    ProductId,
    ProductRow,
    product_row,
    product_values,
)
from target_micropim.ledger.statements import Prepared
from target_micropim.ledger.waiting_names import WaitingNames

IDENTITY = "identity"
PRODUCTS = "products"
MOST_AT_ONCE = 100  # rows of a list that is worked off

# Asked for every few records, built once: a statement that holds its values is a ring, left to the collector.
_KNOWN = select(
    *(schema.products.c[name] for name in ("external_id", "digest", "source_at", "remote_id", "settled_at"))
).where(schema.products.c.external_id.in_(bindparam("ids", expanding=True)))
_PRODUCT = Prepared(select(schema.products).where(schema.products.c.external_id == bindparam("key")))
_MEDIA = Prepared(select(schema.media).where(schema.media.c.external_id == bindparam("key")))
_NOT_MISSING = Prepared(
    delete(schema.missing_categories).where(schema.missing_categories.c.external_id == bindparam("key"))
)
_ONE_MISSING = Prepared(select(schema.missing_categories.c.external_id).limit(1))
_HAS_PRODUCTS = Prepared(select(schema.products.c.external_id).limit(1))
_OWNER_OF_SKU = Prepared(
    select(schema.products.c.external_id).where(
        schema.products.c.sku == bindparam("sku"), schema.products.c.remote_id > 0
    )
)
_MAKER_OF_SKU = Prepared(
    select(schema.products.c.external_id).where(
        schema.products.c.sku == bindparam("sku"),
        schema.products.c.remote_id == ABSENT,
        schema.products.c.announced_at.is_not(None),
    )
)
_OWNER_OF_ID = Prepared(select(schema.owners.c.external_id).where(schema.owners.c.remote_id == bindparam("id")))
_OWNS_NOTHING = Prepared(delete(schema.owners).where(schema.owners.c.external_id == bindparam("key")))
_OWNS = Prepared(insert(schema.owners).values(remote_id=bindparam("id"), external_id=bindparam("key")))
_AWAITED = select(schema.awaited_pictures).order_by(schema.awaited_pictures.c.external_id)
_FIRST_AWAITED = Prepared(_AWAITED.limit(MOST_AT_ONCE))
_AWAITED_COUNT = Prepared(select(func.count()).select_from(schema.awaited_pictures))
_COUNTED = Prepared(delete(schema.awaited_pictures).where(schema.awaited_pictures.c.external_id == bindparam("key")))
_CATEGORIES = Prepared(select(schema.categories))
_MISSING = Prepared(
    select(schema.missing_categories.c.external_id, schema.missing_categories.c.category).order_by(
        schema.missing_categories.c.external_id
    )
)
_NAMES = Prepared(
    select(schema.names.c.folded, schema.names.c.remote_id).where(schema.names.c.kind == bindparam("kind"))
)
_SETTLED_AT = Prepared(select(schema.products.c.settled_at).where(schema.products.c.external_id == bindparam("key")))
_LIVE_COUNT = Prepared(select(func.count()).select_from(schema.products).where(schema.products.c.archived.is_(False)))
_SEEN_AT = (
    update(schema.products)
    .where(schema.products.c.external_id == bindparam("key"))
    .where(schema.products.c.source_at.is_(None) | (schema.products.c.source_at < bindparam("at")))
    .values(source_at=bindparam("at"))
)


class Ledger(CatalogueIndex, WaitingNames, OpenEnds):
    """Opened for one run. ``wall`` gives unix seconds."""

    _has_missing: bool | None = None  # until it was asked for; a category may be missing unless this is False

    @classmethod
    def open(
        cls, url: str, wall: Callable[[], float] = time.time, is_stopped: Callable[[], bool] = lambda: False
    ) -> "Ledger":
        """Open or make the database; a stop ends its waits. Raises LedgerUnusable with what to do."""
        try:
            ledger = cls(engine_for(url, is_stopped), wall)
            with ledger.closed_on_failure():
                ledger.examine()
                ledger.prepare()
        except (SQLAlchemyError, sqlite3.Error, OSError, ValueError) as error:
            raise ledger_failure(shown_url(url), error) from None
        return ledger

    def is_of_another(self, organization: str) -> bool:
        """Whether this ledger is bound to another address or key."""
        owner = self.fact("organization")
        return owner is not None and owner != organization

    def address(self) -> str | None:
        """The address of MicroPIM that this ledger is bound to."""
        owner = self.fact("organization")
        return None if owner is None else owner.split(" ")[0]

    def fingerprint(self) -> str | None:
        """The name of its organization, where that was noted: since it got a new key."""
        return self.fact("fingerprint")

    def bind(self, organization: str) -> None:
        """Bind this ledger to an organization that was recognised by what it holds."""
        self.note("organization", organization)

    def claim_for(self, organization: str) -> None:
        """Bind a new ledger to its organization, once that has answered. Raises LedgerUnusable if it is another's."""
        if self.is_of_another(organization):
            raise LedgerUnusable("ledger_url: this ledger belongs to another MicroPIM address or key")
        if self.fact("organization") is None:
            self.bind(organization)

    def identity(self) -> str:
        """The name of this ledger, whatever it is bound to: journals tell by it whose they are."""
        if (name := self.fact(IDENTITY)) is None:
            self.note(IDENTITY, name := uuid.uuid4().hex)
        return name

    @property
    def is_new(self) -> bool:
        """Whether no run has bound it to an organization before."""
        return self.fact("organization") is None

    # Products

    def known(self, ids: Iterable[ProductId]) -> dict[ProductId, Known]:
        """What is known of several products, in one query: enough to tell whether a record has changed."""
        return {row[0]: Known(*row[1:]) for row in self.read(_KNOWN, {"ids": list(ids)})}

    def product(self, external_id: ProductId) -> ProductRow | None:
        """The row of one product."""
        rows = self.read(_PRODUCT, {"key": external_id})
        return product_row(rows[0]) if rows else None

    def knows_products(self) -> bool:
        """Whether it holds any."""
        return bool(self.read(_HAS_PRODUCTS))

    def owner_of_sku(self, sku: str) -> ProductId | None:
        """The external id of a product that MicroPIM has under this SKU."""
        rows = self.read(_OWNER_OF_SKU, {"sku": sku})
        return rows[0].external_id if rows else None

    def maker_of_sku(self, sku: str) -> ProductId | None:
        """The external id of a record for which a product with this SKU was sent, and the end of that is not known."""
        rows = self.read(_MAKER_OF_SKU, {"sku": sku})
        return rows[0].external_id if rows else None

    def claim(self, external_id: ProductId, remote_id: int) -> ProductId:
        """Take a product of MicroPIM for a record, in one step; its owner, which may be another record.

        A record that had another product gives it up.
        """
        with self.transaction() as connection:
            if owners := self.ask_within(connection, _OWNER_OF_ID, {"id": remote_id}):
                return str(owners[0].external_id)
            self.write(connection, _OWNS_NOTHING, {"key": external_id})
            self.write(connection, _OWNS, {"id": remote_id, "key": external_id})
            return external_id

    def owner(self, remote_id: int) -> ProductId | None:
        """The record that owns a product of MicroPIM."""
        rows = self.read(_OWNER_OF_ID, {"id": remote_id})
        return rows[0].external_id if rows else None

    def take_over(self, predecessor: ProductRow, external_id: ProductId) -> ProductRow:
        """A record follows another one: it gets the product with all that is remembered of it. Its row.

        The predecessor keeps its update time: an older version of it must not take the product back.
        """
        successor = replace(predecessor, external_id=external_id, digest=None, source_at=None)
        left = ProductRow(
            predecessor.external_id, predecessor.sku, ABSENT, archived=True, source_at=predecessor.source_at
        )
        with self.transaction() as connection:
            self.put(connection, schema.products, [product_values(left), product_values(successor)])
            mine = schema.owners.c.external_id == predecessor.external_id
            connection.execute(delete(schema.owners).where(schema.owners.c.external_id == external_id))
            connection.execute(update(schema.owners).where(mine).values(external_id=external_id))
            for table in (schema.media, schema.awaited_pictures):
                connection.execute(delete(table).where(table.c.external_id == external_id))
                moved = update(table).where(table.c.external_id == predecessor.external_id)
                connection.execute(moved.values(external_id=external_id))
            kept = schema.kept_records
            mine = (kept.c.stream == PRODUCTS) & (kept.c.external_id == predecessor.external_id)
            connection.execute(delete(kept).where(mine))
            for table in (schema.questions, schema.missing_categories, schema.waiting_names):
                connection.execute(delete(table).where(table.c.external_id == predecessor.external_id))
        return successor

    def forget_pictures(self, external_id: ProductId) -> None:
        """The product is another one now, without pictures: what was sent to the last one is no memory of this one."""
        with self.transaction() as connection:
            for table in (schema.media, schema.awaited_pictures):
                connection.execute(delete(table).where(table.c.external_id == external_id))

    def seen_at(self, times: Mapping[ProductId, float]) -> None:
        """Note the update times of newer versions that changed nothing."""
        if times:
            with self.transaction() as connection:
                connection.execute(_SEEN_AT, [{"key": key, "at": at} for key, at in times.items()])

    def remember(self, row: ProductRow, *, soon: bool = False) -> None:
        """Write a product's row; ``soon``: together with what follows at once, where no request lies between."""
        values = [product_values(row)]
        if soon:
            self.put_soon(schema.products, values)
            return
        with self.transaction() as connection:
            self.put(connection, schema.products, values)

    def settle(
        self, row: ProductRow, digest: str, missing: Iterable[str], names: Collection[tuple[str, str, str]] = ()
    ) -> None:
        """Everything about this record is done.

        ``missing`` categories are linked when they arrive, and ``names`` (kind, folded name, name) when they have ids.
        """
        values = {**product_values(row), "digest": digest, "settled_at": self.now()}
        rows: Rows = []
        for key in missing:
            if len(key) <= schema.MAX_KEY:  # a longer one is rejected: it never arrives
                rows.append({"external_id": row.external_id, "category": key})
        with self.transaction() as connection:
            self.put(connection, schema.products, [values])
            if self._has_missing is None:
                self._has_missing = bool(self.ask_within(connection, _ONE_MISSING))
            if rows or self._has_missing:
                self._has_missing = True
                self.write(connection, _NOT_MISSING, {"key": row.external_id})
                self.put(connection, schema.missing_categories, rows)
            if names or self._has_waiting is not False:
                self.put_waiting(connection, row.external_id, names)

    def linked(self, row: ProductRow, category: str) -> None:
        """A category that was missing has been linked."""
        table = schema.missing_categories
        with self.transaction() as connection:
            self.put(connection, schema.products, [product_values(row)])
            is_linked = (table.c.external_id == row.external_id) & (table.c.category == category)
            connection.execute(delete(table).where(is_linked))

    def unannounce(self, row: ProductRow) -> None:
        """A POST was refused: the product is as unknown as before."""
        with self.transaction() as connection:
            table = schema.products
            connection.execute(delete(table).where(table.c.external_id == row.external_id))

    def was_settled_between(self, external_id: ProductId, since: float, until: float) -> bool:
        """Whether the newest version of this product was settled after one moment and before another."""
        rows = self.read(_SETTLED_AT, {"key": external_id})
        settled_at = rows[0].settled_at if rows else None
        return settled_at is not None and since < settled_at < until

    def count_live(self) -> int:
        """How many products are known and not archived."""
        return int(self.read(_LIVE_COUNT)[0][0])

    def live_products(self, most: int) -> dict[int, str]:
        """The SKUs of a few products that are known and not archived, by MicroPIM's id; spread over all ids."""
        number = schema.products.c.remote_id
        sku = func.coalesce(schema.products.c.shown_sku, schema.products.c.sku).label("sku")
        is_live = schema.products.c.archived.is_(False) & (number > 0)
        found: dict[int, str] = {}
        low, high = self.read(select(func.min(number), func.max(number)).where(is_live))[0]
        for step in range(most if low is not None else 0):
            least = low + (high - low) * step // most
            for at in (number >= least, number < least):  # where none is left above, one from below
                query = select(number, sku).where(is_live, at, number.not_in(found)).order_by(number).limit(1)
                if rows := self.read(query):
                    found[rows[0].remote_id] = rows[0].sku
                    break
        return found

    def agree(self, external_id: ProductId, handled: Mapping[str, str], ours: Mapping[str, Iterable[str]]) -> None:
        """Both sides agree on a product's facts; its record is looked at again when it comes."""
        table = schema.products
        values = {"acknowledged": dict(handled), "ours": {fact: list(prints) for fact, prints in ours.items()}}
        with self.transaction() as connection:
            connection.execute(update(table).where(table.c.external_id == external_id).values(**values))

    # Pictures

    def media(self, external_id: ProductId) -> dict[str, MediaRow]:
        """The pictures handled for a product."""
        rows = self.read(_MEDIA, {"key": external_id})
        return {row.picture: MediaRow(*row[1:]) for row in rows}

    def remember_media(self, external_id: ProductId, rows: Iterable[MediaRow], *, soon: bool = False) -> None:
        """Write pictures of a product; one whose address is too long to be sent needs no memory."""
        fitting = [row for row in rows if max(len(row.picture), len(row.url)) <= schema.MAX_ADDRESS]
        self.put_soon(schema.media, [{"external_id": external_id, **vars(row)} for row in fitting])
        if not soon:
            self.flush()

    def await_pictures(self, awaited: AwaitedPictures) -> None:
        """A product got pictures, and it is to be read whether they show. Written with the next transaction."""
        self.put_soon(schema.awaited_pictures, [vars(awaited)])

    def awaited_pictures(self, among: Iterable[int] | None = None) -> list[AwaitedPictures]:
        """Products to look at: those among MicroPIM's ids, or the first few of all."""
        if among is None:
            return [AwaitedPictures(*row) for row in self.read(_FIRST_AWAITED)]
        query = _AWAITED.where(schema.awaited_pictures.c.remote_id.in_(list(among)))
        return [AwaitedPictures(*row) for row in self.read(query)]

    def count_awaited_pictures(self) -> int:
        """How many products are to be looked at."""
        return int(self.read(_AWAITED_COUNT)[0][0])

    def pictures_counted(self, awaited: AwaitedPictures) -> None:
        """The pictures of this product were counted."""
        with self.transaction() as connection:
            self.write(connection, _COUNTED, {"key": awaited.external_id})

    # Categories, brands, suppliers

    def categories(self) -> dict[str, CategoryRow]:
        """The categories by external id."""
        rows = self.read(_CATEGORIES)
        return {row.external_id: CategoryRow(*row[1:]) for row in rows}

    def remember_category(self, external_id: str, row: CategoryRow) -> None:
        """Write a category."""
        with self.transaction() as connection:
            self.put(connection, schema.categories, [{"external_id": external_id, **vars(row)}])

    def live_products_in(self, categories: Collection[str]) -> dict[str, dict[int, str]]:
        """By category, the ids and SKUs of the products that are in it by us and not in the archive."""
        inside: dict[str, dict[int, str]] = {key: {} for key in categories}
        for rows in self._all_products() if inside else ():
            for row in rows:
                for key in inside.keys() & set(row.categories) if row.is_made and not row.archived else ():
                    inside[key][row.remote_id] = row.shown_sku or row.sku
        return inside

    def _all_products(self) -> Iterator[list[ProductRow]]:
        """Every row of a product, so many at a time."""
        table, last = schema.products, ""
        while True:
            query = select(table).where(table.c.external_id > last).order_by(table.c.external_id).limit(ROWS_AT_ONCE)
            rows = [product_row(row) for row in self.read(query)]
            yield rows
            if len(rows) < ROWS_AT_ONCE:
                return
            last = rows[-1].external_id

    def forget_category(self, external_id: str) -> None:
        """A person lets a category be made again that was deleted by hand: its products are put into it anew."""
        for rows in self._all_products():
            inside = [row for row in rows if external_id in row.categories]
            left = [
                replace(row, categories=tuple(key for key in row.categories if key != external_id)) for row in inside
            ]
            missing = [{"external_id": row.external_id, "category": external_id} for row in inside]
            with self.transaction() as connection:
                self.put(connection, schema.products, [product_values(row) for row in left])
                self.put(connection, schema.missing_categories, missing)
                self._has_missing = True
        with self.transaction() as connection:
            categories = schema.categories
            connection.execute(delete(categories).where(categories.c.external_id == external_id))

    def rename_category(self, external_id: str, new: str) -> None:
        """A category has another external id from now on."""
        table = schema.categories
        with self.transaction() as connection:
            connection.execute(update(table).where(table.c.external_id == external_id).values(external_id=new))

    def products_missing_categories(self) -> list[tuple[ProductId, str]]:
        """Products written before their category was there, with the category's external id."""
        rows = self.read(_MISSING)
        return [(row.external_id, row.category) for row in rows]

    def names(self, kind: str) -> dict[str, int | None]:
        """Folded name to id, or to None where two ids carry the name."""
        return {row.folded: row.remote_id for row in self.read(_NAMES, {"kind": kind})}

    def remember_names(self, kind: str, ids: Mapping[str, int | None]) -> None:
        """Write names."""
        with self.transaction() as connection:
            rows = [{"kind": kind, "folded": name[:255], "remote_id": number} for name, number in ids.items()]
            self.put(connection, schema.names, rows)

    def forget_name(self, kind: str, folded: str) -> None:
        """Drop a name whose id MicroPIM refuses."""
        table = schema.names
        with self.transaction() as connection:
            connection.execute(delete(table).where(table.c.kind == kind, table.c.folded == folded[:255]))
