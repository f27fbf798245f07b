"""How many examples of a property are tried: a few in ``make test``, all in ``make trials`` (``EXAMPLES=all``)."""

import os
from typing import Any

from hypothesis import settings

FEW = 25
ALL = os.environ.get("EXAMPLES") == "all"


def count(number: int, few: int = FEW) -> int:
    """This many, or the few of ``make test``."""
    return number if ALL else min(number, few)


def examples(number: int, few: int = FEW, **options: Any) -> settings:
    """Hypothesis' settings for a property of which ``number`` examples are all, and ``few`` prove something."""
    return settings(max_examples=count(number, few), **options)
