"""``brand_map`` and ``supplier_map``: every form in which a person gives ids, and a word for what is no id."""

from pathlib import Path
from typing import Any

import pytest

from target_micropim.report.unmapped import Unmapped
from target_micropim.settings.id_maps import read_id_map

WANTED = {"Brand 3 Ünïcode": 13, "Vichy": 14}
FILES = {
    "commas": "name,id\nBrand 3 Ünïcode,13\nVichy,14\n",
    "semicolons": "Brand;Id\nBrand 3 Ünïcode;13\nVichy;14\n",
    "tabs": "Merk\tID\nBrand 3 Ünïcode\t13\nVichy\t14\n",
    "byte order mark": "\ufeffname;id\r\nBrand 3 Ünïcode;13\r\nVichy;14\r\n",
    "id first": "id,name\n13,Brand 3 Ünïcode\n14,Vichy\n",
    "a first line for Excel": "sep=;\r\nname;id\r\nBrand 3 Ünïcode;13\r\nVichy;14\r\n",
    "no heading": "Brand 3 Ünïcode;13\nVichy;14\n",
    "a heading of its own": "Onze merken;Nummer\nBrand 3 Ünïcode;13\nVichy;14\n",
    "quotes, blanks and empty lines": '"name" ; "id"\n\n"Brand 3 Ünïcode" ; "13"\n Vichy ; 14 \n;;\n',
    "a sheet's numbers": "name;id\nBrand 3 Ünïcode;13.0\nVichy;14,0\n",
    "two decimals": "name;id\nBrand 3 Ünïcode;13,00\nVichy;14.00\n",
    "Spanish, id first": "Identificador;Marca\n13;Brand 3 Ünïcode\n14;Vichy\n",
    "a number first": "Nummer;Merk\n13;Brand 3 Ünïcode\n14;Vichy\n",
    "marks between words": "Brand_Name;MicroPIM-ID\nBrand 3 Ünïcode;13\nVichy;14\n",
    "ids of two programs": "id;brand;micropim_id\n901;Brand 3 Ünïcode;13\n902;Vichy;14\n",
    "suppliers beside": "supplier;brand;id\nA;Brand 3 Ünïcode;13\nB;Vichy;14\n",
    "unmapped.csv": "kind,name,products,examples,id\n"
    'brand,Brand 3 Ünïcode,24,"A, B",13\nsupplier,Vichy,3,C,99\nbrand,Vichy,3,C,14\nbrand,Other,3,C,\n',
    "unmapped.csv, another order": "id;products;name;kind\n13;2;Brand 3 Ünïcode;brand\n14;2;Vichy;brand\n",
}
REFUSED = {
    "swapped": ("13;Brand 3\n14;Vichy\n", "line 1"),
    "swapped under a heading": ("name;id\nVichy;14\n13;Brand 3\n", "line 3"),
    "no number": ("name;id\nVichy;14\nNuxe;ten\n", "'ten'"),
    "a fraction": ("name;id\nNuxe;1.5\n", "'1.5'"),
    "zero": ("name;id\nNuxe;0\n", "line 2"),
    "beyond a number": ("name;id\nNuxe;99999999999999999999\n", "line 2"),
    "thousands": ("name;id\nNuxe;1.000\n", "'1.000'"),
    "an exponent": ("name;id\nNuxe;1e3\n", "'1e3'"),
    "a sign": ("name;id\nNuxe;+4\n", "line 2"),
    "two columns of ids": ("id;name;brand id\n1;Nuxe;2\n", "several columns id"),
    "a number of something": ("Merk;Nummer;Aantal\nNuxe;14;3\n", "heading"),
    "two names": ("name;naam;id\nNuxe;Nuxe Paris;2\n", "several columns name"),
    "negative": ("name;id\nNuxe;-4\n", "line 2"),
    "no name": ("name;id\n;14\n", "line 2"),
    "two ids": ("name;id\nNuxe;14\nNuxe;15\n", "line 3"),
    "two ids of one name in other letters": ("name;id\nNuxe;14\nNUXE ;15\n", "'Nuxe' and 'NUXE' are one name"),
    "no line": ("name;id\n", "no line"),
    "empty": ("", "no line"),
    "only another kind": ("kind,name,id\nsupplier,Nuxe,3\n", "no line"),
    "unmapped.csv without ids": ("kind,name,products,examples\nbrand,Nuxe,12,A\n", "column id"),
    "unmapped.csv without a heading": ("brand,Nuxe,12,A\n", "heading"),
    "unmapped.csv with a column deleted": ("name,products,examples\nNuxe,12,A\n", "heading"),
    "one column": ("Nuxe\nVichy\n", "no id"),
}


@pytest.mark.parametrize("form", FILES)
def test_a_file(form: str, tmp_path: Path) -> None:
    """As any spreadsheet saves it."""
    file = tmp_path / "brands.csv"
    file.write_text(FILES[form], encoding="utf-8", newline="")
    assert read_id_map(str(file), "brand") == WANTED


@pytest.mark.parametrize("form", REFUSED)
def test_a_file_that_is_refused(form: str, tmp_path: Path) -> None:
    """With its line and its value."""
    text, word = REFUSED[form]
    file = tmp_path / "brands.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=word):
        read_id_map(str(file), "brand")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("heading", ["Leverancier", "Fournisseur", "Lieferant", "Proveedor", "Supplier name"])
def test_suppliers_in_each_language(heading: str, encoding: str, tmp_path: Path) -> None:
    """As a spreadsheet's Unicode text, too."""
    file = tmp_path / "suppliers.csv"
    file.write_bytes(f"ID\t{heading}\r\n14\tVichy\r\n".encode(encoding))
    assert read_id_map(str(file), "supplier") == {"Vichy": 14}


def test_other_bytes(tmp_path: Path) -> None:
    """What an old spreadsheet saves."""
    file = tmp_path / "brands.csv"
    file.write_bytes("name;id\nN\u00fcxe;14\n".encode("cp1252"))
    with pytest.raises(ValueError, match="CSV UTF-8"):
        read_id_map(str(file), "brand")


@pytest.mark.parametrize(
    "given",
    [
        {"A.Vogel": 10, "Dr. Hauschka": "11", "St.Ives": 13},
        '{"A.Vogel": 10, "Dr. Hauschka": 11, "St.Ives": 13}',
        {"A": {"Vogel": 10}, "Dr": {" Hauschka": 11}, "St": {"Ives": 13}},
    ],
)
def test_names_with_dots(given: Any) -> None:
    """Also taken apart at their dots, as Meltano does with an object."""
    assert read_id_map(given, "brand") == {"A.Vogel": 10, "Dr. Hauschka": 11, "St.Ives": 13}


def test_a_text_that_is_no_json() -> None:
    """It is said so."""
    with pytest.raises(ValueError, match="no JSON text"):
        read_id_map('{"Nuxe": 10', "brand")


@pytest.mark.parametrize("given", [{"Nuxe": "ten"}, {"Nuxe": True}, {"Nuxe": None}, {"Nuxe": 0}, '{"Nuxe": [1]}'])
def test_an_object_that_is_refused(given: Any) -> None:
    """It names the brand."""
    with pytest.raises(ValueError, match="Nuxe"):
        read_id_map(given, "brand")


def test_the_list_of_a_run_comes_back(tmp_path: Path) -> None:
    """A person adds a column; a name that a spreadsheet would take for a formula is itself again."""
    unmapped = Unmapped()
    for name in ("=Nuxe", "Vichy", "-417"):
        unmapped.add("brand", name, "A-1")
    unmapped.write(tmp_path / "unmapped.csv")
    heading, *lines = (tmp_path / "unmapped.csv").read_text(encoding="utf-8").splitlines()
    filled = [f"{heading},id", *(f"{line},{number}" for number, line in enumerate(lines, 10))]
    (tmp_path / "brands.csv").write_text("\n".join(filled), encoding="utf-8")
    assert set(read_id_map(str(tmp_path / "brands.csv"), "brand")) == {"=Nuxe", "Vichy", "-417"}
