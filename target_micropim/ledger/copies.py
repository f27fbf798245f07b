"""A private copy of a ledger, for runs that must leave no trace, and the products of a dry run beside it.

The copy lives in a temporary SQLite database without a name: it holds little in memory, leaves no file, and whatever is
written to it is gone with it. The ledger itself is read in one go, without its lock: SQLite's backup and PostgreSQL's
snapshot are consistent as they are. Planned products stand on disk too, since a first load plans the whole catalogue.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Engine,
    MetaData,
    StaticPool,
    String,
    Table,
    create_engine,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy.exc import SQLAlchemyError

from pim_wire.urls import shown_url
from target_micropim.ledger import schema
from target_micropim.ledger.addresses import engine_for, place_of
from target_micropim.ledger.database import ledger_failure, refuse_strangers
from target_micropim.ledger.store import Ledger

CHUNK_ROWS = 1000


def copy_of(url: str, wall: Callable[[], float] = time.time) -> Ledger:
    """A copy of the ledger, or an empty one where there is none yet. Raises LedgerUnusable."""
    scratch = create_engine("sqlite://", creator=_temporary_database, poolclass=StaticPool)
    ledger = Ledger(scratch, wall)
    ledger.place = shown_url(url)
    try:
        with ledger.closed_on_failure():
            _fill(scratch, url)
            ledger.prepare()
    except (SQLAlchemyError, sqlite3.Error, OSError, ValueError) as error:
        raise ledger_failure(shown_url(url), error) from None
    return ledger


def _temporary_database() -> sqlite3.Connection:
    return sqlite3.connect("", check_same_thread=False)


def _fill(scratch: Engine, url: str) -> None:
    place = place_of(url)
    if place.get_backend_name() == "postgresql":
        source = engine_for(url)
        try:
            refuse_strangers(inspect(source), shown_url(url))
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


def _read_into(target: Any, file: Path, option: str) -> None:
    source = sqlite3.connect(f"file:{quote(str(file.resolve()))}?{option}", uri=True, timeout=30)
    try:
        source.backup(target)
    finally:
        source.close()


def _copy_rows(source: Engine, scratch: Engine) -> None:
    """Row by row, in the columns both sides have: the ledger may be older than this program."""
    schema.METADATA.create_all(scratch)
    with source.connect().execution_options(isolation_level="REPEATABLE READ") as reading, scratch.begin() as writing:
        stored = MetaData()
        stored.reflect(reading)
        for table in schema.METADATA.sorted_tables:
            if (stored_table := stored.tables.get(table.name)) is not None:
                shared = [column for column in stored_table.columns if column.name in table.columns]
                rows = reading.execute(select(*(table.c[column.name] for column in shared)))
                for chunk in rows.mappings().partitions(CHUNK_ROWS):
                    writing.execute(insert(table), [dict(row) for row in chunk])


_PLANNED_METADATA = MetaData()

_planned = Table(
    "planned_products",
    _PLANNED_METADATA,
    Column("remote_id", BigInteger, primary_key=True, autoincrement=False),
    Column("is_new", Boolean, nullable=False),
    Column("sku", String, index=True),
    Column("ean", String, index=True),
    Column("shown", JSON, nullable=False),
)


class PlannedProducts:
    """Products as MicroPIM would show them after the plan. ``ledger`` must be a private copy."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        with ledger.transaction() as connection:
            _PLANNED_METADATA.create_all(connection)

    def put(self, product: dict[str, Any], *, is_new: bool) -> None:
        """Keep a product that the plan makes or changes."""
        keys = {"sku": str(product.get("sku") or "").strip(), "ean": str(product.get("ean") or "").strip() or None}
        row = {"remote_id": product["id"], "is_new": is_new, **keys, "shown": product}
        with self._ledger.transaction() as connection:
            self._ledger.put(connection, _planned, [row])

    def among(self, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """Those of the products that the plan makes or changes."""
        query = select(_planned.c.remote_id, _planned.c.shown).where(_planned.c.remote_id.in_(list(ids)))
        return {row.remote_id: row.shown for row in self._ledger.read(query)}

    def count_new(self) -> int:
        """How many products the plan makes."""
        query = select(func.count()).select_from(_planned).where(_planned.c.is_new.is_(True))
        return int(self._ledger.read(query)[0][0])

    def new(self, *, sku: str | None = None, ean: str | None = None) -> list[dict[str, Any]]:
        """Products that the plan makes: all, or those with this SKU or EAN."""
        query = select(_planned.c.shown).where(_planned.c.is_new.is_(True)).order_by(_planned.c.remote_id)
        if sku is not None:
            query = query.where(_planned.c.sku == sku)
        if ean is not None:
            query = query.where(_planned.c.ean == ean)
        return [row.shown for row in self._ledger.read(query)]
