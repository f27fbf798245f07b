"""Products to be archived when the input has ended. Memory holds a few facts of each; its record waits in a file.

A source that calls its whole catalogue inactive must not fill the memory before ``max_archive`` can refuse it.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import orjson

from pim_wire import exact_json
from target_micropim.ledger import ProductRow
from target_micropim.sync.deferred import RecordFile


@dataclass(frozen=True, slots=True)
class PendingArchive:
    """A product to be archived: its ticket, what is needed to do it, and where its record lies in the file."""

    ticket: int
    key: str
    sku: str
    remote_id: int
    digest: str | None
    source_at: float | None
    start: int
    length: int

    def row(self, row: ProductRow | None) -> ProductRow:
        """Its row of the ledger, beginning from what the ledger knows by now."""
        row = row or ProductRow(self.key, self.sku, self.remote_id)
        return replace(row, remote_id=self.remote_id, digest=self.digest, source_at=self.source_at)


class PendingArchives:
    """Called from several threads. The file has no name and is gone with the process. ``held`` are those, by key."""

    def __init__(self) -> None:
        self.held: dict[str, PendingArchive] = {}
        self._lock = threading.Lock()
        self._file = RecordFile()
        self.replaced: list[PendingArchive] = []  # those that are not settled yet

    def put(self, ticket: int, record: Any, row: ProductRow) -> None:
        """Keep a product until the end. Raises OSError when the disk is full."""
        data = exact_json.dumps(record, orjson.OPT_NON_STR_KEYS)
        with self._lock:
            start, length = self._file.put(data)
            self.held[row.external_id] = PendingArchive(
                ticket, row.external_id, row.sku, row.remote_id, row.digest, row.source_at, start, length
            )

    def drop(self, key: str) -> PendingArchive | None:
        """It is not to be archived any more, or it has been."""
        with self._lock:
            return self.held.pop(key, None)

    def replace(self, key: str) -> None:
        """Another record has taken the product over: it is not to be archived any more."""
        replaced = self.drop(key)
        if replaced is not None:
            with self._lock:
                self.replaced.append(replaced)

    def source_at(self, key: str) -> float | None:
        """The update time of the version that waits."""
        with self._lock:
            held = self.held.get(key)
            return None if held is None else held.source_at

    def take_replaced(self) -> list[PendingArchive]:
        """Those that were replaced, to be settled by the caller."""
        with self._lock:
            replaced, self.replaced = self.replaced, []
            return replaced

    def record(self, deferred: PendingArchive) -> Any:
        """The record as it came."""
        with self._lock:
            return exact_json.loads(self._file.get(deferred.start, deferred.length))

    def close(self) -> None:
        """Give the file back; what is held is not needed any more."""
        self._file.close()

    def __contains__(self, key: str) -> bool:
        with self._lock:
            return key in self.held

    def __len__(self) -> int:
        return len(self.held)

    def __iter__(self) -> Iterator[PendingArchive]:
        return iter(list(self.held.values()))
