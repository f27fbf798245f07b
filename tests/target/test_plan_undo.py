"""What of a write can be put back: tables over the pure rule, and the file that it is read from."""

from pathlib import Path
from typing import Any

import pytest

from pim_wire.errors import InvalidInput
from target_micropim.plan.undo import BY_A_RUN, BY_HAND, NOT_NOTED, Noted, Now, has_news, plan_undo, with_undone
from target_micropim.plan.values import fingerprints
from target_micropim.report.journal import Journal, JournalFile, Other

Json = dict[str, Any]


def noted(before: Json, after: Json, **more: Any) -> Noted:
    """A write to product 1."""
    return Noted("1", "SKU", 7, before=before, after=after, **{"created": False, **more})


def now(categories: tuple[int, ...] = (), ours: Json | None = None, **shown: Any) -> Now:
    """The product as it is now."""
    return Now(fingerprints(shown), categories, ours or {})


@pytest.mark.parametrize(
    ("before", "after", "shown", "fields", "left"),
    [
        ({"name": "A"}, {"name": "B"}, {"name": "B"}, {"name": "A"}, []),
        ({"name": "A"}, {"name": "B"}, {"name": "A"}, {}, []),
        ({"name": "A"}, {"name": "B"}, {"name": "C"}, {}, [("name", BY_HAND)]),
        ({"name": "A"}, {"name": "B"}, {"name": None}, {}, [("name", BY_HAND)]),
        ({"price": "9.50"}, {"price": "8.95"}, {"price": "8.9500"}, {"price": "9.50"}, []),
        ({"ean": None}, {"ean": "4006381333931"}, {"ean": "4006381333931"}, {"ean": None}, []),
        ({"ean": "4006381333931"}, {"ean": None}, {"ean": None}, {"ean": "4006381333931"}, []),
        ({"publishing_channels": None}, {"publishing_channels": ["web"]}, {"publishing_channels": ["web"]},
         {"publishing_channels": []}, []),
        ({"status": "active"}, {"status": "archived"}, {"status": "archived"}, {"status": "active"}, []),
    ],
)  # fmt: skip
def test_field_by_field(before: Json, after: Json, shown: Json, fields: Json, left: list[Any]) -> None:
    """Only what still shows as it was written goes back."""
    plan = plan_undo(noted(before, after), now(**shown))
    assert plan.fields == fields
    assert [(one.field, one.reason) for one in plan.left] == left
    assert not plan.archive


def test_what_micropim_made_of_a_value_is_still_ours() -> None:
    """Another form, seen after the write."""
    plan = plan_undo(noted({"name": "a"}, {"name": "b"}, shown={"name": "B"}), now(name="B"))
    assert plan.fields == {"name": "a"}


def test_a_later_run_is_told_from_a_person() -> None:
    """By what the ledger knows as ours."""
    ours = {"name": (fingerprints({"name": "C"})["name"],)}
    (left,) = plan_undo(noted({"name": "A"}, {"name": "B"}), now(name="C", ours=ours)).left
    assert left.reason == BY_A_RUN


def test_back_into_the_archive_and_not_noted() -> None:
    """A revival is taken back by archiving; a value that was not noted stays."""
    plan = plan_undo(noted({"status": "archived"}, {"status": "draft"}), now(status="draft"))
    assert (plan.fields, plan.archive) == ({}, True)
    (left,) = plan_undo(noted({}, {}, withheld=("name",)), now(name="B")).left
    assert left.reason == NOT_NOTED


@pytest.mark.parametrize(
    ("before", "after", "present", "ids"),
    [
        ([1], [1, 2], (1, 2), [1]),
        ([1], [1, 2], (1, 2, 3), [1, 3]),
        ([1], [1, 2], (1,), None),
        ([1, 2], [2], (2, 3), [2, 3, 1]),
        ([], [1], (1,), []),
        ([1], [1, 2], (), None),
    ],
)
def test_categories(before: list[int], after: list[int], present: tuple[int, ...], ids: list[int] | None) -> None:
    """Out of those that it was put into, back into those that it was taken out of; a person's stay."""
    plan = plan_undo(noted({"category_ids": before}, {"category_ids": after}), now(present))
    assert plan.fields == ({} if ids is None else {"category_ids": ids})


MADE = noted({}, {"name": "A", "category_ids": [1]}, created=True, shown={"status": "draft"})


@pytest.mark.parametrize(
    ("shown", "archive", "touched"),
    [
        (now((1,), name="A", status="draft"), True, []),
        (now((1,), name="A", status="draft", **{"extra_fields.updated_at": "x"}), True, []),
        (now((1,), name="A", status="archived"), False, []),
        (now((1,), name="B", status="draft"), False, ["name"]),
        (now((1,), name="A", status="active"), False, ["status"]),
        (now((1,), name="A", status="draft", price="9.95"), False, ["price"]),
        (now((1, 2), name="A", status="draft"), False, ["category_ids"]),
    ],
)
def test_a_product_that_was_made(shown: Now, archive: bool, touched: list[str]) -> None:
    """Into the archive, unless somebody works with it."""
    plan = plan_undo(MADE, shown)
    assert plan.archive is archive
    assert [one.field for one in plan.left] == touched


def test_what_is_ours_and_what_is_new_afterwards() -> None:
    """Both values are ours; the source's is dealt with until it is another one."""
    prints = fingerprints({"name": "A"}) | {"b": fingerprints({"name": "B"})["name"]}
    assert with_undone({}, {"name": "A", "category_ids": []}, {"name": "B"}) == {
        "name": (prints["name"], "undone", prints["b"])
    }
    dealt = fingerprints({"name": "B"})
    assert not has_news({"name": "B", "ean": None}, ["1"], dealt, ["1", "2"])
    assert has_news({"name": "C"}, [], dealt, [])
    assert has_news({"name": "B"}, ["3"], dealt, ["1"])


def test_the_journal_is_read_from_its_end(tmp_path: Path) -> None:
    """A form that MicroPIM showed belongs to the write before it; a line that a kill cut off is none."""
    file = tmp_path / "changes.jsonl"
    journal = Journal(file, lambda: "ledger", lambda text: text, undoes="earlier")
    journal.note_write("1", "SKU", None, None, {"name": "a"})
    journal.note_shown("1", {"name": "A"})
    journal.note_other("POST", "/api/products/7/media", {"file_url": "https://x.test/1.jpg"})
    journal.note_other("PATCH", "/api/products/7", {"name": "b"})
    journal.note_write("1", "SKU", 7, {"name": "A"}, {"name": "b"})
    with file.open("ab") as end:
        end.write(b'{"kind": "write", "external_id": "2"')

    read = JournalFile(file)
    last, picture, first = read.newest_first()

    assert (read.ledger, read.undoes, read.made, read.writes) == ("ledger", "earlier", {"1"}, 2)
    assert last == noted({"name": "A"}, {"name": "b"})
    assert isinstance(picture, Other)
    assert first == Noted("1", "SKU", None, created=True, before={}, after={"name": "a"}, shown={"name": "A"})
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "no json\n", '{"kind": "changes"}\n', '{"journal": 99}\n'])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    """Before anything is written."""
    file = tmp_path / "changes.jsonl"
    file.write_text(content)
    with pytest.raises(InvalidInput, match="no journal"):
        JournalFile(file)
