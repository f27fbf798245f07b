"""``--ledger``: the ledger as text, read from a copy, so that it can be looked at while a run writes; or changed.

``create`` makes it, or leads an older one to this version, as a run would; ``rebind`` binds it to another address or
key.
"""

from collections.abc import Iterator

import orjson

from target_micropim.catalog.ownership import fingerprint_of, rebind
from target_micropim.commands.check import described
from target_micropim.connection import Connection
from target_micropim.ledger import Heartbeat, Ledger, RunLock, copy_of, export_products, list_ledgers, summarize

NONE = "Ledger: none yet"


def inspected(how: str, url: str) -> Iterator[str]:
    """The lines of ``show``, ``list`` or ``export``. Raises LedgerUnusable."""
    if how == "list":
        yield from _listed(url)
        return
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


def _listed(url: str) -> Iterator[str]:
    found = 0
    for found, each in enumerate(list_ledgers(url), start=1):  # noqa: B007 - counted to tell that there is none
        if each.version is None:
            yield f"{each.name}: may not be read"
            continue
        whose = "no run yet" if each.organization is None else _whose(each.organization, each.fingerprint)
        yield f"{each.name}: {whose}, {each.products} products, version {each.version}"
    if not found:
        yield NONE


def _whose(organization: str, noted: str | None) -> str:
    """The address, and the fingerprint by which ``organization`` and --check name it: the one before a new key."""
    return f"{organization.partition(' ')[0]} {noted or fingerprint_of(organization)}"


def created(connection: Connection, *, dry_run: bool) -> str:
    """``create``: a ledger where there is none, this version where it is older. Raises LedgerUnusable."""
    if dry_run:
        return "Ledger: nothing was made (dry run)"
    clock = connection.clock
    ledger = Ledger.open(connection.settings.ledger_url, clock.wall, lambda: clock.stopped)
    try:
        lock = RunLock(ledger, connection.clock.wall, connection.clock.sleep)
        lock.acquire()
        try:
            before = ledger.fact("version")
            ledger.upgrade()
            now = ledger.fact("version")
        finally:
            lock.release()
    finally:
        ledger.close()
    if before is None:
        return f"Ledger: made, version {now}"
    return f"Ledger: version {now}" + ("" if before == now else f", was {before}")


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
