"""The file of ``--state``: Singer's bookmarks, as the common hosts wrap them.

A state that is not understood is never taken for an empty one: everything would be read again, in silence. A file
without anything in it is no state: a night that failed before its first STATE must not stop the next one.
"""

import logging
from typing import Any

import orjson

from pim_wire.errors import InvalidInput

BOOKMARKS = "bookmarks"
WRAPPERS = ("value", "singer_state", "completed", "state")  # a STATE message, Meltano's state, its payload
_BESIDE_BOOKMARKS = {BOOKMARKS, "currently_syncing", "version"}
_MOST_WRAPPERS = 4

logger = logging.getLogger("tap-medipim")


def read_state(text: str | bytes) -> dict[str, Any] | None:
    """The state in a file's text; None for none. Raises InvalidInput, in one sentence."""
    if isinstance(text, str):
        text = text.encode("utf-8", "surrogatepass")
    text = text.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n\0")
    if not text:
        logger.warning("The state file is empty: everything is read")
        return None
    return checked_state(_json(text))


def _json(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except ValueError as error:
        is_several = b"\n" in text and text.lstrip().startswith(b"{")
        advice = "; of several lines of a target's output the last one is the state" if is_several else ""
        raise InvalidInput(f"The state file is not JSON: {error}{advice}") from None


def checked_state(state: Any) -> dict[str, Any] | None:
    """The state when it has Singer's shape, unwrapped. Raises InvalidInput."""
    wrapper = ""
    for _ in range(_MOST_WRAPPERS):
        if not isinstance(state, dict) or BOOKMARKS in state:
            break
        found = [name for name in WRAPPERS if name in state]
        if len(found) != 1 or ((name := found[0]) == "value" and state.get("type", "STATE") != "STATE"):
            break
        state, wrapper = state[name], name
    if not isinstance(state, dict):
        raise InvalidInput("The state file holds no object: give the state as it came, or no file to read everything")
    bookmarks = state.get(BOOKMARKS, {})
    is_known = BOOKMARKS in state or not state.keys() - _BESIDE_BOOKMARKS
    if not is_known or not isinstance(bookmarks, dict) or not all(isinstance(one, dict) for one in bookmarks.values()):
        raise InvalidInput('The state file has not the shape {"bookmarks": {"<stream>": {...}}}')
    if wrapper:
        logger.info("The state file wraps the state in %r: it is read from there", wrapper)
    return state
