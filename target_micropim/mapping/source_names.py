"""Pure: names of the source's fields, as people write them into settings."""

from collections.abc import Collection
from difflib import get_close_matches


def misspelt(name: str, source_fields: Collection[str]) -> str | None:
    """The field that is meant by a name which is nearly one: ``CNK``, ``supplier_reference``, ``publicprice``."""
    if name in source_fields:
        return None
    same = (field for field in source_fields if field.lower() == name.replace("_", "").lower())
    return next(same, None) or next(iter(get_close_matches(name, source_fields, 1, 0.8)), None)
