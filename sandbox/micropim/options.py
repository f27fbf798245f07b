"""Every knob and switch of the MicroPIM simulator (micropim.md 4 and 7).

Labels: D documented, I inferred, U unknown.  A default that is not D is a guess about the real service.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

DEFAULT_BRANDS = {1: "Exemplia", 2: "Rosalba", 3: "Vitaforte"}
DEFAULT_SUPPLIERS = {1: "Exemplia Labs", 2: "Groothandel Voorbeeld"}
DEFAULT_VAT_RATES: tuple[Mapping[str, Any], ...] = (
    {"id": 1, "name": "Standard Rate", "rate": "21.0000", "country_code": "BE"},
)


@dataclass(frozen=True, kw_only=True)
class MicroPimOptions:
    """Settings of one simulated organization."""

    api_key: str = "sandbox-micropim-key"
    """Value of ``X-API-KEY`` (D)."""
    has_organization: bool = True
    """False: every call with the valid key answers 403 (D)."""
    reads_per_minute: int | None = 120
    """GET calls per client IP in any 60 s (number U, the class D); None: no limit."""
    writes_per_minute: int | None = 60
    """All other calls per client IP in any 60 s (number U, the class D)."""
    pictures_per_minute: int | None = None
    """Of those, POSTs of pictures (U); None: none but the limit of writes."""
    retry_after: Literal["seconds", "none", "html"] = "seconds"
    """What a 429 carries (U): a Retry-After header, no header, or an HTML body without header."""
    clock: Callable[[], float] = time.monotonic
    """Seconds, for the limiter only."""
    latency: float = 0
    """Seconds before each answer."""

    brands: Mapping[int, str] = field(default_factory=lambda: dict(DEFAULT_BRANDS))
    """Brand ids and names; there is no brand route (D)."""
    suppliers: Mapping[int, str] = field(default_factory=lambda: dict(DEFAULT_SUPPLIERS))
    """Supplier ids and names; there is no supplier route (D)."""
    vat_rates: Sequence[Mapping[str, Any]] = DEFAULT_VAT_RATES
    """VAT rates; read only (D)."""
    channels: Sequence[str] = ()
    """Configured channels; empty means web and mobile (D)."""
    currency: str = "EUR"
    """Currency of products that name none (I)."""
    default_language: str = "en"
    """The one entry of ``available_translations`` (I)."""

    search: Literal["substring", "tokens", "names"] = "substring"
    """Row 1 (U): case-insensitive substring, or whole words split on punctuation; ``names``: not in SKUs at all."""
    order: Literal["id", "random"] = "id"
    """Rows 1 and 2 (U): list order; ``random`` differs on each call."""
    insert_while_paging: bool = False
    """Row 2 (U): somebody else creates a product before each page after the first."""
    archived: Literal["hidden", "shown"] = "hidden"
    """Row 3 (U): whether lists and searches without ``status`` hold archived products."""
    sku_unique: bool = True
    """Row 4 (I): 400 when another product has the SKU."""
    sku_unique_archived: bool = True
    """Row 4 (U): archived products block their SKU."""
    sku_unique_variants: bool = False
    """Row 4 (U): variants block their SKU."""
    barcode_miss: Literal["404", "null"] = "404"
    """Row 6 (I): 404, or 200 with ``data: null``."""
    barcode_archived: bool = False
    """Row 6 (U): archived products are found by barcode."""
    ean_strict: bool = False
    """Row 7 (U): 400 unless 13 digits with a right check digit."""
    patch_null: Literal["clears", "ignored", "400"] = "clears"
    """Row 8 (U): null in a PATCH."""
    patch_empty: Literal["clears", "ignored", "400"] = "clears"
    """Row 8 (U): an empty text in a PATCH."""
    patch_categories: Literal["replace", "merge", "ignored"] = "replace"
    """Row 9 (I): ``category_ids`` in a PATCH."""
    assign: Literal["additive", "replace"] = "additive"
    """Row 10 (I): POST category products."""
    unknown_brand: Literal["400", "ignored"] = "400"
    """Row 12 (I): unknown brand or supplier id."""
    unknown_category: Literal["400", "ignored"] = "400"
    """Unknown category id on a product (U)."""
    unknown_fields: Literal["ignored", "400", "kept"] = "ignored"
    """Rows 13 and 27 (U); ``kept``: stored, and shown with the product."""
    dedupe_media: bool = False
    """Row 15 (U): the same ``file_url`` twice gives one picture."""
    media: Literal["sync", "async", "never"] = "sync"
    """Row 18 (U): the picture shows at once, after some reads, or never although the answer was 201."""
    media_reads: int = 2
    """Row 18: after how many reads of the product an ``async`` picture shows."""
    unreachable_media: Literal["400", "accepted", "never"] = "accepted"
    """Row 18 (U): what happens to URLs in ``unreachable_urls``."""
    unreachable_urls: tuple[str, ...] = ("unreachable", ".invalid/")
    """A ``file_url`` that contains one of these texts counts as unreachable."""
    attributes: Literal["ignored", "map", "400"] = "ignored"
    """Row 20 (U): ``attributes`` on products."""
    translations: Literal["ignored", "accepted"] = "ignored"
    """Row 22 (U): a ``translations`` map on products."""
    equal_siblings: Literal["allowed", "400"] = "allowed"
    """Row 23 (U): two categories of one name under one parent."""
    max_category_depth: int | None = None
    """Row 23 (U): 400 beyond this depth (a root has depth 1)."""
    put_name_required: bool = False
    """Row 24 (U): PUT category without a name answers 400."""
    delete_category: Literal["400", "cascade"] = "400"
    """Row 25 (U): deleting a category that has children or products."""
    text_limit: bool = True
    """Row 28 (I): 400 over 255 characters in ``name`` or ``sku``."""
    stock_zero_flips: bool = False
    """Row 31 (U): stock 0 turns ``active`` into ``out_of_stock``."""
    unconfigured_channels: Literal["400", "ignored"] = "400"
    """Row 32 (U)."""
    slug_collision: Literal["suffix", "400"] = "suffix"
    """Row 35 (U)."""
    trailing_slash: Literal["404", "accepted"] = "404"
    """Row 37 (U)."""
    page_cap: int = 100
    """Row 38: 100 (D); 50 caps pages silently (U)."""
    page_limits: Literal["clamp", "400"] = "clamp"
    """Section 1.5 (U): ``limit`` or ``page`` outside the range."""
    total_pages_when_empty: int = 0
    """Section 1.5 (U): 0 or 1."""
    normalise_text: bool = False
    """Fault matrix row 22 (U): spaces around names and texts are trimmed when stored."""
    max_products: int | None = None
    """Row 34 (U): 403 on a create once this many products exist."""

    empty_map: Literal["[]", "{}"] = "[]"
    """Section 7 (I): how an empty map is written."""
    wrap_product: bool = False
    """Section 1.8 (U): a single product comes inside ``data.product``."""
    tree_shape: Literal["tree", "categories", "list"] = "tree"
    """Section 1.8 (U): ``data.tree``, ``data.categories``, or ``data`` itself a list."""
    categories_shape: Literal["categories", "list"] = "categories"
    """Section 1.8 (U): ``data.categories`` or ``data`` itself a list."""
    children_key: Literal["children", "subcategories"] = "children"
    """Section 1.8 (U)."""
    attributes_shape: Literal["attributes", "product_attributes", "list"] = "attributes"
    """Section 1.8 (U)."""
    media_answer: Literal["full", "url_only"] = "full"
    """Section 1.8 (U)."""
