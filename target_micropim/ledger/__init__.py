"""The ledger: the only package that talks SQL."""

from target_micropim.ledger.lock import RunLock
from target_micropim.ledger.store import Ledger, MediaRow, ProductRow, SeenProduct

__all__ = ["Ledger", "MediaRow", "ProductRow", "RunLock", "SeenProduct"]
