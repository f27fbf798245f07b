"""What MicroPIM should hold of a product or category: the shape between mapping and planning. Pure data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DELETED = "_sdc_deleted_at"  # Singer's mark of a deleted record


@dataclass(frozen=True)
class Picture:
    """One picture of a product: its ``url`` is what it is, ``key`` names it in the source.

    ``addresses`` are those of all its formats: one that was sent in another format was sent.
    """

    key: str
    url: str
    alt: str
    addresses: frozenset[str] = frozenset()


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
    resolved, ``categories`` external ids of the categories stream, ``category_ids`` ids that already are MicroPIM's;
    ``named_categories`` are ids that may be either. ``unknown_fields`` are those of the record that nothing becomes of.
    ``vat`` can only be compared (docs/api/micropim.md#vat-rate); ``languages`` are those of the source that MicroPIM
    cannot hold (docs/api/micropim.md#translations). ``source_addresses`` are those of all pictures that the source has
    for this shop, in whatever language; None where the record does not say. ``addresses_for_others`` are those of the
    pictures that are for other target groups only, ``ended_attributes`` those whose links are over. ``deleted``
    says that the record carries a mark of deletion (docs/api/micropim.md#product-delete); then it is ``inactive`` too.
    ``other_languages`` are the texts that were taken in another language than the one asked for, by field;
    ``for_a_person`` is what no program can put right. ``record`` is what it was made of, to be kept where a person has
    to decide.
    """

    external_id: str
    sku: str
    fields: dict[str, Any]
    brand: str | None = None
    supplier: str | None = None
    categories: tuple[str, ...] = ()
    category_ids: tuple[int, ...] = ()
    named_categories: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    source_addresses: frozenset[str] | None = None
    addresses_for_others: frozenset[str] = frozenset()
    attributes: tuple[AttributeValue, ...] = ()
    ended_attributes: tuple[AttributeValue, ...] = ()
    vat: str | None = None
    languages: frozenset[str] = field(default_factory=frozenset)
    inactive: bool = False
    deleted: bool = False
    warnings: tuple[str, ...] = ()
    other_languages: Mapping[str, str] = field(default_factory=dict)
    for_a_person: tuple[str, ...] = ()
    record: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)
    unknown_fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class DesiredCategory:
    """One category; ``parent`` is the external id of its parent, or None below the root.

    ``order`` is its place among its siblings in the source, ``other_language`` that of its name, where it is missing in
    the one asked for. ``unknown_fields`` are those of the record that nothing becomes of.
    """

    external_id: str
    name: str
    parent: str | None
    description: str = ""
    order: float | None = None
    other_language: str | None = None
    unknown_fields: tuple[str, ...] = ()
