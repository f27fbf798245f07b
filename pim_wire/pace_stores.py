"""Paces that several processes share: in a SQLite file, in PostgreSQL or in Redis (docs/decisions/0019).

Each limit is one small row or key, changed by one process at a time. A store that fails ends the run: without a pace
nothing is sent. This module is imported only where ``throttle_url`` is set, since its drivers take long to import.
"""

import json
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateTable

from pim_wire.errors import CannotPace
from pim_wire.pace import FORGOTTEN_AFTER_MS, Change, ChangeOfTwo, Pace, PaceStore, at
from pim_wire.urls import shown_url

T = TypeVar("T")
_LOCK_TIMEOUT_SECONDS = 30
_IDLE_TIMEOUT_SECONDS = 10  # a host that lost its power during a change must not block the others for hours
_TABLE = Table("throttle_paces", MetaData(), Column("name", Text, primary_key=True), Column("pace", Text))
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_NOW = {"sqlite": "0", "postgresql": "(extract(epoch from clock_timestamp()) * 1000)::bigint"}


def pace_stores_at(url: str, wall: Callable[[], float]) -> Callable[[str], PaceStore]:
    """The store of each limit, by the limit's name. Raises CannotPace when it cannot be used.

    ``wall`` gives this machine's unix time, which counts for a file; a server has its own clock.
    """
    if url.partition(":")[0] in {"redis", "rediss"}:
        return _redis(url)
    with _one_line_errors(url):
        engine = _engine(make_url(url))
    return lambda name: SqlPaceStore(engine, name, url, wall)


class SqlPaceStore:
    """Stores a pace in a row, which is locked while it is changed."""

    def __init__(self, engine: Engine, name: str, url: str, wall: Callable[[], float]) -> None:
        self._engine, self._url, self._wall = engine, url, wall
        self._lock = threading.Lock()  # threads of one process wait here, not for the database's lock
        self._uses_local_clock = engine.dialect.name == "sqlite"
        own_row = _TABLE.c.name == name
        insert = _INSERT[engine.dialect.name](_TABLE)
        self._insert = insert.values(name=name, pace=_to_json(Pace())).on_conflict_do_nothing()
        self._select = select(_TABLE.c.pace).where(own_row)
        now: Any = literal_column(_NOW[engine.dialect.name])
        self._select_for_update = select(_TABLE.c.pace, now).where(own_row).with_for_update()
        self._update = update(_TABLE).where(own_row)

    def read(self) -> Pace:
        """The pace as it was last changed."""
        with _one_line_errors(self._url), self._engine.connect() as connection:
            return _from_json(connection.execute(self._select).scalar())

    def change(self, change: Change[T]) -> T:
        """Replace the pace as one atomic step. Raises CannotPace."""
        with _one_line_errors(self._url), self._lock, self._engine.begin() as connection:
            pace, result = change(self._locked(connection))
            connection.execute(self._update.values(pace=_to_json(pace)))
        return result

    def change_with(self, other: Self, change: ChangeOfTwo[T]) -> T:
        """Replace this pace and another one of the same database as one atomic step. Raises CannotPace."""
        with _one_line_errors(self._url), self._lock, other._lock, self._engine.begin() as connection:
            pace, of_other, result = change(self._locked(connection), other._locked(connection))
            connection.execute(self._update.values(pace=_to_json(pace)))
            connection.execute(other._update.values(pace=_to_json(of_other)))
        return result

    def _locked(self, connection: Connection) -> Pace:
        """The pace as it is now, in a row that nobody else changes until the transaction ends."""
        connection.execute(self._insert)  # also locks the whole file: SQLite has no lock of a row
        stored, now = connection.execute(self._select_for_update).one()
        return at(_from_json(stored), int(self._wall() * 1000) if self._uses_local_clock else now)


class RedisPaceStore:
    """Stores a pace under a key; a change that another process overtook is repeated (WATCH, MULTI)."""

    def __init__(self, client: Any, name: str, url: str) -> None:
        self._client, self._url = client, url
        self._key = f"throttle_paces:{name}"
        self._lock = threading.Lock()

    def read(self) -> Pace:
        """The pace as it was last changed."""
        with _one_line_errors(self._url):
            return _from_json(self._client.get(self._key))

    def change(self, change: Change[T]) -> T:
        """Replace the pace as one atomic step. Raises CannotPace."""

        def attempt(pipe: Any) -> T:
            pace, result = change(self._watched(pipe))
            pipe.multi()
            self._set(pipe, pace)
            return result

        with _one_line_errors(self._url), self._lock:
            result: T = self._client.transaction(attempt, self._key, value_from_callable=True)
        return result

    def change_with(self, other: Self, change: ChangeOfTwo[T]) -> T:
        """Replace this pace and another one of the same server as one atomic step. Raises CannotPace."""

        def attempt(pipe: Any) -> T:
            pace, of_other, result = change(self._watched(pipe), other._watched(pipe))
            pipe.multi()
            self._set(pipe, pace)
            other._set(pipe, of_other)
            return result

        with _one_line_errors(self._url), self._lock, other._lock:
            result: T = self._client.transaction(attempt, self._key, other._key, value_from_callable=True)
        return result

    def _watched(self, pipe: Any) -> Pace:
        seconds, microseconds = pipe.time()
        return at(_from_json(pipe.get(self._key)), seconds * 1000 + microseconds // 1000)

    def _set(self, pipe: Any, pace: Pace) -> None:
        pipe.set(self._key, _to_json(pace), px=FORGOTTEN_AFTER_MS)


def _engine(place: URL) -> Engine:
    """The engine of a database that has the table."""
    if place.get_backend_name() == "sqlite":
        Path(place.database or "").parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(place, connect_args={"timeout": _LOCK_TIMEOUT_SECONDS})
        event.listen(engine, "connect", _configure_sqlite)
    else:
        engine = create_engine(place.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
        event.listen(engine, "connect", _configure_postgresql)
    weakref.finalize(engine, engine.pool.dispose)
    try:
        _create_table(engine)
    except SQLAlchemyError:  # PostgreSQL: another process created it at the same moment
        _create_table(engine)
    return engine


def _create_table(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(CreateTable(_TABLE, if_not_exists=True))


def _configure_sqlite(connection: Any, _record: Any) -> None:
    """No write waits for the disk: a pace that is lost with the power does no harm."""
    cursor = connection.cursor()
    with suppress(sqlite3.OperationalError):  # SQLite does not wait here when another process sets it
        cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()


def _configure_postgresql(connection: Any, _record: Any) -> None:
    """PostgreSQL ends a session that holds a row and stays silent, and fails a statement that waits too long for it."""
    connection.execute(f"SET idle_in_transaction_session_timeout = '{_IDLE_TIMEOUT_SECONDS}s'")
    connection.execute(f"SET lock_timeout = '{_LOCK_TIMEOUT_SECONDS}s'")
    connection.commit()


def _redis(url: str) -> Callable[[str], PaceStore]:
    try:
        from redis import Redis  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise _failure(url, error) from None
    with _one_line_errors(url):
        client = Redis.from_url(url, socket_timeout=_LOCK_TIMEOUT_SECONDS)
        weakref.finalize(client, client.connection_pool.disconnect)
        client.ping()
    return lambda name: RedisPaceStore(client, name, url)


@contextmanager
def _one_line_errors(url: str) -> Iterator[None]:
    """Turn what the drivers raise into a CannotPace of one line."""
    try:
        yield
    except (SQLAlchemyError, OSError, ValueError, ImportError) as error:
        raise _failure(url, error) from None
    except Exception as error:
        if type(error).__module__.startswith("redis."):
            raise _failure(url, error) from None
        raise


def _failure(url: str, error: Exception) -> CannotPace:
    if isinstance(error, ImportError):
        extra = "redis" if url.startswith("redis") else "postgres"
        reason = f"its driver is an extra: install medipim-micropim[{extra}]"
    else:
        origin = getattr(error, "orig", None) or error
        reason = (str(origin).splitlines() or [type(origin).__name__])[0][:200]
    return CannotPace(f"throttle_url {shown_url(url, 'store')} failed ({reason}): put that right, then run it again")


def _from_json(stored: str | bytes | None) -> Pace:
    """A stored pace; a new one where nothing is stored, or what another version wrote."""
    try:
        fields = json.loads(stored or "{}")
        return Pace(**{name: value for name, value in fields.items() if name in Pace._fields})
    except (AttributeError, TypeError, ValueError):
        return Pace()


def _to_json(pace: Pace) -> str:
    return json.dumps(pace._asdict())
