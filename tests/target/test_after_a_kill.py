"""What comes between a kill and the next run: a change of source or settings, a person, an older ledger."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from trials.kills.deployment import Deployment, Streams
from trials.kills.fork_server import ForkServer, Kill
from trials.kills.kills import Deployments
from trials.kills.scenarios import picture, product

TEXTS = {"en": "New", "nl": "Nieuw"}


@pytest.fixture
def deployment(fork_server: ForkServer) -> Iterator[Deployment]:
    """A deployment with one product that has one picture, and MicroPIM as it shows it."""
    with Deployments(fork_server) as deployments:
        deployment = deployments.open(max_in_flight=1)
        yield deployment


def feed(deployment: Deployment, kill: Kill | None = None, **fields: Any) -> None:
    """One product, from the start."""
    deployment.state = None
    ended = deployment.feed([("products", [product(1, **fields)])], kill)
    assert ended.killed is (kill is not None)


def killed_at_write(deployment: Deployment, method: str, **fields: Any) -> None:
    """Killed right after the first write of a kind was answered, before anything could be remembered of it."""
    moment = deployment.save()
    feed(deployment, **fields)
    requests = [request.method for request in deployment.box.micropim.requests]
    deployment.restore(moment)
    deployment.box.micropim.requests.clear()
    feed(deployment, Kill("target", "request", requests.index(method) + 1, after=True), **fields)
    deployment.box.micropim.requests.clear()


def shown(deployment: Deployment) -> Any:
    """The product."""
    return deployment.box.micropim.snapshot()["products"]["1"]


def conflicts(deployment: Deployment) -> int:
    """How many the last run told of."""
    newest = max((deployment.folder / "reports").glob("*/report.json"), key=lambda file: file.stat().st_mtime)
    return int(json.loads(newest.read_text())["totals"].get("conflicts", 0))


def test_a_product_made_by_a_killed_run_is_still_ours(deployment: Deployment) -> None:
    """POST answered, then killed; meanwhile the source has a newer name: it goes in, nobody edited anything."""
    killed_at_write(deployment, "POST", photos=[picture(1)])
    feed(deployment, name={"en": "Newer"}, photos=[picture(1), picture(2)])
    assert shown(deployment)["name"] == "Newer"
    assert len(shown(deployment)["media"]) == 2
    assert conflicts(deployment) == 0


def test_a_change_by_a_killed_run_is_still_ours(deployment: Deployment) -> None:
    """PATCH answered, then killed; meanwhile the source has an even newer name."""
    feed(deployment)
    deployment.box.micropim.requests.clear()
    killed_at_write(deployment, "PATCH", name={"en": "New"})
    assert shown(deployment)["name"] == "New"
    feed(deployment, name={"en": "Newer"})
    assert shown(deployment)["name"] == "Newer"
    assert conflicts(deployment) == 0


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_other_settings_after_a_kill_are_no_conflict(deployment: Deployment, method: str) -> None:
    """Killed while writing English; the next run writes Dutch."""
    if method == "PATCH":
        feed(deployment, name={"en": "Old", "nl": "Oud"})
        deployment.box.micropim.requests.clear()
    killed_at_write(deployment, method, name=TEXTS)
    deployment.target["locale"] = "nl"
    feed(deployment, name=TEXTS)
    assert shown(deployment)["name"] == "Nieuw"
    assert conflicts(deployment) == 0


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("by_hand", ["By hand", None])
def test_an_edit_after_a_kill_stands(deployment: Deployment, method: str, by_hand: str | None) -> None:
    """A person edits, or empties, what a killed run had written: it stands, whatever the source says then."""
    texts = [{"type": "full_description", "content": {"en": text}, "targetGroups": ["public"]} for text in "ABC"]
    if method == "PATCH":
        feed(deployment, descriptions=texts[:1])
        deployment.box.micropim.requests.clear()
    killed_at_write(deployment, method, name={"en": "New"}, descriptions=texts[1:2])
    number = next(iter(deployment.box.micropim.products))
    deployment.box.micropim.edit(number, description=by_hand)
    feed(deployment, name={"en": "New"}, descriptions=texts[1:2])
    assert shown(deployment)["description"] == by_hand
    feed(deployment, name={"en": "New"}, descriptions=texts[2:])
    assert shown(deployment)["description"] == by_hand


def test_a_product_made_by_hand_meanwhile_is_not_ours(deployment: Deployment) -> None:
    """Killed before the POST went out; a person makes the product: all of its fields and pictures are theirs."""
    moment = deployment.save()
    feed(deployment, photos=[picture(1)])
    number = [request.method for request in deployment.box.micropim.requests].index("POST") + 1
    deployment.restore(moment)
    feed(deployment, Kill("target", "request", number, after=False), photos=[picture(1)])
    assert deployment.box.micropim.products == {}
    theirs = deployment.box.micropim.add("1", name="Theirs", description="Theirs")
    theirs["_media"].append(
        {"id": 1, "file_url": "https://x.example.test/1.jpg", "alt_text": None, "position": 0, "shows_at": 0}
    )
    feed(deployment, photos=[picture(1)])
    assert shown(deployment)["name"] == "Theirs"
    assert len(shown(deployment)["media"]) == 1


def test_an_older_ledger_sends_no_picture_twice(deployment: Deployment) -> None:
    """The ledger comes back from a copy that does not know the newest picture."""
    feed(deployment, photos=[picture(1)])
    old = deployment.save().ledger
    feed(deployment, photos=[picture(1), picture(2)])
    deployment.ledger.restore(old)
    feed(deployment, name={"en": "New"}, photos=[picture(1), picture(2)])
    assert [url.rpartition("/")[2] for url, _alt, _position in shown(deployment)["media"]] == ["1.jpg", "2.jpg"]
    assert shown(deployment)["name"] == "New"


def test_an_older_ledger_overwrites_no_edit(deployment: Deployment) -> None:
    """Its fingerprints are those of an earlier name; the person's edit is newer."""
    feed(deployment)
    old = deployment.save().ledger
    feed(deployment, name={"en": "New"})
    deployment.box.micropim.edit(next(iter(deployment.box.micropim.products)), name="By hand")
    deployment.ledger.restore(old)
    feed(deployment, name={"en": "New"})
    assert shown(deployment)["name"] == "By hand"


def test_a_category_made_by_a_killed_run_is_still_ours(deployment: Deployment) -> None:
    """POST answered, then killed; meanwhile the source renames the category: no second one, and no orphan."""
    category = {"id": 1, "name": {"en": "Old"}, "parent": None}
    assert deployment.feed([("categories", [category])], Kill("target", "POST categories", 1, after=True)).killed
    assert deployment.feed([("categories", [{**category, "name": {"en": "New"}}])]).codes == {"target": 0}
    assert [row["name"] for row in deployment.box.micropim.categories.values()] == ["Old"]


def test_a_category_made_by_hand_after_a_kill_is_not_taken_for_ours(deployment: Deployment) -> None:
    """Killed before the POST went out; the source renames the category: it is made under its new name."""
    category = {"id": 1, "name": {"en": "Old"}, "parent": None}
    assert deployment.feed([("categories", [category])], Kill("target", "POST categories", 1, after=False)).killed
    assert deployment.feed([("categories", [{**category, "name": {"en": "New"}}])]).codes == {"target": 0}
    assert [row["name"] for row in deployment.box.micropim.categories.values()] == ["New"]


def test_products_thrown_out_of_a_category_before_a_kill_are_put_back(fork_server: ForkServer) -> None:
    """A route that turns out to replace: killed between the trial and the putting back, the next run puts back."""
    tree: Streams = [("categories", [{"id": 1, "name": {"en": "C"}, "parent": None}])]
    inside = [product(number, publicCategories=[{"id": 1}]) for number in (1, 2)]
    with Deployments(fork_server) as deployments:
        deployment = deployments.open(micropim={"patch_categories": "ignored", "assign": "replace"}, max_in_flight=1)
        deployment.feed([*tree, ("products", [*inside, product(3)])])
        deployment.state = None
        changed: Streams = [*tree, ("products", [*inside, product(3, publicCategories=[{"id": 1}])])]
        assert deployment.feed(changed, Kill("target", "POST products", 1, after=True)).killed
        deployment.state = None
        assert deployment.feed(changed).codes == {"target": 0}
        products = deployment.box.micropim.snapshot()["products"]
    assert [products[key]["categories"] for key in ("1", "2", "3")] == [["C"]] * 3
