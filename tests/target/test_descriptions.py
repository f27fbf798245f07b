# ruff: noqa: E501 - tables are read across
"""The description is composed of the types of text that there are, in one language; the legal text is its end."""

from typing import Any

import pytest

from sandbox import MedipimOptions
from sandbox.medipim.catalogue import Catalogue
from sandbox.medipim.words import LEGAL as LEGAL_WORDS
from target_micropim.mapping.description_parts import DescriptionParts, checked_parts
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.mapping.headings import KINDS, TEXT_TYPES
from target_micropim.mapping.html import clean_html
from target_micropim.mapping.medipim import map_product
from target_micropim.mapping.texts import TARGET_GROUPS, TextLimits, languages
from tests.target.shop_rules import rules

LEGAL = "<h3>Wettelijke vermelding</h3><p>L</p>"


def text(kind: str, groups: tuple[str, ...] = ("public",), **content: Any) -> dict[str, Any]:
    """One of the texts of a record."""
    return {"type": kind, "targetGroups": list(groups), "content": content}


def mapped(*texts: dict[str, Any], setting: Any = None, locale: str = "nl", **more: Any) -> DesiredProduct:
    """A record with these texts, mapped for a shop in Dutch; ``more`` are settings, or fields of the record."""
    settings = {"limits", "text_target_groups", "locales", "field_map"}
    fields = {name: more.pop(name) for name in list(more) if name not in settings}
    changes = {"locales": languages(locale, None), "description_parts": checked_parts(setting), **more}
    record = {"id": "P", "name": {locale: "N"}, "descriptions": list(texts), **fields}
    return map_product(record, rules(**changes))


def description(*texts: dict[str, Any], **more: Any) -> Any:
    """The description alone."""
    return mapped(*texts, **more).fields.get("description")


INDICATION, USAGE = text("indication", nl="<p>I</p>"), text("usage", nl="<p>U</p>")
FULL, LAW = text("full_description", nl="<p>F</p>"), text("legal_text", nl="<p>L</p>")


@pytest.mark.parametrize(
    ("texts", "composed"),
    [
        ([], None),
        ([FULL], "<p>F</p>"),
        ([USAGE, FULL, INDICATION], "<p>F</p>"),
        ([USAGE], "<p>U</p>"),
        ([USAGE, INDICATION], "<h3>Indicatie</h3><p>I</p><h3>Gebruik</h3><p>U</p>"),
        ([LAW], "<p>L</p>"),
        ([LAW, FULL], f"<p>F</p>{LEGAL}"),
        ([LAW, USAGE], f"<h3>Gebruik</h3><p>U</p>{LEGAL}"),
        ([LAW, USAGE, INDICATION], f"<h3>Indicatie</h3><p>I</p><h3>Gebruik</h3><p>U</p>{LEGAL}"),
        ([text("full_description", nl="<p>F. <b>L</b></p>"), LAW], "<p>F. <b>L</b></p>"),  # it has its legal text
        ([text("usage", nl="<h2>Gebruik</h2><p>U</p>"), text("warnings", nl="<p><b>Waarschuwingen:</b></p><p>W</p>")], "<h3>Gebruik</h3><p>U</p><p><b>Waarschuwingen:</b></p><p>W</p>"),  # each has its heading
        ([text("usage", nl="<p>Gebruik</p>dit"), text("warnings", nl="<b>Waarschuwingen</b> zijn er")], "<h3>Gebruik</h3><div><p>Gebruik</p>dit</div><h3>Waarschuwingen</h3><p><b>Waarschuwingen</b> zijn er</p>"),
        ([text("full_description", nl="<p>Full, low</p>"), LAW], f"<p>Full, low</p>{LEGAL}"),  # a part of a word is no legal text
        ([{**LAW, "targetGroups": "public"}, {**USAGE, "targetGroups": "pharmacist"}], "<p>L</p>"),  # one group, no list
        ([text("full_description", nl="<p>\u200b</p>"), USAGE], "<p>U</p>"),  # nobody sees anything of it
        ([text("full_description", nl="<script>x</script>", fr="<p>F</p>"), USAGE], "<p>U</p>"),
        ([text("full_description", fr="<p>F</p>"), USAGE], "<p>U</p>"),  # the language before the type
        ([text("usage", fr="<p>F</p>"), text("indication", fr="I")], "<h3>Indication</h3><p>I</p><h3>Utilisation</h3><p>F</p>"),
        ([INDICATION, text("usage", fr="<p>F</p>")], "<p>I</p>"),  # all of one language
        ([INDICATION, text("properties", nl="<div>I</div>")], "<p>I</p>"),  # each text once
        ([text("indication", nl="I"), text("usage", nl="<p>U</p>V")], "<h3>Indicatie</h3><p>I</p><h3>Gebruik</h3><div><p>U</p>V</div>"),
        ([text("full_description", nl="<h1>T</h1><h3>O</h3>")], "<h1>T</h1><h3>O</h3>"),  # alone: as it is
        ([INDICATION, text("usage", nl="<h3>O</h3><h6>X</h6>&lt;h3 a")], "<h3>Indicatie</h3><p>I</p><h3>Gebruik</h3><div><h4>O</h4><h6>X</h6>&lt;h3 a</div>"),
        ([INDICATION, text("usage", nl="<h1>T</h1><h2>O</h2>")], "<h3>Indicatie</h3><p>I</p><h3>Gebruik</h3><h4>T</h4><h5>O</h5>"),
        ([INDICATION, text("usage", nl="<h2>Gebruik</h2><p>U</p><h3>O</h3>")], "<h3>Indicatie</h3><p>I</p><h3>Gebruik</h3><p>U</p><h4>O</h4>"),
        ([INDICATION, text("usage", nl="<h5>O</h5>")], "<h3>Indicatie</h3><p>I</p><h3>Gebruik</h3><h5>O</h5>"),  # low enough
        ([LAW, text("legal_text", nl="<p>M</p>"), USAGE], f"<h3>Gebruik</h3><p>U</p>{LEGAL}<h3>Wettelijke vermelding</h3><p>M</p>"),
        ([text("keywords", nl="a, b"), USAGE], "<p>U</p>"),
        ([text("novel", nl="<p>X</p>")], None),
        ([text("usage", nl=False, fr=None, de="<p>D</p>")], "<p>D</p>"),
        ([text("usage", it="<p>Italiano</p>")], "<p>Italiano</p>"),  # any language, rather than none
        ([{"type": "usage", "content": "<p>In no language</p>"}], "<p>In no language</p>"),
    ],
)  # fmt: skip
def test_what_a_description_is_made_of(texts: list[dict[str, Any]], composed: str | None) -> None:
    """In a fixed order, under headings where there are several."""
    assert description(*texts) == composed


def test_every_documented_type_but_keywords_is_shown_in_every_language() -> None:
    """Headings in the language of the text, English where there are none; in the order of the page."""
    for locale in ("nl", "fr", "de", "es", "en", "it"):
        texts = [text(kind, **{locale: f"<p>{kind}</p>"}) for kind in reversed(KINDS) if kind != "full_description"]
        composed = str(description(*texts, locale=locale))
        shown = [kind for kind in KINDS if f"<p>{kind}</p>" in composed]
        assert shown == [kind for kind in KINDS if kind not in {"full_description", "keywords"}]
        assert sorted(shown, key=composed.index) == shown
        for row in TEXT_TYPES:
            if row.kind in shown:
                assert f"<h3>{row.headings.get(locale, row.headings['en'])}</h3><p>{row.kind}</p>" in composed


@pytest.mark.parametrize(
    ("texts", "setting", "composed"),
    [
        ([USAGE, INDICATION], ["usage", "indication"], "<h3>Gebruik</h3><p>U</p><h3>Indicatie</h3><p>I</p>"),
        ([USAGE, INDICATION, FULL], ["usage"], "<p>U</p>"),
        ([USAGE, INDICATION], {"headings": False}, "<p>I</p><p>U</p>"),
        ([text("usage", nl="U"), text("indication", nl="I")], {"headings": False}, "<p>I</p><p>U</p>"),
        ([USAGE, INDICATION], ["indication", {"type": "usage", "heading": {"nl": "Zo & zo"}}], "<h3>Indicatie</h3><p>I</p><h3>Zo &amp; zo</h3><p>U</p>"),
        ([USAGE, INDICATION], ["indication", {"type": "usage", "heading": {"fr": "F"}}], "<h3>Indicatie</h3><p>I</p><h3>Gebruik</h3><p>U</p>"),
        ([USAGE, INDICATION], ["indication", {"type": "usage", "heading": False}], "<h3>Indicatie</h3><p>I</p><p>U</p>"),
        ([USAGE, INDICATION], ["indication", {"type": "usage", "heading": "Uso"}], "<h3>Indicatie</h3><p>I</p><h3>Uso</h3><p>U</p>"),
        ([FULL, USAGE], [{"type": "full_description", "heading": "Over"}, "usage"], "<p>F</p>"),
        ([text("keywords", nl="<p>K</p>")], ["keywords"], "<p>K</p>"),
        ([LAW, USAGE], ["legal_text", "usage"], f"<h3>Gebruik</h3><p>U</p>{LEGAL}"),  # always the last
        ([LAW, USAGE], ["usage"], "<p>U</p>"),
    ],
)  # fmt: skip
def test_the_setting_chooses_types_order_and_headings(texts: Any, setting: Any, composed: str) -> None:
    """Own headings for one language, or for all; none for one type, or for all."""
    assert description(*texts, setting=setting) == composed


OTHER = text("legal_text", fr="<p>M</p>", en="<p>E</p>")


@pytest.mark.parametrize(
    ("texts", "setting", "composed", "told"),
    [
        ([USAGE, LAW], None, f"<h3>Gebruik</h3><p>U</p>{LEGAL}", []),
        ([USAGE, LAW], ["usage"], f"<h3>Gebruik</h3><p>U</p>{LEGAL}", []),  # no setting leaves it out
        ([USAGE, OTHER], None, "<h3>Gebruik</h3><p>U</p><h3>Mention légale</h3><p>M</p>", ["missing in nl: it came over in fr"]),
        ([text("usage", en="<p>U</p>"), OTHER], None, "<h3>Directions for use</h3><p>U</p><h3>Legal notice</h3><p>E</p>", ["it came over in en"]),
        ([OTHER], None, "<p>M</p>", ["missing in nl: it came over in fr"]),
        ([USAGE], None, "<p>U</p>", ["requires a legal text, and Medipim has none"]),
        ([], None, None, ["requires a legal text, and Medipim has none"]),
        ([USAGE, text("legal_text", ("doctor",), nl="<p>L</p>")], None, "<p>U</p>", ["for other target groups only"]),
    ],
)  # fmt: skip
def test_a_legal_text_that_is_required(texts: Any, setting: Any, composed: str | None, told: list[str]) -> None:
    """Never left out; where it is missing, in the next language or altogether, a person is told."""
    product = mapped(*texts, setting=setting, requiresLegalText=True)
    assert product.fields.get("description") == composed
    assert len(product.for_a_person) == len(told)
    assert all(words in row for words, row in zip(told, product.for_a_person, strict=True))
    assert mapped(*texts, requiresLegalText=True, status="inactive").for_a_person == ()
    assert mapped(*texts, requiresLegalText=False).for_a_person == ()


def test_a_required_legal_text_comes_in_any_language() -> None:
    """Also where no other language may be taken; one that is not required does not."""
    product = mapped(USAGE, OTHER, locales=("nl",), requiresLegalText=True)
    assert "<p>E</p>" in product.fields["description"]
    assert product.other_languages == {"description (legal text)": "en"}
    assert mapped(USAGE, OTHER, locales=("nl",)).fields["description"] == "<p>U</p>"


@pytest.mark.parametrize(
    ("groups", "composed"),
    [
        (frozenset({"public", "webshop"}), "<h3>Gebruik</h3><p>W</p><h3>Waarschuwingen</h3><p>A</p>"),
        (frozenset({"pharmacist"}), "<h3>Indicatie</h3><p>P</p><h3>Waarschuwingen</h3><p>A</p>"),
        (frozenset(), "<h3>Indicatie</h3><p>P</p><h3>Gebruik</h3><p>W</p><h3>Waarschuwingen</h3><p>A</p>"),
    ],
)
def test_texts_are_for_the_groups_of_the_setting(groups: frozenset[str], composed: str) -> None:
    """A text that names no group is for all of them; the short text follows the same setting."""
    texts = (
        text("indication", ("pharmacist", "doctor"), nl="<p>P</p>"),
        text("usage", ("webshop",), nl="<p>W</p>"),
        text("warnings", (), nl="<p>A</p>"),
    )
    product = mapped(*texts, text_target_groups=groups)
    assert product.fields["description"] == composed
    assert product.fields.get("short_description") == ("P" if "P" in composed else None)
    assert groups <= set(TARGET_GROUPS)


@pytest.mark.parametrize(
    ("most", "on_too_long", "kept", "warned"),
    [
        (200, "reject", "IUL", ""),
        (100, "reject", "IL", "usage left out"),
        (100, "cut", "IL", "usage left out"),
        (70, "cut", "IL", "indication cut"),
        (40, "cut", "L", "indication cut"),
    ],
)
def test_a_composed_text_loses_its_last_parts_first(most: int, on_too_long: str, kept: str, warned: str) -> None:
    """What fitted before goes on to fit; the legal text stays."""
    parts = [text("indication", nl="<p>IIIIIIIIII</p>"), text("usage", nl=f"<p>{'U' * 40}</p>"), LAW]
    product = mapped(*parts, limits=TextLimits(text=most, on_too_long=on_too_long), requiresLegalText=True)
    composed = str(product.fields["description"])
    assert len(composed) <= most
    assert [letter for letter in "IUL" if f"<p>{letter}" in composed] == list(kept)
    assert any(warned in warning for warning in product.warnings) == bool(warned)


def test_a_legal_text_that_goes_with_a_part_is_added_again() -> None:
    """It stood in the part that is left out, or in the end that is cut off."""
    parts = [text("indication", nl=f"<p>{'I ' * 40}</p>"), text("usage", nl=f"<p>{'U ' * 40} L</p>"), LAW]
    product = mapped(*parts, limits=TextLimits(text=160), requiresLegalText=True)
    assert str(product.fields["description"]).endswith(LEGAL)
    full = text("full_description", nl=f"<p>{'F ' * 90} L</p>")
    product = mapped(full, LAW, limits=TextLimits(text=160, on_too_long="cut"), requiresLegalText=True)
    assert str(product.fields["description"]).endswith(LEGAL)


def test_other_languages_are_told_by_field() -> None:
    """Not of the language that was asked for, nor of a name in no language."""
    product = mapped(text("indication", fr="<p>I</p>"), text("legal_text", en="<p>L</p>"), name={"nl": "", "fr": "F"})
    told = {"name": "fr", "short_description": "fr", "description": "fr", "description (legal text)": "en"}
    assert product.other_languages == told
    assert mapped(FULL, LAW, seoName={"nl": "S"}).other_languages == {}
    assert mapped(name="Plain").other_languages == {}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (["usage", "usagee"], "usagee is no type of description; is usage meant"),
        (["novel"], "there are full_description, indication"),
        (["usage", {"type": "usage"}], "usage stands there twice"),
        ([{"type": "usage", "title": "x"}], "usage: title is unknown"),
        ([{"type": "usage", "heading": 5}], "usage: heading must be a text"),
        ([{"type": "usage", "heading": {"nl": None}}], "usage: heading must be a text"),
        ([5, None], "5 is no type of description"),
        ({"part": ["usage"]}, "part is no part of it"),
        ({"headings": "no"}, "headings must be true or false"),
        ({"parts": "usage"}, "must be a list of types"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(value: Any, problem: str) -> None:
    """At start, with what is meant."""
    with pytest.raises(ValueError, match=problem):
        checked_parts(value)


@pytest.mark.parametrize(
    ("path", "has", "right"),
    [
        ("descriptions.usage", True, f"<div><h3>Gebruik</h3>x</div>{LEGAL}"),
        ("descriptions.usage", False, "<h3>Gebruik</h3>x"),
        ("seoName", True, f"<p>A &lt; B</p>{LEGAL}"),
        ("descriptions.legal_text", True, "<p>L</p>"),
        ("descriptions.faq", True, "<p>L</p>"),
        ("descriptions.faq", False, None),
        (None, True, None),
    ],
)
def test_a_description_by_field_map_ends_in_a_legal_text_that_is_required(path: Any, has: bool, right: Any) -> None:
    """All else is the operator's own; where the field is left out, a person is told."""
    usage, own = text("usage", nl="<h3>Gebruik</h3>x"), {"field_map": {"description": path}}
    product = mapped(usage, LAW, **own, requiresLegalText=has, seoName={"nl": "A < B"})
    assert product.fields.get("description") == right
    assert bool(product.for_a_person) is (path is None)


def test_a_legal_text_of_another_language_ends_a_mapped_description() -> None:
    """As of a composed one: it comes, and is told; where there is none, that is told."""
    own = {"field_map": {"description": "descriptions.usage"}, "requiresLegalText": True}
    product = mapped(USAGE, text("legal_text", fr="<p>LF</p>"), **own)
    assert product.fields["description"].endswith("<h3>Mention légale</h3><p>LF</p>")
    assert product.other_languages == {"description (legal text)": "fr"}
    assert "requires a legal text, and Medipim has none" in mapped(USAGE, **own).for_a_person[0]


def test_a_type_of_text_that_nobody_knows_is_told() -> None:
    """New ones come without notice; the others come over all the same."""
    product = mapped(USAGE, text("tips", nl="<p>T</p>"))
    assert product.fields["description"] == "<p>U</p>"
    assert product.warnings == ("description: texts of type tips are left out: nobody knows what they are",)
    assert mapped(*(text(kind, nl="x") for kind in KINDS)).warnings == ()


def test_an_empty_setting_is_the_default() -> None:
    """Leaving the description out altogether is field_map's."""
    assert checked_parts(None) == checked_parts([]) == checked_parts({}) == DescriptionParts()


@pytest.mark.parametrize(("market", "locale"), [("be", "nl"), ("fr", "fr"), ("us", "en")])
def test_what_the_sandbox_has_is_shown(market: Any, locale: str) -> None:
    """Every text of a catalogue is clean for good, and no product is without a legal text that it could have."""
    shown = 0
    for record in Catalogue(MedipimOptions(products=40, market=market)).products.values():
        product = map_product(record, rules(locales=languages(locale, None)))
        html = product.fields.get("description", "")
        assert clean_html(html) == html
        consumer = [one for one in record["descriptions"] if one["targetGroups"] != ["pharmacist"]]
        has_legal = any(one["type"] == "legal_text" for one in consumer)
        shown += any(words in html for words in LEGAL_WORDS.values())
        assert any(words in html for words in LEGAL_WORDS.values()) == has_legal
        assert bool(html) == bool(consumer)
    assert shown > 5


TABLE = (
    '<table><thead><tr><th colspan="2">Productgegevens</th></tr></thead><tbody><tr><th>CNK</th><td>1</td></tr></tbody>'
    "</table>"
)


@pytest.mark.parametrize(
    ("texts", "composed"),
    [
        ([], TABLE),
        ([FULL], f"<p>F</p>{TABLE}"),
        ([FULL, LAW], f"<p>F</p>{TABLE}{LEGAL}"),
        ([LAW], f"{TABLE}<p>L</p>"),
        (
            [LAW, text("legal_text", nl="M")],
            f"{TABLE}<h3>Wettelijke vermelding</h3><p>L</p><h3>Wettelijke vermelding</h3><p>M</p>",
        ),
        ([text("full_description", nl="<p>F. <b>L</b></p>"), LAW], f"<p>F. <b>L</b></p>{TABLE}"),
        ([FULL, OTHER], f"<p>F</p>{TABLE}<h3>Mention légale</h3><p>M</p>"),
    ],
)
def test_a_table_of_attributes_stands_before_the_legal_text(texts: list[dict[str, Any]], composed: str) -> None:
    """Which is the end, always."""
    record = {"id": "P", "name": {"nl": "N"}, "descriptions": texts, "cnk": "1"}
    chosen = rules(locales=languages("nl", None), attributes_to_description=("cnk",))
    assert map_product(record, chosen).fields["description"] == composed
