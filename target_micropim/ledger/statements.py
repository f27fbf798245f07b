"""Statements of SQL in the words of a database, put into words once for all ledgers that a process opens.

A short run would else spend more time on that than the database does on its work: SQLAlchemy has one store of
statements for each engine, and none for an upsert.
"""

from functools import lru_cache
from importlib import import_module
from typing import Any

from sqlalchemy import Dialect, Table
from sqlalchemy.schema import CreateIndex, CreateTable
from typing_extensions import override

from target_micropim.ledger import schema


class Kind:
    """A dialect, equal to every other one of the same database and driver: their words are the same."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._name = (dialect.name, dialect.driver)

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kind) and self._name == other._name

    @override
    def __hash__(self) -> int:
        return hash(self._name)


class Statements(dict[Any, Any]):
    """SQLAlchemy's ``compiled_cache`` for all engines of one kind. A key of it begins with the engine's own dialect."""

    @override
    def get(self, key: Any, default: Any = None) -> Any:
        return super().get((Kind(key[0]), *key[1:]), default)

    @override
    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__((Kind(key[0]), *key[1:]), compiled)


OF_SQLITE = Statements()  # PostgreSQL's words depend on what a server says of itself, so each engine keeps its own


def upsert(dialect: Dialect, table: Table, columns: tuple[str, ...]) -> Any:
    """The compiled statement that inserts rows of these columns, or replaces those with the same primary key."""
    return _upsert(Kind(dialect), table, columns)


@lru_cache(maxsize=64)
def _upsert(kind: Kind, table: Table, columns: tuple[str, ...]) -> Any:
    insert: Any = import_module(f"sqlalchemy.dialects.{kind.dialect.name}").insert  # only one of the two is imported
    keys = [column.name for column in table.primary_key]
    statement = insert(table)
    others = {name: statement.excluded[name] for name in columns if name not in keys}
    upserting = (
        statement.on_conflict_do_update(index_elements=keys, set_=others)
        if others
        else statement.on_conflict_do_nothing()
    )
    return upserting.compile(dialect=kind.dialect, column_keys=list(columns))


def definitions(dialect: Dialect) -> list[str]:
    """The statements that make all tables and indexes that are missing."""
    return _definitions(Kind(dialect))


@lru_cache(maxsize=2)
def _definitions(kind: Kind) -> list[str]:
    made: list[CreateTable | CreateIndex] = []
    for table in schema.METADATA.sorted_tables:
        made.append(CreateTable(table, if_not_exists=True))
        made += [CreateIndex(index, if_not_exists=True) for index in table.indexes]
    return [str(element.compile(dialect=kind.dialect)) for element in made]
