"""The rows of the ledger as the rest of the program sees them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ProductId = str
ABSENT = 0  # the remote id of a product that was never made


@dataclass(frozen=True)
class ProductRow:
    """One product: where it is in MicroPIM, what we acknowledged of the source and what MicroPIM showed after it.

    ``on_its_way`` is what a write sends, kept until its end is remembered: a run may be killed in between.
    """

    external_id: ProductId
    sku: str
    remote_id: int
    digest: str | None = None
    acknowledged: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    archived: bool = False
    on_its_way: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MediaRow:
    """One picture: ``intent`` before it is sent, then ``sent``, ``assumed`` (found later), ``refused`` or ``left``.

    ``count_before`` pictures were there when it was sent.
    """

    picture: str
    url: str
    state: str
    count_before: int = 0


@dataclass(frozen=True)
class AwaitedPictures:
    """A product that got pictures, and how many it should show."""

    external_id: ProductId
    remote_id: int
    sku: str
    expected: int


@dataclass(frozen=True)
class SeenProduct:
    """A product of the catalogue as this run saw it, reduced to fingerprints."""

    remote_id: int
    sku: str
    gtin: str | None
    images: int
    server: Mapping[str, str]
    category_ids: tuple[int, ...]


def product_row(row: Any) -> ProductRow:
    """A product from its row in the database."""
    return ProductRow(
        row.external_id,
        row.sku,
        row.remote_id,
        row.digest,
        row.acknowledged,
        row.written,
        tuple(row.categories),
        row.archived,
        row.on_its_way or {},
    )


def product_values(row: ProductRow) -> dict[str, Any]:
    """A product as its row in the database."""
    return {
        **vars(row),
        "acknowledged": dict(row.acknowledged),
        "written": dict(row.written),
        "on_its_way": dict(row.on_its_way),
        "categories": list(row.categories),
    }
