"""A ledger as a first load leaves it: every product of a file of Singer lines settled, and as many others as wanted."""

import argparse
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from target_micropim.connection import Connection
from target_micropim.ledger import Ledger, schema
from target_micropim.ledger.schema import ProductRow, product_values
from target_micropim.sync.products import digest_of
from target_micropim.target import TargetMicroPim

FINGERPRINTS = {f"field_{number}": f"{number:016x}" for number in range(14)}  # as many fields as a product has
ROWS_AT_ONCE = 5_000


def main() -> None:
    """Write the ledger that the settings name."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("settings", type=Path)
    flags.add_argument("lines", type=Path)
    flags.add_argument("rows", type=int)
    options = flags.parse_args()
    target = TargetMicroPim(config=json.loads(options.settings.read_text(encoding="utf-8")))
    connection: Connection = target.connection
    ledger = Ledger.open(target.config["ledger_url"])
    ledger.upgrade()
    ledger.claim_for(connection.organization)
    rows = _rows(options.lines, options.rows, connection.settings.digest)
    while part := list(islice(rows, ROWS_AT_ONCE)):
        with ledger.transaction() as transaction:
            ledger.put(transaction, schema.products, part)
    ledger.close()


def _rows(lines: Path, rows_in_all: int, settings: str) -> Iterator[dict[str, Any]]:
    """Products of the file first, then others that no tap sends; keys of both lie mixed, as hashes do."""
    number = 0
    with lines.open("rb") as file:
        for line in file:
            message = orjson.loads(line)
            if message["type"] == "RECORD":
                number += 1
                yield _row(message["record"]["id"], number, digest_of(message["record"], settings))
    for other in range(number + 1, rows_in_all + 1):
        yield _row(f"M{other * 0x9E3779B97 % (1 << 36):09X}-", other, f"{other:032x}")


def _row(key: str, number: int, digest: str) -> dict[str, Any]:
    row = ProductRow(key, key, number, digest, FINGERPRINTS, FINGERPRINTS, (f"{number % 400}",))
    return {**product_values(row), "settled_at": 1_793_600_000.0}


if __name__ == "__main__":
    main()
