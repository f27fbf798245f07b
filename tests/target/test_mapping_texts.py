"""Texts of a record: their language, their form, their length."""

from typing import Any

import pytest

from target_micropim.errors import Reason
from target_micropim.mapping.html import clean_html
from target_micropim.mapping.texts import MOST_NAME, MOST_TEXT, TextLimits, languages, text_in, without_tags


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"en": "A", "nl": "B"}, "A"),
        ({"en": None, "nl": "B"}, "B"),
        ({"en": "  ", "fr": "C"}, "C"),
        ({"de": "D"}, None),
        ("  plain \n text ", "plain text"),
        ({"en": "e\u0301"}, "\u00e9"),
        ({"en": 5, "nl": "B"}, "B"),
        ({"und": "U"}, "U"),
        ({"und": None, "nl": "B"}, "B"),
        ({}, None),
        (None, None),
        ([], None),
        (7, None),
    ],
)
def test_a_text_is_taken_in_the_first_language_that_has_it(value: Any, text: str | None) -> None:
    """Maps, plain texts, nulls and nonsense."""
    assert text_in(value, ("en", "nl", "fr")) == text


def test_entities_are_characters() -> None:
    """The text of HTML, not its spelling."""
    assert without_tags("<p>a &amp; b</p><p>c</p>") == "a & b c"


@pytest.mark.parametrize(
    ("desired", "given", "order"),
    [
        ("nl", None, "nl fr en de es *"),
        ("fr", None, "fr nl en de es *"),
        ("en", None, "en nl fr de es *"),
        ("de", None, "de en nl fr es *"),
        ("es", None, "es en nl fr de *"),
        ("nl", ("de",), "nl de"),
        ("nl", (), "nl"),
        ("nl", ("nl", "fr", "fr"), "nl fr"),
    ],
)
def test_languages_fall_back_as_documented_or_exactly_as_told(desired: str, given: Any, order: str) -> None:
    """Medipim documents three orders, then any that a record has; a setting replaces them whole."""
    assert languages(desired, given) == tuple(order.split())


def shortened(limits: TextLimits, **fields: Any) -> tuple[dict[str, Any], list[Reason], list[str]]:
    """What becomes of fields, with the reasons and warnings."""
    reasons: list[Reason] = []
    warnings: list[str] = []
    limits.apply(fields, clean_html, reasons, warnings)
    return fields, reasons, warnings


@pytest.mark.parametrize(
    ("name", "most"), [("name", MOST_NAME), ("description", MOST_TEXT), ("short_description", MOST_TEXT)]
)
def test_each_text_has_its_limit(name: str, most: int) -> None:
    """As many characters as the settings say by default; one more is a reason to refuse."""
    assert (MOST_NAME, MOST_TEXT) == (255, 65_000)
    whole = "x" * most
    for fits in (whole, whole[1:], ""):
        assert shortened(TextLimits(), **{name: fits}) == ({name: fits}, [], [])
    told = f"has {most + 1} characters, {most} are allowed (on_too_long: reject)"
    assert shortened(TextLimits(), **{name: whole + "x"})[1:] == ([Reason(name, told)], [])


@pytest.mark.parametrize(
    ("field", "text", "kept"),
    [
        ("name", "abcd fgh", "abcd"),  # the blank before the cut goes too
        ("name", "abcdefgh", "abcde"),
        ("name", "     abc", None),  # nothing left: no field rather than an empty one
        ("name", "<p>abcdefgh", "<p>ab"),  # a name is no HTML
        ("short_description", "<b>de</b>", "<b>de"),
    ],
)
def test_a_cut_text_warns_and_is_never_empty(field: str, text: str, kept: str | None) -> None:
    """The warning tells how long it was."""
    fields, reasons, warnings = shortened(TextLimits(5, 5, "cut"), **{field: text})
    assert fields == ({} if kept is None else {field: kept})
    assert reasons == []
    assert warnings == [f"{field}: has {len(text)} characters, 5 are allowed (on_too_long: cut)"]


@pytest.mark.parametrize(
    ("most", "kept"),
    [
        (16, "<p>abcdefghi</p>"),
        (15, "<p>abcdefgh</p>"),
        (9, "<p>ab</p>"),
        (8, "<p>a</p>"),
        (7, ""),  # an empty paragraph is no text
        (1, ""),
    ],
)
def test_a_cut_description_closes_its_tags_within_the_limit(most: int, kept: str) -> None:
    """What closes a tag counts."""
    fields, _, _ = shortened(TextLimits(5, most, "cut"), description="<p>abcdefghij</p>" + " " * 20)
    assert fields.get("description", "") == kept


def test_a_cut_never_leaves_half_a_tag() -> None:
    """Whatever the limit, what is left is a beginning of the text, and clean."""
    text = "abc <strong>def</strong> ghi"
    for most in range(1, len(text)):
        cut = shortened(TextLimits(5, most, "cut"), description=text)[0].get("description", "")
        assert len(cut) <= most
        assert cut == clean_html(cut)
        assert cut.replace("<strong>", "").replace("</strong>", "") in ("abc def ghi"[:n] for n in range(12)), cut


def test_the_longest_that_fits_is_kept() -> None:
    """No step of the search is larger than what is over."""
    text = "a" * 30 + "<b>" + "c" * 30 + "</b>"
    assert shortened(TextLimits(5, 31, "cut"), description="a" * 29 + "<b>c")[0] == {"description": "a" * 29}
    lengths = [
        len(shortened(TextLimits(5, most, "cut"), description=text)[0].get("description", "")) for most in range(1, 67)
    ]
    assert lengths[:30] == list(range(1, 31))
    assert lengths[38:] == list(range(39, 67))


def test_a_text_that_cannot_be_cleaned_is_left_out() -> None:
    """Rather than sent as it is."""

    def refuse(_html: str) -> str:
        raise ValueError("too much")

    fields = {"description": "x" * 9}
    TextLimits(5, 5, "cut").apply(fields, refuse, [], [])
    assert fields == {}


def test_what_is_no_text_is_left_alone() -> None:
    """Other rules judge it."""
    assert shortened(TextLimits(1, 1), name=12345, description=None) == ({"name": 12345, "description": None}, [], [])
