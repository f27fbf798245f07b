"""Stream maps whose expressions cannot take a value: that is the record's fault, and not the run's."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from singer_sdk.exceptions import MapExpressionError
from singer_sdk.mapper import CustomStreamMap, StreamMap

_FAILURES = (MapExpressionError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
Record = dict[str, Any]


class Unmapped(Exception):
    """A record that a map could not take; of which stream it would have been."""

    def __init__(self, stream: str, failure: Exception) -> None:
        words = str(failure) if isinstance(failure, MapExpressionError) else type(failure).__name__
        super().__init__(f"stream_maps: an expression cannot take its values ({words.rstrip('.')[:200]})")
        self.stream = stream


def guard(maps: Iterable[StreamMap]) -> None:
    """Let these maps raise Unmapped, whatever their expressions raise."""
    for each in maps:
        if isinstance(each, CustomStreamMap) and not isinstance(each.transform, partial):
            each.transform = partial(_guarded, each.transform, each.stream_alias)  # type: ignore[method-assign]


def _guarded(transform: Callable[[Record], Record | None], stream: str, record: Record) -> Record | None:
    try:
        return transform(record)
    except _FAILURES as failure:
        raise Unmapped(stream, failure) from None
