"""The first night after an upgrade sends what became better, and nothing else; the second night sends nothing."""

import json
import sqlite3
from typing import Any

from target_micropim.plan.values import fingerprint
from tests.cases.records import ean, photos, product, text
from tests.cases.shop import Shop

CIP13 = "3400935955838"


def made_by_an_older_program(shop: Shop) -> None:
    """Its digest of each record was another one, and it did not note who had made a product."""
    with sqlite3.connect(shop.folder / "ledger.db") as ledger:
        ledger.execute("update products set digest = 'of an older program', made = null")


def as_an_older_program_made_it(shop: Shop, sku: str) -> None:
    """With a price of 0, which it sent where Medipim said so."""
    nought = json.dumps([fingerprint("price", "0.00")])
    with sqlite3.connect(shop.folder / "ledger.db") as ledger:
        ledger.execute("update products set ours = json_set(ours, '$.price', json(?)) where sku = ?", (nought, sku))


def with_ids(record: Any, *ids: int) -> Any:
    """The same pictures under other ids."""
    return {**record, "photos": [{**each, "id": number} for each, number in zip(record["photos"], ids, strict=True)]}


def test_only_what_became_better_travels(shop: Shop) -> None:
    """A code that the older program did not read arrives; prices, codes and pictures that were right stay."""
    whole = product("M1", "One", ean=[ean(1)], publicPrice=1495, **photos(1, 2), **text("<p>One</p>"))
    coded = product("M2", "Two", ean=[], publicPrice=500, **photos(3))
    free = product("M3", "Three", publicPrice=None, **photos(4))
    shop.night(whole, coded, free)
    made_by_an_older_program(shop)
    shop.forget_requests()
    records = (with_ids(whole, 11, 12), {**coded, "cip13": CIP13}, {**free, "publicPrice": 0})

    planned = shop.night(*records, dry_run=True)
    assert planned.folder is not None
    (line,) = [json.loads(row) for row in (planned.folder / "plan.jsonl").read_text().splitlines()]
    assert (line["external_id"], set(line["fields"])) == ("M2", {"ean"})
    assert shop.writes() == []

    shop.night(*records)
    (write,) = [request for request in shop.requests if request.method != "GET"]
    assert write.body == {"ean": CIP13}
    assert shop.product("M2")["ean"] == CIP13
    assert shop.pictures("M1") == [1, 2]

    shop.forget_requests()
    shop.night(*records)
    assert shop.requests == [] or shop.writes() == []


def test_a_price_of_0_that_an_older_program_sent_is_told(make_shop: Any) -> None:
    """It stays, since a price is sent once: a person has to see it. A price that we never sent is none of ours."""
    shop = make_shop({})
    shop.night(*(product(sku, sku, publicPrice=100) for sku in ("M1", "M2", "M3")), product("M4", "Four"))
    as_an_older_program_made_it(shop, "M1")
    as_an_older_program_made_it(shop, "M2")
    for sku, price in (("M1", 0), ("M2", 5), ("M4", 0)):
        shop.people.edit(shop.id_of(sku), price=price)
    made_by_an_older_program(shop)
    shop.forget_requests()
    records = [*(product(sku, sku, publicPrice=0) for sku in ("M1", "M2", "M3")), product("M4", "Four")]
    for dry_run in (True, False):
        night = shop.night(*records, dry_run=dry_run)
        assert shop.writes() == []
        assert [(row["sku"], "price of 0" in row["what"]) for row in night.report["manual_actions"]] == [("M1", True)]


def test_a_code_of_ours_is_shared_in_an_older_ledger_too(make_shop: Any) -> None:
    """Who made a product was not noted: its SKU tells. One that the shop had before stays with one record."""
    shop = make_shop({"match_on": ["sku", "ean"]})
    shop.people.add("SHOP-1", ean=ean(2))
    shop.night(product("M1", "One", ean=[ean(1)]), product("M2", "Two", ean=[ean(2)]))
    made_by_an_older_program(shop)
    told = shop.night(product("M3", "Three", ean=[ean(1)]), product("M4", "Four", ean=[ean(2)]))
    assert shop.skus() == ["M1", "M3", "SHOP-1"]
    assert told.rejected == {"M4"}


def test_a_product_that_the_shop_had_under_our_sku_goes_to_one_record(make_shop: Any) -> None:
    """It is no product of ours, whatever SKU it has."""
    shop = make_shop({"match_on": ["sku", "ean"]})
    shop.people.add("M1", ean=ean(1))
    shop.night(product("M1", "One", ean=[ean(1)]))
    for _night in range(2):
        told = shop.night(product("M2", "Two", ean=[ean(1)]))
        assert (shop.skus(), told.rejected) == (["M1"], {"M2"})
