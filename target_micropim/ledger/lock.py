"""One writer at a time: a row with an owner and a heartbeat, which survives a crash of its owner.

A lock is dead when its process is gone (same machine) or when its heartbeat is older than a minute (any machine).
"""

import math
import os
import socket
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from target_micropim.errors import LedgerUnusable
from target_micropim.ledger.schema import lock
from target_micropim.ledger.store import Ledger

BEAT_SECONDS = 10.0
DEAD_AFTER_SECONDS = 60.0


class RunLock:
    """Held while a run writes. ``wall`` gives unix seconds, which machines share."""

    def __init__(self, ledger: Ledger, wall: Callable[[], float] = time.time) -> None:
        self._ledger = ledger
        self._wall = wall
        self._owner = uuid.uuid4().hex
        self._beaten_at = 0.0

    def acquire(self) -> None:
        """Take the lock, also from a dead owner. Raises LedgerUnusable when another run holds it."""
        with self._ledger.transaction() as connection:
            holder = connection.execute(select(lock)).first()
            if holder is not None and not self._is_dead(holder):
                remaining = holder.beat_at + DEAD_AFTER_SECONDS - self._wall()  # more where its clock is ahead of ours
                raise LedgerUnusable(
                    f"Another run (process {holder.pid} on {holder.host}) is writing with this ledger: wait until it "
                    f"ends; if it was killed, try again in {math.floor(remaining) + 1} s"
                )
            if holder is not None:
                connection.execute(delete(lock).where(lock.c.owner == holder.owner))
            try:
                connection.execute(insert(lock).values(**self._row()))
            except IntegrityError:
                raise LedgerUnusable(
                    "Another run took this ledger at the same moment: try again when it is done"
                ) from None

    def seize(self) -> None:
        """Take the lock whoever holds it: of a private copy, where the row tells of the run that was copied."""
        with self._ledger.transaction() as connection:
            connection.execute(delete(lock))
        self.acquire()

    def beat(self) -> None:
        """Show that the owner lives; cheap to call often. Raises LedgerUnusable when the lock was taken over."""
        if self._wall() - self._beaten_at < BEAT_SECONDS:
            return
        self._beaten_at = self._wall()
        with self._ledger.transaction() as connection:
            mine = update(lock).where(lock.c.owner == self._owner).values(beat_at=self._beaten_at)
            if connection.execute(mine).rowcount != 1:
                raise LedgerUnusable("Another run took this ledger over while this one stood still: stopped")

    def release(self) -> None:
        """Give the lock back."""
        with self._ledger.transaction() as connection:
            connection.execute(delete(lock).where(lock.c.owner == self._owner))

    def _row(self) -> dict[str, Any]:
        self._beaten_at = self._wall()
        return {
            "id": 1,
            "owner": self._owner,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "beat_at": self._beaten_at,
        }

    def _is_dead(self, holder: Any) -> bool:
        if self._wall() - holder.beat_at > DEAD_AFTER_SECONDS:
            return True
        return holder.host == socket.gethostname() and not _runs(holder.pid)


def _runs(pid: int) -> bool:
    """Whether a process of this machine runs. Our own number, seen in a lock, is that of a dead predecessor."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"  # a zombie has ended: only its exit code is left
    except (OSError, IndexError):
        return True
