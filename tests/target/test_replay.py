"""Rejects fed again: what was wrong is mended, the rest is rejected anew with its history, and no state moves."""

import json
from pathlib import Path
from typing import Any

import pytest

from pim_wire.errors import StopRun
from sandbox.faults import Fault
from target_micropim.errors import TooMany
from target_micropim.target import TargetMicroPim


def rejects_file(outcome: Any) -> Path:
    """rejects.jsonl of a run."""
    return outcome.folder / "rejects.jsonl"


def replay(world: Any, file: Path, *more: str, **settings: Any) -> tuple[Any, Any]:
    """``--replay`` in a process of its own, with messages on stdin that must not be read; its end and its report."""
    before = set(world._folders())
    process = world.start(flags=["--replay", str(file), *more], **settings)
    out, said = process.communicate(b'{"type": "STATE", "value": {"must not": "move"}}\n', timeout=60)
    assert out == b"", said
    (new,) = [folder for folder in world._folders() if folder not in before]
    return process.returncode, new


def skus(world: Any) -> list[str]:
    """What MicroPIM holds."""
    return sorted(product["sku"] for product in world.pim.products.values())


def lines_of(folder: Path) -> list[Any]:
    """The rejects of a run."""
    file = folder / "rejects.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_what_is_mended_goes_in_and_what_is_not_stays_rejected(world: Any, singer: Any) -> None:
    """One product was refused by a passing rule, one has no name: the first goes in, the second has tried twice."""
    world.pim.faults.add(Fault("status", "POST /api/products$", nth=2, status=422))
    given = singer.lines(products=[singer.product(1), singer.product(2), {"id": "3", "status": "active"}])
    outcome = world.load(given, max_in_flight=1)
    assert [row["attempts"] for row in outcome.rejects] == [1, 1]
    code, folder = replay(world, rejects_file(outcome))
    assert code == 0
    assert skus(world) == ["1", "2"]
    (left,) = lines_of(folder)
    assert (left["external_id"], left["attempts"], left["record"]) == ("3", 2, {"id": "3", "status": "active"})
    report = json.loads((folder / "report.json").read_text())
    assert report["streams"] == {"products": {"received": 2, "created": 1, "rejected": 1}}
    code, folder = replay(world, folder / "rejects.jsonl")
    assert lines_of(folder)[0]["attempts"] == 3


def test_a_reject_tells_all_that_is_known(world: Any, singer: Any) -> None:
    """Stage, every reason with its path, the server's own words and status, the whole record, when and how often."""
    world.pim.faults.add(Fault("status", "POST /api/products$", status=422))
    record = singer.product(1, extra={"deep": [1, None, "ü"]})
    (row,) = world.load(singer.lines(products=[record])).rejects
    assert (row["stage"], row["status"], row["attempts"]) == ("send", 422, 1)
    assert row["said"]
    assert row["reasons"][0]["path"] == "$"
    assert row["record"] == record
    assert row["rejected_at"] > 1_700_000_000


LONG = b'{"n": 18446744073709551617, "d": 0.12345678901234567, "list": [-123456789012345678901234567890.5]}'


def test_numbers_go_through_refusals_with_every_digit(world: Any, singer: Any) -> None:
    """In the file, in the ledger, in a replay of the one and another try of the other; then nothing is new."""
    given = [line.replace(b'"LONG"', LONG) for line in singer.lines(products=[singer.product(1, extra="LONG")])]
    for _again in range(2):
        world.pim.faults.add(Fault("status", "POST /api/products$", status=422))
        outcome = world.load(given)
        assert LONG.replace(b" ", b"") in rejects_file(outcome).read_bytes()
    world.pim.faults.add(Fault("status", "POST /api/products$", status=422))
    _code, folder = replay(world, rejects_file(outcome))
    assert LONG.replace(b" ", b"") in (folder / "rejects.jsonl").read_bytes()
    assert lines_of(folder)[0]["attempts"] == 2
    world.pim.faults.clear()
    world.load(singer.lines())
    assert skus(world) == ["1"]
    world.forget_requests()
    assert world.load(given).report["streams"]["products"] == {"received": 1, "unchanged": 1}


def test_categories_go_first_whatever_their_place_in_the_file(world: Any, singer: Any) -> None:
    """A product that stands before its category in the file still gets it at once, in one write."""
    file = world.folder / "rejects.jsonl"
    record = singer.product(1, publicCategories=[{"id": 2}])
    rows = [
        {"stream": "products", "external_id": "1", "record": record},
        {"stream": "categories", "external_id": "2", "record": singer.category(2, "B", 1)},
        {"stream": "categories", "external_id": "1", "record": singer.category(1, "A")},
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, _folder = replay(world, file)
    assert code == 0
    assert [write.split("/")[-1] for write in world.writes()] == ["categories", "categories", "products"]
    assert world.pim.snapshot()["products"]["1"]["categories"] == ["A > B"]


def test_an_old_reject_never_takes_a_product_back(world: Any, singer: Any) -> None:
    """A newer version went in meanwhile: the replayed one is superseded, and costs no request."""
    world.load(singer.lines(products=[singer.product(1)]))
    world.pim.faults.add(Fault("status", "PATCH /api/products", nth=1, status=422))
    refused = world.load(singer.lines(products=[singer.product(1, name={"en": "Old"})]))
    world.load(singer.lines(products=[singer.product(1, name={"en": "Newer"})]))
    world.forget_requests()
    code, folder = replay(world, rejects_file(refused))
    assert code == 0
    assert world.pim.requests == []
    assert world.pim.snapshot()["products"]["1"]["name"] == "Newer"
    report = json.loads((folder / "report.json").read_text())
    assert report["streams"] == {"products": {"received": 1, "superseded": 1}}


def test_two_versions_in_one_file_end_with_the_later_one(world: Any, singer: Any) -> None:
    """Both were refused in one night; the first of them going in does not make the second one old."""
    world.pim.faults.add(Fault("status", "POST /api/products$", times=2, status=422))
    given = [singer.product(1, name={"en": name}) for name in ("First", "Second")]
    refused = world.load(singer.lines(products=given), max_in_flight=1)
    assert len(refused.rejects) == 2
    replay(world, rejects_file(refused))
    assert world.pim.snapshot()["products"]["1"]["name"] == "Second"


def test_a_file_that_is_none_of_ours_is_refused_before_the_first_record(world: Any, singer: Any) -> None:
    """A cut line names its number, and nothing of the file goes in."""
    file = world.folder / "rejects.jsonl"
    good = json.dumps({"stream": "products", "external_id": "1", "record": singer.product(1)})
    for bad in ('{"stream": "products", "rec', '{"id": 1}', "[]", '{"stream": "x", "record": 1, "attempts": "y"}'):
        file.write_text(f"{good}\n{bad}\n")
        code, _folder = replay(world, file)
        assert code == 1
    assert world.pim.requests == []
    target = TargetMicroPim(config=world.settings())
    with pytest.raises(StopRun, match="line 2"):
        target.replay(file)


def test_records_no_object_and_of_unknown_streams_are_fed_as_they_were(world: Any, singer: Any) -> None:
    """What was rejected for its shape or its stream is judged again by the same rules."""
    given = [*singer.lines(weather=[{"id": 1}]), singer.schema("products"), singer.record("products", ["no object"])]
    first = world.load(given, on_unknown_stream="reject")
    code, folder = replay(world, rejects_file(first), on_unknown_stream="reject")
    assert code == 0
    assert sorted((row["stream"], row["attempts"]) for row in lines_of(folder)) == [("products", 2), ("weather", 2)]


def test_the_limit_of_rejects_holds_for_a_replay(world: Any, singer: Any) -> None:
    """Exit code 1 when more fails than max_rejects allows."""
    first = world.load(singer.lines(products=[{"id": "1", "status": "active"}]))
    code, folder = replay(world, rejects_file(first), max_rejects=0)
    assert code == 1
    assert "max_rejects" in json.loads((folder / "report.json").read_text())["stopped_by"]


def test_a_replay_can_be_planned(world: Any, singer: Any) -> None:
    """--dry-run --replay shows what would go in, and writes nothing."""
    world.pim.faults.add(Fault("status", "POST /api/products$", nth=1, status=422))
    first = world.load(singer.lines(products=[singer.product(1)]))
    code, folder = replay(world, rejects_file(first), "--dry-run")
    assert code == 0
    assert skus(world) == []
    assert json.loads((folder / "plan.jsonl").read_text())["action"] == "create"


def test_the_rejects_of_a_stopped_run_are_on_the_disk(world: Any, singer: Any) -> None:
    """A guard that stops the run leaves what it counted, ready for a replay."""
    given = [{"id": str(n), "status": "active"} for n in range(5)]
    outcome = world.run(singer.lines(products=given), max_rejects=2)
    assert isinstance(outcome.failure, TooMany)
    assert len(outcome.rejects) >= 3  # the one too many, and what was in flight
    assert sum(outcome.report["streams"]["products"].values()) == 2 * outcome.report["streams"]["products"]["received"]


@pytest.mark.parametrize("levels", [300, 30_000])
def test_a_record_too_deep_is_refused_again_or_the_file_is_none_of_ours(world: Any, singer: Any, levels: int) -> None:
    """The bound of the input holds for a replay; what no rejects file can hold stops it, in one sentence."""
    deep = json.dumps({"stream": "products", "external_id": "1", "record": singer.product(1, deep=0)})
    file = world.folder / "rejects.jsonl"
    file.write_text(deep.replace('"deep": 0', f'"deep": {"[" * levels}{"]" * levels}') + "\n")
    code, folder = replay(world, file)
    assert code == (1 if levels > 1000 else 0)
    if levels < 1000:
        (row,) = lines_of(folder)
        assert (row["attempts"], row["stage"], row["external_id"]) == (2, "read", "1")
        assert "max_nesting" in row["reason"]
        code, folder = replay(world, folder / "rejects.jsonl", max_nesting=250)
        assert lines_of(folder)[0]["attempts"] == 3
    else:
        assert "line 1 is no line of a rejects.jsonl" in (folder / "report.json").read_text()
    assert skus(world) == []


def test_a_line_too_long_stops_a_replay_before_the_first_record(world: Any, singer: Any) -> None:
    """It is not held: four times max_line_bytes is more than a record of that length and its reasons can take."""
    file = world.folder / "rejects.jsonl"
    rows = [{"stream": "products", "external_id": str(n), "record": singer.product(n)} for n in (1, 2)]
    rows[1]["record"]["name"]["en"] = "x" * 4 * 65_536
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, folder = replay(world, file, max_line_bytes=65_536)
    assert code == 1
    assert "line 2 has more than 262144 bytes" in json.loads((folder / "report.json").read_text())["stopped_by"]
    assert world.pim.requests == []
