"""Small Medipim records, as the tap emits them."""

from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


def product(key: str, name: str, **fields: Any) -> Json:
    """An active product with a Dutch name."""
    record = {"id": key, "updated_at": "2026-01-01T00:00:00Z", "status": "active", "name": {"nl": name}}
    return {**record, **fields}


def at(seconds: int, record: Json) -> Json:
    """The same, last changed at this time (docs/api/medipim.md#touches)."""
    told = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**record, "updated_at": told, "meta": {"createdAt": 1, "updatedAt": seconds}}


def text(html: str) -> Json:
    """The fields that make a description."""
    content = {"type": "full_description", "content": {"nl": html}, "targetGroups": ["public"]}
    return {"descriptions": [content]}


def photos(*keys: int) -> Json:
    """The fields that make pictures; a key is the name of the file."""
    return {
        "photos": [
            {
                "id": key,
                "formats": {"huge": f"https://media.example.test/{key}.jpg"},
                "locales": [],
                "targetGroups": ["public"],
            }
            for key in keys
        ]
    }


def sold_in(*numbers: int) -> Json:
    """The fields that put a product into categories."""
    return {"publicCategories": [{"id": number} for number in numbers]}


def brand(name: str) -> Json:
    """The fields that name a brand."""
    return {"brands": [{"id": f"brand of {name}", "name": {"nl": name}}]}


def supplier(name: str) -> Json:
    """The fields that name a supplier."""
    return {"organizations": [{"id": f"house of {name}", "type": "supplier", "name": {"nl": name}}]}


def category(number: int, name: str, parent: int | None = None) -> Json:
    """A public category."""
    return {"id": str(number), "name": {"nl": name}, "parent": None if parent is None else str(parent)}


def ean(number: int) -> str:
    """A code with a right check digit."""
    digits = f"{540000000000 + number:012d}"
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{(10 - weighted % 10) % 10}"
