"""Singer messages in: orjson, a limit for a line, and a sign of when the process only waits for input."""

import logging
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

from singer_sdk.singerlib.encoding.base import GenericSingerReader
from typing_extensions import override

from pim_wire import exact_json
from pim_wire.clock import Clock
from pim_wire.errors import InvalidInput
from pim_wire.limits import SizeLimits
from target_micropim.lines import SINGER, InputLines, Unreadable, read_line

logger = logging.getLogger("target-micropim")
_NEEDED: dict[str, dict[str, type]] = {
    "RECORD": {"stream": str, "record": object},
    "SCHEMA": {"stream": str, "schema": dict},
    "STATE": {"value": object},
    "ACTIVATE_VERSION": {"stream": str, "version": object},
}


class OrjsonReader(GenericSingerReader[bytes]):
    """Reads lines from stdin. A bad line ends the run with its number, never with its content.

    A RECORD that is too much to be held, or no strict JSON, is handed on with an ``Unreadable`` as its record, and the
    run goes on.
    """

    def __init__(
        self,
        limits: SizeLimits = SizeLimits(),  # noqa: B008 - frozen, so one default may be shared
        clock: Clock | None = None,
        on_failure: Callable[[BaseException], None] | None = None,
    ) -> None:
        """``on_failure`` hears of what ends the reading early; the SDK lets nobody else wrap it."""
        super().__init__()
        self.line = b""  # the one that holds the message at hand
        self._limits = limits
        self._input = InputLines(limits, clock or Clock())
        self._on_failure = on_failure

    @property
    def is_waiting(self) -> bool:
        """Whether the process only waits for the next line."""
        return self._input.is_waiting

    @property
    @override
    def default_input(self) -> Any:
        if sys.stdin is None:
            raise InvalidInput("Standard input is closed: send a tap's output into it, or give --input FILE")
        if sys.stdin.isatty():
            logger.info("Waiting for a tap's output on standard input; Ctrl-C ends it")
        return sys.stdin.buffer

    @override
    def deserialize_json(self, line: bytes | str) -> dict[str, Any]:
        text = line.encode() if isinstance(line, str) else line
        message = exact_json.loads(text)  # what is refused, and a bookmark, leaves with every digit it came with
        if not isinstance(message, dict):
            raise ValueError("not an object")
        return message

    @override
    def process_lines(self, file_input: Any, callbacks: dict[Any, Callable[[dict[str, Any]], None]]) -> Counter[str]:
        counts: Counter[str] = Counter()
        try:
            for number, (line, is_whole) in enumerate(self._input.of(file_input or self.default_input), start=1):
                if is_whole and not line.strip():
                    continue
                message = self._message(number, line, is_whole=is_whole)
                kind, self.line = message["type"], line
                callbacks[kind](message)
                counts[kind] += 1
        except BaseException as failure:
            if self._on_failure is not None:
                self._on_failure(failure)
            raise
        return counts

    def _message(self, number: int, line: bytes, *, is_whole: bool) -> dict[str, Any]:
        message = read_line(line, number, self._limits, SINGER, is_whole=is_whole)
        if isinstance(message, Unreadable):
            return {"type": "RECORD", "stream": message.stream, "record": message}
        if not isinstance(message, dict):
            raise InvalidInput(f"Input line {number}: not a Singer message (one JSON object with a type)")
        if problem := _problem(message):
            raise InvalidInput(f"Input line {number}: {problem}")
        return message


def _problem(message: dict[str, Any]) -> str | None:
    """What a message lacks to be taken (https://hub.meltano.com/singer/spec), without a word of its content."""
    kind = message.get("type")
    if not isinstance(kind, str):
        return "not a Singer message (one JSON object with a type)"
    if kind == "BATCH":
        return "unknown message type 'BATCH': records alone are read, so take batch_config out of the tap's settings"
    if kind not in _NEEDED:
        return f"unknown message type {kind[:40]!r}"
    for name, type_ in _NEEDED[kind].items():
        if name not in message or not isinstance(message[name], type_):
            return f"a {kind} without a usable {name}"
    if kind == "SCHEMA":
        return _schema_problem(message)
    return None


def _schema_problem(message: dict[str, Any]) -> str | None:
    keys = message.get("key_properties")
    if not isinstance(message["schema"].get("properties"), dict):
        return "a SCHEMA without properties"
    if keys is not None and not (isinstance(keys, list) and all(isinstance(key, str) for key in keys)):
        return "a SCHEMA whose key_properties are no list of names"
    return None
