"""Which database a ``ledger_url`` means, and how it is opened."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from pim_wire.urls import shown_url
from target_micropim.errors import LedgerUnusable
from target_micropim.ledger.patience import connect_arguments
from target_micropim.ledger.statements import OF_SQLITE

_SEARCH_PATH = re.compile(r"-c\s*search_path=([a-z_][a-z0-9_]{0,62})\s*$", re.ASCII)
_HOW_IT_LOOKS = "ledger_url: must look like sqlite:///path or postgresql://user@host/name"


def _never() -> bool:
    return False


def engine_for(url: str, is_stopped: Callable[[], bool] = _never) -> Engine:
    """The engine of a ``ledger_url``; a stop ends its waits. Raises OSError, SQLAlchemyError or LedgerUnusable."""
    place = place_of(url)
    if place.get_backend_name() == "postgresql":
        return _postgresql(place)
    Path(place.database or "").parent.mkdir(parents=True, exist_ok=True)
    options = {"compiled_cache": OF_SQLITE}
    arguments = {**connect_arguments(is_stopped), "check_same_thread": False}
    engine = create_engine(place, connect_args=arguments, execution_options=options, poolclass=NullPool)
    event.listen(engine, "connect", _set_pragmas)
    return engine


def place_of(url: str) -> URL:
    """The parts of a ``ledger_url``. Raises LedgerUnusable."""
    try:
        place = make_url(url)
    except (SQLAlchemyError, ValueError):
        raise LedgerUnusable(_HOW_IT_LOOKS) from None
    if place.get_backend_name() == "sqlite" and (place.host or place.database in {None, "", ":memory:"}):
        raise LedgerUnusable(_HOW_IT_LOOKS)  # two slashes, or no file
    if place.get_backend_name() not in {"sqlite", "postgresql"}:
        raise LedgerUnusable(f"ledger_url {shown_url(url)}: only sqlite:/// and postgresql:// are supported")
    return place


def schema_of(place: URL) -> str | None:
    """The schema that an address of PostgreSQL names; None where it leaves it to the database."""
    options = place.query.get("options", "")
    found = _SEARCH_PATH.search(options if isinstance(options, str) else options[-1])
    return None if found is None or place.get_backend_name() != "postgresql" else found[1]


def _postgresql(place: URL) -> Engine:
    bare = place.drivername in {"postgres", "postgresql"}  # SQLAlchemy would take psycopg2, which is not ours
    try:
        return create_engine(place.set(drivername="postgresql+psycopg") if bare else place, pool_pre_ping=True)
    except ImportError:
        raise LedgerUnusable(
            "ledger_url: PostgreSQL needs its driver, which is an extra: install medipim-micropim[postgres]"
        ) from None


def _set_pragmas(connection: Any, _record: Any) -> None:
    """Readers do not block the writer, and a commit survives a loss of power."""
    cursor = connection.cursor()
    try:
        with suppress(sqlite3.OperationalError):  # SQLite does not wait here; "locked": another process is setting it
            cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()
    except sqlite3.Error:
        connection.close()  # the pool forgets it without closing it
        raise
