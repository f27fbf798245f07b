"""SQLite that waits for the lock of another program in slices, so that a stop ends the wait.

The library's own wait is one call that no signal ends, for each statement anew.
"""

import sqlite3
import time
from collections.abc import Callable
from typing import Any, TypeVar

from typing_extensions import override

from pim_wire.errors import Interrupted

SLICE_SECONDS = 0.25
LONGEST_SECONDS = 30.0
AFTER_STOP_SECONDS = 1.5  # in all: what is under way may still be written
T = TypeVar("T")


class Patience:
    """How long the connections of one database wait."""

    def __init__(self, is_stopped: Callable[[], bool]) -> None:
        self._is_stopped = is_stopped
        self._stop_seen_at: float | None = None

    def is_left(self, began: float) -> bool:
        """Whether to try once more what was begun then. Raises Interrupted some time after a stop."""
        now = time.monotonic()
        if self._is_stopped():
            self._stop_seen_at = self._stop_seen_at or now
            if now - self._stop_seen_at >= AFTER_STOP_SECONDS:
                raise Interrupted("stopped while another program held the database")
        return now - began < LONGEST_SECONDS

    def apply(self, act: Callable[..., T], *given: Any) -> T:
        """Carry out a call of the driver, again while the database is locked: nothing of it was done then."""
        began: float | None = None
        while True:
            try:
                return act(*given)
            except sqlite3.OperationalError as error:
                began = time.monotonic() if began is None else began
                if not _is_locked(error) or not self.is_left(began):
                    raise


def _is_locked(error: sqlite3.OperationalError) -> bool:
    """Not where a transaction has read what is old by now (SQLITE_BUSY_SNAPSHOT): no wait helps that."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_BUSY and code != sqlite3.SQLITE_BUSY_SNAPSHOT


def connect_arguments(is_stopped: Callable[[], bool]) -> dict[str, Any]:
    """What a connection is opened with."""
    patience = Patience(is_stopped)

    class Cursor(sqlite3.Cursor):
        @override
        def execute(self, *given: Any) -> Any:
            return patience.apply(super().execute, *given)

        @override
        def executemany(self, *given: Any) -> Any:
            return patience.apply(super().executemany, *given)

    class Connection(sqlite3.Connection):
        @override
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        @override
        def execute(self, *given: Any) -> Any:
            return patience.apply(super().execute, *given)

        @override
        def executemany(self, *given: Any) -> Any:
            return patience.apply(super().executemany, *given)

        @override
        def commit(self) -> None:
            patience.apply(super().commit)

    return {"timeout": SLICE_SECONDS, "factory": Connection}
