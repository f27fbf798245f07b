"""What MicroPIM should hold of a product or category: the shape between mapping and planning. Pure data."""

from dataclasses import dataclass, field
from typing import Any

DELETED = "_sdc_deleted_at"  # Singer's mark of a deleted record


@dataclass(frozen=True)
class Picture:
    """One picture of a product. ``key`` is its identity in the source, whatever its address is today."""

    key: str
    url: str
    alt: str


@dataclass(frozen=True)
class AttributeValue:
    """One attribute of a product. ``name`` and ``kind`` serve where the definition is missing.

    ``aliases`` are names that a definition made earlier may have, in another language.
    """

    code: str
    name: str
    kind: str
    value: str | bool | int | float | list[Any]
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class DesiredProduct:
    """What MicroPIM should hold for one product.

    ``fields`` are MicroPIM's own write fields without the SKU; ``brand`` and ``supplier`` are names still to be
    resolved, ``categories`` external ids of the categories stream, ``category_ids`` ids that already are MicroPIM's.
    ``vat`` can only be compared (docs/api/micropim.md#vat-rate); ``languages`` are those of the source that MicroPIM
    cannot hold (docs/api/micropim.md#translations). ``deleted`` says that the record carries a mark of deletion
    (docs/api/micropim.md#product-delete); then it is ``inactive`` too.
    """

    external_id: str
    sku: str
    fields: dict[str, Any]
    brand: str | None = None
    supplier: str | None = None
    categories: tuple[str, ...] = ()
    category_ids: tuple[int, ...] = ()
    pictures: tuple[Picture, ...] = ()
    attributes: tuple[AttributeValue, ...] = ()
    vat: str | None = None
    languages: frozenset[str] = field(default_factory=frozenset)
    inactive: bool = False
    deleted: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class DesiredCategory:
    """One category; ``parent`` is the external id of its parent, or None below the root.

    ``order`` is its place among its siblings in the source.
    """

    external_id: str
    name: str
    parent: str | None
    description: str = ""
    order: float | None = None
