"""Every knob and switch of the MicroPIM simulator (docs/api/micropim.md#gaps, docs/api/micropim.md#sandbox-choices).

Labels: D documented, I inferred, U unknown.  A default that is not D is a guess about the real service.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

TextForm = Literal[
    "capitalised", "single_spaces", "void_tags", "entities", "paragraphs", "decomposed", "question_marks", "line_end",
]  # fmt: skip
IdsAsText = Literal["list", "product", "category", "tree"]
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
    limit_by: Literal["address", "key", "both"] = "address"
    """What calls are counted by: the client's address (D), its key, or each of both."""
    retry_after: Literal["seconds", "none", "html"] = "seconds"
    """What a 429 carries (U): a Retry-After header, no header, or an HTML body without header."""
    clock: Callable[[], float] = time.monotonic
    """Seconds, for the limiter and for what shows late."""
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

    search: Literal["substring", "tokens", "names", "beginnings", "counted"] = "substring"
    """Case-insensitive substring, or whole words split on punctuation; ``names``: not in SKUs at all; ``beginnings``:
    of names only; ``counted``: ``total_items`` says 1 and no product is shown (U).

    See docs/api/micropim.md#find-by-sku and docs/api/micropim.md#odd-lists.
    """
    product_list: Literal[
        "whole", "null", "unpaged", "total_too_high", "one_page", "empty_page", "no_skus", "null_skus", "no_images"
    ] = "whole"
    """Lists and searches as documented, or with ``data: null``, without ``pagination``, with a total that is one too
    high, with ``total_pages`` 1 whatever the total, with a total and no products, or with products that lack a field
    or show null in it (U).

    See docs/api/micropim.md#odd-lists.
    """
    show_after_seconds: float = 0
    """How long a product that was made through the API stays out of lists, searches and barcodes (U).

    See docs/api/micropim.md#shown-late.
    """
    pictures_after_seconds: float = 0
    """How long a new picture stays out of ``images`` (U, docs/api/micropim.md#shown-late)."""
    categories_after_seconds: float = 0
    """How long a new category stays out of the tree and the lists (U, docs/api/micropim.md#shown-late)."""
    text_forms: tuple[TextForm, ...] = ()
    """What becomes of names and texts when they are stored (U, docs/api/micropim.md#stored-form)."""
    unstorable: Literal["kept", "500"] = "kept"
    """Texts with NUL or a character of four bytes in UTF-8: kept, or the write is answered 500 (U).

    See docs/api/micropim.md#text-limits.
    """
    sku_form: Literal["as_sent", "lower", "cut"] = "as_sent"
    """SKUs stored as sent, in small letters, or cut to 6 characters (U, docs/api/micropim.md#stored-form)."""
    answers: Literal["stored", "echo"] = "stored"
    """POST and PATCH of a product show what is stored, or the values as they were sent (U).

    See docs/api/micropim.md#stored-form.
    """
    patch_kept: Literal["at_once", "late", "never"] = "at_once"
    """A PATCH that is answered 200 is stored at once, after ``kept_after_seconds``, or never (U).

    See docs/api/micropim.md#kept-late.
    """
    archive_kept: Literal["at_once", "late", "never"] = "at_once"
    """The same of a DELETE that is answered 200 (U, docs/api/micropim.md#kept-late)."""
    kept_after_seconds: float = 5
    """How late is late (docs/api/micropim.md#kept-late)."""
    read_only: Literal["no", "400", "403", "405", "409"] = "no"
    """The status of the answer to every write while nothing may be changed (U, docs/api/micropim.md#read-only)."""
    ids_as_text: frozenset[IdsAsText] = frozenset()
    """In which answers ids come as texts: lists and barcode, one product, categories, tree (U).

    See docs/api/micropim.md#ids-as-text.
    """
    order: Literal["id", "random"] = "id"
    """List order; ``random`` differs on each call (U).

    See docs/api/micropim.md#find-by-sku and docs/api/micropim.md#many-look-ups.
    """
    insert_while_paging: bool = False
    """Somebody else creates a product before each page after the first (U, docs/api/micropim.md#many-look-ups)."""
    archived: Literal["hidden", "shown"] = "hidden"
    """Whether lists and searches without ``status`` hold archived products (U, docs/api/micropim.md#archive-hidden)."""
    sku_unique: bool = True
    """400 when another product has the SKU (I, docs/api/micropim.md#sku-taken)."""
    sku_unique_archived: bool = True
    """Archived products block their SKU (U, docs/api/micropim.md#sku-taken)."""
    sku_unique_variants: bool = False
    """Variants block their SKU (U, docs/api/micropim.md#sku-taken)."""
    barcode_miss: Literal["404", "null"] = "404"
    """404, or 200 with ``data: null`` (I, docs/api/micropim.md#find-by-ean)."""
    barcode_archived: bool = False
    """Archived products are found by barcode (U, docs/api/micropim.md#find-by-ean)."""
    ean_strict: bool = False
    """400 unless 13 digits with a right check digit (U, docs/api/micropim.md#ean-format)."""
    patch_null: Literal["clears", "ignored", "400"] = "clears"
    """Null in a PATCH (U, docs/api/micropim.md#null-in-patch)."""
    patch_empty: Literal["clears", "ignored", "400"] = "clears"
    """An empty text in a PATCH (U, docs/api/micropim.md#null-in-patch)."""
    patch_categories: Literal["replace", "merge", "ignored"] = "replace"
    """``category_ids`` in a PATCH (I, docs/api/micropim.md#categories-in-patch)."""
    assign: Literal["additive", "replace", "ignored"] = "additive"
    """POST category products adds, replaces, or does nothing (I, docs/api/micropim.md#assign-products)."""
    unknown_brand: Literal["400", "ignored"] = "400"
    """Unknown brand or supplier id (I, docs/api/micropim.md#brand-ids)."""
    unknown_category: Literal["400", "ignored"] = "400"
    """Unknown category id on a product (U)."""
    unknown_fields: Literal["ignored", "400", "kept"] = "ignored"
    """Fields that are not documented; ``kept``: stored, and shown with the product (U).

    See docs/api/micropim.md#vat-rate and docs/api/micropim.md#unknown-fields.
    """
    dedupe_media: bool = False
    """The same ``file_url`` twice gives one picture (U, docs/api/micropim.md#picture-identity)."""
    media: Literal["sync", "async", "never"] = "sync"
    """The picture shows at once, after some reads, or never although the answer was 201 (U).

    See docs/api/micropim.md#picture-fetch.
    """
    media_reads: int = 2
    """After how many reads of the product an ``async`` picture shows (docs/api/micropim.md#picture-fetch)."""
    unreachable_media: Literal["400", "accepted", "never"] = "accepted"
    """What happens to URLs in ``unreachable_urls`` (U, docs/api/micropim.md#picture-fetch)."""
    unreachable_urls: tuple[str, ...] = ("unreachable", ".invalid/")
    """A ``file_url`` that contains one of these texts counts as unreachable."""
    attributes: Literal["ignored", "map", "400"] = "ignored"
    """``attributes`` on products (U, docs/api/micropim.md#attribute-values)."""
    translations: Literal["ignored", "accepted"] = "ignored"
    """A ``translations`` map on products (U, docs/api/micropim.md#translations)."""
    equal_siblings: Literal["allowed", "400"] = "allowed"
    """Two categories of one name under one parent (U, docs/api/micropim.md#category-identity)."""
    max_category_depth: int | None = None
    """400 beyond this depth (a root has depth 1; U, docs/api/micropim.md#category-identity)."""
    put_name_required: bool = False
    """PUT category without a name answers 400 (U, docs/api/micropim.md#category-rename)."""
    delete_category: Literal["400", "cascade"] = "400"
    """Deleting a category that has children or products (U, docs/api/micropim.md#category-delete)."""
    text_limit: bool = True
    """400 over 255 characters in ``name`` or ``sku`` (I, docs/api/micropim.md#text-limits)."""
    stock_zero_flips: bool = False
    """Stock 0 turns ``active`` into ``out_of_stock`` (U, docs/api/micropim.md#stock-and-status)."""
    unconfigured_channels: Literal["400", "ignored"] = "400"
    """Channels that are not set up (U, docs/api/micropim.md#channels)."""
    slug_collision: Literal["suffix", "400"] = "suffix"
    """Equal slugs (U, docs/api/micropim.md#slug-collisions)."""
    trailing_slash: Literal["404", "accepted"] = "404"
    """A slash at the end of a path (U, docs/api/micropim.md#exact-paths)."""
    page_cap: int = 100
    """100 (D); 50 caps pages silently (U, docs/api/micropim.md#page-size)."""
    page_limits: Literal["clamp", "400"] = "clamp"
    """``limit`` or ``page`` outside the range (U, docs/api/micropim.md#product-list)."""
    total_pages_when_empty: int = 0
    """0 or 1 (U, docs/api/micropim.md#product-list)."""
    normalise_text: bool = False
    """Spaces around names and texts are trimmed when stored (U, docs/api/micropim.md#text-limits)."""
    max_products: int | None = None
    """403 on a create once this many products exist (U, docs/api/micropim.md#plan-quota)."""

    empty_map: Literal["[]", "{}"] = "[]"
    """How an empty map is written (I, docs/api/micropim.md#product-fields)."""
    wrap_product: bool = False
    """A single product comes inside ``data.product`` (U, docs/api/micropim.md#unshown-shapes)."""
    tree_shape: Literal["tree", "categories", "list", "null", "nameless", "first_page"] = "tree"
    """``data.tree``, ``data.categories``, ``data`` itself a list, or null; without names, or with the first category
    alone and a ``total`` (U).

    See docs/api/micropim.md#unshown-shapes and docs/api/micropim.md#odd-lists.
    """
    categories_shape: Literal["categories", "list"] = "categories"
    """``data.categories`` or ``data`` itself a list (U, docs/api/micropim.md#unshown-shapes)."""
    children_key: Literal["children", "subcategories"] = "children"
    """A shape that is not shown (U, docs/api/micropim.md#unshown-shapes)."""
    attributes_shape: Literal["attributes", "product_attributes", "list"] = "attributes"
    """A shape that is not shown (U, docs/api/micropim.md#unshown-shapes)."""
    media_answer: Literal["full", "url_only"] = "full"
    """A shape that is not shown (U, docs/api/micropim.md#unshown-shapes)."""
