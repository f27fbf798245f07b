"""Other ledgers in the same folder, or in other schemas of the same database, and whose they are.

They are only read, and nothing of theirs is changed: what cannot be read is no ledger.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, column, func, select, table
from sqlalchemy.exc import SQLAlchemyError

from pim_wire.urls import shown_url
from target_micropim.ledger import schema
from target_micropim.ledger.addresses import engine_for, place_of
from target_micropim.ledger.database import ledger_failure

_SIDE_FILES = ("-wal", "-shm", "-journal")
_OWNER = "organization"
MOST_FILES = 10_000
_TABLES = table("tables", column("table_schema"), column("table_name"), schema="information_schema")


@dataclass(frozen=True)
class Neighbour:
    """Another ledger, by the name that a person knows it by, and the organization that it is bound to."""

    name: str
    organization: str


def neighbours(url: str) -> Iterator[Neighbour]:
    """The ledgers that lie beside the one of this ``ledger_url``. Raises LedgerUnusable."""
    place = place_of(url)
    if place.get_backend_name() == "postgresql":
        engine = engine_for(url)
        try:
            yield from _in_database(engine)
        except SQLAlchemyError as error:
            raise ledger_failure(shown_url(url), error) from None
        finally:
            engine.dispose()
    elif place.database and place.database != ":memory:":
        yield from _in_folder(Path(place.database))


def _in_folder(own: Path) -> Iterator[Neighbour]:
    """Where the file is named, and where it lies, which is another folder behind a link."""
    folders = {folder.resolve(): folder for folder in (own.resolve().parent, own.parent)}
    for file in chain.from_iterable(map(_files_in, folders.values())):
        if _may_be_another(file, own) and (owner := _owner_in(file)) is not None:
            yield Neighbour(str(file), owner)


def _files_in(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())[:MOST_FILES]
    except OSError:
        return []


def _may_be_another(file: Path, own: Path) -> bool:
    """Found out without opening a file that SQLite has open here.

    A process that closes a file, whoever opened that, loses its locks on it: others would take our ledger for closed,
    cut what is mapped and remove its log.
    """
    try:
        is_own = own.exists() and file.samefile(own)
        return file.is_file() and not is_own and not file.name.endswith(_SIDE_FILES)
    except OSError:
        return False


def _owner_in(file: Path) -> str | None:
    """One that nobody has open is read without the side files that even a reader would leave."""
    option = "mode=ro" if file.with_name(f"{file.name}-wal").exists() else "immutable=1"
    try:
        source = sqlite3.connect(f"file:{quote(str(file.resolve()))}?{option}", uri=True, timeout=5)
    except sqlite3.Error:
        return None
    try:
        row = source.execute("SELECT value FROM meta WHERE name = ?", (_OWNER,)).fetchone()
        return None if row is None else str(row[0])
    except sqlite3.Error:
        return None
    finally:
        source.close()


def schemas_with_a_ledger(connection: Connection) -> list[str]:
    """Schemas that hold a ledger's two smallest tables, in the order of their names."""
    names = (schema.meta.name, schema.lock.name)
    having = func.count() == len(names)
    query = select(_TABLES.c.table_schema).where(_TABLES.c.table_name.in_(names)).group_by(_TABLES.c.table_schema)
    return [row[0] for row in connection.execute(query.having(having).order_by(_TABLES.c.table_schema)).all()]


def _in_database(engine: Engine) -> Iterator[Neighbour]:
    """One that may not be read is no neighbour."""
    with engine.connect() as connection:
        own = connection.execute(select(func.current_schema())).scalar()
        for name in schemas_with_a_ledger(connection):
            if name == own:
                continue
            facts = table(schema.meta.name, column("name"), column("value"), schema=name)
            try:
                with connection.begin_nested():
                    owner = connection.execute(select(facts.c.value).where(facts.c.name == _OWNER)).scalar()
            except SQLAlchemyError:
                continue
            if owner is not None:
                yield Neighbour(f"schema {name}", str(owner))
