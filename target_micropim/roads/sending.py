"""A write of a product, with one step back: without attributes, or without brand and supplier, when it is refused.

MicroPIM says no with one text and no field (micropim.md 1.1), so what was to blame is learnt by leaving it out once.
"""

from collections.abc import Callable, Mapping
from typing import Any

from target_micropim.entities.attributes import Attributes
from target_micropim.entities.names import KINDS
from target_micropim.errors import Refused
from target_micropim.plan.body import without_attributes
from target_micropim.report.run_report import Report, Row

STREAM = "products"
_OF_CONTENT = frozenset({400, 422})
_NAMED = frozenset(f"{kind}_id" for kind in KINDS)
Fields = dict[str, Any]
Send = Callable[[Fields], dict[str, Any]]


class Sending:
    """Used from several threads."""

    def __init__(self, attributes: Attributes, report: Report, *, drop_unmapped: bool) -> None:
        self._attributes = attributes
        self._report = report
        self._drop_unmapped = drop_unmapped

    def retreat(
        self, refused: Refused, fields: Mapping[str, Any], send: Send, who: tuple[str, str]
    ) -> tuple[dict[str, Any], Fields]:
        """The answer to a smaller write, and its fields. Raises the refusal when no smaller one is taken."""
        if refused.status in _OF_CONTENT:
            smaller = without_attributes(fields)
            if smaller != fields and (answer := _tried(send, smaller)) is not None:
                self._attributes.switch_off(f"MicroPIM refuses them ({refused.said})")
                return answer, smaller
            smaller = {name: value for name, value in fields.items() if name not in _NAMED}
            if self._drop_unmapped and smaller != fields and (answer := _tried(send, smaller)) is not None:
                left = ", ".join(sorted(_NAMED & fields.keys()))
                self._report.add("warnings", Row(STREAM, *who, f"{left}: refused and left out ({refused.said})"))
                return answer, smaller
        raise refused


def _tried(send: Send, fields: Fields) -> dict[str, Any] | None:
    try:
        return send(fields)
    except Refused:
        return None
