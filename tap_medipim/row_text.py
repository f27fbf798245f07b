"""Pure: a row that is text, with its ``id`` and ``meta``; how it becomes a record, or is read whole after all."""

from typing import Any, cast

import orjson

from tap_medipim.errors import StreamFailed
from tap_medipim.normalise import rfc3339, updated_at


class Skimmed(dict[str, Any]):
    """``id`` and ``meta`` of a row, which is what reading asks for; all of it is ``text``."""

    __slots__ = ("meta_text", "text")

    def __init__(self, key: int | str, meta_text: bytes, text: bytes) -> None:
        super().__init__(id=key, meta=orjson.loads(meta_text))
        self.meta_text = meta_text
        self.text = text


def whole(row: dict[str, Any]) -> dict[str, Any]:
    """The row with all its fields. Raises StreamFailed for a number without bounds (1e999), which is JSON all the same.

    As text such a row goes on to the loader, which may take it or refuse this one record.
    """
    if not isinstance(row, Skimmed):
        return row
    try:
        return cast("dict[str, Any]", orjson.loads(row.text))
    except ValueError:
        raise StreamFailed(f"the row with id {row['id']} holds a number that is too large to be read") from None


def normalised_text(row: Skimmed, *, incremental: bool, keep_embed_url: bool = False) -> bytes | None:
    """What ``normalise`` makes of the row, as JSON, out of its text; None when ``meta`` is not where it can be told.

    A row that ends in ``,"meta":``, the value of meta and ``}`` ends in its meta: in a string the quotes were escaped.
    """
    text, meta = row.text, row["meta"]
    if isinstance(meta, dict) and "embedUrl" in meta and not keep_embed_url:
        tail = b',"meta":%b}' % row.meta_text
        if not text.endswith(tail):
            return None
        text = b'%b,"meta":%b}' % (
            text[: -len(tail)],
            orjson.dumps({name: value for name, value in meta.items() if name != "embedUrl"}),
        )
    if not keep_embed_url and b"embedUrl" in text:
        return None  # in another place, or in a ``meta`` that stands there twice
    if not incremental:
        return text
    moment = updated_at(row)
    return b'%b,"updated_at":%b}' % (text[:-1], b"null" if moment is None else b'"%b"' % rfc3339(moment).encode())
