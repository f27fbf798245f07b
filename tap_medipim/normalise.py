"""Pure: a raw result becomes a record in the shape of its schema. Nothing is dropped but what changes by itself."""

from datetime import UTC, datetime
from typing import Any

LATEST = 253_402_300_799  # 9999-12-31T23:59:59Z, the last second a date can name


def rfc3339(unix_seconds: int) -> str:
    """Unix seconds as UTC RFC 3339, the form in which bookmarks compare as times."""
    return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def updated_at(raw: dict[str, Any]) -> int | None:
    """``meta.updatedAt`` of a raw result: unix seconds, or None when absent or outside the calendar."""
    meta = raw.get("meta")
    value = meta.get("updatedAt") if isinstance(meta, dict) else None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LATEST:
        return value
    return None


def normalise(raw: dict[str, Any], *, incremental: bool, keep_embed_url: bool = False) -> dict[str, Any]:
    """The record of one result: ``updated_at`` copied up from ``meta.updatedAt``, ``meta.embedUrl`` left out.

    ``embedUrl`` is a signed link that differs in every answer (medipim.md 5.1): kept, every product would look changed.
    """
    meta = raw.get("meta")
    if isinstance(meta, dict) and not keep_embed_url and "embedUrl" in meta:
        raw = {**raw, "meta": {name: value for name, value in meta.items() if name != "embedUrl"}}
    if not incremental:
        return raw
    moment = updated_at(raw)
    return {"id": raw.get("id"), "updated_at": None if moment is None else rfc3339(moment), **raw}
