# ruff: noqa: E501 - tables are read across
"""Plain texts and HTML are told apart by the field; what nobody sees is no text, and what no database takes goes."""

from typing import Any

import pytest

from target_micropim.mapping.characters import all_fit, decoded, fit, is_visible, one_line
from target_micropim.mapping.profiles import medipim_profile, native_profile
from target_micropim.mapping.texts import first_in, languages, plain, shortened, text_in
from tests.target.shop_rules import mapped, rules


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Head &amp; Shoulders caf&eacute;", "Head & Shoulders caf\u00e9"),
        ("CBD 10% <THC 0.2% drops", "CBD 10% <THC 0.2% drops"),
        ("Maat S<M<L", "Maat S<M<L"),
        ("&lt;b&gt; &#60; &#x3C; &quot;&#39;", "<b> < < \"'"),
        ("A&B; R&D, 1&copy2 &nope; & &#; &", "A&B; R&D, 1&copy2 &nope; & &#; &"),
        ("&amp;amp;", "&amp;"),  # once
        ("a&nbsp;&nbsp;b\u00a0\tc\r\nd", "a b c d"),
        ("Naam\x00 met\x07 tekens\x7f&#0;&#7;", "Naam met tekens\ufffd"),
        ("a\x0bb\x0cc\x85d\x1fe", "a b c d e"),
        ("\ud83d\ufdd0\ufffe\U0001ffff\U0010ffffx", "x"),
        ("\U0001f600", "\U0001f600"),
        ("e\u0301", "\u00e9"),
        ("\u200b\u200e\u2060\ufeff\u00ad\u3164\u2800\ufe0f \u00a0&#8203;", None),
        ("a\u200bb", "a\u200bb"),
        ("", None),
    ],
)
def test_plain_text(text: str, line: str | None) -> None:
    """Entities become characters; nothing else is read as HTML."""
    assert plain(text) == line


def test_whatever_is_sent_is_fit() -> None:
    """In texts, lists and maps."""
    assert all_fit({"a\x00": ["b\x07", ("c\ufffe", 5)], "d": None}) == {"a": ["b", ("c", 5)], "d": None}
    assert fit("line\n\ttab\r") == "line\n\ttab\r"
    assert one_line("\x00") is None
    assert not is_visible("\ufe0f")
    assert decoded("a") == "a"


@pytest.mark.parametrize(
    ("fields", "made"),
    [
        ({"name": {"en": "A &amp; B"}}, {"name": "A & B"}),
        ({"name": {"en": "\u200b", "fr": "F"}}, {"name": "F"}),
        ({"name": {"en": "\u200b", "fr": "F"}, "seoName": {"en": "S"}}, {"name": "S", "short_description": "S"}),
        ({"name": {"it": "Italiano"}}, {"name": "Italiano"}),
        ({"name": {"id": "M1", "pt": "P", "it": "I"}}, {"name": "I"}),
        ({"shortDescription": {"en": "pH <pH 5 & mild"}}, {"short_description": "pH <pH 5 & mild"}),
        ({"shortDescription": {"fr": "F"}, "seoName": {"en": "S"}}, {"short_description": "S"}),
    ],
)
def test_names_and_short_texts_are_plain(fields: Any, made: dict[str, str]) -> None:
    """The language asked for before the better source; any language before none."""
    product = mapped({"locales": languages("en", None)}, **fields)
    assert {name: product.fields[name] for name in made} == made


@pytest.mark.parametrize(
    ("html", "line"),
    [
        (
            "<p>B<sub>12</sub>, CO<sub>2</sub>, 10<sup>6</sup> KVE, <b>D</b>-vitamine</p>",
            "B12, CO2, 106 KVE, D-vitamine",
        ),
        ("<p>a</p><p>b</p>c<br>d<ul><li>e</li><li>f</li></ul>", "a b c d e f"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
        ("<section>a</section>b &lt; c", "a b < c"),
        ("Nu <strike>19,99</strike> 14,99 <del>weg</del>", "Nu 14,99"),  # without its stroke it would be a price
    ],
)
def test_a_short_text_out_of_html(html: str, line: str) -> None:
    """Tags inside a line leave no gap, blocks leave one."""
    texts = [{"type": "indication", "content": {"en": html}}]
    assert mapped(descriptions=texts).fields["short_description"] == line


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("Een twee drie.", 14, "Een twee drie."),
        ("Een twee. Drie vier vijf.", 14, "Een twee."),
        ("Nee. Een twee drie vier vijf", 20, "Nee. Een twee drie\u2026"),
        ("Een, twee", 6, "Een\u2026"),
        ("Onafgebroken", 6, "Onafg\u2026"),
    ],
)
def test_a_long_text_makes_a_short_one(text: str, most: int, short: str) -> None:
    """Whole sentences, or whole words."""
    assert shortened(text, most) == short
    assert len(short) <= most


def test_only_longer_texts_are_shortened() -> None:
    """A short text that Medipim has as one goes as it is."""
    long = "Woord " * 200
    texts = [{"type": "indication", "content": {"en": long}}]
    assert len(mapped(descriptions=texts).fields["short_description"]) <= 500
    assert mapped(descriptions=texts).fields["description"] == long.strip()
    whole = mapped(seoName={"en": long})
    assert len(whole.fields["short_description"]) == len(long.strip())
    assert "more than max_short_description_length (500)" in whole.warnings[0]
    chosen = mapped({"field_map": {"short_description": "descriptions.indication"}}, descriptions=texts)
    assert len(chosen.fields["short_description"]) > 500
    assert "more than max_short_description_length (500)" in chosen.warnings[0]


@pytest.mark.parametrize(
    ("path", "fields", "made"),
    [
        ({"description": "seoName"}, {"seoName": {"en": "<THC & <b>b</b>"}}, "&lt;THC &amp; &lt;b&gt;b&lt;/b&gt;"),
        ({"description": "descriptions.faq"}, {"descriptions": [{"type": "faq", "content": {"en": "<p>Q</p>"}}]}, "<p>Q</p>"),
        ({"description": "myHtml"}, {"myHtml": "<p>a &lt; b</p><script>x</script>"}, "<p>a &lt; b</p>"),
        ({"name": "descriptions.faq"}, {"descriptions": [{"type": "faq", "content": {"en": "<p>A<b>B</b></p>"}}]}, "AB"),
        ({"name": "brands"}, {"brands": [{"name": "A &amp;amp; B"}]}, "A &amp; B"),
        ({"short_description": "packagingUnit"}, {"packagingUnit": "5 <ml"}, "5 <ml"),
        ({"short_description": "myHtml"}, {"myHtml": {"en": "<p>a</p>b"}}, "a b"),
    ],
)  # fmt: skip
def test_a_mapped_field_is_read_as_what_it_is(path: Any, fields: Any, made: str) -> None:
    """Plain text is written as HTML into a field that holds HTML, and HTML as text into one that holds text."""
    (name,) = path
    assert mapped({"field_map": path}, **fields).fields[name] == made


def test_brands_and_categories_are_plain_too() -> None:
    """As names are."""
    product = mapped(
        brands=[{"name": "A &amp; B\x00"}], organizations=[{"type": "supplier", "name": {"fr": "C&eacute;\x07"}}]
    )
    assert (product.brand, product.supplier) == ("A & B", "C\u00e9")
    categories = medipim_profile(rules(), writes_categories=True, acknowledged=frozenset())
    assert categories.category({"id": 1, "name": {"en": "Zorg &amp; <Co\x00"}}).name == "Zorg & <Co"


def test_native_records_are_made_fit() -> None:
    """Nothing else is changed in them."""
    record = {"sku": "1", "name": "A &amp; B\x00", "description": "x\x07 > y", "attributes": {"a": "b\x00"}}
    profile = native_profile(rules(with_attributes=True), writes_categories=True)
    product = profile.product(record)
    assert (product.fields["name"], product.fields["description"]) == ("A &amp; B", "x > y")
    assert product.attributes[0].value == "b"
    assert profile.category({"id": 1, "name": "C\x00"}).name == "C"


def test_any_language_is_one() -> None:
    """What only looks like a map of languages is none."""
    anything = languages("nl", None)
    assert text_in({"id": "x", "code": "y", "nl_BE": "z"}, anything) == "z"
    assert text_in({"id": "x", "code": "y"}, anything) is None
    assert text_in({"it": "x"}, languages("nl", ["fr"])) is None
    assert first_in([None, {"nl": 5}, "Plain"], anything) is not None
