"""Values cut to what a person can read."""

import json
from typing import Any

MAX_VALUE = 200


def cut(value: Any) -> Any:
    """Short values as they are, long ones as the beginning of their text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"
