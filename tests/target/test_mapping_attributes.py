"""Attributes of a record, the template of their definitions, and the table under the description."""

from typing import Any

import pytest

from target_micropim.mapping.attribute_table import selected, with_table
from target_micropim.mapping.attributes import (
    DEFAULT_TEMPLATE,
    AttributeRules,
    attribute_body,
    attribute_values,
    checked_attribute_template,
)
from target_micropim.mapping.desired import AttributeValue


def values(**record: Any) -> dict[str, Any]:
    """Attribute values by code."""
    return {one.code: one.value for one in attribute_values(record, AttributeRules(("nl",)))}


def test_attributes_of_a_record() -> None:
    """Texts; a bare number gets its documented unit, an amount keeps its own; the first path that is filled counts."""
    assert values(weight=370) == values(weight="370") == {"weight": "370 g"}
    assert values(weight="ca. 370") == {"weight": "ca. 370"}
    assert values(weight=370, weightWithUnit={"value": 0.5, "unit": "kg"}) == {"weight": "0.5 kg"}
    assert values(weightWithUnit=5) == {"weight": "5"}
    assert values(packageContent=30, packageQuantity=True) == {"package_content": "30"}
    assert values(vat="6.00", conservationMin={"celsius": 2}) == {"vat": "6.00", "conservation_min": "2"}
    assert values(activeIngredients=["a", "b", "a"], packagingUnit=["x", "y"]) == {
        "active_ingredients": "a, b", "packaging_unit": "x",
    }  # fmt: skip
    assert values(prescription=False) == {"prescription": False}
    assert values(prescription="yes") == values(prescription=[]) == {}
    assert values(cnk="1" * 2001) == {"cnk": "1" * 2000}


TABLE = (
    AttributeValue("a", "A", "text", "<1>"),
    AttributeValue("b", "B", "boolean", value=True),
    AttributeValue("c", "C", "text", [1, 2]),
)


def test_the_table_of_attributes() -> None:
    """In the language of the shop or in English, escaped, by the order of the setting."""
    assert selected(TABLE, ("c", "x", "a")) == (TABLE[2], TABLE[0])
    assert selected(TABLE, ("all", "c")) == TABLE
    text = with_table("<p>T</p>", TABLE, "xx", str)
    assert text == (
        '<p>T</p><table><thead><tr><th colspan="2">Product data</th></tr></thead><tbody>'
        "<tr><th>A</th><td>&lt;1&gt;</td></tr><tr><th>B</th><td>\u2713</td></tr>"
        "<tr><th>C</th><td>1, 2</td></tr></tbody></table>"
    )
    assert "<td>\u00d7</td>" in (with_table(None, (AttributeValue("b", "B", "boolean", value=False),), "nl", str) or "")
    assert with_table(text, (), "nl", str) == "<p>T</p>"
    assert with_table(None, (), "nl", str) is None


OK = {"name": "{name}", "code": "{code}"}


@pytest.mark.parametrize(
    ("given", "template"),
    [
        ({}, DEFAULT_TEMPLATE),
        ({"name": "{name}"}, {"name": "{name}"}),
        ({"name": "My {name} ({type})", "code": "x_{code}"}, {"name": "My {name} ({type})", "code": "x_{code}"}),
        (OK | {"n": 5, "no": None, "list": ["{nothing}"], "plain": "a"}, ...),
        (OK | {"braces": "{{no placeholder}}"}, ...),
    ],
)
def test_a_template_of_attributes(given: dict[str, Any], template: Any) -> None:
    """An empty one is the default; what is no text stands as it is."""
    assert checked_attribute_template(given) == (given if template is ... else template)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"name": "fixed"}, ["name: must hold {name}, or all attributes would be one"]),
        ({"name": 5}, ["name: must hold {name}, or all attributes would be one"]),
        ({"code": "{code}"}, ["name: must hold {name}, or all attributes would be one"]),
        ({"name": "{name}", "code": "{name}"}, ["code: must hold {code}, or all attributes would be one"]),
        (OK | {" ": 1}, ["a field without a name"]),
        (OK | {"x": "{other}"}, ["x: only the placeholders {name}, {code}, {type} can be filled in"]),
        (OK | {"x": "{}"}, ["x: only the placeholders {name}, {code}, {type} can be filled in"]),
        (OK | {"x": "{name:9}"}, ["x: only the placeholders {name}, {code}, {type} can be filled in"]),
        (OK | {"x": "{name!r}"}, ["x: only the placeholders {name}, {code}, {type} can be filled in"]),
        (OK | {"x": "{name!r:9}"}, ["x: only the placeholders {name}, {code}, {type} can be filled in"]),
        (OK | {"x": "{name.y}"}, ["x: only the placeholders {name}, {code}, {type} can be filled in"]),
        (OK | {"x": "{"}, ["x: Single '{' encountered in format string"]),
        ({"name": "}"}, [
            "name: Single '}' encountered in format string", "name: must hold {name}, or all attributes would be one",
        ]),
    ],
)  # fmt: skip
def test_a_template_that_cannot_be_filled_in_is_refused(given: dict[str, Any], wrong: list[str]) -> None:
    """With everything that is wrong about it."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole text is compared
        checked_attribute_template(given)
    assert str(refused.value) == "; ".join(wrong)


def test_the_body_of_an_attribute() -> None:
    """Texts are filled in, everything else stands."""
    template = {"name": "{name}!", "code": "{code}-{type}", "visible": True, "braces": "{{x}}"}
    body = attribute_body(template, name="Colour", code="colour", kind="text")
    assert body == {"name": "Colour!", "code": "colour-text", "visible": True, "braces": "{x}"}
