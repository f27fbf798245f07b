"""Attributes as a table under the description, only on request (docs/api/micropim.md#attribute-values)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_micropim.mapping.attribute_table import HEADINGS, selected, with_table
from target_micropim.mapping.desired import AttributeValue
from target_micropim.mapping.html import clean_html
from tests.support.examples import examples

TABLE = (
    '<table><thead><tr><th colspan="2">Product data</th></tr></thead><tbody>'
    "<tr><th>Weight</th><td>0.37 kg</td></tr></tbody></table>"
)
ON = {"attributes_to_description": ["weight"]}


def pill(singer: Any, **fields: Any) -> list[bytes]:
    """A product with a text, a code and a weight."""
    text = {"type": "full_description", "content": {"en": "<p>Text</p>"}}
    fields = {"cnk": "0123456", "weightWithUnit": {"value": 0.37, "unit": "kg"}, "descriptions": [text], **fields}
    return singer.lines(products=[singer.product(1, **fields)])


def text_of(world: Any) -> str | None:
    """The description in MicroPIM."""
    return world.pim.snapshot()["products"]["1"]["description"]


def test_off_by_default(world: Any, singer: Any) -> None:
    """The text alone."""
    world.load(pill(singer))
    assert text_of(world) == "<p>Text</p>"


@pytest.mark.parametrize("attributes", ["ignored", "map", "400"])
def test_it_goes_once_and_follows_the_source(make_world: Any, singer: Any, attributes: str) -> None:
    """In every world of attributes: made, unchanged, changed, taken away with its value, and gone with the setting."""
    world = make_world(attributes=attributes)
    world.load(pill(singer), **ON)
    assert text_of(world) == "<p>Text</p>" + TABLE
    assert "attributes" not in world.bodies("POST")[0]
    world.forget_requests()
    world.load(pill(singer), **ON)
    world.load(pill(singer, updated_at="2026-02-01T00:00:00Z", vat=6), **ON)
    assert world.writes() == []
    later = {"updated_at": "2026-02-02T00:00:00Z"}
    world.load(pill(singer, **later, weightWithUnit={"value": 1, "unit": "kg"}), **ON)
    assert text_of(world) == "<p>Text</p>" + TABLE.replace("0.37", "1")
    world.load(pill(singer, **later, weightWithUnit=None), **ON)
    assert text_of(world) == "<p>Text</p>"
    world.load(pill(singer, **later), **ON)
    world.load(pill(singer, **later))
    assert text_of(world) == "<p>Text</p>"


def test_a_lost_ledger_and_a_table_that_came_back_double_nothing(world: Any, singer: Any) -> None:
    """Equal text is equal; a text of the source that holds the table already gets no second one."""
    world.load(pill(singer), **ON)
    world.lose_ledger()
    world.forget_requests()
    world.load(pill(singer), **ON)
    assert world.writes() == []
    again = {"type": "full_description", "content": {"en": "<p>Text</p>" + TABLE.replace("0.37", "9")}}
    world.load(pill(singer, descriptions=[again]), **ON)
    assert text_of(world) == "<p>Text</p>" + TABLE


def test_an_edit_of_the_text_by_hand_stands(world: Any, singer: Any) -> None:
    """The table is part of the text: what a person wrote is not touched for its sake."""
    world.load(pill(singer), **ON)
    world.pim.edit(90001, description="By hand")
    outcome = world.load(pill(singer, weightWithUnit={"value": 1, "unit": "kg"}), **ON)
    assert text_of(world) == "By hand"
    assert len(outcome.report["conflicts"]) == 1


def test_all_attributes_in_the_language_of_the_shop(world: Any, singer: Any) -> None:
    """The heading is in the language; every value of the table of attributes is there, and a flag is a sign."""
    world.load(pill(singer, prescription=True), attributes_to_description="all", locale="nl")
    text = text_of(world) or ""
    assert ">Productgegevens<" in text
    assert "<th>CNK</th><td>0123456</td>" in text
    assert "<th>Voorschrift</th><td>\N{CHECK MARK}</td>" in text


def test_a_text_that_would_be_too_long_stays_without(world: Any, singer: Any) -> None:
    """With a warning; the product goes in."""
    outcome = world.load(pill(singer), max_description_length=60, **ON)
    assert text_of(world) == "<p>Text</p>"
    assert ["attributes_to_description" in row["what"] for row in outcome.report["warnings"]] == [True]


def test_records_in_the_shape_of_micropim_too(world: Any, singer: Any) -> None:
    """With their own attributes, in the order of the setting."""
    record = {"sku": "1", "name": "A", "attributes": {"size": "XL", "colour": "red", "secret": "x"}}
    for _ in range(2):
        world.load(singer.lines(products=[record]), profile="native", attributes_to_description=["colour", "size"])
    rows = "<tr><th>colour</th><td>red</td></tr><tr><th>size</th><td>XL</td></tr>"
    assert rows in (text_of(world) or "")
    assert "secret" not in (text_of(world) or "")
    assert len(world.writes()) == 1


def test_a_code_that_is_none_is_refused(world: Any) -> None:
    """Before the first record."""
    failure = world.run([], attributes_to_description=["wieght"]).failure
    assert "attributes_to_description: wieght is none of all, cnk" in str(getattr(failure, "errors", failure))


VALUES = st.lists(
    st.builds(AttributeValue, st.text(max_size=3), st.text(max_size=8), st.just("text"), st.text(max_size=8)),
    max_size=3,
)


@examples(200)
@given(st.text(alphabet="<>/ptablehrdi &;x\n", max_size=40).map(clean_html), VALUES, st.sampled_from([*HEADINGS, "xx"]))
def test_the_table_is_never_doubled_and_survives_the_cleaning(text: str, values: Any, locale: str) -> None:
    """Put under a text that has it already: the same text. Cleaned again: the same text."""
    once = with_table(text, values, locale, clean_html)
    assert with_table(once, values, locale, clean_html) == once
    assert once is None or clean_html(once) == once
    assert with_table(once, (), locale, clean_html) == (text or None)


def test_the_order_is_that_of_the_setting() -> None:
    """Codes without a value are left out."""
    values = [AttributeValue(code, code, "text", code) for code in ("a", "b", "c")]
    assert [value.code for value in selected(values, ("c", "x", "a"))] == ["c", "a"]
    assert [value.code for value in selected(values, ("all",))] == ["a", "b", "c"]
