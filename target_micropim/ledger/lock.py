"""One writer at a time: a row with an owner and a heartbeat, which survives a crash of its owner.

A process number says something only to processes of the same boot and the same PID namespace: there a process that is
gone frees the lock at once. For everybody else (another machine, another container, a row of a release that did not
note its namespace) a lock is dead when its heart has not beaten for a minute, and not before.
"""

import hashlib
import math
import os
import socket
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from target_micropim.errors import LedgerUnusable
from target_micropim.ledger.database import TAKEN_OVER
from target_micropim.ledger.schema import lock
from target_micropim.ledger.statements import Prepared
from target_micropim.ledger.store import Ledger

BEAT_SECONDS = 10.0
FRESH_SECONDS = 30.0  # a heartbeat that is older proves nothing to its own run
DEAD_AFTER_SECONDS = 60.0
TICK_SECONDS = 0.5

_COLUMNS = ("id", "owner", "host", "pid", "beat_at")
_HOLDER = Prepared(select(lock))
_TAKEN = Prepared(insert(lock).values({name: bindparam(f"new_{name}") for name in _COLUMNS}))
_FREED = Prepared(delete(lock).where(lock.c.owner == bindparam("mine")))
_FREED_OF_THE_DEAD = Prepared(
    delete(lock).where(lock.c.owner == bindparam("dead"), lock.c.beat_at == bindparam("last_beat_at"))
)
_BEATEN = Prepared(update(lock).where(lock.c.owner == bindparam("mine")).values(beat_at=bindparam("now")))
_living: set[str] = set()  # owners within this process, which a look at its number cannot tell from a predecessor


class RunLock:
    """Held while a run writes; the ledger lets nobody else's write through.

    ``wall`` gives unix seconds. With ``sleep``, a heart that seems to stand still gets the time for one more beat:
    the clock of its machine may be far behind ours.
    """

    def __init__(
        self,
        ledger: Ledger,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._ledger = ledger
        self._wall = wall
        self._sleep = sleep
        self._space = pid_space()
        self._owner = ".".join(filter(None, (uuid.uuid4().hex, self._space)))
        self._beaten_at = 0.0

    def acquire(self) -> None:
        """Take the lock, also from a dead owner. Raises LedgerUnusable when another run holds it."""
        self._wait_for_a_beat()
        self._take()
        self._ledger.fence(self._owner)

    def seize(self) -> None:
        """Take the lock whoever holds it: of a private copy, where the row tells of the run that was copied."""
        with self._ledger.transaction(apart=True) as connection:
            connection.execute(delete(lock))
        self._take()

    def beat(self) -> None:
        """Show that the owner lives; cheap to call often. Raises LedgerUnusable when the lock was taken over."""
        if not 0 <= self._wall() - self._beaten_at < BEAT_SECONDS:  # below 0: the clock was set back
            self._beat()

    def assure(self) -> None:
        """Before a request that writes: the run may have stood still since it announced what it sends.

        Costs nothing while the heart beats. Raises LedgerUnusable when the lock was taken over.
        """
        if not 0 <= self._wall() - self._beaten_at < FRESH_SECONDS:
            self._beat()

    def release(self) -> None:
        """Give the lock back. Raises LedgerUnusable when something was left to write, and the lock was taken over."""
        try:
            self._ledger.flush()
        finally:
            self._ledger.unfence()
            _living.discard(self._owner)
            with self._ledger.transaction(apart=True) as connection:
                self._ledger.write(connection, _FREED, {"mine": self._owner})

    def _wait_for_a_beat(self) -> None:
        """Before the lock of a silent run is taken. Raises LedgerUnusable when that run is not silent after all."""
        silent = None if self._sleep is None else self._holder()
        if self._sleep is None or silent is None or not self._is_silent(silent) or self._has_ended(silent):
            return
        self._sleep(BEAT_SECONDS + 2)
        holder = self._holder()
        if holder is not None and holder.owner == silent.owner and holder.beat_at != silent.beat_at:
            raise LedgerUnusable(
                f"Another run (process {holder.pid} on {holder.host}) is writing with this ledger, and its clock is "
                f"{self._wall() - holder.beat_at:.0f} s behind: wait until it ends, and set both clocks"
            )

    def _holder(self) -> Any:
        rows = self._ledger.read(_HOLDER)
        return rows[0] if rows else None

    def _take(self) -> None:
        with self._ledger.transaction(apart=True) as connection:
            rows = self._ledger.ask_within(connection, _HOLDER)
            holder = rows[0] if rows else None
            if holder is not None and not self._is_dead(holder):
                remaining = holder.beat_at + DEAD_AFTER_SECONDS - self._wall()  # more where its clock is ahead of ours
                raise LedgerUnusable(
                    f"Another run (process {holder.pid} on {holder.host}) is writing with this ledger: wait until it "
                    f"ends; if it was killed, try again in {math.floor(remaining) + 1} s"
                )
            if holder is not None:  # unless it has come to life since it was read: then the row stays, and wins
                self._ledger.write(
                    connection, _FREED_OF_THE_DEAD, {"dead": holder.owner, "last_beat_at": holder.beat_at}
                )
            try:
                self._ledger.write(connection, _TAKEN, self._row())
            except (IntegrityError, sqlite3.IntegrityError):
                raise LedgerUnusable(
                    "Another run took this ledger at the same moment: try again when it is done"
                ) from None
        _living.add(self._owner)

    def _beat(self) -> None:
        now = self._wall()
        with self._ledger.transaction(apart=True) as connection:
            if self._ledger.write(connection, _BEATEN, {"mine": self._owner, "now": now}) != 1:
                raise LedgerUnusable(TAKEN_OVER)
        self._beaten_at = now

    def _row(self) -> dict[str, Any]:
        self._beaten_at = self._wall()
        return {
            "new_id": 1,
            "new_owner": self._owner,
            "new_host": socket.gethostname(),
            "new_pid": os.getpid(),
            "new_beat_at": self._beaten_at,
        }

    def _is_dead(self, holder: Any) -> bool:
        return self._is_silent(holder) or self._has_ended(holder)

    def _is_silent(self, holder: Any) -> bool:
        return bool(self._wall() - holder.beat_at > DEAD_AFTER_SECONDS)

    def _has_ended(self, holder: Any) -> bool:
        """Whether its process is known to be gone."""
        space = holder.owner.partition(".")[2]
        if not space or space != self._space or holder.host != socket.gethostname():
            return False
        return holder.owner not in _living and not _runs(holder.pid)


class Heartbeat:
    """A thread of its own: the lock has to beat whatever the run waits for, a blocked standard output included."""

    def __init__(self, run_lock: RunLock, on_loss: Callable[[Exception], None]) -> None:
        """``on_loss`` gets what the beat raised; the heart stands still after that."""
        self._lock = run_lock
        self._on_loss = on_loss
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Before the lock is given back."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(TICK_SECONDS):
            try:
                self._lock.beat()
            except Exception as failure:  # noqa: BLE001 - handed to whoever can end the run
                self._on_loss(failure)
                return


def pid_space() -> str | None:
    """A digest of this boot and PID namespace; None where it cannot be told, and no process number is believed then.

    A namespace's inode may be given again once all its processes are gone: a number that is not there stays dead.
    """
    try:
        if Path("/proc/self").readlink().name != str(os.getpid()):
            return None  # the /proc of another namespace
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = Path("/proc/self/ns/pid").stat().st_ino
    except (OSError, ValueError):
        return None
    return hashlib.sha256(f"{boot} {namespace}".encode()).hexdigest()[:24]


def _runs(pid: int) -> bool:
    """Whether a process of this namespace runs. Our own number, seen in a lock, is that of a dead predecessor."""
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
