"""What we archived we revive; what a person archived or revived stays as the person left it."""

from typing import Any

import pytest

from tests.cases.records import product

ALL, GONE = range(14), range(6)
ACTIVE = {"create_status": "active"}


def ids(numbers: range) -> list[str]:
    """Ids of products."""
    return [f"M{number}" for number in numbers]


@pytest.mark.parametrize("status", ["inactive", "replaced"])
@pytest.mark.parametrize("name_after", ["A", "B"])
def test_inactive_for_one_night(make_shop: Any, status: str, name_after: str) -> None:
    """Some of many are inactive for a night: they are active again later, or each of them is told, each night."""
    shop = make_shop(ACTIVE)
    shop.night(*(product(key, "A") for key in ids(ALL)))
    shop.night(*(product(key, "A", status=status if key in ids(GONE) else "active") for key in ids(ALL)))
    assert {shop.status(key) for key in ids(GONE)} == {"archived"}
    for _night in range(2):
        told = shop.night(*(product(key, name_after) for key in ids(ALL)))
        left = {key for key in ids(ALL) if shop.status(key) != "active"}
        assert told.tells(*left)


@pytest.mark.parametrize("mark", [{"status": "inactive"}, {"status": "replaced"}])
@pytest.mark.parametrize(
    ("more", "revived_as"),
    [
        ({}, "active"),
        ({"supplierReference": "REF-2"}, "active"),
        ({"name": {"nl": "B"}}, "active"),
        ({"ean": ["4006381333931"]}, "draft"),
        ({"publicPrice": 995}, "draft"),
    ],
)
def test_revived_by_hand(make_shop: Any, mark: Any, more: Any, revived_as: str) -> None:
    """We archived it, a person took it out of the archive: it stands each night, whatever else the source changes."""
    shop = make_shop(ACTIVE)
    shop.night(product("M1", "A"))
    shop.night(product("M1", "A") | mark)
    assert shop.status("M1") == "archived"
    shop.people.revive(shop.id_of("M1"), revived_as)
    for record in (product("M1", "A") | mark, product("M1", "A") | mark | more, product("M1", "A") | mark | more):
        shop.night(record)
        assert shop.status("M1") == revived_as


def test_a_deletion_that_a_person_took_back(make_shop: Any) -> None:
    """The same where a mark of deletion archives."""
    shop = make_shop(ACTIVE | {"delete_mode": "archive"})
    shop.night(product("M1", "A"))
    gone = {"_sdc_deleted_at": "2026-02-01T00:00:00Z"}
    shop.night(product("M1", "A", **gone))
    assert shop.status("M1") == "archived"
    shop.people.revive(shop.id_of("M1"))
    for reference in ("1", "2"):
        shop.night(product("M1", "A", supplierReference=reference, **gone))
        assert shop.status("M1") == "active"


def test_archived_by_hand(make_shop: Any) -> None:
    """Nobody takes it out of the archive again, also when the source changes it."""
    shop = make_shop(ACTIVE)
    shop.night(product("M1", "A"))
    shop.people.archive(shop.id_of("M1"))
    for name in "ABC":
        shop.night(product("M1", name))
        assert shop.status("M1") == "archived"


def test_archived_by_hand_before_the_source_says_so(make_shop: Any) -> None:
    """Both agree for a night; that it was the person's archive is not forgotten when the source is active again."""
    shop = make_shop(ACTIVE)
    shop.night(product("M1", "A"))
    shop.people.archive(shop.id_of("M1"))
    shop.night(product("M1", "A", status="inactive"))
    told = shop.night(product("M1", "A"))
    assert shop.status("M1") == "active" or told.tells("M1")
