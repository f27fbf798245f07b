"""Catalogs that other programs made, and selection beside stream maps and flattening."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from pim_wire.errors import InvalidInput
from sandbox import Sandbox
from tap_medipim.catalog_file import readable
from tap_medipim.selection import is_wanted
from tap_medipim.tap import _read_json
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


def test_a_catalog_as_an_editor_saves_it() -> None:
    """A byte order mark is no matter; another encoding than UTF-8 is told."""
    saved = json.dumps(entry())
    assert _read_json(io.TextIOWrapper(io.BytesIO(saved.encode("utf-8-sig")), "utf-8"), "catalog") == entry()
    with pytest.raises(InvalidInput, match="The catalog file is no text in UTF-8"):
        _read_json(io.TextIOWrapper(io.BytesIO(saved.encode("utf-16")), "utf-8"), "catalog")


REFUSED = [
    ({}, "no list of streams"),
    ({"streams": [{"schema": {}}]}, "without tap_stream_id"),
    (entry(stream="items"), "__alias__"),
    (entry(schema=[]), "schema of products"),
    (entry(metadata=[{"breadcrumb": []}]), "metadata of products"),
    (
        entry(metadata=[{"breadcrumb": ["status"], "metadata": {"selected": False}}]),
        r"deselects \['status'\] of products",
    ),
    (
        entry(metadata=[{"breadcrumb": "status", "metadata": {"selected": "false"}}]),
        r"deselects \['status'\] of products",
    ),
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
    {"*": {"__filter__": "record['id'] != ''"}, "brands": {"slug": "name"}},
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


def chosen(**fields: Any) -> Json:
    """A catalog that selects products, and says this of their fields."""
    return entry(
        metadata=[{"breadcrumb": [], "metadata": {"selected": True}}]
        + [{"breadcrumb": ["properties", *name.split("__")], "metadata": said} for name, said in fields.items()]
    )


@pytest.mark.parametrize("said", [{"selected": "false"}, {"selected-by-default": False}, {"inclusion": "unsupported"}])
def test_a_field_is_left_out_however_that_is_said(said: Json, sandbox: Make, run_tap: Run) -> None:
    """As a text, by default, or as one that cannot be had; a breadcrumb that leads nowhere harms nothing."""
    more = {"breadcrumb": ["properties", "photos", "items", "properties", "id"], "metadata": {"selected": False}}
    catalog = chosen(status=said)
    catalog["streams"][0]["metadata"].append(more)
    run = run_tap(sandbox(products=2), catalog=catalog)

    assert run.error is None
    assert [record for record in run.records() if "status" in record] == []
    assert len(run.records()) == 2


def test_the_key_and_the_bookmark_are_the_taps_own(sandbox: Make, run_tap: Run) -> None:
    """A catalog can neither take them away nor choose a bookmark that cannot be asked for."""
    odd = entry(
        replication_key="status",
        replication_method="LOG_BASED",
        schema={"type": "object", "properties": {"status": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}},
        metadata=[{"breadcrumb": [], "metadata": {"selected": True}}],
    )
    odd["streams"].append({**odd["streams"][0], "tap_stream_id": "brands", "schema": {}})
    run = run_tap(sandbox(products=2), catalog=odd)

    schemas = {message["stream"]: message for message in run.messages if message["type"] == "SCHEMA"}
    assert run.error is None
    assert faults(run.messages) == []
    assert schemas["products"]["bookmark_properties"] == ["updated_at"]
    assert "bookmark_properties" not in schemas["brands"]
    assert {"id", "updated_at"} <= schemas["products"]["schema"]["properties"].keys()


def test_a_key_that_is_no_field_is_refused(sandbox: Make, run_tap: Run) -> None:
    """No loader could make a table of it."""
    run = run_tap(sandbox(products=1), catalog=entry(key_properties=["nope"], selected=True))
    assert "The catalog's key of products is nope" in str(run.error)


REMARKS: list[tuple[Json, str]] = [
    ({"catalog": {"streams": []}}, "No stream is selected: nothing is read"),
    ({"catalog": {"streams": [{"tap_stream_id": "osp_categories", "selected": True}]}}, "osp_categories: this market"),
    ({"stream_maps": {"products": {"__alias__": "brands"}}}, "brands and products both go out as brands"),
]


@pytest.mark.parametrize(("given", "words"), REMARKS)
def test_an_odd_choice_of_streams_is_told(
    given: Json, words: str, sandbox: Make, run_tap: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is silent, and nothing fails."""
    streams = () if "catalog" in given else ("products", "brands")
    run = run_tap(sandbox(products=1), *streams, **given)
    assert run.error is None
    assert words in caplog.text


def test_an_expression_sees_what_is_deselected_within_an_object(sandbox: Make, run_tap: Run) -> None:
    """And it stays away all the same."""
    catalog = chosen(meta__properties__updatedAt={"selected": False})
    run = run_tap(sandbox(products=2), catalog=catalog, stream_maps={"products": {"second": "int(meta['updatedAt'])"}})

    assert run.error is None
    assert [type(record["second"]) for record in run.records()] == [int, int]
    assert [record for record in run.records() if "updatedAt" in record["meta"]] == []


def test_a_filter_that_cannot_take_a_value_costs_its_record(sandbox: Make, run_tap: Run) -> None:
    """Named, as an expression does."""
    box = sandbox(products=3)
    odd = min(box.medipim.catalogue.products)
    box.medipim.change(odd, lambda product: product.update(name=None))
    run = run_tap(box, "products", stream_maps={"products": {"__filter__": "name['nl'] != 'x'"}})

    assert odd in str(run.tap.run.failed["products"])
    assert len(run.records()) == 2


def test_two_columns_of_one_name_are_refused(sandbox: Make, run_tap: Run) -> None:
    """By a map beside flattening, or by short names: which, and by what."""
    maps = {"products": {"name__nl": "id"}}
    run = run_tap(sandbox(products=1), "products", stream_maps=maps, flattening_enabled=True, flattening_max_depth=1)
    assert "flattening of products: Duplicate column name produced in schema: name__nl" in str(run.error)
