"""Singer messages in: orjson, a limit for a line, and a sign of when the process only waits for input."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import orjson
from singer_sdk.singerlib.encoding.base import GenericSingerReader
from typing_extensions import override

from pim_wire.errors import Interrupted, StopRun

MAX_LINE_BYTES = 64 * 1024 * 1024


class OrjsonReader(GenericSingerReader[bytes]):
    """Reads lines from stdin. A bad line ends the run with its number, never with its content."""

    def __init__(self) -> None:
        super().__init__()
        self.is_waiting = False
        self.on_failure: Callable[[BaseException], None] = lambda _failure: None
        self.is_stopped: Callable[[], bool] = lambda: False

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
        for number, line in enumerate(self._lines(source), start=1):
            if not line.strip():
                continue
            message = self._message(number, line)
            kind = message["type"]
            if kind not in callbacks:
                raise StopRun(f"Input line {number}: unknown message type {str(kind)[:40]!r}")
            callbacks[kind](message)
            seen[kind] += 1

    def _lines(self, source: Any) -> Iterator[bytes | str]:
        while True:
            self.is_waiting = True
            try:
                if self.is_stopped():  # the signal came before we waited: nothing would end the wait
                    raise Interrupted("stopped before the next line")
                line = source.readline(MAX_LINE_BYTES)
            finally:
                self.is_waiting = False
            if not line:
                return
            yield line

    def _message(self, number: int, line: bytes | str) -> dict[str, Any]:
        if len(line) >= MAX_LINE_BYTES:
            raise StopRun(f"Input line {number}: longer than {MAX_LINE_BYTES} bytes")
        try:
            message = self.deserialize_json(line)
            self.assert_line_requires(dict.fromkeys(message), requires={"type"})
        except ValueError:
            raise StopRun(f"Input line {number}: not a Singer message (one JSON object with a type)") from None
        return message
