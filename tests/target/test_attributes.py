"""Attributes: definitions once, values as an experiment that ends by itself.

See docs/api/micropim.md#attribute-values and docs/api/micropim.md#attribute-definitions.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pim_wire.schema_files import read_schema
from sandbox.faults import Fault
from target_micropim.mapping.attribute_rows import ATTRIBUTES
from target_micropim.mapping.attributes import DEFAULT_TEMPLATE, AttributeRules, attribute_body, attribute_values
from target_micropim.plan.write import body_of
from tests.support.examples import examples

SCHEMA = read_schema("medipim", "products")


def pill(singer: Any, number: int = 1, **fields: Any) -> Any:
    """A product with a national code and a weight."""
    return singer.product(number, **{"cnk": "0123456", "weightWithUnit": {"value": 0.37, "unit": "kg"}, **fields})


def values_of(world: Any, sku: str = "1") -> Any:
    """The attribute values of a product."""
    return next(product["attributes"] for product in world.pim.products.values() if product["sku"] == sku)


def test_off_by_default(world: Any, singer: Any) -> None:
    """Nothing is asked, made or sent."""
    world.load(singer.lines(products=[pill(singer)]))
    assert not [r for r in world.pim.requests if "attributes" in r.path]
    assert "attributes" not in world.bodies("POST")[0]


def test_definitions_are_made_once_with_the_fewest_fields(world: Any, singer: Any) -> None:
    """For what the records hold, and no values."""
    outcome = world.load(singer.lines(products=[pill(singer), pill(singer, 2)]), attributes_mode="definitions")
    made = [body for body in world.bodies("POST") if "type" in body]
    assert made == [
        {"name": "CNK", "code": "cnk", "type": "text"},
        {"name": "Weight", "code": "weight", "type": "text"},
    ]
    assert values_of(world) == {}
    assert outcome.report["attributes_made"] == ["cnk", "weight"]
    world.forget_requests()
    world.load(singer.lines(products=[pill(singer, 3)]), attributes_mode="definitions")
    assert world.writes() == ["POST /api/products"]


@pytest.mark.parametrize(
    "data",
    [
        "null",
        '{"items": []}',
        '{"attributes": [{"id": 1}]}',
        '{"attributes": [null]}',
        '[{"id": 1, "title": "CNK"}]',
        '{"attributes": [], "total": 2}',
        '{"attributes": [{"id": 9, "code": "other"}], "pagination": {"total_pages": 2}}',
    ],
)
@pytest.mark.parametrize("mode", ["definitions", "values"])
def test_a_list_that_hides_definitions_makes_none(world: Any, singer: Any, data: str, mode: str) -> None:
    """For a night: what it does not show would be made again. The product goes in, and it is told."""
    world.load(singer.lines(products=[pill(singer)]), attributes_mode=mode)
    made = len(world.pim.attributes)
    body = f'{{"status": 1, "data": {data}, "error": null}}'
    world.pim.faults.add(Fault("status", "GET /api/product-attributes", times=None, status=200, body=body))
    outcome = world.load(singer.lines(products=[pill(singer, 2)]), attributes_mode=mode)
    assert (len(world.pim.attributes), len(world.pim.products)) == (made, 2)
    assert any("cannot be read" in row["what"] for row in outcome.report["warnings"])


@pytest.mark.parametrize("shape", ["attributes", "product_attributes", "list"])
def test_definitions_are_recognised_by_code_then_by_name(make_world: Any, singer: Any, shape: str) -> None:
    """In any shape of the list and any case; values travel under the code that MicroPIM has."""
    world = make_world(attributes_shape=shape, attributes="map")
    for number, row in enumerate(({"name": "Other", "code": "CNK"}, {"name": "weight", "code": "gewicht"}), 1):
        world.pim.attributes[number] = {"id": number, "type": "text", "options": [], **row}
    world.load(singer.lines(products=[pill(singer)]), attributes_mode="values")
    assert len(world.pim.attributes) == 2
    assert values_of(world) == {"CNK": "0123456", "gewicht": "0.37 kg"}


def test_values_travel_once_and_a_hand_edit_stands(make_world: Any, singer: Any) -> None:
    """Each attribute is compared like a field of its own, and those of other people stay in the map."""
    world = make_world(attributes="map", empty_map="{}")
    world.load(singer.lines(products=[pill(singer)]), attributes_mode="values")
    world.forget_requests()
    world.load(singer.lines(products=[pill(singer)]), attributes_mode="values")
    assert world.writes() == []
    world.pim.products[90001]["attributes"] = {"cnk": "by hand", "weight": "0.37 kg", "theirs": "x"}
    changed = pill(singer, weightWithUnit={"value": 1, "unit": "kg"})
    world.load(singer.lines(products=[changed]), attributes_mode="values")
    assert values_of(world) == {"cnk": "by hand", "weight": "1 kg", "theirs": "x"}
    outcome = world.load(singer.lines(products=[changed | {"cnk": "7654321"}]), attributes_mode="values")
    assert [row["what"].split(":")[0] for row in outcome.report["conflicts"]] == ["attributes.cnk"]
    assert values_of(world)["cnk"] == "by hand"


def test_values_that_do_not_show_switch_themselves_off(world: Any, singer: Any) -> None:
    """One product finds out, one warning, and nothing is remembered as sent."""
    records = [pill(singer, number) for number in range(1, 6)]
    outcome = world.load(singer.lines(products=records), attributes_mode="values", max_in_flight=1)
    assert sum("attributes" in body for body in world.bodies("POST")) == 1
    assert [row["what"] for row in outcome.report["warnings"]] == [
        "attribute values are switched off for this run: MicroPIM does not show what was sent"
    ]
    assert world.pim.counts()["products"] == 5


@pytest.mark.parametrize("known", [False, True])
def test_refused_values_are_left_out_and_switched_off(make_world: Any, singer: Any, *, known: bool) -> None:
    """400 because of attributes costs one repetition in the whole run, and no record."""
    world = make_world(attributes="400")
    if known:
        world.load(singer.lines(products=[pill(singer, number, cnk=None) for number in (1, 2, 3)]))
    records = [pill(singer, number, name={"en": f"New {number}"}) for number in (1, 2, 3)]
    world.forget_requests()
    outcome = world.load(singer.lines(products=records), attributes_mode="values", max_in_flight=1)
    assert outcome.rejects == []
    assert world.pim.snapshot()["products"]["2"]["name"] == "New 2"
    assert len([r for r in world.pim.requests if r.status == 400]) == 1
    assert sum("switched off" in row["what"] for row in outcome.report["warnings"]) == 1


def test_a_record_that_is_bad_anyway_switches_nothing_off(make_world: Any, singer: Any) -> None:
    """The smaller write is refused as well, so attributes were not to blame."""
    world = make_world(attributes="map")
    world.pim.faults.add(Fault("status", "POST /api/products$", times=2, status=400))
    outcome = world.load(
        singer.lines(products=[pill(singer, 1), pill(singer, 2)]), attributes_mode="values", max_in_flight=1
    )
    assert [row["external_id"] for row in outcome.rejects] == ["1"]
    assert values_of(world, "2")["cnk"] == "0123456"


@pytest.mark.parametrize("fault", [Fault("status", times=None, status=400), Fault("status", times=None, status=404)])
def test_definitions_that_are_refused_cost_a_warning(make_world: Any, singer: Any, fault: Fault) -> None:
    """The products go in without them."""
    world = make_world(attributes="map")
    world.pim.faults.add(Fault("status", "POST /api/product-attributes", times=None, status=fault.status))
    outcome = world.load(singer.lines(products=[pill(singer)]), attributes_mode="values")
    assert values_of(world) == {}
    assert len(outcome.report["warnings"]) == 2
    assert outcome.rejects == []


def test_a_list_that_cannot_be_read_makes_nothing(world: Any, singer: Any) -> None:
    """Without it every definition would look missing."""
    world.pim.faults.add(Fault("status", "GET /api/product-attributes", times=None, status=404))
    outcome = world.load(singer.lines(products=[pill(singer)]), attributes_mode="values")
    assert world.writes() == ["POST /api/products"]
    assert len(outcome.report["warnings"]) == 1


def test_an_unclear_definition_is_made_once(world: Any, singer: Any) -> None:
    """Committed, then lost: the list is read again before a second POST (docs/api/micropim.md#no-idempotency-key)."""
    world.pim.faults.add(Fault("drop_after", "POST /api/product-attributes"))
    world.load(singer.lines(products=[pill(singer)]), attributes_mode="definitions")
    assert sorted(row["code"] for row in world.pim.attributes.values()) == ["cnk", "weight"]


def test_the_table_reads_every_market() -> None:
    """Codes, lists, labels in the language, units, leaflets and videos."""
    record = {
        "id": "M1", "cnk": "0123456", "cip13": "3400000000000", "pzn": "01234567", "upc12": "012345678905",
        "atcCategory": ["A01", "B02"], "activeIngredients": [{"id": 1, "name": {"en": "X", "nl": "IX"}}, {"name": "Y"}],
        "conservation": "room", "conservationLabel": {"nl": "Kamer", "en": None},
        "conservationMax": {"celsius": {"value": 25, "unit": "°C"}}, "weight": 30, "depthWithUnit": {"value": "4.30"},
        "vat": 6.0, "prescription": False, "supplierReference": "",
        "leaflets": [{"type": "spc", "url": {"nl": "https://x/spc"}}, {"type": "pil", "url": {"nl": "https://x/pil"}}],
        "links": [{"type": "link", "linkType": "video", "url": "https://x/v"}, {"linkType": "app", "url": "https://a"}],
    }  # fmt: skip
    found = {value.code: value.value for value in attribute_values(record, AttributeRules(("en", "nl"), ("all",)))}
    assert found == {
        "cnk": "0123456", "cip13": "3400000000000", "pzn": "01234567", "upc12": "012345678905", "atc": "A01, B02",
        "active_ingredients": "X, Y", "conservation": "Kamer", "conservation_max": "25 °C", "weight": "30 g",
        "depth": "4.3", "vat": "6 %", "prescription": False, "leaflet": "https://x/pil",
        "summary_of_characteristics": "https://x/spc", "video": "https://x/v", "app": "https://a",
    }  # fmt: skip


def test_every_path_of_the_table_is_a_field_of_medipim() -> None:
    """A misspelt field would never be filled; codes are unique."""
    assert {path.split(".")[0] for row in ATTRIBUTES for path in row.paths} <= set(SCHEMA["properties"])
    assert len({row.code for row in ATTRIBUTES}) == len(ATTRIBUTES)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["pil", "9e99"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["en", "value", "unit", "type", "url", "name", "celsius"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@examples(150)
@given(st.dictionaries(st.sampled_from(sorted({p.split(".")[0] for row in ATTRIBUTES for p in row.paths})), JSON))
def test_whatever_a_record_holds_its_attributes_are_valid(record: Any) -> None:
    """Or left out; never an exception."""
    fields = {
        f"attributes.{value.code}": value.value for value in attribute_values(record, AttributeRules(("en",), ("all",)))
    }
    body = {"name": "N", "sku": "S", **body_of(fields)}
    assert not list(Draft202012Validator(read_schema("micropim", "product")).iter_errors(body))


TEMPLATE = {"name": "Medipim {name}", "code": "mp_{code}", "options": []}


def test_the_body_of_a_definition_follows_its_template(make_world: Any, singer: Any) -> None:
    """Made once under the names of the template, recognised by them, and values travel under its code.

    See docs/api/micropim.md#attribute-definitions.
    """
    world = make_world(attributes="map")
    settings = {"attributes_mode": "values", "attribute_template": TEMPLATE}
    world.load(singer.lines(products=[pill(singer, weightWithUnit=None)]), **settings)
    made = [body for body in world.bodies("POST") if "options" in body]
    assert made == [{"name": "Medipim CNK", "code": "mp_cnk", "options": []}]
    assert values_of(world) == {"mp_cnk": "0123456"}
    world.lose_ledger()
    world.load(singer.lines(products=[pill(singer, 2, weightWithUnit=None)]), **settings)
    assert len(world.pim.attributes) == 1


def test_a_field_that_micropim_does_not_take_costs_the_definition_only(make_world: Any, singer: Any) -> None:
    """The server's words are told, the products go in."""
    world = make_world(attributes="map")
    template = {"name": "{name}", "code": "{code}", "type": "{type}", "is_required": False}
    outcome = world.load(singer.lines(products=[pill(singer)]), attributes_mode="values", attribute_template=template)
    assert "Unknown field: is_required" in outcome.report["warnings"][0]["what"]
    assert (len(world.pim.products), world.pim.attributes) == (1, {})


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ({"code": "{code}"}, "name: must hold {name}"),
        ({"name": "Attribute"}, "name: must hold {name}"),
        ({"name": "{name}", "code": "x"}, "code: must hold {code}"),
        ({"name": "{name} {unit}"}, "name: only the placeholders {name}, {code}, {type} can be filled in"),
        ({"name": "{name"}, "name: "),
        ({"name": "{name!r}"}, "name: only the placeholders"),
        ("[]", "must be an object"),
    ],
)
def test_a_template_that_makes_no_sense_is_refused(world: Any, template: Any, words: str) -> None:
    """Before the first record."""
    failure = world.run([], attribute_template=template).failure
    assert words in str(getattr(failure, "errors", failure))


def test_every_attribute_of_the_table_fits_the_schema_of_a_definition() -> None:
    """With the template as it comes."""
    validator = Draft202012Validator(read_schema("micropim", "attribute"))
    for row in ATTRIBUTES:
        body = attribute_body(DEFAULT_TEMPLATE, name=row.name("nl"), code=row.code, kind=row.kind)
        assert body == {"name": row.name("nl"), "code": row.code, "type": row.kind}
        assert not list(validator.iter_errors(body))


def test_a_slug_is_a_code(make_world: Any, singer: Any) -> None:
    """Nobody says whether a definition is named by code or slug: both are recognised.

    See docs/api/micropim.md#attribute-definitions.
    """
    world = make_world(attributes="map")
    world.pim.attributes[1] = {"id": 1, "name": "National", "slug": "cnk", "type": "text", "options": []}
    world.load(singer.lines(products=[pill(singer, weightWithUnit=None)]), attributes_mode="values")
    assert (len(world.pim.attributes), values_of(world)) == (1, {"cnk": "0123456"})


@pytest.mark.parametrize("follow", [True, False])
def test_definitions_follow_the_template_only_when_asked_to(world: Any, singer: Any, follow: bool) -> None:
    """What is there keeps its code and type; its name is brought in line once, and the next run sends nothing."""
    world.pim.attributes[7] = {"id": 7, "name": "Old", "code": "cnk", "type": "number", "options": []}
    given = {"attributes_mode": "definitions", "update_attributes": follow}
    outcome = world.load(singer.lines(products=[pill(singer)]), **given)
    sent = [r.body for r in world.pim.requests if r.method == "PATCH" and r.path == "/api/product-attributes/7"]
    assert sent == ([{"name": "CNK"}] if follow else [])
    kept = world.pim.attributes[7]
    assert (kept["name"], kept["code"], kept["type"]) == ("CNK" if follow else "Old", "cnk", "number")
    assert any(row["stream"] == "attributes" for row in outcome.report["changes"]) is follow
    world.forget_requests()
    world.load(singer.lines(products=[pill(singer), pill(singer, 2)]), **given)
    assert world.writes() == ["POST /api/products"]


def test_a_definition_that_may_not_be_changed_is_used_as_it_is(make_world: Any, singer: Any) -> None:
    """One warning; values travel under its code all the same."""
    world = make_world(attributes="map")
    world.pim.attributes[7] = {"id": 7, "name": "Old", "code": "cnk", "type": "text", "options": []}
    world.pim.faults.add(Fault("status", route="PATCH /api/product-attributes", status=400, times=None))
    outcome = world.load(singer.lines(products=[pill(singer)]), attributes_mode="values", update_attributes=True)
    assert values_of(world)["cnk"] == "0123456"
    assert any("stays as it is" in row["what"] for row in outcome.report["warnings"])
