"""All ledgers of one database, a schema each, or of one folder: whose they are and how much they hold. Only read."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, column, func, select, table
from sqlalchemy.exc import SQLAlchemyError

from pim_wire.urls import shown_url
from target_micropim.ledger import schema
from target_micropim.ledger.addresses import engine_for, place_of
from target_micropim.ledger.copies import copy_of
from target_micropim.ledger.database import ledger_failure
from target_micropim.ledger.neighbours import neighbours, schemas_with_a_ledger


@dataclass(frozen=True)
class ListedLedger:
    """``organization`` is None where no run has been yet; ``version`` and ``products`` where it may not be read."""

    name: str
    organization: str | None
    fingerprint: str | None
    version: int | None
    products: int | None


def list_ledgers(url: str) -> Iterator[ListedLedger]:
    """The ledgers of the database of this ``ledger_url``, or of its folder. Raises LedgerUnusable."""
    place = place_of(url)
    if place.get_backend_name() != "postgresql":
        yield from _in_folder(place)
        return
    engine = engine_for(url)
    try:
        with engine.connect() as connection:
            for name in schemas_with_a_ledger(connection):
                yield _in_schema(connection, name)
    except SQLAlchemyError as error:
        raise ledger_failure(shown_url(url), error) from None
    finally:
        engine.dispose()


def _in_schema(connection: Connection, name: str) -> ListedLedger:
    facts = table(schema.meta.name, column("name"), column("value"), schema=name)
    products = table(schema.products.name, column("remote_id"), schema=name)
    try:
        with connection.begin_nested():
            found = dict(connection.execute(select(facts.c.name, facts.c.value)).tuples().all())
            made = select(func.count()).select_from(products).where(products.c.remote_id > 0)
            count = int(connection.execute(made).scalar() or 0)
    except SQLAlchemyError:
        return ListedLedger(f"schema {name}", None, None, None, None)
    version = int(found.get("version") or 1)
    return ListedLedger(f"schema {name}", found.get("organization"), found.get("fingerprint"), version, count)


def _in_folder(place: URL) -> Iterator[ListedLedger]:
    own = Path(place.database or "")
    names = [other.name for other in neighbours(place.render_as_string(hide_password=False))]
    for name in sorted([*names, *([str(own)] if own.is_file() else [])]):
        ledger = copy_of(f"sqlite:///{name}")
        try:
            count = int(ledger.read(select(func.count()).where(schema.products.c.remote_id > 0))[0][0])
            version = int(ledger.fact("version") or 1)
            yield ListedLedger(name, ledger.fact("organization"), ledger.fingerprint(), version, count)
        finally:
            ledger.close()
