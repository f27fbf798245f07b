"""Paces that several processes keep together: in a SQLite file, in PostgreSQL or in Redis (docs/decisions/0019).

One small row for each limit, changed by one at a time. A store that fails ends the run: nobody goes on without a pace.
Imported only where ``throttle_url`` is set, since the drivers take their time.
"""

import json
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Column, Engine, MetaData, Table, Text, create_engine, event, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateTable

from pim_wire.errors import CannotPace
from pim_wire.pace import FORGOTTEN_AFTER_MS, Pace, at
from pim_wire.throttle import PaceStore

T = TypeVar("T")
Make = Callable[[Pace], tuple[Pace, T]]
_BUSY_SECONDS = 30
_LOST_SECONDS = 10  # a host that lost its power in the middle of a change must not hold the others up for hours
_TABLE = Table("throttle_paces", MetaData(), Column("name", Text, primary_key=True), Column("pace", Text))
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_NOW = {"sqlite": "0", "postgresql": "(extract(epoch from clock_timestamp()) * 1000)::bigint"}


def pace_stores_at(url: str, wall: Callable[[], float]) -> Callable[[str], PaceStore]:
    """Gives the keeper of each name. ``wall``: the unix time of this machine, for a file; a server has its own.

    Raises CannotPace when the store cannot be used.
    """
    if url.partition(":")[0] in {"redis", "rediss"}:
        return _redis(url)
    with _failing(url):
        engine = _engine(make_url(url))
    return lambda name: SqlPaceStore(engine, name, url, wall)


class SqlPaceStore:
    """Keeps a pace in a row, which is locked while it is changed."""

    def __init__(self, engine: Engine, name: str, url: str, wall: Callable[[], float]) -> None:
        self._engine, self._url, self._wall = engine, url, wall
        self._lock = threading.Lock()  # the threads of one process need not meet in the database
        self._is_here = engine.dialect.name == "sqlite"
        mine = _TABLE.c.name == name
        insert = _INSERT[engine.dialect.name](_TABLE)
        self._make = insert.values(name=name, pace=_written(Pace())).on_conflict_do_nothing()
        self._read = select(_TABLE.c.pace).where(mine)
        now: Any = literal_column(_NOW[engine.dialect.name])
        self._read_to_change = select(_TABLE.c.pace, now).where(mine).with_for_update()
        self._write = update(_TABLE).where(mine)

    def read(self) -> Pace:
        """The pace as it was last changed."""
        with _failing(self._url), self._engine.connect() as connection:
            return _read(connection.execute(self._read).scalar())

    def change(self, make: Make[T]) -> T:
        """Change the pace, with nobody in between. Raises CannotPace."""
        with _failing(self._url), self._lock, self._engine.begin() as connection:
            connection.execute(self._make)  # also takes the lock of a file, which knows no lock of a row
            stored, now = connection.execute(self._read_to_change).one()
            pace, told = make(at(_read(stored), int(self._wall() * 1000) if self._is_here else now))
            connection.execute(self._write.values(pace=_written(pace)))
        return told


class RedisPaceStore:
    """Keeps a pace under a key; who was overtaken by another one tries again."""

    def __init__(self, client: Any, name: str, url: str) -> None:
        self._client, self._url = client, url
        self._key = f"throttle_paces:{name}"
        self._lock = threading.Lock()

    def read(self) -> Pace:
        """The pace as it was last changed."""
        with _failing(self._url):
            return _read(self._client.get(self._key))

    def change(self, make: Make[T]) -> T:
        """Change the pace, with nobody in between. Raises CannotPace."""

        def attempt(pipe: Any) -> T:
            seconds, microseconds = pipe.time()
            pace, told = make(at(_read(pipe.get(self._key)), seconds * 1000 + microseconds // 1000))
            pipe.multi()
            pipe.set(self._key, _written(pace), px=FORGOTTEN_AFTER_MS)
            return told

        with _failing(self._url), self._lock:
            told: T = self._client.transaction(attempt, self._key, value_from_callable=True)
        return told


def _engine(place: URL) -> Engine:
    """The engine, with the table made."""
    if place.get_backend_name() == "sqlite":
        Path(place.database or "").parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(place, connect_args={"timeout": _BUSY_SECONDS})
        event.listen(engine, "connect", _quick)
    else:
        engine = create_engine(place.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
        event.listen(engine, "connect", _impatient)
    weakref.finalize(engine, engine.pool.dispose)
    try:
        _make_table(engine)
    except SQLAlchemyError:  # PostgreSQL: another process made it at the same moment
        _make_table(engine)
    return engine


def _make_table(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(CreateTable(_TABLE, if_not_exists=True))


def _quick(connection: Any, _record: Any) -> None:
    """Nothing waits for the disk: a pace that a loss of power takes is no loss."""
    cursor = connection.cursor()
    with suppress(sqlite3.OperationalError):  # SQLite waits for no one here: another process is just at it
        cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()


def _impatient(connection: Any, _record: Any) -> None:
    """PostgreSQL lets go of who keeps a row and says nothing, and fails who waits for too long."""
    connection.execute(f"SET idle_in_transaction_session_timeout = '{_LOST_SECONDS}s'")
    connection.execute(f"SET lock_timeout = '{_BUSY_SECONDS}s'")
    connection.commit()


def _redis(url: str) -> Callable[[str], PaceStore]:
    try:
        from redis import Redis  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise _failed(url, error) from None
    with _failing(url):
        client = Redis.from_url(url, socket_timeout=_BUSY_SECONDS)
        weakref.finalize(client, client.connection_pool.disconnect)
        client.ping()
    return lambda name: RedisPaceStore(client, name, url)


@contextmanager
def _failing(url: str) -> Iterator[None]:
    """What the drivers raise becomes one line."""
    try:
        yield
    except (SQLAlchemyError, OSError, ValueError, ImportError) as error:
        raise _failed(url, error) from None
    except Exception as error:
        if type(error).__module__.startswith("redis."):
            raise _failed(url, error) from None
        raise


def _failed(url: str, error: Exception) -> CannotPace:
    if isinstance(error, ImportError):
        extra = "redis" if url.startswith("redis") else "postgres"
        told = f"its driver is an extra: install medipim-micropim[{extra}]"
    else:
        origin = getattr(error, "orig", None) or error
        told = (str(origin).splitlines() or [type(origin).__name__])[0][:200]
    return CannotPace(f"throttle_url {shown_url(url)} failed ({told}): put that right, then run it again")


def shown_url(url: str) -> str:
    """The address without its password, nor the options behind it, which may hold one."""
    try:
        return make_url(url).set(query={}).render_as_string(hide_password=True)
    except (SQLAlchemyError, ValueError):
        return "(not an address of a store)"


def _read(stored: str | bytes | None) -> Pace:
    """A pace as it was written; what an older or newer version wrote, or nobody, is a new one."""
    try:
        return Pace(**json.loads(stored or "{}"))
    except (TypeError, ValueError):
        return Pace()


def _written(pace: Pace) -> str:
    return json.dumps(asdict(pace))
