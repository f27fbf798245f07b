"""Lists that only answer to GET, rows without an update time, names by language, ids of v3."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pim_wire.schema_files import read_schema
from sandbox import Sandbox
from sandbox.medipim.catalogue import Entry
from tap_medipim.conform import Conformer

Run = Callable[..., Any]
Make = Callable[..., Sandbox]
V3 = {"api_version": "v3", "page_size": 10}


def asked(box: Sandbox, path: str) -> list[str]:
    """The methods in which a path was asked."""
    return [request.method for request in box.medipim.requests if request.path == path]


@pytest.mark.parametrize("status", [404, 405])
def test_a_list_that_answers_to_get_alone(sandbox: Make, run_tap: Run, status: int) -> None:
    """The product page links some lists so (docs/api/medipim.md#query-grammar)."""
    box = sandbox(products=5, get_queries=True, post_queries=status)
    run = run_tap(box, "categories", "active_ingredients", page_size=10)
    assert run.error is None
    assert len(run.ids("categories")) == 60
    assert run.ids("active_ingredients")
    assert asked(box, "/v4/public-categories/query") == ["POST", "GET"]


def test_which_method_answers_is_remembered_for_the_run(sandbox: Make, run_tap: Run) -> None:
    """A list that pages anyway is asked by POST once."""
    box = sandbox(products=5, get_queries=True, post_queries=405)
    client = run_tap(box, "brands").tap.run.client
    box.medipim.requests.clear()
    client.query_list("/v4/brands/query", {})
    assert asked(box, "/v4/brands/query") == ["GET"]


def test_a_list_that_answers_to_neither_is_left_out(sandbox: Make, run_tap: Run) -> None:
    """As before: a warning, and the others are read."""
    box = sandbox(products=5, get_queries=True, missing_endpoints=frozenset({"brands"}))
    run = run_tap(box, "brands", "categories")
    assert run.error is None
    assert run.streams == {"categories"}


def undated(box: Sandbox, number: int) -> str:
    """A product of the catalogue loses its update time."""
    entries = box.medipim.catalogue.entries
    key = list(entries)[number]
    entry = entries[key]
    raw = {**entry.raw, "meta": {"createdAt": 1}}
    entries[key] = Entry(box.medipim.catalogue, replace(entry.head, updated_at=None), raw)
    return key


@pytest.mark.parametrize(
    "settings", [{}, {"products_endpoint": "query", "page_size": 10}, V3, {"filter": {"not": {"id": "M1"}}}]
)
def test_a_first_load_brings_products_without_an_update_time(
    sandbox: Make, run_tap: Run, settings: dict[str, Any]
) -> None:
    """Whatever way it is read; ``updatedSince`` would never match them."""
    box = sandbox(products=40)
    key = undated(box, 7)
    first = run_tap(box, "products", **settings)
    assert first.error is None
    assert sorted(first.ids()) == sorted(box.medipim.catalogue.entries)
    assert key in first.ids()
    second = run_tap(box, "products", state=first.state, **settings)
    assert second.error is None
    assert len(second.ids()) < 40


def test_a_service_that_wants_an_update_time_gets_one(sandbox: Make, run_tap: Run) -> None:
    """The question without one is refused: then all that has one comes."""
    box = sandbox(products=40)
    makers = box.medipim.state.grammar.makers
    box.medipim.state.grammar = replace(
        box.medipim.state.grammar, makers={name: maker for name, maker in makers.items() if name != "id"}
    )
    run = run_tap(box, "products")
    assert run.error is None
    assert len(run.ids()) == 40


def test_names_by_language_are_valid_brands_and_organizations() -> None:
    """v4 gives one text, its page says localized: as they are written, both are as declared."""
    for stream in ("brands", "organizations"):
        schema = read_schema("medipim", stream)
        for name in ("Exemplia", {"nl": "Exemplia", "fr": None}, None):
            conformer = Conformer(schema)
            record = conformer.bring({"id": 1, "name": name})
            assert conformer.version == 0
            assert Draft202012Validator(schema).is_valid(record)
            assert record["name"] == (name and "Exemplia")


def test_ids_of_v3_are_texts_in_every_stream(sandbox: Make, run_tap: Run) -> None:
    """Also where the service gives numbers; and the schema that was announced says so."""
    box = sandbox(products=20, integer_ids=True)
    run = run_tap(box, **V3)
    assert run.error is None
    schemas = {each["stream"]: each["schema"] for each in run.messages if each["type"] == "SCHEMA"}
    assert len(run.streams) == 8
    for stream in run.streams:
        validator = Draft202012Validator(schemas[stream])
        for record in run.records(stream):
            assert isinstance(record["id"], str)
            assert [error.message for error in validator.iter_errors(record)] == []
