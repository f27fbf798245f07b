"""What happened to products, newest last, for the pages; bounded, so that a long run stays small."""

import time
from collections import deque
from dataclasses import dataclass

from sandbox.exchange import Json, JsonValue

KEPT = 5000
SHOWN = 300


@dataclass(frozen=True)
class Event:
    """``who`` is API or hand; ``changes`` are field, before, after, as short texts."""

    at: float
    product: int
    who: str
    what: str
    changes: tuple[tuple[str, str, str], ...] = ()


class Journal:
    """Written under the lock of the service."""

    def __init__(self) -> None:
        """Start empty."""
        self._events: deque[Event] = deque(maxlen=KEPT)

    def note(self, product: Json, who: str, what: str, before: Json | None = None) -> None:
        """Write down an event; ``before`` holds the fields that may have changed, as they were."""
        pairs = [(name, old, product.get(name)) for name, old in (before or {}).items()]
        changes = tuple((name, short(old), short(new)) for name, old, new in pairs if old != new)
        self._events.append(Event(time.time(), product["id"], who, what, changes))

    def latest(self, count: int) -> list[Event]:
        """The newest events, newest first."""
        return [self._events[-n] for n in range(1, min(count, len(self._events)) + 1)]

    def of(self, product_id: int) -> list[Event]:
        """The events of one product, newest first."""
        return [event for event in reversed(self._events) if event.product == product_id]


def short(value: JsonValue) -> str:
    """A value as a text that fits a table."""
    text = "" if value is None else value if isinstance(value, str) else str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
