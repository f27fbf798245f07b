"""What a run leaves open: questions to a person, and rejects that the next run tries again."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    and_,
    bindparam,
    delete,
    false,
    or_,
    select,
    tuple_,
    update,
)
from typing_extensions import override

from target_micropim.ledger import schema
from target_micropim.ledger.database import Rows
from target_micropim.ledger.kept_records import KeptRecords
from target_micropim.ledger.schema import KeptReject, ProductId, ProductRow, product_values
from target_micropim.ledger.statements import Prepared
from target_micropim.plan.question import HELD_BACK, KEPT, PICTURE, TASKS, Question

ROWS_AT_ONCE = 1000
_KIND_OF = attrgetter("kind")
_QUESTION = [schema.questions.c[name] for name in Question.__dataclass_fields__]
_PLACE = [schema.questions.c[name] for name in ("stream", "external_id", "fact")]
_IS_OPEN = Prepared(select(or_(*(select(table).exists() for table in (schema.questions, schema.kept_records)))))
_QUIET = (HELD_BACK, KEPT, PICTURE)  # no question that is told every night


def _is_none_of(kinds: Iterable[str]) -> ColumnElement[bool]:
    return and_(*(schema.questions.c.kind != kind for kind in kinds))


def _page_of(condition: ColumnElement[bool]) -> Select[Any]:
    """The next questions after a place, by record and fact."""
    after = tuple_(*_PLACE) > tuple_(*(bindparam(column.name, type_=column.type) for column in _PLACE))
    return select(*_QUESTION).where(condition, after).order_by(*_PLACE).limit(ROWS_AT_ONCE)


# Asked for in every run, built once: to build a question takes longer than to answer it.
_MINE = (schema.questions.c.stream == bindparam("of_stream")) & (schema.questions.c.external_id == bindparam("key"))
_OPEN = Prepared(_page_of(_is_none_of((HELD_BACK, KEPT))))
_HELD_BACK = Prepared(_page_of(schema.questions.c.kind == HELD_BACK))
_TOLD = select(*_QUESTION).where(_is_none_of(_QUIET))
_TOLD_IN_ORDER = Prepared(_TOLD.order_by(*_PLACE))
_TOLD_BEFORE = Prepared(
    _TOLD.where(schema.questions.c.asked_at < bindparam("before"))
    .order_by(schema.questions.c.asked_at, schema.questions.c.external_id)
    .limit(bindparam("most"))
)
_TOLD_OF = Prepared(_TOLD.where(_MINE))
_ALL = 1_000_000_000
_HAS_TASKS = Prepared(select(schema.questions.c.fact).where(schema.questions.c.stream == TASKS).limit(1))
_HAS_KEPT = Prepared(select(schema.questions.c.fact).where(schema.questions.c.kind == KEPT).limit(1))
_REJECT_TIMES = Prepared(select(schema.rejects.c.stream, schema.rejects.c.external_id, schema.rejects.c.source_at))
_KEPT = Prepared(
    select(schema.questions.c.fact, schema.questions.c.source_print).where(_MINE, schema.questions.c.kind == KEPT)
)
_ANSWERED = Prepared(delete(schema.questions).where(_MINE))
_IS_TOLD = Prepared(select(schema.questions.c.fact).where(_MINE, _is_none_of(_QUIET)).limit(1))


def _held_by_other(name: str, policy: str) -> ColumnElement[bool]:
    """Whether a field, or an entry of a map of fields, was held back by another policy, or nobody knows by which."""
    fact, held_by = schema.questions.c.fact, schema.questions.c.held_by
    is_it = (fact == name) | fact.startswith(f"{name}.", autoescape=True)
    return is_it & (held_by.is_(None) | (held_by != policy))


@lru_cache(maxsize=4)
def _held_by_others(policies: tuple[tuple[str, str], ...]) -> Select[Any]:
    is_held_back = schema.questions.c.kind == HELD_BACK
    return _page_of(is_held_back & or_(false(), *(_held_by_other(name, policy) for name, policy in policies)))


class OpenEnds(KeptRecords):
    """The part of the ledger that is about what is not settled. ``wall`` gives unix seconds.

    ``now`` is the moment as it is noted when a product is settled.
    """

    def __init__(self, engine: Engine, wall: Callable[[], float] = time.time) -> None:
        super().__init__(engine)
        self.now = wall
        self._has_questions: bool | None = None  # until it was asked for
        self._has_kept: bool | None = None
        self._has_tasks: bool | None = None

    def ask(
        self,
        stream: str,
        external_id: ProductId,
        questions: Iterable[Question],
        record: bytes | None = None,
        *,
        soon: bool = False,
    ) -> list[Question]:
        """Replace the open questions about one record; those that are open.

        One of which a person has said that MicroPIM's side stands is none, while the source says the same. ``record``
        is kept with them, so that a decision needs no source. ``soon``: together with what is settled next.
        """
        questions = list(questions)
        if not questions and not self.has_questions():
            return []
        self._has_questions = True
        kept = self._kept_facts(stream, external_id)
        open_ones = [question for question in questions if kept.get(question.fact) != question.source_print]
        rows = [self._row(question, is_kept=question not in open_ones) for question in questions]
        if not set(map(_KIND_OF, open_ones)) - {HELD_BACK}:
            record = b""
        self.soon(partial(self._replace, stream, external_id, rows, record))
        if not soon:
            self.flush()
        return open_ones

    def _replace(
        self, stream: str, external_id: ProductId, rows: Rows, record: bytes | None, connection: Connection
    ) -> None:
        self.write(connection, _ANSWERED, {"of_stream": stream, "key": external_id})
        self.put(connection, schema.questions, rows)
        self.put_record(connection, stream, external_id, record)

    def ask_about(
        self, stream: str, external_id: ProductId, facts: Collection[str], questions: Iterable[Question]
    ) -> None:
        """Replace what is open about some facts of a record; whatever else is, stays."""
        table = schema.questions
        about_them = (table.c.stream == stream) & (table.c.external_id == external_id) & table.c.fact.in_(sorted(facts))
        with self.transaction() as connection:
            connection.execute(delete(table).where(about_them))
            self.put(connection, table, [self._row(question) for question in questions])

    def _row(self, question: Question, *, is_kept: bool = False) -> dict[str, Any]:
        fact, kind = question.fact[: schema.MAX_KEY], KEPT if is_kept else question.kind
        return {**vars(question), "fact": fact, "kind": kind, "asked_at": self.now()}

    def _kept_facts(self, stream: str, external_id: ProductId) -> dict[str, str]:
        """What a person has settled of a record: the source's side of each fact as it was then."""
        if self._has_kept is None:
            self._has_kept = bool(self.read(_HAS_KEPT))
        if not self._has_kept:
            return {}
        rows = self.read(_KEPT, {"of_stream": stream, "key": external_id})
        return {row.fact: row.source_print for row in rows}

    def is_kept(self, question: Question) -> bool:
        """Whether a person has said of this very question that MicroPIM's side stands, or that it is done."""
        if not self.has_questions() or self._has_kept is False:
            return False
        rows = self.read(_KEPT, {"of_stream": question.stream, "key": question.external_id})
        return any((row.fact, row.source_print) == (question.fact, question.source_print) for row in rows)

    def add_task(self, question: Question) -> bool:
        """Keep something that only a person can do, beside all else that is open of its record; whether it is open."""
        if self.is_kept(question):
            return False
        self._has_questions = self._has_tasks = True
        with self.transaction() as connection:
            self.put(connection, schema.questions, [self._row(question)])
        return True

    def end_tasks(self, external_id: ProductId, facts: Sequence[str]) -> None:
        """What a person had to do of a product is done, or needed no longer."""
        table = schema.questions
        if self._has_tasks is None:
            self._has_tasks = bool(self.read(_HAS_TASKS))
        if facts and self._has_tasks:
            mine = (table.c.stream == TASKS) & (table.c.external_id == external_id)
            with self.transaction() as connection:
                connection.execute(delete(table).where(mine, table.c.fact.in_(facts)))

    def open_questions(self) -> Iterator[Question]:
        """All that a person has to decide or to do, by record and fact; read a part at a time."""
        return self._each(_OPEN)

    def _each(self, page: Select[Any] | Prepared) -> Iterator[Question]:
        place = {column.name: "" for column in _PLACE}
        while True:
            rows = self.read(page, place)
            for row in rows:
                yield Question(*row)
            if len(rows) < ROWS_AT_ONCE:
                return
            place = {name: getattr(rows[-1], name) for name in place}

    def is_open(self, stream: str, external_id: str) -> bool:
        """Whether a person has something to decide of a record."""
        return self.has_questions() and bool(self.read(_IS_TOLD, {"of_stream": stream, "key": external_id}))

    def taken_again(self, stream: str, external_id: str) -> None:
        """What was to be done with a record has been done; it stays while something of it is open to a person."""
        table = schema.kept_records
        mine = (table.c.stream == stream) & (table.c.external_id == external_id)
        is_open = self.is_open(stream, external_id)
        with self.transaction() as connection:
            connection.execute(update(table).where(mine).values(due=False) if is_open else delete(table).where(mine))

    def nothing_is_open(self, stream: str, external_id: str) -> None:
        """No person has to decide anything of a record any more; it stays only where it is to be taken again."""
        table = schema.kept_records
        mine = (table.c.stream == stream) & (table.c.external_id == external_id)
        with self.transaction() as connection:
            connection.execute(delete(table).where(mine, table.c.due.is_(False)))

    def try_again(self, stream: str, external_id: str, record: bytes) -> None:
        """Have the next run take a record again, whether the source sends it or not."""
        self._has_questions = True  # so that a newer version looks for it
        with self.transaction() as connection:
            self.put_record(connection, stream, external_id, record, due=True)

    # What a person has decided

    def settle_question(self, question: Question, *, kept: bool, rows: Sequence[ProductRow] = ()) -> bool:
        """A person has answered: the question ends, and what follows for the product is noted with it.

        ``kept``: MicroPIM's side stands while the source says the same. Otherwise the record is due; whether it is
        there to be taken again.
        """
        table, records = schema.questions, schema.kept_records
        mine = (table.c.stream == question.stream) & (table.c.external_id == question.external_id)
        record = (records.c.stream == question.stream) & (records.c.external_id == question.external_id)
        with self.transaction() as connection:
            self.put(connection, schema.products, [product_values(row) for row in rows])
            if kept:
                connection.execute(update(table).where(mine, table.c.fact == question.fact).values(kind=KEPT))
                self._has_kept = True
                return False
            connection.execute(delete(table).where(mine, table.c.fact == question.fact))
            return bool(connection.execute(update(records).where(record).values(due=True)).rowcount)

    def questions(self, before: float | None = None, most: int | None = None) -> list[Question]:
        """Open questions by stream and record; or so many of those not looked at since a moment, oldest first."""
        if before is None:
            rows = self.read(_TOLD_IN_ORDER)
        else:
            rows = self.read(_TOLD_BEFORE, {"before": before, "most": _ALL if most is None else most})
        return [Question(*row) for row in rows]

    def questions_of(self, stream: str, external_id: ProductId) -> list[Question]:
        """What a person has to decide of one record, as it was seen last."""
        rows = self.read(_TOLD_OF, {"of_stream": stream, "key": external_id}) if self.has_questions() else ()
        return [Question(*row) for row in rows] if rows else []

    def held_back(self, policies: Mapping[str, str] | None = None) -> Iterator[Question]:
        """What the settings hold back, as it was seen last, by record and field; read a part at a time.

        All of it, or what another policy held back than these, by field or map of fields.
        """
        return self._each(_HELD_BACK if policies is None else _held_by_others(tuple(policies.items())))

    def has_questions(self) -> bool:
        """Whether anything waits for a person or to be taken again, or has since the start of this run."""
        if self._has_questions is None:
            self._has_questions = bool(self.read(_IS_OPEN)[0][0])
        return self._has_questions

    @override
    def due(self) -> list[tuple[str, str]]:
        """As of any ledger; where nothing waits there is nothing to look for."""
        return super().due() if self.has_questions() else []

    # Rejects, to be tried again

    def keep_reject(self, reject: KeptReject) -> None:
        """Keep a rejected record for the next run, in place of an older version of it."""
        with self.transaction() as connection:
            self.put(connection, schema.rejects, [vars(reject)])

    def drop_reject(self, stream: str, external_id: str) -> None:
        """A newer version has been dealt with, now: a replay can tell, though that one may have changed nothing."""
        table, products = schema.rejects, schema.products
        with self.transaction() as connection:
            connection.execute(delete(table).where(table.c.stream == stream, table.c.external_id == external_id))
            if stream == products.name:
                is_settled = (products.c.external_id == external_id) & products.c.settled_at.is_not(None)
                connection.execute(update(products).where(is_settled).values(settled_at=self.now()))

    def reject_times(self) -> dict[tuple[str, str], float | None]:
        """Stream and id of every reject that waits, with the record's own update time."""
        rows = self.read(_REJECT_TIMES)
        return {(row.stream, row.external_id): row.source_at for row in rows}

    def reject(self, stream: str, external_id: str) -> KeptReject | None:
        """One reject that waits."""
        table = schema.rejects
        query = select(table).where(table.c.stream == stream, table.c.external_id == external_id)
        rows = self.read(query)
        return KeptReject(*rows[0]) if rows else None
