"""What a question finds, kept while no product changes: a list is asked for page by page."""

from collections.abc import Callable

from sandbox.exchange import JsonValue
from sandbox.medipim.catalogue import Entries
from sandbox.medipim.rows import Row
from sandbox.medipim.sortings import HEAD_KEYS

HEAD_FILTERS = frozenset({"id", "status", "createdAt", "updatedSince"})
MOST_KEPT = 8


class Matches:
    """The rows of the last questions about products.

    Only of questions that look at heads: a raw record that was handed out may be changed in place, which nobody sees.
    """

    def __init__(self, entries: Entries) -> None:
        """Nothing was asked yet."""
        self._entries = entries
        self._revision = entries.revision
        self._kept: dict[str, list[Row]] = {}

    def rows(self, version: str, filters: JsonValue, sorting: JsonValue, find: Callable[[], list[Row]]) -> list[Row]:
        """What ``find`` finds for a question of this version of the API, or found before."""
        if not (only_heads(filters) and HEAD_KEYS.keys() >= set(sorting)):
            return find()
        if self._entries.revision != self._revision or len(self._kept) >= MOST_KEPT:
            self._revision = self._entries.revision
            self._kept.clear()
        question = repr((version, filters, sorting))
        if question not in self._kept:
            self._kept[question] = find()
        return self._kept[question]


def only_heads(filters: JsonValue) -> bool:
    """Whether a filter, which was checked before, looks at nothing but heads."""
    if isinstance(filters, list):
        return all(only_heads(item) for item in filters)
    return all(
        only_heads(value) if name in {"and", "or", "not"} else name in HEAD_FILTERS for name, value in filters.items()
    )
