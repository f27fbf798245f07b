"""When a STATE may leave (law 1): when every earlier record is in MicroPIM, unchanged there, or in the rejects file."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

State = dict[str, Any]
MOST_WAITING = 1000  # states kept behind a record that stays open, such as one to be archived at the end


class Checkpoints:
    """Counts records in, ticks them off in any order, and lets states go in order, at most one per interval."""

    def __init__(
        self, write: Callable[[State], None] | None, interval_seconds: float, now: Callable[[], float]
    ) -> None:
        """``write`` is None in a dry run, whose states never leave: a host would take its records for written."""
        self._write = write
        self._interval = interval_seconds
        self._now = now
        self._lock = threading.RLock()
        self._next = 0
        self._open: dict[int, None] = {}  # in the order of arrival, so that the first key is the oldest
        self._tied: dict[int, list[int]] = {}  # by ticket: those that are closed with it
        self._waiting: deque[tuple[int, State]] = deque()
        self._written_at = now()

    @property
    def position(self) -> int:
        """How many tickets were given out: those of the records so far are below it."""
        return self._next

    def open(self) -> int:
        """A record came in; its ticket."""
        with self._lock:
            ticket = self._next
            self._next += 1
            self._open[ticket] = None
            return ticket

    def close(self, ticket: int) -> None:
        """The record of this ticket is settled."""
        with self._lock:
            for done in (ticket, *self._tied.pop(ticket, ())):
                del self._open[done]

    def tie(self, ticket: int, to: int) -> None:
        """Another version decides what becomes of this record: its ticket is closed with that one's."""
        with self._lock:
            self._tied.setdefault(to, []).extend([ticket, *self._tied.pop(ticket, ())])

    def checkpoint(self, state: State) -> None:
        """A STATE came in, behind all records so far."""
        with self._lock:
            if self._waiting and self._waiting[-1][0] == self._next:
                self._waiting.pop()
            self._waiting.append((self._next, state))
            if len(self._waiting) > MOST_WAITING:
                self._drop_superseded(next(iter(self._open), self._next))
                self._thin_out()

    def release(self, *, now: bool = False) -> None:
        """Write the newest state that is safe, if the interval is over or ``now`` is given."""
        with self._lock:
            moment = self._now()
            if not self._waiting or (not now and moment - self._written_at < self._interval):
                return
            oldest = next(iter(self._open), self._next)
            if len(self._waiting) > 1:
                self._drop_superseded(oldest)
            if self._waiting[0][0] <= oldest:
                state = self._waiting.popleft()[1]
                if self._write is not None:
                    self._write(state)
                self._written_at = moment

    def _drop_superseded(self, oldest: int) -> None:
        """Of several safe states, those behind which no record is open, only the newest matters."""
        while len(self._waiting) > 1 and self._waiting[1][0] <= oldest:
            self._waiting.popleft()

    def _thin_out(self) -> None:
        """Any of the waiting states may leave in its turn; with every second one a crash costs a little more."""
        if len(self._waiting) > MOST_WAITING:
            newest = self._waiting.pop()
            self._waiting = deque([*list(self._waiting)[::2], newest])
