"""``destination-micropim write`` as Airbyte runs it: what becomes of records, over the sandbox."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.destination import Ended, Json, products, record, state, stream
from tests.target.conftest import World, category, product

Run = Callable[..., Ended]


def test_the_second_night_writes_nothing(command: Run, world: World) -> None:
    """The same records again cost no request for a write, and their state leaves all the same."""
    given = [*products(1, 2, 3), state("products", {"at": 3})]
    for writes in (3, 0):
        world.forget_requests()
        ended = command("write", given)
        assert ended.code == 0, ended.messages
        assert len(world.writes()) == writes
        (left,) = ended.states
        assert left["stream"] == given[-1]["state"]["stream"]
        assert left["destinationStats"] == {"recordCount": 3}
    assert sorted(each["sku"] for each in world.pim.products.values()) == ["1", "2", "3"]


def test_a_changed_record_is_updated_from_its_own_line(command: Run, world: World) -> None:
    """What waits as text is read again from within the message."""
    command("write", products(1))
    changed = record("products", product(1, updated_at="2026-02-01T00:00:00Z", name={"en": "New name"}))
    assert command("write", [changed]).code == 0
    assert [body["name"] for body in world.bodies("PATCH")] == ["New name"]


def test_what_tells_about_the_sync_is_passed_over(command: Run, world: World) -> None:
    """LOG, TRACE and CONTROL of the source, and empty lines."""
    others: list[Any] = [{"type": kind} for kind in ("LOG", "TRACE", "CONTROL", "SPEC")]
    assert command("write", [*others, b"", *products(1)]).code == 0
    assert len(world.pim.products) == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"not json", "Input line 2: not an Airbyte message"),
        (b"[1]", "Input line 2: not an Airbyte message"),
        (b'{"type":"BATCH"}', "Input line 2: unknown message type 'BATCH'"),
        (b'{"type":"RECORD","record":{"data":{}}}', "Input line 2: a RECORD without"),
        (b'{"type":"RECORD"}', "Input line 2: a RECORD without"),
        (b'{"type":"RECORD","record":{"stream":"products","data":{},"namespace":5}}', "a namespace that is no text"),
        (b'{"type":"STATE","state":[]}', "Input line 2: a STATE without"),
        (b'{"type":"STATE","state":{"stream":{"stream_state":{}}}}', "without the name of its stream"),
        (b'{"type":"STATE","state":{"global":{"stream_states":{"a":1}}}}', "stream_states are no list"),
    ],
)
def test_a_bad_line_ends_the_run_with_its_number(command: Run, line: bytes, words: str) -> None:
    """What came before is safe, and its state would have left."""
    ended = command("write", [*products(1), line, *products(2)])
    assert ended.code == 1
    assert words in ended.error["message"]
    assert ended.error["failure_type"] == "config_error"


def test_a_record_that_cannot_be_taken_is_a_reject(command: Run, world: World) -> None:
    """Too long, too deep, no strict JSON, no object: the run goes on, and the count says so."""
    deep = b'{"type":"RECORD","record":{"namespace":null,"stream":"products","data":' + b"[" * 30 + b"]" * 30 + b"}}"
    given = [
        record("products", product(1, descriptions="x" * 70_000)),
        deep,
        b'{"type":"RECORD","record":{"stream":"products","data":{"id":"2","price":NaN},"emitted_at":1}}',
        record("products", "no object"),
        *products(3),
        state("products", 1),
    ]
    ended = command("write", given, max_line_bytes=65_536, max_nesting=16)
    assert ended.code == 0, ended.messages
    assert ended.states[0]["destinationStats"] == {"recordCount": 1, "rejectedRecordCount": 4}
    assert [each["sku"] for each in world.pim.products.values()] == ["3"]


@pytest.mark.parametrize(
    ("mode", "generation", "words"),
    [
        ("overwrite", {}, "products: the sync mode overwrite deletes nothing in MicroPIM"),
        ("append_dedup", {"generation_id": 3, "minimum_generation_id": 3}, "a refresh or a clearing of data deletes"),
        ("append", {"generation_id": 3, "minimum_generation_id": 0}, ""),
    ],
)
def test_nothing_is_deleted_whatever_the_mode(
    command: Run,
    world: World,
    mode: str,
    generation: Json,
    words: str,
) -> None:
    """A shop's products are not the source's to delete; the log says so."""
    command("write", products(1, 2))
    ended = command("write", products(2), stream("products", mode, **generation))
    assert ended.code == 0
    assert len(world.pim.products) == 2
    assert not [each for each in world.writes() if each.startswith("DELETE")]
    assert words in ended.warnings
    assert words or "deletes nothing" not in ended.warnings


def test_a_mode_that_is_not_offered_is_refused(command: Run, world: World) -> None:
    """Before anything is made."""
    ended = command("write", products(1), stream("products", "soft_delete"))
    assert (ended.code, ended.error["failure_type"]) == (1, "config_error")
    assert not (world.folder / "ledger.db").exists()


def test_a_stream_without_a_place_is_taken_and_its_state_passes(command: Run) -> None:
    """And the name of a stream with a prefix is told."""
    given = [record("be_products", product(1)), state("be_products", {"at": 1}), record("brands", {"id": 1})]
    ended = command("write", given, stream("be_products"), stream("brands"))
    assert ended.code == 0
    assert ended.states[0]["destinationStats"] == {"recordCount": 1}
    assert "be_products: MicroPIM has no place for a stream of this name. If it holds products" in ended.warnings
    assert "brands: MicroPIM has no place for a stream of this name" not in ended.warnings


def test_any_stream_by_the_native_profile(command: Run, world: World) -> None:
    """Its name is given by a field of the form, as text; a row that was deleted in a database is known as such."""
    settings = {"profile": "native", "streams": '{"be_items": "products"}', "delete_mode": "archive"}
    row = {"sku": "A1", "name": "One", "_ab_cdc_lsn": 1, "_ab_cdc_deleted_at": None}
    assert command("write", [record("be_items", row)], stream("be_items"), **settings).code == 0
    world.forget_requests()
    assert command("write", [record("be_items", row | {"_ab_cdc_lsn": 2})], stream("be_items"), **settings).code == 0
    assert world.writes() == []
    gone = row | {"_ab_cdc_deleted_at": "2026-11-30T00:00:00Z"}
    assert command("write", [record("be_items", gone)], stream("be_items"), **settings).code == 0
    assert [each["status"] for each in world.pim.products.values()] == ["archived"]


def test_categories_and_products_go_through_the_medipim_profile(command: Run, world: World) -> None:
    """As they come from source-medipim."""
    given = [record("categories", category(5, "Skin")), *products(1), state("categories", 1), state("products", 1)]
    ended = command("write", given, stream("categories", "append"), stream("products"))
    assert [each["stream"]["stream_descriptor"]["name"] for each in ended.states] == ["categories", "products"]
    assert len(world.pim.categories) == 1


def test_a_schema_that_cannot_be_used_is_refused_before_the_first_record(command: Run) -> None:
    """As in Singer; the stream is named."""
    flat = stream("products", json_schema={"properties": {"id": {}, "color": {}}})
    ended = command("write", products(1), flat)
    assert (ended.code, ended.error["failure_type"]) == (1, "config_error")
    assert "'products' cannot be used: it declares no name" in ended.error["message"]


def test_a_dry_run_writes_nothing_and_lets_no_state_go(command: Run, world: World) -> None:
    """The plan lies in the report's folder, whose place is in the log."""
    ended = command("write", [*products(1), state("products", 1)], dry_run=True)
    assert (ended.code, ended.states, world.writes()) == (0, [], [])
    (plan,) = world.folder.glob("reports/*/plan.jsonl")
    assert any(str(plan.parent) in log["message"] for log in ended.of("LOG"))


def test_the_pair_over_two_nights(command: Run, world: World, source: Any, sandbox: Any) -> None:
    """What source-medipim writes goes in, and its states come back to it; the second night writes nothing."""
    box, names = sandbox(products=8), ("products", "categories", "brands")
    streams = [stream(name) for name in names]
    first = source("read", box, *names)
    ended = command("write", first.messages, *streams)
    assert ended.code == 0, ended.messages
    assert world.pim.products
    kept = {each["stream"]["stream_descriptor"]["name"]: each for each in ended.states}
    assert {name: each["stream"]["stream_state"] for name, each in kept.items()} == {
        each["stream"]["stream_descriptor"]["name"]: each["stream"]["stream_state"] for each in first.last_states
    }
    assert sum(each["destinationStats"]["recordCount"] for each in ended.states) == len(first.of("RECORD"))
    world.forget_requests()
    second = source("read", box, *names, state=list(kept.values()))
    assert command("write", second.messages, *streams).code == 0
    assert world.writes() == []
