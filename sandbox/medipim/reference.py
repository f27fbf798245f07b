"""The small tables: brands, organizations, categories and the rest (docs/api/medipim.md#reference-records)."""

# ruff: noqa: PLR2004 - the numbers of a generator mean nothing beyond "every so often"

import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import orjson

from sandbox.exchange import Json
from sandbox.medipim import words
from sandbox.medipim.markets import MARKETS, Market

START = 1_500_000_000


@dataclass
class ReferenceData:
    """Lists of raw records, in the order in which they are delivered."""

    brands: list[Json] = field(default_factory=list)
    organizations: list[Json] = field(default_factory=list)
    public_categories: list[Json] = field(default_factory=list)
    active_ingredients: list[Json] = field(default_factory=list)
    product_families: list[Json] = field(default_factory=list)
    attributes: list[Json] = field(default_factory=list)
    attribute_options: list[Json] = field(default_factory=list)
    bcfi_categories: list[Json] = field(default_factory=list)
    atc_categories: list[Json] = field(default_factory=list)
    apb_categories: list[Json] = field(default_factory=list)
    osp_categories: list[Json] = field(default_factory=list)
    medipim_categories: list[Json] = field(default_factory=list)
    fine_line_categories: list[Json] = field(default_factory=list)
    corrections: list[Json] = field(default_factory=list)
    users: list[Json] = field(default_factory=list)
    subscription_types: list[Json] = field(default_factory=list)


def reference_data(market: Market, seed: int) -> ReferenceData:
    """Everything of one market, from the seed, for the caller to change."""
    return ReferenceData(**orjson.loads(_drawn(market.code, seed)))


@lru_cache(maxsize=16)
def _drawn(market_code: str, seed: int) -> bytes:
    """The same as JSON: to draw it takes twenty times as long as to read it again."""
    market = MARKETS[market_code]
    dice = random.Random(f"reference:{market.code}:{seed}")
    data = ReferenceData()
    data.brands = _brands(dice)
    data.organizations = _organizations(market, dice, data.brands)
    data.public_categories = _public_categories(market, dice)
    data.active_ingredients = [
        {"id": 71 + i, "name": localized(market, dict.fromkeys(words.ROOM, name)), "meta": meta(dice)}
        for i, name in enumerate(words.INGREDIENTS)
    ]
    data.product_families = [
        {"id": 1 + i, "name": localized(market, dict.fromkeys(words.ROOM, f"Family {i + 1}")), "meta": meta(dice)}
        for i in range(13)
    ]
    _attributes(market, dice, data)
    _market_categories(market, dice, data)
    for row in (*data.brands[3::8], *data.organizations[3::8]):  # both forms are documented
        row["name"] = localized(market, dict.fromkeys(words.ROOM, row["name"]))
    data.users = [{"id": 1, "name": "Sandbox user", "organization": data.organizations[0]["id"], "meta": meta(dice)}]
    data.subscription_types = [{"id": 1, "name": "Sandbox", "meta": meta(dice)}]
    return orjson.dumps(data)


def meta(dice: random.Random) -> Json:
    """Creation and change time; the creation time is sometimes unknown (docs/api/medipim.md#product)."""
    created = START + dice.randrange(100_000_000)
    return {"createdAt": None if dice.random() < 0.05 else created, "updatedAt": created + dice.randrange(100_000_000)}


def localized(market: Market, texts: Mapping[str, str | None]) -> Json:
    """All locales of the market; missing translations are null (docs/api/medipim.md#localized)."""
    return {locale: texts.get(locale) for locale in market.locales}


def plain_name(row: Json) -> str:
    """A name that is one text, or localized."""
    name = row["name"]
    return str(next(iter(name.values())) if isinstance(name, dict) else name)


def _brands(dice: random.Random) -> list[Json]:
    names = [stem + end for stem in words.BRAND_STEMS for end in words.BRAND_ENDS[:4]]
    return [{"id": 21 + i, "name": name, "meta": meta(dice)} for i, name in enumerate(names)]


def _organizations(market: Market, dice: random.Random, brands: Sequence[Json]) -> list[Json]:
    rows = []
    for i in range(24):
        row: Json = {
            "id": 52 + i, "name": f"{brands[i]['name']} Labs", "type": ("supplier", "marketing")[i % 3 == 2],
            "brands": [brands[i]["id"], brands[i + 24]["id"]], "productFamilies": [1 + i % 13], "meta": meta(dice),
        }  # fmt: skip
        if row["type"] == "supplier":
            # The pages spell it zipCode and zipcode, region is an object, a text or null
            # (docs/api/medipim.md#contact-spellings).
            row["contactInformation"] = {
                "address": f"Voorbeeldstraat {i + 1}",
                ("zipcode" if i % 5 == 0 else "zipCode"): "" if i % 7 == 0 else f"0{900 + i}",
                "city": "Gent",
                "region": ({"value": f"{market.country}-VOV", "label": "Oost-Vlaanderen"}, None, "X")[i % 3],
                "country": market.country,
                "url": None if i % 2 else "https://www.example.test",
            }
        rows.append(row)
    return rows


def _public_categories(market: Market, dice: random.Random) -> list[Json]:
    """60 categories in three levels, delivered in no useful order; "Children" exists below two parents."""
    rows: list[Json] = []

    def add(names: Mapping[str, str], parent: int | None, order: int) -> int:
        key = 601 + len(rows)
        name = localized(market, names)
        rows.append({"id": key, "name": name, "parent": parent, "order": order, "meta": meta(dice)})
        return key

    for r, root in enumerate(words.ROOTS):
        root_id = add(root, None, r)
        picks = [words.CHILDREN[1 + (r + k) % 6] for k in range(3)]
        if r in {0, 1}:
            picks[0] = words.CHILDREN[0]
        for c, child in enumerate(picks):
            child_id = add(child, root_id, c)
            for k in range(2):
                add(words.LEAVES[(r + c + k) % 4], child_id, k)
    dice.shuffle(rows)
    # The first row is always a leaf, so that no client can rely on parents coming first.
    rows.sort(key=lambda row: row["parent"] is None)
    return rows


def _attributes(market: Market, dice: random.Random, data: ReferenceData) -> None:
    for i, (code, names, options) in enumerate(words.ATTRIBUTES):
        name = localized(market, names)
        data.attributes.append({"id": 5 + i, "code": code, "name": name, "meta": meta(dice)})
        for k in range(8):
            texts = {locale: forms[k] for locale, forms in options.items()}
            row = {"id": 77 + i * 8 + k, "type": code, "name": localized(market, texts), "meta": meta(dice)}
            data.attribute_options.append(row)


def _market_categories(market: Market, dice: random.Random, data: ReferenceData) -> None:
    def rows(ids: Sequence[str], parents: Sequence[str | None]) -> list[Json]:
        return [
            {
                "id": key,
                "name": localized(market, words.LEAVES[i % 4]),
                "parent": parent,
                "order": i,
                "meta": meta(dice),
            }
            for i, (key, parent) in enumerate(zip(ids, parents, strict=True))
        ]

    data.bcfi_categories = rows(("0000976", "0017566", "0017574"), ("0017566", None, "0017566"))
    data.atc_categories = rows(("A01AB03", "A01", "A"), ("A01", "A", None))
    data.osp_categories = rows(("1A02B04", "1A02", "1A"), ("1A02", "1A", None))
    data.fine_line_categories = rows(("0113", "0100", "0210"), ("0100", None, None))
    keys = [f"medipimCategory-{uuid.UUID(int=dice.getrandbits(128), version=4)}" for _ in range(6)]
    data.medipim_categories = rows(keys, (None, keys[0], keys[0], None, keys[3], keys[3]))
    for row in data.medipim_categories:
        row.update(description=localized(market, {}), type="category", deleted=False)
    slugs = ("cosmetics", "homeopathy", "medical_device", "material", "reactive")
    data.apb_categories = [{"id": s, "name": localized(market, dict.fromkeys(words.ROOM, s))} for s in slugs]
