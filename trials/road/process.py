"""What stands in for the process that a plugin usually has for itself: its signals and its standard output."""

import io
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def own_signals() -> Iterator[None]:
    """The SDK takes over the signals of the process it lives in; here they are given back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Lines(io.RawIOBase):
    """Standard output of which only the lines are counted."""

    def __init__(self, on_write: Callable[[int], None] = lambda _lines: None) -> None:
        super().__init__()
        self.seen = threading.Event()
        self._count = 0
        self._on_write = on_write

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any, /) -> int:
        """Count the lines, tell."""
        text = bytes(data)
        self._count += text.count(b"\n")
        if text.endswith(b"\n"):
            self.seen.set()
        self._on_write(self._count)
        return len(text)
