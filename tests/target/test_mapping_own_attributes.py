"""Medipim's own attributes, links by window, group and language, and the kinds of values: a table over pure rules."""

from typing import Any

import pytest

from target_micropim.mapping.attribute_rows import ATTRIBUTES
from target_micropim.mapping.attributes import AttributeRules, attribute_values
from target_micropim.mapping.links import windows
from target_micropim.mapping.medipim import map_product
from target_micropim.mapping.overrides import ExtraField
from target_micropim.mapping.texts import languages
from tests.target.shop_rules import rules as shop_rules

NOW = 1_790_000_000
PUBLIC = frozenset({"public", "webshop"})
NAMES = {"color": {"nl": "Kleur", "fr": "Couleur"}, "weight": {"nl": "Zwaarte"}}
OPTIONS = {"9": {"type": "taste", "name": {"nl": "zoet"}}}


def rules(*codes: str, locales: tuple[str, ...] = ("nl", "fr")) -> AttributeRules:
    """Those of a shop in Belgium; without codes those of most shops."""
    return AttributeRules(locales, codes or ("default",), PUBLIC, lambda: NOW, NAMES, OPTIONS)


def found(record: dict[str, Any], *codes: str) -> dict[str, Any]:
    """Values by code."""
    return {one.code: one.value for one in attribute_values(record, rules(*codes))}


def option(kind: str | None, key: int = 1, **name: str | None) -> dict[str, Any]:
    """One of ``attributes[]``."""
    return {"id": key, "type": kind, "name": name}


def link(url: str, kind: str = "video", **fields: Any) -> dict[str, Any]:
    """One of ``links[]``, for everybody and always, unless told."""
    return {"id": url, "type": "link", "linkType": kind, "url": f"https://x/{url}", "name": None, **fields}


def window(begins: Any = None, ends: Any = None) -> dict[str, Any]:
    """When a link is available."""
    return {"available": {"from": begins, "until": ends}}


OWN = [
    ("all options of one type", [option("color", nl="blauw"), option("color", 2, nl="wit")], {"color": "blauw, wit"}),
    ("each once", [option("color", nl="wit"), option("color", 2, nl="wit")], {"color": "wit"}),
    ("in the next language", [option("color", nl=None, fr="bleu")], {"color": "bleu"}),
    ("several types", [option("color", nl="a"), option("taste", nl="b")], {"color": "a", "taste": "b"}),
    ("a code that the table has", [option("weight", nl="zwaar")], {"medipim_weight": "zwaar"}),
    ("named by the options' stream", [{"id": 9}], {"taste": "zoet"}),
    ("v3 names no type", [{"id": 1, "name": {"nl": "suikervrij"}}], {"attributes": "suikervrij"}),
    ("without a name", [option("color", nl=None), {"id": 5, "type": "x"}, "no object", None], {}),
    ("no list", {"color": "blauw"}, {}),
    ("one alone", option("color", nl="wit"), {"color": "wit"}),
    (
        "a list with gaps",
        {"0": option("color", nl="wit"), "2": option("taste", nl="zoet")},
        {"color": "wit", "taste": "zoet"},
    ),
    (
        "a type as an object",
        [{"id": 1, "type": {"code": "color", "name": {"nl": "Kleur"}}, "name": "wit"}],
        {"color": "wit"},
    ),
    ("a type that is none", [{"id": 1, "type": ["color"], "name": "wit"}], {"attributes": "wit"}),
]


@pytest.mark.parametrize(("given", "values"), [row[1:] for row in OWN], ids=[row[0] for row in OWN])
def test_medipims_own_attributes(given: Any, values: dict[str, str]) -> None:
    """By the code of their type, joined, in the shop's language."""
    assert found({"attributes": given}) == values


def test_names_of_attributes() -> None:
    """From the stream in the shop's language; else made of the code; the table's in that language too."""
    record = {"attributes": [option("color", nl="wit"), option("galenic_shape", nl="zalf")], "weight": 3}
    names = {one.code: one.name for one in attribute_values(record, rules())}
    assert names == {"color": "Kleur", "galenic_shape": "Galenic shape", "weight": "Gewicht"}
    (colour,) = (one for one in attribute_values(record, rules()) if one.code == "color")
    assert set(colour.aliases) == {"Kleur", "Couleur"}


def test_which_are_taken() -> None:
    """By default, by name, beside the default, all."""
    record = {"cnk": "1", "hsCode": "010203", "attributes": [option("color", nl="wit")]}
    assert set(found(record)) == {"cnk", "color"}
    assert set(found(record, "hs_code")) == {"hs_code"}
    assert set(found(record, "default", "hs_code")) == {"cnk", "color", "hs_code"} == set(found(record, "all"))
    assert set(found(record, "color")) == {"color"}


LINKS = [
    ("over", [link("a", **window(1, NOW - 1))], {}),
    ("not yet", [link("a", **window(NOW + 1))], {}),
    ("in its window", [link("a", **window(NOW, NOW))], {"video": "https://x/a"}),
    ("as texts", [link("a", **window("1", str(NOW - 1)))], {}),
    ("no window", [link("a", available=None)], {"video": "https://x/a"}),
    ("for pharmacists", [link("a", targetGroups=["pharmacist"])], {}),
    ("for nobody named", [link("a", targetGroups=[])], {"video": "https://x/a"}),
    ("for webshops", [link("a", targetGroups=["doctor", "webshop"])], {"video": "https://x/a"}),
    ("the one of now", [link("a", **window(1, 2)), link("b", **window(1))], {"video": "https://x/b"}),
    ("the shop's language", [link("a", locales=["fr"]), link("b", locales=["nl"])], {"video": "https://x/b"}),
    ("another language", [link("a", locales=["de"]), link("b", locales=["fr"])], {"video": "https://x/b"}),
    (
        "language by type",
        [link("a", "brochure", locales=["fr"]), link("b", locales=["nl"])],
        {"brochure": "https://x/a", "video": "https://x/b"},
    ),
    ("each type", [link(kind, kind) for kind in ("website", "app")], {k: f"https://x/{k}" for k in ("website", "app")}),
    (
        "for one group, no list",
        [link("a", targetGroups="pharmacist"), link("b", targetGroups="public")],
        {"video": "https://x/b"},
    ),
    ("one language, no list", [link("a", locales="fr"), link("b", locales="nl")], {"video": "https://x/b"}),
    (
        "language of the address",
        [link("a") | {"url": {"fr": "F"}}, link("b") | {"url": {"nl": "N", "fr": None}}],
        {"video": "N"},
    ),
    ("v3", [{"id": 1, "type": "brochure", "url": "https://x/v3"}], {"brochure": "https://x/v3"}),
]


@pytest.mark.parametrize(("given", "values"), [row[1:] for row in LINKS], ids=[row[0] for row in LINKS])
def test_links_that_count(given: Any, values: dict[str, str]) -> None:
    """Window, group and language, as for pictures."""
    assert found({"links": given}) == values


LEAFLETS = [
    ("by the languages that they name", {"locales": ["fr"], "url": "f"}, {"locales": ["nl"], "url": "n"}, "n"),
    ("by the languages of their addresses", {"url": {"fr": "f"}}, {"url": {"nl": "n"}}, "n"),
    ("in the next language", {"url": {"fr": "f", "nl": ""}}, {"url": {"de": "d"}}, "f"),
]


@pytest.mark.parametrize(
    ("first", "second", "address"), [row[1:] for row in LEAFLETS], ids=[row[0] for row in LEAFLETS]
)
def test_leaflets_come_in_the_shops_language(first: Any, second: Any, address: str) -> None:
    """Also where each language has a leaflet of its own, and the shop's is not the first."""
    assert found({"leaflets": [{"type": "pil", **first}, {"type": "pil", **second}]}) == {"leaflet": address}


def test_a_link_in_a_language_that_no_setting_names_is_better_than_none() -> None:
    """As with texts."""
    (video,) = attribute_values({"links": [link("a", locales=["pt"])]}, rules(locales=languages("nl", None)))
    assert video.value == "https://x/a"


def test_a_record_is_another_one_when_a_window_opens_or_closes() -> None:
    """What is not of now is part of what tells whether a record has changed."""
    record = {"links": [link("a", **window(NOW + 10, NOW + 20)), link("b")]}
    assert [windows(record, lambda at=at: at) for at in (NOW, NOW + 15, NOW + 30)] == ["a", "", "a"]  # type: ignore[misc]
    assert windows({"links": None}, lambda: NOW) == ""


KINDS = [
    ({"officialDeletionAt": 1_340_000_000}, {"official_deletion": "2012-06-18"}),
    ({"officialDeletionAt": 1_340_229_600}, {"official_deletion": "2012-06-21"}),  # midnight in Brussels
    ({"officialDeletionAt": 1_340_200_800}, {"official_deletion": "2012-06-21"}),  # midnight in Sydney
    ({"officialDeletionAt": 1_340_251_200}, {"official_deletion": "2012-06-21"}),  # midnight in New York
    ({"officialDeletionAt": "soon"}, {}),
    ({"officialDeletionAt": "2026-01-31"}, {"official_deletion": "2026-01-31"}),
    ({"officialDeletionAt": "2026-01-31T23:00:00+01:00"}, {"official_deletion": "2026-01-31"}),
    ({"officialDeletionAt": "1340000000"}, {"official_deletion": "2012-06-18"}),
    ({"officialDeletionAt": 0}, {}),
    ({"officialDeletionAt": True}, {}),
    (
        {"prescription": "true", "biocide": 0, "writtenRequestByPatient": "perhaps"},
        {"prescription": True, "biocide": False},
    ),
    ({"brandEquivalent": ["A", "B"]}, {"brand_equivalent": "A, B"}),
    ({"replacement": {"id": "M2"}}, {"replacement": "M2"}),
    ({"brands": {"id": 1, "name": "A"}}, {"brands": "A"}),
    ({"organizations": {"3": {"type": "supplier", "name": "S"}}}, {"suppliers": "S"}),
    ({"officialDeletionAt": 10**30}, {}),
    ({"biocide": False, "requiresLegalText": True}, {"biocide": False, "requires_legal_text": True}),
    ({"refundValueWithOmnio": 123}, {"refund_with_omnio": "1.23 EUR"}),
    ({"manufacturerPrice": 900, "tfrPrice": -1}, {"manufacturer_price": "9.00"}),
    ({"replacement": "M2", "ecommerce": "yes"}, {"replacement": "M2", "ecommerce": "yes"}),
    ({"brands": [{"name": "A"}, {"name": {"nl": "B"}}]}, {"brands": "A, B"}),
    (
        {"organizations": [{"type": kind, "name": kind} for kind in ("supplier", "marketing", "other", "supplier")]},
        {"suppliers": "supplier", "marketed_by": "marketing", "other_organizations": "other"},
    ),
    (
        {"fineLineCategory": [{"id": "0100", "name": {"nl": "Een"}}, {"id": "0200", "name": {"nl": "Twee"}}]},
        {"fine_line_category": "Een, Twee"},
    ),
    ({"bcfiCategory": {"id": "1", "name": {"nl": "B"}}}, {"bcfi_category": "B"}),
    ({"gs1Category": {"code": "1", "title": "Creams"}}, {"gs1_category": "Creams"}),
]


@pytest.mark.parametrize(("record", "values"), KINDS)
def test_kinds_of_values(record: Any, values: dict[str, Any]) -> None:
    """Dates as dates, booleans as booleans, cents as amounts, several as one text."""
    assert found(record, "all") == values


def test_every_row_has_a_name_in_english_and_each_market_its_own() -> None:
    """And a code that no other row has."""
    assert all(row.names["en"] and row.markets for row in ATTRIBUTES)
    assert len({row.code for row in ATTRIBUTES}) == len(ATTRIBUTES)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"attributes": [{"type": "color", "name": {"fr": "bleu"}}]}, {"attributes.color": "fr"}),
        ({"attributes": [{"type": "color", "name": {"pt": "azul"}}]}, {"attributes.color": "another one"}),
        ({"attributes": [{"type": "color", "name": {"nl": "blauw", "fr": "bleu"}}]}, {}),
        ({"weight": 3, "cnk": "1", "prescription": True}, {}),
        ({"bcfiCategory": {"name": {"fr": "Gels"}}}, {"short_description": "fr", "extra_fields.kind": "fr"}),
        ({"bcfiCategory": {"name": {"nl": "Gels"}}}, {}),
        ({"bcfiCategory": {"name": "Gels"}}, {}),
    ],
)
def test_what_is_in_another_language_is_told(fields: Any, told: dict[str, str]) -> None:
    """Attributes, mapped texts inside other objects, and extra fields; a code or a number is in none."""
    settings = {
        "locales": languages("nl", None),
        "with_attributes": True,
        "field_map": {"short_description": "bcfiCategory.name"},
        "extra_fields": {"kind": ExtraField("bcfiCategory.name"), "code": ExtraField("cnk")},
    }
    record = {"id": "P", "name": {"nl": "N"}, **fields}
    assert map_product(record, shop_rules(**settings)).other_languages == told
