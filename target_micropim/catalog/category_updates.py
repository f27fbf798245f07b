"""Renaming and moving a category that is there, by update_categories (docs/api/micropim.md#category-rename).

Only a name and a place that are ours follow the source; what people renamed or moved stays (docs/ownership.md).
"""

from dataclasses import replace
from typing import Any

from pim_wire.wire import Tries
from target_micropim.api.payloads import check_payload
from target_micropim.api.tree import Tree
from target_micropim.catalog.category_reader import TOP
from target_micropim.errors import Reason, RecordRejected
from target_micropim.ledger import CategoryRow
from target_micropim.mapping.characters import as_seen
from target_micropim.mapping.desired import DesiredCategory
from target_micropim.plan.question import Question
from target_micropim.plan.values import fingerprint
from target_micropim.report.run_report import Change, Subject
from target_micropim.services import Services

STREAM = "categories"


def differences(tree: Tree, known: CategoryRow, desired: DesiredCategory, parent: int | None) -> tuple[bool, bool]:
    """Whether name and place are to be dealt with: a name of ours was, in whatever form MicroPIM stores it."""
    shown = tree.names[known.remote_id]
    is_dealt_with = known.name == shown and known.handled == desired.name
    return as_seen(shown) != as_seen(desired.name) and not is_dealt_with, tree.parents[known.remote_id] != parent


class CategoryUpdater:
    """Renames and moves what exists when the source does and nobody else did. Called by one thread."""

    def __init__(self, services: Services) -> None:
        self._client = services.client
        self._report = services.report

    def update(
        self, tree: Tree, known: CategoryRow, desired: DesiredCategory, parent: int | None, tries: Tries
    ) -> tuple[tuple[bool, bool], list[Question]]:
        """Bring name and place in line; whether each of them was sent, and what a person has to decide.

        Raises RecordRejected when another category is in the way, or MicroPIM refuses.
        """
        number = known.remote_id
        renamed, moved = differences(tree, known, desired, parent)
        questions = []
        if renamed and (problem := _not_ours(known.name, tree.names[number])):
            questions.append(question_of(desired, "name", problem, desired.name, tree.names[number]))
            renamed = False
        if moved and (problem := _not_ours(known.parent_id, tree.parents[number] or TOP)):
            wanted, shown = tree.path(parent) if parent else "the top", tree.path(number)
            question = question_of(desired, "place", problem, wanted, shown)
            questions.append(replace(question, micropim_print=str(tree.parents[number] or TOP)))
            moved = False
        if not renamed and not moved:
            return (False, False), questions
        name, place = desired.name if renamed else tree.names[number], parent if moved else tree.parents[number]
        if (other := next((other for other in tree.find(place, name) if other != number), None)) is not None:
            what = f"{tree.path(number)} cannot become {name}: another category is already at {tree.path(other)}"
            raise RecordRejected("plan", [Reason("name", what)])
        before = tree.path(number)
        if renamed:
            self._rename(tree, number, desired, tries)
        if moved:
            payload = {"parent_id": parent}
            check_payload("category_move", payload)
            self._client.move_category(number, payload, tries)
        after = name if place is None else f"{tree.path(place)} > {name}"
        self._report.changed(Subject(STREAM, desired.external_id, None, number), [Change("path", before, after)])
        return (renamed, moved), questions

    def _rename(self, tree: Tree, number: int, desired: DesiredCategory, tries: Tries) -> None:
        """The whole category goes along, its description too: a PUT may replace what it does not name."""
        payload: dict[str, Any] = {"name": desired.name, "parent_id": tree.parents[number]}
        if description := desired.description or tree.descriptions.get(number):
            payload["description"] = description
        check_payload("category_update", payload)
        self._client.update_category(number, payload, tries)


def _not_ours(ours: str | int | None, shown: str | int) -> tuple[str, str] | None:
    """Why a name or a place is not ours to change, as the kind of question and its reason; None when it is ours."""
    if ours is None:
        return "unsure", "differs, and it is not known who did that"
    return None if ours == shown else ("conflicts", "changed in MicroPIM by hand")


def question_of(
    desired: DesiredCategory, fact: str, problem: tuple[str, str], source: str, micropim: str | None
) -> Question:
    """A question about one category; ``problem`` is its kind and its reason."""
    kind, reason = problem
    print_ = fingerprint(fact, source)
    return Question(STREAM, desired.external_id, fact, kind, None, reason, print_, source, micropim, name=desired.name)
