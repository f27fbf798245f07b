"""MicroPIM may store a text in another form than it was sent in: nobody typed that, so it freezes nothing."""

from typing import Any

import pytest

from sandbox.micropim.forms import stored_form
from tests.cases.records import category, product, sold_in, text

DAYS = "abcd"
NAMES = ("capitalised", "single_spaces", "decomposed")
TEXTS = ("void_tags", "entities", "paragraphs", "decomposed", "capitalised")


def follows(shop: Any, field: str, records: dict[str, Any], sent: dict[str, str]) -> None:
    """Day by day the new value arrives, or the product is listed as unsure; a conflict is claimed on no day."""
    for day, record in records.items():
        told = shop.night(record)
        arrived = shop.product("M1")[field] == stored_form(shop.pim.options, field, sent[day])
        assert told.conflicts == set(), day
        assert arrived or "M1" in told.unsure, day


@pytest.mark.parametrize("answers", ["echo", "stored"])
@pytest.mark.parametrize("forms", [NAMES[:2], *((form,) for form in NAMES)])
def test_names(make_shop: Any, answers: str, forms: Any) -> None:
    """The answer to a write shows what was sent, or what is stored."""
    sent = {day: f"cr\u00e8me {day} POUR la peau" for day in DAYS}
    follows(
        make_shop(answers=answers, text_forms=forms),
        "name",
        {day: product("M1", name) for day, name in sent.items()},
        sent,
    )


@pytest.mark.parametrize("answers", ["echo", "stored"])
@pytest.mark.parametrize("form", TEXTS)
def test_descriptions(make_shop: Any, answers: str, form: str) -> None:
    """Tags, entities and letters."""
    sent = {day: f"<p>Cr\u00e8me {day}<br>pour la peau</p>" for day in DAYS}
    follows(
        make_shop(answers=answers, text_forms=(form,)),
        "description",
        {day: product("M1", "Cream", **text(html)) for day, html in sent.items()},
        sent,
    )


@pytest.mark.parametrize("answers", ["echo", "stored"])
def test_a_person_is_still_seen(make_shop: Any, answers: str) -> None:
    """What somebody typed stands and is a conflict, in such a world too."""
    shop = make_shop(answers=answers, text_forms=("capitalised",))
    shop.night(product("M1", "cream a"))
    shop.people.edit(shop.id_of("M1"), name="By hand")
    told = shop.night(product("M1", "cream b"))
    assert shop.name("M1") == "By hand"
    assert "M1" in told.conflicts | told.unsure


def test_a_text_of_an_unknown_end_is_nobodys(make_shop: Any) -> None:
    """A run is killed between a write and its answer: what shows may be our own text in its other form."""
    shop = make_shop(text_forms=("capitalised",))
    shop.night(product("M1", "cream A"))
    shop.killed(product("M1", "cream B"), write="PATCH /api/products/")
    for name in ("cream B", "cream C", "cream D"):
        told = shop.night(product("M1", name))
        assert (told.conflicts, told.unsure) == (set(), {"M1"}), name


@pytest.mark.parametrize("answers", ["echo", "stored"])
def test_categories_are_not_made_anew(make_shop: Any, answers: str) -> None:
    """A category whose name is stored in another form is the same one the next night, without a ledger too."""
    shop = make_shop(answers=answers, text_forms=("capitalised",))
    given = [category(1, "sun CARE")]
    for name in "AB":
        shop.night(product("M1", name, **sold_in(1)), categories=given)
    assert shop.paths() == ["Sun care"]
    shop.lose_ledger()
    last = shop.night(product("M1", "B", **sold_in(1)), categories=given)
    assert shop.paths() == ["Sun care"] or last.says_something


@pytest.mark.parametrize("is_lost", [False, True])
@pytest.mark.parametrize("answers", ["echo", "stored"])
@pytest.mark.parametrize("form", ["capitalised", "decomposed"])
def test_a_category_is_renamed_once(make_shop: Any, answers: str, form: str, *, is_lost: bool) -> None:
    """With update_categories a new name is sent once, in whatever form it is stored, and nobody is said to have typed.

    After a lost ledger the name that is found counts as ours, since it is the source's to a reader.
    """
    shop = make_shop({"update_categories": True}, answers=answers, text_forms=(form,))
    shop.night(categories=[category(1, "cr\u00e8me SUN")])
    if is_lost:
        shop.lose_ledger()
    for name, writes in (("cr\u00e8me SUN", 0), ("cr\u00e8me RAIN", 1), ("cr\u00e8me RAIN", 0)):
        shop.requests.clear()
        told = shop.night(categories=[category(1, name)])
        assert len([one for one in shop.requests if one.method == "PUT"]) == writes
        assert shop.paths() == [stored_form(shop.pim.options, "name", name)]
        assert told.conflicts | told.unsure == set()


@pytest.mark.parametrize("answers", ["echo", "stored"])
def test_a_person_still_renames_a_category(make_shop: Any, answers: str) -> None:
    """What somebody typed stands, and is told, in such a world too."""
    shop = make_shop({"update_categories": True}, answers=answers, text_forms=("capitalised",))
    shop.night(categories=[category(1, "sun A")])
    next(iter(shop.pim.categories.values()))["name"] = "By hand"
    for name in ("sun A", "sun B", "sun B"):
        assert shop.night(categories=[category(1, name)]).conflicts == {"1"}
        assert shop.paths() == ["By hand"]


def test_a_text_of_a_creation_of_unknown_end_is_nobodys(make_shop: Any) -> None:
    """The very first write shows its text in another form: it is unsure until both sides agree, and no conflict."""
    shop = make_shop(text_forms=("capitalised",))
    shop.killed(product("M1", "Cream", **text("<p>one TEXT</p>")), write="POST /api/products$")
    for line in ("one", "two", "three"):
        told = shop.night(product("M1", "Cream", **text(f"<p>{line} TEXT</p>")))
        assert (told.conflicts, told.unsure) == (set(), {"M1"}), line
