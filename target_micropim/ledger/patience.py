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

    def again(self, error: sqlite3.OperationalError, act: Callable[..., T], *given: Any) -> T:
        """Carry out a call of the driver that failed so, while the database is locked: nothing of it was done then."""
        began = time.monotonic()
        while _is_locked(error) and self.is_left(began):
            try:
                return act(*given)
            except sqlite3.OperationalError as failure:
                error = failure
        raise error


def _is_locked(error: sqlite3.OperationalError) -> bool:
    """Not where a transaction has read what is old by now (SQLITE_BUSY_SNAPSHOT): no wait helps that."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_BUSY and code != sqlite3.SQLITE_BUSY_SNAPSHOT


def connect_arguments(is_stopped: Callable[[], bool]) -> dict[str, Any]:
    """What a connection is opened with."""
    patience = Patience(is_stopped)

    def patient(act: Callable[..., Any]) -> Any:
        """A call of the driver that fails only when patience is at its end."""

        def with_patience(*given: Any) -> Any:
            try:
                return act(*given)
            except sqlite3.OperationalError as error:
                return patience.again(error, act, *given)

        return with_patience

    class Cursor(sqlite3.Cursor):
        execute = patient(sqlite3.Cursor.execute)
        executemany = patient(sqlite3.Cursor.executemany)

    class Connection(sqlite3.Connection):
        execute = patient(sqlite3.Connection.execute)
        executemany = patient(sqlite3.Connection.executemany)
        commit = patient(sqlite3.Connection.commit)

        @override
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

    return {"timeout": SLICE_SECONDS, "factory": Connection}
