"""Which record the present thread works for: what is planned or told meanwhile belongs to it.

The number is the record's place in the input, so that whatever several threads write can be put in a stable order.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

AFTER_THE_INPUT = 2**62  # the number of what is done when all records have been read


@dataclass(frozen=True)
class RecordScope:
    """A record on its way: its stream, its external id and its place in the input."""

    stream: str
    external_id: str | None
    number: int


_SCOPE: ContextVar[RecordScope | None] = ContextVar("record_scope", default=None)


@contextmanager
def record_scope(stream: str, external_id: str | None, number: int = AFTER_THE_INPUT) -> Iterator[None]:
    """Everything this thread does within is for the sake of this record."""
    token = _SCOPE.set(RecordScope(stream, external_id, number))
    try:
        yield
    finally:
        _SCOPE.reset(token)


def current_record() -> RecordScope | None:
    """The record at hand in this thread, None outside of any."""
    return _SCOPE.get()


def current_number() -> int:
    """The place in the input of the record at hand; what belongs to no record comes first."""
    scope = _SCOPE.get()
    return -1 if scope is None else scope.number
