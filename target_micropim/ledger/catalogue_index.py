"""The index of MicroPIM's catalogue, as this run saw it; emptied at the start of each run."""

from collections.abc import Iterable

from sqlalchemy import delete, func, select

from target_micropim.ledger import schema
from target_micropim.ledger.database import Database
from target_micropim.ledger.schema import ProductId, SeenProduct


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
        return int(self.read(select(func.count()).select_from(schema.seen_products))[0][0])

    def seen_among(self, ids: Iterable[int]) -> frozenset[int]:
        """Those of MicroPIM's ids that the index holds."""
        column = schema.seen_products.c.remote_id
        return frozenset(row.remote_id for row in self.read(select(column).where(column.in_(list(ids)))))

    def count_known_and_seen(self) -> int:
        """How many products of the ledger the index holds."""
        known, seen = schema.products.c.remote_id, schema.seen_products.c.remote_id
        query = select(func.count()).select_from(schema.products).where(known > 0, known.in_(select(seen)))
        return int(self.read(query)[0][0])

    def doubled_skus(self) -> list[tuple[str, ProductId, list[int]]]:
        """The SKUs of this ledger that the list shows more than once, live: with their record and MicroPIM's ids."""
        seen, known = schema.seen_products, schema.products
        twice = select(seen.c.sku).group_by(seen.c.sku).having(func.count() > 1)
        query = (
            select(known.c.sku, known.c.external_id, seen.c.remote_id)
            .join(seen, seen.c.sku == known.c.sku)
            .where(known.c.sku.in_(twice), known.c.remote_id > 0)
            .order_by(known.c.sku, seen.c.remote_id)
        )
        doubled: dict[tuple[str, ProductId], list[int]] = {}
        for row in self.read(query):
            doubled.setdefault((row.sku, row.external_id), []).append(row.remote_id)
        return [(*key, ids) for key, ids in doubled.items()]

    def seen(self, *, sku: str | None = None, gtin: str | None = None) -> list[SeenProduct]:
        """Products of the index with exactly this SKU, or this GTIN."""
        table = schema.seen_products
        query = select(table).where(table.c.sku == sku if sku is not None else table.c.gtin == gtin)
        return [
            SeenProduct(row.remote_id, row.sku, row.gtin, row.images, row.server, tuple(row.category_ids))
            for row in self.read(query)
        ]
