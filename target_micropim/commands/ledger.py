"""``--ledger``: the ledger as text, read from a copy, so that it can be looked at while a run writes."""

from collections.abc import Iterator

import orjson

from target_micropim.commands.check import described
from target_micropim.ledger import copy_of, export_products, summarize


def inspected(how: str, url: str) -> Iterator[str]:
    """The lines of ``show`` or ``export``. Raises LedgerUnusable."""
    ledger = copy_of(url)
    try:
        if how == "export":
            ledger.upgrade()
            for row in export_products(ledger):
                yield orjson.dumps(row).decode()
        else:
            summary = summarize(ledger)
            yield from described(summary) if summary.organization is not None else ["Ledger: none yet"]
    finally:
        ledger.close()
