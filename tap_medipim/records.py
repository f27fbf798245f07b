"""Rows of the service, and the records that become of them. Pure.

A row is an object with all its fields, or a ``RawRow`` that stays the text it came in; ``key_of`` and ``updated_at``
read either. Nothing is dropped on the way to a record but the signed link, which differs in every answer.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeGuard

LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z, the last second a date can name


@dataclass(slots=True)
class RawRow:
    """A row as text, with the two values that reading needs: its key, and its update time where it has one.

    ``before_meta`` is the text up to ``,"meta":``. ``meta`` is the text of that value, as it came and without its link.
    Where ``meta`` is empty, ``before_meta`` is all of the row but the last bracket. ``version`` is that of the schema
    that the row was compared with.
    """

    key: int | str
    updated_at: int | None
    before_meta: bytes
    meta: bytes = b""
    meta_without_link: bytes = b""
    version: int = 0


Row = dict[str, Any] | RawRow


def key_of(row: Row) -> Any:
    """The ``id`` of a row, or None."""
    return row.key if isinstance(row, RawRow) else row.get("id")


def updated_at(row: Row) -> int | None:
    """``meta.updatedAt`` of a row: unix seconds, or None when absent or outside the calendar."""
    if isinstance(row, RawRow):
        return row.updated_at
    meta = row.get("meta")
    return second_or_none(meta.get("updatedAt")) if isinstance(meta, dict) else None


def second_or_none(value: Any) -> int | None:
    """The value when it is a second of the calendar: a whole number, neither true nor false."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LAST_SECOND:
        return value
    return None


def is_key(value: Any) -> bool:
    """Whether a value can tell a row from others: a text that is not empty, or a whole number.

    See docs/api/medipim.md#product-id.

    A fraction cannot: 1.0 and 1 would be two rows to some and one to others. Nor can true, which counts as 1.
    """
    return type(value) is int or (type(value) is str and value != "")


def is_count(value: Any) -> TypeGuard[int]:
    """Whether a value counts or numbers something: a whole number from 0 on."""
    return type(value) is int and value >= 0


def normalise(row: dict[str, Any], *, incremental: bool, keep_embed_url: bool = False) -> dict[str, Any]:
    """The record of a row: ``updated_at`` copied up from ``meta.updatedAt``, ``meta.embedUrl`` left out.

    The row itself becomes the record: a copy would cost a fifth of reading it. ``embedUrl`` is a signed link that
    differs in every answer (docs/api/medipim.md#embed-url): kept, every product would look changed.
    """
    if incremental:
        second = updated_at(row)
        row.setdefault("id", None)
        row.setdefault("updated_at", None if second is None else rfc3339(second))
    meta = row.get("meta")
    if isinstance(meta, dict) and not keep_embed_url:
        meta.pop("embedUrl", None)
    return row


def rfc3339(unix_seconds: int) -> str:
    """Unix seconds as UTC RFC 3339, the form in which bookmarks compare as times."""
    days, second = divmod(unix_seconds, 86_400)
    return f"{_date(days)}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"


@lru_cache(maxsize=4096)
def _date(days: int) -> str:
    """The date, computed once a day rather than once a record: a twentieth of the cost of a whole run.

    Not by ``strftime``, which writes the year 999 with three digits.
    """
    return datetime.fromtimestamp(days * 86_400, UTC).date().isoformat()
