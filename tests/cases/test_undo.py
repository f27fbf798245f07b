"""``--undo``: what a run wrote is put back, wherever MicroPIM still shows it, and is not sent again by itself."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pim_wire.errors import InvalidInput
from target_micropim.errors import LedgerUnusable
from tests.cases.records import at, brand, category, photos, product, sold_in, text
from tests.support.forked import ForkedPopen
from tests.target.conftest import KEY, lines

Json = dict[str, Any]
OLDER = 2_000_000_000


def stored(shop: Any) -> Json:
    """What MicroPIM holds of each product, without what every write changes."""
    names = ("name", "description", "short_description", "status", "price", "ean", "brand_id", "category_ids")
    return {item["sku"]: {name: item.get(name) for name in names} for item in shop.pim.products.values()}


def count(night: Any, action: str) -> int:
    """How many writes ended this way."""
    return int(night.report["streams"].get("products", {}).get(action, 0))


def test_a_bad_night_is_taken_back(shop: Any) -> None:
    """Changed ones get their values again, made ones go into the archive, archived ones their status."""
    good = [product(f"M{n}", f"Product {n}", **text("<p>Good</p>")) for n in range(4)]
    shop.night(*good)
    shop.people.edit(shop.id_of("M3"), status="active")
    before = stored(shop)
    bad = [product(f"M{n}", "Bad", **text("<p>Bad</p>")) for n in range(3)]
    bad += [product("M3", "Product 3", status="inactive", **text("<p>Good</p>")), product("M4", "New")]
    night = shop.night(*bad)
    assert shop.status("M3") == "archived"

    undone = shop.undo(night.folder.name)

    assert undone.is_good
    assert {sku: fields for sku, fields in stored(shop).items() if sku != "M4"} == before
    assert shop.status("M4") == "archived"
    assert (count(undone, "undone"), count(undone, "archived")) == (4, 1)
    assert undone.report["undoes"] == night.folder.name
    assert undone.states == []


def test_it_is_not_sent_again_until_the_source_changes(shop: Any) -> None:
    """Neither by the same records, nor when other settings let each be looked into; a new value goes in."""
    shop.night(product("M0", "A", **text("<p>A</p>")), product("M2", "A"))
    bad = [product("M0", "B", **text("<p>B</p>")), product("M1", "New"), product("M2", "A", status="inactive")]
    shop.undo(shop.night(*bad).folder.name)
    before = stored(shop)

    shop.forget_requests()
    shop.night(*bad)
    assert shop.writes() == []
    shop.night(*bad, fallback_locales=["fr"])
    assert shop.writes() == []
    assert stored(shop) == before

    shop.night(product("M0", "C", **text("<p>B</p>")), product("M1", "Newer"), product("M2", "A"))
    assert (shop.name("M0"), shop.product("M0")["description"]) == ("C", "<p>A</p>")
    assert (shop.name("M1"), shop.status("M1")) == ("Newer", "draft")
    shop.night(product("M2", "A", status="inactive"))
    assert shop.status("M2") == "archived"


def test_always_is_no_exception(make_shop: Any) -> None:
    """A field that always follows the source stands after an undo, until somebody types over it or the source moves."""
    shop = make_shop({"field_policies": {"name": "always"}})
    shop.night(product("M0", "A"))
    shop.undo(shop.night(product("M0", "B")).folder.name)
    shop.night(product("M0", "B", **text("<p>More</p>")))
    assert (shop.name("M0"), shop.product("M0")["description"]) == ("A", "<p>More</p>")
    shop.night(product("M0", "C", **text("<p>More</p>")))
    assert shop.name("M0") == "C"
    shop.people.edit(shop.id_of("M0"), name="A")
    shop.night(product("M0", "C", **text("<p>Most</p>")))
    assert shop.name("M0") == "C"


def test_twice_is_once(shop: Any) -> None:
    """The second time nothing is written, and ``last`` still means the run and not the undo."""
    shop.night(product("M0", "A"))
    shop.night(product("M0", "B"), product("M1", "New"))
    assert shop.undo("last").is_good
    assert (shop.name("M0"), shop.status("M1")) == ("A", "archived")
    shop.forget_requests()
    again = shop.undo("last")
    assert again.is_good
    assert shop.writes() == []
    assert count(again, "unchanged") == 2


def test_what_people_touched_stays_and_is_listed(shop: Any) -> None:
    """Field by field; a product that was made and is worked with stays as a whole."""
    shop.night(product("M0", "A", **text("<p>A</p>")))
    made = [product(f"M{n}", "New") for n in range(1, 6)]
    records = [product("M0", "B", **text("<p>B</p>")), *made, product("M6", "New")]
    night = shop.night(*records, categories=[category(1, "One")])
    shop.people.edit(shop.id_of("M0"), name="Mine")
    shop.people.edit(shop.id_of("M1"), name="Mine")
    shop.people.edit(shop.id_of("M2"), status="active")
    shop.people.edit(shop.id_of("M3"), price="9.95")
    shop.people.edit(shop.id_of("M4"), category_ids=[shop.people.category_id("One")])
    shop.people.archive(shop.id_of("M5"))

    undone = shop.undo(night.folder.name)

    assert (shop.name("M0"), shop.product("M0")["description"]) == ("Mine", "<p>A</p>")
    assert [shop.status(f"M{n}") for n in range(1, 5)] == ["draft", "active", "draft", "draft"]
    assert [shop.status(f"M{n}") for n in (5, 6)] == ["archived", "archived"]
    assert undone.conflicts == {f"M{n}" for n in range(5)}
    assert {row["field"] for row in undone.report["conflicts"]} == {"name", "status", "price", "category_ids"}


def test_a_product_with_another_sku_is_somebodys(shop: Any) -> None:
    """What the run made is not archived under the SKU that a person gave it; fields are put back all the same."""
    shop.night(product("M0", "A"))
    night = shop.night(product("M0", "B"), product("M1", "New"))
    for key in ("M0", "M1"):
        shop.people.change_sku(shop.id_of(key), f"SHOP-{key}")
    undone = shop.undo(night.folder.name)
    assert (shop.name("SHOP-M0"), shop.status("SHOP-M1")) == ("A", "draft")
    assert [row["field"] for row in undone.report["conflicts"]] == ["sku"]


def test_a_later_run_is_undone_first(shop: Any) -> None:
    """What a later run wrote is not what this one wrote; in the right order all comes back."""
    shop.night(product("M0", "A"))
    first = shop.night(product("M0", "B"), product("M1", "B"))
    second = shop.night(product("M0", "C"), product("M1", "C"))
    too_early = shop.undo(first.folder.name)
    assert (shop.name("M0"), shop.name("M1"), shop.status("M1")) == ("C", "C", "draft")
    assert all("later run" in row["what"] for row in too_early.report["conflicts"])
    assert too_early.conflicts == {"M0", "M1"}
    shop.undo(second.folder.name)
    shop.undo(first.folder.name)
    assert (shop.name("M0"), shop.status("M1")) == ("A", "archived")


def test_emptied_before_is_emptied_again(shop: Any) -> None:
    """A field that was empty; one that clear_missing has emptied gets its text again."""
    shop.night(product("M0", "A"), product("M1", "A", **text("<p>A</p>")))
    night = shop.night(product("M0", "A", **text("<p>B</p>")), product("M1", "A"), clear_missing=True)
    assert not shop.product("M1")["description"]
    shop.undo(night.folder.name)
    assert not shop.product("M0")["description"]
    assert shop.product("M1")["description"] == "<p>A</p>"
    shop.night(product("M0", "A", **text("<p>B</p>")), product("M1", "A"), clear_missing=True)
    assert not shop.product("M0")["description"]
    assert shop.product("M1")["description"] == "<p>A</p>"


@pytest.mark.parametrize("null", ["ignored", "400"])
def test_what_micropim_does_not_take_back_is_listed(make_shop: Any, null: str) -> None:
    """One field that cannot be emptied costs that field alone."""
    shop = make_shop(patch_null=null)
    shop.night(product("M0", "A"))
    shop.undo(shop.night(product("M0", "B", **text("<p>B</p>"))).folder.name)
    undone = shop.undo("last")
    assert (shop.name("M0"), shop.product("M0")["description"]) == ("A", "<p>B</p>")
    assert {row["field"] for row in undone.report["manual_actions"]} == {"description"}


@pytest.mark.parametrize("patch_categories", ["replace", "merge"])
def test_categories_and_pictures(make_shop: Any, patch_categories: str) -> None:
    """Out of the categories it was put into, unless MicroPIM keeps it there; a person's categories stay."""
    tree = [category(1, "One"), category(2, "Two"), category(3, "Three")]
    shop = make_shop(patch_categories=patch_categories)
    shop.night(product("M0", "A", **sold_in(1)), categories=tree)
    bad = product("M0", "A", **sold_in(1, 2), **photos(7))
    night = shop.night(bad, product("M1", "A", **photos(8)), categories=[*tree, category(4, "Four")])
    shop.people.edit(
        shop.id_of("M0"), category_ids=[*shop.product("M0")["category_ids"], shop.people.category_id("Three")]
    )

    undone = shop.undo(night.folder.name)

    kept = patch_categories == "merge"
    assert shop.status("M1") == "archived"
    assert shop.categories_of("M0") == ["One", "Three", "Two"] if kept else ["One", "Three"]
    told = [row["what"] for row in undone.report["manual_actions"]]
    assert sum("picture" in what for what in told) == 1
    assert sum("Four" in what for what in told) == 1
    assert sum("keeps it in category" in what for what in told) == kept
    shop.forget_requests()
    shop.night(bad, categories=[*tree, category(4, "Four")], fallback_locales=["fr"])
    assert shop.writes() == []


def colour(name: str) -> Json:
    """The field that gives an attribute of Medipim's own."""
    return {"attributes": [{"id": 91, "type": "color", "name": {"nl": name}}]}


def test_every_kind_of_field(make_shop: Any) -> None:
    """Prices, codes, brands, attributes and fields that nobody documents; those that were empty are emptied."""
    config = {
        "field_policies": {"price": "always", "ean": "if_source_changed", "brand_id": "always"},
        "attributes_mode": "values",
        "extra_fields": {"shelf": "supplierReference"},
        "brand_map": {"Exemplia": 1, "Rosalba": 2},
    }
    shop = make_shop(config, attributes="map", unknown_fields="kept")
    first = {
        "publicPrice": 995,
        "ean": ["4006381333931"],
        "supplierReference": "A1",
        **colour("blauw"),
        **brand("Exemplia"),
    }
    second = {
        "publicPrice": 500,
        "ean": ["5412345678908"],
        "supplierReference": "B2",
        **colour("rood"),
        **brand("Rosalba"),
    }
    shop.night(product("M0", "A", **first), product("M1", "A"))
    fields = ("price", "ean", "brand_id", "attributes", "shelf")
    before = [{name: shop.product(sku).get(name) for name in fields} for sku in ("M0", "M1")]

    shop.night(product("M0", "A", **second), product("M1", "A", **second))
    changed = [{name: shop.product(sku).get(name) for name in fields} for sku in ("M0", "M1")]
    assert all(changed[n][name] != before[n][name] for n in range(2) for name in fields)
    undone = shop.undo("last")

    after = [{name: shop.product(sku).get(name) for name in fields} for sku in ("M0", "M1")]
    assert after[0] == before[0]
    assert not any(after[1][name] for name in ("price", "ean", "brand_id", "shelf"))
    assert not any((after[1]["attributes"] or {}).values())
    assert not any(row["field"] for row in undone.report["manual_actions"])
    assert count(undone, "undone") == 2


def test_several_writes_to_one_product_are_taken_back_in_turn(shop: Any) -> None:
    """Two versions of one record in one run, and a category that came after its product."""
    shop.night(product("M0", "A"), categories=[])
    versions = lines(
        products=[at(OLDER, product("M0", "B", **sold_in(1))), at(OLDER, product("M1", "B"))],
        categories=[category(1, "One")],
    ) + lines(
        products=[
            at(OLDER + 1, product("M0", "C", **sold_in(1))),
            at(OLDER + 1, product("M1", "C", **text("<p>C</p>"))),
        ]
    )
    night = shop.fed(b"\n".join(versions) + b"\n")
    assert (shop.name("M0"), shop.categories_of("M0"), shop.name("M1")) == ("C", ["One"], "C")
    undone = shop.undo(night.folder.name)
    assert (shop.name("M0"), shop.categories_of("M0"), shop.status("M1")) == ("A", [], "archived")
    assert undone.conflicts == set()


def test_no_secret_is_noted(shop: Any) -> None:
    """A text that holds the key is not written down, so a person has to put it back."""
    shop.night(product("M0", "A"))
    shop.people.edit(shop.id_of("M0"), name=f"Key {KEY}", short_description="Theirs")
    night = shop.night(product("M0", "B"), field_policies={"name": "always"})
    assert shop.name("M0") == "B"
    assert KEY not in (night.folder / "changes.jsonl").read_text()
    undone = shop.undo(night.folder.name)
    assert shop.name("M0") == "B"
    assert [row["field"] for row in undone.report["conflicts"]] == ["name"]


def test_a_dry_run_says_what_would_be(shop: Any) -> None:
    """Nothing is written; plan.jsonl has each action, and the real undo does the same."""
    shop.night(product("M0", "A"))
    night = shop.night(product("M0", "B"), product("M1", "New"))
    shop.forget_requests()
    plan = shop.undo(night.folder.name, dry_run=True)
    assert plan.is_good
    assert shop.writes() == []
    lines = [json.loads(line) for line in (plan.folder / "plan.jsonl").read_text().splitlines()]
    assert sorted((line["action"], line["external_id"]) for line in lines) == [("archive", "M1"), ("update", "M0")]
    assert not (plan.folder / "changes.jsonl").exists()
    shop.undo("last")
    assert (shop.name("M0"), shop.status("M1")) == ("A", "archived")


def test_an_undo_can_be_undone(shop: Any) -> None:
    """By its own name; the source's values are there again, and go on."""
    shop.night(product("M0", "A"))
    night = shop.night(product("M0", "B"), product("M1", "New"))
    undone = shop.undo(night.folder.name)
    shop.undo(undone.folder.name)
    assert (shop.name("M0"), shop.name("M1"), shop.status("M1")) == ("B", "New", "draft")
    shop.night(product("M0", "C"), product("M1", "C"))
    assert (shop.name("M0"), shop.name("M1")) == ("C", "C")


@pytest.mark.parametrize("write", ["PATCH /api/products/{id}", "POST /api/products", "DELETE /api/products/{id}"])
def test_a_run_that_was_killed_is_taken_back(shop: Any, write: str) -> None:
    """Also the write whose answer nobody saw; the next night leaves what was taken back."""
    shop.night(product("M0", "A"), product("M2", "A"))
    before = stored(shop)
    bad = [product("M0", "B"), product("M1", "New"), product("M2", "A", status="inactive")]
    earlier = set((shop.folder / "reports").iterdir())
    shop.killed(*bad, write=write)
    (killed,) = set((shop.folder / "reports").iterdir()) - earlier
    shop.undo(killed.name)
    assert {sku: fields for sku, fields in stored(shop).items() if sku != "M1"} == before
    assert "M1" not in shop.skus() or shop.status("M1") == "archived"
    touched = {"PATCH": "M0", "POST": "M1", "DELETE": "M2"}[write.partition(" ")[0]]
    after = stored(shop)[touched]
    shop.night(*bad)
    assert stored(shop)[touched] == after


def test_an_undo_that_is_killed(shop: Any) -> None:
    """The night after it leaves what was put back; the same undo again does the rest."""
    shop.night(product("M0", "A"), product("M1", "A"))
    bad = [product("M0", "B"), product("M1", "B"), product("M2", "New")]
    night = shop.night(*bad)
    command = [sys.executable, "-m", "target_micropim", "--config", str(shop.write_settings())]
    process = ForkedPopen([*command, "--undo", night.folder.name], stdin=subprocess.DEVNULL, cwd=shop.folder)
    shop.pim.meanwhile.do_after(lambda: (process.kill(), process.wait(10)), write="PATCH /api/products/{id}")
    process.communicate(timeout=60)
    shop.night(*bad)
    names = sorted([shop.name("M0"), shop.name("M1")])
    assert names == ["A", "B"]
    assert shop.undo(night.folder.name).is_good
    assert (shop.name("M0"), shop.name("M1"), shop.status("M2")) == ("A", "A", "archived")


def test_names_of_runs(shop: Any, tmp_path: Path) -> None:
    """The folder itself does as well; what is no run, and what another ledger wrote, is refused."""
    shop.night(product("M0", "A"))
    night = shop.night(product("M0", "B", **brand("Exemplia")))
    for wrong in ("nothing", "../reports", "", ".", "..", str(night.folder.parent), str(tmp_path)):
        assert isinstance(shop.undo(wrong).failure, InvalidInput)
    shop.undo(str(night.folder))
    assert shop.name("M0") == "A"
    shop.lose_ledger()
    assert isinstance(shop.undo("last").failure, LedgerUnusable)
