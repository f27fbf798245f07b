"""Pictures night after night: what the source drops, brings back or changes, and what a person takes out."""

from typing import Any

import pytest

from target_micropim.commands.check import Check
from target_micropim.target import TargetMicroPim
from tests.cases.records import photos, product
from tests.cases.shop import Shop


def shown(*keys: int, **fields: Any) -> Any:
    """A product with these pictures."""
    return product("M1", "One", **photos(*keys), **fields)


def checked(shop: Shop) -> bool:
    """Whether --check tells that no picture arrives, and what to do."""
    connection = TargetMicroPim(config=shop.settings()).connection
    return any("PICTURES FAIL" in line and "/how-to/pictures/" in line for line in Check(connection).lines())


def told(night: Any) -> list[str]:
    """What a person hears of pictures."""
    return [row["what"] for row in night.report["manual_actions"] if row["topic"] == "picture"]


def test_a_withdrawn_picture_is_told_once_with_address_and_position(shop: Shop) -> None:
    """Also when it was the last one; and it is no new one when it comes back."""
    shop.night(shown(1, 2))
    (what,) = told(shop.night(shown(1)))
    assert "picture 2 was withdrawn" in what
    assert "https://media.example.test/2.jpg, position 1" in what
    assert told(shop.night(shown(1, seoName={"nl": "x"}))) == []
    (what,) = told(shop.night(product("M1", "One", photos=[])))
    assert "picture 1 was withdrawn" in what
    assert told(shop.night(shown(1, 2))) == []
    assert shop.pictures("M1") == [1, 2]


def test_a_picture_that_is_for_others_now_is_told_as_a_withdrawn_one(shop: Shop) -> None:
    """Once, and no more when it is for the public again; one in another language is there."""
    shop.night(shown(1, 2))
    record = shown(1, 2)
    record["photos"][1]["targetGroups"] = ["pharmacist"]
    (what,) = told(shop.night(record))
    assert "picture 2 is for other target groups only now" in what
    assert "https://media.example.test/2.jpg, position 1" in what
    assert told(shop.night({**record, "seoName": {"nl": "x"}})) == []
    assert told(shop.night(shown(1, 2))) == []
    record = shown(1, 2)
    record["photos"][0]["locales"], record["photos"][1]["locales"] = ["nl"], ["fr"]
    assert told(shop.night(record)) == []


def test_a_record_without_the_field_says_nothing_of_pictures(shop: Shop) -> None:
    """A stream map, or another version of the API, may leave it out."""
    shop.night(shown(1))
    assert told(shop.night(product("M1", "Two"))) == []


def test_a_place_is_free_when_a_person_took_the_withdrawn_one_out(make_shop: Any) -> None:
    """As many as the product shows too few; until then a new one waits, and the report says so."""
    shop = make_shop({"max_images": 2})
    shop.night(shown(1, 2))
    (what,) = told(shop.night(shown(2, 3)))
    assert "1 new ones wait for room" in what
    assert shop.pictures("M1") == [1, 2]
    (what,) = told(shop.night(shown(2, 3, seoName={"nl": "w"})))
    assert what == "1 new pictures wait for room (max_images 2): take out by hand 1, which the source has withdrawn"
    media = shop.product("M1")["_media"]
    media.remove(media[0])
    shop.night(shown(2, 3, seoName={"nl": "x"}))
    assert shop.pictures("M1") == [2, 3]


def test_the_limit_counts_replaced_pictures_too(make_shop: Any) -> None:
    """media_changes append leaves the old one in the shop."""
    shop = make_shop({"max_images": 2, "media_changes": "append"})
    shop.night(shown(1))
    for address in ("new", "newer"):
        record = shown(1)
        record["photos"][0]["formats"] = {"huge": f"https://media.example.test/{address}.jpg"}
        (what,) = told(shop.night(record))
        assert "https://media.example.test/" in what
    assert len(shop.product("M1")["_media"]) == 2


def test_one_address_under_two_ids_is_sent_once(shop: Shop) -> None:
    """In one night and in two."""
    record = shown(1)
    record["photos"].append({**record["photos"][0], "id": 2})
    shop.night(record)
    record = shown(1)
    record["photos"][0]["id"] = 3
    shop.night(record)
    assert shop.pictures("M1") == [1]


@pytest.mark.parametrize("how", ["refused", "never shown", "shown"])
def test_pictures_that_all_fail_are_told_as_one_thing(make_shop: Any, how: str) -> None:
    """Medipim's host may refuse whoever fetches: no accident of a single picture."""
    addresses = tuple(f"https://media.example.test/{n}.jpg" for n in range(1, 5))
    shop = make_shop(
        media="never" if how == "never shown" else "sync",
        unreachable_media="400",
        unreachable_urls=addresses if how == "refused" else (),
    )
    night = shop.night(*(product(f"M{n}", "One", **photos(n)) for n in range(1, 5)))
    is_told = any("/how-to/pictures/" in row["what"] for row in night.report["manual_actions"])
    assert is_told is (how != "shown")
    assert checked(shop) is is_told


def test_check_tells_of_failing_pictures_until_some_arrive(make_shop: Any) -> None:
    """A night in which no picture is sent changes nothing."""
    addresses = tuple(f"https://media.example.test/{n}.jpg" for n in range(1, 5))
    shop = make_shop(unreachable_media="400", unreachable_urls=addresses)
    shop.night(*(product(f"M{n}", "One", **photos(n)) for n in range(1, 5)))
    shop.night(product("M9", "One"))
    assert checked(shop)
    shop.night(product("M5", "One", **photos(5)))
    assert not checked(shop)


@pytest.mark.parametrize("late", [0, 5, 90])
def test_pictures_that_show_late_to_runs_that_begin_at_once(make_shop: Any, late: float) -> None:
    """One that does not show yet is no other one that a person has taken out: all that come later arrive, too."""
    shop = make_shop({"max_wait_seconds": 300}, pictures_after_seconds=late)
    shop.rest = 2
    for number in (1, 2, 3):
        shop.night(product("M1", f"A{number}", **photos(number)))
    shop.time.passes(86_400)
    shop.night(product("M1", "B", **photos(4)))
    assert shop.pictures("M1") == [1, 2, 3, 4]
