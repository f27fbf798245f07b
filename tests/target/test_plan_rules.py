"""The rules of planning one by one, as tables: leaving, emptying, adopting, categories, what took, the body, ids."""

from typing import Any

import pytest

from target_micropim.plan.product import (
    CLEARABLE,
    Conflict,
    KnownProduct,
    Leave,
    ManagedCategories,
    ProductState,
    plan_clears,
    plan_leave,
    plan_managed,
    plan_update,
    policy_of,
)
from target_micropim.plan.values import (
    attributes,
    category_ids,
    extras,
    fingerprint,
    fingerprints,
    image_count,
    is_id,
    server_fields,
)
from target_micropim.plan.write import Verdict, body_of, shows_no_attribute, verify, without_attributes, without_extras

SKIPPED, UNCHANGED = Leave("skipped"), Leave("unchanged")
WHY = "is archived in MicroPIM while the source has it"
DEFAULTS = {"write_mode": "upsert", "on_inactive": "archive", "on_archived": "restore"}


@pytest.mark.parametrize(
    ("standing", "settings", "leave"),
    [
        # inactive, present, archived, half done
        ((False, False, False, False), {}, None),
        ((False, False, False, False), {"write_mode": "create_only"}, None),
        ((False, False, False, False), {"write_mode": "update_only"}, SKIPPED),
        ((True, False, False, False), {}, SKIPPED),
        ((False, True, False, False), {}, None),
        ((False, True, False, False), {"write_mode": "update_only"}, None),
        ((False, True, False, False), {"write_mode": "create_only"}, SKIPPED),
        ((False, True, False, True), {"write_mode": "create_only"}, None),
        ((False, True, False, False), {"on_inactive": "ignore"}, None),
        ((True, True, False, False), {}, None),
        ((True, True, False, False), {"on_inactive": "ignore"}, SKIPPED),
        ((True, True, True, False), {}, UNCHANGED),
        ((True, True, True, False), {"on_inactive": "ignore"}, UNCHANGED),
        ((False, True, True, False), {}, None),
        ((False, True, True, False), {"on_archived": "skip"}, Leave("skipped", WHY)),
        ((False, True, True, False), {"on_archived": "error"}, Leave("skipped", WHY, refused=True)),
        ((False, True, False, False), {"on_archived": "skip"}, None),
    ],
)
def test_when_a_product_is_left_as_it_is(standing: Any, settings: dict[str, str], leave: Leave | None) -> None:
    """Every reason, and the default of each setting beside it."""
    assert plan_leave(ProductState(*standing), **{**DEFAULTS, **settings}) == leave


OURS = {"description": "d1", "price": "p1", "brand_id": "b1"}
SURE = frozenset[str]()


def clears(fields: Any = None, *, unsure: frozenset[str] = SURE, **known: Any) -> list[str]:
    """The names that are emptied when we put in OURS and the source has ``fields`` left."""
    policies = {"description": "if_source_changed", "price": "always", "brand_id": "if_empty"}
    read = {name: "".join(text) for name, text in OURS.items()}  # equal texts, as a database gives them
    whole = {"server": OURS, "acknowledged": OURS, "written": read, **known}
    return list(plan_clears(fields or {}, policies, KnownProduct(1, **whole), unsure=unsure))


def test_only_what_we_put_there_and_nobody_changed_is_emptied() -> None:
    """Six reasons for leaving a field, one for emptying it."""
    assert clears() == ["description", "price"]
    assert clears({"price": "1"}) == ["description"]
    assert clears(unsure=frozenset({"price"})) == ["description"]
    assert clears({"price": "1"}, unsure=frozenset({"price"})) == ["description"]
    assert clears(acknowledged={"price": "p1"}) == ["price"]
    assert clears(server={"price": "p1"}) == ["price"]
    assert clears(server={**OURS, "description": "e"}) == ["price"]
    assert clears(server={**OURS, "description": "a"}) == ["price"]
    assert clears(written={"price": "p1"}) == ["price"]
    assert clears(acknowledged=None) == clears(written=None) == []
    assert "name" not in CLEARABLE


def test_what_is_emptied_is_sent_as_nothing() -> None:
    """The documented way is null."""
    known = KnownProduct(1, {"ean": "x"}, (), {"ean": "x"}, {"ean": "x"})
    assert plan_clears({}, {"ean": "always"}, known, unsure=SURE) == {"ean": None}


@pytest.mark.parametrize(
    ("acknowledged", "written", "reason"),
    [
        (None, None, "MicroPIM holds another value that we did not send"),
        ({}, None, "MicroPIM holds another value that we did not send"),
        (None, {}, "MicroPIM holds another value that we did not send"),
        ({"name": "a"}, {"name": "b"}, "changed in the source and by hand in MicroPIM"),
        ({"name": "a"}, {"name": "zzz"}, "changed in the source and by hand in MicroPIM"),
        ({"name": "a"}, {}, "changed in the source and by hand in MicroPIM"),
    ],
)
def test_a_conflict_says_which_of_two_it_is(acknowledged: Any, written: Any, reason: str) -> None:
    """Without a memory of ours, whole, nobody can tell an edit from an old value."""
    update = plan_update(
        {"name": "N"}, {"name": "if_source_changed"}, KnownProduct(7, {"name": "m"}, (), acknowledged, written)
    )
    assert (update.remote_id, update.fields, update.conflicts) == (7, {}, (Conflict("name", reason),))


def test_an_unknown_field_is_not_sent_and_an_unknown_policy_neither() -> None:
    """What nobody allowed does not travel; attributes and extra fields go by their family."""
    assert not plan_update({"x": 1}, {}, KnownProduct(1, {})).fields
    assert not plan_update({"x": 1}, {"x": "allways"}, KnownProduct(1, {})).fields
    assert not plan_update({"x": 1}, {"x": "aaa"}, KnownProduct(1, {})).fields
    assert policy_of("attributes.atc.code", {"attributes": "always"}) == "always"
    assert policy_of("name", {}) == "never"


@pytest.mark.parametrize(
    ("wanted", "managed", "present", "complete", "result"),
    [
        ({}, {1}, (), True, ManagedCategories(None)),
        ({"a": 1}, {1}, (1,), True, ManagedCategories(None)),
        ({"a": 1}, {1}, (9,), True, ManagedCategories([9, 1])),
        ({"a": 1, "b": 1}, {1}, (), True, ManagedCategories([1])),
        ({"a": 1}, {1, 2}, (2, 1), True, ManagedCategories([1], (2,))),
        ({"a": 1}, {1, 2}, (2, 1), False, ManagedCategories(None)),
        ({"a": 1, "b": 3}, {1, 2}, (2, 1), False, ManagedCategories([2, 1, 3])),
        ({}, {2}, (9, 2), True, ManagedCategories([9], (2,))),
    ],
)
def test_managed_categories_follow_the_source(
    wanted: Any, managed: set[int], present: tuple[int, ...], complete: bool, result: ManagedCategories
) -> None:
    """Both ways, among ours alone, and nothing is taken away while an id is missing."""
    assert plan_managed(wanted, frozenset(managed), present, complete=complete) == result


@pytest.mark.parametrize("name", ["name", "attributes.x", "extra_fields.x"])
@pytest.mark.parametrize("values", ["abc", "bca", "cab", "acb", "bac", "cba"])
def test_what_shows_tells_what_took(name: str, values: str) -> None:
    """The old value: ignored; a third one: altered; ours: taken. Whatever order the digests have."""
    sent, old, third = values
    before = {name: fingerprint(name, old)}
    assert verify({name: sent}, before, {name: fingerprint(name, sent)}) == Verdict((), ())
    assert verify({name: sent}, before, {name: fingerprint(name, old)}) == Verdict((name,), ())
    assert verify({name: sent}, before, {name: fingerprint(name, third)}) == Verdict((), (name,))


def test_what_does_not_show_is_ignored_but_for_extra_fields() -> None:
    """Those are taken on trust, and the fields after them are judged all the same."""
    sent = {"extra_fields.x": "a", "name": "a", "attributes.y": "a"}
    assert verify(sent, {}, {}) == Verdict(("name", "attributes.y"), ())
    assert verify({"name": "a"}, {"name": fingerprint("name", "b")}, {}) == Verdict((), ("name",))


def test_what_did_not_take_is_told() -> None:
    """In one sentence, or none."""
    assert Verdict((), ()).message is None
    assert Verdict(("a",), ("b",)).message == (
        "did not take: a (still shows what was there before), b (was stored in another form)"
    )


@pytest.mark.parametrize("values", ["abc", "bca", "cab"])
def test_attributes_that_do_not_show(values: str) -> None:
    """None of those sent, although some were."""
    one, other, third = values
    sent = {"name": "N", "attributes.x": one, "attributes.y": other}
    assert shows_no_attribute(sent, {"name": fingerprint("name", "N")})
    assert shows_no_attribute(sent, {"attributes.x": fingerprint("attributes.x", third)})
    assert not shows_no_attribute(sent, {"attributes.y": fingerprint("attributes.y", other)})
    assert not shows_no_attribute({"name": "N"}, {})


FIELDS = {"name": "N", "attributes.x": 1, "extra_fields.y": 2}


@pytest.mark.parametrize(
    ("product", "sent"),
    [
        (None, {"x": 1}),
        ({}, {"x": 1}),
        ({"attributes": [{"code": "z", "value": 1}]}, {"x": 1}),
        ({"attributes": {"x": 5, "z": "old", "n": None, "o": {}, "l": [1]}}, {"z": "old", "l": [1], "x": 1}),
    ],
)
def test_attributes_travel_as_one_map(product: Any, sent: Any) -> None:
    """Those that MicroPIM shows go along where they can, and ours win; extra fields travel under their own names."""
    assert body_of(FIELDS, product) == {"name": "N", "y": 2, "attributes": sent}
    assert body_of({"name": "N"}, product) == {"name": "N"}


def test_families_can_be_left_out() -> None:
    """What is refused is sent again without."""
    assert without_attributes(FIELDS) == {"name": "N", "extra_fields.y": 2}
    assert without_extras(FIELDS) == {"name": "N", "attributes.x": 1}


@pytest.mark.parametrize(
    ("value", "right"),
    [(1, True), (2**63 - 1, True), (0, False), (-1, False), (2**63, False), (True, False), ("1", False), (1.0, False)],
)
def test_an_id_is_a_whole_number_that_a_database_holds(value: Any, right: bool) -> None:
    """Both ends."""
    assert is_id(value) is right
    assert category_ids({"categories": [{"id": value}, "x"]}) == ([value] if right else [])


def test_digests_stay_what_they_are() -> None:
    """They lie in ledgers: another length or order would make every product look changed."""
    assert fingerprint("name", "Name") == fingerprints({"name": "Name"})["name"] == "5155ab90e2825eb7c2"
    assert fingerprint("x", {"b": 1, "a": 2}) == fingerprint("x", {"a": 2, "b": 1}) == "36e4a49f6e40ee88ac"


@pytest.mark.parametrize("text", ["1E3", "1e3", "1000", "1000.", " +1000.0 "])
def test_numbers_are_compared_by_their_value(text: str) -> None:
    """In every form of decimal text; digits of other scripts are texts."""
    assert fingerprint("price", text) == fingerprint("price", 1000)
    assert fingerprint("price", "\u0661") != fingerprint("price", 1)


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        ({"x": 1, 2: None}, {"x": 1, "2": None}),
        ([{"code": "x", "value": 1}, {"name": "y"}, {"value": 3}, "z"], {"x": 1, "y": None}),
        ([{"code": "", "attribute_code": "x", "name": "n", "value": 1}], {"x": 1}),
        (None, {}),
        ("text", {}),
    ],
)
def test_attributes_are_read_in_either_form(shown: Any, read: Any) -> None:
    """A map, or pairs; whatever else is there counts as nothing."""
    assert attributes({"attributes": shown}) == read


def test_what_a_product_shows_beyond_the_documented_fields() -> None:
    """Under the names in which they are remembered, the VAT rate by its id."""
    assert extras({"id": 1, "sku": "s", "x": 1, "vat_rate": {"id": 5}}) == {
        "extra_fields.x": 1, "extra_fields.vat_rate_id": 5,
    }  # fmt: skip
    assert extras({"vat_rate": {"id": None}}) == extras({"vat_rate": 5}) == {}


def test_a_product_is_read_in_the_names_in_which_it_is_written() -> None:
    """References by their id, as an object or already as one."""
    read = server_fields({"name": "N", "brand": {"id": 3}, "supplier_id": 4, "attributes": {"x": 1}, "images": [1, 2]})
    assert {name: value for name, value in read.items() if value not in (None, [])} == {
        "name": "N", "brand_id": 3, "supplier_id": 4, "attributes.x": 1,
    }  # fmt: skip
    assert image_count({"images": [1, 2]}) == 2
    assert image_count({"images": "xx"}) == 0
