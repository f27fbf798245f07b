"""A bounded list in a stable order: what several threads add comes out in the order of the input."""

from bisect import insort
from typing import Generic, TypeVar

T = TypeVar("T")


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
