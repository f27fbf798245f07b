"""How many examples of a property are tried: a few in ``make test``, all in ``make trials`` (``EXAMPLES=all``)."""

import os
from typing import Any

from hypothesis import settings

FEW = 25
ALL = os.environ.get("EXAMPLES") == "all"


def count(number: int) -> int:
    """This many, or the few of ``make test``."""
    return number if ALL else min(number, FEW)


def examples(number: int, **options: Any) -> settings:
    """Hypothesis' settings for a property of which ``number`` examples are all."""
    return settings(max_examples=count(number), **options)
