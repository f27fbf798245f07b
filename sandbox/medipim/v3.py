"""The legacy shapes of Belgium (docs/api/medipim.md#v3)."""

import re
from zlib import crc32

import orjson

from sandbox.exchange import Json, JsonValue
from sandbox.medipim.filters import FilterGrammar, without_type
from sandbox.medipim.markets import Market

V3_FILTERS = frozenset(
    {
        "id",
        "cnk",
        "status",
        "ecommerce",
        "apbCategory",
        "conservation",
        "publicCategory",
        "bcfiCategory",
        "productFamily",
        "brand",
        "organization",
        "prescription",
        "writtenRequestByPatient",
        "minimumContent",
        "createdAt",
        "updatedSince",
        "cti",
        "ean",
        "gtin",
        "activeIngredient",
        "search",
    }
)
V3_SORTINGS = ("id", "cnk")
V3_LISTS = {
    "brands": "brands",
    "organizations": "organizations",
    "public-categories": "public_categories",
    "bci-categories": "bcfi_categories",
    "bcfi-categories": "bcfi_categories",
    "apb-categories": "apb_categories",
    "attributes": "attribute_options",
    "active-ingredients": "active_ingredients",
}
V4_ONLY = (
    "requiresLegalText",
    "biocide",
    "gtin",
    "eanGtin8",
    "eanGtin12",
    "eanGtin13",
    "eanGtin14",
    "supplierReference",
    "hsCode",
    "conservationLabel",
    "conservationMin",
    "conservationMax",
    "manufacturerPrice",
    "weightWithUnit",
    "widthWithUnit",
    "lengthWithUnit",
    "depthWithUnit",
    "packageContent",
    "packagingUnit",
    "medipimCategories",
    "productFamilies",
)


def v3_grammar(grammar: FilterGrammar) -> FilterGrammar:
    """The filters of v4 that v3 had too."""
    makers = {name: maker for name, maker in grammar.makers.items() if name in V3_FILTERS}
    return FilterGrammar({**makers, "search": without_type(makers["search"])}, grammar.several_keys)


def number_of(product_id: JsonValue) -> int:
    """The id as a number, as the page of v3 documents it; of an id that was spoilt some number."""
    text = str(product_id)
    try:
        return int(text[1:], 16)
    except ValueError:
        return crc32(text.encode())


def v3_product(raw: Json, market: Market, *, integer_ids: bool = False) -> Json:
    """Localized names, ``content.{locale}.{html,markdown}``, ``type`` on links and photos, no v4-only field."""
    product: Json = orjson.loads(orjson.dumps({k: v for k, v in raw.items() if k not in V4_ONLY}))  # a quick deep copy
    product |= {"ecommerce": "unknown", "shortDescription": dict.fromkeys(market.locales), "atc": None}
    number = number_of(raw["id"])
    refunds = (number % 900, number % 1200) if number % 5 == 0 else (None, None)
    product |= {"refundValueWithOmnio": refunds[0], "refundValueWithoutOmnio": refunds[1]}
    if number % 11 == 0:
        product["atc"] = "A01AB03"
    if integer_ids and isinstance(raw["id"], str):
        product["id"] = number
    for key in ("brands", "organizations"):
        product[key] = [v3_named(row, market) for row in product[key]]
    for row in product["attributes"]:
        row.pop("type", None)
    for row in product["links"]:
        row["type"] = row.pop("linkType")
    for row in (*product["photos"], *product["frontals"]):
        row["type"] = row.pop("photoType")
    for row in product["descriptions"]:
        row.pop("descriptionTag", None)
        row["content"] = {locale: _both(text) for locale, text in row["content"].items()}
    return product


def v3_named(raw: Json, market: Market) -> Json:
    """A record whose plain name becomes a localized one."""
    name = raw.get("name")
    return {**raw, "name": dict.fromkeys(market.locales, name)} if isinstance(name, str) else raw


def _both(text: JsonValue) -> Json | None:
    if text is None:
        return None
    return {"html": text, "markdown": re.sub(r"<[^>]+>", "", text).strip()}
