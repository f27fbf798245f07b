"""Small pure rules, one table each: limits of a run, too long texts, what a killed write left behind."""

from typing import Any

import pytest

from target_micropim.errors import Reason
from target_micropim.mapping.html import clean_html
from target_micropim.mapping.texts import MOST_NAME, MOST_TEXT, TextLimits
from target_micropim.plan.limit import Limit
from target_micropim.plan.values import EMPTY
from target_micropim.plan.write import after_arrival, has_arrived


@pytest.mark.parametrize(("limit", "allowed"), [(Limit(number=1000), 1000), (Limit(share=0.5), 5), (Limit(), 10**9)])
def test_a_limit_allows_all_up_to_it(limit: Limit, allowed: int) -> None:
    """The limit itself is allowed, one more is not."""
    whole = 10
    assert limit.allows(0, whole)
    assert limit.allows(allowed - 1, whole)
    assert limit.allows(allowed, whole)
    assert limit.allows(allowed + 1, whole) is (limit == Limit())


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


def _as_read(prints: dict[str, str]) -> dict[str, str]:
    """The same texts, but other objects, as a database and a service give them."""
    return {name: "".join(list(text)) for name, text in prints.items()}


@pytest.mark.parametrize(
    ("on_its_way", "written", "server", "arrived"),
    [
        ({}, {}, {}, False),
        ({"name": "b"}, {"name": "a"}, {"name": "a"}, False),  # it shows what was there before
        ({"name": "b"}, {"name": "a"}, {"name": "b"}, True),
        ({"name": "b"}, {"name": "a"}, {"name": "c"}, False),  # somebody else's
        ({"name": "b"}, {"name": "b"}, {"name": "b"}, False),  # says nothing: it was the same before
        ({"name": "b", "ean": "2"}, {"name": "b", "ean": "1"}, {"name": "c", "ean": "2"}, True),
        ({"name": EMPTY}, {"name": "a"}, {}, True),  # emptied
        ({"name": EMPTY}, {}, {}, False),
        ({"name": "b"}, {}, {"name": "b"}, True),
        ({"name": "bb"}, {"name": "aa"}, {"name": "bb"}, True),
        ({"name": "bb"}, {"name": "bb"}, {"name": "bb"}, False),
    ],
)
def test_a_write_has_arrived_when_a_field_shows_what_it_did_not_before(
    on_its_way: dict[str, str], written: dict[str, str], server: dict[str, str], *, arrived: bool
) -> None:
    """A value that was there before proves nothing."""
    assert has_arrived(on_its_way, written, _as_read(server)) is arrived
    assert has_arrived(on_its_way, _as_read(written), server) is arrived


def test_after_an_arrival_an_edit_since_still_shows_and_what_was_ignored_does_not_count() -> None:
    """Documented fields count as sent; others where they show."""
    sent = {"name": "b", "attributes.colour": "red", "extra.vat": "3", "extra.unit": "m", "attributes.size": EMPTY}
    server = _as_read({"name": "edited", "attributes.colour": "red", "extra.vat": "4", "extra.unit": "cm"})
    assert after_arrival(sent, server) == {"name": "b", "attributes.colour": "red", "attributes.size": EMPTY}
