"""Catalogs that other programs made, and selection beside stream maps and flattening."""

from collections.abc import Callable
from typing import Any

import pytest

from pim_wire.errors import InvalidInput
from sandbox import Sandbox
from tap_medipim.catalog_file import readable
from tap_medipim.selection import is_wanted
from tests.tap.test_declared import faults

Run = Callable[..., Any]
Make = Callable[..., Sandbox]
Json = dict[str, Any]


def entry(**more: Any) -> Json:
    """A catalog with one stream."""
    return {"streams": [{"tap_stream_id": "products", **more}]}


OLD = [
    entry(selected=True, schema={"properties": {"id": {"type": "string"}, "status": {"selected": False}}}),
    entry(schema={"selected": True, "properties": {"id": {}, "status": {"selected": False}}}),
    entry(metadata=[{"breadcrumb": [], "metadata": {"selected": True}}]),
    {"streams": [{"stream": "products", "selected": True}]},
]


@pytest.mark.parametrize("catalog", OLD)
def test_an_old_catalog_selects_as_it_says(catalog: Json, sandbox: Make, run_tap: Run) -> None:
    """Its key and bookmark are the tap's own, whether it names them or not."""
    run = run_tap(sandbox(products=4), catalog=catalog)

    assert run.error is None
    assert run.streams == {"products"}
    assert faults(run.messages) == []
    assert run.bookmark() is not None
    assert run.messages[0]["key_properties"] == ["id"]
    assert all(("status" in record) == ("schema" not in catalog["streams"][0]) for record in run.records())


REFUSED = [
    ({}, "no list of streams"),
    ({"streams": [{"schema": {}}]}, "without tap_stream_id"),
    (entry(stream="items"), "__alias__"),
    (entry(schema=[]), "schema of products"),
    (entry(metadata=[{"breadcrumb": []}]), "metadata of products"),
]


@pytest.mark.parametrize(("catalog", "words"), REFUSED)
def test_a_catalog_that_cannot_be_meant_is_refused(catalog: Json, words: str) -> None:
    """In one sentence."""
    with pytest.raises(InvalidInput, match=words):
        readable(catalog, ["products", "brands"])


MAPS = [
    {"brands": {"slug": "name.lower()"}},
    {"*": {"shop": "'night'"}},
    {"products": {"total": "publicPrice", "photos": None, "flag": "publicPrice or 0", "label": "record['name']"}},
    {"items": {"__source__": "products", "__filter__": "record['status'] == 'active'", "slug": "status.upper()"}},
    {"products": {"__else__": None, "id": "id", "n": "float(publicPrice or 0)"}},
    {"products": "__NULL__"},
]


@pytest.mark.parametrize("more", [{}, {"flattening_enabled": True, "flattening_max_depth": 2}])
@pytest.mark.parametrize("maps", MAPS)
def test_maps_keep_to_the_schema_that_they_give(maps: Json, more: Json, sandbox: Make, run_tap: Run) -> None:
    """A map of a stream that is not selected, of all, of another name; expressions of any type; with flattening."""
    run = run_tap(sandbox(products=12), "products", stream_maps=maps, stream_map_config={}, **more)

    assert run.error is None
    assert faults(run.messages) == []
    assert run.bookmark() is not None
    assert len(run.records()) == (0 if maps.get("products") == "__NULL__" else 12)


def test_a_value_that_an_expression_cannot_take_costs_its_record(sandbox: Make, run_tap: Run) -> None:
    """It is told by its id, and the run is no success; all other records arrive."""
    box = sandbox(products=5)
    odd = min(box.medipim.catalogue.products)
    box.medipim.change(odd, lambda product: product.update(status=None))

    run = run_tap(box, "products", stream_maps={"products": {"slug": "status.upper()"}}, stream_map_config={})

    assert odd in str(run.tap.run.failed["products"])
    assert len(run.records()) == 4
    assert faults(run.messages) == []


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_flattening_gives_what_its_schema_says(depth: int, sandbox: Make, run_tap: Run) -> None:
    """Of every stream, also of a name that is a text here and localized there, and of what is null."""
    box = sandbox(products=12)
    for key in list(box.medipim.catalogue.products)[:3]:
        box.medipim.change(key, lambda product: product.update(name=None, conservationLabel="cold", later={"x": [1]}))

    run = run_tap(box, flattening_enabled=True, flattening_max_depth=depth)

    assert run.error is None
    assert faults(run.messages) == []
    assert [text for record in run.records() if (text := record.get("conservationLabel__und"))] == ["cold"] * 3


def test_a_deselected_field_stays_away_whatever_it_is(sandbox: Make, run_tap: Run) -> None:
    """One that is known, one that only the catalog knows, and one that nobody knows where few are selected."""
    box = sandbox(products=4)
    for key in list(box.medipim.catalogue.products):
        box.medipim.change(key, lambda product: product.update(narcotic=True, secret=1, fresh=2))
    few = [{"breadcrumb": [], "metadata": {"selected": True}}] + [
        {"breadcrumb": ["properties", name], "metadata": {"selected": name == "status"}}
        for name in run_tap(box).tap.streams["products"].schema["properties"]
    ]
    away = ("narcotic", "secret", "vat", "ean", "status")
    many = [{"breadcrumb": [], "metadata": {"selected": True}}] + [
        {"breadcrumb": ["properties", name], "metadata": {"selected": False}} for name in away
    ]

    chosen = run_tap(box, catalog=entry(metadata=few))
    rest = run_tap(box, catalog=entry(metadata=many))

    assert [set(record) for record in chosen.records()] == [{"id", "updated_at", "status"}] * 4
    assert all({"narcotic", "secret"}.isdisjoint(record) and record["fresh"] == 2 for record in rest.records())
    assert faults(chosen.messages) == faults(rest.messages) == []


def test_a_deselected_field_of_another_type_refuses_nothing(sandbox: Make, run_tap: Run) -> None:
    """What does not go out need not fit."""
    box = sandbox(products=2)
    for key in list(box.medipim.catalogue.products):
        box.medipim.change(key, lambda product: product.update(vat="twenty-one"))
    metadata = [
        {"breadcrumb": [], "metadata": {"selected": True}},
        {"breadcrumb": ["properties", "vat"], "metadata": {"selected": False}},
    ]

    run = run_tap(box, catalog=entry(metadata=metadata), unknown_fields="fail")

    assert run.error is None
    assert len(run.records()) == 2
    assert all("vat" not in record for record in run.records())


def test_a_field_of_a_deselected_object_is_not_wanted() -> None:
    """Its parent decides, and behind a list the list."""
    mask = _Mask({(): True, ("properties", "meta"): False, ("properties", "photos"): True})
    schema = {"properties": {"id": {}, "meta": {}, "photos": {}}}

    assert not is_wanted(mask, schema, ("meta", "new"))
    assert is_wanted(mask, schema, ("photos[]", "new"))
    assert is_wanted(mask, schema, ("new",))
    assert not is_wanted(mask, {"properties": {"meta": {}}}, ("new",))


class _Mask(dict[tuple[str, ...], bool]):
    """As the SDK's: a field that it does not name goes with its parent."""

    def __missing__(self, breadcrumb: tuple[str, ...]) -> bool:
        return self[breadcrumb[:-2]]
