"""A private copy of a ledger, for runs that must leave no trace: whatever is written to it is gone with it.

The copy lives in a temporary SQLite database without a name, which holds little in memory and leaves no file. The
ledger itself is read in one go, without its lock: SQLite's backup and PostgreSQL's snapshot are consistent as they are.
"""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, MetaData, StaticPool, create_engine, insert, select
from sqlalchemy.exc import SQLAlchemyError

from target_micropim.ledger import tables
from target_micropim.ledger.database import engine_for, place_of
from target_micropim.ledger.failures import failed, shown
from target_micropim.ledger.store import Ledger

CHUNK_ROWS = 1000


def copy_of(url: str, wall: Callable[[], float] = time.time) -> Ledger:
    """A copy of the ledger, or an empty one where there is none yet. Raises LedgerUnusable."""
    scratch = create_engine("sqlite://", creator=_nameless, poolclass=StaticPool)
    try:
        _fill(scratch, url)
        ledger = Ledger(scratch, wall)
        ledger.place = shown(url)
        ledger.prepare()
    except (SQLAlchemyError, sqlite3.Error, OSError, ValueError) as error:
        raise failed(shown(url), error) from None
    return ledger


def _nameless() -> sqlite3.Connection:
    return sqlite3.connect("", check_same_thread=False)


def _fill(scratch: Engine, url: str) -> None:
    place = place_of(url)
    if place.get_backend_name() == "postgresql":
        source = engine_for(url)
        try:
            _copy_rows(source, scratch)
        finally:
            source.dispose()
    elif place.database and Path(place.database).is_file():
        with scratch.connect() as connection:
            _back_up(Path(place.database), connection.connection.driver_connection)


def _back_up(file: Path, target: Any) -> None:
    """Read a SQLite file. One that nobody has open is read without the side files that even a reader would leave."""
    idle = not file.with_name(f"{file.name}-wal").exists()
    before = file.stat()
    _read_into(target, file, "immutable=1" if idle else "mode=ro")
    after = file.stat()
    if idle and (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        _read_into(target, file, "mode=ro")  # a run began meanwhile


def _read_into(target: Any, file: Path, how: str) -> None:
    source = sqlite3.connect(f"file:{quote(str(file.resolve()))}?{how}", uri=True, timeout=30)
    try:
        source.backup(target)
    finally:
        source.close()


def _copy_rows(source: Engine, scratch: Engine) -> None:
    """Row by row, in the columns both sides have: the ledger may be older than this program."""
    tables.METADATA.create_all(scratch)
    with source.connect().execution_options(isolation_level="REPEATABLE READ") as reading, scratch.begin() as writing:
        known = MetaData()
        known.reflect(reading)
        for table in tables.METADATA.sorted_tables:
            if (found := known.tables.get(table.name)) is not None:
                shared = [column for column in found.columns if column.name in table.columns]
                rows = reading.execute(select(*(table.c[column.name] for column in shared)))
                for chunk in rows.mappings().partitions(CHUNK_ROWS):
                    writing.execute(insert(table), [dict(row) for row in chunk])
