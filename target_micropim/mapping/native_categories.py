"""Pure: the categories that a native record names: by id, or by their path.

An id may be one of the source's own stream of categories or one of MicroPIM's; who is meant is told where the stream is
known (catalog/category_ids.py). Keys have a prefix for each kind, so that a ledger holds them beside those of Medipim.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from target_micropim.mapping.characters import one_line, without_unseen
from target_micropim.mapping.desired import DesiredCategory
from target_micropim.mapping.plain_values import items_of, row_id_of, shown, words_of

OWN = "native:"  # a category of the source's own stream
PATH = "path:"  # a category that products name by its path
STEP = ">"
_ALTERNATIVES = "|"
MOST_CHARACTERS = 255  # what the ledger holds of a key
Path = tuple[str, ...]


@dataclass(frozen=True)
class Named:
    """Ids as they stand, and the keys of the categories that are named by their path."""

    ids: tuple[str, ...]
    keys: tuple[str, ...]


def category_names(record: dict[str, Any], warnings: list[str]) -> Named:
    """All categories that a record names, each once."""
    ids: dict[str, None] = {}
    for item in words_of(record.get("category_ids")):
        if number := row_id_of(item.get("id") if isinstance(item, dict) else item):
            ids[number] = None
        else:
            warnings.append(f"category_ids: {shown(item)} is no id: left out")
    keys: dict[str, None] = {}
    for item in _places(record):
        path = _path(item)
        if path and path[-1].isdecimal() and len(path) == 1:
            ids[path[0]] = None
        elif path and len(key := path_key(path)) <= MOST_CHARACTERS:
            keys[key] = None
        else:
            warnings.append(f"categories: {shown(item)} is no path of names: left out")
    return Named(tuple(ids), tuple(keys))


def paths_in(record: dict[str, Any]) -> Iterator[Path]:
    """The paths that a record names."""
    for item in _places(record):
        path = _path(item)
        if path and not (len(path) == 1 and path[0].isdecimal()) and len(path_key(path)) <= MOST_CHARACTERS:
            yield path


def _places(record: dict[str, Any]) -> Iterator[Any]:
    for name in ("categories", "category"):
        for item in items_of(record.get(name)):
            if isinstance(item, str):
                yield from (part for part in item.replace("\n", _ALTERNATIVES).split(_ALTERNATIVES) if part.strip())
            else:
                yield item


def _path(item: Any) -> Path:
    """The names from the top; none where something else stands."""
    return tuple(name for part in row_id_of(item).split(STEP) if (name := one_line(part)))


def path_key(path: Path) -> str:
    """The key of a category that is named by its path, equal for names that people see as equal."""
    return PATH + f" {STEP} ".join(_folded(name) for name in path)


def _folded(name: str) -> str:
    return " ".join(without_unseen(unicodedata.normalize("NFC", name)).split()).casefold()


def steps_to(path: Path) -> Iterator[DesiredCategory]:
    """The categories of a path, from the top."""
    for depth, name in enumerate(path, 1):
        above = path_key(path[: depth - 1]) if depth > 1 else None
        yield DesiredCategory(path_key(path[:depth]), name, above)
