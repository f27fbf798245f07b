"""A hand edit is an open question until both sides agree; agreement ends it for good."""

from typing import Any

import pytest

from tests.cases.records import product, text

FIELDS = ("name", "description", "short_description")
TWO = FIELDS[:2]


def saying(field: str, value: str) -> Any:
    """M1, with this value in one field."""
    if field == "name":
        return product("M1", value)
    return product("M1", "Cream", **(text(value) if field == "description" else {"shortDescription": {"nl": value}}))


def written(field: str, value: str) -> str:
    """A value in the form of the field."""
    return f"<p>{value}</p>" if field == "description" else value


def night(shop: Any, field: str, value: str) -> Any:
    """The source says a value."""
    return shop.night(saying(field, written(field, value)))


def types(shop: Any, field: str, value: str) -> None:
    """A person types a value."""
    shop.people.edit(shop.id_of("M1"), **{field: written(field, value)})


def shows(shop: Any, field: str, value: str) -> bool:
    """Whether MicroPIM has it."""
    return bool(shop.product("M1")[field] == written(field, value))


@pytest.mark.parametrize("field", FIELDS)
def test_typing_what_the_source_says_settles_it(shop: Any, field: str) -> None:
    """X stands against B and is told; then the person types B, and all that follows arrives."""
    night(shop, field, "A")
    types(shop, field, "X")
    told = night(shop, field, "B")
    assert (shows(shop, field, "X"), told.conflicts) == (True, {"M1"})
    types(shop, field, "B")
    for value in "BCD":
        last = night(shop, field, value)
        assert shows(shop, field, value)
        assert last.conflicts == set()


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("also", [None, "C"])
def test_what_a_person_agreed_to_is_ours_when_the_source_takes_it_back(shop: Any, field: str, also: str | None) -> None:
    """A, then B; X stands against A, which the source has again; the person types A, and the source has B or C."""
    for value in "AB":
        night(shop, field, value)
    types(shop, field, "X")
    assert night(shop, field, "A").conflicts == {"M1"}
    types(shop, field, "A")
    told = night(shop, field, also or "B")
    assert (shows(shop, field, also or "B"), told.conflicts, told.unsure) == (True, set(), set())


@pytest.mark.parametrize("field", FIELDS)
def test_nobody_agreed_to_what_was_ours_before_there_was_a_question(shop: Any, field: str) -> None:
    """A, then B; a person types A again, as before: it stands while the source has nothing new."""
    for value in "AB":
        night(shop, field, value)
    types(shop, field, "A")
    shop.night(saying(field, written(field, "B")) | {"seoName": {"nl": "new"}})
    assert shows(shop, field, "A")


@pytest.mark.parametrize("field", TWO)
def test_what_the_source_wanted_once_is_no_agreement_later(shop: Any, field: str) -> None:
    """X stood against B, the source has gone back to A since, and then a person types B: it stands."""
    night(shop, field, "A")
    types(shop, field, "X")
    for value in "BA":
        night(shop, field, value)
    types(shop, field, "B")
    shop.night({**saying(field, written(field, "A")), "supplierReference": "REF-2"})
    assert shows(shop, field, "B")


@pytest.mark.parametrize("field", TWO)
def test_typing_what_was_ours_before_settles_it(shop: Any, field: str) -> None:
    """The person takes the edit back to what we had sent: the source goes on."""
    night(shop, field, "A")
    types(shop, field, "X")
    night(shop, field, "B")
    types(shop, field, "A")
    last = night(shop, field, "B")
    assert (shows(shop, field, "B"), last.conflicts) == (True, set())


@pytest.mark.parametrize("field", TWO)
def test_the_source_comes_round_to_the_edit(shop: Any, field: str) -> None:
    """It says what the person typed: both agree, and what it says next arrives."""
    night(shop, field, "A")
    types(shop, field, "X")
    night(shop, field, "B")
    assert night(shop, field, "X").conflicts == set()
    last = night(shop, field, "C")
    assert (shows(shop, field, "C"), last.conflicts) == (True, set())


@pytest.mark.parametrize("field", TWO)
def test_an_open_question_is_told_each_night(shop: Any, field: str) -> None:
    """Until somebody answers it, the edit stands, whatever the source says and also where it says the same again."""
    night(shop, field, "A")
    types(shop, field, "X")
    for value in ("B", "B", "C", "C"):
        told = night(shop, field, value)
        assert (shows(shop, field, "X"), told.conflicts) == (True, {"M1"})


@pytest.mark.parametrize("field", TWO)
def test_an_edit_stands_while_the_source_goes_there_and_back(shop: Any, field: str) -> None:
    """A, B, A: the edit was made against the first A, and is still there; nobody has answered what was asked."""
    night(shop, field, "A")
    types(shop, field, "X")
    for value in "BAA":
        told = night(shop, field, value)
        assert (shows(shop, field, "X"), told.conflicts) == (True, {"M1"})
        assert [row["source"] for row in told.report["conflicts"]] == [written(field, value)]
    types(shop, field, "A")
    for value in "AC":
        told = night(shop, field, value)
        assert (shows(shop, field, value), told.conflicts) == (True, set())


@pytest.mark.parametrize("field", TWO)
def test_an_edit_that_equals_the_new_value_goes_on_with_the_source(shop: Any, field: str) -> None:
    """The person was faster."""
    night(shop, field, "A")
    types(shop, field, "B")
    assert night(shop, field, "B").conflicts == set()
    last = night(shop, field, "C")
    assert (shows(shop, field, "C"), last.conflicts) == (True, set())
