"""Pure: what the setting field_map may say, checked before the first record."""

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from target_micropim.mapping.field_rows import FIELDS, LONG_TEXTS

NAMED = ("brand", "supplier")
MAPPABLE = (*(name for name, row in FIELDS.items() if row.take is not None), *NAMED)
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*", re.ASCII)
_TEXT_TYPES = (
    *(kind for kind, _why in LONG_TEXTS), "faq", "measurements", "legal_text", "contra_indication", "usage_extended",
    "side_effects", "nutritional_value", "usage_type", "pregnancy_description", "pregnancy_description_extended",
    "breastfeeding_description", "breastfeeding_description_extended", "interactions", "warnings", "keywords",
)  # fmt: skip


def checked_field_map(given: Mapping[str, Any], known: Collection[str]) -> dict[str, str | None]:
    """The map, when it makes sense. Raises ValueError with everything that does not.

    ``known`` are Medipim's fields. Others pass too, since a stream map may add its own, unless they look misspelt.
    """
    wrong = [problem for name, path in given.items() if (problem := _problem(name, path, known))]
    if wrong:
        raise ValueError("; ".join(wrong))
    return dict(given)


def _problem(name: str, path: Any, known: Collection[str]) -> str | None:
    if name not in MAPPABLE:
        return f"{name} is no field that can be mapped; there are {', '.join(MAPPABLE)}"
    if path is None:
        return "name cannot be left out: MicroPIM requires it" if name == "name" else None
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        return f"{name}: must be a field of Medipim, like seoName or descriptions.indication, or null"
    first, _, rest = path.partition(".")
    if first not in known and (close := get_close_matches(first, known, 1, 0.8)):
        return f"{name}: Medipim has no field {first}; is {close[0]} meant?"
    if first == "descriptions" and rest not in _TEXT_TYPES:
        return f"{name}: {rest or 'nothing'} is no type of description; there are {', '.join(_TEXT_TYPES)}"
    return None
