"""The steps that lead the ledger of an older program to this version.

Law: a step may be cut off by a kill and run again, since SQLite commits each change of a table on its own; so every
step looks first whether it is done already. Steps add, they never take away: older facts stay readable.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Connection, Select, insert, inspect, select, text, update
from sqlalchemy.schema import CreateColumn

from target_micropim.ledger.schema import (
    ABSENT,
    categories,
    decided_names,
    kept_records,
    media,
    owners,
    products,
    questions,
    rejects,
    waiting_names,
)

Step = Callable[[Connection], None]


def _index_and_time_of_settling(connection: Connection) -> None:
    """An early program made no index on remote_id; a replay needs to know when a product was settled."""
    for index in products.indexes:
        index.create(connection, checkfirst=True)
    _add_column(connection, products.c.settled_at)


def _what_is_on_its_way(connection: Connection) -> None:
    """After a kill it must be known whose value MicroPIM shows."""
    _add_column(connection, products.c.on_its_way)


def _what_is_ours(connection: Connection) -> None:
    """One rule of ours and theirs: what was shown after our writes and what was on its way counts as ours."""
    for column in (products.c.ours, products.c.shown_sku, products.c.source_at, products.c.revive_as):
        _add_column(connection, column)
    for column in (products.c.announced_at, categories.c.name, categories.c.parent_id):
        _add_column(connection, column)
    for table in (owners, questions, rejects):
        table.create(connection, checkfirst=True)
    last = ""
    while rows := connection.execute(_next_rows(last)).all():
        for row in rows:
            mine = (products.c.external_id == row.external_id) & products.c.ours.is_(None)
            connection.execute(update(products).where(mine).values(ours=_ours_of_old(row)))
            if (
                row.remote_id != ABSENT
                and connection.execute(_claim_of(row.remote_id, row.external_id)).first() is None
            ):
                connection.execute(insert(owners).values(remote_id=row.remote_id, external_id=row.external_id))
        last = rows[-1].external_id


def _what_a_category_was_asked_to_be(connection: Connection) -> None:
    """A name that MicroPIM stores in another form is dealt with all the same."""
    _add_column(connection, categories.c.handled)


def _who_made_it(connection: Connection) -> None:
    """A product that we made is no match by EAN for another record of the source."""
    _add_column(connection, products.c.made)


def _what_is_open(connection: Connection) -> None:
    """What waits for a person or another policy goes in without its record coming again: so it is kept."""
    for column in (questions.c.wanted, questions.c.held_by, questions.c.mapped_by):
        _add_column(connection, column)
    for column in (questions.c.name, questions.c.micropim_print, products.c.decided):
        _add_column(connection, column)
    for table in (kept_records, waiting_names, decided_names):
        table.create(connection, checkfirst=True)
        for index in table.indexes:
            index.create(connection, checkfirst=True)


def _when_things_were_made(connection: Connection) -> None:
    """A run that begins at once after another one waits for what may not show yet."""
    _add_column(connection, media.c.announced_at)
    _add_column(connection, categories.c.made_at)


def _next_rows(last: str) -> Select[Any]:
    """Only columns that are there by then: a later step may add others."""
    names = ("external_id", "remote_id", "written", "acknowledged", "on_its_way")
    rows = select(*(products.c[name] for name in names)).where(products.c.external_id > last)
    return rows.order_by(products.c.external_id).limit(STEP_ROWS)


def _claim_of(remote_id: int, external_id: str) -> Select[Any]:
    return select(owners).where((owners.c.remote_id == remote_id) | (owners.c.external_id == external_id))


def _ours_of_old(row: Any) -> dict[str, list[str]]:
    ours: dict[str, list[str]] = {}
    for prints in (row.written, row.acknowledged, row.on_its_way or {}):
        for name, value in prints.items():
            ours[name] = list(dict.fromkeys([*ours.get(name, []), value]))
    return ours


STEP_ROWS = 1000
# STEPS[0] leads from version 1 to version 2
STEPS: tuple[Step, ...] = (
    _index_and_time_of_settling,
    _what_is_on_its_way,
    _what_is_ours,
    _what_a_category_was_asked_to_be,
    _who_made_it,
    _what_is_open,
    _when_things_were_made,
)
VERSION = 1 + len(STEPS)


def _add_column(connection: Connection, column: Column[Any]) -> None:
    names = {stored["name"] for stored in inspect(connection).get_columns(column.table.name)}
    if column.name not in names:
        definition = CreateColumn(column).compile(dialect=connection.dialect)
        connection.execute(text(f"ALTER TABLE {column.table.name} ADD COLUMN {definition}"))
