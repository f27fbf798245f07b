"""The second night of a shop that comes from an earlier version: only what became better is sent, and told beforehand.

An upgrade makes every record count as changed: so each is looked at, and nothing is written that was right.
"""

import json
import sqlite3
from typing import Any

import pytest

from target_micropim.plan.values import fingerprint
from tests.cases.records import at, brand, category, ean, photos, product, sold_in, text

OPTION = {"id": 91, "type": "color", "name": {"nl": "blauw"}}
TREE = [category(1, "Zon"), category(2, "ZON "), category(3, "Kids", 1)]
PLAIN = product(
    "PLAIN", "Zalf", publicPrice=1450, ean=[ean(1)], cnk="1", **text("<p>Tekst</p>"), **photos(1), **sold_in(3)
)
BRANDED = product("BRANDED", "Gel", publicPrice=900, **brand("One"), **sold_in(1, 2), status="no_selection")
RICH = product("RICH", "Spray", attributes=[OPTION], weight=3, publicPrice=500, prescription=True)
CATALOGUE = [at(1, record) for record in (PLAIN, BRANDED, RICH)]
OLD_CODES = ["cnk", "weight", "prescription"]  # an earlier version had no attributes of Medipim's own


def upgrade(shop: Any) -> None:
    """Every record counts as changed, since the settings have new names."""
    with sqlite3.connect(shop.folder / "ledger.db") as ledger:
        ledger.execute("update products set digest = 'of an earlier version' where remote_id > 0")


@pytest.fixture
def old(make_shop: Any) -> Any:
    """A shop as an earlier version left it, with attributes."""
    shop = make_shop(
        {"brand_map": {"One": 10}, "attributes_mode": "values", "update_categories": True},
        attributes="map",
        brands={10: "One"},
    )
    assert shop.night(*CATALOGUE, categories=TREE, attribute_codes=OLD_CODES).is_good
    upgrade(shop)
    shop.forget_requests()
    return shop


def test_what_was_right_is_not_written_again(old: Any) -> None:
    """Each product is looked at once; then it costs nothing."""
    assert old.night(*CATALOGUE[:2], categories=TREE).is_good
    assert old.writes() == []
    old.forget_requests()
    old.night(*CATALOGUE[:2], categories=TREE)
    assert [request.path for request in old.requests if "/products/" in request.path] == []


def test_what_became_better_is_sent_and_shown_beforehand(old: Any) -> None:
    """The one product with an attribute of Medipim's own, and its definition."""
    planned = old.night(*CATALOGUE, categories=TREE, dry_run=True)
    lines = [json.loads(line) for line in (planned.folder / "plan.jsonl").read_text().splitlines()]
    assert [line["sku"] for line in lines if line["stream"] == "products"] == ["RICH"]
    assert old.writes() == []
    assert old.night(*CATALOGUE, categories=TREE).is_good
    assert [write.split("/")[2] for write in old.writes()] == ["product-attributes", "products"]
    assert old.product("RICH")["attributes"] == {"weight": "3 g", "prescription": True, "color": "blauw"}


def test_a_value_that_an_earlier_version_held_back_comes_with_another_policy(old: Any) -> None:
    """It counted as dealt with, and was never sent."""
    dearer = at(2, {**PLAIN, "publicPrice": 1650})
    old.night(dearer)
    with sqlite3.connect(old.folder / "ledger.db") as ledger:
        (noted,) = ledger.execute("select acknowledged from products where external_id = 'PLAIN'").fetchone()
        noted = {**json.loads(noted), "price": fingerprint("price", "16.50")}
        ledger.execute("update products set acknowledged = ? where external_id = 'PLAIN'", (json.dumps(noted),))
        ledger.execute("delete from questions")
    night = old.night(at(3, {**dearer, "seoName": {"nl": "Seo"}}))
    assert [row["field"] for row in night.report["held_back"]] == ["price"]
    old.night(at(3, {**dearer, "seoName": {"nl": "Seo"}}), field_policies={"price": "if_source_changed"})
    assert str(old.product("PLAIN")["price"])[:5] == "16.50"
