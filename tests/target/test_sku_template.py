"""``sku_template``: what is wrong with it is known at the start, as far as it can be."""

from typing import Any

import pytest

from pim_wire.schema_files import read_schema
from target_micropim.mapping.sku_template import checked_template, fields_in, odd_fields
from target_micropim.target import TargetMicroPim

FIELDS = read_schema("medipim", "products")["properties"]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{CNK}", "Medipim has no field CNK; is cnk meant?"),
        ("FR-{Id}", "no field Id; is id meant?"),
        ("{supplier_reference}", "is supplierReference meant?"),
        ("{eangtin13}", "is eanGtin13 meant?"),
        ("{cnkk}-{idd}", "is cnk meant?; Medipim has no field idd; is id meant?"),
        ("{name}", "name holds more than one value, which makes no SKU"),
        ("{ean}", "ean holds more than one value"),
        ("{meta}", "meta holds more than one value"),
        ("MDP", "must name fields of a product in braces, like {id}"),
        ("{}", "must name fields"),
        ("{meta.createdAt}", "must name fields"),
        ("{id:>8}", "must name fields"),
        ("{id", "expected '}'"),
    ],
)
def test_a_template_that_cannot_be_meant_is_refused(template: str, said: str) -> None:
    """By every command, with the field that is meant; of several fields each is told."""
    config = {"api_key": "key", "locale": "nl", "sku_template": template}
    (error,) = TargetMicroPim(config=config, validate_config=False)._validate_config(raise_errors=False)
    assert error.startswith("Setting sku_template: ")
    assert said in error


@pytest.mark.parametrize("field", [name for name in FIELDS if {"object", "array"}.isdisjoint(FIELDS[name]["type"])])
def test_every_field_with_one_value_may_make_a_sku(field: str) -> None:
    """None is taken for another that is like it."""
    assert checked_template(f"X-{{{field}}}", FIELDS) == f"X-{{{field}}}"
    assert fields_in(f"X-{{{field}}}") == [field]


@pytest.mark.parametrize("template", ["{code}", "{sku}", "{{x}}{my_number}"])
def test_a_field_of_a_stream_map_may_make_one_too(template: str) -> None:
    """It is not known before, so it is told; records of other taps have fields of their own."""
    assert checked_template(template, FIELDS) == template
    (odd,) = odd_fields(template, FIELDS, None)
    assert f"Medipim has no field {fields_in(template)[0]}: unless a stream map adds it" in odd
    assert checked_template("{CNK}", {}) == "{CNK}"


def test_a_field_of_another_market_is_told() -> None:
    """Where the market is known; a field of every market is no matter."""
    assert list(odd_fields("{id}-{supplierReference}", FIELDS, "us")) == []
    assert list(odd_fields("{cnk}", FIELDS, "be")) == list(odd_fields("{cnk}", FIELDS, None)) == []
    (odd,) = odd_fields("{cnk}", FIELDS, "fr")
    assert odd == "sku_template: cnk is known in market be, and market is fr: products without it stay out"


def test_a_run_tells_of_it_and_writes_nothing(world: Any, singer: Any) -> None:
    """In the report, and the SCHEMA ends it; with a map that adds the field, all is well."""
    outcome = world.run(singer.lines(products=[singer.product(1)]), sku_template="{code}")
    assert "Medipim has no field code" in str(outcome.report["warnings"])
    assert "declares no code" in str(outcome.failure)
    assert world.writes() == []
    maps = {"products": {"code": "'C' + str(record['id'])"}}
    world.load(singer.lines(products=[singer.product(1)]), sku_template="{code}", stream_maps=maps)
    assert world.bodies("POST")[0]["sku"] == "C1"
