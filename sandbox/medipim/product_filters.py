"""The filters and sortings of products, by market (docs/api/medipim.md#product-questions)."""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from sandbox.exchange import Json, JsonValue
from sandbox.medipim.filters import FilterGrammar, Maker, Predicate, flag, members, of_length, search, since, single
from sandbox.medipim.markets import Market
from sandbox.medipim.options import MedipimOptions
from sandbox.medipim.rows import Row
from sandbox.medipim.violations import Violation

STATUSES = frozenset({"active", "replaced", "inactive"})
CONSERVATIONS = frozenset({"room", "refrigerator", "fresh", "frozen"})
SPECIES = frozenset({"human", "veterinary", "surface_maintenance", "phytopharmacy"})
NESTED = {
    "organization": "organizations",
    "publicCategory": "publicCategories",
    "brand": "brands",
    "productFamily": "productFamilies",
    "activeIngredient": "activeIngredients",
    "attributes": "attributes",
}
SCALARS = ("gtin", "eanGtin8", "eanGtin12", "eanGtin13", "eanGtin14", "hsCode")


def product_grammar(market: Market, options: MedipimOptions) -> FilterGrammar:
    """All filters that the market knows."""
    makers: dict[str, Maker] = {
        "id": members(lambda row: [row.head.id]),
        "status": members(lambda row: [row.head.status], STATUSES),
        **{name: members(_ids_of(key)) for name, key in NESTED.items()},
        **{name: members(_scalar(name)) for name in SCALARS},
        "ean": members(lambda row: row.raw["ean"]),
        "conservation": members(_scalar("conservation"), CONSERVATIONS),
        "allowedSpecies": members(lambda row: row.raw.get("allowedSpecies", ["human"]), SPECIES),
        "atcCategory": members(lambda row: row.raw["atcCategory"]),
        "biocide": flag(lambda row: row.raw["biocide"]),
        "minimumContent": flag(_minimum_content(options)),
        "hasContent": _has_content,
        "search": search(_names),
        "officialDeletionAt": since(lambda row: row.raw["officialDeletionAt"]),
        "createdAt": since(attrgetter("head.created_at")),
        "updatedSince": since(attrgetter("head.updated_at"), inclusive=options.updated_since_inclusive),
        **{name: members(_scalar(name)) for name in market.code_filters if name != "cti"},
        **{name: flag(_field(name)) for name in market.flags},
        **MARKET_MAKERS.get(market.code, {}),
    }
    return FilterGrammar(makers, options.several_keys)


def code_names(market: Market) -> frozenset[str]:
    """The filters whose values are identifier codes."""
    return frozenset({"id", "ean", *SCALARS, *market.code_filters}) - {"hsCode", "cti"}


def sort_names(market: Market) -> tuple[str, ...]:
    """Sortings (docs/api/medipim.md#product-sortings)."""
    return ("id", "name", "createdAt", "touchedAt", "statusTouchedAt", "status", *market.code_sortings)


def has_content(raw: Json, name: str, locale: str | None) -> bool:
    """Whether a ``get-fields`` code has a value; dotted codes are description types.

    See docs/api/medipim.md#get-fields.
    """
    if name == "media":
        return any(locale is None or locale in item["locales"] for item in raw["photos"])
    if name.startswith("descriptions"):
        kind = name.partition(".")[2]
        texts = [row for row in raw["descriptions"] if not kind or row["type"] == kind]
        return any(locale is None or row["content"].get(locale) for row in texts)
    value = raw.get(name)
    if locale is not None and isinstance(value, dict) and locale in value:
        return bool(value[locale])
    if isinstance(value, dict):
        return any(value.values())
    return value is not None and value not in ("", [])


def _scalar(name: str) -> Callable[[Row], Iterable[Any]]:
    return lambda row: [row.raw.get(name)]


def _field(name: str) -> Callable[[Row], Any]:
    return lambda row: row.raw.get(name)


def _ids_of(key: str) -> Callable[[Row], Iterable[Any]]:
    return lambda row: [item["id"] for item in row.raw[key]]


def _names(row: Row, locale: str | None) -> Iterable[str]:
    names = row.raw["name"]
    return [names.get(locale) or ""] if locale else [text for text in names.values() if text]


def _has_content(value: JsonValue, path: str) -> Predicate:
    if not isinstance(value, dict) or not isinstance(value.get("flag"), str):
        raise Violation(path, "must have a flag")
    name, locale = value["flag"], value.get("locale")
    return lambda row: has_content(row.raw, name, locale)


def _minimum_content(options: MedipimOptions) -> Callable[[Row], bool]:
    def test(row: Row) -> bool:
        parts = (bool(row.raw["photos"]), bool(row.raw["descriptions"]), bool(row.raw["publicCategories"]))
        return any(parts[:2]) if options.minimum_content == "old" else all(parts)

    return test


def _object_id(key: str) -> Maker:
    return members(lambda row: [(row.raw.get(key) or {}).get("id")])


def _starts(value: JsonValue, path: str) -> Predicate:
    if not isinstance(value, str) or not value:
        raise Violation(path, "must be a string")
    return lambda row: str(row.raw.get("ctiExtended") or "").startswith(value)


def _digits(maker: Maker) -> Maker:
    def make(value: JsonValue, path: str) -> Predicate:
        if not all(str(item).isdecimal() for item in (value if isinstance(value, list) else [value])):
            raise Violation(path, "must be digits")
        return maker(value, path)

    return make


_ECOMMERCE = members(lambda row: [row.raw.get("ecommerce", "unknown")], frozenset({"yes", "no", "unknown"}))
_MEDIA = members(lambda row: [item["id"] for key in ("photos", "frontals", "links") for item in row.raw[key]])
MARKET_MAKERS: dict[str, dict[str, Maker]] = {
    "be": {
        "apbCategory": _object_id("apbCategory"), "bcfiCategory": _object_id("bcfiCategory"), "cti": _starts,
        "ecommerce": _ECOMMERCE,
    },
    "fr": {
        "cip13": of_length(members(_scalar("cip13")), 13), "acl13": of_length(members(_scalar("acl13")), 13),
        "cipOrAcl7": _digits(members(_scalar("cipOrAcl7"))), "ecommerce": _ECOMMERCE, "media": _MEDIA,
    },
    "au": {
        "notApplicableField": members(lambda row: row.raw["notApplicableField"]),
        "gs1Category": members(lambda row: [row.raw["gs1Category"]["code"]]),
        "narcotic": flag(_field("narcotic")),
    },
    "us": {
        "fineLineCategory": members(_ids_of("fineLineCategory")), "narcotic": flag(_field("narcotic")),
        "brandEquivalent": single(members(_scalar("brandEquivalent"))),
    },
}  # fmt: skip
