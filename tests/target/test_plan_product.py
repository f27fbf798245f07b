"""What is done with a product: created, updated by its policies, emptied, left; its categories."""

from typing import Any

import pytest

from target_micropim.plan.product import (
    CLEARABLE,
    DEFAULT_POLICIES,
    POLICIES,
    Conflict,
    KnownProduct,
    Leave,
    ManagedCategories,
    ProductState,
    memberships_of_people,
    plan_categories,
    plan_clears,
    plan_create,
    plan_leave,
    plan_managed,
    plan_update,
    policy_of,
)
from target_micropim.plan.values import fingerprint

SEND, KEEP, CONFLICT = "send", "keep", "conflict"


# policy, S changed since B?, V changed since W? -> what happens to a known product whose S and V differ
KNOWN_TABLE = {
    ("create_only", False, False): KEEP, ("create_only", True, False): KEEP,
    ("create_only", False, True): KEEP, ("create_only", True, True): KEEP,
    ("never", False, False): KEEP, ("never", True, False): KEEP,
    ("never", False, True): KEEP, ("never", True, True): KEEP,
    ("if_empty", False, False): KEEP, ("if_empty", True, False): KEEP,
    ("if_empty", False, True): KEEP, ("if_empty", True, True): KEEP,
    ("always", False, False): SEND, ("always", True, False): SEND,
    ("always", False, True): SEND, ("always", True, True): SEND,
    ("if_source_changed", False, False): KEEP, ("if_source_changed", True, False): SEND,
    ("if_source_changed", False, True): KEEP, ("if_source_changed", True, True): CONFLICT,
}  # fmt: skip


ADOPTED_TABLE = {
    ("create_only", False): KEEP, ("never", False): KEEP, ("if_empty", False): KEEP, ("always", False): SEND,
    ("if_source_changed", False): CONFLICT,
    ("create_only", True): KEEP, ("never", True): KEEP, ("if_empty", True): SEND, ("always", True): SEND,
    ("if_source_changed", True): SEND,
}  # fmt: skip


def decided(policy: str, known: KnownProduct, value: Any = "source") -> str:
    """What is done with a name."""
    update = plan_update({"name": value}, {"name": policy}, known)
    if update.conflicts:
        assert update.fields == {}
        return CONFLICT
    return SEND if update.fields else KEEP


def prints(value: Any) -> dict[str, str]:
    """The fingerprint of a name."""
    return {"name": fingerprint("name", value)}


def ours_of(prints: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """One value of ours in each field."""
    return {name: (value,) for name, value in prints.items()}


@pytest.mark.parametrize("case", KNOWN_TABLE, ids=str)
def test_policies_for_a_known_product(case: tuple[str, bool, bool]) -> None:
    """Every policy against every combination of changes on both sides."""
    policy, source_changed, server_changed = case
    written, shown = ("old", "edited") if server_changed else ("shown", "shown")
    handled = prints("before" if source_changed else "source")
    ours = {"name": (*prints(written).values(), *handled.values())}  # what was sent, and what came of it
    known = KnownProduct(1, prints(shown), (), ours, handled)
    assert decided(policy, known) == KNOWN_TABLE[case]


def test_what_counts_as_dealt_with_and_was_never_sent_may_go_over_ours_alone() -> None:
    """An older program counted what a policy held back as dealt with."""
    held = KnownProduct(1, prints("old"), (), ours_of(prints("old")), prints("source"))
    assert decided("if_source_changed", held) == SEND
    assert decided("create_only", held) == KEEP
    assert [one.setting for one in plan_update({"name": "source"}, {"name": "create_only"}, held).held] == [
        "field_policies.name: if_source_changed"
    ]
    theirs = KnownProduct(1, prints("typed"), (), ours_of(prints("old")), prints("source"))
    assert decided("if_source_changed", theirs) == KEEP


@pytest.mark.parametrize("case", ADOPTED_TABLE, ids=str)
def test_policies_for_an_adopted_product(case: tuple[str, bool]) -> None:
    """Without a memory a filled field is somebody's, an empty one may be filled."""
    policy, empty = case
    assert decided(policy, KnownProduct(1, {} if empty else prints("theirs"))) == ADOPTED_TABLE[case]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("value", ["same", None, "", []])
def test_what_is_equal_or_empty_is_never_sent(policy: str, value: Any) -> None:
    """An absent source value clears nothing (law 7)."""
    known = KnownProduct(1, prints("same"), (), ours_of(prints("same")), prints("before"))
    assert decided(policy, known, value) == KEEP


def test_both_sides_changed_to_the_same_is_no_conflict() -> None:
    """A person was faster with the same correction."""
    known = KnownProduct(1, prints("new"), (), ours_of(prints("old")), prints("old"))
    assert decided("if_source_changed", known, "new") == KEEP


def test_a_new_product_gets_all_but_never() -> None:
    """Every policy but never takes part in making a product; unknown fields do too."""
    fields = dict.fromkeys([*DEFAULT_POLICIES, "other"], "x")
    left_out = {name for name, policy in DEFAULT_POLICIES.items() if policy == "never"}
    assert fields.keys() - plan_create(fields, DEFAULT_POLICIES).fields.keys() == left_out


def test_a_conflict_names_its_field() -> None:
    """The report can say what stands."""
    known = KnownProduct(1, prints("edited"), (), ours_of(prints("old")), prints("old"))
    (conflict,) = plan_update({"name": "new"}, {"name": "if_source_changed"}, known).conflicts
    assert conflict == Conflict("name", "changed in the source and by hand in MicroPIM")


@pytest.mark.parametrize(
    ("desired", "acknowledged", "present", "sent"),
    [
        ({"a": 1}, frozenset(), (), [1]),
        ({"a": 1}, frozenset(), (1,), None),
        ({"a": 1}, frozenset(), (9,), [9, 1]),
        ({"a": 1, "b": 2}, frozenset({"a"}), (), [2]),
        ({"a": 1}, frozenset({"a"}), (), None),
        ({"a": 1, "b": 1}, frozenset(), (), [1]),
        ({}, frozenset(), (5,), None),
    ],
)
def test_categories_are_added_to_what_is_there(desired: Any, acknowledged: Any, present: Any, sent: Any) -> None:
    """New ones only; what a person took out stays out; nothing new, nothing sent."""
    assert plan_categories(desired, acknowledged, present) == sent


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
    whole = {"server": OURS, "handled": OURS, "ours": ours_of(read), **known}
    return list(plan_clears(fields or {}, policies, KnownProduct(1, **whole), unsure=unsure))


def test_only_what_we_put_there_and_nobody_changed_is_emptied() -> None:
    """Six reasons for leaving a field, one for emptying it."""
    assert clears() == ["description", "price"]
    assert clears({"price": "1"}) == ["description"]
    assert clears(unsure=frozenset({"price"})) == ["description"]
    assert clears({"price": "1"}, unsure=frozenset({"price"})) == ["description"]
    assert clears(handled={"price": "p1"}) == ["price"]
    assert clears(server={"price": "p1"}) == ["price"]
    assert clears(server={**OURS, "description": "e"}) == ["price"]
    assert clears(server={**OURS, "description": "a"}) == ["price"]
    assert clears(ours={"price": ("p1",)}) == ["price"]
    assert clears(handled={}) == clears(ours={}) == []
    assert "name" not in CLEARABLE


def test_what_is_emptied_is_sent_as_nothing() -> None:
    """The documented way is null."""
    known = KnownProduct(1, {"ean": "x"}, (), {"ean": ("x",)}, {"ean": "x"})
    assert plan_clears({}, {"ean": "always"}, known, unsure=SURE) == {"ean": None}


@pytest.mark.parametrize(
    ("ours", "kind", "reason"),
    [
        ({}, "unsure", "MicroPIM holds another value that we did not send"),
        ({"description": ("m",)}, "unsure", "MicroPIM holds another value that we did not send"),
        ({"name": ("b",)}, "conflicts", "changed in the source and by hand in MicroPIM"),
        ({"name": ("zzz", "a")}, "conflicts", "changed in the source and by hand in MicroPIM"),
    ],
)
def test_a_conflict_says_which_of_two_it_is(ours: Any, kind: str, reason: str) -> None:
    """Without a value of ours nobody can tell an edit from an old value."""
    known = KnownProduct(7, {"name": "m"}, (), ours, {"name": "a"})
    update = plan_update({"name": "N"}, {"name": "if_source_changed"}, known)
    assert (update.remote_id, update.fields, update.conflicts) == (7, {}, (Conflict("name", reason, kind),))


def test_an_unknown_field_is_not_sent_and_an_unknown_policy_neither() -> None:
    """What nobody allowed does not travel; attributes and extra fields go by their family."""
    assert not plan_update({"x": 1}, {}, KnownProduct(1, {})).fields
    assert not plan_update({"x": 1}, {"x": "allways"}, KnownProduct(1, {})).fields
    assert not plan_update({"x": 1}, {"x": "aaa"}, KnownProduct(1, {})).fields
    assert policy_of("attributes.atc.code", {"attributes": "always"}) == "always"
    assert policy_of("name", {}) == "never"


@pytest.mark.parametrize(
    ("desired", "managed", "present", "complete", "result"),
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
    desired: Any, managed: set[int], present: tuple[int, ...], complete: bool, result: ManagedCategories
) -> None:
    """Both ways, among ours alone, and nothing is taken away while an id is missing."""
    assert plan_managed(desired, frozenset(managed), present, complete=complete) == result


@pytest.mark.parametrize(
    ("desired", "ours", "present", "managed", "told"),
    [
        ({"a": 1}, {"a": 1}, (1,), {1, 2}, []),
        ({"a": 1}, {"a": 1}, (), {1, 2}, [(1, True)]),
        ({"a": 1}, {}, (), {1, 2}, []),  # new: it is sent
        ({"a": 1, "b": 1}, {"a": 1, "b": 1}, (), {1}, [(1, True)]),  # two of the source are one in MicroPIM
        ({"a": 1}, {"a": 1}, (1, 2), {1, 2}, [(2, False)]),
        ({"a": 1}, {"a": 1}, (1, 3), {1, 2}, []),  # a person's own category
        ({"a": 1}, {"a": 1, "b": 2}, (1, 2), {1, 2}, []),  # the source has dropped it: it is taken out
        ({"a": 1}, {"a": 1}, (2,), {1, 2}, [(1, True), (2, False)]),
    ],
)
def test_what_people_did_to_categories(
    desired: dict[str, int], ours: dict[str, int], present: tuple[int, ...], managed: set[int], told: list[Any]
) -> None:
    """Taken out of ours, put into what follows the source."""
    found = memberships_of_people(desired, ours, present, frozenset(managed))
    assert [(one.number, one.is_in_source) for one in found] == told
