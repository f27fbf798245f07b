"""Names of categories: compared as people see them, and told where they came in another language."""

from typing import Any

import pytest

from tests.cases.records import category, product, sold_in

FOLLOW = {"update_categories": True}


@pytest.mark.parametrize("unseen", ["\u200b", "\u200d", "\u00ad", "\ufeff", "\u2060", "\u034f", "\ufe0f", "\u3164"])
@pytest.mark.parametrize("first", [True, False])
def test_what_nobody_sees_makes_no_other_name(shop: Any, unseen: str, *, first: bool) -> None:
    """Neither a second category, nor a rename; a name that is seen to be another one goes."""
    names = [f"Zo{unseen}rg & Co", "Zorg & Co"][:: 1 if first else -1]
    shop.night(product("M1", "A", **sold_in(1)), categories=[category(1, names[0])], **FOLLOW)
    shop.night(product("M1", "A", **sold_in(1)), categories=[category(1, names[1])], **FOLLOW)
    shop.forget_requests()
    shop.night(categories=[category(1, names[0]), category(2, names[1])], **FOLLOW)
    assert shop.writes() == []
    assert shop.paths() == [names[0]]
    for number in (1, 2):
        shop.night(categories=[category(1, f"{names[0]}{number}"), category(2, f"{names[1]}{number}")], **FOLLOW)
    assert shop.paths() in ([f"{name}2"] for name in names)


def test_a_name_in_another_language_is_listed(shop: Any) -> None:
    """As the texts of products are, by category; one in the language asked for is not."""
    french = {"id": "1", "name": {"fr": "Soins"}, "parent": None}
    night = shop.night(product("M1", "A", **sold_in(1, 2)), categories=[french, category(2, "Zon")])
    assert shop.paths() == ["Soins", "Zon"]
    assert night.report["texts_in_other_languages"] == {"category name": {"fr": 1}}
    (row,) = night.report["other_languages"]
    assert (row["stream"], row["external_id"], row["what"]) == (
        "categories",
        "1",
        "category name: missing in nl, taken in fr",
    )
