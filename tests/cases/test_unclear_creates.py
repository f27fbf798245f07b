"""After a POST without a clear answer none is sent again before the first is seen, or proven not to be there."""

from typing import Any

import pytest

from sandbox import Fault
from tests.cases.records import category, photos, product, sold_in, text

CREATE = "POST /api/products$"
CATEGORY = "POST /api/categories$"
LOOK = "GET /api/products/{id}$"
PICTURE = "POST /api/products/{id}/media"
DENIED = '{"status":0,"data":null,"error":"The request could not be processed"}'
UNCLEAR = [
    Fault("commit_then_status", CREATE, status=500),
    Fault("commit_then_status", CREATE, status=504),
    Fault("commit_then_status", CREATE, status=201, body=DENIED),
    Fault("commit_then_status", CREATE, status=200, body="<html>accepted</html>"),
    Fault("commit_then_status", CREATE, status=404),
    Fault("drop_after", CREATE),
    Fault("truncate_json", CREATE),
]


def named(fault: Fault) -> str:
    """A short name of a fault."""
    return f"{fault.kind} {fault.status}{' denied' if fault.body == DENIED else ''} x{fault.times}"


@pytest.mark.parametrize("late", [0, 5])
@pytest.mark.parametrize("fault", UNCLEAR, ids=named)
def test_a_product_that_shows_late(make_shop: Any, fault: Fault, late: float) -> None:
    """There is one, whatever became of the record that night; the next night it is ours, and v2 arrives or is told."""
    config = {"lookup": "search" if fault.status == 500 else "index", "max_wait_seconds": 15}
    shop = make_shop(config, sku_unique=False, show_after_seconds=late)
    shop.pim.faults.add(fault)
    first = shop.night(product("M1", "v1", **photos(1)))
    assert shop.skus() == ["M1"]
    assert shop.pictures("M1") == [1] or first.tells("M1")
    told = shop.night(product("M1", "v2", **photos(1)))
    assert shop.skus() == ["M1"]
    assert shop.name("M1") == "v2" or told.tells("M1")
    assert shop.pictures("M1") == [1] or told.tells("M1")


@pytest.mark.parametrize("status", [500, 502, 503])
def test_nine_answers_that_say_it_failed(make_shop: Any, status: int) -> None:
    """Shown only after ninety seconds, longer than the run waits."""
    shop = make_shop({"lookup": "search", "max_wait_seconds": 15}, sku_unique=False, show_after_seconds=90)
    shop.pim.faults.add(Fault("commit_then_status", CREATE, status=status, times=9))
    first = shop.night(product("M1", "v1"))
    assert shop.skus() == ["M1"]
    assert first.tells("M1")
    shop.pim.faults.clear()
    told = shop.night(product("M1", "v2"))
    assert shop.skus() == ["M1"]
    assert shop.name("M1") == "v2" or told.tells("M1")


@pytest.mark.parametrize("late", [0, 5, 90])
@pytest.mark.parametrize("fault", [Fault("commit_then_status", CATEGORY), Fault("drop_after", CATEGORY)], ids=named)
def test_a_category_that_shows_late(make_shop: Any, fault: Fault, late: float) -> None:
    """The same for a category, which MicroPIM takes twice without a word."""
    shop = make_shop({"max_wait_seconds": 15}, categories_after_seconds=late)
    shop.pim.faults.add(fault)
    given = {"categories": [category(1, "Care"), category(2, "Sun", 1)]}
    for name in "AB":
        last = shop.night(product("M1", name, **sold_in(2)), **given)
        assert len(shop.paths()) == len(set(shop.paths()))
    assert (shop.paths(), shop.categories_of("M1")) == (["Care", "Care > Sun"], ["Sun"]) or last.says_something


@pytest.mark.parametrize("search", ["beginnings", "names"])
def test_a_search_that_finds_no_sku_after_a_kill_and_an_error(make_shop: Any, search: str) -> None:
    """One run is killed before its answer, another one is told 500: one of each, v2 arrives or is told."""
    shop = make_shop(sku_unique=False, search=search)
    shop.killed(product("M1", "v1"), write=CREATE)
    shop.night(product("M1", "v1"))
    shop.pim.faults.add(Fault("commit_then_status", CREATE))
    shop.night(product("M1", "v1"), product("M2", "v1"))
    told = shop.night(product("M1", "v2"), product("M2", "v2"))
    assert shop.skus() == ["M1", "M2"]
    assert all(shop.name(key) == "v2" or told.tells(key) for key in ("M1", "M2"))


@pytest.mark.parametrize("late", [5, 90])
@pytest.mark.parametrize(
    "fault",
    [
        Fault("commit_then_status", PICTURE),
        Fault("commit_then_status", PICTURE, times=3),
        Fault("drop_after", PICTURE),
    ],
    ids=named,
)
def test_pictures_that_show_late(make_shop: Any, late: float, fault: Fault) -> None:
    """Each address goes once at most; one that may be missing is listed."""
    shop = make_shop({"max_wait_seconds": 15}, pictures_after_seconds=late)
    shop.pim.faults.add(fault)
    for name in ("A", "A", "B"):
        told = shop.night(product("M1", name, **photos(1, 2)))
        assert len(shop.pictures("M1")) == len(set(shop.pictures("M1")))
        assert set(shop.pictures("M1")) == {1, 2} or told.tells("M1")


@pytest.mark.parametrize("reads", [1, 3])
def test_pictures_that_show_after_some_reads(make_shop: Any, reads: int) -> None:
    """Counting them too early sends none of them twice."""
    shop = make_shop(media="async", media_reads=reads)
    shop.pim.faults.add(Fault("commit_then_status", PICTURE))
    for name in "AB":
        told = shop.night(product("M1", name, **photos(1, 2)))
        assert len(shop.pictures("M1")) == len(set(shop.pictures("M1")))
    assert set(shop.pictures("M1")) == {1, 2} or told.tells("M1")


@pytest.mark.parametrize("mode", ["add", "managed"])
@pytest.mark.parametrize(
    "fault", [Fault("drop_after", CREATE), Fault("status", LOOK, status=500, times=None)], ids=named
)
def test_a_category_taken_out_before_the_creation_is_seen(make_shop: Any, fault: Fault, mode: str) -> None:
    """It was sent, and the product shows the other one that was sent with it: a person took it out, so it stays out."""
    shop = make_shop({"max_wait_seconds": 15, "categories_mode": mode}, show_after_seconds=90)
    shop.pim.faults.add(fault)
    given = {"categories": [category(1, "Care"), category(2, "Sun")]}
    shop.night(product("M1", "A", **sold_in(1, 2)), **given)
    shop.pim.faults.clear()
    shop.people.unassign(shop.id_of("M1"), shop.people.category_id("Care"))
    for name in "AB":
        told = shop.night(product("M1", name, **sold_in(1, 2)), **given)
        assert (shop.skus(), shop.name("M1"), shop.categories_of("M1")) == (["M1"], name, ["Sun"])
        assert told.conflicts == {"M1"}


def test_a_creation_that_shows_no_category(make_shop: Any) -> None:
    """Nobody can tell whether it was put into one: the source's are sent."""
    shop = make_shop({"max_wait_seconds": 15}, show_after_seconds=90)
    shop.pim.faults.add(Fault("drop_after", CREATE))
    given = {"categories": [category(1, "Care")]}
    shop.night(product("M1", "A", **sold_in(1)), **given)
    shop.people.unassign(shop.id_of("M1"), shop.people.category_id("Care"))
    shop.night(product("M1", "A", **sold_in(1)), **given)
    assert (shop.skus(), shop.categories_of("M1")) == (["M1"], ["Care"])


@pytest.mark.parametrize("late", [0, 20, 90])
@pytest.mark.parametrize("lookup", ["search", "index"])
def test_a_creation_that_shows_late_and_in_another_form(make_shop: Any, late: float, lookup: str) -> None:
    """However long it was waited for: whose its text is nobody can tell, and nobody is said to have typed it."""
    config = {"lookup": lookup, "max_wait_seconds": 300}
    shop = make_shop(config, show_after_seconds=late, text_forms=("single_spaces",))
    shop.pim.faults.add(Fault("commit_then_status", CREATE))
    shop.night(product("M1", "A", **text("<p>Two  spaces</p>")))
    for name in "AB":
        told = shop.night(product("M1", name, **text("<p>Two  others</p>")))
        assert (shop.product("M1")["description"], shop.name("M1")) == ("<p>Two spaces</p>", name)
        assert (told.conflicts, [row["field"] for row in told.report["unsure"]]) == (set(), ["description"])


@pytest.mark.parametrize(("late", "patience"), [(5, 15), (5, 300), (90, 300)])
def test_a_picture_that_shows_late_after_a_kill(make_shop: Any, late: float, patience: float) -> None:
    """The run begins again at once: what the killed one may have sent is waited for, or told; never sent twice."""
    shop = make_shop({"max_wait_seconds": patience}, pictures_after_seconds=late)
    shop.killed(product("M1", "A", **photos(1, 2)), write=PICTURE)
    for name in ("A", "B", "C"):
        told = shop.night(product("M1", name, **photos(1, 2)))
        assert len(shop.pictures("M1")) == len(set(shop.pictures("M1")))
    assert set(shop.pictures("M1")) == {1, 2} or told.tells("M1")


def test_a_picture_that_shows_later_than_one_before(make_shop: Any) -> None:
    """How long a picture needs is what the slowest one needed, not what was left when the run looked at all of them."""
    shop = make_shop({"max_wait_seconds": 300}, pictures_after_seconds=90)
    for number in (1, 2):
        shop.pim.faults.add(Fault("commit_then_status", PICTURE))
        shop.night(product(f"M{number}", "A", **photos(1)))
    assert (shop.pictures("M1"), shop.pictures("M2")) == ([1], [1])


@pytest.mark.parametrize("late", [5, 90])
@pytest.mark.parametrize("root", [None, "Shop > Online"])
@pytest.mark.parametrize("killed_at", [None, 1, 2, 3])
def test_categories_that_show_late_to_a_run_that_begins_at_once(
    make_shop: Any, late: float, root: str | None, killed_at: int | None
) -> None:
    """What was made a moment ago and does not show yet was not deleted by hand, and is not made again."""
    config = {"max_wait_seconds": 300, **({"category_root": root} if root else {})}
    shop = make_shop(config, categories_after_seconds=late)
    shop.rest = 2
    given = {"categories": [category(1, "Care"), category(2, "Sun", 1)]}
    if killed_at is not None:
        nth = min(killed_at, 4 if root else 2)
        shop.killed(product("M1", "A", **sold_in(2)), write=CATEGORY, nth=nth, **given)
    for name in "ABC":
        told = shop.night(product("M1", name, **sold_in(1, 2)), **given)
        assert not told.says_something
    above = f"{root} > " if root else ""
    assert len(shop.paths()) == len(set(shop.paths())) == (4 if root else 2)
    assert f"{above}Care > Sun" in shop.paths()
    assert sorted(shop.categories_of("M1")) == ["Care", "Sun"]
    shop.rest = 600
    shop.night(product("M1", "D", **sold_in(1, 2)), **given)
    shop.people.delete_category(shop.people.category_id("Sun"))
    told = shop.night(product("M1", "E", **sold_in(1, 2)), **given)
    assert (f"{above}Care > Sun" in shop.paths(), told.says_something) == (False, True)


@pytest.mark.parametrize("root", [None, "Shop"])
def test_a_category_that_shows_later_than_a_run_waits(make_shop: Any, root: str | None) -> None:
    """Whether the killed run made it is not known: it is a reject, or the run stops, and nothing is made twice."""
    config = {"max_wait_seconds": 15, **({"category_root": root} if root else {})}
    shop = make_shop(config, categories_after_seconds=90)
    given = {"categories": [category(1, "Care"), category(2, "Sun")]}
    shop.killed(product("M1", "A", **sold_in(1, 2)), write=CATEGORY, **given)
    told = shop.night(product("M1", "B", **sold_in(1, 2)), **given)
    assert told.rejected == {"1"} or not told.is_good
    shop.night(product("M1", "C", **sold_in(1, 2)), **given)
    above = f"{root} > " if root else ""
    assert [path for path in shop.paths() if path != root] == [f"{above}Care", f"{above}Sun"]
    assert sorted(shop.categories_of("M1")) == ["Care", "Sun"]


@pytest.mark.parametrize("nth", [2, 3])
def test_a_look_at_new_categories_that_fails(make_shop: Any, nth: int) -> None:
    """The first one is looked at, and all at the end: without a look they are made, and the run is good."""
    shop = make_shop()
    shop.pim.faults.add(Fault("status", "GET /api/categories/tree", nth=nth, status=422))
    given = {"categories": [category(1, "Care"), category(2, "Sun")]}
    for name in "AB":
        assert shop.night(product("M1", name, **sold_in(1, 2)), **given).is_good
        assert (shop.paths(), sorted(shop.categories_of("M1"))) == (["Care", "Sun"], ["Care", "Sun"])
