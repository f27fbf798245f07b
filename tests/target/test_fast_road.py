"""The short cut past the SDK's steps per record: only where they do nothing, and only as long as they are what we know.

A changed digest below means that the SDK's own steps changed: read what is new, carry over what matters to
``MicroPimSink.take``, and write the new digest here.
"""

import hashlib
import inspect
import json
from collections.abc import Callable
from typing import Any

import pytest
from singer_sdk.mapper import SameRecordTransform, StreamMap
from singer_sdk.sinks import RecordSink, Sink
from singer_sdk.target_base import Target

from target_micropim.sinks import NOTES, MicroPimSink
from target_micropim.target import TargetMicroPim

PASSED_BY = {
    Target._process_record_message: "872d8669572bc25f",
    StreamMap.flatten_record: "1df35f7cd0390f32",
    SameRecordTransform.transform: "94b4fc8f43bdd5e1",
    Sink._get_context: "b55c5e92a1bf8842",
    Sink._remove_sdc_metadata_from_record: "4097e629381625c5",
    Sink._validate_and_parse: "c7658df9bb1174a0",
    Sink.preprocess_record: "586cc627a64958fe",
    RecordSink._after_process_record: "788b38993b5ec357",
}


@pytest.mark.parametrize("step", PASSED_BY, ids=lambda step: step.__qualname__)
def test_the_sdk_steps_that_are_passed_by_are_those_we_know(step: Callable[..., Any]) -> None:
    """Another release of the SDK may do something there that matters."""
    assert hashlib.blake2b(inspect.getsource(step).encode(), digest_size=8).hexdigest() == PASSED_BY[step]


def test_what_the_sdk_takes_out_of_a_record_is_named() -> None:
    """A record with any of these notes takes the SDK's road."""
    source = inspect.getsource(Sink._remove_sdc_metadata_from_record)
    assert {line.split('"')[1] for line in source.splitlines() if "record.pop(" in line} == set(NOTES)


def told(outcome: Any) -> Any:
    """What a report says of the records, and what was rejected."""
    rejects = [{key: value for key, value in one.items() if key != "rejected_at"} for one in outcome.rejects]
    parts = ("streams", "totals", "changes", "conflicts", "warnings", "manual_actions")
    return [outcome.report[part] for part in parts], rejects


def nights(world: Any, singer: Any, emitted: Any) -> list[Any]:
    """A first load, one with changes, bad records and notes of a loader, and one with nothing new."""
    given = emitted(30)
    found = [told(world.load(singer.lines(**given)))]
    changed = json.loads(json.dumps(given))
    for record in changed["products"][:10]:
        record["name"] = {"nl": f"Anders {record['id']}"}
    changed["products"][4]["_sdc_sequence"] = 1
    changed["products"] += [{"name": {"en": "no id"}}, "no object", singer.product(7, name={"en": "x" * 300})]
    found += [told(world.load(singer.lines(**changed))) for _ in range(2)]
    return found


def test_both_roads_come_to_the_same(
    make_world: Any, singer: Any, emitted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reports, rejects and MicroPIM are what the SDK's own steps lead to, night after night."""
    taken: list[str] = []
    original = MicroPimSink.take

    def counted(sink: MicroPimSink, record: dict[str, Any], line: bytes) -> None:
        taken.append(sink.stream_name)
        original(sink, record, line)

    monkeypatch.setattr(MicroPimSink, "take", counted)
    short = make_world({"locale": "nl", "max_in_flight": 1})
    by_short = nights(short, singer, emitted)
    assert {"products", "categories"} <= set(taken)
    assert by_short[1][0][0]["products"]["updated"] > 5

    monkeypatch.setattr(TargetMicroPim, "_note_direct", lambda _self, _stream: None)
    taken.clear()
    long = make_world({"locale": "nl", "max_in_flight": 1})

    assert nights(long, singer, emitted) == by_short
    assert long.pim.snapshot() == short.pim.snapshot()
    assert not taken


@pytest.mark.parametrize(
    ("settings", "is_taken"),
    [
        ({}, True),
        ({"stream_maps": {"products": {"name": "name"}}}, False),
        ({"flattening_enabled": True, "flattening_max_depth": 1}, False),
    ],
    ids=["plain", "mapped", "flattened"],
)
def test_a_record_that_the_sdk_changes_takes_its_road(
    world: Any, singer: Any, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], is_taken: bool
) -> None:
    """Stream maps and flattening work on records; notes of a loader are taken out."""
    taken: list[Any] = []
    original = MicroPimSink.take

    def counted(sink: MicroPimSink, record: dict[str, Any], line: bytes) -> None:
        taken.append(record["id"])
        original(sink, record, line)

    monkeypatch.setattr(MicroPimSink, "take", counted)
    records = [singer.product(1), singer.product(2, _sdc_extracted_at="2026-01-01T00:00:00Z")]
    world.run(singer.lines(products=records), **settings)

    assert taken == (["1"] if is_taken else [])


def test_a_later_schema_is_asked_again(world: Any, singer: Any) -> None:
    """The SDK builds a new sink for another schema; records go through the new one, and none is lost."""
    other = json.loads(singer.schema("products"))
    other["schema"]["properties"]["more"] = {"type": "string"}
    lines = [singer.schema("products"), singer.record("products", singer.product(1)), json.dumps(other).encode()]
    outcome = world.load([*lines, singer.record("products", singer.product(2))])

    assert outcome.report["streams"]["products"] == {"received": 2, "created": 2}
