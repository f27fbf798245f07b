"""What we sent and what it became in MicroPIM. The only place that talks SQL.

Law: the ledger is a cache. Deleting it costs reads, never doubles. It belongs to one organization (address and key)
and serves one run at a time. Everything here is written before the fact is relied upon, and committed at once.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, create_engine, delete, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from target_micropim.errors import LedgerUnusable
from target_micropim.ledger import tables

ProductId = str


@dataclass(frozen=True)
class ProductRow:
    """One product: where it is in MicroPIM, what we acknowledged of the source and what MicroPIM showed after it."""

    external_id: ProductId
    sku: str
    remote_id: int
    digest: str | None = None
    acknowledged: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    archived: bool = False


@dataclass(frozen=True)
class MediaRow:
    """One picture: ``intent`` before it is sent, then ``sent``, ``assumed`` (found later), ``refused`` or ``left``."""

    picture: str
    url: str
    state: str
    count_before: int = 0


@dataclass(frozen=True)
class SeenProduct:
    """A product of the catalogue as this run saw it, reduced to fingerprints."""

    remote_id: int
    sku: str
    gtin: str | None
    images: int
    server: Mapping[str, str]
    category_ids: tuple[int, ...]


class Ledger:
    """Opened for one run; every method is one short transaction, from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._one_at_a_time = threading.RLock()
        upserts = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
        self._insert: Any = upserts[engine.dialect.name]

    @classmethod
    def open(cls, url: str) -> "Ledger":
        """Open or make the database. Raises LedgerUnusable with what to do."""
        try:
            engine = _engine(url)
            tables.METADATA.create_all(engine)
        except (SQLAlchemyError, OSError, ValueError, ImportError) as error:
            raise LedgerUnusable(f"ledger_url {_shown(url)}: cannot be opened ({_cause(error)})") from None
        return cls(engine)

    def close(self) -> None:
        """Let the database go."""
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction; a failure of the database ends the run, since nothing could be remembered any more."""
        try:
            with self._one_at_a_time, self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise LedgerUnusable(
                f"The ledger failed ({_cause(error)}): nothing is sent that cannot be remembered"
            ) from None

    def put(self, connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert rows, replacing those with the same primary key."""
        if values := [dict(row) for row in rows]:
            keys = [column.name for column in table.primary_key]
            statement = self._insert(table)
            rest = {
                c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys and c.name in values[0]
            }
            done = (
                statement.on_conflict_do_update(index_elements=keys, set_=rest)
                if rest
                else statement.on_conflict_do_nothing()
            )
            connection.execute(done, values)

    # Facts about the ledger itself

    def fact(self, name: str) -> str | None:
        """A fact of the meta table."""
        with self.transaction() as connection:
            return connection.execute(select(tables.meta.c.value).where(tables.meta.c.name == name)).scalar()

    def note(self, name: str, value: str) -> None:
        """Write a fact of the meta table."""
        with self.transaction() as connection:
            self.put(connection, tables.meta, [{"name": name, "value": value}])

    def claim_for(self, organization: str) -> None:
        """Bind a new ledger to its organization. Raises LedgerUnusable when it is another one's, or newer than us."""
        version = self.fact("version") or str(tables.VERSION)
        if int(version) > tables.VERSION:
            raise LedgerUnusable(
                f"ledger_url: made by a newer version ({version}); update this program or use another file"
            )
        owner = self.fact("organization")
        if owner is not None and owner != organization:
            raise LedgerUnusable(
                "ledger_url: this ledger belongs to another MicroPIM address or key; give each organization its own "
                "ledger_url (for a new key of the same organization: delete the ledger, it is rebuilt by reading)"
            )
        self.note("version", str(tables.VERSION))
        self.note("organization", organization)

    # Products

    def products(self, ids: Iterable[ProductId]) -> dict[ProductId, ProductRow]:
        """The rows of several products, in one query."""
        query = select(tables.products).where(tables.products.c.external_id.in_(list(ids)))
        with self.transaction() as connection:
            return {row.external_id: _product_row(row) for row in connection.execute(query)}

    def digests(self, ids: Iterable[ProductId]) -> dict[ProductId, str]:
        """Only the digests of settled products: the fast road of unchanged records."""
        columns = (tables.products.c.external_id, tables.products.c.digest)
        query = select(*columns).where(tables.products.c.external_id.in_(list(ids)))
        with self.transaction() as connection:
            return {key: found for key, found in connection.execute(query) if found is not None}

    def product(self, external_id: ProductId) -> ProductRow | None:
        """The row of one product."""
        return self.products([external_id]).get(external_id)

    def owner_of_sku(self, sku: str) -> ProductId | None:
        """The external id that holds a SKU."""
        return self._owner(tables.products.c.sku == sku)

    def owner_of_remote_id(self, remote_id: int) -> ProductId | None:
        """The external id that holds a product of MicroPIM."""
        return self._owner(tables.products.c.remote_id == remote_id)

    def _owner(self, condition: ColumnElement[bool]) -> ProductId | None:
        """Whom a product belongs to; one that was never made (remote id 0) holds nothing."""
        query = select(tables.products.c.external_id).where(condition, tables.products.c.remote_id > 0)
        with self.transaction() as connection:
            return connection.execute(query).scalar()

    def remember(self, row: ProductRow) -> None:
        """Write a product's row."""
        with self.transaction() as connection:
            self.put(connection, tables.products, [_product_values(row)])

    def settle(self, row: ProductRow, digest: str, missing: Iterable[str]) -> None:
        """Everything about this record is done; ``missing`` categories are linked when they arrive."""
        with self.transaction() as connection:
            self.put(connection, tables.products, [_product_values(replace(row, digest=digest))])
            table = tables.missing_categories
            connection.execute(delete(table).where(table.c.external_id == row.external_id))
            self.put(connection, table, [{"external_id": row.external_id, "category": key} for key in missing])

    def linked(self, row: ProductRow, category: str) -> None:
        """A category that was missing has been linked."""
        table = tables.missing_categories
        with self.transaction() as connection:
            self.put(connection, tables.products, [_product_values(row)])
            mine = (table.c.external_id == row.external_id) & (table.c.category == category)
            connection.execute(delete(table).where(mine))

    def forget(self, external_id: ProductId) -> None:
        """Drop a product whose id MicroPIM no longer knows, with its pictures."""
        with self.transaction() as connection:
            for table in (tables.products, tables.media, tables.missing_categories):
                connection.execute(delete(table).where(table.c.external_id == external_id))

    def count_live(self) -> int:
        """How many products are known and not archived."""
        query = select(func.count()).select_from(tables.products).where(tables.products.c.archived.is_(False))
        with self.transaction() as connection:
            return int(connection.execute(query).scalar_one())

    # Pictures

    def media(self, external_id: ProductId) -> dict[str, MediaRow]:
        """The pictures handled for a product."""
        query = select(tables.media).where(tables.media.c.external_id == external_id)
        with self.transaction() as connection:
            rows = connection.execute(query)
            return {row.picture: MediaRow(row.picture, row.url, row.state, row.count_before) for row in rows}

    def remember_media(self, external_id: ProductId, rows: Iterable[MediaRow]) -> None:
        """Write pictures of a product."""
        with self.transaction() as connection:
            self.put(connection, tables.media, [{"external_id": external_id, **vars(row)} for row in rows])

    # Categories, brands, suppliers

    def categories(self) -> dict[str, int]:
        """External id to MicroPIM id."""
        with self.transaction() as connection:
            return {row.external_id: row.remote_id for row in connection.execute(select(tables.categories))}

    def remember_category(self, external_id: str, remote_id: int) -> None:
        """Write a category."""
        with self.transaction() as connection:
            self.put(connection, tables.categories, [{"external_id": external_id, "remote_id": remote_id}])

    def products_missing_categories(self) -> list[tuple[ProductId, str]]:
        """Products written before their category was there, with the category's external id."""
        table = tables.missing_categories
        with self.transaction() as connection:
            rows = connection.execute(select(table.c.external_id, table.c.category).order_by(table.c.external_id))
            return [(row.external_id, row.category) for row in rows]

    def names(self, kind: str) -> dict[str, int | None]:
        """Folded name to id, or to None where two ids carry the name."""
        query = select(tables.names.c.folded, tables.names.c.remote_id).where(tables.names.c.kind == kind)
        with self.transaction() as connection:
            return {row.folded: row.remote_id for row in connection.execute(query)}

    def remember_names(self, kind: str, found: Mapping[str, int | None]) -> None:
        """Write names."""
        with self.transaction() as connection:
            rows = [{"kind": kind, "folded": name[:255], "remote_id": number} for name, number in found.items()]
            self.put(connection, tables.names, rows)

    # The catalogue as seen by this run

    def forget_seen(self) -> None:
        """Empty the index."""
        with self.transaction() as connection:
            connection.execute(delete(tables.seen_products))

    def remember_seen(self, rows: Iterable[SeenProduct]) -> None:
        """Write products of the index."""
        with self.transaction() as connection:
            values = [{**vars(row), "server": dict(row.server), "category_ids": list(row.category_ids)} for row in rows]
            self.put(connection, tables.seen_products, values)

    def count_seen(self) -> int:
        """How many different products the index holds."""
        with self.transaction() as connection:
            return int(connection.execute(select(func.count()).select_from(tables.seen_products)).scalar_one())

    def seen(self, *, sku: str | None = None, gtin: str | None = None) -> list[SeenProduct]:
        """Products of the index with exactly this SKU, or this GTIN."""
        table = tables.seen_products
        query = select(table).where(table.c.sku == sku if sku is not None else table.c.gtin == gtin)
        with self.transaction() as connection:
            return [
                SeenProduct(r.remote_id, r.sku, r.gtin, r.images, r.server, tuple(r.category_ids))
                for r in connection.execute(query)
            ]


def _product_row(row: Any) -> ProductRow:
    return ProductRow(
        row.external_id,
        row.sku,
        row.remote_id,
        row.digest,
        row.acknowledged,
        row.written,
        tuple(row.categories),
        row.archived,
    )


def _product_values(row: ProductRow) -> dict[str, Any]:
    return {
        **vars(row),
        "acknowledged": dict(row.acknowledged),
        "written": dict(row.written),
        "categories": list(row.categories),
    }


def _engine(url: str) -> Engine:
    place = make_url(url)
    if place.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ValueError("sqlite:/// and postgresql:// are supported")
    if place.get_backend_name() != "sqlite":
        return create_engine(place, pool_pre_ping=True)
    if place.database and place.database != ":memory:":
        Path(place.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(place, connect_args={"timeout": 30, "check_same_thread": False})
    event.listen(engine, "connect", _careful)
    return engine


def _careful(connection: Any, _record: Any) -> None:
    """Readers do not block the writer, and a commit survives a loss of power."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _shown(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return "(not an address of a database)"


def _cause(error: BaseException) -> str:
    origin = getattr(error, "orig", None) or error
    return str(origin).splitlines()[0][:200] if str(origin) else type(origin).__name__
