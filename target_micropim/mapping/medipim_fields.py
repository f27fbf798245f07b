"""Pure: where each documented field of a Medipim product goes, which setting sends it elsewhere, or why nowhere.

docs/markets/ has a line for each, by market; a test holds this table against the schema of the stream. Fields that are
attributes are found in the table of attributes; only what has another place, or none, stands here.
"""

from dataclasses import dataclass

from target_micropim.mapping.attribute_rows import ALL_MARKETS, ATTRIBUTES, AttributeRow

FIELD_MAP = "field_map, extra_fields"
_PRICED = ("be", "fr", "de", "es", "au")
_CODES = "`ean`, the first code with a right check digit"
_OLD_SIZE = "serves where the field with a unit is empty"


@dataclass(frozen=True)
class Place:
    """Where a field goes by default, or why nowhere, and by which settings it goes elsewhere."""

    default: str = ""
    reason: str = ""
    settings: str = FIELD_MAP


PLACES: dict[str, Place] = {
    "id": Place("the SKU", settings="sku_template"),
    "updated_at": Place(reason="the tap's bookmark", settings="stream_maps"),
    "status": Place(
        "which products are made, changed and archived", settings="statuses, on_inactive, create_status, channel_rules"
    ),
    "replacement": Place("named in the report when the product is archived", settings="attribute_codes, extra_fields"),
    "name": Place("`name`"),
    "seoName": Place("`short_description`, and `name` where there is none"),
    "shortDescription": Place("`short_description`"),
    "descriptions": Place("`description`, by its types", settings="description_parts, text_target_groups, field_map"),
    "requiresLegalText": Place("the legal text stands in the description", settings="attribute_codes"),
    "ean": Place(_CODES, settings="field_map, invalid_ean"),
    "eanGtin8": Place(_CODES, settings="field_map, invalid_ean"),
    "eanGtin12": Place(_CODES, settings="field_map, invalid_ean"),
    "eanGtin13": Place(_CODES, settings="field_map, invalid_ean"),
    "eanGtin14": Place(_CODES, settings="field_map, invalid_ean"),
    "publicPrice": Place("`price`", settings="field_map, field_policies"),
    "ttcPrice": Place("`price` where publicPrice is empty", settings="field_map, field_policies"),
    "pharmacistPrice": Place(
        "`cost_price`, which is not sent by default", settings="field_policies, field_map, attribute_codes"
    ),
    "manufacturerPrice": Place(
        "`cost_price` where pharmacistPrice is empty; not sent by default",
        settings="field_policies, field_map, attribute_codes",
    ),
    "vat": Place("compared: where it differs, the report says so", settings="attributes_mode, extra_fields"),
    "publicCategories": Place("categories", settings="category_source, categories_mode, category_root"),
    "brands": Place("the first is `brand_id`", settings="brand_map, field_map, attribute_codes"),
    "organizations": Place("the first supplier is `supplier_id`", settings="supplier_map, field_map, attribute_codes"),
    "photos": Place("pictures", settings="media_mode, media_formats, media_target_groups, max_images"),
    "frontals": Place("pictures, before the photos", settings="media_mode, media_formats, media_target_groups"),
    "attributes": Place("attributes of their own, with attributes_mode", settings="attributes_mode, attribute_codes"),
    "bcfiCategory": Place(reason="another tree than the default", settings="category_source, attribute_codes"),
    "apbCategory": Place(reason="another tree than the default", settings="category_source, attribute_codes"),
    "ospCategory": Place(reason="another tree than the default", settings="category_source, attribute_codes"),
    "medipimCategories": Place(reason="another tree than the default", settings="category_source, attribute_codes"),
    "fineLineCategory": Place(reason="another tree than the default", settings="category_source, attribute_codes"),
    "narcotic": Place(reason="no page documents it as a field"),
    "popularity": Place(reason="no page documents it"),
    "order": Place(reason="no page documents it"),
    "notApplicableField": Place(reason="it speaks of Medipim's own fields, not of the product"),
    "meta": Place(reason="times of the record, which decide what is newer, and a link that changes with each answer"),
}

_PRICES = frozenset({"publicPrice", "pharmacistPrice", "manufacturerPrice", "vat"})
_ONLY_IN: dict[str, tuple[str, ...]] = {
    "refundValueWithOmnio": ("be",), "refundValueWithoutOmnio": ("be",), "prescription": ("be", "fr"),
    "shortDescription": ("be", "fr"), "medipimCategories": ("be", "fr"), "notApplicableField": ("au",),
    "narcotic": ("au", "us"),
    "apbCategory": ("be",), "bcfiCategory": ("be",), "ospCategory": ("fr",), "ttcPrice": ("fr",), "tfrPrice": ("fr",),
    "fineLineCategory": ("us",), "gs1Category": ("au",),
}  # fmt: skip


def rows_of(field: str) -> list[AttributeRow]:
    """The attributes that are taken from a field."""
    return [row for row in ATTRIBUTES if any(path.partition(".")[0] == field for path in row.paths)]


def markets_of(field: str) -> tuple[str, ...]:
    """The markets that have a field; those of its attribute where nothing else is known."""
    if field in _PRICES:
        return _PRICED
    if field in _ONLY_IN:
        return _ONLY_IN[field]
    rows = rows_of(field)
    if field in PLACES or not rows:
        return ALL_MARKETS
    return tuple(market for market in ALL_MARKETS if any(market in row.markets for row in rows))


def place_of(field: str, market: str) -> Place | None:
    """Where a field goes in a market; None where nobody has said."""
    rows = [row for row in rows_of(field) if market in row.markets]
    if field in PLACES:
        return PLACES[field]
    if not rows:
        return None
    taken = [f"`{row.code}`" for row in rows if row.by_default]
    others = [f"`{row.code}`" for row in rows if not row.by_default]
    if taken:
        return Place(f"attribute {', '.join(taken)}, with attributes_mode", settings=f"attribute_codes, {FIELD_MAP}")
    reason = f"few shops want it: attribute {', '.join(others)}"
    return Place(reason=reason, settings=f"attribute_codes, {FIELD_MAP}")


# What stands within a field: by its whole path, else by its last name.
_PARTS = {
    "publicCategories[].id": "finds the category",
    "publicCategories[].order": "the stream has it: the order of new categories, with update_categories",
    "publicCategories[].parent": "the stream has it: where the category stands",
    "publicCategories[].name": "the stream has it: the name of the category",
    "attributes[].id": "finds type and name of an option that the product does not name",
    "attributes[].type": "the code of the attribute",
    "organizations[].type": "which is the supplier, and which attribute it becomes",
    "links[].description": "not sent: an attribute holds one value, the address",
    "links[].name": "not sent: an attribute holds one value, the address",
    "links[].url": "the value of the attribute of its type",
    "links[].linkType": "which attribute it becomes",
    "links[].type": "v3: which attribute it becomes",
    "links[].available": "the time in which a link counts",
    "links[].available.from": "the time in which a link counts",
    "links[].available.until": "the time in which a link counts",
    "descriptions[].type": "which part of the description it is",
    "descriptions[].content": "the text, in one language",
    "descriptions[].markdown": "not sent: the same text stands in content",
    "descriptions[].descriptionTag": "not sent: it says who wrote the text",
    "descriptions[].targetGroups": "who it is for: text_target_groups",
    "leaflets[].type": "which attribute it becomes",
    "leaflets[].url": "the value of the attribute of its type",
    "gs1Category.title": "attribute `gs1_category`, by attribute_codes",
    "photos[].organizations": "not sent: MicroPIM has no place for whose picture it is",
    "photos[].organizations[].name": "not sent: MicroPIM has no place for whose picture it is",
    "frontals[].organizations": "not sent: MicroPIM has no place for whose picture it is",
    "frontals[].organizations[].name": "not sent: MicroPIM has no place for whose picture it is",
    "photos[].id": "tells one picture from another", "frontals[].id": "tells one picture from another",
    "photos[].type": "not sent: the field says it", "frontals[].type": "not sent: the field says it",
}  # fmt: skip
_TREE = "with its tree by category_source"
_PARTS_BY_NAME = {
    "meta": "not sent: times of change", "createdAt": "not sent: when the record was made",
    "updatedAt": "decides which version is newer; the tap's bookmark",
    "embedUrl": "not sent: it changes with each answer", "id": "not sent: Medipim's own number",
    "name": "the text that is sent", "nameByLanguage": "the same by language, where it comes so",
    "value": "the amount", "unit": "the unit, behind the amount",
    "celsius": "the value of the attribute", "fahrenheit": "not sent: Celsius says the same",
    "kelvin": "not sent: Celsius says the same", "locales": "for which language it is",
    "targetGroups": "who it is for: media_target_groups", "photoType": "not sent: MicroPIM has no place for it",
    "formats": "the address that is sent: media_formats", "visibleSides": "not sent: MicroPIM has no place for it",
    "displayOrder": "the order of the pictures", "contactInformation": "not sent: MicroPIM has no route for suppliers",
    "parent": _TREE, "order": _TREE, "description": "not sent", "type": "not sent: the kind of category",
    "level": "not sent", "code": "not sent: attribute `gs1_category` has the title", "definition": "not sent",
    "definitionExcludes": "not sent", "active": "not sent", "deleted": "not sent: Medipim's own mark of the category",
}  # fmt: skip
_TREES = frozenset({"bcfiCategory", "apbCategory", "ospCategory", "medipimCategories", "fineLineCategory"})


def part_of(path: str) -> str | None:
    """What becomes of a part of a field, such as ``links[].url``; None where nobody has said.

    A path into it can be named in ``field_map`` and ``extra_fields``, too.
    """
    if path in _PARTS:
        return _PARTS[path]
    first, name = path.split(".", maxsplit=1)[0].removesuffix("[]"), path.rsplit(".", maxsplit=1)[-1]
    if ".contactInformation" in path:
        return _PARTS_BY_NAME["contactInformation"]
    if first in _TREES and name in {"id", "name", "parent", "order"}:
        return _TREE
    return _PARTS_BY_NAME.get(name)
