"""The few facts of a product that lists, filters and sortings need without building the whole record."""

# ruff: noqa: PLR2004 - the numbers of a generator mean nothing beyond "every so often"

import random
from dataclasses import dataclass

OLDEST = 1_735_700_000
NEWEST = 1_793_500_000
ODD_FACTOR = 0x9E3779B97 | 1
ID_SPACE = 1 << 36


@dataclass(frozen=True, slots=True)
class Head:
    """Identity, status and times."""

    index: int
    id: str
    status: str
    replacement: str | None
    created_at: int | None
    updated_at: int
    status_touched_at: int
    touched_at: int | None = None
    """What ``touchedAt`` sorts by, where that is another time than ``updatedAt``."""


def product_id(seed: int, index: int) -> str:
    """``M`` and nine hex digits; an odd factor makes it one to one (docs/api/medipim.md#product-id)."""
    return f"M{((index + 1) * ODD_FACTOR + seed * 0x1F3D5B79) % ID_SPACE:09X}"


def heads(seed: int, first: int, count: int) -> list[Head]:
    """Heads ``first`` to ``first + count - 1``; one in four shares its second with a whole bulk change."""
    dice = random.Random(f"heads:{seed}:{first}")
    bulk = [dice.randrange(OLDEST, NEWEST) for _ in range(max(1, count // 400))]
    return [_head(dice, bulk, seed, index, count) for index in range(first, first + count)]


def _head(dice: random.Random, bulk: list[int], seed: int, index: int, count: int) -> Head:
    draw = dice.random()
    status = "active"
    if index % 100 == 50:
        status = "no_selection"
    elif count > 1 and draw < 0.08:
        status = "replaced" if draw < 0.03 else "inactive"
    updated_at = dice.choice(bulk) if dice.random() < 0.25 else dice.randrange(OLDEST, NEWEST)
    created_at = None if dice.random() < 0.02 else OLDEST - dice.randrange(1, 200_000_000)
    return Head(
        index,
        product_id(seed, index),
        status,
        product_id(seed, index + 1 if index else 1) if status == "replaced" else None,
        created_at,
        updated_at,
        min(updated_at, OLDEST + index),
    )
