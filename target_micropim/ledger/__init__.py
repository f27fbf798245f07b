"""The ledger: the only package that talks SQL."""

from target_micropim.ledger.copies import Planned, copy_of
from target_micropim.ledger.lock import RunLock
from target_micropim.ledger.schema import ABSENT, AwaitedPictures, MediaRow, ProductRow, SeenProduct
from target_micropim.ledger.store import Ledger
from target_micropim.ledger.summary import LedgerSummary, exported, summarize

__all__ = [
    "ABSENT",
    "AwaitedPictures",
    "Ledger",
    "LedgerSummary",
    "MediaRow",
    "Planned",
    "ProductRow",
    "RunLock",
    "SeenProduct",
    "copy_of",
    "exported",
    "summarize",
]
