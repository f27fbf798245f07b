"""The 38 gaps (docs/api/micropim.md#gaps): in every world of its switch the safest behaviour is the default."""

from typing import Any

import pytest

from pim_wire.errors import AccessDenied, StopRun
from sandbox.faults import Fault
from target_micropim.errors import TooMany
from target_micropim.target import TargetMicroPim
from tests.target.conftest import own_signals


def shown(world: Any, sku: str = "1") -> Any:
    """A product of the catalogue."""
    return world.pim.snapshot()["products"][sku]


def told(outcome: Any, kind: str = "warnings") -> list[str]:
    """What the report says."""
    return [row["what"] for row in outcome.report[kind]]


@pytest.mark.parametrize("search", ["substring", "tokens"])
@pytest.mark.parametrize("order", ["id", "random"])
def test_row_01_only_the_exact_sku_is_a_match(make_world: Any, singer: Any, search: str, order: str) -> None:
    """A part of another SKU, another field or another case is nobody."""
    world = make_world(search=search, order=order, page_cap=50)
    for number in range(60):
        world.pim.add(f"A-1-{number}", name="A-1")
    world.pim.add("a-1")
    mine = world.pim.add("A-1")
    world.load(singer.lines(products=[singer.product(7, cnk="A-1", name={"en": "N"})]), sku_template="{cnk}")
    assert len(world.pim.products) == 62
    assert "POST /api/products" not in world.writes()
    assert world.pim.products[mine["id"]]["name"] == "Product A-1"


def test_row_01_a_search_that_never_adds_up_makes_no_double(make_world: Any, singer: Any) -> None:
    """Pages in an order of chance are read again until every hit was seen, also where SKUs may be double."""
    world = make_world(order="random", page_cap=5, sku_unique=False)
    for number in range(23):
        world.pim.add(f"1-{number}")
    world.pim.add("1")
    outcome = world.load(singer.lines(products=[singer.product(1)]))
    assert [product["sku"] for product in world.pim.products.values()].count("1") == 1
    assert "POST /api/products" not in world.writes()
    assert len(outcome.rejects) <= 1


def test_row_01_two_exact_hits_are_a_reject(make_world: Any, singer: Any) -> None:
    """Nobody can tell which."""
    world = make_world(sku_unique=False)
    world.pim.add("1")
    world.pim.add("1")
    assert world.load(singer.lines(products=[singer.product(1)])).rejects[0]["stage"] == "recognise"


@pytest.mark.parametrize("options", [{}, {"insert_while_paging": True}, {"order": "random"}, {"page_cap": 50}], ids=str)
def test_row_02_many_look_ups_become_one_index(make_world: Any, singer: Any, options: Any) -> None:
    """Whatever happens to the list meanwhile, nothing is doubled."""
    world = make_world(**options)
    for number in range(120):
        world.pim.add(str(number), name="Pill", description="x")
    world.load(singer.lines(products=[singer.product(number, name={"en": "Pill"}) for number in range(130)]))
    skus = [product["sku"] for product in world.pim.products.values() if product["sku"].isdigit()]
    assert len(skus) == len(set(skus)) == 130
    single = sum("search" in str(record.query) for record in world.pim.requests)
    looks = 10 + 4  # one before each creation; witnesses; one to see that a new one shows
    assert (single <= looks) is (not options or "page_cap" in options)  # a list that never adds up is no index


@pytest.mark.parametrize("unique", [True, False])
@pytest.mark.parametrize(("lookup", "found"), [("auto", False), ("search", False), ("index", True)])
def test_row_02_a_search_that_finds_no_sku(
    make_world: Any, singer: Any, lookup: str, *, found: bool, unique: bool
) -> None:
    """Where no search looks into SKUs a witness shows it, and the list finds the product, whatever ``lookup`` says."""
    world = make_world(search="names", sku_unique=unique)
    world.pim.add("1", name="Theirs")
    outcome = world.load(singer.lines(products=[singer.product(1)]), **({} if lookup == "auto" else {"lookup": lookup}))
    assert (len(world.pim.products), len(outcome.rejects)) == (1, 0)
    searches = [record for record in world.pim.requests if "search" in record.query]
    assert bool(searches) is not found


def test_row_02_search_never_reads_the_list(world: Any, singer: Any) -> None:
    """Also for many records, and for a brand that only the list could tell; its first page has the witness."""
    records = [singer.product(number, brands=[{"id": 1, "name": "Exemplia"}]) for number in range(60)]
    world.load(singer.lines(products=records), lookup="search")
    lists = [r for r in world.pim.requests if (r.method, r.path) == ("GET", "/api/products")]
    assert {record.query.get("page") for record in lists if "search" not in record.query} == {"1"}
    assert len(world.pim.products) == 60


@pytest.mark.parametrize("archived", ["hidden", "shown"])
@pytest.mark.parametrize(
    ("how", "status"), [("skip", "archived"), ("revive", "draft"), ("update", "archived"), ("error", "archived")]
)
def test_row_03_the_archive_is_looked_into(make_world: Any, singer: Any, archived: str, how: str, status: str) -> None:
    """No second product is made; what happens to the first is a setting, and the default leaves it."""
    world = make_world(archived=archived, sku_unique_archived=False)
    world.pim.add("1", status="archived")
    settings = {} if how == "skip" else {"on_archived": how}
    outcome = world.load(singer.lines(products=[singer.product(1)]), **settings)
    assert len(world.pim.products) == 1
    assert shown(world)["status"] == status
    assert bool(told(outcome, "manual_actions")) is (how == "skip")
    assert len(outcome.rejects) == (how == "error")


def test_row_04_a_duplicate_that_is_found_becomes_an_update(world: Any, singer: Any) -> None:
    """The POST is refused, the SKU is there after all: taken over, not rejected."""
    world.pim.faults.add(Fault("status", "POST /api/products$", status=400, commit=True))
    outcome = world.load(singer.lines(products=[singer.product(1)]))
    assert (outcome.rejects, len(world.pim.products)) == ([], 1)


def test_row_04_a_sku_of_a_variant_is_a_reject_with_a_hint(make_world: Any, singer: Any) -> None:
    """No product has it, so a person gets the server's words and what they may mean."""
    world = make_world(sku_unique_variants=True)
    world.pim.add_variant(world.pim.add("parent")["id"], "1")
    reject = world.load(singer.lines(products=[singer.product(1)])).rejects[0]
    assert "already exists" in reject["said"]
    assert "variant" in reject["reason"]


@pytest.mark.parametrize("unique", [True, False])
@pytest.mark.parametrize("kind", ["drop_after", "truncate_json", "html"])
def test_row_05_a_create_that_fails_after_its_commit(make_world: Any, singer: Any, kind: Any, *, unique: bool) -> None:
    """One product, also where MicroPIM would take a second one."""
    world = make_world(sku_unique=unique)
    world.pim.faults.add(Fault(kind, "POST /api/products$", commit=True))
    world.load(singer.lines(products=[singer.product(1)]))
    assert len(world.pim.products) == 1


@pytest.mark.parametrize("options", [{}, {"barcode_miss": "null"}, {"barcode_archived": True}], ids=str)
def test_row_06_an_ean_is_no_key_unless_asked_to(make_world: Any, singer: Any, options: Any) -> None:
    """By default a product with the same EAN is somebody else's; by setting it is ours, and its SKU stays."""
    world = make_world(**options)
    world.pim.add("theirs", ean="4006381333931")
    record = singer.product(1, ean=["4006381333931"])
    world.load(singer.lines(products=[record]))
    assert len(world.pim.products) == 2
    other = make_world(**options)
    other.pim.add("theirs", ean="4006381333931")
    other.load(singer.lines(products=[record]), match_on=["sku", "ean"])
    assert [product["sku"] for product in other.pim.products.values()] == ["theirs"]


def test_row_06_an_ean_of_several_products_is_a_reject(world: Any, singer: Any) -> None:
    """In the index nobody can tell which one is meant."""
    for number in range(2):
        world.pim.add(f"theirs{number}", ean="4006381333931")
    records = [singer.product(number) for number in range(2, 60)] + [singer.product(1, ean=["4006381333931"])]
    outcome = world.load(singer.lines(products=records), match_on=["sku", "ean"])
    assert [row["external_id"] for row in outcome.rejects] == ["1"]


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(("how", "made", "rejected"), [("drop", 1, 0), ("error", 0, 1), ("send", 1, 0)])
def test_row_07_a_wrong_ean(make_world: Any, singer: Any, how: str, made: int, rejected: int, *, strict: bool) -> None:
    """Left out with a warning by default; refused, or sent as it is, when asked to."""
    world = make_world(ean_strict=strict)
    settings = {} if how == "drop" else {"invalid_ean": how}
    outcome = world.load(singer.lines(products=[singer.product(1, ean=["4006381333932"])]), **settings)
    refused = how == "send" and strict
    assert (len(world.pim.products), len(outcome.rejects)) == ((0, 1) if refused else (made, rejected))
    if made and not refused:
        assert shown(world)["ean"] == ("4006381333932" if how == "send" else None)
        assert bool(told(outcome)) is (how == "drop")


@pytest.mark.parametrize("patch_null", ["clears", "ignored", "400"])
def test_row_08_nothing_is_cleared_unless_asked_to(make_world: Any, singer: Any, patch_null: str) -> None:
    """By default an emptied field stays; when asked to, what did not take is told and what a person wrote stays."""
    world = make_world(patch_null=patch_null)
    full, empty = singer.product(1, shortDescription={"en": "S"}), singer.product(1)
    world.load(singer.lines(products=[full]))
    world.load(singer.lines(products=[empty]))
    assert shown(world)["short_description"] == "S"
    world.load(singer.lines(products=[full]))
    outcome = world.load(singer.lines(products=[empty]), clear_missing=True)
    assert shown(world)["short_description"] == (None if patch_null == "clears" else "S")
    assert len(outcome.rejects) == (patch_null == "400")
    assert bool(told(outcome)) is (patch_null == "ignored")


def test_row_08_what_a_person_wrote_is_never_cleared(world: Any, singer: Any) -> None:
    """It is not ours to empty."""
    world.load(singer.lines(products=[singer.product(1, shortDescription={"en": "S"})]))
    world.pim.edit(90001, short_description="By hand", description="Theirs")
    world.load(singer.lines(products=[singer.product(1)]), clear_missing=True)
    assert (shown(world)["short_description"], shown(world)["description"]) == ("By hand", "Theirs")


@pytest.mark.parametrize("unknown", ["400", "ignored"])
def test_row_09_a_category_that_vanishes_while_a_run_goes_on(make_world: Any, singer: Any, unknown: str) -> None:
    """Refused: the record is a reject. Ignored: told. Somebody deleted the category, so it stays away."""
    world = make_world(unknown_category=unknown)
    rows = [singer.category(1, "A")]
    record = singer.product(1, publicCategories=[{"id": 1}])
    world.load(singer.lines(categories=rows))
    gone = iter([1])

    def meanwhile(call: Any) -> None:
        if (call.method, call.path) == ("POST", "/api/products") and next(gone, None):
            world.pim.categories.clear()

    world.pim.on_request(meanwhile)
    outcome = world.load(singer.lines(products=[record]))
    assert len(outcome.rejects) == (unknown == "400")
    assert bool([what for what in told(outcome) if "did not take" in what]) is (unknown == "ignored")
    again = world.load(singer.lines(categories=rows, products=[record]))
    assert (again.rejects, shown(world)["categories"]) == ([], [])
    assert [row["stream"] for row in again.report["conflicts"]] == ["categories"]


# Rows 9 to 11 and 24: test_category_modes.py


@pytest.mark.parametrize("unknown", ["400", "ignored"])
@pytest.mark.parametrize("drop", [True, False])
def test_row_12_an_id_that_micropim_does_not_know(make_world: Any, singer: Any, unknown: str, *, drop: bool) -> None:
    """Refused: a reject, or once without it when asked to. Ignored: told, and not remembered as sent."""
    world = make_world(unknown_brand=unknown)
    record = singer.product(1, brands=[{"id": 1, "name": "Nobody"}])
    outcome = world.load(singer.lines(products=[record]), brand_map={"Nobody": 999}, drop_unmapped=drop)
    assert len(outcome.rejects) == (unknown == "400" and not drop)
    if not outcome.rejects:
        assert any("brand_id" in what for what in told(outcome))
        assert world.pim.products[90001]["brand_id"] is None


def test_row_12_a_name_without_an_id_is_listed_once(world: Any, singer: Any) -> None:
    """No id is invented; the list counts the products it holds back."""
    records = [singer.product(number, brands=[{"id": 1, "name": "Nobody"}]) for number in (1, 2)]
    outcome = world.load(singer.lines(products=records))
    assert outcome.report["totals"]["unmapped"] == 1
    assert (outcome.folder / "unmapped.csv").read_text().splitlines()[1] == 'brand,Nobody,2,"1, 2"'


@pytest.mark.parametrize("unknown_fields", ["ignored", "400"])
def test_row_13_vat_is_compared_and_never_sent(make_world: Any, singer: Any, unknown_fields: str) -> None:
    """A difference is for a person."""
    world = make_world(unknown_fields=unknown_fields)
    product = world.pim.add("1", vat_rate_id=1)
    assert "vat_rate_id" in product
    outcome = world.load(singer.lines(products=[singer.product(1, vat=6)]))
    same = world.load(singer.lines(products=[singer.product(1, vat=21.0)]))
    assert told(outcome, "manual_actions") == ["VAT is 6% in the source and 21% in MicroPIM: it cannot be written"]
    assert told(same, "manual_actions") == []
    assert not any("vat" in str(body) for method in ("POST", "PATCH") for body in world.bodies(method))


# Row 14 (and 5, 16): test_unclear_answers.py; attributes: test_attributes.py


@pytest.mark.parametrize(("how", "pictures"), [("skip", 1), ("append", 2), ("only_if_empty", 1)])
def test_row_15_pictures_of_unknown_origin(world: Any, singer: Any, how: str, pictures: int) -> None:
    """With a lost ledger nobody knows whose they are: left alone by default."""
    record = singer.product(1, photos=[singer.picture(1)])
    world.load(singer.lines(products=[record]))
    world.lose_ledger()
    settings = {} if how == "skip" else {"on_unknown_media": how}
    world.load(singer.lines(products=[record]), **settings)
    assert len(shown(world)["media"]) == pictures
    world.pim.products[90001]["_media"].clear()
    world.load(singer.lines(products=[{**record, "name": {"en": "New"}}]), **settings)
    assert len(shown(world)["media"]) == (1 if how == "only_if_empty" else 0)


@pytest.mark.parametrize("dedupe", [True, False])
def test_row_15_no_picture_goes_twice(make_world: Any, singer: Any, *, dedupe: bool) -> None:
    """The source address is lost after the upload; only the ledger knows."""
    world = make_world(dedupe_media=dedupe)
    for name in ("A", "B"):
        world.load(singer.lines(products=[singer.product(1, name={"en": name}, photos=[singer.picture(1)])]))
    assert len(shown(world)["media"]) == 1


@pytest.mark.parametrize(("how", "pictures"), [("report", 1), ("append", 2)])
def test_row_17_a_changed_picture(world: Any, singer: Any, how: str, pictures: int) -> None:
    """For a person by default; appended when asked to, and then once."""
    new = {"huge": "https://media.example.test/new.jpg"}
    world.load(singer.lines(products=[singer.product(1, photos=[singer.picture(1)])]), media_changes=how)
    given = singer.lines(products=[singer.product(1, photos=[singer.picture(1, formats=new)])])
    outcome = world.load(given, media_changes=how)
    assert len(told(outcome, "manual_actions")) == 1
    assert len(shown(world)["media"]) == pictures
    world.forget_requests()
    world.load(given, media_changes=how)
    assert world.writes() == []


@pytest.mark.parametrize(
    "options",
    [
        {"media": "never"},
        {"media": "async", "media_reads": 3},
        {"unreachable_media": "400"},
        {"unreachable_media": "never"},
    ],
    ids=str,
)
def test_row_18_a_picture_that_micropim_cannot_fetch(make_world: Any, singer: Any, options: Any) -> None:
    """Refused, or accepted and not shown: told in the same run. Neither costs the record."""
    world = make_world(**options)
    unreachable = {"huge": "https://unreachable.example.test/1.jpg"}
    photos = [singer.picture(1, formats=unreachable)]
    first = world.load(singer.lines(products=[singer.product(1, photos=photos)]))
    second = world.load(singer.lines(products=[singer.product(1, name={"en": "New"}, photos=photos)]))
    assert first.rejects == second.rejects == []
    assert [("refused" in what or "shows 0 of 1" in what) for what in told(first, "manual_actions")] == [True]
    assert len(world.pim.products[90001]["_media"]) <= 1


def test_row_19_positions_go_on_after_what_is_there(world: Any, singer: Any) -> None:
    """From 0 for a new product, behind the others afterwards."""
    world.load(singer.lines(products=[singer.product(1, photos=[singer.picture(1), singer.picture(2)])]))
    photos = [singer.picture(number) for number in (3, 1, 2)]
    world.load(singer.lines(products=[singer.product(1, photos=photos)]))
    assert [position for _url, _alt, position in shown(world)["media"]] == [0, 1, 2]


# Rows 20 and 21: test_attributes.py


@pytest.mark.parametrize("translations", ["ignored", "accepted"])
def test_row_22_other_languages_are_counted_not_sent(make_world: Any, singer: Any, translations: str) -> None:
    """One language a run; the report says what the source has besides."""
    world = make_world(translations=translations)
    record = singer.product(1, name={"nl": "N", "fr": "F", "de": None})
    outcome = world.load(singer.lines(products=[record]), locale="nl")
    assert shown(world)["name"] == "N"
    assert outcome.report["languages_left"] == {"fr": 1}
    assert "translations" not in world.bodies("POST")[0]


@pytest.mark.parametrize("siblings", ["allowed", "400"])
@pytest.mark.parametrize("shape", ["tree", "categories", "list"])
def test_row_23_a_category_is_its_path(make_world: Any, singer: Any, siblings: str, shape: str) -> None:
    """Equal names under other parents are other categories; an equal path is one, also for a lost ledger."""
    world = make_world(equal_siblings=siblings, tree_shape=shape)
    rows = [singer.category(1, "A"), singer.category(2, "B"), singer.category(3, "X", 1), singer.category(4, "x ", 2)]
    for _ in range(2):
        world.load(singer.lines(categories=[*rows, singer.category(5, " a")]))
        world.lose_ledger()
    assert len(world.pim.categories) == 4


@pytest.mark.parametrize("world_of", [None, 3])
@pytest.mark.parametrize(("depth", "made"), [(None, 10), (2, 2), (12, 11)])
def test_row_23_how_deep_a_tree_may_be(
    make_world: Any, singer: Any, depth: int | None, made: int, world_of: int | None
) -> None:
    """Ten levels by default, others by setting; what MicroPIM refuses is a reject in its words."""
    world = make_world(max_category_depth=world_of)
    rows = [singer.category(number, f"L{number}", number - 1 or None) for number in range(1, 12)]
    settings = {} if depth is None else {"max_category_depth": depth}
    outcome = world.load(singer.lines(categories=rows), **settings)
    assert len(world.pim.categories) == min(made, world_of or made)
    assert len(outcome.rejects) == 11 - len(world.pim.categories)
    if (world_of or made) < made:
        assert "deeper than 3 levels" in outcome.rejects[0]["said"]


@pytest.mark.parametrize(
    ("mode", "status", "action"), [(None, "draft", "skipped"), ("archive", "archived", "archived")]
)
@pytest.mark.parametrize("profile", ["medipim", "native"])
def test_row_36_a_mark_of_deletion(
    world: Any, singer: Any, mode: str | None, status: str, action: str, profile: str
) -> None:
    """Left alone by default, archived when asked to; never made, and a record without the mark is alive again."""
    settings = {"profile": profile} | ({} if mode is None else {"delete_mode": mode})
    record = singer.product(1) if profile == "medipim" else {"sku": "1", "name": "Product 1"}
    key = {name: record[name] for name in ("id", "sku") if name in record}
    gone = key | {"_sdc_deleted_at": "2026-01-02T00:00:00Z"}
    assert world.load(singer.lines(products=[gone]), **settings).report["streams"]["products"]["skipped"] == 1
    assert world.writes() == []
    world.load(singer.lines(products=[record]), **settings)
    outcome = world.load(singer.lines(products=[gone]), **settings)
    assert outcome.report["streams"]["products"][action] == 1
    assert shown(world)["status"] == status
    new = record | {"name": {"en": "New"} if profile == "medipim" else "New"}
    world.load(singer.lines(products=[new]), on_archived="revive", **settings)
    assert (shown(world)["name"], shown(world)["status"]) == ("New", "draft")


def test_row_36_marks_of_deletion_are_under_the_guard(world: Any, singer: Any) -> None:
    """max_archive counts before the first."""
    world.load(singer.lines(products=[singer.product(number) for number in range(10)]))
    gone = [{"id": str(number), "_sdc_deleted_at": "2026-01-02T00:00:00Z"} for number in range(3)]
    outcome = world.run(singer.lines(products=gone), delete_mode="archive", max_archive="20%")
    assert isinstance(outcome.failure, TooMany)
    assert world.pim.counts()["products_by_status"] == {"draft": 10}


@pytest.mark.parametrize("delete", ["400", "cascade"])
def test_rows_25_26_and_36_nothing_is_deleted(make_world: Any, singer: Any, delete: str) -> None:
    """Absence is no reason, an explicit mark only archives, and no single category is ever asked for."""
    world = make_world(delete_category=delete)
    both = [singer.category(1, "A"), singer.category(2, "B")]
    world.load(singer.lines(categories=both, products=[singer.product(1), singer.product(2)]))
    world.load(singer.lines(categories=both[:1], products=[singer.product(2, status="inactive")]))
    assert len(world.pim.categories) == 2
    assert (shown(world)["status"], shown(world, "2")["status"]) == ("draft", "archived")
    deleted = [record.path for record in world.pim.requests if record.method == "DELETE"]
    second = next(key for key, product in world.pim.products.items() if product["sku"] == "2")
    assert deleted == [f"/api/products/{second}"]
    assert not [r for r in world.pim.requests if r.method == "GET" and r.path.startswith("/api/categories/4")]


def test_row_27_only_documented_fields_travel(make_world: Any, singer: Any, emitted: Any) -> None:
    """Where unknown fields are refused, a whole catalogue goes in."""
    world = make_world(unknown_fields="400", unconfigured_channels="400")
    outcome = world.load(singer.lines(**emitted(20)), locale="nl")
    assert outcome.rejects == []


@pytest.mark.parametrize("limit", [True, False])
@pytest.mark.parametrize("how", ["reject", "cut"])
def test_row_28_too_long_is_refused_or_cut_with_a_warning(
    make_world: Any, singer: Any, how: str, *, limit: bool
) -> None:
    """Nothing is cut silently, whatever MicroPIM would take."""
    world = make_world(text_limit=limit)
    settings = {} if how == "reject" else {"on_too_long": "cut"}
    text = {"type": "full_description", "content": {"en": f"<p>{'a' * 50}<b>{'b' * 500}</b></p>"}}
    record = singer.product(1, name={"en": "x" * 300}, descriptions=[text])
    outcome = world.load(singer.lines(products=[record]), max_description_length=100, **settings)
    if how == "reject":
        assert [reason["path"] for reason in outcome.rejects[0]["reasons"]] == ["name", "description"]
        return
    assert (len(shown(world)["name"]), len(told(outcome))) == (255, 2)
    description = shown(world)["description"]
    assert len(description) <= 100
    assert description.endswith("b</b></p>")


def test_row_29_a_change_by_hand_between_read_and_write_stands(world: Any, singer: Any) -> None:
    """Only what changed in the source travels, so a person's other fields are safe."""
    world.load(singer.lines(products=[singer.product(1, shortDescription={"en": "S"})]))
    edits = iter([1])

    def meanwhile(call: Any) -> None:
        if call.method == "PATCH" and next(edits, None):
            world.pim.edit(90001, short_description="By hand")

    world.pim.on_request(meanwhile)
    world.load(singer.lines(products=[singer.product(1, name={"en": "New"}, shortDescription={"en": "S"})]))
    assert (shown(world)["name"], shown(world)["short_description"]) == ("New", "By hand")


def test_row_30_both_layers_are_judged(world: Any, singer: Any) -> None:
    """200 with status 0 is a refusal."""
    world.pim.faults.add(Fault("status_zero", "POST /api/products$"))
    assert len(world.load(singer.lines(products=[singer.product(1)])).rejects) == 1


@pytest.mark.parametrize("flips", [True, False])
def test_row_31_neither_stock_nor_its_state_is_sent(make_world: Any, singer: Any, *, flips: bool) -> None:
    """Also not in MicroPIM's own shape: out_of_stock is never ours to say."""
    world = make_world(stock_zero_flips=flips)
    world.load(singer.lines(products=[singer.product(1)]), create_status="active")
    assert "stock" not in world.bodies("POST")[0]
    native = {"sku": "N", "name": "N", "status": "out_of_stock"}
    outcome = make_world().load(singer.lines(products=[native]), profile="native")
    assert any("out_of_stock" in what for what in told(outcome))


@pytest.mark.parametrize("unconfigured", ["400", "ignored"])
def test_row_32_channels_that_are_not_there_are_left_out(make_world: Any, singer: Any, unconfigured: str) -> None:
    """One warning, and every product goes in."""
    world = make_world(unconfigured_channels=unconfigured)
    records = [singer.product(number) for number in (1, 2)]
    outcome = world.load(singer.lines(products=records), publishing_channels=["web", "social"])
    assert shown(world)["publishing_channels"] == ["web"]
    assert len(told(outcome)) == 1
    assert outcome.rejects == []


def test_row_32_a_missing_channel_can_stop_the_run(world: Any, singer: Any) -> None:
    """When asked to, before anything is written."""
    channels = ["web", "social"]
    given = singer.lines(products=[singer.product(1)])
    outcome = world.run(given, publishing_channels=channels, on_missing_channel="fail")
    assert isinstance(outcome.failure, StopRun)
    assert "social not set up" in str(outcome.failure)
    assert world.writes() == []


def test_row_33_every_product_is_simple(world: Any, singer: Any) -> None:
    """Families and multi-packs stay separate products."""
    records = [singer.product(number, productFamilies=[{"id": 1, "name": {"en": "F"}}]) for number in (1, 2)]
    world.load(singer.lines(products=records))
    assert [body["product_type"] for body in world.bodies("POST")] == ["simple", "simple"]


def test_row_34_a_quota_stops_the_run_with_its_words(make_world: Any, singer: Any) -> None:
    """403 after successes: nothing more is tried, what was done is kept."""
    world = make_world(max_products=2)
    outcome = world.run(singer.lines(products=[singer.product(n) for n in range(1, 6)]), max_in_flight=1)
    assert isinstance(outcome.failure, AccessDenied)
    assert "quota" in str(outcome.failure)
    assert len(world.pim.products) == 2


@pytest.mark.parametrize(("collision", "rejected"), [("suffix", 0), ("400", 1)])
def test_row_35_equal_names_may_collide(make_world: Any, singer: Any, collision: str, rejected: int) -> None:
    """A refusal that speaks of a slug is that record's, with the server's words."""
    world = make_world(slug_collision=collision)
    records = [singer.product(number, name={"en": "Same"}) for number in (1, 2)]
    outcome = world.load(singer.lines(products=records), max_in_flight=1)
    assert len(outcome.rejects) == rejected
    assert all("slug" in row["said"] for row in outcome.rejects)


@pytest.mark.parametrize("slash", ["404", "accepted"])
def test_row_37_paths_are_exact(make_world: Any, singer: Any, slash: str) -> None:
    """No trailing slash, and only the verbs of the page."""
    world = make_world(trailing_slash=slash, patch_categories="ignored")
    settings = {"match_on": "sku,ean", "update_categories": True, "attributes_mode": "definitions"}
    record = singer.product(1, ean=["4006381333931"], cnk="0123456", photos=[singer.picture(1)])
    rows = [singer.category(1, "A"), singer.category(2, "B")]
    world.load(singer.lines(categories=rows, products=[record]), **settings)
    moved = [singer.category(2, "B"), singer.category(1, "New", 2)]
    placed = {**record, "publicCategories": [{"id": 2}]}
    world.load(singer.lines(categories=moved, products=[placed]), **settings)
    world.load(singer.lines(products=[{**record, "status": "inactive"}]), **settings)
    assert not [record for record in world.pim.requests if record.path.endswith("/")]
    assert not [record for record in world.pim.requests if record.status == 404 and "barcode" not in record.path]
    assert {record.method for record in world.pim.requests} == {"GET", "POST", "PUT", "PATCH", "DELETE"}


@pytest.mark.parametrize("code", ["40/06 38", "a?b#c", "100%", "\u00e9"])
def test_row_37_a_barcode_is_encoded_in_the_path(world: Any, code: str) -> None:
    """Whatever stands in a code, it is one part of the path, and the product with just this code is found."""
    mine = world.pim.add("mine", ean=code)
    world.pim.add("other", ean="other")
    with own_signals():
        client = TargetMicroPim(config=world.settings()).connection.client
    found = client.product_by_barcode(code)
    assert found is not None
    assert found["id"] == mine["id"]
    assert client.product_by_barcode(f"{code}/x") is None


@pytest.mark.parametrize("cap", [50, 100])
@pytest.mark.parametrize("empty", [0, 1])
def test_row_38_fewer_rows_a_page_than_asked_for(make_world: Any, singer: Any, cap: int, empty: int) -> None:
    """Every page is read, whatever its size."""
    world = make_world(page_cap=cap, total_pages_when_empty=empty)
    for number in range(120):
        world.pim.add(str(number), name=f"Product {number}")
    world.load(singer.lines(products=[singer.product(number) for number in range(120)]))
    assert len(world.pim.products) == 120


def test_a_world_in_which_no_read_works_stops_the_run(world: Any, singer: Any) -> None:
    """Without the list everything would look missing."""
    world.pim.faults.add(Fault("status", "GET /api/categories/tree", times=None, status=404))
    assert isinstance(world.run(singer.lines(categories=[singer.category(1, "A")])).failure, StopRun)
