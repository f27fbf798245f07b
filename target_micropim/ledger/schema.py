"""The schema of the ledger: its tables, their rows as the program sees them, and the steps from older versions.

Law: a step may be cut off by a kill and run again, since SQLite commits each change of a table on its own; so every
step looks first whether it is done already. Steps add, they never take away: older facts stay readable.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    inspect,
    text,
)
from sqlalchemy.schema import CreateColumn

MAX_KEY = 255  # characters of an external id; PostgreSQL refuses what is longer
MAX_ADDRESS = 2048
METADATA = MetaData()

meta = Table("meta", METADATA, Column("name", String(64), primary_key=True), Column("value", Text, nullable=False))

lock = Table(
    "run_lock",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("owner", String(64), nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("beat_at", Float, nullable=False),
)

products = Table(
    "products",
    METADATA,
    Column("external_id", String(MAX_KEY), primary_key=True),
    Column("sku", String(255), nullable=False, index=True),
    Column("remote_id", Integer, nullable=False, index=True),
    Column("digest", String(64)),  # of the whole source record; None until everything about it is settled
    Column("acknowledged", JSON, nullable=False),  # field -> fingerprint of the source's value
    Column("written", JSON, nullable=False),  # field -> fingerprint of what MicroPIM showed after our write
    Column("categories", JSON, nullable=False),  # external ids acknowledged
    Column("archived", Boolean, nullable=False, default=False),
    Column("on_its_way", JSON),  # field -> fingerprint of what a write sends, until what came of it is remembered
    Column("settled_at", Float),  # unix seconds: a reject that is older than this must not be replayed
)

media = Table(
    "media",
    METADATA,
    Column("external_id", String(MAX_KEY), primary_key=True),
    Column("picture", String(MAX_ADDRESS), primary_key=True),
    Column("url", String(MAX_ADDRESS), nullable=False),
    Column("state", String(16), nullable=False),  # intent, sent, assumed, left
    Column("count_before", Integer, nullable=False, default=0),
)

# Products that got pictures in a run, until it is known whether they show.
awaited_pictures = Table(
    "awaited_pictures",
    METADATA,
    Column("external_id", String(MAX_KEY), primary_key=True),
    Column("remote_id", Integer, nullable=False, index=True),
    Column("sku", String(255), nullable=False),
    Column("expected", Integer, nullable=False),
)

categories = Table(
    "categories",
    METADATA,
    Column("external_id", String(MAX_KEY), primary_key=True),
    Column("remote_id", Integer, nullable=False),
)

missing_categories = Table(
    "missing_categories",
    METADATA,
    Column("external_id", String(MAX_KEY), primary_key=True),
    Column("category", String(MAX_KEY), primary_key=True),
)

names = Table(
    "names",
    METADATA,
    Column("kind", String(16), primary_key=True),  # brand, supplier
    Column("folded", String(MAX_KEY), primary_key=True),
    Column("remote_id", Integer),  # None: two ids carry this name
)

# The catalogue as it was when this run looked at it; emptied at the start of each run.
seen_products = Table(
    "seen_products",
    METADATA,
    Column("remote_id", Integer, primary_key=True, autoincrement=False),
    Column("sku", String(255), nullable=False, index=True),
    Column("gtin", String(14)),
    Column("images", Integer, nullable=False),
    Column("server", JSON, nullable=False),  # field -> fingerprint
    Column("category_ids", JSON, nullable=False),
)
Index("ix_seen_products_gtin", seen_products.c.gtin)

# Rows

ProductId = str
ABSENT = 0  # the remote id of a product that was never made


@dataclass(frozen=True)
class ProductRow:
    """One product: where it is in MicroPIM, what we acknowledged of the source and what MicroPIM showed after it.

    ``on_its_way`` is what a write sends, kept until its end is remembered: a run may be killed in between.
    """

    external_id: ProductId
    sku: str
    remote_id: int
    digest: str | None = None
    acknowledged: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    archived: bool = False
    on_its_way: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MediaRow:
    """One picture: ``intent`` before it is sent, then ``sent``, ``assumed`` (found later), ``refused`` or ``left``.

    ``count_before`` pictures were there when it was sent.
    """

    picture: str
    url: str
    state: str
    count_before: int = 0


@dataclass(frozen=True)
class AwaitedPictures:
    """A product that got pictures, and how many it should show."""

    external_id: ProductId
    remote_id: int
    sku: str
    expected: int


@dataclass(frozen=True)
class SeenProduct:
    """A product of the catalogue as this run saw it, reduced to fingerprints."""

    remote_id: int
    sku: str
    gtin: str | None
    images: int
    server: Mapping[str, str]
    category_ids: tuple[int, ...]


def product_row(row: Any) -> ProductRow:
    """A product from its row in the database."""
    return ProductRow(
        row.external_id,
        row.sku,
        row.remote_id,
        row.digest,
        row.acknowledged,
        row.written,
        tuple(row.categories),
        row.archived,
        row.on_its_way or {},
    )


def product_values(row: ProductRow) -> dict[str, Any]:
    """A product as its row in the database."""
    return {
        **vars(row),
        "acknowledged": dict(row.acknowledged),
        "written": dict(row.written),
        "on_its_way": dict(row.on_its_way),
        "categories": list(row.categories),
    }


# Steps from one version to the next

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
    names = {stored["name"] for stored in inspect(connection).get_columns(column.table.name)}
    if column.name not in names:
        definition = CreateColumn(column).compile(dialect=connection.dialect)
        connection.execute(text(f"ALTER TABLE {column.table.name} ADD COLUMN {definition}"))
