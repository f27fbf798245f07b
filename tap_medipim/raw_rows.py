"""What becomes of a row that is text: its record, also as text, or the whole row where all its fields are needed."""

from datetime import UTC, datetime
from typing import Any, cast

import orjson

from pim_wire import exact_json
from tap_medipim.errors import StreamFailed
from tap_medipim.records import RawRow, Row


def record_text(row: RawRow, *, incremental: bool, keep_embed_url: bool = False) -> tuple[bytes, ...]:
    """The JSON of what ``normalise`` makes of the whole row; in pieces, so that it is copied but once."""
    value = row.meta if keep_embed_url else row.meta_without_link
    meta = (b',"meta":', value) if value else ()
    if not incremental:
        return (row.before_meta, *meta, b"}")
    # as ``rfc3339``, in a third of the time: orjson writes dates itself
    moment = None if row.updated_at is None else datetime.fromtimestamp(row.updated_at, UTC)
    return (row.before_meta, *meta, b',"updated_at":', orjson.dumps(moment, option=orjson.OPT_UTC_Z), b"}")


def whole(row: Row) -> dict[str, Any]:
    """The row with all its fields. Raises StreamFailed for a number without bounds (1e999), which is JSON all the same.

    As text such a row goes on to the loader, which may take it or refuse this one record.
    """
    if not isinstance(row, RawRow):
        return row
    try:
        text = b"".join(record_text(row, incremental=False, keep_embed_url=True))
        return cast("dict[str, Any]", exact_json.loads(text))
    except ValueError:
        raise StreamFailed(f"the row with id {row.key} holds a number that is too large to be read") from None


def without_link(meta: bytes, link: bytes) -> bytes:
    """``meta`` without ``embedUrl``, whose value is ``link``: cut out, or read and written again if in doubt.

    Raises ValueError for a number without bounds.
    """
    end = b',"embedUrl":%b}' % link
    before = meta.removesuffix(end)
    if len(before) < len(meta) and b"embedUrl" not in before and b"\\" not in before:
        return before + b"}"
    return orjson.dumps({name: value for name, value in orjson.loads(meta).items() if name != "embedUrl"})
