"""--probe finds out which world the sandbox is; nothing is written without consent; a wrong file does no harm."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pim_wire.errors import StopRun
from sandbox import MicroPimOptions
from sandbox.faults import Fault
from target_micropim.commands.probe.probe import Probe, ProbeRequest
from target_micropim.settings.capabilities import FORMAT
from target_micropim.target import TargetMicroPim

PICTURE = "https://media.example.test/probe.jpg"

# Switch of the sandbox and fact of the capability file (one name), the switch's values and what the probe calls them.
SETTLED: dict[str, dict[Any, Any]] = {
    "search": {"substring": "substring", "tokens": "tokens", "names": "none"},
    "order": {"id": "id", "random": "random"},
    "archived": {"hidden": "hidden", "shown": "shown"},
    "sku_unique": {True: True, False: False},
    "sku_unique_archived": {True: True, False: False},
    "barcode_miss": {"404": "404", "null": "null"},
    "barcode_archived": {False: False, True: True},
    "ean_strict": {False: False, True: True},
    "patch_null": {"clears": "clears", "ignored": "ignored", "400": "400"},
    "patch_empty": {"clears": "clears", "ignored": "ignored", "400": "400"},
    "patch_categories": {"replace": "replace", "merge": "merge", "ignored": "ignored"},
    "assign": {"additive": "additive", "replace": "replace"},
    "unknown_brand": {"400": "400", "ignored": "ignored"},
    "unknown_fields": {"ignored": "ignored", "400": "400"},
    "dedupe_media": {False: False, True: True},
    "media": {"sync": "sync", "async": "async", "never": "never"},
    "unreachable_media": {"accepted": "accepted", "400": "400", "never": "never"},
    "attributes": {"ignored": "ignored", "map": "map", "400": "400"},
    "translations": {"ignored": "ignored", "accepted": "accepted"},
    "equal_siblings": {"allowed": "allowed", "400": "400"},
    "max_category_depth": {None: None, 3: 3, 5: 5},
    "trailing_slash": {"404": "404", "accepted": "accepted"},
    "page_cap": {100: 100, 50: 50},
    "page_limits": {"clamp": "clamp", "400": "400"},
    "total_pages_when_empty": {0: 0, 1: 1},
    "empty_map": {"[]": "[]", "{}": "{}"},
    "wrap_product": {False: False, True: True},
    "tree_shape": {"tree": "tree", "categories": "categories", "list": "list"},
    "children_key": {"children": "children", "subcategories": "subcategories"},
    "categories_shape": {"categories": "categories", "list": "list"},
    "attributes_shape": {"attributes": "attributes", "product_attributes": "product_attributes", "list": "list"},
    "media_answer": {"full": "full", "url_only": "url_only"},
}
# A world that hides other facts: where no picture ever shows nobody can count two, and what was made cannot be seen.
BLIND: dict[tuple[str, Any], tuple[str, ...]] = {
    ("media", "never"): ("dedupe_media", "unreachable_media"),
    ("sku_unique", False): ("sku_unique_archived",),
}


def worlds() -> list[tuple[str, Any]]:
    """The world of the defaults, and each other value of each switch alone."""
    usual = MicroPimOptions()
    return [("search", "substring")] + [
        (switch, value) for switch, values in SETTLED.items() for value in values if value != getattr(usual, switch)
    ]


@pytest.fixture
def probe_in(make_clock: Callable[[], Any]) -> Callable[..., Any]:
    """Probe a world in this process, with a clock that waits for nothing: the capability file and what was told."""

    def probe(world: Any, consent: str | None = None, **settings: Any) -> "tuple[dict[str, Any], list[str]]":
        world.clock = make_clock()
        told: list[str] = []
        contact = TargetMicroPim(config=world.settings(**settings), clock=world.clock).connection
        file = world.folder / "capabilities.json"
        consent = consent or Probe(contact, ProbeRequest(file, None), told.append).fingerprint
        done = Probe(contact, ProbeRequest(file, consent, PICTURE), told.append).run()
        assert done is file.exists()
        return (json.loads(file.read_text()) if done else {}), told

    return probe


@pytest.mark.parametrize(("switch", "value"), worlds())
def test_the_probe_finds_out_what_the_world_is(make_world: Any, probe_in: Any, switch: str, value: Any) -> None:
    """Every fact is that of its switch, the one that differs and all those that do not."""
    page, _told = probe_in(make_world(**{switch: value}))
    expected = {name: values[getattr(MicroPimOptions(), name)] for name, values in SETTLED.items()}
    expected[switch] = SETTLED[switch][value]
    for blind in BLIND.get((switch, value), ()):
        del expected[blind]
    assert {name: page["facts"].get(name) for name in expected} == expected
    assert page["format"] == FORMAT


@pytest.mark.parametrize("mode", ["seconds", "none", "html"])
def test_limits_are_met_and_told(make_world: Any, probe_in: Any, make_clock: Any, mode: str) -> None:
    """Where the 429 begins, how long it lasts, with and without Retry-After."""
    worlds: list[Any] = []

    def now() -> float:
        return worlds[0].clock.now()

    worlds.append(make_world(reads_per_minute=50, writes_per_minute=30, retry_after=mode, clock=now))
    worlds[0].clock = make_clock()
    facts = probe_in(worlds[0], reads_per_minute=40, writes_per_minute=20)[0]["facts"]
    assert (facts["reads_per_minute"], facts["writes_per_minute"]) == (50, 30)
    assert ("retry-after" in [h.lower() for h in facts["writes_refusal_headers"]]) is (mode == "seconds")


def test_a_limit_that_is_not_met_stays_unknown(world: Any, probe_in: Any) -> None:
    """No number is made up."""
    facts = probe_in(world)[0]["facts"]
    assert "reads_per_minute" not in facts
    assert (facts["reads_in_a_burst"], facts["writes_in_a_burst"]) == (70, 40)


def test_without_consent_only_reads_are_sent(world: Any, probe_in: Any) -> None:
    """No consent, or that of another organization: explained, and nothing written."""
    _page, told = probe_in(world, consent="0123456789ab")
    assert world.writes() == []
    assert "Nothing was written" in told[-1]
    assert "--throw-away" in told[-1]


def test_what_is_read_before_consent_is_told_before_it_is_sent(world: Any, make_clock: Any) -> None:
    """The owner sees each request first, also those that only look whether anything real is there."""
    world.clock = make_clock()
    told: list[str] = []
    sent: list[tuple[str, str]] = []
    world.pim.on_request(lambda call: sent.append((f"{call.method} {call.path}", "\n".join(told))))
    contact = TargetMicroPim(config=world.settings(), clock=world.clock).connection
    assert Probe(contact, ProbeRequest(world.folder / "capabilities.json", None), told.append).run() is False
    assert {request for request, _said in sent} == {"GET /api/channels", "GET /api/products"}
    assert [request for request, said in sent if f"    {request}" not in said] == []


def test_a_place_with_real_products_is_never_probed(world: Any, singer: Any, probe_in: Any) -> None:
    """Neither where others' products are, nor where the ledger says that ours are."""
    world.load(singer.lines(products=[singer.product(1)]))
    world.forget_requests()
    with pytest.raises(StopRun, match="ledger knows"):
        probe_in(world)
    world.lose_ledger()
    for number in range(25):
        world.pim.add(f"S{number}")
    with pytest.raises(StopRun, match="no throw-away"):
        probe_in(world)
    assert world.writes() == []


def test_each_request_is_explained_before_it_is_sent(world: Any, probe_in: Any) -> None:
    """As many explanations as requests, the bursts aside; three reads are told before consent, without answers."""
    _page, told = probe_in(world)
    whole = "\n".join(told)
    explained = [line.strip() for line in whole.splitlines() if line.startswith("    ") and " /api/" in line]
    answered = [line for line in whole.splitlines() if line.startswith("    -> ")]
    first, explained = explained[:3], explained[3:]
    assert first == ["GET /api/channels", "GET /api/products", "GET /api/products?status=archived"]
    assert len(explained) == len(answered)
    assert len(explained) > 100
    assert world.settings()["api_key"] not in whole


def test_it_clears_away_what_can_be_cleared(world: Any, probe_in: Any) -> None:
    """Products archived and told as left behind; categories and definitions gone; a second probe is welcome."""
    for _ in range(2):
        page, _told = probe_in(world)
    assert {product["status"] for product in world.pim.products.values()} == {"archived"}
    assert all(product["sku"].startswith("PROBE-") for product in world.pim.products.values())
    assert (world.pim.categories, world.pim.attributes) == ({}, {})
    assert {thing["kind"] for thing in page["left_behind"]} == {"product"}


def test_an_unclear_answer_leaves_its_question_open(world: Any, probe_in: Any) -> None:
    """A connection that breaks under a POST: that question is unsettled, the others are answered, all is cleared."""
    world.pim.faults.add(Fault("drop_after", route="POST /api/product-attributes$"))
    page, _told = probe_in(world)
    assert set(page["unsettled"]) == {"10"}
    assert "attribute_needs" not in page["facts"]
    assert page["facts"]["search"] == "substring"


def test_a_key_that_is_withdrawn_stops_the_probe_and_keeps_what_was_found(world: Any, probe_in: Any) -> None:
    """The file holds the answers so far; what could not be cleared away is named."""
    world.pim.faults.add(Fault("status", nth=30, times=None, status=401))
    with pytest.raises(StopRun, match="api_key"):
        probe_in(world)
    page = json.loads((world.folder / "capabilities.json").read_text())
    assert page["facts"]["sku_unique"] is True
    assert any(thing["kind"] == "product" and "401" in thing["why"] for thing in page["left_behind"])


def test_the_command_line_asks_for_consent_by_name(world: Any) -> None:
    """Exit code 1 without it, and the words to repeat."""
    process = world.start(flags=["--probe", "found.json"])
    out, said = process.communicate(timeout=60)
    assert (process.returncode, world.writes()) == (1, []), said
    assert b"--throw-away " in out
    assert not (world.folder / "found.json").exists()


# What the run makes of the file. Each is tried with a true file and with a wrong one.


def file_of(world: Any, **facts: Any) -> dict[str, Any]:
    """Settings that name a capability file with these facts."""
    file = world.folder / "facts.json"
    file.write_text(json.dumps({"format": FORMAT, "service": world.box.micropim_url, "facts": facts}))
    return {"capabilities_file": str(file)}


def test_an_archive_that_shows_saves_a_read_each(make_world: Any, singer: Any) -> None:
    """Proven by an archived product before the first creation, then one search for each new product instead of two."""
    reads = {}
    for name, facts in (("without", {}), ("with", {"archived": "shown"})):
        world = make_world(archived="shown")
        world.pim.add("Z-9", name="Pill", status="archived")
        records = [singer.product(n, name={"en": "Pill"}) for n in range(20)]
        world.load(singer.lines(products=records), **file_of(world, **facts))
        reads[name] = sum("search" in r.query for r in world.pim.requests)
    assert reads["without"] - reads["with"] == 20


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_wrong_word_about_the_archive_makes_nothing_twice(make_world: Any, singer: Any, when: str) -> None:
    """The archive is hidden although the file says it shows, and SKUs may repeat: still no second product."""
    world = make_world({"max_in_flight": 1}, archived="hidden", sku_unique=False)
    if when == "before":
        world.pim.add("2", status="archived")
    else:  # the first look finds no archived product: that proves nothing
        world.pim.on_committed(
            lambda _call: (
                [p["sku"] for p in world.pim.products.values()] == ["1"] and world.pim.add("2", status="archived")
            )
        )
    given = [*singer.lines(products=[singer.product(1)]), *singer.lines(products=[singer.product(2)])]
    world.load(given, **file_of(world, archived="shown"))
    assert sorted(product["sku"] for product in world.pim.products.values()) == ["1", "2"]


@pytest.mark.parametrize("search", ["names", "substring"])
def test_where_a_search_misses_skus_the_list_is_read(make_world: Any, singer: Any, search: str) -> None:
    """Products that no search finds are recognised from the first one on; where it would find them, so they are too."""
    world = make_world(search=search, sku_unique=False)
    for number in range(3):
        world.pim.add(str(number), name="Other")
    world.load(singer.lines(products=[singer.product(n) for n in range(3)]), **file_of(world, search_finds_sku=False))
    assert len(world.pim.products) == 3


@pytest.mark.parametrize("assign", ["replace", "additive"])
def test_a_route_that_throws_out_is_not_used(make_world: Any, singer: Any, assign: str) -> None:
    """No product leaves its category, and the report says what a person should do; so with a wrong file."""
    world = make_world(patch_categories="ignored", assign=assign)
    given = singer.lines(categories=[singer.category(1, "C")], products=[])
    world.load(given)
    other = world.pim.add("9", category_ids=list(world.pim.categories))
    world.pim.add("1")
    linked = singer.product(1, publicCategories=[{"id": 1, "name": {"en": "C"}}])
    world.forget_requests()
    outcome = world.load(singer.lines(products=[linked]), **file_of(world, assign="replace"))
    assert not [write for write in world.writes() if write.endswith("/products") and "categories" in write]
    assert other["category_ids"] == list(world.pim.categories)
    assert any("did not take" in row["what"] for row in outcome.report["warnings"])


@pytest.mark.parametrize(("null", "empty", "cleared"), [("ignored", "clears", True), ("clears", "ignored", False)])
def test_a_text_is_emptied_in_the_way_that_works(
    make_world: Any, singer: Any, null: str, empty: str, cleared: bool
) -> None:
    """With a true file it is emptied; with a wrong one it is not, and that is said."""
    world = make_world({"clear_missing": True}, patch_null=null, patch_empty=empty)
    facts = file_of(world, patch_null="ignored", patch_empty="clears")
    told = [{"id": 1, "type": "indication", "targetGroups": ["public"], "content": {"en": "Text"}}]
    world.load(singer.lines(products=[singer.product(1, descriptions=told)]), **facts)
    filled = [key for key in ("description", "short_description") if world.pim.snapshot()["products"]["1"][key]]
    assert filled
    outcome = world.load(
        singer.lines(products=[singer.product(1, descriptions=[], updated_at="2026-02-01T00:00:00Z")]), **facts
    )
    left = [key for key in filled if world.pim.snapshot()["products"]["1"][key]]
    assert (left == []) is cleared
    assert cleared or outcome.report["warnings"] or outcome.report["manual_actions"]


def test_a_pace_only_ever_gets_slower(world: Any) -> None:
    """A limit below the setting counts, one above does not, nonsense never."""
    for known, used in ((30, 30), (900, 60), (0, 60), ("fast", 60), (True, 60), (-5, 60)):
        settings = world.settings(writes_per_minute=60, **file_of(world, writes_per_minute=known))
        contact = TargetMicroPim(config=settings).connection
        assert contact.throttles.writes._per_minute == used


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"format": "other", "facts": {}}', json.dumps({"format": FORMAT, "facts": []}),
     json.dumps({"format": FORMAT, "service": "https://elsewhere.example", "facts": {"archived": "shown"}})],
)  # fmt: skip
def test_a_file_that_is_none_of_ours_is_not_used(world: Any, singer: Any, text: str, caplog: Any) -> None:
    """One warning, and the run goes on as without it."""
    file = world.folder / "facts.json"
    file.write_text(text)
    world.load(singer.lines(products=[singer.product(1)]), capabilities_file=str(file))
    assert len(world.pim.products) == 1
    assert [r.message for r in caplog.records if "capabilities_file" in r.message and "not used" in r.message]
