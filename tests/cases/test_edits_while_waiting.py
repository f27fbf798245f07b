"""A write follows a look that is younger than every wait: what a person types while the program waits stands."""

from typing import Any

import pytest

from sandbox import Fault
from tests.cases.records import category, product, sold_in, text

PATCH = "PATCH /api/products/"
HAND = {"name": "HAND EDIT", "description": "<p>HAND EDIT</p>", "short_description": "HAND EDIT"}
FAULTS = [
    *((field, Fault("status", PATCH, status=503)) for field in HAND),
    ("name", Fault("status", PATCH, status=500)),
    ("name", Fault("status", PATCH, status=502, times=2)),
    ("name", Fault("status", PATCH, status=429, headers={"Retry-After": "7"})),
    ("description", Fault("status", PATCH, status=429)),
    ("description", Fault("status", PATCH, status=408)),
    ("short_description", Fault("drop_before", PATCH)),
    ("name", Fault("html", PATCH)),
]


def saying(field: str, value: str) -> Any:
    """M1, with this value in one field."""
    if field == "name":
        return product("M1", value)
    return product("M1", "Cream", **(text(value) if field == "description" else {"shortDescription": {"nl": value}}))


@pytest.mark.parametrize(
    ("field", "fault"), FAULTS, ids=[f"{field} {f.kind} {f.status} x{f.times} {len(f.headers)}" for field, f in FAULTS]
)
def test_a_hand_edit_before_the_retry(shop: Any, field: str, fault: Fault) -> None:
    """The first PATCH is not carried out, and while the run waits somebody types into the same field."""
    shop.night(saying(field, "A"))
    key = shop.id_of("M1")
    shop.pim.faults.add(fault)
    shop.pim.meanwhile.do(lambda: shop.people.edit(key, **{field: HAND[field]}), before=PATCH)
    told = shop.night(saying(field, "B"))
    assert shop.product("M1")[field] == HAND[field]
    assert told.tells("M1")
    assert shop.night(saying(field, "C")).conflicts == {"M1"}
    assert shop.product("M1")[field] == HAND[field]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("commit_then_status", PATCH, status=500),
        Fault("commit_then_status", PATCH, status=504),
        Fault("drop_after", PATCH),
        Fault("truncate_json", PATCH),
    ],
    ids=lambda fault: f"{fault.kind} {fault.status}",
)
def test_a_hand_edit_after_a_patch_without_an_answer(shop: Any, fault: Fault) -> None:
    """The PATCH was carried out, its answer says it failed or is lost, and then somebody types."""
    shop.night(product("M1", "A"))
    key = shop.id_of("M1")
    shop.pim.faults.add(fault)
    shop.pim.meanwhile.do_after(lambda: shop.people.edit(key, name="HAND EDIT"), write=PATCH)
    told = shop.night(product("M1", "B"))
    assert shop.name("M1") == "HAND EDIT"
    assert told.tells("M1")


LOOK = "GET /api/products/{id}$"
LATE_LOOKS = [
    Fault("html", LOOK),
    Fault("status", LOOK, status=503),
    Fault("status", LOOK, status=429, headers={"Retry-After": "7"}),
    Fault("drop_before", LOOK),
]


@pytest.mark.parametrize("fault", LATE_LOOKS, ids=lambda fault: f"{fault.kind} {fault.status}")
@pytest.mark.parametrize("field", HAND)
def test_a_hand_edit_before_a_look_that_comes_late(shop: Any, field: str, fault: Fault) -> None:
    """The write is answered; the look after it fails first, and while the run waits somebody types."""
    shop.pim.faults.add(fault)
    shop.time.while_waiting(lambda: shop.people.edit(shop.id_of("M1"), **{field: HAND[field]}))
    shop.night(saying(field, "A"))
    told = shop.night(saying(field, "B"))
    assert shop.product("M1")[field] == HAND[field]
    assert told.conflicts == {"M1"}


@pytest.mark.parametrize("form", ["capitalised", "single_spaces", "void_tags", "entities", "paragraphs", "decomposed"])
def test_a_form_of_ours_that_a_late_look_shows_is_ours(make_shop: Any, form: str) -> None:
    """The answer repeats what was sent, and the store keeps another form of it: nobody typed anything."""
    shop = make_shop(answers="echo", text_forms=(form,))
    shop.pim.faults.add(LATE_LOOKS[0])
    shop.night(product("M1", "crème  & water", **text("<p>crème  & <br>water</p>")))
    told = shop.night(product("M1", "another  crème", **text("<p>another  crème<br>B</p>")))
    assert "another" in shop.name("M1").casefold()
    assert "another" in shop.product("M1")["description"].casefold()
    assert (told.conflicts, told.unsure) == (set(), set())


@pytest.mark.parametrize("field", HAND)
def test_a_hand_edit_while_a_write_waits_for_its_turn(shop: Any, field: str) -> None:
    """One write a minute: somebody types while the second one waits for its turn."""
    first, second = product("M0", "A"), saying(field, "A")
    shop.night(first, second)
    key = shop.id_of("M1")
    shop.time.while_waiting(lambda: shop.people.edit(key, **{field: HAND[field]}))
    told = shop.night({**first, "name": {"nl": "B"}}, saying(field, "B"), writes_per_minute=1, max_in_flight=1)
    assert (shop.name("M0"), shop.product("M1")[field]) == ("B", HAND[field])
    assert told.conflicts == {"M1"}


def test_a_product_made_by_hand_while_a_creation_waits_for_its_turn(make_shop: Any) -> None:
    """It is found, and no second one is made."""
    shop = make_shop(sku_unique=False)
    shop.time.while_waiting(lambda: shop.people.add("M1", name="By hand"))
    told = shop.night(product("M0", "A"), product("M1", "A"), writes_per_minute=1, max_in_flight=1)
    assert shop.skus() == ["M0", "M1"] or told.tells("M1")


def test_archived_by_hand_while_a_write_waits_for_its_turn(make_shop: Any) -> None:
    """What a person has just archived is left alone."""
    shop = make_shop({"create_status": "active"})
    shop.night(product("M0", "A"), product("M1", "A"))
    key = shop.id_of("M1")
    shop.time.while_waiting(lambda: shop.people.archive(key))
    shop.night(product("M0", "B"), product("M1", "B"), writes_per_minute=1, max_in_flight=1)
    assert (shop.status("M1"), shop.name("M1")) == ("archived", "A")


@pytest.mark.parametrize("mode", ["add", "managed"])
def test_a_category_by_hand_before_the_retry(shop: Any, mode: str) -> None:
    """Put into another category while the run waits: it stays there."""
    tree = [category(1, "Care"), category(2, "Sun"), category(3, "Promo")]
    shop.night(product("M1", "A", **sold_in(1)), categories=tree, categories_mode=mode)
    key, promo = shop.id_of("M1"), shop.people.category_id("Promo")
    shop.pim.faults.add(Fault("status", PATCH, status=503))
    shop.pim.meanwhile.do(lambda: shop.people.assign(key, promo), before=PATCH)
    shop.night(product("M1", "A", **sold_in(1, 2)), categories=tree, categories_mode=mode)
    assert shop.categories_of("M1") == ["Care", "Promo", "Sun"]


def test_revived_before_the_retry_of_an_archive(make_shop: Any) -> None:
    """The archive is carried out, its answer is lost, and a person takes the product out before the second attempt."""
    shop = make_shop({"create_status": "active"})
    shop.night(product("M1", "A"))
    key = shop.id_of("M1")
    shop.pim.faults.add(Fault("commit_then_status", "DELETE /api/products/", status=500))
    shop.pim.meanwhile.do_after(lambda: shop.people.revive(key), write="DELETE /api/products/")
    told = shop.night(product("M1", "A", status="inactive"))
    assert shop.status("M1") == "active" or told.tells("M1")


@pytest.mark.parametrize("fault", [fault for field, fault in FAULTS if field == "name"], ids=str)
def test_a_hand_edit_before_the_retry_stays_an_open_question(shop: Any, fault: Fault) -> None:
    """It is told every night, also when the record comes again with another change, until both sides agree."""
    shop.night(product("M1", "A"))
    key = shop.id_of("M1")
    shop.pim.faults.add(fault)
    shop.pim.meanwhile.do(lambda: shop.people.edit(key, name="HAND EDIT"), before=PATCH)
    for supplier in "PQR":
        assert shop.night(product("M1", "B", supplierReference=supplier)).tells("M1"), supplier
        assert shop.night().tells("M1"), supplier
    assert shop.name("M1") == "HAND EDIT"
    shop.people.edit(key, name="B")
    shop.night(product("M1", "B", supplierReference="S"))
    assert not shop.night(product("M1", "C")).tells("M1")
    assert shop.name("M1") == "C"


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "html"])
def test_taken_out_of_a_category_before_the_look_after_a_creation(shop: Any, kind: str) -> None:
    """The answer of the POST shows both categories; while the look after it waits, a person takes one away."""
    look = "GET /api/products/{id}$"
    shop.pim.faults.add(Fault(kind, look))
    shop.pim.meanwhile.do(lambda: shop.people.unassign(shop.id_of("M1"), 402), before=look)
    tree = [category(1, "Care"), category(2, "Sun")]
    for name in "ABB":
        shop.night(product("M1", name, **sold_in(1, 2)), categories=tree)
        assert shop.categories_of("M1") == ["Care"]


ASSIGN = "POST /api/categories/{id}/products"
UNSURE = [
    Fault("status", ASSIGN, status=503),
    Fault("commit_then_status", ASSIGN, status=500),
    Fault("drop_after", ASSIGN),
    Fault("truncate_json", ASSIGN, times=2),
]


@pytest.mark.parametrize("others", [1, 2, 3])
@pytest.mark.parametrize("assign", ["additive", "replace"])
@pytest.mark.parametrize("fault", UNSURE, ids=lambda fault: f"{fault.kind} {fault.status}")
def test_taken_out_while_another_one_is_assigned(make_shop: Any, others: int, assign: str, fault: Fault) -> None:
    """By the category's own route: who is taken out meanwhile stays out, and all others in, whatever the route does."""
    shop = make_shop(patch_categories="ignored", assign=assign)
    care = [category(1, "Care")]
    shop.night(
        *(product(f"M{number}", "A", **sold_in(1)) for number in range(others)), product("N", "A"), categories=care
    )
    for number in range(others):  # however the route has left them
        shop.people.assign(shop.id_of(f"M{number}"), shop.people.category_id("Care"))
    shop.pim.faults.add(fault)
    gone, place = shop.id_of("M0"), shop.people.category_id("Care")
    if fault.status == 503:
        shop.pim.meanwhile.do(lambda: shop.people.unassign(gone, place), before=ASSIGN)
    else:
        shop.pim.meanwhile.do_after(lambda: shop.people.unassign(gone, place), write=ASSIGN)
    shop.night(product("N", "B", **sold_in(1)), categories=care)
    put_back = assign == "replace" and others > 1  # nobody can tell a person from the route that has thrown all out
    assert shop.categories_of("N") == ["Care"]
    assert shop.categories_of("M0") == (["Care"] if put_back and fault.status != 503 else [])
    assert [shop.categories_of(f"M{number}") for number in range(1, others)] == [["Care"]] * (others - 1)
