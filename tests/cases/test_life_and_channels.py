"""Which records are brought over, what ends a product, who follows it, and where a new one is published."""

from typing import Any

import pytest

from tests.cases.records import at, product

CHANNELS = {"publishing_channels": ["web", "marketplace"]}
RULES = [{"when": {"prescription": True}, "publishing_channels": ["marketplace"], "status": "active"}]


def test_a_new_product_is_published_by_rule(make_shop: Any) -> None:
    """A prescription product on no web channel; what a person changes stays."""
    shop = make_shop({**CHANNELS, "channel_rules": RULES}, channels=("web", "marketplace"))
    records = [product("RX", "A", prescription=True), product("OTC", "B", prescription=False)]
    assert shop.night(*records).is_good
    assert [(shop.product(sku)["publishing_channels"], shop.status(sku)) for sku in ("RX", "OTC")] == [
        (["marketplace"], "active"), (["web", "marketplace"], "draft"),
    ]  # fmt: skip
    shop.people.edit(shop.id_of("RX"), publishing_channels=["web"])
    shop.night(product("RX", "A2", prescription=True))
    assert shop.product("RX")["publishing_channels"] == ["web"]


def test_a_wrong_rule_stops_before_anything_is_written(shop: Any) -> None:
    """With its row."""
    told = shop.night(
        product("M1", "A"), channel_rules='[{"when": {"prescription": true}, "publishing_channels": ["x"]}]'
    )
    assert not told.is_good
    assert "row 1" in str(getattr(told.failure, "errors", told.failure))
    assert shop.skus() == []


def test_a_status_that_is_not_brought_over(shop: Any) -> None:
    """Neither made nor changed, and counted; what ends a product always comes."""
    only = {"statuses": ["active"]}
    first = [product("M1", "A"), product("M2", "B", status="no_selection"), product("M3", "C")]
    told = shop.night(*(at(1, record) for record in first), **only)
    assert told.is_good
    assert shop.skus() == ["M1", "M3"]
    assert told.report["streams"]["products"] == {"received": 3, "created": 2, "skipped": 1}
    assert any("no_selection" in row["what"] for row in told.report["warnings"])
    second = [product("M1", "A2", status="no_selection"), product("M3", "C", status="inactive")]
    assert shop.night(*(at(2, record) for record in second), **only).is_good
    assert (shop.name("M1"), shop.status("M1"), shop.status("M3")) == ("A", "draft", "archived")
    assert shop.night(at(3, first[1]), statuses=["all"]).is_good
    assert shop.skus() == ["M1", "M2", "M3"]


NEW = product("NEW", "Nieuw")
OLD = product("OLD", "Oud", status="replaced", replacement="NEW")


def told_of(night: Any) -> list[str]:
    """What the report says of the old product."""
    return [row["what"] for row in night.report["manual_actions"] if row["external_id"] == "OLD"]


@pytest.mark.parametrize("records", [[OLD, NEW], [NEW, OLD]], ids=["old first", "new first"])
def test_the_successor_is_named(shop: Any, records: Any) -> None:
    """By SKU, name and id, also where it comes with the same night; once."""
    config = {"sku_template": "S-{id}"}
    shop.night(product("OLD", "Oud"), **config)
    assert told_of(shop.night(*records, **config)) == [
        "archived, and replaced by S-NEW Nieuw (source: NEW): links and stock may go there"
    ]
    assert shop.status("S-OLD") == "archived"
    assert told_of(shop.night(*records, **config)) == []


def test_a_successor_that_is_not_there_and_an_old_one_that_stays(shop: Any) -> None:
    """Told by its id; an old one that was never made has none."""
    absent = "and replaced by NEW at Medipim, which is not in MicroPIM: links and stock may go there"
    shop.night(product("OLD", "Oud"))
    assert told_of(shop.night(OLD, on_inactive="ignore")) == [f"left on sale (on_inactive), {absent}"]
    assert told_of(shop.night(OLD)) == [f"archived, {absent}"]
    assert told_of(shop.night({**OLD, "id": "OLD2"})) == []


def test_a_successor_takes_the_code_over(shop: Any) -> None:
    """The report says so of the old one."""
    given = {"sku_template": "{cnk}"}
    shop.night(product("OLD", "Oud", cnk="3612173"), **given)
    night = shop.night({**OLD, "cnk": None}, product("NEW", "Nieuw", cnk="3612173"), **given)
    assert night.is_good
    assert shop.name("3612173") == "Nieuw"
    assert night.tells("OLD")


def test_what_ends_a_product_needs_its_identity_alone(shop: Any) -> None:
    """A native record too, without its name."""
    native = {"profile": "native"}
    shop.night({"sku": "N1", "name": "A"}, **native)
    assert shop.night({"sku": "N1", "status": "archived"}, **native).is_good
    assert shop.status("N1") == "archived"


def test_the_successor_of_a_product_that_a_person_has_archived(shop: Any) -> None:
    """Links and stock may go there too; once."""
    live = {**OLD, "status": "active"}
    shop.night(at(1, live), at(1, NEW))
    shop.people.archive(shop.id_of("OLD"))
    (what,) = told_of(shop.night(at(2, OLD), at(2, NEW)))
    assert "NEW" in what
    assert told_of(shop.night(at(3, {**OLD, "vat": 6}), at(3, NEW))) == []


def test_a_code_of_the_sku_that_changes_is_told(shop: Any) -> None:
    """Others know the product by its SKU, so that stays."""
    code = {"sku_template": "{cnk}"}
    shop.night(product("OLD", "A", cnk="1"), **code)
    (what,) = told_of(shop.night(product("OLD", "A", cnk="2"), **code))
    assert what == "its SKU by sku_template would be 2 now: it keeps 1"
    assert shop.skus() == ["1"]
