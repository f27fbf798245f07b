"""What a run leaves open: questions to a person, and rejects that the next run tries again."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from sqlalchemy import ColumnElement, Engine, delete, false, or_, select

from target_micropim.ledger import schema
from target_micropim.ledger.database import Database
from target_micropim.ledger.schema import KeptReject, ProductId
from target_micropim.plan.question import HELD_BACK, Question

ROWS_AT_ONCE = 1000
_QUESTION = [schema.questions.c[name] for name in Question.__dataclass_fields__]


def _held_by_other(name: str, policy: str) -> ColumnElement[bool]:
    """Whether a field, or an entry of a map of fields, was held back by another policy, or nobody knows by which."""
    fact, held_by = schema.questions.c.fact, schema.questions.c.held_by
    is_it = (fact == name) | fact.startswith(f"{name}.", autoescape=True)
    return is_it & (held_by.is_(None) | (held_by != policy))


class OpenEnds(Database):
    """The part of the ledger that is about what is not settled. ``wall`` gives unix seconds."""

    def __init__(self, engine: Engine, wall: Callable[[], float] = time.time) -> None:
        super().__init__(engine)
        self._wall = wall
        self._has_questions: bool | None = None  # until it was asked for

    def ask(self, stream: str, external_id: ProductId, questions: Iterable[Question]) -> None:
        """Replace the open questions about one record."""
        table, questions = schema.questions, list(questions)
        if not questions and not (self.has_questions() if self._has_questions is None else self._has_questions):
            return
        self._has_questions = True
        rows = [{**vars(question), "fact": question.fact[: schema.MAX_KEY]} for question in questions]
        with self.transaction() as connection:
            about_it = (table.c.stream == stream) & (table.c.external_id == external_id)
            connection.execute(delete(table).where(about_it))
            self.put(connection, table, [{**row, "asked_at": self._wall()} for row in rows])

    def ask_about(
        self, stream: str, external_id: ProductId, facts: Collection[str], questions: Iterable[Question]
    ) -> None:
        """Replace what is open about some facts of a record; whatever else is, stays."""
        table = schema.questions
        about_them = (table.c.stream == stream) & (table.c.external_id == external_id) & table.c.fact.in_(sorted(facts))
        with self.transaction() as connection:
            connection.execute(delete(table).where(about_them))
            rows = [{**vars(question), "fact": question.fact[: schema.MAX_KEY]} for question in questions]
            self.put(connection, table, [{**row, "asked_at": self._wall()} for row in rows])

    def questions(self, before: float | None = None, most: int | None = None) -> list[Question]:
        """Open questions by stream and record; or so many of those not looked at since a moment, oldest first."""
        table = schema.questions
        query = select(*_QUESTION).where(table.c.kind != HELD_BACK)
        if before is None:
            query = query.order_by(table.c.stream, table.c.external_id, table.c.fact)
        else:
            query = query.where(table.c.asked_at < before).order_by(table.c.asked_at, table.c.external_id)
        return [Question(*row) for row in self.read(query.limit(most))]

    def held_back(self, policies: Mapping[str, str] | None = None) -> Iterator[Question]:
        """What the settings hold back, as it was seen last, by record and field; read a part at a time.

        All of it, or what another policy held back than these, by field or map of fields.
        """
        table, last = schema.questions, ("", "")
        wanted = table.c.kind == HELD_BACK
        if policies is not None:
            wanted &= or_(false(), *(_held_by_other(name, policy) for name, policy in policies.items()))
        while True:
            after = (table.c.external_id > last[0]) | ((table.c.external_id == last[0]) & (table.c.fact > last[1]))
            query = select(*_QUESTION).where(wanted, after)
            rows = self.read(query.order_by(table.c.external_id, table.c.fact).limit(ROWS_AT_ONCE))
            for row in rows:
                yield Question(*row)
            if len(rows) < ROWS_AT_ONCE:
                return
            last = (rows[-1].external_id, rows[-1].fact)

    def has_questions(self) -> bool:
        """Whether anything waits for a person, or has waited since the start of this run."""
        if self._has_questions is None:
            self._has_questions = bool(self.read(select(schema.questions.c.external_id).limit(1)))
        return self._has_questions

    # Rejects, to be tried again

    def keep_reject(self, reject: KeptReject) -> None:
        """Keep a rejected record for the next run, in place of an older version of it."""
        with self.transaction() as connection:
            self.put(connection, schema.rejects, [vars(reject)])

    def drop_reject(self, stream: str, external_id: str) -> None:
        """A newer version has been dealt with."""
        table = schema.rejects
        with self.transaction() as connection:
            connection.execute(delete(table).where(table.c.stream == stream, table.c.external_id == external_id))

    def reject_times(self) -> dict[tuple[str, str], float | None]:
        """Stream and id of every reject that waits, with the record's own update time."""
        table = schema.rejects
        rows = self.read(select(table.c.stream, table.c.external_id, table.c.source_at))
        return {(row.stream, row.external_id): row.source_at for row in rows}

    def reject(self, stream: str, external_id: str) -> KeptReject | None:
        """One reject that waits."""
        table = schema.rejects
        query = select(table).where(table.c.stream == stream, table.c.external_id == external_id)
        rows = self.read(query)
        return KeptReject(*rows[0]) if rows else None
