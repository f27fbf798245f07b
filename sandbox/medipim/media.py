"""Pictures and links of a product.

See docs/api/medipim.md#product-collections, docs/api/medipim.md#enumerations and docs/api/medipim.md#pictures.
"""

# ruff: noqa: PLR2004 - the numbers of a generator mean nothing beyond "every so often"

import random
from hashlib import blake2b

from sandbox.exchange import Json
from sandbox.medipim.markets import Market

ASSETS = "https://assets.example.test/media"
FIRST_ID = 700_000
PER_PRODUCT = 8
SIZES = ("thumbnail", "medium", "large", "huge")


def photos(market: Market, seed: int, index: int, updated_at: int) -> list[Json]:
    """0 to 4 photos; every tenth product shares its first photo with the one before (docs/api/medipim.md#pictures)."""
    dice = random.Random(f"photos:{seed}:{index}")
    shown = [_photo(market, seed, index, k, updated_at) for k in range(dice.choice((0, 1, 1, 2, 2, 3, 4)))]
    if index % 10 == 9 and index > 0:
        before = photos(market, seed, index - 1, updated_at)
        shown = [*before[:1], *shown[1:]]
    return shown


def frontals(market: Market, seed: int, index: int, updated_at: int) -> list[Json]:
    """0 or 1 transparent frontal."""
    if index % 5 not in {0, 2}:
        return []
    key = _hex(seed, index, 6)
    item = _item(market, index, 6, "frontal", updated_at)
    formats = {
        "thumbnail": f"{ASSETS}/thumbnail/{key}.png", "medium": f"{ASSETS}/medium/{key}.png",
        "mediumJpeg": f"{ASSETS}/medium/{key}.jpeg", "hugePng": f"{ASSETS}/huge/{key}.png",
    }  # fmt: skip
    return [{**item, "photoType": "packshot", "formats": formats, "displayOrder": 1, "meta": item["meta"]}]


def links(market: Market, index: int, updated_at: int) -> list[Json]:
    """A link on every eighth product."""
    if index % 8:
        return []
    texts = dict.fromkeys(market.locales)
    return [
        {
            **_item(market, index, 7, "link", updated_at),
            "linkType": ("video", "brochure", "website", "app")[index // 8 % 4],
            "url": f"https://example.test/v/{index}",
            "name": {**texts, market.locales[0]: "Info"},
            "description": texts,
            "available": {"from": 1_700_000_000, "until": 1_710_000_000 if index % 24 == 16 else None},
        }
    ]


def _photo(market: Market, seed: int, index: int, number: int, updated_at: int) -> Json:
    key = _hex(seed, index, number)
    item = _item(market, index, number, "photo", updated_at)
    formats = {size: f"{ASSETS}/{size}/{key}.jpeg" for size in SIZES}
    if number == 0:
        webp = {f"{size}Webp": f"{ASSETS}/{size}/{key}.webp" for size in SIZES}
        is_webp_only = index % 17 == 5  # of the first language: a client must not take it for the language's picture
        formats = webp if is_webp_only else formats | webp
        item["locales"] = item["locales"][:1] if is_webp_only else item["locales"]
    photo: Json = {
        **item, "photoType": ("packshot", "productshot", "lifestyle_image")[number % 3],
        "formats": [{name: url} for name, url in formats.items()] if index % 6 == 3 else formats,
        "visibleSides": [["front", "left"], ["back"], []][number % 3],
    }  # fmt: skip
    if market.code == "au":
        photo["organizations"] = [{"name": "Exemplia Labs"}]
    return photo


def _item(market: Market, index: int, number: int, kind: str, updated_at: int) -> Json:
    created = 1_600_000_000 + index % 1_000_000
    groups = [["public", "pharmacist", "webshop"], ["public", "webshop"], ["pharmacist"]][(index + number) % 3]
    return {
        "id": FIRST_ID + index * PER_PRODUCT + number, "type": kind, "locales": list(market.locales[:2]),
        "targetGroups": groups, "meta": {"createdAt": created, "updatedAt": min(updated_at, created + 50_000_000)},
    }  # fmt: skip


def _hex(seed: int, index: int, number: int) -> str:
    return blake2b(f"{seed}:{index}:{number}".encode(), digest_size=8).hexdigest()
