"""What a plan would make of products: MicroPIM's answers as they would be, kept beside a copy of the ledger.

On disk rather than in memory, since the plan of a first load holds the whole catalogue.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, MetaData, String, Table, select

from target_micropim.ledger.store import Ledger

_METADATA = MetaData()

_planned = Table(
    "planned_products",
    _METADATA,
    Column("remote_id", BigInteger, primary_key=True, autoincrement=False),
    Column("is_new", Boolean, nullable=False),
    Column("sku", String, index=True),
    Column("ean", String, index=True),
    Column("shown", JSON, nullable=False),
)


class Planned:
    """Products as MicroPIM would show them after the plan. ``ledger`` must be a private copy."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        with ledger.transaction() as connection:
            _METADATA.create_all(connection)

    def put(self, product: dict[str, Any], *, is_new: bool) -> None:
        """Keep a product that the plan makes or changes."""
        keys = {"sku": str(product.get("sku") or "").strip(), "ean": str(product.get("ean") or "").strip() or None}
        row = {"remote_id": product["id"], "is_new": is_new, **keys, "shown": product}
        with self._ledger.transaction() as connection:
            self._ledger.put(connection, _planned, [row])

    def among(self, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """Those of the products that the plan makes or changes."""
        query = select(_planned.c.remote_id, _planned.c.shown).where(_planned.c.remote_id.in_(list(ids)))
        with self._ledger.transaction() as connection:
            return {row.remote_id: row.shown for row in connection.execute(query)}

    def new(self, *, sku: str | None = None, ean: str | None = None) -> list[dict[str, Any]]:
        """Products that the plan makes: all, or those with this SKU or EAN."""
        query = select(_planned.c.shown).where(_planned.c.is_new.is_(True)).order_by(_planned.c.remote_id)
        if sku is not None:
            query = query.where(_planned.c.sku == sku)
        if ean is not None:
            query = query.where(_planned.c.ean == ean)
        with self._ledger.transaction() as connection:
            return list(connection.execute(query).scalars())
