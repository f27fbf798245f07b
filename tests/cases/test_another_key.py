"""A new key of the same organization is recognised by what is in it; one of another organization is refused."""

from typing import Any

import pytest

from tests.cases.records import product, text

NEW = "another-key"
OFTEN, ALL = range(1, 6), range(1, 11)


def day(number: int) -> list[Any]:
    """Ten products: all have new texts each day, five of them new names."""
    return [
        product(f"M{key}", f"Name {number if key in OFTEN else 0}", **text(f"<p>Text {number}<br>of {key}</p>"))
        for key in ALL
    ]


@pytest.mark.parametrize("answers", ["stored", "echo"])
@pytest.mark.parametrize("forms", [("void_tags",), ()])
def test_a_new_key_of_the_same_organization(make_shop: Any, answers: str, forms: Any) -> None:
    """The ledger is kept, and names and texts go on."""
    shop = make_shop(answers=answers, text_forms=forms)
    for number in (1, 2):
        shop.night(*day(number))
    shop.pim.switch(api_key=NEW)
    shop.config["api_key"] = NEW
    assert shop.night(*day(2)).is_good
    for number in (3, 4, 5):
        last = shop.night(*day(number))
        assert (last.is_good, last.conflicts) == (True, set())
    line_break = "<br />" if forms else "<br>"
    assert {shop.name(f"M{key}") for key in OFTEN} == {"Name 5"}
    assert [shop.product(f"M{key}")["description"] for key in ALL] == [
        f"<p>Text 5{line_break}of {key}</p>" for key in ALL
    ]


@pytest.mark.parametrize("others", [0, 10])
def test_a_key_of_another_organization(shop: Any, others: int) -> None:
    """Nothing is written there by what this ledger knows, whether it has products of its own or none."""
    shop.night(*day(1))
    for key in ALL:
        shop.people.remove(shop.id_of(f"M{key}"))
    for number in range(others):
        shop.people.add(f"OTHER-{number}", id=90001 + number)
    shop.pim.switch(api_key=NEW)
    shop.config["api_key"] = NEW
    shop.forget_requests()
    refused = shop.night(*day(2))
    assert (refused.is_good, shop.writes(), refused.states) == (False, [], [])
