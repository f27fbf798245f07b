"""The fields of a product, each in one row: how it is checked, stored, shown and compared.

``checks.py``, ``store.py``, ``render.py`` and ``snapshot.py`` read this table. A new field of the API is one row here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sandbox.exchange import JsonValue

Kind = Literal[
    "text", "price", "status", "integer", "brand", "supplier", "categories", "channels",
    "switched",  # written only if a switch of the options allows it
    "read-only",  # never written through the API
]  # fmt: skip


@dataclass(frozen=True)
class ProductField:
    """One field.

    ``kind`` names the check of a written value.  ``default`` is what a product without the field holds, and what null
    in a PATCH leaves.  ``nullable``: whether null in a PATCH may empty it at all.  ``compared``: whether
    ``MicroPimService.snapshot`` holds the value as it is stored.
    """

    name: str
    kind: Kind
    default: JsonValue = None
    nullable: bool = True
    compared: bool = True


# In the order in which the API shows them.
PRODUCT_FIELDS: tuple[ProductField, ...] = (
    ProductField("sku", "text", nullable=False, compared=False),
    ProductField("name", "text", nullable=False),
    ProductField("description", "text"),
    ProductField("short_description", "text"),
    ProductField("product_type", "text", "simple", compared=False),
    ProductField("price", "price"),
    ProductField("sale_price", "price"),
    ProductField("cost_price", "price"),
    ProductField("currency", "text"),  # a new product has that of the options
    ProductField("status", "status", "draft", nullable=False),
    ProductField("stock", "integer", 0),
    ProductField("ean", "text"),
    ProductField("vat_rate_id", "read-only", compared=False),
    ProductField("brand_id", "brand", compared=False),
    ProductField("supplier_id", "supplier", compared=False),
    ProductField("category_ids", "categories", [], compared=False),
    ProductField("publishing_channels", "channels", []),
    ProductField("translations", "switched", {}, compared=False),
    ProductField("product_condition", "read-only", "new", compared=False),
    ProductField("attributes", "switched", {}),
)
FIELD_NAMES = frozenset(field.name for field in PRODUCT_FIELDS)
WRITABLE: Mapping[str, Kind] = {
    field.name: field.kind for field in PRODUCT_FIELDS if field.kind not in {"switched", "read-only"}
}
READ_ONLY = frozenset(field.name for field in PRODUCT_FIELDS if field.kind == "read-only")
NOT_NULLABLE = frozenset(field.name for field in PRODUCT_FIELDS if not field.nullable)
COMPARED = tuple(field.name for field in PRODUCT_FIELDS if field.compared)
_DEFAULTS: Mapping[str, JsonValue] = {field.name: field.default for field in PRODUCT_FIELDS}


def default_of(name: str) -> JsonValue:
    """The default of a field, a list or an object of its own; None for a field that is not in the table."""
    value = _DEFAULTS.get(name)
    return value.copy() if isinstance(value, list | dict) else value
