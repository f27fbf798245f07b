"""The pure rules of planning, settling and guarding, and the pool of hands."""

import itertools
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pim_wire.errors import Interrupted, StopRun, Unclear
from target_micropim.api.post_once import PostOnce
from target_micropim.api.tree import folded, read_tree
from target_micropim.errors import RecordRejected, TooMany
from target_micropim.plan.limit import Limit
from target_micropim.plan.product import (
    DEFAULT_POLICIES,
    POLICIES,
    Conflict,
    KnownProduct,
    plan_categories,
    plan_create,
    plan_pictures,
    plan_update,
    written_after,
)
from target_micropim.plan.values import fingerprint
from target_micropim.report.run_report import Report
from target_micropim.sync.checkpoints import Checkpoints
from target_micropim.sync.outcomes import Guards
from target_micropim.sync.pool import KeyedPool

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


@pytest.mark.parametrize("case", KNOWN_TABLE, ids=str)
def test_policies_for_a_known_product(case: tuple[str, bool, bool]) -> None:
    """Every policy against every combination of changes on both sides."""
    policy, source_changed, server_changed = case
    written, shown = ("old", "edited") if server_changed else ("shown", "shown")
    known = KnownProduct(1, prints(shown), (), prints("before" if source_changed else "source"), prints(written))
    assert decided(policy, known) == KNOWN_TABLE[case]


@pytest.mark.parametrize("case", ADOPTED_TABLE, ids=str)
def test_policies_for_an_adopted_product(case: tuple[str, bool]) -> None:
    """Without a memory a filled field is somebody's, an empty one may be filled."""
    policy, empty = case
    assert decided(policy, KnownProduct(1, {} if empty else prints("theirs"))) == ADOPTED_TABLE[case]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("value", ["same", None, "", []])
def test_what_is_equal_or_empty_is_never_sent(policy: str, value: Any) -> None:
    """An absent source value clears nothing (law 7)."""
    known = KnownProduct(1, prints("same"), (), prints("before"), prints("same"))
    assert decided(policy, known, value) == KEEP


def test_both_sides_changed_to_the_same_is_no_conflict() -> None:
    """A person was faster with the same correction."""
    assert decided("if_source_changed", KnownProduct(1, prints("new"), (), prints("old"), prints("old")), "new") == KEEP


def test_a_new_product_gets_all_but_never() -> None:
    """Every policy but never takes part in making a product; unknown fields do too."""
    fields = dict.fromkeys([*DEFAULT_POLICIES, "other"], "x")
    left_out = {name for name, policy in DEFAULT_POLICIES.items() if policy == "never"}
    assert fields.keys() - plan_create(fields, DEFAULT_POLICIES).fields.keys() == left_out


def test_a_conflict_names_its_field() -> None:
    """The report can say what stands."""
    known = KnownProduct(1, prints("edited"), (), prints("old"), prints("old"))
    (conflict,) = plan_update({"name": "new"}, {"name": "if_source_changed"}, known).conflicts
    assert conflict == Conflict("name", "changed in the source and by hand in MicroPIM")


def test_what_micropim_made_of_a_value_is_remembered_as_written() -> None:
    """A rewritten value is no edit by hand; a field not sent keeps its old memory, so that an edit goes on showing."""
    fields = {"name": "sent", "ean": "1", "stock": 5, "currency": "EUR"}
    server = {"name": "rewritten", "ean": fingerprint("ean", "1"), "stock": "edited"}
    after = written_after({"stock": "old"}, fields, {"name"}, server)
    assert after == {
        "name": "rewritten",
        "ean": fingerprint("ean", "1"),
        "stock": "old",
        "currency": fingerprint("currency", "EUR"),
    }


@pytest.mark.parametrize(
    ("wanted", "acknowledged", "present", "sent"),
    [
        ({"a": 1}, None, (), [1]),
        ({"a": 1}, None, (1,), None),
        ({"a": 1}, frozenset(), (9,), [9, 1]),
        ({"a": 1, "b": 2}, frozenset({"a"}), (), [2]),
        ({"a": 1}, frozenset({"a"}), (), None),
        ({"a": 1, "b": 1}, None, (), [1]),
        ({}, None, (5,), None),
    ],
)
def test_categories_are_added_to_what_is_there(wanted: Any, acknowledged: Any, present: Any, sent: Any) -> None:
    """New ones only; what a person took out stays out; nothing new, nothing sent."""
    assert plan_categories(wanted, acknowledged, present) == sent


def test_pictures_already_handled_are_not_planned() -> None:
    """In their order."""
    assert plan_pictures(["c", "a", "b"], frozenset({"a"})) == ["c", "b"]


NODES = [
    {"id": 1, "name": "A", "children": [{"id": 2, "name": "B", "children": []}]},
    {"id": 3, "name": "C"},
]
FLAT = [
    {"id": 2, "name": "B", "parent_id": 1},
    {"id": 1, "name": "A", "parent_id": None},
    {"id": 3, "name": "C", "parent": None},
]
SHAPES = [
    NODES,
    {"tree": NODES},
    {"categories": NODES, "total": 2},
    [{"id": 1, "name": "A", "subcategories": [{"id": 2, "name": "B"}]}, {"id": 3, "name": "C"}],
    FLAT,
    {"categories": FLAT},
    [{"id": 2, "name": "B", "parent": {"id": 1}}, *FLAT[1:]],
    [*NODES, "nonsense", {"name": "no id"}, None],
]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_the_tree_is_read(shape: Any) -> None:
    """Nested or flat, wrapped or bare."""
    tree = read_tree(shape)
    assert sorted(tree.path(number) for number in tree.names) == ["A", "A > B", "C"]
    assert tree.find(1, " b ") == [2]


@pytest.mark.parametrize("shape", [[], {}, {"tree": []}])
def test_an_empty_tree_is_empty(shape: Any) -> None:
    """``[]`` for ``{}`` included."""
    assert read_tree(shape).names == {}


@pytest.mark.parametrize("shape", [{"nodes": []}, "text", 5, None, {"tree": {}}])
def test_an_unknown_shape_is_no_empty_tree(shape: Any) -> None:
    """Taken for empty, everything would be made again."""
    with pytest.raises(ValueError, match="no list"):
        read_tree(shape)


def test_a_tree_that_bites_its_tail_hangs_nobody() -> None:
    """Parents in a circle."""
    tree = read_tree([{"id": 1, "name": "A", "parent_id": 2}, {"id": 2, "name": "B", "parent_id": 1}])
    assert tree.path(1)
    assert tree.below(99) == frozenset()


@given(st.text(max_size=20))
def test_folding_a_name_twice_changes_nothing(name: str) -> None:
    """Names are compared by a fixed point, mostly: case folding may compose anew."""
    assert folded(folded(name)) == folded(folded(folded(name)))


OPEN, CLOSE, STATE = "open", "close", "state"


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([OPEN, OPEN, CLOSE, STATE]), st.integers(0, 50)), max_size=60))
def test_a_state_leaves_only_when_all_before_it_are_closed(steps: list[tuple[str, int]]) -> None:
    """Any interleaving: in order, never too early, and at the end the newest has left."""
    written: list[Any] = []
    settlement = Checkpoints(written.append, 0, lambda: 0.0)
    opened: list[int] = []
    covered: dict[int, set[int]] = {}
    for step, pick in steps:
        if step == OPEN:
            opened.append(settlement.open())
        elif step == CLOSE and opened:
            settlement.close(opened.pop(pick % len(opened)))
        elif step == STATE:
            covered[len(covered)] = set(opened)
            settlement.checkpoint({"n": len(covered) - 1})
        settlement.release()
        for number in covered:
            covered[number] &= set(opened)
        assert all(not covered[state["n"]] for state in written)
    for ticket in opened:
        settlement.close(ticket)
    settlement.release(now=True)
    numbers = [state["n"] for state in written]
    assert numbers == sorted(set(numbers))
    assert numbers[-1:] == ([len(covered) - 1] if covered else [])


def test_states_wait_for_their_interval() -> None:
    """At most one per interval, and the newest safe one at that."""
    now = [0.0]
    written: list[Any] = []
    settlement = Checkpoints(written.append, 5, lambda: now[0])
    for number in range(3):
        settlement.checkpoint({"n": number})
        settlement.release()
    assert written == []
    now[0] = 5.0
    settlement.release()
    settlement.release()
    assert written == [{"n": 2}]


def test_no_key_is_ever_in_two_hands() -> None:
    """Jobs that share one of their keys run one after the other, in order of arrival; the others side by side."""
    pool = KeyedPool(4, lambda: False)
    busy: set[str] = set()
    order: list[int] = []
    clashes: list[str] = []
    lock = threading.Lock()

    def job(number: int, keys: frozenset[str]) -> None:
        with lock:
            clashes.extend(busy & keys)
            busy.update(keys)
        threading.Event().wait(0.002)
        with lock:
            busy.difference_update(keys)
            order.append(number)

    names = [("a", "x"), ("b", "y"), ("a", "z"), ("c", "x"), ("d", "w")]
    for number in range(30):
        keys = frozenset(names[number % len(names)])
        pool.submit(keys, lambda number=number, keys=keys: job(number, keys))  # type: ignore[misc]
    pool.drain()
    pool.close()
    assert clashes == []
    sharing_x = [number for number in order if number % 5 in (0, 3)]
    assert sharing_x == sorted(sharing_x)
    assert len(order) == 30


def test_after_a_failure_nothing_new_begins() -> None:
    """The failure of a job reaches the one who submits, and those who drain."""
    pool = KeyedPool(1, lambda: False)
    began: list[int] = []

    def fail() -> None:
        raise StopRun("enough")

    pool.submit(frozenset({1}), fail)
    with pytest.raises(StopRun, match="enough"):  # noqa: PT012
        for number in itertools.count(2):
            pool.submit(frozenset({number % 5}), lambda: began.append(1))
    with pytest.raises(StopRun, match="enough"):
        pool.drain()
    pool.close()
    assert len(began) <= 3


def test_a_stop_ends_the_wait_for_a_free_hand() -> None:
    """Somebody asks to stop while the queue is full."""
    stopped = threading.Event()
    release = threading.Event()
    pool = KeyedPool(1, stopped.is_set)
    pool.submit(frozenset({1}), release.wait)
    stopped.set()
    with pytest.raises(Interrupted):
        pool.submit(frozenset({1}), lambda: None)
    release.set()
    pool.close()


@pytest.mark.parametrize(
    ("text", "count", "whole", "allowed"),
    [
        (None, 10**6, 1, True), ("", 10**6, 1, True), (0, 0, 9, True), (0, 1, 9, False), (5, 5, 9, True), ("5", 6, 9, False),  # noqa: E501
        ("10%", 1, 10, True), ("10%", 2, 10, False), ("0%", 1, 10, False), ("100%", 10, 10, True), (" 5 % ", 0, 0, True),  # noqa: E501
    ],
)  # fmt: skip
def test_limits(text: Any, count: int, whole: int, allowed: bool) -> None:
    """A number, a per cent, or none."""
    assert Limit.read(text).allows(count, whole) is allowed


@pytest.mark.parametrize("text", ["-1", "101%", "-1%", "abc", "nan%", "5.5", "%"])
def test_a_limit_that_makes_no_sense_is_refused(text: str) -> None:
    """It is a setting, so it is found before the run."""
    with pytest.raises(ValueError, match=r"."):
        Limit.read(text)


@pytest.mark.parametrize(
    ("limit", "count", "live", "stops"),
    [(None, 50, 50, False), (None, 51, 100, True), (None, 200, 1000, False), (None, 201, 1000, True), (0, 1, 9, True),
     ("5%", 5, 100, False), ("5%", 6, 100, True), (None, 0, 0, False)],
)  # fmt: skip
def test_the_archive_guard(tmp_path: Path, limit: Any, count: int, live: int, stops: bool) -> None:
    """Unset: fifty, or a fifth of what lives."""
    del tmp_path
    guards = Guards(Limit(), Limit.read(limit))
    if stops:
        with pytest.raises(TooMany, match="nothing was archived"):
            guards.before_archiving(count, live)
    else:
        guards.before_archiving(count, live)


def test_a_per_cent_of_rejects_waits_for_enough_records(tmp_path: Path) -> None:
    """The first record being bad is not yet a hundred per cent."""
    report = Report(tmp_path, "run")
    guards = Guards(Limit.read("5%"), Limit())
    report.receive("products")
    report.settle("products", "rejected")
    guards.after_reject(report)
    with pytest.raises(TooMany):
        guards.at_end(report)


def answers(*given: Any) -> Any:
    """Gives the answers one by one; exceptions are raised."""
    rest = iter(given)

    def act() -> Any:
        found = next(rest)
        if isinstance(found, Exception):
            raise found
        return found

    return act


def test_a_post_is_repeated_only_after_two_looks_and_a_wait() -> None:
    """Look, wait, look again, post again: a slow server may still be at it."""
    log: list[str] = []
    once = PostOnce(lambda attempt: log.append(f"wait {attempt}"))
    post, look = answers(Unclear("?"), "made"), answers(None, None)

    def logged(name: str, act: Any) -> Any:
        return lambda: (log.append(name), act())[1]

    assert once.post(logged("post", post), logged("look", look), 3) == "made"
    assert log == ["post", "look", "wait 1", "look", "post"]


def test_what_appears_while_waiting_is_taken() -> None:
    """The second look finds it: no second POST."""
    once = PostOnce(lambda _attempt: None)
    assert once.post(answers(Unclear("?")), answers(None, "late"), 3) == "late"


def test_ten_fruitless_posts_in_a_row_stop_the_run() -> None:
    """One success in between and the count begins again."""
    once = PostOnce(lambda _attempt: None)

    def fruitless() -> None:
        once.post(answers(Unclear("500")), lambda: None, 1)

    for _ in range(9):
        with pytest.raises(RecordRejected):
            fruitless()
    assert once.post(lambda: "well", lambda: None, 1) == "well"
    for _ in range(9):
        with pytest.raises(RecordRejected):
            fruitless()
    with pytest.raises(StopRun, match="10 in a row"):
        fruitless()
