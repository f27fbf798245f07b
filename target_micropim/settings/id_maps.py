"""Names and MicroPIM ids: an object, or a CSV as any spreadsheet saves it, also a filled in ``unmapped.csv``.

Brands and suppliers have no route in MicroPIM (docs/api/micropim.md#brand-ids), so a person gives their ids. What
cannot be read as an id stops the run with its file, line and value: skipped, products would lose their brand.
"""

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pim_wire.settings_json import TwiceNamed, read_json
from target_micropim.mapping.characters import decoded, folded
from target_micropim.report.sheet import lines_of, text_of_file, unescaped

_OUR_ID_HEADINGS = frozenset({"micropim id", "id micropim", "micropimid"})
_ID_HEADINGS = _OUR_ID_HEADINGS | {
    "id",
    "brand id",
    "supplier id",
    "identifiant",
    "identificador",
    "identifier",
    "kennung",
}
_NUMBERS = frozenset({"number", "nummer", "numero"})  # of what, is only clear where a name stands beside it alone
_BRAND_HEADINGS = frozenset(
    {
        "brand",
        "brand name",
        "merk",
        "merknaam",
        "marque",
        "nom de marque",
        "marke",
        "markenname",
        "marca",
    }
)
_SUPPLIER_HEADINGS = frozenset(
    {
        "supplier",
        "supplier name",
        "leverancier",
        "naam leverancier",
        "fournisseur",
        "lieferant",
        "proveedor",
    }
)
_NAME_HEADINGS = frozenset({"name", "naam", "nom", "nombre"}) | _BRAND_HEADINGS | _SUPPLIER_HEADINGS
_OF_KIND = {"brand": _BRAND_HEADINGS, "supplier": _SUPPLIER_HEADINGS}
_MOST_ID = 2**63 - 1
_KIND = "kind"
_TWO_COLUMNS = {"name": 0, "id": 1}


def read_id_map(value: Any, kind: str) -> Mapping[str, int]:
    """Name to id; ``kind`` is ``brand`` or ``supplier``. Raises ValueError, OSError."""
    if isinstance(value, str) and value.strip() and not value.strip().startswith("{"):
        return _with_one_id_each(_from_file(Path(value.strip()), kind))
    given = _object(value) if isinstance(value, str) and value.strip() else value
    if not isinstance(given, dict | None):
        raise ValueError("must be an object or the path of a CSV file")
    return _with_one_id_each({str(name): _id(number, f"{name!r}") for name, number in flat(given or {}).items()})


def _with_one_id_each(ids: dict[str, int]) -> dict[str, int]:
    """The same. Raises ValueError for names that are looked up as one (catalog/names.py) and have two ids."""
    first: dict[str, str] = {}
    for name, number in ids.items():
        other = first.setdefault(folded(decoded(name)), name)
        if ids[other] != number:
            raise ValueError(f"{other!r} and {name!r} are one name, and have two ids")
    return ids


def _object(text: str) -> Any:
    try:
        return read_json(text)
    except TwiceNamed:
        raise
    except ValueError as error:
        raise ValueError(f"is no JSON text: {error}") from None


def flat(given: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Meltano makes ``{"A": {"Vogel": 10}}`` of ``A.Vogel: 10``: the name is put together again."""
    flat_ones: dict[str, Any] = {}
    for name, value in given.items():
        flat_ones |= flat(value, f"{before}{name}.") if isinstance(value, dict) else {f"{before}{name}": value}
    return flat_ones


def _id(value: Any, where: str) -> int:
    """Raises ValueError for what is no id; ``12.0`` and ``12,00`` are what a spreadsheet makes of 12."""
    text = "" if isinstance(value, bool) else re.sub(r"[.,]0{1,2}$", "", str(value).strip())
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= _MOST_ID):
        raise ValueError(f"{where} has {value!r}, which is no MicroPIM id (a number from 1)")
    return int(text)


def _from_file(file: Path, kind: str) -> dict[str, int]:
    lines = list(lines_of(text_of_file(file)))
    columns = _columns(lines[0][1], file, kind) if lines else None
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


def _columns(cells: list[str], file: Path, kind: str) -> dict[str, int] | None:
    """Where name, id and kind stand, by their headings; None when the first line is no such heading."""
    headings = [_heading(cell) for cell in cells]
    are_two = len(cells) == len(_TWO_COLUMNS) and not _NAME_HEADINGS.isdisjoint(headings)
    wanted = {"name": _NAME_HEADINGS, "id": _ID_HEADINGS | (_NUMBERS if are_two else set()), _KIND: {_KIND}}
    places = {what: [n for n, heading in enumerate(headings) if heading in names] for what, names in wanted.items()}
    if not places["id"] and not places[_KIND]:
        return None
    preferred = {"name": _OF_KIND[kind], "id": _OUR_ID_HEADINGS}
    for what in _TWO_COLUMNS:
        best = [place for place in places[what] if headings[place] in preferred[what]]
        places[what] = best if len(best) == 1 else places[what]
        if len(places[what]) != 1:
            count = "several columns" if places[what] else "no column"
            raise ValueError(
                f"{file}, line 1 names {count} {what}: {', '.join(cells)}; one of each is needed: name, id"
            )
    return {what: found[0] for what, found in places.items() if found}


def _heading(cell: str) -> str:
    """A heading without accents, large letters and marks between its words."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", cell) if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W_]+", plain.casefold()))


def _name_and_id(cells: list[str], columns: Mapping[str, int], kind: str) -> tuple[str, str]:
    """Both cells, empty where the line is of another kind or too short."""
    padded = [*cells, *[""] * (max(columns.values()) + 1 - len(cells))]
    if _KIND in columns and padded[columns[_KIND]].casefold() != kind:
        return "", ""
    return unescaped(padded[columns["name"]]), padded[columns["id"]]
