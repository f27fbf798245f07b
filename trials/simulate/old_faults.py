"""Faults of release 130a2cf, each put back by one function: a simulator that does not find them proves nothing.

``python -m trials.simulate --fault NAME`` tells after how many seeds it is found.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from sqlalchemy import delete

from pim_wire.wire import Wire
from target_micropim.api import client
from target_micropim.catalog.categories import Categories
from target_micropim.errors import NotFound, Unreadable
from target_micropim.ledger import Ledger, RunLock, schema
from target_micropim.plan import memory, product
from target_micropim.plan.ownership import Verdict, judge
from target_micropim.plan.values import EMPTY
from target_micropim.sync import product as one_product
from target_micropim.sync import products
from target_micropim.sync.outcomes import Outcomes
from target_micropim.sync.recognise import Recognised, Recognition
from target_micropim.sync.visibility import Visibility


@dataclass(frozen=True)
class OldFault:
    """What the program did, and the function that does it again; ``also`` where two would each prevent it today."""

    what: str
    place: Any
    name: str
    again: Callable[..., Any]
    also: tuple[Any, str, Callable[..., Any]] | None = None


def _forget_on_404(self: Recognition, desired: Any, row: Any) -> Recognised:
    try:
        return Recognised(row, self.look(row.remote_id))
    except NotFound:
        with self._ledger.transaction() as connection:
            for table in (schema.products, schema.media):
                connection.execute(delete(table).where(table.c.external_id == row.external_id))
        return self._unknown(desired, None, is_last=True)


_evaluate = Wire._evaluate  # noqa: SLF001 - the function of today, within which the fault of before happens


def _believe_a_page(self: Wire, call: Any, response: Any, *others: Any) -> Any:
    if not response.ok:
        call = replace(call, is_broken=None)
    return _evaluate(self, call, response, *others)


_products_page = client.MicroPimClient.products_page


def _null_is_empty(self: client.MicroPimClient, number: int, **query: str) -> client.ProductPage:
    try:
        return _products_page(self, number, **query)
    except Unreadable:
        return client.ProductPage([], is_last=True, total=0)


_ready = Categories.ready


def _without_what_is_gone(self: Categories) -> None:
    _ready(self)
    self._gone.clear()


def _fill_what_is_empty(source: str, server: str, ours: Any, handled: str | None) -> Verdict:
    return Verdict.SEND if server == EMPTY != source else judge(source, server, ours, handled)


def _overwrite(source: str, server: str, ours: Any, handled: str | None) -> Verdict:
    verdict = judge(source, server, ours, handled)
    return Verdict.SEND if verdict is Verdict.THEIRS else verdict


def _without_looking_again(self: client.MicroPimClient) -> Any:
    return self.wire.tries(self.health.judge("write"))


def _everybody_is_dead(_self: RunLock, _holder: Any) -> bool:
    return True


def _mine(_self: Ledger, external_id: str, _remote_id: int) -> str:
    return external_id


def _nothing(*_given: Any, **_named: Any) -> None:
    return None


OLD_FAULTS: Mapping[str, OldFault] = {
    "404-forgets": OldFault("one 404 for a known product deletes its memory (1.1)",
                            Recognition, "_known", _forget_on_404),
    "page-is-an-answer": OldFault("a proxy's 404 or 400 page counts as MicroPIM's answer (1.2)",
                                  Wire, "_evaluate", _believe_a_page),
    "never-settled": OldFault("a value that a person typed as the source has it stays a conflict for ever (2.1)",
                              memory, "with_wish", lambda before, _wish: before,
                              also=(one_product, "with_agreed", lambda row, _questions, _product: row)),
    "write-over-a-wait": OldFault("a retry goes over what was typed while it waited (3.1)",
                                  client.MicroPimClient, "tries", _without_looking_again),
    "emptied-is-filled": OldFault("what a person emptied is filled again (3.2)",
                                  product, "judge", _fill_what_is_empty),
    "deleted-is-made": OldFault("a category that a person deleted is made again (3.3)",
                                Categories, "ready", _without_what_is_gone),
    "any-id-is-ours": OldFault("an id is believed, whatever product it shows (4, rule)",
                               Recognition, "is_same", staticmethod(lambda *_given: True)),
    "unclear-post-again": OldFault("an unclear POST is repeated before its product can show (5.1)",
                                   Visibility, "wait_for", _nothing),
    "null-is-empty": OldFault("a list that cannot be read is taken for an empty one (5.4)",
                              client.MicroPimClient, "products_page", _null_is_empty),
    "lock-is-no-lock": OldFault("a second run takes the lock of a living one (6.1)",
                                RunLock, "_is_dead", _everybody_is_dead),
    "old-over-new": OldFault("an older version goes over a newer one (8.1)",
                             products, "source_time", _nothing),
    "rejects-are-left": OldFault("what a bad hour refused is never tried again (rule 8)",
                                 Outcomes, "_keep", _nothing),
    "edits-are-overwritten": OldFault("ours goes over theirs (rule 1)",
                                      product, "judge", _overwrite),
    "two-owners": OldFault("two records write to one product (4.1)",
                           Ledger, "claim", _mine),
}  # fmt: skip


@contextmanager
def put_back(name: str) -> Iterator[None]:
    """The program has this fault again. Raises KeyError, AttributeError when the function is not there any more."""
    fault = OLD_FAULTS[name]
    with ExitStack() as stack:
        stack.enter_context(patch.object(fault.place, fault.name, fault.again))
        if fault.also is not None:
            stack.enter_context(patch.object(*fault.also))
        yield
