"""Singer messages in: orjson, a limit for a line, and a sign of when the process only waits for input."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import orjson
from singer_sdk.singerlib.encoding.base import GenericSingerReader
from typing_extensions import override

from pim_wire.errors import Interrupted, InvalidInput
from pim_wire.limits import SizeLimits
from target_micropim.lines import Unreadable, lines_of, loose, unreadable

_NEEDED: dict[str, dict[str, type]] = {
    "RECORD": {"stream": str, "record": object},
    "SCHEMA": {"stream": str, "schema": dict},
    "STATE": {"value": object},
    "ACTIVATE_VERSION": {"stream": str, "version": object},
}


class OrjsonReader(GenericSingerReader[bytes]):
    """Reads lines from stdin. A bad line ends the run with its number, never with its content.

    A RECORD that is too much to be held, or no strict JSON, goes to ``on_unreadable`` instead, and the run goes on.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_waiting = False
        self.line = b""  # the one that holds the message at hand
        self.on_failure: Callable[[BaseException], None] = lambda _failure: None
        self.is_stopped: Callable[[], bool] = lambda: False
        self.on_unreadable: Callable[[Unreadable], None] = lambda _refused: None
        self.bounds = SizeLimits()

    @property
    @override
    def default_input(self) -> Any:
        return sys.stdin.buffer

    @override
    def deserialize_json(self, line: bytes | str) -> dict[str, Any]:
        found = orjson.loads(line)
        if not isinstance(found, dict):
            raise ValueError("not an object")
        return found

    @override
    def process_lines(self, file_input: Any, callbacks: dict[Any, Callable[[dict[str, Any]], None]]) -> Counter[str]:
        seen: Counter[str] = Counter()
        try:
            self._dispatch(file_input or self.default_input, callbacks, seen)
        except BaseException as failure:
            self.on_failure(failure)
            raise
        return seen

    def _dispatch(
        self, source: Any, callbacks: dict[Any, Callable[[dict[str, Any]], None]], seen: Counter[str]
    ) -> None:
        for number, (line, whole) in enumerate(self._lines(source), start=1):
            if whole and not line.strip():
                continue
            taken = self._message(number, line, whole=whole)
            if isinstance(taken, Unreadable):
                self.on_unreadable(taken)
                seen["RECORD"] += 1
                continue
            kind, self.line = taken["type"], line
            callbacks[kind](taken)
            seen[kind] += 1

    def _lines(self, source: Any) -> Iterator[tuple[bytes, bool]]:
        lines = lines_of(getattr(source, "buffer", source), self.bounds.line_bytes)
        while True:
            self.is_waiting = True
            try:
                if self.is_stopped():  # the signal came before we waited: nothing would end the wait
                    raise Interrupted("stopped before the next line")
                found = next(lines, None)
            finally:
                self.is_waiting = False
            if found is None:
                return
            yield found

    def _message(self, number: int, line: bytes, *, whole: bool) -> dict[str, Any] | Unreadable:
        try:
            if (refused := unreadable(line, self.bounds, whole=whole)) is not None:
                return refused
        except ValueError as why:
            raise InvalidInput(f"Input line {number}: {why}; it is not known to be a record") from None
        try:
            message = self.deserialize_json(line)
        except ValueError:
            if (refused := loose(line)) is not None:
                return refused
            raise InvalidInput(f"Input line {number}: not a Singer message (one JSON object with a type)") from None
        if wrong := _wrong(message):
            raise InvalidInput(f"Input line {number}: {wrong}")
        return message


def _wrong(message: dict[str, Any]) -> str | None:
    """What a message lacks to be taken (singer.md 1.2), without a word of its content."""
    kind = message.get("type")
    if not isinstance(kind, str):
        return "not a Singer message (one JSON object with a type)"
    if kind not in _NEEDED:
        return f"unknown message type {kind[:40]!r}"
    for name, type_ in _NEEDED[kind].items():
        if name not in message or not isinstance(message[name], type_):
            return f"a {kind} without a usable {name}"
    if kind == "SCHEMA":
        return _wrong_schema(message)
    return None


def _wrong_schema(message: dict[str, Any]) -> str | None:
    keys = message.get("key_properties")
    if not isinstance(message["schema"].get("properties"), dict):
        return "a SCHEMA without properties"
    if keys is not None and not (isinstance(keys, list) and all(isinstance(key, str) for key in keys)):
        return "a SCHEMA whose key_properties are no list of names"
    return None
