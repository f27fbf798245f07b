"""Pure: a raw result becomes a record in the shape of its schema. Nothing is dropped but what changes by itself.

Pure: what of a service's rows and numbers can be worked with. Whatever else comes is named, never guessed at.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeGuard

LATEST = 253_402_300_799  # 9999-12-31T23:59:59Z, the last second a date can name


def rfc3339(unix_seconds: int) -> str:
    """Unix seconds as UTC RFC 3339, the form in which bookmarks compare as times."""
    days, second = divmod(unix_seconds, 86_400)
    return f"{_day(days)}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"


@lru_cache(maxsize=4096)
def _day(days: int) -> str:
    """The date, worked out once a day rather than once a record: a twentieth of the cost of a whole run."""
    return (
        datetime.fromtimestamp(days * 86_400, UTC).date().isoformat()
    )  # strftime writes the year 999 with three digits


def updated_at(raw: dict[str, Any]) -> int | None:
    """``meta.updatedAt`` of a raw result: unix seconds, or None when absent or outside the calendar."""
    meta = raw.get("meta")
    value = meta.get("updatedAt") if isinstance(meta, dict) else None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LATEST:
        return value
    return None


def normalise(raw: dict[str, Any], *, incremental: bool, keep_embed_url: bool = False) -> dict[str, Any]:
    """The record of one result: ``updated_at`` copied up from ``meta.updatedAt``, ``meta.embedUrl`` left out.

    The result itself becomes the record: a copy would cost a fifth of reading it. ``embedUrl`` is a signed link that
    differs in every answer (medipim.md 5.1): kept, every product would look changed.
    """
    if incremental:
        moment = updated_at(raw)
        raw.setdefault("id", None)
        raw.setdefault("updated_at", None if moment is None else rfc3339(moment))
    meta = raw.get("meta")
    if isinstance(meta, dict) and not keep_embed_url:
        meta.pop("embedUrl", None)
    return raw


def is_key(value: Any) -> bool:
    """Whether a value can tell a row from others: a text that is not empty, or a whole number (medipim.md 5.1).

    A fraction cannot: 1.0 and 1 would be two rows to some and one to others. Nor can true, which counts as 1.
    """
    return type(value) is int or (type(value) is str and value != "")


def is_count(value: Any) -> TypeGuard[int]:
    """Whether a value counts or numbers something: a whole number from 0 on."""
    return type(value) is int and value >= 0


def unfit_row(rows: list[Any]) -> int | None:
    """The place of the first row that is no object, or whose id cannot tell it from others; an absent id is no harm."""
    for place, row in enumerate(rows):
        if not isinstance(row, dict) or not (row.get("id") is None or is_key(row["id"])):
            return place
    return None
