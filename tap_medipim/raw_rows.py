"""Pure: a row that is text, with its ``id`` and update time; how it becomes a record, or is read whole after all."""

from datetime import UTC, datetime
from typing import Any, cast

import orjson

from tap_medipim.errors import StreamFailed
from tap_medipim.records import updated_at


class RawRow(dict[str, Any]):
    """``id`` of a row and ``updatedAt`` of its ``meta``, which is what reading asks for; all of it is text.

    ``begun`` is the text up to ``,"meta":``, then ``meta``, and ``plain_meta`` without its signed link. Where ``meta``
    is empty, ``begun`` is all but the last bracket.
    """

    __slots__ = ("begun", "meta", "plain_meta")

    def __init__(self, key: int | str, moment: Any, begun: bytes, meta: bytes = b"", plain_meta: bytes = b"") -> None:
        super().__init__(id=key, meta={"updatedAt": moment})
        self.begun = begun
        self.meta = meta
        self.plain_meta = plain_meta


def whole(row: dict[str, Any]) -> dict[str, Any]:
    """The row with all its fields. Raises StreamFailed for a number without bounds (1e999), which is JSON all the same.

    As text such a row goes on to the loader, which may take it or refuse this one record.
    """
    if not isinstance(row, RawRow):
        return row
    try:
        return cast("dict[str, Any]", orjson.loads(b"".join((row.begun, *_meta(row.meta), b"}"))))
    except ValueError:
        raise StreamFailed(f"the row with id {row['id']} holds a number that is too large to be read") from None


def normalised_text(row: RawRow, *, incremental: bool, keep_embed_url: bool = False) -> tuple[bytes, ...]:
    """What ``normalise`` makes of the row, as JSON, out of its text; in pieces, so that it is copied but once."""
    meta = _meta(row.meta if keep_embed_url else row.plain_meta)
    if not incremental:
        return (row.begun, *meta, b"}")
    moment = updated_at(row)
    return (row.begun, *meta, b',"updated_at":', b"null" if moment is None else rfc3339_text(moment), b"}")


def _meta(text: bytes) -> tuple[bytes, ...]:
    return (b',"meta":', text) if text else ()


def rfc3339_text(unix_seconds: int) -> bytes:
    """``rfc3339`` as JSON, with its quotes, in a third of the time: orjson writes dates itself."""
    return orjson.dumps(datetime.fromtimestamp(unix_seconds, UTC), option=orjson.OPT_UTC_Z)


def without_link(meta: bytes, link: bytes) -> bytes:
    """``meta`` without ``embedUrl``, whose value is ``link``: cut out, or read and written again if in doubt.

    Raises ValueError for a number without bounds.
    """
    end = b',"embedUrl":%b}' % link
    before = meta.removesuffix(end)
    if len(before) < len(meta) and b"embedUrl" not in before and b"\\" not in before:
        return before + b"}"
    return orjson.dumps({name: value for name, value in orjson.loads(meta).items() if name != "embedUrl"})
