"""What a key may be: the ledger holds it in a column with an end, and PostgreSQL takes no NUL in a text."""

from target_micropim.roads.endings import because

MAX_KEY = 255


def check_key(key: str, field: str = "id") -> None:
    """Raises RecordRejected for a key that the ledger could not hold: one record must not end the run."""
    if len(key) > MAX_KEY:
        raise because("map", field, f"is longer than {MAX_KEY} characters")
    if "\x00" in key:
        raise because("map", field, "holds a NUL character")
