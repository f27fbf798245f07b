"""Names and MicroPIM ids: an object, or a CSV as any spreadsheet saves it, also a filled in ``unmapped.csv``.

Brands and suppliers have no route in MicroPIM (docs/api/micropim.md#brand-ids), so a person gives their ids. What
cannot be read as an id stops the run with its file, line and value: skipped, products would lose their brand.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from target_micropim.report.sheet import lines_of, text_of_file, unescaped

_ID_HEADINGS = frozenset({"id", "micropim id", "micropim_id", "brand id", "brand_id", "supplier id", "supplier_id"})
_NAME_HEADINGS = frozenset({"name", "naam", "nom", "nombre", "brand", "merk", "marque", "marke", "marca", "supplier"})
_KIND = "kind"
_TWO_COLUMNS = {"name": 0, "id": 1}


def read_id_map(value: Any, kind: str) -> Mapping[str, int]:
    """Name to id; ``kind`` is ``brand`` or ``supplier``. Raises ValueError, OSError."""
    if isinstance(value, str) and value.strip() and not value.strip().startswith("{"):
        return _from_file(Path(value.strip()), kind)
    given = json.loads(value) if isinstance(value, str) and value.strip() else value
    if not isinstance(given, dict | None):
        raise ValueError("must be an object or the path of a CSV file")
    return {str(name): _id(number, f"{name!r}") for name, number in flat(given or {}).items()}


def flat(given: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Meltano makes ``{"A": {"Vogel": 10}}`` of ``A.Vogel: 10``: the name is put together again."""
    flat_ones: dict[str, Any] = {}
    for name, value in given.items():
        flat_ones |= flat(value, f"{before}{name}.") if isinstance(value, dict) else {f"{before}{name}": value}
    return flat_ones


def _id(value: Any, where: str) -> int:
    """Raises ValueError for what is no id; ``12.0`` is what a spreadsheet makes of 12."""
    text = "" if isinstance(value, bool) else str(value).strip().removesuffix(".0").removesuffix(",0")
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ValueError(f"{where} has {value!r}, which is no MicroPIM id (a number from 1)")
    return int(text)


def _from_file(file: Path, kind: str) -> dict[str, int]:
    lines = list(lines_of(text_of_file(file)))
    columns = _columns(lines[0][1], file) if lines else None
    ids: dict[str, int] = {}
    for number, cells in lines[1:] if columns else _without_heading(lines):
        name, value = _name_and_id(cells, columns or _TWO_COLUMNS, kind)
        where = f"{file}, line {number}: {name or 'no name'}"
        if value and (not name or ids.setdefault(name, _id(value, where)) != _id(value, where)):
            raise ValueError(f"{where} for the id {value}" if not name else f"{where} has two ids")
        if not value and columns is None:
            raise ValueError(f"{where} has no id")
    if not ids:
        raise ValueError(f"{file} has no line with a name and an id; its columns are name and id")
    return ids


def _without_heading(lines: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Lines of two columns; the first one is left out when it can only be a heading. Raises ValueError.

    With more columns nobody can say which one is the id: a number of products would do as well.
    """
    for number, cells in lines:
        if len([cell for cell in cells if cell]) > len(_TWO_COLUMNS):
            raise ValueError(f"line {number} has more than two columns: give a heading with name and id")
    return lines[1:] if lines and not any(character.isdigit() for character in "".join(lines[0][1])) else lines


def _columns(cells: list[str], file: Path) -> dict[str, int] | None:
    """Where name, id and kind stand, by their headings; None when the first line is no such heading."""
    headings = [cell.casefold() for cell in cells]
    wanted = {"name": _NAME_HEADINGS, "id": _ID_HEADINGS, _KIND: {_KIND}}
    places = {what: [n for n, heading in enumerate(headings) if heading in names] for what, names in wanted.items()}
    if not places["id"] and not places[_KIND]:
        return None
    for what in _TWO_COLUMNS:
        if not places[what]:
            raise ValueError(f"{file}, line 1 names no column {what}: {', '.join(cells)}")
    return {what: found[0] for what, found in places.items() if found}


def _name_and_id(cells: list[str], columns: Mapping[str, int], kind: str) -> tuple[str, str]:
    """Both cells, empty where the line is of another kind or too short."""
    padded = [*cells, *[""] * (max(columns.values()) + 1 - len(cells))]
    if _KIND in columns and padded[columns[_KIND]].casefold() != kind:
        return "", ""
    return unescaped(padded[columns["name"]]), padded[columns["id"]]
