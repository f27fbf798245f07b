"""Whose is what MicroPIM shows: a table that a shop owner can read, and what the ledger knows afterwards."""

from typing import Any

import pytest

from target_micropim.plan.memory import Memory, Seen, after
from target_micropim.plan.ownership import (
    ARCHIVED,
    EXISTENCE,
    LIVE,
    MOST_OURS,
    UNDONE,
    Verdict,
    is_made_by_us,
    is_recognised,
    judge,
    with_ours,
    with_pending,
    with_sent,
    with_wish,
    without_emptiness,
)
from target_micropim.plan.product import ProductState, plan_leave
from target_micropim.plan.values import EMPTY, fingerprint

# What the source has | what MicroPIM shows | what is ours | what the source had when it was dealt with last
TABLE = [
    ("B", "B", ("A",), "A", Verdict.AGREED),  # a person was faster with the same correction
    ("B", "A", ("A",), "A", Verdict.SEND),  # ours follows the source
    ("B", "a", ("a", "A"), "A", Verdict.SEND),  # ours in the form in which MicroPIM stores it
    ("B", "X", ("A",), "A", Verdict.THEIRS),  # somebody typed X
    ("A", "X", ("A",), "A", Verdict.KEEP),  # somebody typed X, and the source has nothing new
    ("B", EMPTY, ("A",), "A", Verdict.THEIRS),  # somebody emptied it
    ("B", EMPTY, (EMPTY, "A"), "A", Verdict.SEND),  # it was empty on both sides
    ("B", EMPTY, None, None, Verdict.SEND),  # never filled by anybody
    ("B", "X", None, None, Verdict.UNSURE),  # a product that we did not make
    ("B", EMPTY, (), "A", Verdict.UNSURE),  # something was seen in it, and somebody emptied it since
    ("B", "X", (), "A", Verdict.UNSURE),  # it is still there
    ("C", "B", (), "B", Verdict.SEND),  # a person typed what the source wanted
    ("C", "B", None, "B", Verdict.SEND),  # such a product, and a person typed what the source wanted
    ("C", "B", ("A", "B"), "A", Verdict.SEND),  # the same after a conflict: both sides had agreed
]


@pytest.mark.parametrize(("source", "server", "ours", "handled", "verdict"), TABLE)
def test_whose_a_value_is(
    source: str, server: str, ours: tuple[str, ...] | None, handled: str | None, verdict: Verdict
) -> None:
    """Ours follows the source, theirs stands."""
    assert judge(source, server, ours, handled) is verdict


def test_only_a_few_values_are_kept_and_the_newest_first() -> None:
    """A wish never pushes out what was shown last."""
    ours: tuple[str, ...] = ()
    for number in range(10):
        ours = with_ours(ours, str(number))
    assert ours == ("9", "8", "7", "6", "5", "4")
    assert with_wish(ours, "wish") == ("9", "8", "7", "6", "5", "wish")
    assert len(with_wish(ours, "wish")) == MOST_OURS


def test_what_was_there_before_a_write_is_ours_while_its_end_is_not_known() -> None:
    """Where nothing is known: an empty field, or a live product, since only such a one is archived."""
    pending = with_pending({"ean": ("A",)}, {"ean": "B", "name": "B", EXISTENCE: ARCHIVED})
    assert pending == {"ean": ("B", "A"), "name": ("B", EMPTY), EXISTENCE: (ARCHIVED, LIVE)}


@pytest.mark.parametrize(
    ("ours", "left"),
    [
        (("B", EMPTY, "A"), ("B", "A")),
        (("B", EMPTY, UNDONE, "A"), ("B", "A")),
        (("A", UNDONE, "B", EMPTY), ("A", UNDONE, "B")),
        (("B", "A"), ("B", "A")),
    ],
)
def test_who_empties_a_field_that_was_filled_is_a_person(ours: tuple[str, ...], left: tuple[str, ...]) -> None:
    """Also where it was empty on both sides before, or emptied by an undo."""
    assert without_emptiness(ours) == left
    shown = {"ean": fingerprint("ean", "x")}
    before = Memory({"ean": (EMPTY, "y")}, {})
    for sent in ({}, {"ean": "x"}):
        assert after(before, Seen({"ean": "x"}, sent, [shown])).ours["ean"] == (shown["ean"], "y")
    assert EMPTY in after(before, Seen({"ean": "x"}, {"ean": "x"}, [{}])).ours["ean"]


SENT_BEFORE = [  # what is ours | what an earlier write without an end sent | what shows now | what is ours from then on
    (("A",), "B", "B", ("B", "A")),  # it was carried out
    (("A",), "B", "A", ("A", "B")),  # it was not, or not yet
    (("A",), "B", "X", ("B", "A")),  # what a person typed is no value of ours
    (None, "B", "B", ("B",)),  # of a product that the shop had before
    (None, "B", EMPTY, None),  # the same, and it did not arrive
    (tuple("ABCDEF"), "G", "F", tuple("FGABCD")),  # what shows is kept longest
]


@pytest.mark.parametrize(("ours", "sent", "shown", "known"), SENT_BEFORE)
def test_what_was_sent_stays_ours_when_another_write_follows(
    ours: tuple[str, ...] | None, sent: str, shown: str, known: tuple[str, ...] | None
) -> None:
    """The end of the earlier write is not known."""
    before = {} if ours is None else {"name": ours}
    assert with_sent(before, {"name": sent}, {"name": shown}).get("name") == known


def prints(**values: Any) -> dict[str, str]:
    """Fingerprints by field."""
    return {name: fingerprint(name, value) for name, value in values.items()}


def test_what_was_sent_and_every_form_in_which_it_showed_is_ours() -> None:
    """The answer and a later look may differ."""
    seen = Seen({"name": "B"}, {"name": "B"}, [prints(name="B"), prints(name="b")])
    memory = after(Memory({"name": (fingerprint("name", "A"),)}, prints(name="A")), seen)
    assert memory.ours["name"] == tuple(fingerprint("name", text) for text in ("b", "B", "A"))
    assert memory.handled == prints(name="B")


def test_what_a_person_has_to_decide_is_not_dealt_with() -> None:
    """The conflict comes up again at every look; what the source wants counts as ours once a person types it."""
    seen = Seen({"name": "B"}, {}, [prints(name="X")], theirs={"name"})
    memory = after(Memory({"name": (fingerprint("name", "A"),)}, prints(name="A")), seen)
    assert memory.handled == prints(name="A")
    known = judge(fingerprint("name", "C"), fingerprint("name", "B"), memory.ours["name"], memory.handled["name"])
    assert known is Verdict.SEND


def test_what_did_not_take_is_tried_again() -> None:
    """It is not dealt with."""
    seen = Seen({"ean": "1"}, {"ean": "1"}, [prints()], ignored={"ean"})
    assert after(Memory({}, {}), seen).handled == {}


def test_what_neither_side_has_any_more_is_settled() -> None:
    """Should the source have it again, it is filled again."""
    before = Memory({"ean": ("x",), EXISTENCE: ("live",)}, {"ean": "x"})
    memory = after(before, Seen({}, {}, [prints()]))
    assert (memory.ours, memory.handled) == ({"ean": (EMPTY,), EXISTENCE: ("live",)}, {})
    assert judge("x", EMPTY, memory.ours["ean"], memory.handled.get("ean")) is Verdict.SEND


def test_what_was_emptied_on_request_is_ours_when_it_is_empty() -> None:
    """By clear_missing."""
    memory = after(Memory({"ean": ("x",)}, {"ean": "x"}), Seen({}, {"ean": None}, [prints()]))
    assert (memory.ours["ean"][0], memory.handled["ean"]) == (EMPTY, EMPTY)


SETTINGS = {"write_mode": "upsert", "on_inactive": "archive", "on_archived": "skip"}


@pytest.mark.parametrize(
    ("inactive", "archived", "ours", "handled", "action"),
    [
        (True, False, None, None, None),  # the source gives it up: archived
        (True, False, ("live",), "live", None),
        (True, False, ("archived",), "archived", "skipped"),  # a person took it out of the archive
        (False, True, ("archived",), "archived", None),  # we put it there, and the source has it again: revived
        (False, True, ("live",), "live", "skipped"),  # a person archived it
        (False, True, None, None, "skipped"),
        (True, True, ("live",), "live", "unchanged"),  # both sides agree
        (False, False, ("archived",), "archived", None),
    ],
)
def test_whose_an_archiving_is(
    inactive: bool, archived: bool, ours: Any, handled: str | None, action: str | None
) -> None:
    """What we archived we revive; what a person did with the archive stands."""
    state = ProductState(inactive, present=True, archived=archived, half_done=False, ours=ours, handled=handled)
    leave = plan_leave(state, **SETTINGS)
    assert (leave.action if leave else None) == action


def test_a_product_is_ours_by_what_an_unfinished_write_sent() -> None:
    """An empty value proves nothing."""
    assert is_made_by_us({"name": "a", "ean": "1"}, {"name": "edited", "ean": "1"})
    assert not is_made_by_us({"name": "a", "ean": EMPTY}, {"name": "b"})
    assert not is_made_by_us({}, {"name": "a"})


def test_a_product_with_another_sku_is_recognised_by_what_is_telling() -> None:
    """A price or a state is no proof."""
    ours = {"name": ("a", "b"), "price": ("1",), "status": ("draft",)}
    assert is_recognised(ours, {"name": "b"})
    assert not is_recognised(ours, {"name": "c", "price": "1", "status": "draft"})
    assert not is_recognised({"name": (EMPTY,)}, {})
