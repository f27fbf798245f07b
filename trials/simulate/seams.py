"""The few places where the program meets the machine, and what stands there during a simulation. All are listed here.

engine      of a ledger: one in memory
pool        of workers: one that is stepped
thread      of the ticker and of the heart: none; time ticks instead (clock.py)
process     numbers and who is alive: those of the simulated machine
tables      of a ledger: they are there (ledgers.py)
page        report.html: not written; nothing but people reads it, and it would cost more than all the rest
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from target_micropim import run
from target_micropim.ledger import RunLock, lock, store
from target_micropim.report import run_report
from trials.simulate.process import Machine


class NoThread:
    """A thread that does nothing."""

    def __init__(self, **_given: Any) -> None:
        """Whatever it was to do, time does."""

    def start(self) -> None:
        """Nothing."""

    def join(self) -> None:
        """Nothing."""


class NoHeart:
    """Beats when time ticks."""

    def __init__(self, machine: Machine, run_lock: RunLock, on_loss: Callable[[Exception], None]) -> None:
        self._process = machine.current
        self._process.heart = (run_lock.beat, on_loss)

    def stop(self) -> None:
        """Before the lock is given back."""
        self._process.heart = None


class SimOs:
    """The process numbers of the machine."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def getpid(self) -> int:
        """Of the process that is on."""
        return self._machine.current.pid

    def kill(self, pid: int, _signal: int) -> None:
        """Asks whether a process lives."""
        if not self._machine.is_alive(pid):
            raise ProcessLookupError
        raise PermissionError  # it lives, and is none of ours

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


@contextmanager
def installed(machine: Machine) -> Iterator[None]:
    """The program meets this machine."""
    threads = SimpleNamespace(Thread=NoThread, Event=threading.Event)
    with ExitStack() as stack:
        for place, name, stands_there in (
            (store, "engine_for", lambda _url, _is_stopped: machine.engine),
            (store.Ledger, "_make_tables", lambda _ledger: None),
            (run, "KeyedPool", machine.make_pool),
            (run, "threading", threads),
            (run, "Heartbeat", partial(NoHeart, machine)),
            (lock, "os", SimOs(machine)),
            (lock, "pid_space", lambda: "simulated"),
            (lock, "_living", set()),
            (run_report, "page", lambda *_content: ""),
        ):
            stack.enter_context(patch.object(place, name, stands_there))
        yield
