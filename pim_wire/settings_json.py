"""JSON in which a person gives settings: a name that stands twice is refused.

Readers of JSON take the last one without a word: of two ids of a brand one is lost, and a dry run that a later line
calls off writes.
"""

import json
from collections import Counter
from typing import Any


def read_json(text: str) -> Any:
    """The value. Raises ValueError, which names a name that stands twice; RecursionError."""
    return json.loads(text, object_pairs_hook=_once)


class TwiceNamed(ValueError):
    """An object names something twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        counts = Counter(name for name, _value in pairs)
        twice = next(name for name, number in counts.items() if number > 1)
        raise TwiceNamed(f"it names {twice} twice: take one away")
    return fields
