"""What comes between a kill and the next run: a change of source or settings, a person, an older ledger."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from trials.kills.kills import Shops
from trials.kills.nursery import Kill, Nursery
from trials.kills.scenes import picture, product
from trials.kills.shop import Shop, Streams

TEXTS = {"en": "New", "nl": "Nieuw"}


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """One for all."""
    with Nursery() as made:
        yield made


@pytest.fixture
def shop(nursery: Nursery) -> Iterator[Shop]:
    """A shop with one product that has one picture, and MicroPIM as it shows it."""
    with Shops(nursery) as shops:
        shop = shops.open(max_in_flight=1)
        yield shop


def feed(shop: Shop, kill: Kill | None = None, **fields: Any) -> None:
    """One product, from the start."""
    shop.state = None
    ended = shop.feed([("products", [product(1, **fields)])], kill)
    assert ended.killed is (kill is not None)


def killed_at_write(shop: Shop, method: str, **fields: Any) -> None:
    """Killed right after the first write of a kind was answered, before anything could be remembered of it."""
    moment = shop.save()
    feed(shop, **fields)
    requests = [request.method for request in shop.box.micropim.requests]
    shop.put_back(moment)
    shop.box.micropim.requests.clear()
    feed(shop, Kill("target", "request", requests.index(method) + 1, after=True), **fields)
    shop.box.micropim.requests.clear()


def shown(shop: Shop) -> Any:
    """The product."""
    return shop.box.micropim.snapshot()["products"]["1"]


def conflicts(shop: Shop) -> int:
    """How many the last run told of."""
    newest = max((shop.folder / "reports").glob("*/report.json"), key=lambda file: file.stat().st_mtime)
    return int(json.loads(newest.read_text())["totals"].get("conflicts", 0))


def test_a_product_made_by_a_killed_run_is_still_ours(shop: Shop) -> None:
    """POST answered, then killed; meanwhile the source has a newer name: it goes in, nobody edited anything."""
    killed_at_write(shop, "POST", photos=[picture(1)])
    feed(shop, name={"en": "Newer"}, photos=[picture(1), picture(2)])
    assert shown(shop)["name"] == "Newer"
    assert len(shown(shop)["media"]) == 2
    assert conflicts(shop) == 0


def test_a_change_by_a_killed_run_is_still_ours(shop: Shop) -> None:
    """PATCH answered, then killed; meanwhile the source has an even newer name."""
    feed(shop)
    shop.box.micropim.requests.clear()
    killed_at_write(shop, "PATCH", name={"en": "New"})
    assert shown(shop)["name"] == "New"
    feed(shop, name={"en": "Newer"})
    assert shown(shop)["name"] == "Newer"
    assert conflicts(shop) == 0


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_other_settings_after_a_kill_are_no_conflict(shop: Shop, method: str) -> None:
    """Killed while writing English; the next run writes Dutch."""
    if method == "PATCH":
        feed(shop, name={"en": "Old", "nl": "Oud"})
        shop.box.micropim.requests.clear()
    killed_at_write(shop, method, name=TEXTS)
    shop.target["locale"] = "nl"
    feed(shop, name=TEXTS)
    assert shown(shop)["name"] == "Nieuw"
    assert conflicts(shop) == 0


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("by_hand", ["By hand", None])
def test_an_edit_after_a_kill_stands(shop: Shop, method: str, by_hand: str | None) -> None:
    """A person edits, or empties, what a killed run had written: it stands, whatever the source says then."""
    texts = [{"type": "full_description", "content": {"en": text}, "targetGroups": ["public"]} for text in "ABC"]
    if method == "PATCH":
        feed(shop, descriptions=texts[:1])
        shop.box.micropim.requests.clear()
    killed_at_write(shop, method, name={"en": "New"}, descriptions=texts[1:2])
    number = next(iter(shop.box.micropim.products))
    shop.box.micropim.edit(number, description=by_hand)
    feed(shop, name={"en": "New"}, descriptions=texts[1:2])
    assert shown(shop)["description"] == by_hand
    feed(shop, name={"en": "New"}, descriptions=texts[2:])
    assert shown(shop)["description"] == by_hand


def test_a_product_made_by_hand_meanwhile_is_not_ours(shop: Shop) -> None:
    """Killed before the POST went out; a person makes the product: all of its fields and pictures are theirs."""
    moment = shop.save()
    feed(shop, photos=[picture(1)])
    number = [request.method for request in shop.box.micropim.requests].index("POST") + 1
    shop.put_back(moment)
    feed(shop, Kill("target", "request", number, after=False), photos=[picture(1)])
    assert shop.box.micropim.products == {}
    theirs = shop.box.micropim.add("1", name="Theirs", description="Theirs")
    theirs["_media"].append(
        {"id": 1, "file_url": "https://x.example.test/1.jpg", "alt_text": None, "position": 0, "shows_at": 0}
    )
    feed(shop, photos=[picture(1)])
    assert shown(shop)["name"] == "Theirs"
    assert len(shown(shop)["media"]) == 1


def test_an_older_ledger_sends_no_picture_twice(shop: Shop) -> None:
    """The ledger comes back from a copy that does not know the newest picture."""
    feed(shop, photos=[picture(1)])
    old = shop.save().ledger
    feed(shop, photos=[picture(1), picture(2)])
    shop.ledger.put_back(old)
    feed(shop, name={"en": "New"}, photos=[picture(1), picture(2)])
    assert [url.rpartition("/")[2] for url, _alt, _position in shown(shop)["media"]] == ["1.jpg", "2.jpg"]
    assert shown(shop)["name"] == "New"


def test_an_older_ledger_overwrites_no_edit(shop: Shop) -> None:
    """Its fingerprints are those of an earlier name; the person's edit is newer."""
    feed(shop)
    old = shop.save().ledger
    feed(shop, name={"en": "New"})
    shop.box.micropim.edit(next(iter(shop.box.micropim.products)), name="By hand")
    shop.ledger.put_back(old)
    feed(shop, name={"en": "New"})
    assert shown(shop)["name"] == "By hand"


def test_a_category_made_by_a_killed_run_is_still_ours(shop: Shop) -> None:
    """POST answered, then killed; meanwhile the source renames the category: no second one, and no orphan."""
    category = {"id": 1, "name": {"en": "Old"}, "parent": None}
    assert shop.feed([("categories", [category])], Kill("target", "POST categories", 1, after=True)).killed
    assert shop.feed([("categories", [{**category, "name": {"en": "New"}}])]).codes == {"target": 0}
    assert [row["name"] for row in shop.box.micropim.categories.values()] == ["Old"]


def test_a_category_made_by_hand_after_a_kill_is_not_taken_for_ours(shop: Shop) -> None:
    """Killed before the POST went out; the source renames the category: it is made under its new name."""
    category = {"id": 1, "name": {"en": "Old"}, "parent": None}
    assert shop.feed([("categories", [category])], Kill("target", "POST categories", 1, after=False)).killed
    assert shop.feed([("categories", [{**category, "name": {"en": "New"}}])]).codes == {"target": 0}
    assert [row["name"] for row in shop.box.micropim.categories.values()] == ["New"]


def test_products_thrown_out_of_a_category_before_a_kill_are_put_back(nursery: Nursery) -> None:
    """A route that turns out to replace: killed between the trial and the putting back, the next run puts back."""
    tree: Streams = [("categories", [{"id": 1, "name": {"en": "C"}, "parent": None}])]
    inside = [product(number, publicCategories=[{"id": 1}]) for number in (1, 2)]
    with Shops(nursery) as shops:
        shop = shops.open(world={"patch_categories": "ignored", "assign": "replace"}, max_in_flight=1)
        shop.feed([*tree, ("products", [*inside, product(3)])])
        shop.state = None
        changed: Streams = [*tree, ("products", [*inside, product(3, publicCategories=[{"id": 1}])])]
        assert shop.feed(changed, Kill("target", "POST products", 1, after=True)).killed
        shop.state = None
        assert shop.feed(changed).codes == {"target": 0}
        products = shop.box.micropim.snapshot()["products"]
    assert [products[key]["categories"] for key in ("1", "2", "3")] == [["C"]] * 3
