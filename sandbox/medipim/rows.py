"""What filters and sortings look at: a head and a raw record."""

from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.exchange import Json, JsonValue


class Row(Protocol):
    """A product entry, or any other record with the same two parts."""

    @property
    def head(self) -> JsonValue:
        """Identity, status and times."""

    @property
    def raw(self) -> Json:
        """The whole record."""


@dataclass(frozen=True, slots=True)
class RecordHead:
    """The head of a record that is not a product."""

    id: Any
    status: str
    created_at: int | None
    updated_at: int
    status_touched_at: int


@dataclass(frozen=True, slots=True)
class Record:
    """A media item or a reference record."""

    head: RecordHead
    raw: Json


def record(raw: Json) -> Record:
    """A raw record with its head."""
    times = raw.get("meta") or {}
    updated = times.get("updatedAt") or 0
    return Record(RecordHead(raw["id"], raw.get("status", ""), times.get("createdAt"), updated, updated), raw)
