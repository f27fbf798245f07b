"""The database below the ledger: opened by URL, short transactions from any thread, one way to write for both kinds.

A failure names the place, what the database said and what to do: it is the last line that a person reads.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, Inspector, Row, Select, Table, bindparam, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateSchema

from pim_wire.urls import shown_url
from target_micropim.errors import LedgerUnusable
from target_micropim.ledger import schema
from target_micropim.ledger.addresses import schema_of
from target_micropim.ledger.migrations import STEPS, VERSION
from target_micropim.ledger.statements import Prepared, Values, definitions, upsert, upsert_of_sqlite

DAMAGED = "it is damaged: delete it or move it to another folder; it is rebuilt by reading"
NO_RIGHT = "give the right to read and write the file and its folder, or choose another place"
_ADVICE = {
    "malformed": DAMAGED,
    "not a database": "this is another file: choose another place, or delete it",
    "is full": "make room where it lies, then run it again",
    "I/O error": "make room where it lies or look after the disk, then run it again",
    **dict.fromkeys(("unable to open", "readonly", "Permission denied", "File exists", "Not a directory"), NO_RIGHT),
    "locked": "another program holds it: close that, then run it again",
}


def ledger_failure(place: str, error: BaseException) -> LedgerUnusable:
    """The failure in words. ``place`` is shown as it is."""
    reason = cause(error) if not isinstance(error, ValueError) else "not an address of a database"
    advice = next((text for sign, text in _ADVICE.items() if sign in reason), "run it again when that is put right")
    return LedgerUnusable(f"ledger_url {place} failed ({reason}): {advice}")


def cause(error: BaseException) -> str:
    """The first line of what the database said."""
    origin = getattr(error, "orig", None) or error
    return str(origin).splitlines()[0][:200] if str(origin) else type(origin).__name__


TAKEN_OVER = "Another run took this ledger over while this one stood still: stopped, and nothing more is sent"
MOST_STEPS = 1_000_000  # of SQLite's machine: some 30,000 rows; all of a million would cost as much as 14,000 records
Rows = list[dict[str, Any]]
_NOTHING: Values = {}
_NAMES = {name for table in schema.METADATA.sorted_tables for name in (table.name, *(i.name for i in table.indexes))}
_FACTS = Prepared(select(schema.meta.c.name, schema.meta.c.value))
_FACT = Prepared(select(schema.meta.c.value).where(schema.meta.c.name == bindparam("fact")))
_HOLDS = f"SELECT id FROM {schema.lock.name} WHERE owner = ?"  # noqa: S608 - a name of ours
_HOLDS_SHARED = select(schema.lock.c.id).where(schema.lock.c.owner == bindparam("writer")).with_for_update(read=True)


class _OfThread(threading.local):
    """What one thread has put off."""

    def __init__(self) -> None:
        self.writes: list[Callable[[Connection], object]] = []


class Database:
    """Every method is one short transaction; a write that may wait joins the next one of its thread.

    SQLite has one connection, which is kept: a pool would take longer than most questions.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.place = shown_url(engine.url.render_as_string(hide_password=False))
        self._turn = threading.RLock()
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._kept: Connection | None = None
        self._driver: Any = None  # SQLite's own connection, below the kept one
        self._has_all_tables = False  # until they were seen, or made here
        self._was_empty = False
        self._put_off = _OfThread()
        self._writer: str | None = None  # once he holds the lock
        self._facts: dict[str, str] | None = None  # read once, while nobody else can write
        self._failures = (SQLAlchemyError, engine.dialect.loaded_dbapi.Error)

    def close(self) -> None:
        """Let the database go."""
        kept, self._kept, self._driver = self._kept, None, None
        try:
            if kept is not None:
                kept.close()
        finally:
            self._engine.dispose()

    @contextmanager
    def closed_on_failure(self) -> Iterator[None]:
        """Let the database go where the block fails."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    def _open(self) -> Connection:
        """SQLite's connection; to be called by whose turn it is."""
        if self._kept is None:
            self._kept = self._engine.connect()
            self._driver = self._kept.connection.driver_connection
        return self._kept

    def read(self, query: Select[Any] | Prepared, values: Values | None = None) -> Sequence[Row[Any]]:
        """The rows of a question, after what this thread has put off was written. Raises LedgerUnusable."""
        if self._put_off.writes:
            self.flush()
        try:
            with self._turn:
                if not self._is_sqlite:
                    with self._engine.connect() as connection:
                        return self.ask_within(connection, query, values)
                kept = self._kept or self._open()
                if isinstance(query, Prepared):
                    words = query.words or query.in_words(self._engine.dialect)
                    return words.rows(self._driver, values or _NOTHING)
                return kept.execute(query, values).all()
        except self._failures as error:
            raise ledger_failure(self.place, error) from None

    @contextmanager
    def transaction(self, *, apart: bool = False) -> Iterator[Connection]:
        """One transaction that writes, and commits only while the writer of ``fence`` holds the lock.

        ``apart``: without that fence, and without what was put off; for the lock itself. A failure of the database ends
        the run, since nothing could be remembered any more. Raises LedgerUnusable. SQLite's driver begins with the
        first change, and SQLAlchemy need not know of what it has not sent itself.
        """
        try:
            with (
                self._turn,
                self._engine.begin() if not self._is_sqlite else nullcontext(self._kept or self._open()) as connection,
            ):
                try:
                    for write in () if apart else self._put_off.writes:
                        write(connection)
                    yield connection
                    if self._writer is not None and not apart:
                        self._refuse_another_writer(connection, self._writer)
                    if self._is_sqlite:
                        (connection if connection.in_transaction() else self._driver).commit()
                except BaseException:
                    if self._is_sqlite:
                        (connection if connection.in_transaction() else self._driver).rollback()
                    raise
        except self._failures as error:
            raise ledger_failure(self.place, error) from None
        if not apart:
            self._put_off.writes = []

    # The fence: who lost the lock writes nothing more, so he announces nothing, so he sends nothing

    def fence(self, writer: str) -> None:
        """From now on every transaction that writes fails unless the lock is this owner's."""
        self._writer = writer

    def unfence(self) -> None:
        """The lock is given back: nothing is written after this."""
        self._writer = self._facts = None

    def _refuse_another_writer(self, connection: Connection, writer: str) -> None:
        """At the end of a transaction: from here to the commit nobody can take the lock over.

        SQLite lets nobody else write, and in PostgreSQL the row is locked (FOR SHARE).
        """
        if self._is_sqlite:
            holds = self._driver.execute(_HOLDS, (writer,)).fetchall()
        else:
            holds = connection.execute(_HOLDS_SHARED, {"writer": writer}).all()
        if not holds:
            raise LedgerUnusable(TAKEN_OVER)

    # Within a transaction

    def ask_within(
        self, connection: Connection, query: Select[Any] | Prepared, values: Values | None = None
    ) -> Sequence[Row[Any]]:
        """The rows of a question."""
        if not isinstance(query, Prepared):
            return connection.execute(query, values).all()
        if self._is_sqlite:
            return (query.words or query.in_words(self._engine.dialect)).rows(self._driver, values or _NOTHING)
        return connection.execute(query.statement, values).all()

    def write(self, connection: Connection, statement: Prepared, values: Values) -> int:
        """Carry out a statement; how many rows it changed."""
        if self._is_sqlite:
            return (statement.words or statement.in_words(self._engine.dialect)).write(self._driver, [values])
        return int(connection.execute(statement.statement, values).rowcount)

    def put(self, connection: Connection, table: Table, rows: Rows) -> None:
        """Insert rows, replacing those with the same primary key."""
        if not rows:
            return
        if self._is_sqlite:
            upsert_of_sqlite(table, tuple(rows[0])).write(self._driver, rows)
        else:
            connection.execute(upsert(self._engine.dialect, table, tuple(rows[0])), rows)

    # Writes that may wait: a commit costs the disk more than all else, and a product has several

    def soon(self, write: Callable[[Connection], object]) -> None:
        """Write with this thread's next transaction, whatever that is about: before its next step relies on it."""
        self._put_off.writes.append(write)

    def put_soon(self, table: Table, rows: Rows) -> None:
        """Put rows so."""
        self.soon(partial(self.put, table=table, rows=rows))

    def flush(self) -> None:
        """Write what was put off; to be called before a thread turns to something else."""
        if self._put_off.writes:
            with self.transaction():
                pass

    # Its tables, and facts about itself

    def prepare(self) -> None:
        """Make the tables of a new database; those of an old one are left to ``upgrade``.

        In PostgreSQL the schema that the address names is made first; who may not make one can use one that is there.
        Raises LedgerUnusable for a database with tables of another program in their place, and SQLAlchemyError.
        """
        if (own := schema_of(self._engine.url)) is not None:
            self._make_schema(own)
        if not self._has_a_ledger():
            try:
                self._make_tables()
            except SQLAlchemyError:  # PostgreSQL: another run made them at the same moment
                self._make_tables()
            self._has_all_tables = True

    def _has_a_ledger(self) -> bool:
        """Raises LedgerUnusable for a database with tables of another program in the place of ours."""
        if self._is_sqlite:  # which tells all names at once, and mostly that is enough
            self._open()
            with closing(self._driver.execute("SELECT name FROM sqlite_master")) as cursor:
                names = {name for (name,) in cursor.fetchall()}
            self._was_empty, self._has_all_tables = not names, names >= _NAMES
            if schema.lock.name in names or not names:
                return bool(names)
        found = inspect(self._open() if self._is_sqlite else self._engine)
        refuse_strangers(found, self.place)
        self._was_empty = not found.get_table_names()
        return found.has_table(schema.lock.name)

    def _make_schema(self, name: str) -> None:
        is_there = text("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = :name")
        with self._engine.begin() as connection:
            if connection.execute(is_there, {"name": name}).scalar() is None:
                connection.execute(CreateSchema(name, if_not_exists=True))

    def examine(self) -> None:
        """Look for damage before the first write: found later, it would cost what was done until then.

        The structure is looked at whole, rows as far as MOST_STEPS reach. Raises LedgerUnusable, SQLAlchemyError.
        """
        if self._is_sqlite and self._damage() not in {None, "ok"}:
            raise LedgerUnusable(f"ledger_url {self.place}: {DAMAGED}")

    def _damage(self) -> str | None:
        """What SQLite finds, ``ok``, or None when its steps are used up, which it counts once the structure is good."""
        self._open()
        self._driver.set_progress_handler(lambda: True, MOST_STEPS)
        try:
            with closing(self._driver.execute("PRAGMA quick_check(1)")) as cursor:
                return str(cursor.fetchall()[0][0])
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname == "SQLITE_INTERRUPT":
                return None
            raise
        finally:
            self._driver.set_progress_handler(None, 0)

    def _make_tables(self) -> None:
        """Make what is missing; not by ``create_all``, which looks first and fails when somebody else is faster."""
        if not self._is_sqlite:
            with self._turn, self._engine.begin() as connection:
                for definition in definitions(self._engine.dialect):
                    connection.exec_driver_sql(definition)
            return
        with self._turn:
            self._open()
            try:
                self._driver.execute("BEGIN IMMEDIATE").close()  # else each would wait for the disk
                for definition in definitions(self._engine.dialect):
                    self._driver.execute(definition).close()
                self._driver.commit()
            except BaseException:
                self._driver.rollback()
                raise

    def upgrade(self) -> None:
        """Lead older tables to this version, under the lock. Raises LedgerUnusable when they are newer than we are."""
        known = self.fact("version")
        if known is None and self._was_empty:  # what was just made is of this version: each step would only look
            self.note("version", str(VERSION))
            return
        version = int(known or 1)
        if version > VERSION:
            raise LedgerUnusable(
                f"ledger_url: made by a newer version ({version}); update this program or use another file"
            )
        if not self._has_all_tables:
            self._make_tables()
        for number, step in enumerate(STEPS[version - 1 :], start=version + 1):
            with self.transaction() as connection:
                step(connection)
                self.put(connection, schema.meta, [{"name": "version", "value": str(number)}])
            self._facts = None  # a step may have noted others

    def fact(self, name: str) -> str | None:
        """A fact of the meta table; a writer that holds the lock reads them all at once."""
        if self._writer is not None:
            with self._turn:
                if self._facts is None:
                    self._facts = {row.name: row.value for row in self.read(_FACTS)}
                return self._facts.get(name)
        rows = self.read(_FACT, {"fact": name})
        return rows[0].value if rows else None

    def note(self, name: str, value: str) -> None:
        """Write a fact of the meta table."""
        with self.transaction() as connection:
            self.put(connection, schema.meta, [{"name": name, "value": value}])
        with self._turn:
            if self._facts is not None:
                self._facts[name] = value


def refuse_strangers(found: Inspector, place: str) -> None:
    """A shop's database may have a table of products of its own: nothing is added there, nothing read as ours.

    Raises LedgerUnusable. A ledger has a table for its lock, in whatever version.
    """
    if found.has_table(schema.lock.name):
        return
    for table in schema.METADATA.sorted_tables:
        ours = {column.name for column in table.columns}
        if found.has_table(table.name) and not ours <= {column["name"] for column in found.get_columns(table.name)}:
            raise LedgerUnusable(
                f"ledger_url {place}: its table {table.name} is another program's: choose a database of its own"
            )
