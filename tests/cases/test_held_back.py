"""What a policy holds back is listed with both values and the setting, and comes when the setting lets it through."""

import csv
import json
import sqlite3
from typing import Any

import pytest

from tests.cases.records import brand, product

EAN, OTHER = "3282770049374", "3282770146004"
HOLD = {"price": "create_only", "ean": "if_empty", "brand_id": "if_empty"}
LET = dict.fromkeys(HOLD, "if_source_changed")
BRANDS = {"brand_map": {"One": 10, "Two": 11}}


def record(cents: int, code: str, name: str, **fields: Any) -> Any:
    """A product with a price, an EAN and a brand."""
    return product("M1", "A", publicPrice=cents, ean=[code], **brand(name), **fields)


OLD, NEW = record(1450, EAN, "One"), record(1650, OTHER, "Two")


def rows(night: Any) -> dict[str, tuple[str, ...]]:
    """held_back.csv by field: MicroPIM's value, the source's, the setting."""
    file = night.folder / "held_back.csv"
    found = list(csv.DictReader(file.read_text().splitlines())) if file.exists() else []
    assert night.report["totals"].get("held_back", 0) == len(found)
    return {row["field"]: (row["micropim"], row["source"], row["setting"]) for row in found}


def values(shop: Any) -> tuple[Any, ...]:
    """What MicroPIM holds of the three."""
    held = shop.product("M1")
    return str(held["price"])[:5], held["ean"], held["brand_id"]


HELD = {
    "price": ("14.5000", "16.50", "field_policies.price: if_source_changed"),
    "ean": (EAN, OTHER, "field_policies.ean: if_source_changed"),
}


@pytest.fixture
def sold(make_shop: Any) -> Any:
    """A shop whose brands have ids."""
    return make_shop(BRANDS, brands={10: "One", 11: "Two"})


def test_each_value_is_listed_and_comes_when_the_setting_changes(sold: Any) -> None:
    """By product and field, in a dry run too, in later nights too; the record itself need not change."""
    assert rows(sold.night(OLD, field_policies=HOLD)) == {}
    for more in ({"dry_run": True}, {}, {}):
        told = rows(sold.night(NEW, field_policies=HOLD, **more))
        assert {name: told[name] for name in HELD} == HELD
        assert "(10)" in told["brand_id"][0] or told["brand_id"][0] == "10"
        assert told["brand_id"][1:] == ("Two (11)", "field_policies.brand_id: if_source_changed")
    assert values(sold) == ("14.50", EAN, 10)
    assert rows(sold.night(NEW, field_policies=LET)) == {}
    assert values(sold) == ("16.50", OTHER, 11)


def test_the_page_has_the_table(sold: Any) -> None:
    """With the words of the settings."""
    sold.night(OLD, field_policies=HOLD)
    night = sold.night(NEW, field_policies=HOLD)
    page = (night.folder / "report.html").read_text()
    assert "Held back by your settings" in page
    assert "field_policies.price: if_source_changed" in page


def test_a_value_of_a_persons_own_would_come_only_with_always(sold: Any) -> None:
    """The table says so; the softer setting keeps it, as a conflict."""
    sold.night(OLD, field_policies=HOLD)
    sold.people.edit(sold.id_of("M1"), price="12.00")
    night = sold.night(NEW, field_policies=HOLD)
    assert rows(night)["price"] == ("12.0000", "16.50", "field_policies.price: always")
    assert sold.night(NEW, field_policies=LET).conflicts == {"M1"}
    assert values(sold)[0] == "12.00"
    sold.night(NEW, field_policies=dict.fromkeys(HOLD, "always"))
    assert values(sold)[0] == "16.50"


def test_what_is_not_held_back_is_not_listed(sold: Any) -> None:
    """A person's price for an unchanged source, a status, and what the default never sends."""
    cost = {"pharmacistPrice": 800}
    sold.night(record(1450, EAN, "One", **cost))
    sold.people.edit(sold.id_of("M1"), price="12.00", status="active")
    night = sold.night(record(1450, EAN, "One", pharmacistPrice=900, seoName={"nl": "Seo"}))
    assert rows(night) == {}


STATUS_HELD = ("draft", "active", "field_policies.status: if_source_changed")
CHANNELS_HELD = ("web", "web, mobile", "field_policies.publishing_channels: if_source_changed")


def native(shop: Any, **fields: Any) -> Any:
    """A night over one record in MicroPIM's own shape."""
    schema = {"type": "SCHEMA", "stream": "products", "schema": {"properties": {}}, "key_properties": ["sku"]}
    record = {"type": "RECORD", "stream": "products", "record": {"sku": "M1", "name": "A", **fields}}
    return shop.fed("\n".join(map(json.dumps, (schema, record))).encode() + b"\n", profile="native")


@pytest.mark.parametrize("is_native", [True, False])
def test_a_status_and_channels_that_the_source_changes_are_listed(make_shop: Any, is_native: bool) -> None:
    """They come from its record, or by a rule from one of its fields: no setting makes them."""
    rules = [{"when": {"prescription": True}, "status": "active", "publishing_channels": ["web", "mobile"]}]
    shop = make_shop({"publishing_channels": ["web"]} if is_native else {"channel_rules": rules})
    first, second = (
        {"status": status, "publishing_channels": channels} for status, channels in
        (("draft", ["web"]), ("active", ["web", "mobile"]))
    )  # fmt: skip

    def night(fields: Any, *, prescription: bool) -> Any:
        if is_native:
            return native(shop, **fields)
        return shop.night(product("M1", "A", prescription=prescription), publishing_channels=["web"])

    assert rows(night(first, prescription=False)) == {}
    for _night in range(2):
        assert rows(night(second, prescription=True)) == {"status": STATUS_HELD, "publishing_channels": CHANNELS_HELD}
    assert (shop.status("M1"), shop.product("M1")["publishing_channels"]) == ("draft", ["web"])
    assert rows(night(first, prescription=False)) == {}


@pytest.mark.parametrize("is_native", [True, False])
def test_a_status_of_the_shops_own_is_not_listed(make_shop: Any, is_native: bool) -> None:
    """The shop had the product before, or a person has put ours on sale: the source says nothing new."""
    rules = [{"when": {"prescription": True}, "status": "active"}]
    shop = make_shop({} if is_native else {"channel_rules": rules})
    shop.people.add("M1", name="A", status="active")
    for name in ("A", "B"):
        told = native(shop, name=name, status="draft") if is_native else shop.night(product("M1", name))
        assert rows(told) == {}
    shop.people.remove(shop.id_of("M1"))
    shop.lose_ledger()
    for name in ("A", "B"):
        told = native(shop, name=name, status="draft") if is_native else shop.night(product("M1", name))
        assert rows(told) == {}
        shop.people.edit(shop.id_of("M1"), status="active")


def test_a_never_of_ones_own_is_listed(sold: Any) -> None:
    """A name that is kept for good."""
    sold.night(product("M1", "A"))
    night = sold.night(product("M1", "B"), field_policies={"name": "never"})
    assert rows(night)["name"] == ("A", "B", "field_policies.name: if_source_changed")
    assert sold.name("M1") == "A"


def test_the_row_goes_when_both_sides_agree(sold: Any) -> None:
    """The source takes its value back."""
    sold.night(OLD, field_policies=HOLD)
    sold.night(NEW, field_policies=HOLD)
    assert rows(sold.night(OLD, field_policies=HOLD)) == {}


def test_the_currency_of_a_market_that_was_set_later(shop: Any) -> None:
    """Prices of one currency in the name of the other: told, and sent when the setting says so."""
    records = [product("M1", "A", publicPrice=1450)]
    shop.night(*records)
    night = shop.night(*records, market="au")
    assert rows(night) == {"currency": ("EUR", "AUD", "field_policies.currency: if_source_changed")}
    assert shop.product("M1")["currency"] == "EUR"
    assert rows(shop.night(*records, market="au", field_policies={"currency": "if_source_changed"})) == {}
    assert shop.product("M1")["currency"] == "AUD"


def test_what_is_not_there_is_shown_as_nothing(shop: Any) -> None:
    """A field that never came is empty in MicroPIM; it is listed from the first night on."""
    never = {"field_policies": {"price": "never"}}
    assert rows(shop.night(product("M1", "A", publicPrice=1450), **never))["price"][:2] == ("", "14.50")
    assert rows(shop.night(product("M1", "A", publicPrice=1500), **never))["price"][:2] == ("", "15.00")


ANOTHER = product("M2", "Other")


@pytest.mark.parametrize("records", [(), (ANOTHER,)], ids=["empty input", "another record"])
def test_a_policy_of_later_sends_what_was_held_back_though_its_record_does_not_come(sold: Any, records: Any) -> None:
    """Shown beforehand by a dry run, sent once, and nothing else of the product is touched."""
    sold.night(OLD, field_policies=HOLD)
    sold.night(NEW, field_policies=HOLD)
    sold.people.edit(sold.id_of("M1"), name="By hand", description="Mine")
    planned = sold.night(*records, field_policies=LET, dry_run=True)
    assert '"price"' in (planned.folder / "plan.jsonl").read_text()
    assert values(sold) == ("14.50", EAN, 10)
    night = sold.night(*records, field_policies=LET)
    assert values(sold) == ("16.50", OTHER, 11)
    assert rows(night) == {}
    assert night.report["tried_again"]["products"] == {"updated": 1}
    assert (sold.name("M1"), sold.product("M1")["description"]) == ("By hand", "Mine")
    sold.forget_requests()
    assert sold.night(*records, field_policies=LET).is_good
    sold.night(NEW, field_policies=LET)
    assert sold.writes() == []
    assert sold.night(record(1750, OTHER, "Two"), field_policies=LET).conflicts == set()
    assert values(sold)[0] == "17.50"


def test_a_persons_value_stands_against_a_later_policy(sold: Any) -> None:
    """As it does when the record comes: a conflict, in each report until both sides agree."""
    sold.night(OLD, field_policies=HOLD)
    sold.night(NEW, field_policies=HOLD)
    sold.people.edit(sold.id_of("M1"), price="12.00")
    assert sold.night(field_policies={**HOLD, "price": "if_source_changed"}).conflicts == {"M1"}
    night = sold.night(field_policies={**HOLD, "price": "if_source_changed"})
    assert night.conflicts == {"M1"}
    assert set(rows(night)) == {"ean", "brand_id"}
    assert values(sold) == ("12.00", EAN, 10)


def test_what_never_came_comes_by_if_empty(shop: Any) -> None:
    """Where nothing stands; else it is held back by the new policy, and looked at once."""
    never, records = {"field_policies": {"price": "never"}}, [product(f"M{n}", "A", publicPrice=1450) for n in (1, 2)]
    shop.night(*records, **never)
    shop.people.edit(shop.id_of("M2"), price="12.00")
    shop.night(field_policies={"price": "if_empty"})
    assert [str(shop.product(sku)["price"])[:5] for sku in ("M1", "M2")] == ["14.50", "12.00"]
    shop.forget_requests()
    assert rows(shop.night(field_policies={"price": "if_empty"}))["price"][0] == "12.0000"
    assert [request.path for request in shop.requests if "/products" in request.path] == []


def test_a_value_of_other_settings_waits_for_its_record(sold: Any) -> None:
    """Another source of the field: what it would be now nobody knows. The report says so."""
    sold.night(OLD, field_policies=HOLD)
    sold.night(NEW, field_policies=HOLD)
    other = {"field_map": {"price": "ttcPrice"}, "field_policies": LET}
    night = sold.night(**other)
    assert night.warns
    assert values(sold)[0] == "14.50"


def test_what_is_no_products_life_any_more_is_left(sold: Any) -> None:
    """Archived at the source, or by hand; or a newer version was refused."""
    sold.night(OLD, field_policies=HOLD)
    sold.night(NEW, field_policies=HOLD)
    sold.night({**NEW, "name": {}}, field_policies=HOLD)
    sold.night(field_policies=LET)
    assert values(sold)[0] == "14.50"
    sold.night({**NEW, "status": "inactive"}, field_policies=HOLD)
    sold.night(field_policies=LET)
    assert values(sold)[0] == "14.50"


def test_a_kill_in_the_middle_costs_nothing(sold: Any) -> None:
    """The value that is on its way is ours, and the rest goes the next night."""
    sold.night(OLD, field_policies=HOLD)
    sold.night(NEW, field_policies=HOLD)
    sold.killed(write="PATCH /api/products/{id}", field_policies=LET)
    assert rows(sold.night(field_policies=LET)) == {}
    assert values(sold) == ("16.50", OTHER, 11)
    sold.night(record(1750, OTHER, "Two"), field_policies=LET)
    assert values(sold)[0] == "17.50"


def test_what_an_earlier_version_held_back_goes_where_its_text_is_the_value(sold: Any) -> None:
    """It kept texts for people: a price and a code go, the id of a brand waits for its record."""
    sold.night(OLD, field_policies=HOLD)
    sold.night(NEW, field_policies=HOLD)
    with sqlite3.connect(sold.folder / "ledger.db") as ledger:
        ledger.execute("update questions set wanted = null, held_by = null, mapped_by = null")
    night = sold.night(field_policies=LET)
    assert values(sold) == ("16.50", OTHER, 10)
    assert set(rows(night)) == {"brand_id"}
    sold.forget_requests()
    sold.night(field_policies=HOLD)
    assert [request.path for request in sold.requests if "/products" in request.path] == []
