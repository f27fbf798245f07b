"""Requests a minute as the settings give them: a number, or ``auto``."""

from collections.abc import Mapping
from typing import Any

AUTO = "auto"
DEFAULT_RATES = {
    "reads_per_minute": 120,
    "writes_per_minute": 60,
}  # MicroPIM publishes none: docs/api/micropim.md#rate-limits
RATES = (*DEFAULT_RATES, "pictures_per_minute")


def is_auto(value: Any) -> bool:
    """Whether the limit is to be searched for."""
    return isinstance(value, str) and value.strip().lower() == AUTO


def searched(config: Mapping[str, Any]) -> frozenset[str]:
    """The limits that are searched for, by the names of their settings."""
    return frozenset(name for name in RATES if is_auto(config.get(name)))


def rate(name: str, value: Any) -> int | None:
    """Requests a minute; of a limit that is searched for those that it begins with. Raises ValueError."""
    if value is None:
        return None
    if is_auto(value):
        return DEFAULT_RATES.get(name, DEFAULT_RATES["writes_per_minute"])
    text = str(value).strip()
    if isinstance(value, bool) or not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise ValueError(f"{value!r} is neither a whole number from 1 on nor auto")
    return int(text)
