"""The ledger: what was sent and what it became in MicroPIM, in SQLite or PostgreSQL. All SQL about it stands here."""

from target_micropim.ledger.copies import PlannedProducts, copy_of
from target_micropim.ledger.listing import ListedLedger, list_ledgers
from target_micropim.ledger.lock import Heartbeat, RunLock
from target_micropim.ledger.neighbours import Neighbour, neighbours
from target_micropim.ledger.rates import note_rates, rates_of
from target_micropim.ledger.schema import (
    ABSENT,
    MAX_KEY,
    AwaitedPictures,
    CategoryRow,
    KeptReject,
    Known,
    MediaRow,
    ProductId,
    ProductRow,
    SeenProduct,
)
from target_micropim.ledger.store import Ledger
from target_micropim.ledger.summary import LedgerSummary, export_products, products_called, summarize
from target_micropim.ledger.waiting_names import WaitingName

__all__ = [
    "ABSENT",
    "MAX_KEY",
    "AwaitedPictures",
    "CategoryRow",
    "Heartbeat",
    "KeptReject",
    "Known",
    "Ledger",
    "LedgerSummary",
    "ListedLedger",
    "MediaRow",
    "Neighbour",
    "PlannedProducts",
    "ProductId",
    "ProductRow",
    "RunLock",
    "SeenProduct",
    "WaitingName",
    "copy_of",
    "export_products",
    "list_ledgers",
    "neighbours",
    "note_rates",
    "products_called",
    "rates_of",
    "summarize",
]
