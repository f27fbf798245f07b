"""Open questions: facts on which both sides differ and MicroPIM's side is not ours.

They are told in the report of every run, with both values as they were seen last, until a person decides or both sides
agree. So those that this run did not come across are looked at again, a few each time, the oldest look first.
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from target_micropim.catalog.matching import RemoteProduct, remote_product
from target_micropim.errors import RecordRejected
from target_micropim.ledger import ProductRow
from target_micropim.plan.ownership import EXISTENCE, with_ours
from target_micropim.plan.question import IN, Question
from target_micropim.plan.values import EMPTY, server_fields
from target_micropim.services import Services
from target_micropim.sync.update import text_of

MOST_LOOKS = 50  # products of one run
PRODUCTS = "products"


class OpenQuestions:
    """Called by one thread."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._began = services.ledger.now()

    def look_again(self) -> None:
        """Look at the products behind the oldest questions, and tell of all that are still open."""
        ledger = self._services.ledger
        if not ledger.has_questions():
            return
        self._tell_held_back()
        due = ledger.questions(before=self._began, most=MOST_LOOKS)
        keys = {question.external_id for question in due if question.stream == PRODUCTS}
        among = [q for q in ledger.questions() if q.stream == PRODUCTS and q.external_id in keys]
        for external_id, questions in groupby(among, key=lambda question: question.external_id):
            self._look_at(external_id, list(questions))
        self.tell()

    def tell(self) -> None:
        """Questions of earlier runs that are still open; those of this run were told as they came up."""
        for question in self._services.ledger.questions(before=self._began):
            self._services.report.ask(question)

    def tell_all(self) -> None:
        """A run that ends early tells of what was open before, and of what is held back."""
        self.tell()
        self._tell_held_back()

    def _tell_held_back(self) -> None:
        self._services.report.held_back(self._services.ledger.held_back())

    def _look_at(self, external_id: str, questions: list[Question]) -> None:
        row = self._services.ledger.product(external_id)
        if row is None or not row.is_made:
            return
        try:
            shown = self._services.client.product(row.remote_id)
        except RecordRejected:
            return
        product = remote_product({**shown, "id": row.remote_id})
        agreed = [question for question in questions if _is_agreed(question, product)]
        if (known := with_agreed(row, agreed, product)) is not row:
            self._services.ledger.agree(external_id, known.acknowledged, known.ours)
        fields = server_fields(shown)
        still = [q for q in questions if q not in agreed]
        clean, server = self._services.client.redactor.clean, product.server
        seen = [_seen(q, text_of(fields.get(q.fact), clean), server.get(q.fact, EMPTY)) for q in still]
        self._tell(seen)
        ledger, facts = self._services.ledger, {question.fact for question in questions}
        ledger.ask_about(PRODUCTS, external_id, facts, seen)
        if not seen:
            ledger.nothing_is_open(PRODUCTS, external_id)

    def _tell(self, questions: Iterable[Question]) -> None:
        for question in questions:
            self._services.report.ask(question)


def with_agreed(row: ProductRow, questions: Iterable[Question], product: RemoteProduct) -> ProductRow:
    """The row, where a person has given a field the value that the source had when it was asked about.

    That ends the question, whatever the source has by now: its value of then is dealt with, and ours.
    """
    ended = (question for question in questions if question.category is None and _is_agreed(question, product))
    if not (prints := {question.fact: question.source_print for question in ended}):
        return row
    ours = {fact: with_ours(row.ours.get(fact), value) for fact, value in prints.items()}
    return replace(row, acknowledged={**row.acknowledged, **prints}, ours={**row.ours, **ours})


def unanswered(questions: Iterable[Question], product: RemoteProduct) -> frozenset[str]:
    """The fields in which a value that somebody typed stands against the one that they were asked about."""
    asked = (one for one in questions if one.kind == "conflicts" and one.category is None)
    return frozenset(one.fact for one in asked if one.fact != EXISTENCE and not _is_agreed(one, product))


def _is_agreed(question: Question, product: RemoteProduct) -> bool:
    if question.category is not None:
        return (question.category in product.category_ids) == (question.source_print == IN)
    return question.fact != EXISTENCE and product.server.get(question.fact, EMPTY) == question.source_print


def _seen(question: Question, text: str | None, print_: str) -> Question:
    if question.fact == EXISTENCE or question.category is not None:
        return question
    return replace(question, micropim=text, micropim_print=print_)
