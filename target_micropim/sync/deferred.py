"""Records that wait for the end of the input: a predecessor may still be given up, a new product may still show.

Each waits as text in a file without a name, so that memory holds only where it lies.
"""

import os
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import IO, Any

from pim_wire import exact_json
from target_micropim.mapping.numbers import moment_of


@dataclass(frozen=True)
class Version:
    """One version of a record: its digest, and its own update time in unix seconds where it has one."""

    digest: str
    source_at: float | None = None


def source_time(record: dict[str, Any]) -> float | None:
    """The record's own update time in unix seconds (docs/api/medipim.md#touches), or None where it has none."""
    meta = record.get("meta")
    seconds = meta.get("updatedAt") if isinstance(meta, dict) else None
    if isinstance(seconds, int | float) and not isinstance(seconds, bool):
        return float(seconds)
    return moment_of(record.get("updated_at"))


@dataclass(frozen=True)
class Item:
    """A record of the stream: its ticket, its text, its external id, its SKU, its version and its name.

    The record waits as text: its own, or a message that has it under the names of ``within``. Two hundred objects would
    push each other out of the processor's cache and set off the garbage collector: more than all else that an unchanged
    record costs.
    """

    ticket: int
    text: bytes
    within: tuple[str, ...]
    key: str
    sku: str
    version: Version
    name: str = ""

    @cached_property
    def record(self) -> dict[str, Any]:
        """The record, read again when something is to be done with it."""
        value: dict[str, Any] = exact_json.loads(self.text)
        for name in self.within:
            value = value[name]
        return value


class RecordFile:
    """Texts in a file without a name, which is gone with the process. Used under its owner's lock."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None

    def put(self, data: bytes) -> tuple[int, int]:
        """Where the text lies. Raises OSError when the disk is full."""
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the run ends, however it ends
        start = self._file.seek(0, os.SEEK_END)
        self._file.write(data)
        return start, len(data)

    def get(self, start: int, length: int) -> bytes:
        """The text that lies there."""
        if self._file is None:
            raise LookupError(start)
        self._file.seek(start)
        return self._file.read(length)

    def close(self) -> None:
        """Give the file back; what it holds is not needed any more."""
        if self._file is not None:
            self._file.close()


@dataclass(frozen=True, slots=True)
class _Place:
    ticket: int
    key: str
    sku: str
    within: tuple[str, ...]
    version: Version
    name: str
    start: int
    length: int


class DeferredItems:
    """Called from several threads. ``places`` are where they lie, by key."""

    def __init__(self) -> None:
        self.places: dict[str, _Place] = {}
        self._lock = threading.Lock()
        self._file = RecordFile()

    def put(self, item: Item) -> None:
        """Keep a record until the input has ended."""
        with self._lock:
            start, length = self._file.put(item.text)
            self.places[item.key] = _Place(
                item.ticket, item.key, item.sku, item.within, item.version, item.name, start, length
            )

    def drop(self, key: str) -> _Place | None:
        """A newer version of it has come."""
        with self._lock:
            return self.places.pop(key, None)

    def source_at(self, key: str) -> float | None:
        """The update time of the version that waits."""
        with self._lock:
            place = self.places.get(key)
            return None if place is None else place.version.source_at

    def take(self) -> Iterator[Item]:
        """The records in the order in which they came to wait; none waits afterwards."""
        while self.places:
            with self._lock:
                place = self.places.pop(next(iter(self.places)))
                text = self._file.get(place.start, place.length)
            yield Item(place.ticket, text, place.within, place.key, place.sku, place.version, place.name)

    def close(self) -> None:
        """The run ends."""
        self._file.close()

    def __len__(self) -> int:
        return len(self.places)

    def __contains__(self, key: str) -> bool:
        with self._lock:
            return key in self.places
