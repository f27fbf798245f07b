"""The schema of the ledger: its tables, and their rows as the program sees them. Older ones: ledger/migrations.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

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
    Column("written", JSON, nullable=False),  # of an older program: a step has made `ours` of it
    Column("categories", JSON, nullable=False),  # external ids acknowledged
    Column("archived", Boolean, nullable=False, default=False),
    Column("on_its_way", JSON),  # field -> fingerprint of what a write sends, until what came of it is remembered
    Column("settled_at", Float),  # unix seconds: a reject that is older than this must not be replayed
    Column("ours", JSON),  # field -> fingerprints of values that count as ours, newest first
    Column("shown_sku", String(255)),  # the SKU that MicroPIM showed last, which may be stored in another form
    Column("source_at", Float),  # unix seconds: the record's own update time, of the newest version seen
    Column("revive_as", String(32)),  # the status that the product had before we archived it
    Column("announced_at", Float),  # unix seconds: since when a POST is on its way
    Column("made", Boolean),  # whether we made the product; None where an older program did not note it
    Column("decided", JSON),  # fact -> fingerprint of MicroPIM's value, over which a person lets the source's go
)

# Who owns a product of MicroPIM: at most one record of the source, and a record owns at most one product.
owners = Table(
    "owners",
    METADATA,
    Column("remote_id", Integer, primary_key=True, autoincrement=False),
    Column("external_id", String(MAX_KEY), nullable=False, unique=True),
)

# What a person has to decide, as it was seen last: MicroPIM shows a value that is not ours, and the source has another.
questions = Table(
    "questions",
    METADATA,
    Column("stream", String(64), primary_key=True),
    Column("external_id", String(MAX_KEY), primary_key=True),
    Column("fact", String(MAX_KEY), primary_key=True),
    Column("kind", String(16), nullable=False),  # conflicts, unsure, manual_actions, held_back, picture, kept
    Column("sku", String(255)),
    Column("reason", Text, nullable=False),
    Column("source_print", String(64), nullable=False),
    Column("source", Text),
    Column("micropim", Text),
    Column("asked_at", Float, nullable=False),
    Column("wanted", Text),  # JSON: the source's value, where a policy holds it back
    Column("held_by", String(32)),  # that policy
    Column("mapped_by", String(64)),  # digest of the settings that made that value
    Column("name", Text),
    Column("micropim_print", String(64)),
)

# The newest record of a product or category that waits for a person, or that MicroPIM did not keep: so that it can go
# in without the source.
kept_records = Table(
    "kept_records",
    METADATA,
    Column("stream", String(64), primary_key=True),
    Column("external_id", String(MAX_KEY), primary_key=True),
    Column("record", LargeBinary, nullable=False),  # JSON, compressed
    Column("due", Boolean, nullable=False, default=False),  # it is taken again
)

# Products whose brand or supplier has no id yet: they get it when it is known.
waiting_names = Table(
    "waiting_names",
    METADATA,
    Column("external_id", String(MAX_KEY), primary_key=True),
    Column("kind", String(16), primary_key=True),  # brand, supplier
    Column("folded", String(MAX_KEY), nullable=False, index=True),
    Column("name", Text, nullable=False),
)

# What a person has decided of a name: its id, or None where products shall go without.
decided_names = Table(
    "decided_names",
    METADATA,
    Column("kind", String(16), primary_key=True),
    Column("folded", String(MAX_KEY), primary_key=True),
    Column("remote_id", Integer),
)

# Records that were rejected, to be tried again by the next run; the newest version of each only.
rejects = Table(
    "rejects",
    METADATA,
    Column("stream", String(64), primary_key=True),
    Column("external_id", String(MAX_KEY), primary_key=True),
    Column("record", Text, nullable=False),  # JSON
    Column("attempts", Integer, nullable=False),
    Column("rejected_at", Float, nullable=False),
    Column("source_at", Float),
)

media = Table(
    "media",
    METADATA,
    Column("external_id", String(MAX_KEY), primary_key=True),
    Column("picture", String(MAX_ADDRESS), primary_key=True),
    Column("url", String(MAX_ADDRESS), nullable=False),
    Column("state", String(16), nullable=False),  # intent, sent, assumed, left
    Column("count_before", Integer, nullable=False, default=0),
    Column("announced_at", Float),  # unix seconds: since when it is on its way
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
    Column("name", Text),  # the name and the place that are ours; None where an older program did not note them
    Column("parent_id", Integer),  # 0 at the top
    Column("handled", Text),  # the source's name as it was last dealt with: it may be stored in another form
    Column("made_at", Float),  # unix seconds: when we made it; None where we did not, or an older program did
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

    ``on_its_way`` is what a write sends, kept until its end is remembered: a run may be killed in between; then
    ``ours`` holds what was sent as well. Beside the fields stand the categories that it puts the product into and takes
    it out of (sync/sent_categories.py). ``ours`` has, field by field, every value that counts as ours, newest first.
    ``decided`` has the values of MicroPIM over which a person lets the source's go, until the next look.
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
    ours: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shown_sku: str | None = None
    source_at: float | None = None
    revive_as: str | None = None
    announced_at: float | None = None
    made: bool | None = None
    decided: Mapping[str, str] = field(default_factory=dict)

    @property
    def was_made_by_us(self) -> bool:
        """Whether the shop did not have the product before; of an older program its SKU tells."""
        return self.is_made and (self.made if self.made is not None else self.shown_sku in {None, self.sku})

    @property
    def is_made(self) -> bool:
        """Whether MicroPIM has shown a product for it."""
        return self.remote_id != ABSENT


class Known(NamedTuple):
    """The little that tells whether a record has changed.

    ``digest`` is None until it is settled, at ``settled_at``; ``source_at`` is that of the newest version seen.
    """

    digest: str | None
    source_at: float | None
    remote_id: int
    settled_at: float | None = None


@dataclass(frozen=True)
class KeptReject:
    """A rejected record that waits for the next run."""

    stream: str
    external_id: str
    record: str
    attempts: int
    rejected_at: float
    source_at: float | None


@dataclass(frozen=True)
class MediaRow:
    """One picture: ``intent`` before it is sent, then ``sent``, ``assumed`` (found later), ``refused`` or ``left``.

    ``count_before`` pictures were there when it was sent, at ``announced_at`` in unix seconds; None in old ledgers.
    """

    picture: str
    url: str
    state: str
    count_before: int = 0
    announced_at: float | None = None


@dataclass(frozen=True)
class CategoryRow:
    """One category: its id in MicroPIM, and the name and place that are ours; None where they are not known.

    ``handled`` is the source's name as it was last dealt with: ``name`` is what MicroPIM made of it. ``made_at`` is
    when we made it, in unix seconds.
    """

    remote_id: int
    name: str | None = None
    parent_id: int | None = None
    handled: str | None = None
    made_at: float | None = None


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
        {name: tuple(values) for name, values in (row.ours or {}).items()},
        row.shown_sku,
        row.source_at,
        row.revive_as,
        row.announced_at,
        row.made,
        row.decided or {},
    )


def product_values(row: ProductRow) -> dict[str, Any]:
    """A product as its row in the database."""
    return {
        **vars(row),
        "acknowledged": dict(row.acknowledged),
        "written": dict(row.written),
        "on_its_way": dict(row.on_its_way),
        "categories": row.categories,
        "ours": dict(row.ours),  # in JSON a tuple is a list
        "decided": dict(row.decided),
    }
