"""Statements of SQL in the words of a database, put into words once for all ledgers that a process opens.

A short run would else spend more time on that than the database does on its work: SQLAlchemy has one store of
statements for each engine, and none for an upsert.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from sqlalchemy import Dialect, Table
from sqlalchemy.schema import CreateIndex, CreateTable
from typing_extensions import override

from target_micropim.ledger import schema


class Statements(dict[Any, Any]):
    """SQLAlchemy's ``compiled_cache`` for all engines of one kind. A key of it begins with the engine's own dialect.

    Two dialects of one database and driver have the same words, so that part of the key counts for nothing.
    """

    @override
    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    @override
    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(key[1:], compiled)


# by database, driver, and for an upsert its table and columns: a few dozen in all
_UPSERTS: dict[tuple[str, str, Table, tuple[str, ...]], Any] = {}
_DEFINITIONS: dict[tuple[str, str], list[str]] = {}
OF_SQLITE = Statements()  # PostgreSQL's words depend on what a server says of itself, so each engine keeps its own


def upsert(dialect: Dialect, table: Table, columns: tuple[str, ...]) -> Any:
    """The compiled statement that inserts rows of these columns, or replaces those with the same primary key."""
    key = (dialect.name, dialect.driver, table, columns)
    if (statement := _UPSERTS.get(key)) is None:
        statement = _UPSERTS[key] = _compiled_upsert(dialect, table, columns)
    return statement


def _compiled_upsert(dialect: Dialect, table: Table, columns: tuple[str, ...]) -> Any:
    insert: Any = import_module(f"sqlalchemy.dialects.{dialect.name}").insert  # only one of the two is imported
    keys = [column.name for column in table.primary_key]
    statement = insert(table)
    others = {name: statement.excluded[name] for name in columns if name not in keys}
    upserting = (
        statement.on_conflict_do_update(index_elements=keys, set_=others)
        if others
        else statement.on_conflict_do_nothing()
    )
    return upserting.compile(dialect=dialect, column_keys=list(columns))


def definitions(dialect: Dialect) -> list[str]:
    """The statements that make all tables and indexes that are missing."""
    key = (dialect.name, dialect.driver)
    if (known := _DEFINITIONS.get(key)) is None:
        known = _DEFINITIONS[key] = [str(element.compile(dialect=dialect)) for element in _elements()]
    return known


def _elements() -> Iterator[CreateTable | CreateIndex]:
    for table in schema.METADATA.sorted_tables:
        yield CreateTable(table, if_not_exists=True)
        yield from (CreateIndex(index, if_not_exists=True) for index in table.indexes)
