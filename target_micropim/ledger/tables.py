"""The ledger's tables as they are now; migrations.py leads older ones here."""

from sqlalchemy import JSON, Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text

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

# Products that got pictures in a run, until somebody has looked whether they show.
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
