"""Profile native: what common taps send goes in as it is meant; what is not plain is left out and named."""

import sqlite3
from decimal import Decimal
from typing import Any

import pytest

from pim_wire import exact_json
from tests.cases.records import category, sold_in
from tests.cases.records import product as medipim

NATIVE = {"profile": "native"}
TREE = [{"id": 5, "name": "Tea"}, {"id": 6, "name": "Green tea", "parent_id": 5}]


@pytest.fixture
def shop(make_shop: Any) -> Any:
    """An organization that takes records of any tap."""
    return make_shop(NATIVE)


def tea(sku: Any, **fields: Any) -> Any:
    """A record."""
    return {"sku": sku, "name": "Tea", **fields}


def streams(**records: Any) -> bytes:
    """Whole streams in their order, each behind a SCHEMA of the fields that its records have."""
    made: list[Any] = []
    for stream, rows in records.items():
        schema = {"type": "object", "properties": {name: {} for row in rows for name in row}}
        made.append({"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": []})
        made += [{"type": "RECORD", "stream": stream, "record": row} for row in rows]
    return b"\n".join(map(exact_json.dumps, made)) + b"\n"


def night(shop: Any, *products: Any, **settings: Any) -> Any:
    """A run over products alone."""
    return shop.fed(streams(products=products), **settings)


def warned(told: Any) -> list[str]:
    """The warnings of its report."""
    return [row["what"] for row in told.report["warnings"]]


def test_long_numbers_keep_their_digits(shop: Any) -> None:
    """A key of 20 digits is that key, and no other one that a fraction would be, too."""
    long = Decimal(18446744073709551617)
    told = night(shop, tea(long, price=Decimal("8.9500000000000000000001")), tea(long + 1, brand=long))
    assert shop.skus() == ["18446744073709551617", "18446744073709551618"]
    assert told.is_good


def test_numbers_as_texts_and_texts_as_numbers(shop: Any) -> None:
    """A sheet's, a file's and a service's: each is the number that it is; codes have their zeros."""
    told = night(
        shop,
        tea("A1", stock="7", price=8.95, ean=5400000123450, brand_id="2"),
        tea("A2", stock=12.0, price="1.234,50", ean=12345678905.0, brand_id=2.0),
        tea(1003.0, stock="", price="", ean="", description=""),
    )
    assert told.is_good
    assert shop.skus() == ["1003", "A1", "A2"]
    assert [shop.product(sku)["stock"] for sku in ("A1", "A2")] == [7, 12]
    assert [shop.product(sku)["ean"] for sku in ("A1", "A2")] == ["5400000123450", "0012345678905"]
    assert [float(shop.product(sku)["price"]) for sku in ("A1", "A2")] == [8.95, 1234.5]
    assert warned(told) == []
    shop.forget_requests()
    again = night(shop, tea("A1", stock=7, price="8.95", ean="5400000123450", brand_id=2), tea(1003))
    assert again.is_good
    assert shop.writes() == []


def test_what_is_not_plain_is_left_out_and_named(shop: Any) -> None:
    """The field, or the record where it says what the product is."""
    told = night(shop,
        tea("A1", ean="123"), tea("A2", stock="a few", price="8,95", brand_id="x"), tea("A3", status="sold"),
        *(tea(f"B{n}") for n in range(9)), max_rejects=1,
    )  # fmt: skip
    assert told.is_good
    assert told.rejected == {"A3"}
    assert {"A1", "A2"} <= told.listed("warnings")
    assert [what.partition(":")[0] for what in warned(told)] == ["ean", "price", "stock", "brand_id"]
    assert not shop.product("A1")["ean"]
    assert night(shop, tea("A4", price="8,95"), decimal_comma=True).is_good
    assert float(shop.product("A4")["price"]) == 8.95


@pytest.mark.parametrize(("invalid_ean", "ean"), [("drop", None), ("send", "5400000123451"), ("error", None)])
def test_a_wrong_ean_is_dealt_with_as_the_setting_says(shop: Any, invalid_ean: str, ean: str | None) -> None:
    """All three ways, and each is told but the one that sends it."""
    told = night(shop, tea("A1", ean="5400000123451"), invalid_ean=invalid_ean, max_rejects=1)
    assert told.rejected == ({"A1"} if invalid_ean == "error" else set())
    assert bool(warned(told)) == (invalid_ean == "drop")
    if invalid_ean != "error":
        assert (shop.product("A1")["ean"] or None) == ean


@pytest.mark.parametrize(
    ("mark", "sold"), [(None, True), ("", True), (False, True), ("false", True), ("2026-11-30", False), (True, False)]
)
def test_a_mark_of_deletion_that_says_no(shop: Any, mark: Any, sold: bool) -> None:
    """A service that has a yes or no in place of a time."""
    told = night(shop, tea("A", _sdc_deleted_at=mark))
    assert told.is_good
    assert shop.skus() == (["A"] if sold else [])


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("ean", "5400000123450; 96385074", "5400000123450"),
        ("ean", "n/a, 96385074,", "96385074"),
        ("updated_at", 1796022000, None),
        ("updated_at", 1796022000000, None),
    ],
)
def test_siblings_that_are_plain(shop: Any, field: str, value: Any, found: Any) -> None:
    """Several codes in one text, and times as numbers."""
    told = night(shop, tea("A", **{field: value}))
    assert told.is_good
    assert warned(told) == []
    assert shop.product("A").get(field) == found


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (tea("A", updated_at="30/11/2026"), "updated_at: '30/11/2026' is no time"),
        (tea("A", attributes="colour=red"), "attributes: 'colour=red' is no object of codes and values: left out"),
        (tea("A", attributes=[["colour", "red"]]), "is no object of codes and values: left out"),
    ],
)
def test_nothing_is_silent(shop: Any, record: Any, words: str) -> None:
    """What cannot be read is told, and the rest goes in."""
    told = night(shop, record, attributes_mode="values")
    assert shop.skus() == ["A"]
    assert words in "; ".join(warned(told))


def test_an_older_version_by_seconds_takes_nothing_back(shop: Any) -> None:
    """As one with a text does."""
    night(shop, tea("A", price="2", updated_at=1796022000))
    night(shop, tea("A", price="1", updated_at=1796021999))
    assert float(shop.product("A")["price"]) == 2


def test_a_key_that_is_none_is_refused_in_words(shop: Any) -> None:
    """It is not missing."""
    told = night(shop, tea(["A"]), tea(1e20), tea("B"))
    assert shop.skus() == ["B"]
    assert "sku: is no text and no whole number" in (told.folder / "rejects.jsonl").read_text()


@pytest.mark.parametrize("order", [["categories", "products"], ["products", "categories"]])
def test_ids_of_the_own_stream_of_categories(shop: Any, order: list[str]) -> None:
    """In whatever form and order they come; a stranger's category of that id stays without them."""
    stranger = shop.people.add_category("Stranger")["id"]
    tree = [TREE[0], TREE[1] | {"id": stranger}]
    given = {"categories": tree, "products": [tea("A1", category_ids=[stranger])]}
    given["products"] += [tea("A2", category_ids=f"5, {stranger}"), tea("A3", category_ids=["5", float(stranger)])]
    assert shop.fed(streams(**{name: given[name] for name in order})).is_good
    assert shop.categories_of("A1") == ["Green tea"]
    assert shop.categories_of("A2") == shop.categories_of("A3") == ["Green tea", "Tea"]
    shop.forget_requests()
    assert shop.fed(streams(products=given["products"])).is_good
    assert shop.writes() == []
    assert night(shop, tea("A4", category_ids=[stranger])).is_good
    assert shop.categories_of("A4") == ["Green tea"]


def test_ids_of_micropim_where_there_is_no_such_stream(shop: Any) -> None:
    """In the first run they are told at its end, from then on at once; an unknown one is left out and named."""
    tea_id = shop.people.add_category("Shop tea")["id"]
    assert night(shop, tea("A1", category_ids=[tea_id]), tea("A2", category_ids=[str(tea_id), 99])).is_good
    assert shop.categories_of("A1") == shop.categories_of("A2") == ["Shop tea"]
    shop.forget_requests()
    told = night(shop, tea("A1", category_ids=[tea_id], name="New"), tea("A3", category_ids=[tea_id, 98]))
    assert shop.categories_of("A3") == ["Shop tea"]
    assert len(shop.writes()) == 2
    assert any("98" in what for what in warned(told))
    with sqlite3.connect(shop.folder / "ledger.db") as ledger:  # as an earlier release left it
        ledger.execute("DELETE FROM meta WHERE name = 'category_ids'")
    shop.people.unassign(shop.id_of("A1"), tea_id)
    shop.forget_requests()
    night(shop, tea("A1", category_ids=[tea_id], name="Newer"))
    assert shop.categories_of("A1") == []
    assert len(shop.writes()) == 1


def test_paths_as_texts(shop: Any) -> None:
    """Made once, however they are written; what a person has deleted is not made again."""
    told = night(shop,
        tea("A1", category="Care > Sun"), tea("A2", categories=["care>sun ", "Tea"]), tea("A3", categories="Tea|Care"),
        tea("A4", categories='["Tea"]'), tea("A5", categories=[{"id": 1}]),
    )  # fmt: skip
    assert told.is_good
    assert shop.paths() == ["Care", "Care > Sun", "Tea"]
    assert (shop.categories_of("A1"), shop.categories_of("A2")) == (["Sun"], ["Sun", "Tea"])
    assert (shop.categories_of("A3"), shop.categories_of("A4")) == (["Care", "Tea"], ["Tea"])
    assert [what.partition(":")[0] for what in warned(told)] == ["categories"]
    shop.forget_requests()
    assert night(shop, tea("A1", category="Care > Sun", name="New")).is_good
    assert len(shop.writes()) == 1


def test_the_parent_0_of_a_category_is_the_top(shop: Any) -> None:
    """As many services write it, unless a category has that id."""
    tree = [{"id": 5.0, "name": "Tea", "parent_id": "0"}, {"id": "6", "name": "Green", "parent_id": 5}]
    assert shop.fed(streams(categories=[*tree, {"id": 7, "name": "Top", "parent_id": ""}])).is_good
    assert shop.paths() == ["Tea", "Tea > Green", "Top"]


def test_brands_and_suppliers_by_name(shop: Any) -> None:
    """By the map, or as MicroPIM shows them; others are listed in unmapped.csv."""
    night(shop, tea("A1", brand_id=2))
    brand = shop.product("A1")["brand_id"]
    told = night(shop, tea("A2", brand="Rosalba"), tea("A3", brand={"name": "Mine"}), tea("A4", brand="Unknown"),
                       tea("A5", brand="Mine", brand_id=2), brand_map={"Mine": 3})  # fmt: skip
    assert [shop.product(sku).get("brand_id") for sku in ("A2", "A3", "A4", "A5")] == [brand, 3, None, 2]
    assert told.folder is not None
    assert "Unknown" in (told.folder / "unmapped.csv").read_text()
    night(shop, tea("A6"), brand_map={"Mine": 3, "Unknown": 1})
    assert shop.product("A4")["brand_id"] == 1


def test_streams_of_other_names(shop: Any) -> None:
    """Named by a setting; one that is not is told, with the way out."""
    given = streams(tree=TREE, items=[tea("A1", category_ids=[6])], reviews=[{"id": 1}])
    told = shop.fed(given, streams={"items": "products", "tree": "categories"})
    assert told.is_good
    assert shop.categories_of("A1") == ["Green tea"]
    assert told.report["streams"]["products"] == {"received": 1, "created": 1}
    assert any("reviews" in what and "streams" in what for what in warned(told))
    assert not shop.fed(streams(items=[{"colour": "red"}, {"size": 2}]), streams={"items": "products"}).is_good
    wrong = night(shop, tea("A1"), streams={"items": "orders"})
    assert "streams" in str(getattr(wrong.failure, "errors", wrong.failure))


def test_unknown_fields_are_told(shop: Any) -> None:
    """Once each, with the name that may be meant; those of a setting, of loaders, and empty ones are not."""
    told = night(shop,
        tea("A1", colour="red", image="x", vat=3, empty="", _sdc_batched_at="x"), tea("A2", colour="blue"),
        extra_fields={"vat_rate_id": "vat"},
    )  # fmt: skip
    assert [what.split(":")[0] for what in warned(told)] == ["field colour", "field image"]
    assert "2 records" in warned(told)[0]
    assert "images" in warned(told)[1]
    told = shop.fed(streams(categories=[{"id": 1, "name": "Tea", "parent": 0, "menu": "left"}]))
    assert [what.split(";")[0] for what in warned(told)] == [
        "field menu: unknown to the profile native, left out of 1 records",
        "field parent: unknown to the profile native, left out of 1 records",
    ]


def test_a_product_of_an_earlier_release_keeps_its_sku(shop: Any) -> None:
    """``1003.0`` was its SKU: it is no other product now, and a new one gets none like it."""
    night(shop, tea("1003.0"))
    night(shop, {"sku": 1003.0, "name": "New name"}, tea(1004.0))
    assert shop.skus() == ["1003.0", "1004"]
    assert shop.name("1003.0") == "New name"


def test_categories_of_an_earlier_release_are_known_again(shop: Any) -> None:
    """It kept them by their bare id: what people renamed or deleted since is not made a second time."""
    given = streams(categories=[*TREE, {"id": 7, "name": "Gone"}], products=[tea("A1", category_ids=[6])])
    shop.fed(given)
    with sqlite3.connect(shop.folder / "ledger.db") as ledger:
        ledger.execute("UPDATE categories SET external_id = substr(external_id, 8)")
    shop.people.rename_category(shop.people.category_id("Green tea"), "Fine tea")
    shop.people.delete_category(shop.people.category_id("Gone"))
    told = shop.fed(given)
    assert told.is_good
    assert shop.paths() == ["Tea", "Tea > Fine tea"]
    assert shop.categories_of("A1") == ["Fine tea"]


def test_ids_of_medipims_categories_are_no_ids_of_native_records(shop: Any) -> None:
    """One ledger for both: an id of MicroPIM's stays one, though Medipim has a category of the same id."""
    own = shop.people.add_category("By hand")["id"]
    shop.night(medipim("M1", "A", **sold_in(own)), categories=[category(own, "Medipim's")], profile="medipim")
    night(shop, tea("A1", category_ids=[own]))
    assert (shop.categories_of("A1"), shop.categories_of("M1")) == (["By hand"], ["Medipim's"])


def test_what_micropim_answers_stands_in_the_log(shop: Any, caplog: Any) -> None:
    """Not only in the file."""
    with caplog.at_level("WARNING"):
        told = night(shop, tea("A1", brand_id=77))
    assert told.rejects[0]["said"] in caplog.text


def test_where_a_row_was_read_is_nothing_of_the_product(shop: Any) -> None:
    """A line more in the file makes no product another one, and costs no request."""
    first = tea("A1", _smart_source_lineno=2, __sdc_row=2, _sdc_source_file="a.csv")
    assert warned(night(shop, first)) == []
    shop.forget_requests()
    told = night(shop, first | {"_smart_source_lineno": 3, "__sdc_row": 3, "_sdc_source_file": "b.csv"})
    assert told.report["streams"]["products"] == {"received": 1, "unchanged": 1}
    assert not any("/products" in record.path for record in shop.requests)


def test_a_stream_of_categories_without_records_is_one(shop: Any) -> None:
    """Nothing of it is new tonight: its ids are no ids of MicroPIM all the same."""
    stranger = shop.people.add_category("Stranger")["id"]
    told = shop.fed(streams(categories=[], products=[tea("A1", category_ids=[stranger])]))
    assert told.is_good
    assert shop.categories_of("A1") == []
    assert str(stranger) in (told.folder / "unmapped.csv").read_text()
