"""A new key, a moved address: the organization is recognised by the products that the ledger holds of it."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from pim_wire.errors import AccessDenied, StopRun
from sandbox.faults import Fault
from target_micropim.errors import LedgerUnusable
from target_micropim.ledger import Ledger, ProductRow
from target_micropim.settings.shaping import organization
from tests.target.conftest import World
from tests.target.test_check import command

NEW = "a-new-key-of-the-same-people"


def give_new_key(world: World) -> None:
    """The old key is gone; the organization is the same."""
    world.pim.switch(api_key=NEW)
    world.forget_requests()


def become_another(world: World) -> None:
    """At this address and with this key there is another organization, whose ids and SKUs are its own."""
    give_new_key(world)
    world.pim.products.clear()


def owner(world: World) -> str:
    """Whose ledger it is."""
    with sqlite3.connect(world.folder / "ledger.db") as database:
        (found,) = database.execute("SELECT value FROM meta WHERE name = 'organization'").fetchone()
    database.close()
    return str(found)


def products(singer: Any, *numbers: int, name: str = "Day 1") -> list[bytes]:
    """Some products of the source."""
    return list(singer.lines(products=[singer.product(n, name={"en": f"{name} {n}"}) for n in numbers]))


def test_a_new_key_of_the_same_organization_is_recognised(world: World, singer: Any) -> None:
    """A few looks, a line in log and report, no write for what is unchanged; the night after needs no look."""
    given = products(singer, *range(1, 41))
    world.load(given)
    give_new_key(world)

    outcome = world.load(given, api_key=NEW)

    asked = [f"{r.method} {r.path}" for r in world.pim.requests]
    looked_at = [int(line.rpartition("/")[2]) for line in asked if line.startswith("GET /api/products/")]
    assert len(looked_at) == 5
    assert max(looked_at) - min(looked_at) > 25, "spread over the ledger"
    assert world.writes() == []
    (row,) = outcome.report["warnings"]
    assert "new api_key" in row["what"]
    assert "5 of 5" in row["what"]
    assert owner(world) == organization(world.box.micropim_url, NEW)
    world.forget_requests()
    later = world.load(products(singer, 1, 2, name="Day 2"), api_key=NEW)
    assert [f"{r.method} {r.path}" for r in world.pim.requests].count("GET /api/channels") == 1
    assert later.report["streams"]["products"]["updated"] == 2
    assert later.report["warnings"] == []


def test_names_and_texts_go_on_under_a_new_key(world: World, singer: Any) -> None:
    """MicroPIM stores texts in another form; five names and ten texts change a day, and day 5 stands at the end."""

    def store_in_another_form(call: Any) -> None:
        if isinstance(call.body, dict) and call.body.get("description"):
            call.body["description"] = call.body["description"].replace("<br>", "<br />")

    def day(number: int) -> list[bytes]:
        return list(
            singer.lines(
                products=[
                    singer.product(
                        n,
                        name={"en": f"Name {n} of day {number if n <= 5 else 1}"},
                        descriptions=[
                            {
                                "type": "full_description",
                                "targetGroup": "public",
                                "locales": ["en"],
                                "content": {"en": f"<p>Text<br>of day {number}</p>"},
                            }
                        ],
                    )
                    for n in range(1, 11)
                ]
            )
        )

    world.pim.on_request(store_in_another_form)
    world.load(day(1))
    world.load(day(2))
    give_new_key(world)
    for number in (2, 3, 4, 5):
        outcome = world.load(day(number), api_key=NEW)
        assert outcome.report["conflicts"] == []
    names = {product["sku"]: product["name"] for product in world.pim.products.values()}
    assert names == {str(n): f"Name {n} of day {5 if n <= 5 else 1}" for n in range(1, 11)}
    assert {product["description"] for product in world.pim.products.values()} == {"<p>Text<br />of day 5</p>"}


@pytest.mark.parametrize("gone", [1, 2])
def test_a_few_products_may_be_gone_or_renamed_by_hand(world: World, singer: Any, gone: int) -> None:
    """People work there: one deleted for good, one with another SKU; most of them are the proof."""
    given = products(singer, *range(1, 6))
    world.load(given)
    give_new_key(world)
    numbers = sorted(world.pim.products)
    del world.pim.products[numbers[0]]
    if gone == 2:
        world.pim.products[numbers[1]]["sku"] = "OLD"
    outcome = world.load(products(singer, 5), api_key=NEW)
    assert f"{5 - gone} of 5" in outcome.report["warnings"][0]["what"]


@pytest.mark.parametrize("theirs", ["other ids", "same ids, other SKUs"])
@pytest.mark.parametrize("dry_run", [False, True])
def test_another_organization_is_refused_before_anything_is_written(
    world: World, singer: Any, theirs: str, *, dry_run: bool
) -> None:
    """Nothing is written there, the ledger stays as it was, and nobody is told to delete it."""
    world.load(products(singer, *range(1, 11)))
    before = owner(world)
    become_another(world)
    if theirs != "other ids":
        for number in range(1, 11):
            made = world.pim.add(f"THEIRS-{number}")
            world.pim.products[90000 + number] = world.pim.products.pop(made["id"]) | {"id": 90000 + number}
    world.forget_requests()

    for given in (products(singer, 1, name="Day 2"), []):
        outcome = world.run(given or [singer.state({})], api_key=NEW, dry_run=dry_run)
        told = str(outcome.failure)
        assert isinstance(outcome.failure, LedgerUnusable)
        assert "belongs to another organization" in told
        assert "0 of 5" in told
        assert "--ledger=rebind" in told
        assert "delete" not in told
    assert world.writes() == []
    assert owner(world) == before


def test_a_mistyped_key_is_told_as_such(world: World, singer: Any) -> None:
    """The key is not accepted: that is the news, not whose the ledger is."""
    world.load(products(singer, 1))
    outcome = world.run(products(singer, 1), api_key="mistyped")
    assert isinstance(outcome.failure, AccessDenied)


BROKEN = {
    "a page": Fault("html", "GET /api/products/", times=None),
    "no data": Fault(
        "status", "GET /api/products/", times=None, status=200, body='{"status":1,"data":null,"error":null}'
    ),
    "another payload": Fault("status", "GET /api/products/", times=None, status=200, body='{"status":1,"data":{}}'),
    "out of order": Fault("status", "GET /api/products/", times=None, status=503),
    "a proxy's 404": Fault("status", "GET /api/products/", times=None, status=404, body="<html>Not found</html>"),
    "method refused": Fault("status", "GET /api/products/", times=None, status=405),
}


@pytest.mark.parametrize("answer", BROKEN)
def test_answers_that_prove_nothing_stop_the_run(world: World, singer: Any, answer: str) -> None:
    """Neither ours nor another's: nothing is written, here or there, and the next night goes on."""
    world.load(products(singer, *range(1, 11)))
    before = owner(world)
    give_new_key(world)
    world.pim.faults.add(BROKEN[answer])
    outcome = world.run(products(singer, 1, name="Day 2"), api_key=NEW, max_wait_seconds=6)
    assert isinstance(outcome.failure, StopRun)
    assert world.writes() == []
    assert owner(world) == before
    world.pim.faults.clear()
    world.load(products(singer, 1, name="Day 2"), api_key=NEW)


@pytest.mark.parametrize("what", ["nothing", "archived only"])
def test_a_ledger_without_a_live_product_is_adopted_at_its_address(world: World, singer: Any, what: str) -> None:
    """There is nothing to recognise, and nothing to spoil."""
    world.load(products(singer, 1))
    if what == "nothing":
        with sqlite3.connect(world.folder / "ledger.db") as database:
            database.execute("DELETE FROM products")
        database.close()
    else:
        world.load(singer.lines(products=[singer.product(1, status="inactive")]))
    give_new_key(world)
    outcome = world.load(products(singer, 2), api_key=NEW)
    assert "new api_key" in outcome.report["warnings"][0]["what"]
    assert owner(world) == organization(world.box.micropim_url, NEW)


def test_a_plan_and_a_check_recognise_it_and_write_nothing_down(world: World, singer: Any) -> None:
    """The ledger is the same file, byte for byte; only a run binds it."""
    world.load(products(singer, *range(1, 11)))
    give_new_key(world)
    before = (world.folder / "ledger.db").read_bytes()
    outcome = world.load(products(singer, 1, name="Day 2"), api_key=NEW, dry_run=True)
    assert "5 of 5" in outcome.report["warnings"][0]["what"]
    code, lines, said = command(world, "--check", api_key=NEW)
    assert code == 0, [*lines, said]
    assert any("new api_key" in line and "5 of 5" in line for line in lines)
    assert (world.folder / "ledger.db").read_bytes() == before
    assert world.writes() == []


def test_another_address_is_refused_without_a_question(world: World, singer: Any) -> None:
    """The same ids may well be there, of others: a person has to say that it moved."""
    world.load(products(singer, 1))
    world.forget_requests()
    outcome = world.run(products(singer, 1), api_url=moved(world))
    told = str(outcome.failure)
    assert "belongs to another MicroPIM address" in told
    assert world.box.micropim_url in told
    assert "--ledger=rebind" in told
    assert world.pim.requests == []


@pytest.mark.parametrize(
    "ids", [[1, 2, 3, 4, 1_000_000], [7], [], list(range(1, 1000)), [999, 998, 997], [5, 5_000_000]]
)
def test_the_products_to_look_at_are_spread_and_live(tmp_path: Path, ids: list[int]) -> None:
    """As many as there are, up to five; none that is archived or was never made."""
    ledger = Ledger.open(f"sqlite:///{tmp_path}/ledger.db")
    ledger.upgrade()
    for number in ids:
        ledger.remember(ProductRow(f"M{number}", f"S{number}", number), soon=True)
    ledger.remember(ProductRow("gone", "GONE", 500, archived=True))
    ledger.remember(ProductRow("never made", "NEVER", 0, archived=True))
    found = ledger.live_products(5)
    ids = [number for number in ids if number != 500]
    assert len(found) == min(5, len(ids))
    assert found.items() <= {number: f"S{number}" for number in ids}.items()
    if len(ids) > 100:
        assert max(found) - min(found) > 700
    ledger.close()


# --ledger=rebind


def moved(world: World) -> str:
    """The same MicroPIM at another address."""
    return world.box.micropim_url.replace("127.0.0.1", "localhost")


def rebound(world: World, *flags: str, **settings: Any) -> tuple[int, list[str], str]:
    """``--ledger=rebind``: exit code, lines, stderr."""
    return command(world, "--ledger=rebind", *flags, **settings)


def test_a_moved_address_is_bound_after_its_products_were_found_there(world: World, singer: Any) -> None:
    """Then the run goes on: nothing is made twice, nothing is sent for what is unchanged."""
    given = products(singer, *range(1, 41))
    world.load(given)
    world.forget_requests()
    code, lines, said = rebound(world, api_url=moved(world))
    assert code == 0, said
    (line,) = lines
    assert line.startswith(f"Ledger: bound to {moved(world)} and this api_key (20 of 20 products")
    assert world.box.micropim_url in line
    assert sum(r.path.startswith("/api/products/") for r in world.pim.requests) == 20
    outcome = world.load(given, api_url=moved(world))
    assert outcome.report["streams"]["products"]["unchanged"] == 40
    assert outcome.report["warnings"] == []
    assert world.writes() == []


def test_rebinding_to_another_organization_is_refused_with_the_count(world: World, singer: Any) -> None:
    """How many of how many, exit code 1, one line; the ledger stays whose it was."""
    world.load(products(singer, *range(1, 31)))
    before = owner(world)
    become_another(world)
    code, lines, said = rebound(world, api_key=NEW)
    assert (code, lines) == (1, [])
    (line,) = [line for line in said.splitlines() if "INFO" not in line]
    assert "0 of 20 products" in line
    assert "stays bound" in line
    assert line.endswith("/errors/#ledger)")
    assert "delete" not in line
    assert owner(world) == before
    assert world.writes() == []


@pytest.mark.parametrize("answer", ["a page", "another payload", "a proxy's 404"])
def test_answers_that_prove_nothing_bind_nothing(world: World, singer: Any, answer: str) -> None:
    """An outage at the new address: the ledger stays whose it was."""
    world.load(products(singer, *range(1, 6)))
    before = owner(world)
    world.pim.faults.add(BROKEN[answer])
    code, lines, _said = rebound(world, api_url=moved(world), max_wait_seconds=1)
    assert (code, lines) == (1, [])
    assert owner(world) == before


def test_rebinding_needs_more_than_half(world: World, singer: Any) -> None:
    """Two of five are an accident, three are not."""
    world.load(products(singer, *range(1, 6)))
    numbers = sorted(world.pim.products)
    kept = {number: world.pim.products[number] for number in numbers}
    for number in numbers[2:]:
        del world.pim.products[number]
    code, _lines, said = rebound(world, api_url=moved(world))
    assert code == 1
    assert "2 of 5 products" in said
    world.pim.products[numbers[2]] = kept[numbers[2]]
    code, (line,), _said = rebound(world, api_url=moved(world))
    assert code == 0
    assert "3 of 5 products" in line


def test_rebinding_what_is_bound_or_not_there_is_no_failure(world: World, singer: Any) -> None:
    """Nothing to do is said; no file is made, no request is sent."""
    assert rebound(world)[:2] == (0, ["Ledger: none yet"])
    assert [file.name for file in world.folder.iterdir()] == ["config.json"]
    world.load(products(singer, 1))
    world.forget_requests()
    code, lines, _said = rebound(world)
    assert (code, lines) == (0, [f"Ledger: it is bound to {world.box.micropim_url} and this api_key already"])
    assert world.pim.requests == []


@pytest.mark.parametrize("is_moved", [False, True])
def test_rebinding_a_ledger_without_a_live_product(world: World, singer: Any, *, is_moved: bool) -> None:
    """At its own address it is adopted, as a run would; elsewhere nothing could show that it belongs there."""
    world.load(products(singer, 1))
    world.load(singer.lines(products=[singer.product(1, status="inactive")]))
    give_new_key(world)
    code, _lines, said = rebound(world, api_key=NEW, **({"api_url": moved(world)} if is_moved else {}))
    assert code == int(is_moved), said
    assert ("0 of 0 products" in said) is is_moved


def test_rebinding_waits_for_nobody_and_disturbs_nobody(world: World, singer: Any) -> None:
    """While a run writes, the ledger is that run's; a dry run only tells."""
    process = world.start()
    process.stdin.write(b"\n".join(products(singer, 1)) + b"\n")
    process.stdin.flush()
    process.stdout.readline()
    code, _lines, said = rebound(world, api_url=moved(world))
    assert code == 1
    assert "Another run" in said
    process.communicate(timeout=30)
    before = owner(world)
    code, (line,), _said = rebound(world, "--dry-run", api_url=moved(world))
    assert (code, owner(world)) == (0, before)
    assert "1 of 1 products" in line
    assert "nothing was written down" in line


def test_the_same_address_in_another_spelling_is_recognised(world: World, singer: Any) -> None:
    """Large letters in the name of the host: not another MicroPIM."""
    world.load(products(singer, 1), api_url=moved(world))
    outcome = world.load(products(singer, 1), api_url=moved(world).replace("localhost", "LocalHost"))
    assert "1 of 1" in outcome.report["warnings"][0]["what"]
