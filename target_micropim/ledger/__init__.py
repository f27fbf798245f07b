"""The ledger: the only package that talks SQL."""

from target_micropim.ledger.census import Census, census, exported
from target_micropim.ledger.copies import copy_of
from target_micropim.ledger.lock import RunLock
from target_micropim.ledger.planned import Planned
from target_micropim.ledger.rows import ABSENT, AwaitedPictures, MediaRow, ProductRow, SeenProduct
from target_micropim.ledger.store import Ledger

__all__ = [
    "ABSENT",
    "AwaitedPictures",
    "Census",
    "Ledger",
    "MediaRow",
    "Planned",
    "ProductRow",
    "RunLock",
    "SeenProduct",
    "census",
    "copy_of",
    "exported",
]
