"""Which products a shop gets: all, codes in the file, a CSV file, or a table of the store."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from micropim_fleet.mistakes import Mistake
from micropim_fleet.yaml_file import Document, Path_, owner_of

ALL = "all"
_SEPARATORS = ",;\t|"


@dataclass(frozen=True)
class Assortment:
    """Codes of products, or where they stand; ``match`` is the field of products that they are of."""

    codes: tuple[str, ...] | None = None
    csv: Path | None = None
    table: str | None = None
    column: str | None = None
    match: str = "id"

    @property
    def is_all(self) -> bool:
        """Whether the shop gets everything that the market has."""
        return self.codes is None and self.csv is None and self.table is None

    def listed(self) -> tuple[str, ...] | None:
        """The codes of a list or CSV file as they are now; None where the store has them. Raises WrongList."""
        if self.csv is not None:
            return codes_of(self.csv, self.column)
        return self.codes


class WrongList(Exception):
    """A CSV file is not there, or cannot be read as a list of codes."""


def assortment_of(file: Path, content: Any) -> Assortment:
    """The assortment as a checked fleet file tells it."""
    if content == ALL:
        return Assortment()
    if isinstance(content, list):
        return Assortment(codes=_codes(map(str, content)))
    match = content.get("match", "id")
    if "csv" in content:
        return Assortment(csv=file.resolve().parent / content["csv"], column=content.get("column"), match=match)
    if "table" in content:
        return Assortment(table=content["table"], column=content["column"], match=match)
    return Assortment(codes=_codes(map(str, content["codes"])), match=match)


def _codes(values: Iterable[str]) -> tuple[str, ...]:
    """Sorted, each once: the same list in another order is the same list."""
    return tuple(sorted({value.strip() for value in values} - {""}))


def codes_of(file: Path, column: str | None) -> tuple[str, ...]:
    """The codes of a column of a CSV file with headings. Raises WrongList."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise WrongList(f"{file.name} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise WrongList(f"{file.name} is not UTF-8") from None
    separator = max(_SEPARATORS, key=text.partition("\n")[0].count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)) or [[]]
    except csv.Error as error:
        raise WrongList(f"{file.name}: {error}") from None
    place = _place(file, rows[0], column)
    has_headings = column is not None or not any(cell.strip().isdigit() for cell in rows[0])
    codes = _codes(row[place] for row in rows[has_headings:] if len(row) > place)
    if not codes:
        raise WrongList(f"{file.name} has no code: an empty list would take every product out of the assortment")
    return codes


def _place(file: Path, headings: list[str], column: str | None) -> int:
    names = [name.strip().lower() for name in headings]
    if column is None:
        return 0
    if names.count(column.strip().lower()) != 1:
        raise WrongList(f"{file.name} has no single column {column}: it has {', '.join(headings) or 'no headings'}")
    return names.index(column.strip().lower())


def mistakes_of_lists(document: Document) -> Iterator[Mistake]:
    """CSV files that are not there, or not readable; a file that many shops share is read once."""
    content = document.content if isinstance(document.content, dict) else {}
    shops = content.get("shops")
    places: list[tuple[Path_, Any]] = [(("defaults",), content.get("defaults"))]
    places += [(("shops", name), shop) for name, shop in shops.items()] if isinstance(shops, dict) else []
    told: dict[tuple[str, str | None], str | None] = {}
    for path, shop in places:
        asked = shop.get("assortment") if isinstance(shop, Mapping) else None
        if isinstance(asked, Mapping) and isinstance(asked.get("csv"), str):
            key = (asked["csv"], asked.get("column"))
            if key not in told:
                told[key] = _wrong_in(document.file.resolve().parent / key[0], key[1])
            if (what := told[key]) is not None:
                place = (*path, "assortment", "csv")
                yield Mistake(document.line(place), owner_of(place), f"assortment: {what}")


def _wrong_in(file: Path, column: str | None) -> str | None:
    try:
        codes_of(file, column)
    except WrongList as wrong:
        return str(wrong)
    return None
