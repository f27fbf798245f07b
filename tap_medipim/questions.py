"""The bodies of questions for products and media. Pure.

``filter`` and ``sorting`` are required (docs/api/medipim.md#product-questions).
"""

from typing import Any

from tap_medipim.filters import Filter, both
from tap_medipim.windows import Question

BY_UPDATE_TIME = {"touchedAt": "ASC"}
BY_ID = {"id": "ASC"}
NO_PRODUCT, NO_MEDIA = "M000000000", 0  # of the form that ids have, and none of them (docs/api/medipim.md#product-id)
Body = dict[str, Any]


def everything(name: str, row_filter: Filter | None) -> Filter:
    """All rows that match; without a filter of its own one that every row matches, with an update time or without."""
    return row_filter or {"not": {"id": NO_PRODUCT if name == "products" else NO_MEDIA}}


def undated(row_filter: Filter | None) -> Filter:
    """Rows without an update time: no span of time shows them."""
    return both(row_filter, {"not": {"updatedSince": {"from": 0}}})


def since(row_filter: Filter | None, second: int) -> Filter:
    """Rows that were updated since then."""
    return both(row_filter, {"updatedSince": second})


def page_of(asked: Filter, sorting: dict[str, Any], number: int, size: int) -> Body:
    """The body for one page."""
    return {"filter": asked, "sorting": sorting, "page": {"no": number, "size": size}}


def window(row_filter: Filter | None, question: Question, sorting: dict[str, Any] | None) -> tuple[Filter, Body]:
    """Filter and sorting of one window."""
    by, direction = next(iter((sorting or BY_ID).items()))
    directions, is_reversed = ("ASC", "DESC"), direction == "DESC"
    return both(row_filter, question.filter()), {by: directions[question.descending != is_reversed]}
