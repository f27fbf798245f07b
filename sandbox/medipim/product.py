"""One generated product of 4 to 6 kB (docs/api/medipim.md#product, docs/api/medipim.md#surprises)."""

# ruff: noqa: PLR2004 - the numbers of a generator mean nothing beyond "every so often"

import random
from typing import Any

from sandbox.exchange import Json
from sandbox.medipim import media, words
from sandbox.medipim.codes import gtin_fields, national_codes
from sandbox.medipim.head import Head
from sandbox.medipim.markets import Market
from sandbox.medipim.reference import ReferenceData, localized, plain_name
from sandbox.medipim.texts import descriptions, requires_legal_text

HS_CODES = ("330499", "010203", "300490", None)
CODE_FIELDS = ("ean", "gtin", "eanGtin8", "eanGtin12", "eanGtin13", "eanGtin14")


def build_media(market: Market, seed: int, head: Head) -> Json:
    """The media of a product alone, by field."""
    return {
        "photos": media.photos(market, seed, head.index, head.updated_at),
        "frontals": media.frontals(market, seed, head.index, head.updated_at),
        "links": media.links(market, head.index, head.updated_at),
    }


def build_product(market: Market, seed: int, head: Head, data: ReferenceData, *, evil: bool) -> Json:
    """The raw record without ``meta.embedUrl``, which is new on each answer."""
    dice = random.Random(f"product:{market.code}:{seed}:{head.index}")
    category = data.public_categories
    product: Json = {
        "id": head.id,
        "status": head.status,
        "replacement": head.replacement,
        **_names(market, head, data, dice),
        "requiresLegalText": requires_legal_text(head),
        "biocide": head.index % 50 == 7,
        **{flag: (head.index + k) % 6 == 0 for k, flag in enumerate(market.flags)},
        "officialDeletionAt": 1_340_000_000 + head.index if head.status in {"inactive", "replaced"} else None,
        **gtin_fields(market, head.index, seed),
        **national_codes(market, head.index),
        "supplierReference": (f"{head.index:06d}", "", None)[head.index % 9 % 3 if head.index % 9 < 3 else 0],
        "hsCode": HS_CODES[head.index % 4],
        "atcCategory": ["A01AB03"] if head.index % 11 == 0 else [],
        **({"atc": "A01AB03" if head.index % 11 == 0 else None} if market.code == "us" else {}),
        **_conservation(market, head.index),
        **_prices(market, dice),
        **_dimensions(dice, head.index),
        **_market_fields(market, head, data),
        "publicCategories": _sample(dice, category, dice.randrange(1, 4)),
        "brands": [] if head.index % 13 == 12 else [_brand(head, data, k) for k in range(1 + (head.index % 10 == 6))],
        "productFamilies": _sample(dice, data.product_families, int(head.index % 6 == 0)),
        "attributes": _sample(dice, data.attribute_options, head.index % 3),
        "organizations": [_organization(head, data, k) for k in range(1 + (head.index % 10 == 7))],
        "activeIngredients": _sample(dice, data.active_ingredients, int(head.index % 4 == 0)),
        **build_media(market, seed, head),
        "descriptions": descriptions(market, head, dice, evil=evil),
        "leaflets": _leaflets(market, head),
        **({"popularity": head.index % 100} if head.index % 20 == 3 else {}),
        "meta": {"createdAt": head.created_at, "updatedAt": head.updated_at},
    }
    if head.status == "replaced":
        drop_codes(product, market)
    return product


def drop_codes(product: Json, market: Market) -> None:
    """A replaced product loses its codes (docs/api/medipim.md#statuses-and-deletions)."""
    for name in (*CODE_FIELDS, *market.codes):
        if name in product:
            product[name] = [] if name == "ean" else None


def _names(market: Market, head: Head, data: ReferenceData, dice: random.Random) -> Json:
    """Mixed case, mixed languages and missing translations (docs/api/medipim.md#messy-texts)."""
    brand, form, size = (
        plain_name(_brand(head, data)),
        dice.randrange(8),
        dice.choice(("30 ml", "75ml", "200 ML", "B/16")),
    )
    texts = {locale: f"{brand} {forms[form]} {size} {head.index}" for locale, forms in words.FORMS.items()}
    kept: dict[str, str | None] = {
        locale: text if k == 0 or (head.index + k) % (k + 2) else None for k, (locale, text) in
        enumerate((locale, texts[locale]) for locale in market.locales)
    }  # fmt: skip
    if head.index % 17 == 4:
        kept = {locale: text.upper() if text else None for locale, text in kept.items()}
    if head.index % 60 == 59:
        kept[market.locales[0]] = ""
    if head.index % 41 == 17:
        kept = {locale: f"{text} &amp; cr&egrave;me" if text else None for locale, text in kept.items()}
    seo = {market.locales[0]: f"{texts[market.locales[0]]} - {size}"} if head.index % 2 else {}
    if head.index % 20 == 13:
        seo = {locale: f"{text} <pH 5" for locale, text in seo.items()}
    return {"name": localized(market, kept), "seoName": localized(market, seo)}


def _conservation(market: Market, index: int) -> Json:
    kind = ("room", "room", "refrigerator", None)[index % 4]
    label = localized(market, words.ROOM) if kind == "room" else None
    low, high = ({"room": 15, "refrigerator": 2}.get(kind or ""), {"room": 25, "refrigerator": 8}.get(kind or ""))
    return {
        "conservation": kind,
        "conservationLabel": label,
        "conservationMin": None if low is None else _degrees(low),
        "conservationMax": None if high is None else _degrees(high),
    }


def _degrees(value: int) -> Json:
    return {
        "celsius": {"value": value, "unit": "°C"}, "fahrenheit": {"value": round(value * 1.8 + 32), "unit": "°F"},
        "kelvin": {"value": value + 273.15, "unit": "K"},
    }  # fmt: skip


def _prices(market: Market, dice: random.Random) -> Json:
    """Minor units; 0 and null occur; the US documents no prices (docs/api/medipim.md#prices)."""
    if not market.prices:
        return {}
    public = dice.choice((None, 0, *(dice.randrange(100, 9000) for _ in range(8))))
    prices: Json = {
        "publicPrice": public, "manufacturerPrice": public and round(public * 0.6),
        "pharmacistPrice": public and round(public * 0.7), "vat": dice.choice((21, 6, 0, 2.1, None)),
    }  # fmt: skip
    if market.code == "fr":
        prices |= {
            "tfrPrice": None,
            "ttcPrice": 1990 if public == 0 else public,
            "reimbursementRate": dice.choice((65, 30, None)),
        }
    return prices


def _dimensions(dice: random.Random, index: int) -> Json:
    """Deprecated integers beside decimals with a unit (docs/api/medipim.md#decimal-sizes)."""
    fields: Json = {}
    for name in ("width", "length", "depth"):
        millimetres = dice.randrange(5, 300)
        fields[name] = millimetres
        fields[f"{name}WithUnit"] = {"value": millimetres / 10, "unit": "cm"}
    grams = dice.randrange(5, 2500)
    heavy = {"value": grams / 1000, "unit": "kg"} if index % 2 else {"value": grams, "unit": "g"}
    quantity: Any = ("200", 750, "750 ml", None)[index % 4]
    return {
        "weight": grams, "weightWithUnit": None if index % 15 == 0 else heavy, **fields,
        "packageContent": "1", "packageQuantity": quantity, "packagingUnit": ("ml", "", None)[index % 3],
    }  # fmt: skip


def _market_fields(market: Market, head: Head, data: ReferenceData) -> Json:
    """What only this market has (docs/api/medipim.md#market-fields)."""
    i = head.index
    match market.code:
        case "be":
            return {
                "apbCategory": data.apb_categories[i % 5],
                "bcfiCategory": data.bcfi_categories[i % 3] if i % 2 else None,
                "medipimCategories": [data.medipim_categories[i % 6]],
            }
        case "fr":
            return {"ospCategory": data.osp_categories[i % 3] if i % 2 else None, "medipimCategories": []}
        case "au":
            gs1 = {"code": f"1000{i % 1000:04d}", "level": 4, "parent": None, "title": "Creams", "active": "true"}
            return {
                "notApplicableField": ["pbs"] if i % 3 else [],
                "gs1Category": gs1,
                "scheduleCode": ("S2", "S4", None)[i % 3],
            }
        case "us":
            return {"fineLineCategory": [data.fine_line_categories[i % 3]]}
    return {}


def _brand(head: Head, data: ReferenceData, number: int = 0) -> Json:
    return data.brands[(head.index * 7 + number) % len(data.brands)]


def _organization(head: Head, data: ReferenceData, number: int) -> Json:
    row = data.organizations[(head.index * 5 + number) % len(data.organizations)]
    return {key: row[key] for key in ("id", "name", "type", "meta", "contactInformation") if key in row}


def _sample(dice: random.Random, rows: list[Json], count: int) -> list[Json]:
    return dice.sample(rows, count)


def _leaflets(market: Market, head: Head) -> list[Json]:
    if head.index % 9:
        return []
    url = localized(market, {market.locales[0]: f"https://example.test/notice/{head.index}.pdf"})
    times = {"createdAt": 1_650_000_000, "updatedAt": 1_650_000_000}
    return [
        {
            "id": 31 + head.index,
            "locales": [market.locales[0]],
            "type": ("pil", "spc")[head.index % 2],
            "url": url,
            "meta": times,
        }
    ]
