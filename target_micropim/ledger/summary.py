"""A ledger for people: how many rows of each kind, its owner, the process that writes, and its products one by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from target_micropim.ledger import schema
from target_micropim.ledger.schema import ProductRow, product_row
from target_micropim.ledger.store import Ledger
from target_micropim.plan.pictures import IN_SHOP

PAGE_ROWS = 500


@dataclass(frozen=True)
class LedgerSummary:
    """``organization`` is None where no run has been yet; ``writer`` says which process holds the lock."""

    version: int
    organization: str | None
    writer: str | None
    products: int
    archived: int
    unfinished: int
    pictures: int
    categories: int

    @property
    def address(self) -> str | None:
        """The MicroPIM address of the owner, without the digest of its key."""
        return self.organization.split(" ")[0] if self.organization else None


def summarize(ledger: Ledger) -> LedgerSummary:
    """Count the rows, and read the owner and the lock."""
    products = schema.products
    is_made = products.c.remote_id > 0
    version, organization = int(ledger.fact("version") or 1), ledger.fact("organization")

    def count(table: Any, *conditions: Any) -> int:
        return int(ledger.read(select(func.count()).select_from(table).where(*conditions))[0][0])

    holders = ledger.read(select(schema.lock))
    return LedgerSummary(
        version=version,
        organization=organization,
        writer=f"process {holders[0].pid} on {holders[0].host}" if holders else None,
        products=count(products, is_made),
        archived=count(products, is_made, products.c.archived.is_(True)),
        unfinished=count(products, is_made, products.c.digest.is_(None)),
        pictures=count(schema.media, schema.media.c.state.in_(sorted(IN_SHOP))),
        categories=count(schema.categories),
    )


def products_called(ledger: Ledger, name: str, most: int = 10) -> list[ProductRow]:
    """Products that have this SKU, here or as MicroPIM shows it, or this id in the source."""
    table = schema.products
    called = (table.c.external_id == name) | (table.c.sku == name) | (table.c.shown_sku == name)
    return [product_row(row) for row in ledger.read(select(table).where(called).limit(most))]


def export_products(ledger: Ledger) -> Iterator[dict[str, Any]]:
    """The products, in the order of their ids, a page at a time."""
    table = schema.products
    last = ""
    while True:
        query = select(table).where(table.c.external_id > last).order_by(table.c.external_id).limit(PAGE_ROWS)
        rows = [{str(name): value for name, value in row._asdict().items()} for row in ledger.read(query)]
        if not rows:
            return
        yield from rows
        last = rows[-1]["external_id"]
