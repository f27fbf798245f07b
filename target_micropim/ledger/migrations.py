"""From one version of the tables to the next.

Law: a step may be cut off by a kill and run again, since SQLite commits each change of a table on its own; so every
step looks first whether it is done already. Steps add, they never take away: an older program's facts stay readable.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Connection, inspect, text
from sqlalchemy.schema import CreateColumn

from target_micropim.ledger.tables import products

Step = Callable[[Connection], None]


def _index_and_time_of_settling(connection: Connection) -> None:
    """An early program made no index on remote_id; a replay needs to know when a product was settled."""
    for index in products.indexes:
        index.create(connection, checkfirst=True)
    _add_column(connection, products.c.settled_at)


def _what_is_on_its_way(connection: Connection) -> None:
    """After a kill it must be known whose value MicroPIM shows."""
    _add_column(connection, products.c.on_its_way)


STEPS: tuple[Step, ...] = (_index_and_time_of_settling, _what_is_on_its_way)  # STEPS[0]: from version 1 to version 2
VERSION = 1 + len(STEPS)


def _add_column(connection: Connection, column: Column[Any]) -> None:
    there = {found["name"] for found in inspect(connection).get_columns(column.table.name)}
    if column.name not in there:
        described = CreateColumn(column).compile(dialect=connection.dialect)
        connection.execute(text(f"ALTER TABLE {column.table.name} ADD COLUMN {described}"))
