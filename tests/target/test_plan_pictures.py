"""What becomes of a product's pictures: a picture is its address, and max_images counts over all nights."""

import pytest

from target_micropim.ledger import MediaRow
from target_micropim.mapping.desired import Picture
from target_micropim.plan.pictures import PicturePlan, in_shop, plan_pictures, room, taken_out

NOTHING = PicturePlan((), (), (), ())


def offered(**urls: str) -> list[Picture]:
    """Pictures by key; an address may be followed by those of other formats."""
    return [Picture(key, url.split()[0], "alt", frozenset(url.split())) for key, url in urls.items()]


def known(*rows: tuple[str, str, str]) -> dict[str, MediaRow]:
    """Rows of the ledger: name, address, state."""
    return {name: MediaRow(name, url, state) for name, url, state in rows}


def plan(pictures: list[Picture], rows: dict[str, MediaRow], *others: str) -> PicturePlan:
    """The plan for a source that has these and other pictures."""
    return plan_pictures(pictures, frozenset(others) | {url for one in pictures for url in one.addresses}, rows)


def test_new_pictures_go_in_the_order_of_the_source() -> None:
    """What was handled does not go again; what was refused does."""
    rows = known(("a", "/a", "sent"), ("b", "/b", "refused"), ("d", "/d", "left"))
    assert plan(offered(c="/c", a="/a", b="/b", d="/d"), rows) == PicturePlan(("c", "b"), (), (), ())


@pytest.mark.parametrize("state", ["sent", "assumed", "replaced", "withdrawn", "left"])
def test_new_ids_of_a_known_address_are_nothing_new(state: str) -> None:
    """Not in another format of the same picture either."""
    rows = known(("1", "/a", state))
    assert plan(offered(x="/a"), rows).fresh == ()
    assert plan(offered(x="/a.png /a"), rows).fresh == ()
    assert plan(offered(x="/b /c"), rows).fresh == ("x",)


def test_another_address_under_a_known_id_is_a_change() -> None:
    """Unless the old picture is still there under another id: then it is a new one."""
    rows = known(("1", "/a", "sent"))
    assert plan(offered(**{"1": "/b"}), rows) == PicturePlan((), ("1",), (), ())
    assert plan(offered(**{"1": "/b", "2": "/a"}), rows) == PicturePlan(("1",), (), (), ())
    swapped = known(("1", "/a", "sent"), ("2", "/b", "sent"))
    assert plan(offered(**{"1": "/b", "2": "/a"}), swapped) == NOTHING


def test_what_the_source_does_not_have_any_more_is_withdrawn_once() -> None:
    """One that is there for another language or public is not; a record without pictures at all says nothing."""
    rows = known(("1", "/a", "sent"), ("2", "/b", "assumed"), ("3", "/c", "withdrawn"), ("4", "/d", "left"))
    assert plan(offered(), rows).withdrawn == ("1", "2")
    assert plan(offered(), rows, "/a").withdrawn == ("2",)
    assert plan_pictures([], None, rows) == NOTHING
    assert plan(offered(x="/c"), rows).returned == ("3",)


def test_room_is_what_the_shop_does_not_have_from_us_yet() -> None:
    """Withdrawn and replaced pictures are still there, refused and removed ones are not."""
    rows = known(
        ("1", "/a", "sent"), ("2", "/b", "withdrawn"), ("3", "/c", "replaced"), ("4", "/d", "refused"),
        ("5", "/e", "removed"), ("6", "/f", "left"), ("7", "/g", "assumed"),
    )  # fmt: skip
    assert in_shop(rows.values()) == 4
    assert [room(rows.values(), most) for most in (0, 4, 6)] == [0, 0, 2]


@pytest.mark.parametrize(("images", "names"), [(3, ()), (2, ("1",)), (1, ("1", "3")), (0, ("1", "3")), (9, ())])
def test_a_person_took_out_what_was_withdrawn(images: int, names: tuple[str, ...]) -> None:
    """As many as the product shows too few, and none that the source still has."""
    rows = known(("1", "/a", "withdrawn"), ("2", "/b", "sent"), ("3", "/c", "withdrawn"))
    assert taken_out(rows, images) == names
