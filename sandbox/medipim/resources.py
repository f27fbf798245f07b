"""Every resource beside products: where it lives, how it is filtered, sorted and found.

See docs/api/medipim.md#read-endpoints, docs/api/medipim.md#find-wrappers and docs/api/medipim.md#reference-records.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.medipim.filters import Maker, flag, members, search, since
from sandbox.medipim.rows import Row


def field_values(name: str) -> Callable[[Row], Iterable[Any]]:
    """Read a scalar or a list of scalars."""

    def read(row: Row) -> Iterable[Any]:
        value = row.raw.get(name)
        return value if isinstance(value, list) else [value]

    return read


def names_in(row: Row, locale: str | None) -> Iterable[str]:
    """A plain name, or the localized one."""
    name = row.raw.get("name") or row.raw.get("text") or ""
    if isinstance(name, str):
        return [name]
    return [name.get(locale) or ""] if locale else [text for text in name.values() if text]


ID: Maker = members(lambda row: [row.head.id])
SEARCH: Maker = search(names_in)


@dataclass(frozen=True)
class Resource:
    """One reference resource with optional paging."""

    path: str
    table: str
    filters: dict[str, Maker] = field(default_factory=dict)
    sortings: tuple[str, ...] = ()
    find: str | None = None
    everywhere: bool = True


RESOURCES: tuple[Resource, ...] = (
    Resource("brands", "brands", {"search": SEARCH}, ("id", "name"), "brand"),
    Resource(
        "organizations", "organizations",
        {
            "type": members(field_values("type")), "name": members(field_values("name")), "searchName": SEARCH,
            "specializations": members(field_values("specializations")), "vatNr": members(field_values("vatNr")),
            "apbNr": members(field_values("apbNr")), "rizivNr": members(field_values("rizivNr")),
            "finessNr": members(field_values("finessNr")), "cipNr": members(field_values("cipNr")),
        },
        ("id", "name"), "organisationItem",
    ),
    Resource("public-categories", "public_categories", {"parent": members(field_values("parent")), "search": SEARCH}),
    Resource("active-ingredients", "active_ingredients", {"search": SEARCH}),
    Resource("product-families", "product_families", {"search": SEARCH}, ("id", "name")),
    Resource("product/attributes", "attributes", {"code": members(field_values("code"))}, ("id", "name"), "newsItem"),
    Resource(
        "product/attribute/options", "attribute_options",
        {
            "type": members(field_values("type")),
            "attribute": members(lambda row: [{"galenic_shape": 5, "color": 6, "taste": 7}.get(row.raw["type"])]),
        },
        ("id", "name"), "attributeOption",
    ),
    Resource("bcfi-categories", "bcfi_categories", everywhere=False),
    Resource("atc-categories", "atc_categories", everywhere=False),
    Resource("apb-categories", "apb_categories", everywhere=False),
    Resource("osp-categories", "osp_categories", {"parent": members(field_values("parent"))}, everywhere=False),
    Resource("fine-line-categories", "fine_line_categories", everywhere=False),
    Resource(
        "medipim-categories", "medipim_categories",
        {"parent": members(field_values("parent")), "search": SEARCH, "deleted": flag(lambda row: row.raw["deleted"])},
        ("id", "name"), everywhere=False,
    ),
    Resource(
        "corrections", "corrections",
        {
            "product": members(field_values("product")), "status": members(field_values("status")), "search": SEARCH,
            "locale": members(field_values("locale")), "type": members(field_values("type")),
            "createdAt": since(lambda row: row.head.created_at),
        },
        ("id", "touchedAt"), "correction",
    ),
    Resource("users", "users", {"organization": members(field_values("organization"))}, ("id",)),
    Resource("subscription-types", "subscription_types", {}, ("id",)),
)  # fmt: skip

MEDIA_FILTERS: dict[str, Maker] = {
    "id": ID,
    "published": flag(lambda row: row.raw.get("published", True)),
    "organization": members(field_values("organization")),
    "targetGroup": members(field_values("targetGroups")),
    "type": members(field_values("type"), frozenset({"photo", "frontal", "link"})),
    "photoType": members(field_values("photoType")),
    "linkType": members(field_values("linkType")),
    "visibleSides": members(field_values("visibleSides")),
    "locale": members(field_values("locales")),
    "available": flag(lambda row: row.raw.get("available") is None or row.raw["available"]["until"] is None),
    "createdAt": since(lambda row: row.head.created_at),
}
MEDIA_SORTINGS = ("id", "createdAt", "touchedAt")
