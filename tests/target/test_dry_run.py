"""A plan: everything is read, nothing is written anywhere, and the run after it does exactly what it said."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from target_micropim.errors import LedgerUnusable, TooMany

Json = dict[str, Any]


def plan_of(outcome: Any) -> list[Json]:
    """plan.jsonl."""
    return [json.loads(line) for line in (outcome.folder / "plan.jsonl").read_text().splitlines()]


def shots(world: Any) -> dict[str, str]:
    """The files of the working folder outside the reports, by content."""
    files = [file for file in world.folder.glob("*") if file.is_file()]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def planned(world: Any, given: list[bytes], **settings: Any) -> list[Json]:
    """The plan of a run that must leave no trace."""
    files, catalogue = shots(world), world.pim.snapshot()
    world.forget_requests()
    outcome = world.load(given, dry_run=True, **settings)
    assert world.writes() == []
    assert outcome.states == []
    assert (shots(world), world.pim.snapshot()) == (files, catalogue)
    assert outcome.report["dry_run"] is True
    return plan_of(outcome)


def paths(world: Any) -> dict[str, int]:
    """Category paths in MicroPIM to their ids."""
    rows = world.pim.categories

    def path(row: Json) -> str:
        above = rows.get(row["parent_id"])
        return f"{path(above)} > {row['name']}" if above else row["name"]

    return {path(row): number for number, row in rows.items()}


def expected_writes(world: Any, plan: list[Json]) -> list[tuple[str, str, str]]:
    """The requests that a plan foretells, in the ids that MicroPIM has by now."""
    known, ids = paths(world), {product["sku"]: number for number, product in world.pim.products.items()}
    made: list[tuple[str, str, str]] = []
    for line in plan:
        body = {name: change["after"] for name, change in line["fields"].items()}
        if line["stream"] == "categories":
            own = line["categories"][0]["path"]
            body |= {"parent_id": known.get(own.rpartition(" > ")[0])} if "parent_id" in body else {}
            number = line["remote_id"]
            kinds = {"create": ("POST", ""), "update": ("PUT", f"/{number}"), "move": ("POST", f"/{number}/move")}
            method, end = kinds[line["action"]]
            made.append((method, f"/api/categories{end}", body))
            continue
        number = ids[line["sku"]]
        if line["categories"]:
            body["category_ids"] = [known[category["path"]] for category in line["categories"]]
        if line["action"] == "create":
            made.append(("POST", "/api/products", body))
        elif line["action"] == "update":
            made.append(("PATCH", f"/api/products/{number}", body))
        elif line["action"] == "archive":
            made.append(("DELETE", f"/api/products/{number}", None))
        made += [("POST", f"/api/products/{number}/media", body) for body in line["pictures"]]
    return sorted((method, path, json.dumps(body, sort_keys=True)) for method, path, body in made)


def real_writes(world: Any) -> list[tuple[str, str, str]]:
    """The writes that MicroPIM has seen."""
    seen = [(r.method, r.path, r.body or None) for r in world.pim.requests if r.method != "GET"]
    return sorted((method, path, json.dumps(body, sort_keys=True)) for method, path, body in seen)


def plan_then_run(world: Any, given: list[bytes], **settings: Any) -> list[Json]:
    """A plan and the run after it, which must do the same."""
    plan = planned(world, given, **settings)
    world.forget_requests()
    world.load(given, **settings)
    assert expected_writes(world, plan) == real_writes(world)
    return plan


def test_the_plan_of_a_first_load_is_what_the_load_does(world: Any, singer: Any, emitted: Any) -> None:
    """Categories, products and pictures of the sandbox's catalogue: the same requests with the same bodies."""
    plan = plan_then_run(world, singer.lines(**emitted(60)))
    assert {line["action"] for line in plan} == {"create"}
    assert {line["stream"] for line in plan} == {"categories", "products"}
    assert any(line["pictures"] for line in plan)
    assert all(line["remote_id"] is None for line in plan)


def reads_told_and_made(world: Any, given: list[bytes]) -> tuple[int, int]:
    """What a plan tells of reads, and what the run after it makes of them."""
    told = int(world.load(given, dry_run=True).report["planned_reads"])
    world.forget_requests()
    world.load(given)
    return told, len([record for record in world.pim.requests if record.method == "GET"])


@pytest.mark.parametrize("products", [20, 120])
def test_the_reads_of_a_first_load_are_foretold_too(world: Any, singer: Any, emitted: Any, products: int) -> None:
    """With the looks that a plan does not make: after the first writes, and at what got pictures.

    What the first five writes show is learned while those of the other three threads are on their way.
    """
    told, made = reads_told_and_made(world, singer.lines(**emitted(products)))
    assert abs(told - made) <= 3


def test_the_reads_of_changes_are_foretold_too(world: Any, singer: Any) -> None:
    """A look for each product that is changed, and for each that got pictures."""
    told, made = reads_told_and_made(world, [line for line in changed(world, singer) if b"A second" not in line])
    assert abs(told - made) <= 0.15 * made


def test_no_ledger_is_made_by_a_plan(world: Any, singer: Any) -> None:
    """A first look leaves only a report."""
    planned(world, singer.lines(products=[singer.product(1)]))
    assert [file.name for file in world.folder.iterdir()] == ["reports"]


def test_the_plan_of_an_unchanged_catalogue_is_empty(world: Any, singer: Any, emitted: Any) -> None:
    """Nothing to do is an empty file."""
    given = singer.lines(**emitted(20))
    world.load(given)
    assert plan_then_run(world, given) == []


def changed(world: Any, singer: Any) -> list[bytes]:
    """A catalogue that was loaded, and its next night: every kind of action, and a conflict."""
    photos = [singer.picture(1)]
    before = [singer.product(n, photos=photos, publicCategories=[{"id": 1}]) for n in range(1, 8)]
    world.load(singer.lines(categories=[singer.category(1, "A")], products=before))
    ids = {product["sku"]: number for number, product in world.pim.products.items()}
    world.pim.edit(ids["5"], name="By hand")
    world.pim.edit(ids["6"], status="archived")
    after = [
        singer.product(1, photos=photos, publicCategories=[{"id": 1}], name={"en": "New"}),
        singer.product(2, photos=[*photos, singer.picture(2)], publicCategories=[{"id": 1}]),
        singer.product(3, photos=photos, publicCategories=[{"id": 1}, {"id": 3}]),
        singer.product(4, status="inactive"),
        singer.product(5, photos=photos, publicCategories=[{"id": 1}], name={"en": "By the source"}),
        singer.product(6, photos=photos, publicCategories=[{"id": 1}], name={"en": "Of the archive"}),
        singer.product(9, publicCategories=[{"id": 2}, {"id": 4}]),
        singer.product(9, publicCategories=[{"id": 2}, {"id": 4}], name={"en": "A second version"}),
    ]
    tree = [singer.category(1, "A"), singer.category(2, "B", 1), singer.category(3, "C", 2)]
    return [*singer.lines(categories=tree, products=after), *singer.lines(categories=[singer.category(4, "Late")])]


def test_changes_archives_conflicts_and_late_categories_are_foretold(world: Any, singer: Any) -> None:
    """Every kind of action, and nothing for what people did by hand."""
    given = changed(world, singer)
    plan = planned(world, given)
    by_product = {(line["external_id"], line["action"]): line for line in plan if line["stream"] == "products"}
    assert by_product["1", "update"]["fields"] == {"name": {"before": "Product 1", "after": "New"}}
    assert len(by_product["2", "add_pictures"]["pictures"]) == 1
    assert [(c["path"], c["id"] is None, c["added"]) for c in by_product["3", "update"]["categories"]] == [
        ("A", False, False),
        ("A > B > C", True, True),
    ]
    assert by_product["4", "archive"]["fields"] == {"status": {"before": "draft", "after": "archived"}}
    assert not [key for key in by_product if key[0] in {"5", "6"}]
    world.forget_requests()
    world.load(given, max_in_flight=1)
    once = [line for line in plan if line["external_id"] != "9"]
    of_nine = [write for write in real_writes(world) if write not in expected_writes(world, once)]
    assert [write[0] for write in of_nine] == ["PATCH", "PATCH", "POST"]  # made, renamed, put into the late category
    assert [line["action"] for line in plan if line["external_id"] == "9"] == ["create", "update", "update"]


def test_a_plan_of_plain_changes_is_what_the_run_does(world: Any, singer: Any) -> None:
    """The same night without two versions of one product: request by request."""
    given = [line for line in changed(world, singer) if b"A second version" not in line]
    plan = plan_then_run(world, given)
    assert {line["action"] for line in plan} == {"create", "update", "archive", "add_pictures"}


def test_adoption_is_foretold_with_what_is_there_before(make_world: Any, singer: Any, emitted: Any) -> None:
    """An organization that holds the products already: empty fields are filled, values of others stand."""
    world = make_world(currency="EUR")
    given = emitted(60)
    world.load(singer.lines(**given))
    world.lose_ledger()
    for product in list(world.pim.products.values())[:5]:
        world.pim.edit(product["id"], short_description=None, name="By hand")
    plan = plan_then_run(world, singer.lines(**given))
    assert all(set(line["fields"]) == {"short_description"} for line in plan)
    assert all(change["before"] is None for line in plan for change in line["fields"].values())


@pytest.mark.parametrize("match_on", [["sku"], ["sku", "ean"]])
def test_records_that_meet_in_one_plan_meet_as_in_the_run(world: Any, singer: Any, match_on: list[str]) -> None:
    """A second record with the EAN of a product that the plan itself makes is judged as the run judges it."""
    given = singer.lines(products=[singer.product(n, ean=["4006381333931"]) for n in (1, 2)])
    foretold = world.load(given, dry_run=True, match_on=match_on, max_in_flight=1)
    outcome = world.load(given, match_on=match_on, max_in_flight=1)
    assert foretold.report["streams"] == outcome.report["streams"]
    assert [r["reason"] for r in foretold.rejects] == [] or "already belongs to 1" in outcome.rejects[0]["reason"]


def test_the_root_of_the_categories_is_part_of_the_plan(world: Any, singer: Any) -> None:
    """Categories that the settings call for are planned too, and belong to no record."""
    plan = plan_then_run(world, singer.lines(categories=[singer.category(1, "A")]), category_root="Shop > New")
    assert [(line["external_id"], line["categories"][0]["path"]) for line in plan] == [
        (None, "Shop"),
        (None, "Shop > New"),
        ("1", "Shop > New > A"),
    ]


def test_renamed_and_moved_categories_are_foretold(world: Any, singer: Any) -> None:
    """A PUT and a move are two lines, each with the place before and after."""
    before = [singer.category(1, "A"), singer.category(2, "B"), singer.category(3, "C", 1)]
    world.load(singer.lines(categories=before))
    after = [singer.category(1, "A"), singer.category(2, "Beauty"), singer.category(3, "C", 2)]
    plan = plan_then_run(world, singer.lines(categories=after), update_categories=True)
    assert [(line["action"], line["external_id"]) for line in plan] == [("update", "2"), ("move", "3")]
    assert plan[0]["fields"]["name"] == {"before": "B", "after": "Beauty"}
    assert plan[1]["categories"][0]["path"] == "Beauty > C"


def test_definitions_and_values_of_attributes_are_foretold(make_world: Any, singer: Any, emitted: Any) -> None:
    """In a world that takes attributes: definitions are lines of their own, values are fields of the products."""
    world = make_world(attributes="map")
    given = singer.lines(products=emitted(10)["products"])
    plan = planned(world, given, attributes_mode="values")
    world.load(given, attributes_mode="values")
    definitions = [line for line in plan if line["stream"] == "product-attributes"]
    assert definitions
    assert len(definitions) == world.writes().count("POST /api/product-attributes")
    bodies = {r.body["sku"]: r.body for r in world.pim.requests if (r.method, r.path) == ("POST", "/api/products")}
    for line in plan:
        if line["stream"] == "products":
            assert bodies[line["sku"]].get("attributes") == line["fields"].get("attributes", {}).get("after")


def test_guards_speak_in_the_plan(world: Any, singer: Any) -> None:
    """Too many archives stop a plan as they would stop the run."""
    products = [singer.product(n) for n in range(10)]
    world.load(singer.lines(products=products))
    gone = [record | {"status": "inactive"} for record in products[:4]]
    outcome = world.run(singer.lines(products=gone), max_archive="20%", dry_run=True)
    assert isinstance(outcome.failure, TooMany)
    assert plan_of(outcome) == []


def test_a_plan_is_made_while_a_run_holds_the_ledger(world: Any, singer: Any) -> None:
    """No lock is asked for: a person may look while the night's run is on."""
    process = world.start()
    process.stdin.write(b"\n".join(singer.lines(products=[singer.product(1)])) + b"\n")
    process.stdin.flush()
    process.stdout.readline()
    try:
        assert isinstance(world.run(singer.lines(products=[singer.product(2)])).failure, LedgerUnusable)
        outcome = world.load(singer.lines(products=[singer.product(1), singer.product(2)]), dry_run=True)
        assert [line["external_id"] for line in plan_of(outcome)] == ["2"]
    finally:
        out, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert out == b""


def test_a_plan_refuses_the_ledger_of_another_organization(world: Any, singer: Any) -> None:
    """A plan over somebody else's ledger would be a lie."""
    world.load(singer.lines(products=[singer.product(1)]))
    elsewhere = world.box.micropim_url.replace("127.0.0.1", "localhost")
    outcome = world.run([], dry_run=True, api_url=elsewhere)
    assert isinstance(outcome.failure, LedgerUnusable)


def test_the_flag_wins_over_every_setting(world: Any, singer: Any) -> None:
    """--dry-run on the command line writes nothing, prints no state and ends with 0, whatever the settings say."""
    given = b"\n".join(singer.lines(products=[singer.product(1)])) + b"\n"
    process = world.start(flags=["--dry-run"], dry_run=False)
    out, said = process.communicate(given, timeout=60)
    assert (process.returncode, out) == (0, b""), said
    assert world.writes() == []
    (file,) = Path(world.folder).glob("reports/*/plan.jsonl")
    assert json.loads(file.read_text())["sku"] == "1"
    assert file.stat().st_mode & 0o077 == 0


def test_no_verb_of_the_client_slips_past_the_plan(world: Any) -> None:
    """Whatever is not a GET stays here, also verbs that the plan has no form for."""
    from target_micropim.target import TargetMicroPim  # noqa: PLC0415

    target = TargetMicroPim(config=world.settings(dry_run=True))
    client = target.pipeline._services.client
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        client._ask(method, "/api/product-attributes/7", json={"name": "CNK"})
    target.run.finish()
    assert world.pim.requests == []
    (file,) = Path(world.folder).glob("reports/*/plan.jsonl")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines[0]["stream"] == "product-attributes"
    assert lines[0]["fields"] == {"name": {"before": None, "after": "CNK"}}
    assert len(lines) == 4
