"""Whatever happens to a request, afterwards everything is there exactly once.

See docs/api/micropim.md#post-unclear and docs/faults.md.
"""

from dataclasses import replace
from typing import Any

import pytest

from pim_wire.errors import AccessDenied, StopRun
from sandbox.faults import Fault

ROUTES = {
    "products": "POST /api/products$",
    "categories": "POST /api/categories$",
    "media": "POST /api/products/{id}/media",
}
FAULTS = {
    "dropped before": Fault("drop_before"),
    "dropped after": Fault("drop_after"),
    "committed, then 500": Fault("status", status=500, commit=True),
    "502 in HTML": Fault("status", status=502),
    "503, not committed": Fault("status", status=503),
    "200 in HTML": Fault("html"),
    "200 and nothing": Fault("empty"),
    "committed, 200 in HTML": Fault("html", commit=True),
    "cut JSON": Fault("truncate_json"),
    "short body": Fault("short_length"),
    "slower than our patience": Fault("slow", delay=0.5),
    "429": Fault("status", status=429),
}


def one_of_each(singer: Any) -> list[bytes]:
    """A category, and a product in it with two pictures."""
    record = singer.product(1, publicCategories=[{"id": 1}], photos=[singer.picture(1), singer.picture(2)])
    return singer.lines(categories=[singer.category(1, "A")], products=[record])


def assert_one_of_each(world: Any) -> None:
    """Exactly what was asked for."""
    counts = world.pim.counts()
    assert (counts["categories"], counts["products"], counts["pictures"]) == (1, 1, 2)
    shown = world.pim.snapshot()["products"]["1"]
    assert shown["categories"] == ["A"]
    assert [position for _url, _alt, position in shown["media"]] == [0, 1]


CASES = [(route, fault, False) for route in ROUTES for fault in FAULTS] + [
    ("products", fault, True) for fault in FAULTS
]


@pytest.mark.parametrize(("where", "what", "unique"), CASES)
def test_a_post_with_an_unclear_answer_is_carried_out_once(
    make_world: Any, singer: Any, where: str, what: str, *, unique: bool
) -> None:
    """One fault on one POST: exactly one of each afterwards, and the next run has nothing to do."""
    world = make_world(sku_unique=unique)
    world.pim.faults.add(replace(FAULTS[what], route=ROUTES[where]))
    outcome = world.load(one_of_each(singer), request_timeout_seconds=0.2)
    assert_one_of_each(world)
    assert outcome.rejects == []
    world.forget_requests()
    world.load(one_of_each(singer))
    assert world.writes() == []


OTHER_ROUTES = (
    "POST /api/product-attributes", "POST /api/categories/{id}/products", "POST /api/categories/{id}/move",
)  # fmt: skip


@pytest.mark.parametrize(
    ("what", "assign"),
    [*((what, "additive") for what in FAULTS), ("dropped after", "replace"), ("committed, then 500", "replace")],
)
def test_the_other_posts_are_carried_out_once_too(make_world: Any, singer: Any, what: str, assign: str) -> None:
    """A definition, a product put into a category, a category moved: one fault on each.

    See docs/api/micropim.md#no-idempotency-key.
    """
    world = make_world(patch_categories="ignored", assign=assign, attributes="map")
    settings = {"update_categories": True, "attributes_mode": "values"}
    record = singer.product(1, cnk="0123456")
    world.load(singer.lines(categories=[singer.category(1, "A"), singer.category(2, "B")], products=[record]))
    world.pim.faults.add(*(replace(FAULTS[what], route=route) for route in OTHER_ROUTES))
    given = singer.lines(
        categories=[singer.category(2, "B"), singer.category(1, "A", 2)],
        products=[{**record, "publicCategories": [{"id": 1}, {"id": 2}]}],
    )
    outcome = world.load(given, request_timeout_seconds=0.2, **settings)
    assert outcome.rejects == []
    assert {route.split("/")[-1] for route in OTHER_ROUTES} <= {write.split("/")[-1] for write in world.writes()}
    assert [row["code"] for row in world.pim.attributes.values()] == ["cnk"]
    shown = world.pim.snapshot()
    assert shown["products"]["1"]["categories"] == ["B", "B > A"]
    assert shown["products"]["1"]["attributes"] == {"cnk": "0123456"}
    world.forget_requests()
    world.load(given, **settings)
    assert world.writes() == []


@pytest.mark.parametrize("route", ["GET /api/products", "GET /api/categories/tree", "GET /api/channels"])
@pytest.mark.parametrize("kind", ["drop_before", "truncate_json", "html", "status"])
def test_reads_are_simply_repeated(make_world: Any, singer: Any, route: str, kind: Any) -> None:
    """A read that fails three times costs time, nothing else."""
    world = make_world()
    world.pim.faults.add(Fault(kind, route, times=3, status=503))
    world.load(one_of_each(singer))
    assert_one_of_each(world)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate_json", "status"])
def test_a_patch_and_an_archive_are_repeated(world: Any, singer: Any, kind: Any) -> None:
    """Both state absolute values."""
    world.load(singer.lines(products=[singer.product(1), singer.product(2)]))
    world.pim.faults.add(Fault(kind, "PATCH /api/products"), Fault(kind, "DELETE /api/products"))
    given = [singer.product(1, name={"en": "New"}), singer.product(2, status="inactive")]
    world.load(singer.lines(products=given))
    assert world.pim.snapshot()["products"]["1"]["name"] == "New"
    assert world.pim.snapshot()["products"]["2"]["status"] == "archived"


def test_a_duplicate_refused_after_a_lost_commit_becomes_an_update(world: Any, singer: Any) -> None:
    """The POST is committed but answered 400: the product is found and taken over.

    See docs/api/micropim.md#post-unclear.
    """
    world.pim.faults.add(Fault("status", "POST /api/products$", status=400, commit=True))
    outcome = world.load(one_of_each(singer))
    assert_one_of_each(world)
    assert outcome.rejects == []


def test_a_category_that_never_gets_a_clear_answer_is_a_reject(world: Any, singer: Any) -> None:
    """The run goes on with the products; the record is kept."""
    world.pim.faults.add(Fault("status", "POST /api/categories", times=None, status=500))
    outcome = world.load(one_of_each(singer))
    assert [row["stream"] for row in outcome.rejects] == ["categories"]
    assert world.pim.counts()["products"] == 1


def test_a_service_that_makes_nothing_any_more_stops_the_run(world: Any, singer: Any) -> None:
    """Ten fruitless products in a row are an outage, not ten bad records: the state stays behind them."""
    world.pim.faults.add(Fault("status", "POST /api/products$", times=None, status=500))
    given = singer.lines(products=[singer.product(n) for n in range(30)])
    outcome = world.run(given, max_in_flight=1)
    assert isinstance(outcome.failure, StopRun)
    assert "in a row" in str(outcome.failure)
    assert outcome.states == []


def test_a_picture_that_stays_unclear_rejects_its_record(make_world: Any, singer: Any) -> None:
    """Neither answered nor shown twice: nobody knows, so a person has to look; no third attempt."""
    world = make_world(media="never")
    world.pim.faults.add(Fault("truncate_json", "POST /api/products/{id}/media", times=None))
    outcome = world.load(one_of_each(singer))
    assert outcome.rejects[0]["stage"] == "send"
    assert len([write for write in world.writes() if write.endswith("/media")]) == 2


def test_a_product_that_somebody_deleted_is_not_made_again(world: Any, singer: Any) -> None:
    """MicroPIM no longer knows the id: it is looked for by SKU, and told; its memory stays for when it comes back."""
    world.load(one_of_each(singer))
    deleted = world.pim.products.pop(90001)
    record = singer.product(
        1, name={"en": "Again"}, publicCategories=[{"id": 1}], photos=[singer.picture(1), singer.picture(2)]
    )
    outcome = world.load(singer.lines(products=[record]))
    assert (world.pim.counts()["products"], outcome.rejects) == (0, [])
    assert ["deleted" in row["what"] for row in outcome.report["conflicts"]] == [True]
    world.pim.products[90001] = deleted
    outcome = world.load(singer.lines(products=[{**record, "name": {"en": "Back"}}]))
    assert_one_of_each(world)
    assert (world.pim.products[90001]["name"], outcome.report["conflicts"]) == ("Back", [])


SHAPES: dict[str, dict[str, Any]] = {
    "wrapped product": {"wrap_product": True},
    "{} for an empty map": {"empty_map": "{}"},
    "tree as categories": {"tree_shape": "categories", "children_key": "subcategories"},
    "tree as a list": {"tree_shape": "list"},
    "only an address for media": {"media_answer": "url_only"},
    "pages of fifty": {"page_cap": 50},
    "one page when empty": {"total_pages_when_empty": 1},
    "random order": {"order": "random"},
    "token search": {"search": "tokens"},
    "archive shown": {"archived": "shown"},
    "no media at once": {"media": "async"},
    "texts trimmed": {"normalise_text": True},
    "unknown fields refused": {"unknown_fields": "400"},
    "page limits strict": {"page_limits": "400"},
    "strict EAN": {"ean_strict": True},
}


USUAL: list[Any] = []  # the catalogue in the world of the defaults, loaded once


def usual_catalogue(make_world: Any, singer: Any, given: Any) -> Any:
    """What the same input comes to where nothing is switched."""
    if not USUAL:
        plain = make_world()
        plain.load(singer.lines(**given))
        USUAL.append(plain.pim.snapshot())
    return USUAL[0]


@pytest.mark.parametrize("options", SHAPES.values(), ids=SHAPES)
def test_every_world_gives_the_same_catalogue(make_world: Any, singer: Any, emitted: Any, options: Any) -> None:
    """Undocumented behaviour changes no content: load, lose the ledger, load again, and nothing is new."""
    given = emitted(20)
    given["categories"] = [row for row in given["categories"] if row["parent"] is None][:3]
    other = make_world(**options)
    other.load(singer.lines(**given))
    if "ean_strict" not in options:
        assert other.pim.snapshot() == usual_catalogue(make_world, singer, given)
    before = other.pim.snapshot()
    for product in other.pim.products.values():
        product["_reads"] += 10  # by the time a ledger is lost, late pictures have come
    other.lose_ledger()
    other.load(singer.lines(**given))
    assert other.pim.snapshot() == before


@pytest.mark.parametrize("archived", ["hidden", "shown"])
def test_a_sku_in_the_archive_is_found(make_world: Any, singer: Any, archived: str) -> None:
    """No second product beside the archived one, by single look-ups and by the index."""
    for count in (1, 60):
        world = make_world(archived=archived, sku_unique_archived=False)
        for number in range(count):
            world.pim.add(str(number), status="archived")
        outcome = world.load(singer.lines(products=[singer.product(n) for n in range(count)]))
        assert world.pim.counts()["products"] == count
        assert outcome.report["streams"]["products"]["skipped"] == count


@pytest.mark.parametrize("search", ["substring", "tokens"])
@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize(("order", "others"), [("id", 230), ("random", 30)])  # in disorder, pages may never add up
def test_only_an_exact_sku_is_a_match(
    make_world: Any, singer: Any, search: str, many: bool, order: str, others: int
) -> None:
    """Hits in part of a SKU, in the name or in the description are no match, however many pages they fill."""
    world = make_world(search=search, order=order)
    for number in range(others):
        world.pim.add(f"MDP-1-{number}", name=f"MDP-1 {number}", description="MDP-1")
    count = 60 if many else 1
    world.load(singer.lines(products=[singer.product(n + 1) for n in range(count)]), sku_template="MDP-{id}")
    assert world.pim.counts()["products"] == others + count
    world.lose_ledger()
    world.load(singer.lines(products=[singer.product(n + 1) for n in range(count)]), sku_template="MDP-{id}")
    assert world.pim.counts()["products"] == others + count


@pytest.mark.parametrize("count", [1, 60])
def test_two_products_with_one_sku_are_a_reject(make_world: Any, singer: Any, count: int) -> None:
    """MicroPIM holds the SKU twice: nobody can tell which, nothing is written to either."""
    world = make_world(sku_unique=False)
    world.pim.add("0")
    world.pim.add("0")
    outcome = world.load(singer.lines(products=[singer.product(n) for n in range(count)]))
    assert [row["external_id"] for row in outcome.rejects] == ["0"]
    assert "2 products of MicroPIM have 0" in outcome.rejects[0]["reason"]
    assert not world.bodies("PATCH")


@pytest.mark.parametrize("miss", ["404", "null"])
def test_products_are_recognised_by_ean_when_asked(make_world: Any, singer: Any, miss: str) -> None:
    """A product with another SKU and the same EAN is taken over; padded codes are equal; unknown codes are made."""
    world = make_world(barcode_miss=miss)
    world.pim.add("THEIRS", ean="4006381333931")
    known = singer.product(1, ean=["4006381333931"], shortDescription={"en": "Short"})
    world.load(singer.lines(products=[known, singer.product(2, ean=["5449000000996"])]), match_on="sku,ean")
    shown = world.pim.snapshot()["products"]
    assert sorted(shown) == ["2", "THEIRS"]
    assert shown["THEIRS"]["short_description"] == "Short"


@pytest.mark.parametrize("retry_after", ["seconds", "none", "html"])
def test_every_kind_of_429_is_waited_out(make_world: Any, singer: Any, retry_after: str) -> None:
    """The real limit bites, whatever a 429 carries: nothing is lost, nothing is rejected."""
    world = make_world(
        writes_per_minute=10, retry_after=retry_after, clock=lambda: world.clock.now() if world.clock else 0.0
    )
    outcome = world.load(singer.lines(products=[singer.product(n) for n in range(40)]), max_in_flight=2)
    assert world.pim.counts()["products"] == 40
    assert world.pim.counts()["too_many_requests"] > 0
    assert outcome.report["requests"]["writes"]["refused"] > 0
    assert outcome.rejects == []


def test_429_for_ever_ends_the_run_and_counts_no_reject(world: Any, singer: Any) -> None:
    """Patience has an end; the records stay unsettled, not rejected."""
    world.pim.faults.add(Fault("status", "POST /api/products$", times=None, status=429))
    outcome = world.run(singer.lines(products=[singer.product(1)]), max_wait_seconds=120)
    assert isinstance(outcome.failure, StopRun)
    assert "429" in str(outcome.failure)
    assert outcome.rejects == []
    assert outcome.report["streams"]["products"] == {"received": 1, "unsettled": 1}
    assert outcome.states == []


def test_a_quota_in_the_middle_of_a_run_stops_it(make_world: Any, singer: Any) -> None:
    """403 after five creates: one sentence, what is in stays in, the safe state has left."""
    world = make_world(max_products=5)
    given = [singer.schema("products")]
    for number in range(10):
        given += [singer.record("products", singer.product(number)), singer.state({"at": number})]
    outcome = world.run(given, max_in_flight=1)
    assert isinstance(outcome.failure, AccessDenied)
    assert "quota" in str(outcome.failure)
    assert world.pim.counts()["products"] == 5
    assert outcome.states[-1] == {"at": 4}
    assert outcome.rejects == []


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422, 405, 418])
def test_a_refused_record_is_kept_and_the_run_goes_on(world: Any, singer: Any, status: int) -> None:
    """Statuses about the content are never repeated; the server's words are in the rejects file."""
    body = '{"status": 0, "data": null, "error": "No such thing"}'
    world.pim.faults.add(Fault("status", "POST /api/products$", status=status, body=body))
    outcome = world.load(singer.lines(products=[singer.product(1), singer.product(2)]), max_in_flight=1)
    (reject,) = outcome.rejects
    assert (reject["status"], reject["said"], reject["stage"]) == (status, "No such thing", "send")
    assert world.pim.counts()["products"] == 1


def test_a_200_that_is_a_failure_is_a_reject(world: Any, singer: Any) -> None:
    """Both layers of the answer are judged (docs/api/micropim.md#status-in-envelope)."""
    world.pim.faults.add(Fault("status_zero", "POST /api/products$"))
    outcome = world.load(singer.lines(products=[singer.product(1), singer.product(2)]), max_in_flight=1)
    assert [row["external_id"] for row in outcome.rejects] == ["1"]
    assert outcome.rejects[0]["said"] == "The request could not be processed"


@pytest.mark.parametrize("route", ["GET /api/channels", "GET /api/categories/tree", "GET /api/products"])
def test_reference_data_that_is_refused_stops_the_run(world: Any, singer: Any, route: str) -> None:
    """Without tree or list everything would look missing: one sentence instead of doubles."""
    world.pim.faults.add(Fault("status_zero", route, times=None))
    outcome = world.run(singer.lines(products=[singer.product(n) for n in range(60)]))
    assert isinstance(outcome.failure, StopRun)
    assert "could not be processed" in str(outcome.failure) or "answered 200" in str(outcome.failure)
    assert world.writes() == []


def test_a_tree_of_unknown_shape_stops_the_run(world: Any, singer: Any) -> None:
    """Read as empty, the whole tree would be made a second time."""
    body = '{"status": 1, "data": {"nodes": [{"id": 1, "name": "A"}]}, "error": null}'
    world.pim.faults.add(Fault("status", "GET /api/categories/tree", times=None, status=200, body=body))
    outcome = world.run(one_of_each(singer))
    assert isinstance(outcome.failure, StopRun)
    assert world.writes() == []


def test_an_answer_with_the_id_alone_is_looked_up(world: Any, singer: Any) -> None:
    """What MicroPIM shows after our write is read, not guessed: the next change is no conflict."""
    world.load(singer.lines(products=[singer.product(1)]))
    number = next(iter(world.pim.products))
    body = f'{{"status": 1, "data": {{"id": {number}}}, "error": null}}'
    world.pim.faults.add(Fault("status", "PATCH /api/products", status=200, body=body, commit=True))
    for name in ("Two", "Three"):
        outcome = world.load(singer.lines(products=[singer.product(1, name={"en": name})]))
        assert "conflicts" not in outcome.report["totals"]
    assert world.pim.snapshot()["products"]["1"]["name"] == "Three"
