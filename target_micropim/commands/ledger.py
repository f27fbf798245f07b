"""``--ledger``: the ledger as text, read from a copy, so that it can be looked at while a run writes; or bound anew."""

from collections.abc import Iterator

import orjson

from target_micropim.catalog.ownership import rebind
from target_micropim.commands.check import described
from target_micropim.connection import Connection
from target_micropim.ledger import Heartbeat, Ledger, RunLock, copy_of, export_products, summarize

NONE = "Ledger: none yet"


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
            yield from described(summary) if summary.organization is not None else [NONE]
    finally:
        ledger.close()


def rebound(connection: Connection, *, dry_run: bool) -> str:
    """``rebind``, under the lock; in a dry run only what it would come to. Raises LedgerUnusable and other StopRuns."""
    url, wall = connection.settings.ledger_url, connection.clock.wall
    copy = copy_of(url, wall)
    try:
        if copy.address() is None:
            return NONE
        if dry_run:
            copy.upgrade()
            return f"{rebind(copy, connection)} (dry run: nothing was written down)"
    finally:
        copy.close()
    ledger = Ledger.open(url, wall)
    try:
        return _rebound_under_lock(ledger, connection)
    finally:
        ledger.close()


def _rebound_under_lock(ledger: Ledger, connection: Connection) -> str:
    lock = RunLock(ledger, connection.clock.wall, connection.clock.sleep)
    lock.acquire()
    heartbeat = Heartbeat(lock, lambda _loss: None)  # the fence says it, when the ledger is bound
    try:
        ledger.upgrade()
        return rebind(ledger, connection)
    finally:
        heartbeat.stop()
        lock.release()
