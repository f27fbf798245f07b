"""Pure: a raw result becomes a record in the shape of its schema. Nothing is dropped but what changes by itself."""

from datetime import UTC, datetime
from typing import Any

import orjson

LATEST = 253_402_300_799  # 9999-12-31T23:59:59Z, the last second a date can name


def rfc3339(unix_seconds: int) -> str:
    """Unix seconds as UTC RFC 3339, the form in which bookmarks compare as times."""
    return rfc3339_text(unix_seconds)[1:-1].decode()


def rfc3339_text(unix_seconds: int) -> bytes:
    """The same as JSON, with its quotes. orjson writes dates in a third of the time that Python's formats take."""
    return orjson.dumps(datetime.fromtimestamp(unix_seconds, UTC), option=orjson.OPT_UTC_Z)


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
