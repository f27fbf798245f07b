"""A ledger that already knows many products, written through the ledger's own tables in big steps."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from target_micropim.ledger import Ledger, ProductRow
from target_micropim.ledger.schema import product_values, products
from target_micropim.sync.products import digest_of
from target_micropim.target import TargetMicroPim

ROWS_A_STEP = 5_000


def fill(config: dict[str, Any], records: Iterable[tuple[dict[str, Any], int]], like: ProductRow) -> int:
    """Write (record, MicroPIM id) pairs as if they had been carried over, each with the size of a real row."""
    target = TargetMicroPim(config=config)
    salt = target.connection.settings.digest
    ledger = Ledger.open(config["ledger_url"])
    ledger.upgrade()
    ledger.claim_for(target.connection.organization)
    ledger.note("names_harvested", "yes")
    count, rest = 0, iter(records)
    while rows := [_values(like, record, number, salt) for record, number in islice(rest, ROWS_A_STEP)]:
        with ledger.transaction() as connection:
            ledger.put(connection, products, rows)
        count += len(rows)
    ledger.close()
    return count


def _values(like: ProductRow, record: dict[str, Any], number: int, salt: str) -> dict[str, Any]:
    key = record["id"]
    row = replace(like, external_id=key, sku=key, remote_id=number, digest=digest_of(record, salt))
    return {**product_values(row), "settled_at": 0.0}


def row_of(folder: Path, external_id: str) -> ProductRow:
    """A row of the ledger in a folder."""
    ledger = Ledger.open(f"sqlite:///{folder}/ledger.db")
    try:
        row = ledger.product(external_id)
    finally:
        ledger.close()
    if row is None:
        raise LookupError(external_id)
    return row
