"""What a person writes, as it is understood; by what a line is known again; which name is near."""

import pytest

from target_micropim.catalog.near_names import NearNames
from target_micropim.plan import decision
from target_micropim.plan.decision import Answer, is_key, is_same_text, key_of, kind_of, mark_of_ledger, read_answer
from target_micropim.plan.ownership import EXISTENCE
from target_micropim.plan.question import PICTURE, TASKS, Question


def question(fact: str = "name", kind: str = "conflicts", stream: str = "products", **more: str | None) -> Question:
    """A question about M1."""
    values = {"source": "B", "micropim": "X", "micropim_print": "x1", **more}
    return Question(stream, "M1", fact, kind, "S-1", "why", "b1", **values)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        *((word, Answer.SOURCE) for word in ("source", "Source ", "'source'", "SOURCE.", "bron", "quelle", "origen")),
        *((word, Answer.KEEP) for word in ("keep", "behouden", "garder", "Behalten", "mantener", "MicroPIM")),
        *((word, Answer.DONE) for word in ("done", "klaar", "terminé", "Termine\u0301", "erledigt", "hecho", "fait!")),
        *((word, 12) for word in ("12", " 12 ", "12.0", "12,0")),
        *((word, None) for word in ("", "yes", "0", "-3", "1.5", "12 or 13", "1e3", "9" * 30)),
    ],
)
def test_an_answer(typed: str, answer: Answer | int | None) -> None:
    """Words of five languages, ids as spreadsheets store them; nothing is guessed."""
    assert read_answer(typed) == answer


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        (question(), "conflict"),
        (question(kind="unsure"), "unsure"),
        (question(EXISTENCE, source="archived"), "revived"),
        (question(EXISTENCE, "manual_actions", source="live"), "archived"),
        (question(EXISTENCE, source="live"), "deleted"),
        (question(EXISTENCE, stream="categories"), "category"),
        (question("withdrawn 1", PICTURE, TASKS), "picture"),
    ],
)
def test_a_kind(asked: Question, kind: str) -> None:
    """As the file names it."""
    assert kind_of(asked) == kind


def test_a_key_is_of_one_ledger_and_of_both_values() -> None:
    """Letters alone, so that no spreadsheet takes it for a number or a date."""
    one, other = mark_of_ledger("sqlite:///a.db"), mark_of_ledger("sqlite:///b.db")
    keys = {
        key_of(one, question()),
        key_of(other, question()),
        key_of(one, question(micropim_print="x2")),
        key_of(one, question("description")),
        decision.key_of_name(one, "brand", "rosalba"),
    }
    assert len(keys) == 5
    assert all(is_key(key) and key.isalpha() for key in keys)
    assert not any(map(is_key, ("", "q", "source", "M000000001234567")))


@pytest.mark.parametrize(
    ("cell", "text", "is_same"),
    [
        ("", "X", True),
        ("X", "X", True),
        (" two\nlines ", "two lines", True),
        ("8.5", "8.50", True),
        ("8,5", "8.50", True),
        ("X", "Y", False),
        ("X", None, False),
        ("8.5", "8.51", False),
    ],
)
def test_a_value_in_a_cell(cell: str, text: str | None, is_same: bool) -> None:
    """As a spreadsheet may have stored it."""
    assert is_same_text(cell, text) is is_same


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("dr. hauschka", ("dr hauschka", 11)),
        ("la roche posay", ("la roche-posay", 12)),
        ("avene", ("avène", 13)),
        ("mylan", ("mylan viatris", 14)),
        ("welleda", ("weleda", 15)),
        ("nestle", None),
        ("la", None),
        ("...", None),
    ],
)
def test_a_near_name(name: str, near: tuple[str, int] | None) -> None:
    """Accents, signs, a letter or an end make no other name."""
    names = {"dr hauschka": 11, "la roche-posay": 12, "avène": 13, "mylan viatris": 14, "weleda": 15, "laino": 16}
    assert NearNames(names).find(name) == near


def test_two_near_names_are_none() -> None:
    """Nothing is guessed."""
    assert NearNames({"dr hauschka": 1, "dr. hauschka": 2}).find("dr-hauschka") is None
