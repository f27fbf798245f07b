"""Pure: what the status of a Medipim record means for the product (docs/api/medipim.md#statuses-and-deletions)."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from target_micropim.mapping.desired import DELETED

Record = dict[str, Any]
STATUSES = ("active", "inactive", "replaced", "no_selection")
ALL_STATUSES = "all"
ENDED = frozenset({"inactive", "replaced"})  # the source sells the product no more


def status_of(record: Record) -> str:
    """The status as Medipim spells it; a record without one is of a live product."""
    return str(record.get("status") or "active").strip().lower() or "active"


def is_deleted(record: Record) -> bool:
    """Whether Singer's mark of a deletion says so: a time; false, also as a text, says that it was not."""
    mark = record.get(DELETED)
    return mark is not None and str(mark).strip().lower() not in {"", "false"}


def ended_by(record: Record) -> str:
    """Why the source sells a product no more, for people."""
    if is_deleted(record):
        return "the source has deleted it"
    return f"its status in the source is {status_of(record)[:40]}"


def odd_status(status: str) -> str:
    """What a person hears of a status that nobody has explained, which is none of STATUSES."""
    return f"status {status[:40]!r} is none of {', '.join(STATUSES)}: the product is taken for one that is on sale"


def successor_of(record: Record) -> str | None:
    """The id of the product that replaces this one; a list counts by its first."""
    value = record.get("replacement")
    value = value[0] if isinstance(value, list) and value else value
    value = value.get("id") if isinstance(value, dict) else value
    value = str(value) if isinstance(value, Decimal) else value
    return str(value).strip() or None if isinstance(value, str | int) and not isinstance(value, bool) else None


def left_out_status(record: Record, wanted: Collection[str]) -> str | None:
    """The status for which a record is not brought over; None where it is. What ends a product always comes.

    A record without a status is one of a live product.
    """
    status = status_of(record)
    return status if wanted and status not in wanted and status not in ENDED else None
