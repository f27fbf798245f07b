"""Pure: MicroPIM's product fields, one row each. Policies, comparison, mapping and the native profile are derived.

The order is that of fields in a request of the native profile. Why the table stands here, and how a value that must be
chosen among several of Medipim's is made: docs/decisions/0023.
"""

from dataclasses import dataclass
from typing import Literal

# What a value is: how it is read from a record, compared and cleaned.
#   text       one line
#   html       HTML, cleaned
#   line       one line out of HTML
#   money      decimal text; Medipim has cents
#   pieces     a whole number
#   gtin       digits with a check digit
#   choice     set by a setting or by the program, never by a path into a record
#   reference  the id of something that MicroPIM shows as an object under another name
#   map        a map whose entries are compared and remembered one by one, as ``<field>.<entry>``
Kind = Literal["text", "html", "line", "money", "pieces", "gtin", "choice", "reference", "map"]

ATTRIBUTES = "attributes"
EXTRAS = "extra_fields"


@dataclass(frozen=True)
class Field:
    """One field that MicroPIM lets us write.

    ``native_policy`` is the default for records in MicroPIM's own shape: they are somebody's deliberate statement, and
    only what reaches shops at once stays put. ``clearable``: ``clear_missing`` may empty it; without a name, a state or
    a currency a product is none. ``shown_as`` is the name under which MicroPIM shows a reference. ``path`` is where
    Medipim has the value, written as in ``field_map``; without it, ``SOURCES`` of mapping/field_rows.py may say more.
    """

    name: str
    policy: str
    kind: Kind
    native_policy: str = "if_source_changed"
    clearable: bool = False
    shown_as: str = ""
    path: str | None = None


FIELDS: tuple[Field, ...] = (
    Field("name", "if_source_changed", "text"),
    Field("description", "if_source_changed", "html", clearable=True),
    Field("short_description", "if_source_changed", "line", clearable=True),
    Field("price", "create_only", "money", clearable=True),
    Field("sale_price", "never", "money", clearable=True),
    Field("cost_price", "never", "money", clearable=True),
    Field("currency", "create_only", "choice"),
    Field("status", "create_only", "choice", native_policy="create_only"),
    Field("stock", "create_only", "pieces"),
    Field("ean", "if_empty", "gtin", clearable=True),
    Field("brand_id", "if_empty", "reference", clearable=True, shown_as="brand"),
    Field("supplier_id", "if_empty", "reference", clearable=True, shown_as="supplier"),
    Field("publishing_channels", "create_only", "choice", native_policy="create_only"),
    Field("product_type", "create_only", "choice", native_policy="create_only"),
    Field(ATTRIBUTES, "if_source_changed", "map"),
    Field(EXTRAS, "if_source_changed", "map"),
)

# Shown by MicroPIM and made by it, or written in another way: never fields of a request.
READ_ONLY = ("id", "slug", "in_stock", "vat_rate", "categories", "images", "available_translations")
