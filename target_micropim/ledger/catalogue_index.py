"""The index of MicroPIM's catalogue, as this run saw it; emptied at the start of each run."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, delete, func, select

from target_micropim.ledger import schema
from target_micropim.ledger.database import Database
from target_micropim.ledger.schema import ProductId, SeenProduct
from target_micropim.ledger.statements import Prepared

_FORGOTTEN = Prepared(delete(schema.seen_products))
_COUNT = Prepared(select(func.count()).select_from(schema.seen_products))
_OF_SKU = Prepared(select(schema.seen_products).where(schema.seen_products.c.sku == bindparam("sku")))
_IN_ANOTHER_CASE = Prepared(  # reads the whole index: asked only before a product is made
    select(schema.seen_products).where(
        func.lower(schema.seen_products.c.sku) == func.lower(bindparam("sku")),
        schema.seen_products.c.sku != bindparam("sku"),
    )
)
_OF_GTIN = Prepared(select(schema.seen_products).where(schema.seen_products.c.gtin == bindparam("gtin")))
_KNOWN_AND_SEEN = Prepared(
    select(func.count())
    .select_from(schema.products)
    .where(schema.products.c.remote_id > 0, schema.products.c.remote_id.in_(select(schema.seen_products.c.remote_id)))
)
_DOUBLED = Prepared(
    select(schema.products.c.sku, schema.products.c.external_id, schema.seen_products.c.remote_id)
    .join(schema.seen_products, schema.seen_products.c.sku == schema.products.c.sku)
    .where(
        schema.products.c.sku.in_(
            select(schema.seen_products.c.sku).group_by(schema.seen_products.c.sku).having(func.count() > 1)
        ),
        schema.products.c.remote_id > 0,
    )
    .order_by(schema.products.c.sku, schema.seen_products.c.remote_id)
)


class CatalogueIndex(Database):
    """The part of the ledger that is about the list of all products."""

    def forget_seen(self) -> None:
        """Empty the index."""
        with self.transaction() as connection:
            self.write(connection, _FORGOTTEN, {})

    def remember_seen(self, rows: Iterable[SeenProduct]) -> None:
        """Write products of the index."""
        with self.transaction() as connection:
            values = [{**vars(row), "server": dict(row.server), "category_ids": list(row.category_ids)} for row in rows]
            self.put(connection, schema.seen_products, values)

    def count_seen(self) -> int:
        """How many different products the index holds."""
        return int(self.read(_COUNT)[0][0])

    def seen_among(self, ids: Iterable[int]) -> frozenset[int]:
        """Those of MicroPIM's ids that the index holds."""
        column = schema.seen_products.c.remote_id
        return frozenset(row.remote_id for row in self.read(select(column).where(column.in_(list(ids)))))

    def count_known_and_seen(self) -> int:
        """How many products of the ledger the index holds."""
        return int(self.read(_KNOWN_AND_SEEN)[0][0])

    def doubled_skus(self) -> list[tuple[str, ProductId, list[int]]]:
        """The SKUs of this ledger that the list shows more than once, live: with their record and MicroPIM's ids."""
        doubled: dict[tuple[str, ProductId], list[int]] = {}
        for row in self.read(_DOUBLED):
            doubled.setdefault((row.sku, row.external_id), []).append(row.remote_id)
        return [(*key, ids) for key, ids in doubled.items()]

    def seen(self, *, sku: str | None = None, gtin: str | None = None) -> list[SeenProduct]:
        """Products of the index with exactly this SKU, or this GTIN."""
        return _products(self.read(_OF_SKU, {"sku": sku}) if sku is not None else self.read(_OF_GTIN, {"gtin": gtin}))

    def seen_in_another_case(self, sku: str) -> list[SeenProduct]:
        """Products of the index whose SKU is this one, but for the case of its letters."""
        return _products(self.read(_IN_ANOTHER_CASE, {"sku": sku}))


def _products(rows: Iterable[Any]) -> list[SeenProduct]:
    return [
        SeenProduct(row.remote_id, row.sku, row.gtin, row.images, row.server, tuple(row.category_ids)) for row in rows
    ]
