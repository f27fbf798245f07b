"""The index of MicroPIM's catalogue, as this run saw it; emptied at the start of each run."""

from collections.abc import Iterable

from sqlalchemy import delete, func, select

from target_micropim.ledger import schema
from target_micropim.ledger.database import Database
from target_micropim.ledger.schema import SeenProduct


class CatalogueIndex(Database):
    """The part of the ledger that is about the list of all products."""

    def forget_seen(self) -> None:
        """Empty the index."""
        with self.transaction() as connection:
            connection.execute(delete(schema.seen_products))

    def remember_seen(self, rows: Iterable[SeenProduct]) -> None:
        """Write products of the index."""
        with self.transaction() as connection:
            values = [{**vars(row), "server": dict(row.server), "category_ids": list(row.category_ids)} for row in rows]
            self.put(connection, schema.seen_products, values)

    def count_seen(self) -> int:
        """How many different products the index holds."""
        with self.transaction() as connection:
            return int(connection.execute(select(func.count()).select_from(schema.seen_products)).scalar_one())

    def seen_among(self, ids: Iterable[int]) -> frozenset[int]:
        """Those of MicroPIM's ids that the index holds."""
        column = schema.seen_products.c.remote_id
        with self.transaction() as connection:
            return frozenset(connection.execute(select(column).where(column.in_(list(ids)))).scalars())

    def count_known_and_seen(self) -> int:
        """How many products of the ledger the index holds."""
        known, seen = schema.products.c.remote_id, schema.seen_products.c.remote_id
        query = select(func.count()).select_from(schema.products).where(known > 0, known.in_(select(seen)))
        with self.transaction() as connection:
            return int(connection.execute(query).scalar_one())

    def seen(self, *, sku: str | None = None, gtin: str | None = None) -> list[SeenProduct]:
        """Products of the index with exactly this SKU, or this GTIN."""
        table = schema.seen_products
        query = select(table).where(table.c.sku == sku if sku is not None else table.c.gtin == gtin)
        with self.transaction() as connection:
            return [
                SeenProduct(r.remote_id, r.sku, r.gtin, r.images, r.server, tuple(r.category_ids))
                for r in connection.execute(query)
            ]
