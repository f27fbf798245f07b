"""Pure: what of a service's rows and numbers can be worked with. Whatever else comes is named, never guessed at."""

from typing import Any, TypeGuard


def is_key(value: Any) -> bool:
    """Whether a value can tell a row from others: a text that is not empty, or a whole number (medipim.md 5.1).

    A fraction cannot: 1.0 and 1 would be two rows to some and one to others. Nor can true, which counts as 1.
    """
    return type(value) is int or (type(value) is str and value != "")


def is_count(value: Any) -> TypeGuard[int]:
    """Whether a value counts or numbers something: a whole number from 0 on."""
    return type(value) is int and value >= 0


def unfit_row(rows: list[Any]) -> int | None:
    """The place of the first row that is no object, or whose id cannot tell it from others; an absent id is no harm."""
    for place, row in enumerate(rows):
        if not isinstance(row, dict) or not (row.get("id") is None or is_key(row["id"])):
            return place
    return None
