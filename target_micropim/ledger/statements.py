"""Statements of SQL in the words of a database, put into words once for all ledgers that a process opens.

A short run would else spend more time on that than the database does on its work: SQLAlchemy has one store of
statements for each engine, and none for an upsert. SQLite answers a question in a tenth of the time that SQLAlchemy
takes to hand it over, so what is asked for often goes to the driver as it is (decision 56).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import Delete, Dialect, Insert, Row, Select, Table, Update
from sqlalchemy.engine import result_tuple
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


Statement = Select[Any] | Insert | Update | Delete
Values = Mapping[str, Any]


class Words:
    """A compiled statement as SQLite's driver takes it, with what SQLAlchemy does to its values and to its rows."""

    def __init__(self, compiled: Any, dialect: Dialect, types: Sequence[Any] = ()) -> None:
        """``types`` of the columns of a question."""
        self._sql = str(compiled)
        self._fixed = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        self._names = compiled.positiontup
        kinds = [compiled.binds[name].type for name in self._names]
        self._written = _some(kind.dialect_impl(dialect).bind_processor(dialect) for kind in kinds)
        self._read = _some(kind.dialect_impl(dialect).result_processor(dialect, None) for kind in types)
        self._row: Callable[[Any], Row[Any]] | None = None  # its names are those that the driver tells

    def rows(self, driver: Any, values: Values) -> list[Row[Any]]:
        """The answer to a question. Raises sqlite3.Error."""
        given = {**self._fixed, **values}
        cursor = driver.execute(self._sql, list(map(given.__getitem__, self._names)))  # no question asks by JSON
        try:
            found = cursor.fetchall()  # to its end: a question that is left open holds back the log of the database
            if self._row is None:
                self._row = result_tuple([column[0] for column in cursor.description])
        finally:
            cursor.close()
        if self._read:
            for number, row in enumerate(found):
                found[number] = read = list(row)
                for place, process in self._read:
                    read[place] = process(read[place])
        return list(map(self._row, found))

    def write(self, driver: Any, rows: Sequence[Values]) -> int:
        """Carry it out with each of these; how many rows changed. Raises sqlite3.Error."""
        given: list[list[Any]] = []
        for row in rows:
            named = {**self._fixed, **row}
            given.append(values := list(map(named.__getitem__, self._names)))
            for place, process in self._written:
                values[place] = process(values[place])
        cursor = driver.execute(self._sql, given[0]) if len(given) == 1 else driver.executemany(self._sql, given)
        cursor.close()
        return int(cursor.rowcount)


def _some(processes: Iterable[Any]) -> list[tuple[int, Any]]:
    """Where something is to be done, and what."""
    return [(place, process) for place, process in enumerate(processes) if process is not None]


class Prepared:
    """A statement that is asked for often, and stands in a module: put into words once in a process."""

    def __init__(self, statement: Statement) -> None:
        """``statement``: with names in place of all values that differ, and no list of a length that differs."""
        self.statement = statement
        self.words: Words | None = None

    def in_words(self, dialect: Dialect) -> Words:
        """For SQLite."""
        compiled = self.statement.compile(dialect=dialect)
        types = [column.type for column in getattr(self.statement, "selected_columns", ())]
        self.words = Words(compiled, dialect, types)
        return self.words


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


@cache
def upsert_of_sqlite(table: Table, columns: tuple[str, ...]) -> Words:
    """The same in the words of SQLite's driver."""
    dialect: Dialect = import_module("sqlalchemy.dialects.sqlite").dialect()
    return Words(_compiled_upsert(dialect, table, columns), dialect)


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
