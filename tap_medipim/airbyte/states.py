"""Airbyte's states and Singer's bookmarks: each stream's blob is its bookmark, as it is.

A state that is not understood is never taken for an empty one: everything would be read again, in silence.
"""

import logging
from collections.abc import Iterator
from typing import Any

import orjson

from pim_wire.errors import InvalidInput

Json = dict[str, Any]
BOOKMARKS = "bookmarks"
_CURSOR = "replication_key_value"
_NO_CURSOR = "__ab_"  # words of the protocol's own: of streams that are read anew each time
_SHAPE = "give the state as Airbyte keeps it, or none to read everything"

logger = logging.getLogger("tap-medipim")


def bookmarks(text: bytes | None, known: dict[str, bool]) -> dict[str, Json]:
    """The bookmarks in the text of a state, of ``known`` streams that are read from their state on.

    Raises InvalidInput for what is no state.
    """
    text = (text or b"").strip(b" \t\r\n\0")
    if not text:
        return {}
    try:
        state = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"The state is not JSON (line {error.lineno}, column {error.colno}): {_SHAPE}") from None
    found: dict[str, Json] = {}
    for message in state if isinstance(state, list) else [state]:
        for name, blob in _blobs(message):
            if not isinstance(blob, dict | None):
                raise InvalidInput(f"The state of stream {name[:80]!r} is no object: {_SHAPE}")
            found[name] = blob or {}
    return {name: blob for name, blob in found.items() if _counts(name, blob, known)}


def _counts(name: str, blob: Json, known: dict[str, bool]) -> bool:
    """Whether this blob says from where to go on; what it does not is told, unless it is the protocol's own word."""
    if not blob or any(word.startswith(_NO_CURSOR) for word in blob):
        return False
    if name not in known:
        logger.info("The state of stream %s is of no stream that is read here", name[:80])
        return False
    if not known[name]:
        logger.info("%s: a full refresh reads everything, whatever its state says", name)
        return False
    if _CURSOR not in blob:
        logger.warning("%s: its state is of another source, and does not count: everything is read", name)
        return False
    return True


def _blobs(message: Any) -> Iterator[tuple[str, Any]]:
    """Stream and blob of a state message, whatever its kind. Raises InvalidInput."""
    if not isinstance(message, dict):
        raise InvalidInput(f"The state is no list of messages: {_SHAPE}")
    if isinstance(wrapped := message.get("state"), dict) and message.get("type") == "STATE":
        message = wrapped
    if isinstance(shared := message.get("global"), dict):
        yield from map(_of_stream, _list_of(shared.get("stream_states")))
    elif "stream" in message:
        yield _of_stream(message["stream"])
    else:
        yield from _legacy(message.get("data", {}) if message.get("type") == "LEGACY" else message)


def _of_stream(state: Any) -> tuple[str, Any]:
    descriptor = state.get("stream_descriptor") if isinstance(state, dict) else None
    name = descriptor.get("name") if isinstance(descriptor, dict) else None
    if not isinstance(name, str):
        raise InvalidInput(f"The state has a stream without a name: {_SHAPE}")
    return name, state.get("stream_state")


def _list_of(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidInput(f"The state has no list of streams: {_SHAPE}")
    return value


def _legacy(data: Any) -> Iterator[tuple[str, Any]]:
    """One object for all streams: of an old platform, or of the Singer tap."""
    found = data.get(BOOKMARKS, data.get("data", data)) if isinstance(data, dict) else None
    if not isinstance(found, dict) or not all(isinstance(blob, dict) for blob in found.values()):
        raise InvalidInput(f"The state has not the shape of one: {_SHAPE}")
    yield from found.items()
