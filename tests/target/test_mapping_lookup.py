"""What a dotted path names in a record."""

from typing import Any

import pytest

from target_micropim.mapping.lookup import leaves

TEXT = {"type": "indication", "content": {"nl": "<p>N</p>", "fr": "F"}}


RECORD = {
    "seoName": {"nl": " N ", "fr": "F"},
    "plain": " text ",
    "blank": " ",
    "number": 5,
    "no": False,
    "list": ["a", None, ["b"], {"nl": "c"}],
    "bcfiCategory": {"name": {"fr": "F"}, "type": "t"},
    "descriptions": [TEXT, {"type": "usage", "content": {"nl": "U"}}],
    "aaa": [TEXT],
    "zzz": [TEXT],
    "leaflets": [{"type": "pil", "url": "u1"}, {"linkType": "spc", "url": " u2 "}, {"type": 5, "url": " "}],
    "organizations": [{"type": "supplier", "name": "S"}, {"type": "other", "name": "O"}],
    "weightWithUnit": {"value": "0.370", "unit": "kg"},
    "bare": {"value": 1500, "unit": " "},
    "wrong": {"value": "heavy", "unit": "kg", "name": "x"},
    "nothing": {"other": 1},
    "conservationLabel": {"und": "cold"},
    "region": {"value": "VIC"},
    "brands": [{"name": "Zon", "nameByLanguage": {"de": "Sonne", "fr": "Soleil"}}, {"name": "Sun"}],
    "title": "Zon",
    "titleByLanguage": {"de": "Sonne", "fr": "Soleil"},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("seoName", ["N"]),
        ("seoName.fr", ["F"]),
        ("plain", ["text"]),
        ("blank", []),
        ("number", [5]),
        ("no", [False]),
        ("list", ["a", "b", "c"]),
        ("absent", []),
        ("absent.deeper.still", []),
        ("plain.deeper", []),
        ("bcfiCategory.name", ["F"]),
        ("bcfiCategory.name.fr", ["F"]),
        ("descriptions.indication", ["<p>N</p>", "F"]),
        ("descriptions.indication.type", ["indication"]),
        ("descriptions", ["<p>N</p>", "U"]),
        ("aaa.indication", ["<p>N</p>"]),
        ("zzz.indication", ["<p>N</p>"]),
        ("leaflets.pil", ["u1"]),
        ("leaflets.spc", ["u2"]),
        ("leaflets.url", ["u1", "u2"]),
        ("leaflets.pil.type", ["pil"]),
        ("organizations.supplier", ["S"]),
        ("organizations.name", ["S", "O"]),
        ("weightWithUnit", ["0.37 kg"]),
        ("weightWithUnit.unit", ["kg"]),
        ("bare", ["1500"]),
        ("wrong", []),
        ("nothing", []),
        ("conservationLabel", ["cold"]),
        ("region", ["VIC"]),
        ("brands.name", ["Soleil", "Sun"]),
        ("brands", ["Soleil", "Sun"]),
        ("title", ["Soleil"]),
    ],
)
def test_a_path_names_every_filled_value(path: str, found: list[Any]) -> None:
    """Localized maps in one language, amounts with their unit, lists by type or by field."""
    assert list(leaves(RECORD, path, ("nl", "fr"))) == found
