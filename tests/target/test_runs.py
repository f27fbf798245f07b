"""Whole runs against the sandbox: what arrives, what a second run costs, what people's edits are worth."""

import csv
import threading
from typing import Any

import pytest

from sandbox.faults import Fault
from target_micropim.errors import TooMany


def bodies_by_product(world: Any) -> dict[int, Any]:
    """What was patched, by product."""
    return {int(r.path.rsplit("/", 1)[1]): r.body for r in world.pim.requests if r.method == "PATCH"}


def ids_by_sku(world: Any) -> dict[str, int]:
    """MicroPIM's ids."""
    return {p["sku"]: p["id"] for p in world.pim.products.values()}


def paths_of(world: Any) -> list[str]:
    """The category paths in MicroPIM."""
    return world.pim.snapshot()["categories"]


def test_a_first_load_costs_one_write_a_thing_and_its_counts_add_up(world: Any, singer: Any, emitted: Any) -> None:
    """One POST per category, product and picture; every record received is accounted for."""
    given = emitted(40)
    outcome = world.load(singer.lines(**given))
    counts = world.pim.counts()
    assert counts["writes"] == counts["categories"] + counts["products"] + counts["pictures"]
    for stream, ends in outcome.report["streams"].items():
        received = ends.pop("received")
        assert received == len(given[stream]) == sum(ends.values())
    assert outcome.report["complete"] is True
    assert outcome.states[-1] == {"bookmarks": {"products": {"at": 40}}}


def test_a_second_run_over_the_same_input_writes_nothing(world: Any, singer: Any, emitted: Any) -> None:
    """Unchanged records cost no write and change nothing, and hardly a read."""
    given = singer.lines(**emitted(40))
    world.load(given)
    before = world.pim.snapshot()
    world.forget_requests()
    outcome = world.load(given)
    assert world.writes() == []
    assert len(world.pim.requests) <= 2
    assert world.pim.snapshot() == before
    assert outcome.report["streams"]["products"]["unchanged"] == 40


def test_only_what_differs_travels(world: Any, singer: Any) -> None:
    """Of sixty products twenty change their name, and twenty PATCHes carry the name alone."""
    products = [singer.product(n, publicPrice=995) for n in range(60)]
    world.load(singer.lines(products=products))
    world.forget_requests()
    for record in products[:20]:
        record["name"] = {"en": f"New {record['id']}"}
        record["publicPrice"] = 1095  # create_only
    world.load(singer.lines(products=products))
    ids = ids_by_sku(world)
    assert bodies_by_product(world) == {ids[p["id"]]: {"name": f"New {p['id']}"} for p in products[:20]}
    assert world.writes() == [f"PATCH {r.path}" for r in world.pim.requests if r.method == "PATCH"]


def test_volatile_values_are_no_change(world: Any, singer: Any) -> None:
    """A new meta or updated_at alone costs nothing."""
    world.load(singer.lines(products=[singer.product(1, meta={"embedUrl": "a"})]))
    world.forget_requests()
    changed = singer.product(1, meta={"embedUrl": "b"}) | {"updated_at": "2027-01-01T00:00:00Z"}
    world.load(singer.lines(products=[changed]))
    assert [r.path for r in world.pim.requests] == ["/api/channels"]


def test_an_edit_by_hand_stands_and_a_double_change_is_a_conflict(world: Any, singer: Any) -> None:
    """A field a person changed is never overwritten; the report names it when the source changed it too."""
    record = singer.product(1, shortDescription={"en": "Short"})
    world.load(singer.lines(products=[record]))
    number = ids_by_sku(world)["1"]
    world.pim.edit(number, name="By hand")
    record["shortDescription"] = {"en": "Shorter"}
    first = world.load(singer.lines(products=[record]))
    assert world.pim.products[number]["name"] == "By hand"
    assert world.pim.products[number]["short_description"] == "Shorter"
    assert first.report["conflicts"] == []
    record["name"] = {"en": "By the source"}
    second = world.load(singer.lines(products=[record]))
    assert world.pim.products[number]["name"] == "By hand"
    assert [(row["sku"], row["what"].split(":")[0]) for row in second.report["conflicts"]] == [("1", "name")]


def test_a_field_emptied_by_hand_stays_empty(world: Any, singer: Any) -> None:
    """Clearing a text is an edit too."""
    record = singer.product(1, shortDescription={"en": "Short"})
    world.load(singer.lines(products=[record]))
    number = ids_by_sku(world)["1"]
    world.pim.edit(number, short_description=None)
    record["shortDescription"] = {"en": "Shorter"}
    outcome = world.load(singer.lines(products=[record]))
    assert not world.pim.products[number]["short_description"]
    assert outcome.report["totals"]["conflicts"] == 1


def test_a_category_taken_away_by_hand_stays_away(world: Any, singer: Any) -> None:
    """What was assigned before and is gone now was taken out by a person; new ones are added to what is there."""
    categories = [singer.category(1, "One"), singer.category(2, "Two"), singer.category(3, "Three")]
    record = singer.product(1, publicCategories=[{"id": 1}, {"id": 2}])
    world.load(singer.lines(categories=categories, products=[record]))
    number = ids_by_sku(world)["1"]
    mine = {c["name"]: c["id"] for c in world.pim.categories.values()}
    world.pim.edit(number, category_ids=[mine["Two"]])
    record["publicCategories"].append({"id": 3})
    world.load(singer.lines(products=[record]))
    assert world.pim.products[number]["category_ids"] == [mine["Two"], mine["Three"]]


def test_inactive_products_are_archived_last_and_never_made(world: Any, singer: Any) -> None:
    """Archives wait for the end of the input; what never was in MicroPIM is not made to be archived."""
    world.load(singer.lines(products=[singer.product(1), singer.product(2)]))
    number = ids_by_sku(world)["1"]
    world.forget_requests()
    given = [singer.product(1, status="inactive"), singer.product(3, status="replaced"), singer.product(4)]
    outcome = world.load(singer.lines(products=given))
    assert world.writes() == ["POST /api/products", f"DELETE /api/products/{number}"]
    assert outcome.report["streams"]["products"] == {"received": 3, "archived": 1, "created": 1, "skipped": 1}
    world.forget_requests()
    world.load(singer.lines(products=given))
    assert [r.path for r in world.pim.requests] == ["/api/channels"]


def test_a_product_that_comes_to_life_after_all_is_made(world: Any, singer: Any) -> None:
    """Having been inactive and never made does not bar a product for ever."""
    world.load(singer.lines(products=[singer.product(1, status="inactive")]))
    world.load(singer.lines(products=[singer.product(1)]))
    assert list(ids_by_sku(world)) == ["1"]


def test_an_inactive_product_that_was_never_made_holds_no_sku(world: Any, singer: Any) -> None:
    """Its successor may have the same code."""
    gone, successor = singer.product(1, cnk="777", status="inactive"), singer.product(2, cnk="777")
    outcome = world.load(singer.lines(products=[gone, successor]), sku_template="{cnk}", max_in_flight=1)
    assert outcome.rejects == []
    assert list(ids_by_sku(world)) == ["777"]


def test_the_newest_version_of_a_product_decides(world: Any, singer: Any) -> None:
    """Inactive first and active later in one input: nothing is archived, also when both are close together."""
    world.load(singer.lines(products=[singer.product(1)]))
    for _ in range(5):
        given = [singer.product(1, status="inactive"), singer.product(1, name={"en": "Alive"})]
        outcome = world.load(singer.lines(products=given))
        assert world.pim.counts()["products_by_status"] == {"draft": 1}
        assert sum(outcome.report["streams"]["products"].values()) == 4
        world.load(singer.lines(products=[singer.product(1)]))


def test_two_versions_with_two_skus_make_one_product(world: Any, singer: Any) -> None:
    """One record's versions are never in two hands, even when the field of the SKU changed between them."""
    world.pim._latency = 0.05
    given = [singer.product(1, cnk="A"), singer.product(1, cnk="B", name={"en": "Second"})]
    world.load(singer.lines(products=given), sku_template="{cnk}", max_in_flight=4)
    assert list(ids_by_sku(world)) == ["A"]
    assert world.pim.products[ids_by_sku(world)["A"]]["name"] == "Second"


def test_the_archive_guard_counts_before_the_first_archive(world: Any, singer: Any) -> None:
    """Too many archives at once: none is sent, the run fails with the reason, and the state stays behind."""
    products = [singer.product(n) for n in range(10)]
    world.load(singer.lines(products=products))
    world.forget_requests()
    gone = [record | {"status": "inactive"} for record in products[:4]]
    outcome = world.run(singer.lines(products=gone), max_archive="20%")
    assert isinstance(outcome.failure, TooMany)
    assert "4 of 10" in str(outcome.failure)
    assert world.writes() == []
    assert outcome.states == []
    world.load(singer.lines(products=gone), max_archive=4)
    assert world.pim.counts()["products_by_status"] == {"draft": 6, "archived": 4}


def test_categories_may_come_in_any_order(world: Any, singer: Any) -> None:
    """Children wait for their parents; the tree is the same as in the right order."""
    chain = [
        singer.category(3, "C", 2),
        singer.category(4, "D", 3),
        singer.category(2, "B", 1),
        singer.category(1, "A"),
    ]
    outcome = world.load(singer.lines(categories=chain))
    assert paths_of(world) == ["A", "A > B", "A > B > C", "A > B > C > D"]
    assert outcome.report["streams"]["categories"]["created"] == 4


def test_orphans_and_cycles_are_rejected_at_the_end(world: Any, singer: Any) -> None:
    """A parent that never comes, or is the child's own child, is a reject and holds back nobody else."""
    given = [
        singer.category(2, "B", 99),
        singer.category(3, "X", 4),
        singer.category(4, "Y", 3),
        singer.category(1, "A"),
    ]
    outcome = world.load(singer.lines(categories=given))
    assert paths_of(world) == ["A"]
    assert sorted(row["external_id"] for row in outcome.rejects) == ["2", "3", "4"]
    assert all("never came" in row["reason"] for row in outcome.rejects)
    assert outcome.states == [{"bookmarks": {"categories": {"at": 4}}}]


def test_equal_paths_become_one_category_and_equal_names_elsewhere_do_not(world: Any, singer: Any) -> None:
    """Identity is the path, compared without case and outer blanks."""
    given = [
        singer.category(1, "Care"),
        singer.category(2, " care "),
        singer.category(3, "Hands", 1),
        singer.category(4, "Hands", 2),
        singer.category(5, "Care", 1),
    ]
    world.load(singer.lines(categories=given, products=[singer.product(1, publicCategories=[{"id": 3}, {"id": 4}])]))
    assert paths_of(world) == ["Care", "Care > Care", "Care > Hands"]
    assert len(next(iter(world.pim.products.values()))["category_ids"]) == 1


def hand_made(world: Any, name: str, parent: int | None = None) -> int:
    """A category made by a person."""
    number = world.pim.store.next_id("category")
    row = {"id": number, "name": name, "description": None, "parent_id": parent, "position": 0}
    world.pim.categories[number] = row
    return number


def test_an_existing_tree_is_adopted_and_never_renamed(world: Any, singer: Any) -> None:
    """What is there is found by path and left as it is."""
    hand_made(world, "HANDS", hand_made(world, "Care"))
    world.load(singer.lines(categories=[singer.category(1, "care"), singer.category(2, "Hands", 1)]))
    assert paths_of(world) == ["Care", "Care > HANDS"]
    assert world.writes() == []


def test_equal_siblings_in_micropim_are_a_reject_not_a_choice(world: Any, singer: Any) -> None:
    """Two categories with one path: nobody can tell which is meant, and their children wait in vain."""
    hand_made(world, "Care")
    hand_made(world, "Care")
    outcome = world.load(
        singer.lines(categories=[singer.category(1, "Care"), singer.category(2, "X", 1), singer.category(3, "Ok")])
    )
    assert [row["external_id"] for row in outcome.rejects] == ["1", "2"]
    assert "2 categories at Care" in outcome.rejects[0]["reason"]
    assert outcome.report["streams"]["categories"]["created"] == 1


def test_a_category_deleted_in_micropim_is_not_made_again(world: Any, singer: Any) -> None:
    """What people deleted stays deleted, and is an open question every night."""
    given = singer.lines(categories=[singer.category(1, "Care")])
    world.load(given)
    world.pim.categories.clear()
    for _night in range(2):
        outcome = world.load(given)
        assert paths_of(world) == []
        assert [(row["stream"], row["field"]) for row in outcome.report["conflicts"]] == [("categories", "existence")]


def test_categories_go_under_the_configured_root(world: Any, singer: Any) -> None:
    """The root path is found or made, each part of it once."""
    hand_made(world, "Shop")
    world.load(singer.lines(categories=[singer.category(1, "A")]), category_root="Shop > Medipim")
    world.load(singer.lines(categories=[singer.category(1, "A")]), category_root="Shop > Medipim")
    assert paths_of(world) == ["Shop", "Shop > Medipim", "Shop > Medipim > A"]


def test_a_root_that_cannot_be_found_stops_the_run(world: Any, singer: Any) -> None:
    """Nothing may land outside the configured root because the root was ambiguous."""
    hand_made(world, "Shop")
    hand_made(world, "Shop")
    outcome = world.run(
        singer.lines(categories=[singer.category(1, "A"), singer.category(2, "B")]), category_root="Shop"
    )
    assert paths_of(world) == ["Shop", "Shop"]
    assert "category_root" in str(outcome.failure)


def test_categories_deeper_than_ten_levels_are_rejected(world: Any, singer: Any) -> None:
    """The depth is capped, and those below the cut are orphans."""
    chain = [singer.category(n, f"L{n}", n - 1 or None) for n in range(1, 13)]
    outcome = world.load(singer.lines(categories=chain))
    assert len(paths_of(world)) == 10
    assert [row["external_id"] for row in outcome.rejects] == ["11", "12"]


def test_products_before_their_categories_are_linked_at_the_end(world: Any, singer: Any) -> None:
    """The order of streams does not matter; a category that never came is listed as unmapped."""
    record = singer.product(1, publicCategories=[{"id": 1}, {"id": 2}, {"id": 9}])
    given = singer.lines(products=[record], categories=[singer.category(1, "A"), singer.category(2, "B")])
    outcome = world.load(given)
    assert world.pim.snapshot()["products"]["1"]["categories"] == ["A", "B"]
    assert unmapped(outcome) == [["category", "9", "1", "1"]]
    world.forget_requests()
    world.load(given)
    assert world.writes() == []


def unmapped(outcome: Any) -> list[list[str]]:
    """The rows of unmapped.csv."""
    with (outcome.folder / "unmapped.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))[1:]


def test_a_link_that_is_refused_stops_nobody_else(world: Any, singer: Any) -> None:
    """One product that MicroPIM will not change: the others are linked, the refusal is in the report."""
    records = [singer.product(n, publicCategories=[{"id": 1}]) for n in (1, 2)]
    world.load(singer.lines(products=records))
    world.pim.faults.add(Fault("status", "PATCH /api/products", nth=1, status=422))
    given = singer.lines(categories=[singer.category(1, "A")])
    outcome = world.load(given)
    linked = [product["categories"] for product in world.pim.snapshot()["products"].values()]
    assert sorted(linked) == [[], ["A"]]
    assert outcome.report["totals"]["manual_actions"] == 1
    world.load(given)
    assert [product["categories"] for product in world.pim.snapshot()["products"].values()] == [["A"], ["A"]]


def branded(singer: Any, number: int, brand: str) -> Any:
    """A product of a brand and of a supplier."""
    return singer.product(
        number, brands=[{"id": 1, "name": brand}], organizations=[{"type": "supplier", "name": "Exemplia Labs"}]
    )


def test_brands_come_from_the_map_then_from_what_micropim_shows(world: Any, singer: Any) -> None:
    """The map wins, shown names are learnt, the rest is left out and listed with its products."""
    world.pim.add("OLD", brand_id=2, supplier_id=1)
    records = [branded(singer, 1, "Mapped"), branded(singer, 2, "ROSALBA"), branded(singer, 3, "=Nobody")]
    outcome = world.load(singer.lines(products=records), brand_map={"mapped": 3})
    shown = world.pim.snapshot()["products"]
    assert [shown[sku]["brand"] for sku in "123"] == ["Vitaforte", "Rosalba", None]
    assert {shown[sku]["supplier"] for sku in "123"} == {"Exemplia Labs"}
    assert unmapped(outcome) == [["brand", "'=Nobody", "1", "3"]]


def test_two_ids_for_one_brand_name_are_ambiguous(make_world: Any, singer: Any) -> None:
    """No id is chosen where two carry the name."""
    world = make_world(brands={1: "Twin", 2: "twin"})
    world.pim.add("A", brand_id=1)
    world.pim.add("B", brand_id=2)
    outcome = world.load(singer.lines(products=[branded(singer, 1, "Twin")]))
    assert world.pim.snapshot()["products"]["1"]["brand"] is None
    assert ["brand", "Twin", "1", "1"] in unmapped(outcome)


def test_a_new_line_in_the_brand_file_counts_as_a_change(world: Any, singer: Any) -> None:
    """Whoever fills in the file that unmapped.csv asked for gets the brand at the next run."""
    file = world.folder / "brands.csv"
    file.write_text("name,id\nother,1\n")
    given = singer.lines(products=[branded(singer, 1, "Rosalba")])
    world.load(given, brand_map=str(file))
    file.write_text("name,id\nother,1\nRosalba,2\n")
    world.load(given, brand_map=str(file))
    assert world.pim.snapshot()["products"]["1"]["brand"] == "Rosalba"


def test_pictures_arrive_once_in_order_with_their_alt_text(world: Any, singer: Any) -> None:
    """Frontal first, positions from zero, the product's name as text; later ones are appended."""
    photos = [singer.picture(1), singer.picture(2), singer.picture(1)]
    record = singer.product(1, photos=photos, frontals=[singer.picture(2)])
    world.load(singer.lines(products=[record]))
    record["photos"] = [*photos, singer.picture(3)]
    world.load(singer.lines(products=[record]))
    media = world.pim.snapshot()["products"]["1"]["media"]
    assert [(url.rsplit("/", 1)[1], position) for url, _alt, position in media] == [
        ("2.jpg", 0), ("1.jpg", 1), ("3.jpg", 2),
    ]  # fmt: skip
    assert {alt for _url, alt, _position in media} == {"Product 1"}


def test_a_changed_picture_is_a_task_for_a_person(world: Any, singer: Any) -> None:
    """MicroPIM cannot replace a picture: it is said once, nothing is sent."""
    record = singer.product(1, photos=[singer.picture(1)])
    world.load(singer.lines(products=[record]))
    record["photos"] = [singer.picture(1, formats={"huge": "https://media.example.test/new.jpg"})]
    first = world.load(singer.lines(products=[record]))
    record["name"] = {"en": "Another"}
    second = world.load(singer.lines(products=[record]))
    assert first.report["totals"]["manual_actions"] == 1
    assert "manual_actions" not in second.report["totals"]
    assert world.pim.counts()["pictures"] == 1


def test_a_refused_picture_does_not_hold_back_the_product(make_world: Any, singer: Any) -> None:
    """The product and its other pictures arrive; the refusal is for a person."""
    world = make_world(unreachable_media="400", unreachable_urls=("/1.jpg",))
    record = singer.product(1, photos=[singer.picture(1), singer.picture(2)])
    outcome = world.load(singer.lines(products=[record]))
    assert outcome.report["pictures"] == {"refused": 1, "sent": 1}
    assert outcome.report["streams"]["products"]["created"] == 1
    assert world.pim.snapshot()["products"]["1"]["media"][0][2] == 0


def test_a_lost_ledger_costs_reads_only(world: Any, singer: Any, emitted: Any) -> None:
    """Equal content is recognised: no double, no write, no picture twice."""
    given = emitted(30)
    world.load(singer.lines(**given))
    before = world.pim.snapshot()
    world.lose_ledger()
    world.forget_requests()
    outcome = world.load(singer.lines(**given))
    assert world.writes() == []
    assert world.pim.snapshot() == before
    assert outcome.report["streams"]["products"].get("created") is None
    assert "conflicts" not in outcome.report["totals"]


def test_a_ledger_lost_between_pictures_leaves_them_to_a_person(world: Any, singer: Any) -> None:
    """Pictures of unknown origin could be the same ones: none is sent, and it is said."""
    record = singer.product(1, photos=[singer.picture(1), singer.picture(2)])
    world.load(singer.lines(products=[record]), max_images=1)
    world.lose_ledger()
    outcome = world.load(singer.lines(products=[record]))
    assert world.pim.counts()["pictures"] == 1
    assert outcome.report["totals"]["manual_actions"] == 1


@pytest.mark.parametrize(
    ("mode", "writes"),
    [("update_only", []), ("create_only", ["POST /api/products"]), ("upsert", ["POST /api/products"])],
)
def test_write_modes_limit_what_is_done(world: Any, singer: Any, mode: str, writes: list[str]) -> None:
    """update_only makes nothing; create_only makes and never changes, not even what it made itself."""
    world.pim.add("2", name="There")
    record = singer.product(1)
    world.load(singer.lines(products=[record, singer.product(2, shortDescription={"en": "x"})]), write_mode=mode)
    posts = [write for write in world.writes() if write.startswith("POST")]
    assert posts == writes
    world.forget_requests()
    record["name"] = {"en": "Changed"}
    world.load(singer.lines(products=[record]), write_mode=mode)
    assert len(world.writes()) == (1 if mode == "upsert" else 0)


@pytest.mark.parametrize(
    ("policy", "status", "count"), [("skip", "archived", 0), ("update", "archived", 1), ("revive", "draft", 1)]
)
def test_archived_by_a_person_follows_its_policy(world: Any, singer: Any, policy: str, status: str, count: int) -> None:
    """A product in the archive that the source still has: left and reported, changed, or brought back."""
    world.load(singer.lines(products=[singer.product(1)]))
    world.pim.edit(ids_by_sku(world)["1"], status="archived")
    world.forget_requests()
    world.load(singer.lines(products=[singer.product(1, name={"en": "New"})]), on_archived=policy)
    assert world.pim.counts()["products_by_status"] == {status: 1}
    assert len(world.writes()) == count


def test_two_source_products_never_share_one_sku(world: Any, singer: Any) -> None:
    """The second record with a SKU is rejected, whatever hands it was in."""
    given = [singer.product(n, cnk="same") for n in range(6)]
    outcome = world.load(singer.lines(products=given), sku_template="M-{cnk}", max_in_flight=4)
    assert list(ids_by_sku(world)) == ["M-same"]
    assert len(outcome.rejects) == 5
    assert all("already belongs to 0" in row["reason"] for row in outcome.rejects)


def test_two_source_products_that_share_an_ean_are_two_products(world: Any, singer: Any) -> None:
    """Recognising by EAN stops at a product that was made for another record of this source."""
    first, second = singer.product(1, ean=["4006381333931"]), singer.product(2, ean=["4006381333931"])
    world.load(singer.lines(products=[first]), match_on=["sku", "ean"])
    outcome = world.load(singer.lines(products=[second]), match_on=["sku", "ean"])
    assert outcome.rejects == []
    assert list(ids_by_sku(world)) == ["1", "2"]


def test_one_sku_is_never_in_flight_twice(world: Any, singer: Any) -> None:
    """With several hands, requests about one product never overlap."""
    world.pim._latency = 0.01
    versions = [singer.product(n, name={"en": f"V{v}"}) for v in range(4) for n in range(3)]
    world.load(singer.lines(products=versions), max_in_flight=8)
    posts = [body["sku"] for body in world.bodies("POST")]
    assert sorted(posts) == ["0", "1", "2"]
    assert {p["name"] for p in world.pim.products.values()} == {"V3"}
    assert threading.active_count() < 20


def test_streams_without_a_place_are_acknowledged(world: Any, singer: Any, caplog: Any) -> None:
    """Brands and organizations are counted and cost nothing but one line each; states go on."""
    with caplog.at_level("INFO", "target-micropim"):
        outcome = world.load(singer.lines(brands=[{"id": 1}], organizations=[{"id": n} for n in range(5)]))
    told = [line for line in caplog.messages if "MicroPIM has no place for this stream" in line]
    assert [line.split(":")[0] for line in told] == ["brands", "organizations"]
    assert outcome.report["streams"]["brands"] == {"received": 1, "acknowledged": 1}
    assert world.pim.requests == []
    assert len(outcome.states) == 2


@pytest.mark.parametrize(
    ("how", "ends", "fails"), [("ignore", "skipped", False), ("reject", "rejected", False), ("fail", "", True)]
)
def test_unknown_streams_follow_their_setting(world: Any, singer: Any, how: str, ends: str, fails: bool) -> None:
    """Ignored, rejected, or the end of the run."""
    outcome = world.run(singer.lines(weather=[{"id": 1}]), on_unknown_stream=how)
    assert (outcome.failure is not None) is fails
    if fails:
        assert "weather" in str(outcome.failure)
        assert outcome.states == []
    else:
        assert outcome.report["streams"]["weather"] == {"received": 1, ends: 1}
        assert len(outcome.states) == 1


def test_the_native_profile_takes_records_of_any_tap(world: Any, singer: Any) -> None:
    """MicroPIM's own shape goes through: categories by their ids, fields as they are, pictures by address."""
    record = {
        "sku": "N-1", "name": "Native", "price": 8.95, "stock": 3, "brand_id": 2, "images": ["https://m.example.test/a.png"],
        "unknown": 1, "sale_price": None,
    }  # fmt: skip
    tree = [{"id": 2, "name": "Child", "parent_id": 1}, {"id": 1, "name": "Root", "parent_id": None}]
    world.load(singer.lines(categories=tree, products=[record]), profile="native")
    shown = world.pim.snapshot()
    assert shown["categories"] == ["Root", "Root > Child"]
    assert shown["products"]["N-1"]["brand"] == "Rosalba"
    assert shown["products"]["N-1"]["stock"] == 3
    assert len(shown["products"]["N-1"]["media"]) == 1
    world.forget_requests()
    record["price"] = "9.5"
    world.load(singer.lines(products=[record]), profile="native")
    assert world.bodies("PATCH") == [{"price": "9.5"}]


@pytest.mark.parametrize(
    ("native_html", "shown"),
    [
        ("clean", {"description": "<p>Good</p>", "short_description": "5 & 6"}),
        ("keep", {"description": "<p onclick=x()>Good</p><script>x()</script>", "short_description": "5 & 6"}),
    ],
)
def test_html_of_native_records_is_cleaned_unless_told_otherwise(
    world: Any, singer: Any, native_html: str, shown: dict[str, str]
) -> None:
    """Any tap may bring anything; a text that holds no tag is left as it is."""
    html = "<p onclick=x()>Good</p><script>x()</script>"
    record = {"sku": "N-1", "name": "Native", "description": html, "short_description": "5 & 6"}
    world.load(singer.lines(products=[record]), profile="native", native_html=native_html)
    product = world.pim.snapshot()["products"]["N-1"]
    assert {name: product[name] for name in shown} == shown
    world.forget_requests()
    world.load(singer.lines(products=[record]), profile="native", native_html=native_html)
    assert world.writes() == []


def test_native_html_that_leaves_nothing_is_left_out(world: Any, singer: Any) -> None:
    """A description that was only a script, or more than is cleaned, is none."""
    scripts = {"sku": "N-1", "name": "Native", "description": "<script>x()</script>"}
    endless = {"sku": "N-2", "name": "Native", "short_description": "<b>" + "x" * 260_001}
    outcome = world.load(singer.lines(products=[scripts, endless]), profile="native")
    products = world.pim.snapshot()["products"]
    assert not products["N-1"]["description"]
    assert not products["N-2"]["short_description"]
    assert any("short_description" in row["what"] for row in outcome.report["warnings"])


def test_settings_that_shape_what_is_sent_make_everything_count_as_changed(world: Any, singer: Any) -> None:
    """A new language is a new text, although the record is the same."""
    record = singer.product(1, name={"en": "English", "nl": "Nederlands"})
    world.load(singer.lines(products=[record]))
    world.load(singer.lines(products=[record]), locale="nl")
    assert world.pim.snapshot()["products"]["1"]["name"] == "Nederlands"
