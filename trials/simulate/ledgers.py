"""Ledgers in memory: each is a SQLite database that can be copied, lost and put back, and whose commits can be cut off.

The program opens a ledger by its address; here the address leads to an engine that is made once, so that its statements
are compiled once. A ledger of a user keeps every guarantee: nothing of the program is changed.
"""

import sqlite3
from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import Engine, StaticPool, create_engine
from typing_extensions import override

from target_micropim.ledger import Ledger

Hook = Callable[[], None]


def _nothing() -> None:
    """No hook."""


class SimConnection(sqlite3.Connection):
    """``before_commit`` and ``after_commit`` may end the process that commits."""

    before_commit: Hook = staticmethod(_nothing)
    after_commit: Hook = staticmethod(_nothing)

    @override
    def commit(self) -> None:
        self.before_commit()
        super().commit()
        self.after_commit()

    @override
    def close(self) -> None:
        """The file outlives its process; what was not committed is gone."""
        self.rollback()

    def copy(self) -> bytes:
        """Its content now."""
        return self.serialize()


def new_ledger(content: bytes = b"") -> SimConnection:
    """A ledger, empty or with the content of another one."""
    connection = sqlite3.connect(":memory:", factory=SimConnection, check_same_thread=False)
    connection.deserialize(content or empty_ledger())
    return connection


def pictures_of(ledger: SimConnection) -> list[tuple[str, str, int]]:
    """What a ledger says was sent, or was about to be: record, address, and how many pictures were there before."""
    taken = "SELECT external_id, url, count_before FROM media WHERE state NOT IN ('refused', 'left', 'removed')"
    return ledger.execute(taken).fetchall()


def asked_of(ledger: SimConnection) -> frozenset[str]:
    """The records of which a ledger has a question that every report tells until it is answered."""
    rows = ledger.execute("SELECT external_id, kind FROM questions WHERE stream = 'products'")
    return frozenset(key for key, kind in rows if kind in {"conflicts", "unsure", "manual_actions"})


@cache
def empty_ledger() -> bytes:
    """A ledger with its tables, as the program makes them: made once, since that takes longer than a night."""
    connection = sqlite3.connect(":memory:", factory=SimConnection, check_same_thread=False)
    ledger = Ledger(create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool))
    ledger.prepare()
    ledger.upgrade()
    return connection.copy()


class Engines:
    """As many engines as processes run at the same time; each serves whatever ledger its process has open."""

    def __init__(self) -> None:
        self._engines: list[Engine] = []
        self._open: list[SimConnection | None] = []
        self._free: list[int] = []

    def take(self, ledger: SimConnection) -> tuple[int, Engine]:
        """An engine over this ledger, and its number to give it back with."""
        if not self._free:
            self._free.append(len(self._engines))
            self._open.append(None)
            self._engines.append(self._made(len(self._engines)))
        number = self._free.pop()
        self._open[number] = ledger
        return number, self._engines[number]

    def give_back(self, number: int) -> None:
        """The process has ended."""
        self._engines[number].dispose()
        self._open[number] = None
        self._free.append(number)

    def _made(self, number: int) -> Engine:
        def connect() -> Any:
            return self._open[number]

        return create_engine("sqlite://", creator=connect, poolclass=StaticPool, pool_reset_on_return=None)
