"""What follows from an answer, fact by fact: only the ledger changes here, and the question ends in the same step."""

from dataclasses import replace

from target_micropim.ledger import ABSENT, ProductRow
from target_micropim.plan.decision import ARCHIVED_BY_HAND, CATEGORIES, DELETED_BY_HAND, Answer, kind_of
from target_micropim.plan.ownership import ARCHIVED, EXISTENCE, LIVE
from target_micropim.plan.question import IN, PICTURE, Question
from target_micropim.services import Services
from target_micropim.sync.late import INCOMPLETE

_WHAT = {
    Answer.SOURCE: "{}: the source's side goes in, as decided",
    Answer.KEEP: "{}: MicroPIM's side stands, as decided, until the source has another one",
    Answer.DONE: "{}: done by hand, as decided; it is looked at once more",
}
_LATER = "; when the source sends it again"


class CannotYet(Exception):
    """This cannot be acted on yet; why."""


class Answers:
    """Called by one thread, before anything is written in a run."""

    def __init__(self, services: Services) -> None:
        self._ledger = services.ledger

    def give(self, question: Question, answer: Answer) -> str:
        """Note it; what is told of it. Raises CannotYet."""
        subject = "status" if question.fact == EXISTENCE else question.fact
        if question.kind == PICTURE:
            self._ledger.settle_question(question, kept=True)
            return f"{question.reason}: done, as decided"
        if answer is Answer.KEEP:
            self._ledger.settle_question(question, kept=True)
            return _WHAT[answer].format(subject)
        if question.stream == CATEGORIES:
            is_due = self._of_category(question, answer)
        else:
            is_due = self._of_product(question, answer)
        return _WHAT[answer].format(subject) + ("" if is_due else _LATER)

    def _of_product(self, question: Question, answer: Answer) -> bool:
        row = self._ledger.product(question.external_id)
        if row is None:
            return self._ledger.settle_question(question, kept=False)
        row = replace(row, digest=INCOMPLETE)
        if answer is Answer.SOURCE:
            row = self._let_source_go(question, row)
        return self._ledger.settle_question(question, kept=False, rows=[row])

    def _let_source_go(self, question: Question, row: ProductRow) -> ProductRow:
        """The row of a product in which the source's side may go over MicroPIM's. Raises CannotYet."""
        if question.category is not None:
            return self._let_membership_go(question, question.category, row)
        if question.fact == EXISTENCE:
            kind = kind_of(question)
            if (
                kind == DELETED_BY_HAND
            ):  # as if it had never been there; what was sent of it is no memory of the next one
                self._ledger.forget_pictures(row.external_id)
                return ProductRow(row.external_id, row.sku, ABSENT, INCOMPLETE, archived=True, source_at=row.source_at)
            shown = ARCHIVED if kind == ARCHIVED_BY_HAND else LIVE
            return replace(row, decided={**row.decided, EXISTENCE: shown})
        if question.micropim_print is None:
            raise CannotYet("waits until this product has been looked at once more: an older program had asked")
        return replace(row, decided={**row.decided, question.fact: question.micropim_print})

    def _let_membership_go(self, question: Question, number: int, row: ProductRow) -> ProductRow:
        """Taken out by hand: as if it had never been in. Put in by hand: as if it were by us, so that it goes."""
        keys = {key for key, known in self._ledger.categories().items() if known.remote_id == number}
        if question.source_print == IN:
            gone = keys | {str(number)}
            return replace(row, categories=tuple(key for key in row.categories if key not in gone))
        if not keys:
            raise CannotYet("is not possible: the category is none of the source's; take the product out by hand")
        return replace(row, categories=(*row.categories, *sorted(keys - set(row.categories))))

    def _of_category(self, question: Question, answer: Answer) -> bool:
        if answer is Answer.SOURCE:
            known = self._ledger.categories().get(question.external_id)
            if question.fact == EXISTENCE:
                self._ledger.forget_category(question.external_id)
            elif known is not None and question.fact == "name":
                self._ledger.remember_category(
                    question.external_id, replace(known, name=question.micropim, handled=None)
                )
            elif known is not None and question.micropim_print is not None:
                place = replace(known, parent_id=int(question.micropim_print))
                self._ledger.remember_category(question.external_id, place)
            elif known is not None:
                raise CannotYet("waits until the source sends this category once more: an older program had asked")
        return self._ledger.settle_question(question, kept=False)
