"""products.csv: what became of product X; and each list of the report as a table beside it."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from target_micropim.report.input_order import record_scope
from target_micropim.report.run_report import Change, Report, Subject
from tests.target.conftest import Outcome

Rows = list[dict[str, str]]


def table(outcome: Outcome, name: str) -> Rows:
    """A table of the run's folder; none where the file is not there."""
    assert outcome.folder is not None
    file = outcome.folder / name
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline=""))) if file.exists() else []


def ends(outcome: Outcome) -> dict[str, tuple[str, str]]:
    """The last action and reason of each product."""
    return {row["id"]: (row["action"], row["reason"]) for row in table(outcome, "products.csv")}


def test_every_product_stands_with_name_action_reason_and_changes(world: Any, singer: Any) -> None:
    """Made, skipped, refused; then changed, left as a person has it, archived; then taken out of the archive."""
    first = [singer.product(1), singer.product(2), singer.product(3, status="inactive"), {"id": "4"}, singer.product(5)]
    outcome = world.load(singer.lines(products=first), sku_template="M-{id}", max_in_flight=1)
    assert {(row["id"], row["sku"], row["name"]) for row in table(outcome, "products.csv")} == {
        *((str(n), f"M-{n}", f"Product {n}") for n in (1, 2, 3, 5)),
        ("4", "M-4", ""),
    }
    assert {key: action for key, (action, _why) in ends(outcome).items()} == {
        "1": "created", "2": "created", "3": "skipped", "4": "rejected", "5": "created",
    }  # fmt: skip
    assert "MicroPIM does not have it" in ends(outcome)["3"][1]
    assert "name: no text in any of the languages" in ends(outcome)["4"][1]
    (refused,) = table(outcome, "rejects.csv")
    assert (refused["id"], refused["stage"], refused["attempts"]) == ("4", "map", "1")
    assert ("streams", "products", "created", "3") in {tuple(row.values()) for row in table(outcome, "numbers.csv")}

    world.pim.edit(90001, name="By hand")
    second = [singer.product(n, name={"en": f"New {n}"}) for n in (1, 2)] + [singer.product(5, status="replaced")]
    outcome = world.load(singer.lines(products=second), sku_template="M-{id}", max_in_flight=1)
    rows = {row["id"]: row for row in table(outcome, "products.csv")}
    assert ends(outcome)["1"] == ("unchanged", "MicroPIM's value stands: name (questions.csv)")
    assert (rows["2"]["action"], rows["2"]["changes"]) == ("updated", "name: Product 2 → New 2")
    assert (rows["5"]["action"], rows["5"]["changes"]) == ("archived", "status: draft → archived")
    assert rows["5"]["reason"] == "its status in the source is replaced"
    assert rows["4"]["reason"].startswith("rejected by an earlier run, and tried again; name: ")

    outcome = world.load(singer.lines(products=[singer.product(5)]), sku_template="M-{id}")
    assert ends(outcome)["5"][0] == "revived"
    assert outcome.report["streams"]["products"]["updated"] == 1


def test_unchanged_and_superseded_products_stand_there_too(world: Any, singer: Any) -> None:
    """More of them than wait in memory; an older version is named with its reason."""
    products = [singer.product(number) for number in range(1, 12)]
    world.load(singer.lines(products=products))
    old = singer.product(3, name={"en": "Old"}, updated_at="2025-01-01T00:00:00Z")
    outcome = world.load(singer.lines(products=[*products, old]))
    rows = table(outcome, "products.csv")
    assert [row["action"] for row in rows] == ["unchanged"] * 11 + ["superseded"]
    assert rows[-1]["reason"] == "a newer version of it was dealt with before"


def test_pictures_and_a_late_category_are_changes(world: Any, singer: Any) -> None:
    """A picture is counted; a category that comes in a later run changes a product that does not come."""
    product = singer.product(1, photos=[singer.picture(7)], publicCategories=[{"id": "9"}])
    outcome = world.load(singer.lines(products=[product]))
    assert table(outcome, "products.csv")[0]["changes"] == "pictures: +1"
    outcome = world.load(singer.lines(categories=[singer.category(9, "Tea")]))
    assert ends(outcome) == {"1": ("updated", "its category 9 has come")}


def test_a_killed_run_leaves_whole_rows(world: Any, singer: Any) -> None:
    """What was settled before the kill stands there."""
    process = world.start(max_in_flight=1, writes_per_minute=600_000)
    world.kill_at(25, process, committed=False)
    process.communicate(b"\n".join(singer.lines(products=[singer.product(n) for n in range(1, 30)])) + b"\n")
    (folder,) = (world.folder / "reports").iterdir()
    lines = (folder / "products.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "id,sku,name,action,reason,changes"
    assert len(lines) > 1
    assert all(line.count(",") == 5 for line in lines)


def test_each_list_is_a_table_with_both_values(world: Any, singer: Any) -> None:
    """A conflict names the product and both values; a change what was there before and after."""
    world.load(singer.lines(products=[singer.product(1), singer.product(2)]), max_in_flight=1)
    world.pim.edit(90001, name="Edited by a person")
    given = [singer.product(1, name={"en": "Source changed too"}), singer.product(2, name={"en": "New"})]
    outcome = world.load(singer.lines(products=given), max_in_flight=1)
    (question,) = table(outcome, "questions.csv")
    assert question["kind"] == "conflicts"
    assert (question["id"], question["sku"], question["name"]) == ("1", "1", "Source changed too")
    assert (question["field"], question["source"], question["micropim"]) == (
        "name", "Source changed too", "Edited by a person",
    )  # fmt: skip
    (change,) = table(outcome, "changes.csv")
    assert (change["sku"], change["name"], change["before"], change["after"]) == ("2", "New", "Product 2", "New")
    later = world.load(singer.lines(products=[]))  # the question stays open, and is listed again
    assert [row["micropim"] for row in table(later, "questions.csv")] == ["Edited by a person"]


@pytest.mark.parametrize("evil", ["=1+1", '"quoted", and\nbroken', "\u202etxt.exe"])
def test_hostile_words_stay_in_their_cell(world: Any, singer: Any, evil: str) -> None:
    """No formula, no second row."""
    outcome = world.load(singer.lines(products=[singer.product(1, name={"en": evil})]))
    (row,) = table(outcome, "products.csv")
    assert row["action"] == "created"
    assert not row["name"].startswith("=")


def test_a_change_of_no_record_stands_there_too(tmp_path: Path) -> None:
    """What is changed without a record of this run, and a record that is settled while it is at hand."""
    report = Report(tmp_path, "run")
    report.open()
    report.changed(Subject("products", "1", "M-1", 7), [Change("brand_id", None, 5)])
    report.changed(Subject("categories", "c", None, 8), [Change("path", "A", "B")])
    with record_scope("products", "2", 4, "Tea"):
        report.changed(Subject("products", "2", "M-2", 9), [Change("name", "A", "B")])
        report.settle("products", "undone")
    told = table(Outcome(None, [], report.folder), "products.csv")
    assert [tuple(row.values()) for row in told] == [
        ("1", "M-1", "", "updated", "", 'brand_id: "" → 5'),
        ("2", "M-2", "Tea", "undone", "", "name: A → B"),
    ]


def test_a_plan_is_a_table_with_names_and_says_how_long_it_would_take(world: Any, singer: Any) -> None:
    """In the words of what would be; a product that changes, one that is made, a picture, one that is archived."""
    world.load(singer.lines(products=[singer.product(1), singer.product(2)]), max_in_flight=1)
    given = [singer.product(1, name={"en": "New"}, photos=[singer.picture(3)]), singer.product(2, status="inactive")]
    given += [singer.product(3), singer.product(4, status="inactive")]
    outcome = world.load(singer.lines(products=given), dry_run=True, writes_per_minute=2)
    rows = {(row["action"], row["id"], row["field"]): row for row in table(outcome, "plan.csv")}
    assert (rows["update", "1", "name"]["before"], rows["update", "1", "name"]["after"]) == ("Product 1", "New")
    assert rows["update", "1", "pictures"]["after"] == "1 more"
    assert rows["archive", "2", "status"]["name"] == "Product 2"
    assert rows["create", "3", "name"]["after"] == "Product 3"
    assert {row["action"] for row in table(outcome, "products.csv")} == {"created", "updated", "archived", "skipped"}
    html = (outcome.folder / "report.html").read_text(encoding="utf-8")  # type: ignore[operator]
    for words in ("Only a plan.", "It would be 4 writes, at least 2 min 00 s.", "Products that would be made"):
        assert words in html
