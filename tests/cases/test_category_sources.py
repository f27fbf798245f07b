"""Another of Medipim's trees as the shop's categories."""

from typing import Any

import pytest

from tests.cases.records import category, product, sold_in
from tests.target.conftest import lines

ROWS = [{"id": "02", "name": {"nl": "Kind"}, "parent": "01"}, {"id": "01", "name": {"nl": "Groep"}, "parent": None}]
PLACES = {
    "fine_line": {"fineLineCategory": [{"id": "02"}]},
    "bcfi": {"bcfiCategory": {"id": "02"}},
    "apb": {"apbCategory": {"id": "02"}},
    "atc": {"atcCategory": ["02"]},
    "osp": {"ospCategory": {"id": "02"}},
    "medipim": {"medipimCategories": [{"id": "02"}]},
}


def night(shop: Any, *products: Any, **streams: Any) -> Any:
    """A night of any streams."""
    given = b"\n".join(lines(**streams, products=list(products))) + b"\n"
    return shop.fed(given)


@pytest.mark.parametrize("source", PLACES)
def test_a_tree_of_another_source(make_shop: Any, source: str) -> None:
    """Its stream makes the tree, its field the places; the public ones are left out."""
    shop = make_shop({"category_source": source})
    record = product("M1", "A", **PLACES[source], **sold_in(7))
    told = night(shop, record, **{f"{source}_categories": ROWS, "categories": [category(7, "Public")]})
    assert told.is_good
    assert (shop.paths(), shop.categories_of("M1")) == (["Groep", "Groep > Kind"], ["Kind"])
    counts = told.report["streams"]
    assert counts[f"{source}_categories"] == {"received": 2, "created": 2}
    assert counts["categories"] == {"received": 1, "acknowledged": 1}


def test_ids_of_two_trees_are_two_things(make_shop: Any) -> None:
    """A shop goes over to another tree that uses the same ids."""
    shop = make_shop()
    night(shop, product("M1", "A", **sold_in(2)), categories=[category(2, "Public")])
    shop.config["category_source"] = "bcfi"
    record = product("M1", "A", **sold_in(2), bcfiCategory={"id": "2"})
    night(shop, record, bcfi_categories=[{"id": "2", "name": {"nl": "Andere"}}])
    assert shop.categories_of("M1") == ["Andere", "Public"]


def test_a_reject_of_another_tree_is_tried_again_and_dropped(make_shop: Any) -> None:
    """Under its own id."""
    shop = make_shop({"category_source": "bcfi"})
    told = night(shop, bcfi_categories=[{"id": "02", "name": {"nl": None}}, ROWS[0] | {"id": "3", "parent": "9"}])
    assert told.rejected == {"02", "3"}
    told = night(shop, bcfi_categories=[{"id": "9", "name": {"nl": "Negen"}}])
    assert shop.paths() == ["Negen", "Negen > Kind"]
    assert told.report["tried_again"] == {"bcfi_categories": {"created": 1, "rejected": 1}}
