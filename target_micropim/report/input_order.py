"""The order of the input: which record the present thread works for, and rows kept in the order of their records.

What is planned or told meanwhile belongs to that record. Its number is its place in the input, so that whatever several
threads write can be put in a stable order.
"""

from bisect import insort
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")
FieldChange = tuple[str, Any, Any]  # a field of a product, and what MicroPIM showed before and after
AFTER_THE_INPUT = 2**62  # the number of what is done when all records have been read


@dataclass
class RecordScope:
    """A record on its way: its stream, its external id, its place in the input, and what became of it so far.

    ``asked`` are the facts about which a person was asked.
    """

    stream: str
    external_id: str | None
    number: int
    name: str = ""
    sku: str | None = None
    changes: list[FieldChange] = field(default_factory=list)
    pictures: int = 0
    asked: list[str] = field(default_factory=list)


_SCOPE: ContextVar[RecordScope | None] = ContextVar("record_scope", default=None)


@contextmanager
def record_scope(
    stream: str, external_id: str | None, number: int = AFTER_THE_INPUT, name: str = ""
) -> Iterator[RecordScope]:
    """Everything this thread does within is for the sake of this record."""
    scope = RecordScope(stream, external_id, number, name)
    token = _SCOPE.set(scope)
    try:
        yield scope
    finally:
        _SCOPE.reset(token)


def current_record() -> RecordScope | None:
    """The record at hand in this thread, None outside of any."""
    return _SCOPE.get()


def current_number() -> int:
    """The place in the input of the record at hand; what belongs to no record comes first."""
    scope = _SCOPE.get()
    return -1 if scope is None else scope.number


class FirstRows(Generic[T]):
    """Keeps the first ``most`` rows by the place of their record in the input. To be used under the owner's lock.

    Rows that belong to no record (place -1) come first, ordered by their text.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._added = 0
        self._rows: list[tuple[int, str, int, T]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, row: T) -> bool:
        return any(entry[-1] == row for entry in self._rows)

    def add(self, place: int, text: str, row: T) -> None:
        """Add a row; one of those that are kept gives way when it comes later in the input."""
        self._added += 1
        insort(self._rows, (place, text if place < 0 else "", self._added, row))  # two never compare their rows
        if len(self._rows) > self._most:
            self._rows.pop()

    def in_order(self) -> list[T]:
        """The rows in the order of the input."""
        return [entry[-1] for entry in self._rows]
