"""Whose ids a native record names: those of the source's own stream of categories, or MicroPIM's. Never both.

Where the source has a stream of categories, an id is its own, whether that category has come yet or not: MicroPIM may
have a stranger's category of the same id. Where it has none, ids are MicroPIM's. Before anybody can know, which is when
products come first in the first run, a product waits for the end of the input with its categories alone.
"""

from dataclasses import replace

from target_micropim.catalog.categories import Categories
from target_micropim.mapping.desired import DesiredProduct
from target_micropim.mapping.native_categories import OWN
from target_micropim.plan.values import as_id
from target_micropim.report.run_report import Row
from target_micropim.services import Services

WHOSE = "category_ids"  # fact of the ledger
MICROPIMS = "micropim"


class CategoryIds:
    """Used from several threads."""

    def __init__(self, services: Services, categories: Categories) -> None:
        self._ledger = services.ledger
        self._report = services.report
        self._is_off = services.settings.categories_mode == "off"
        self._categories = categories
        self._are_micropims = self._ledger.fact(WHOSE) == MICROPIMS
        self._is_undecided = False

    def told_apart(self, desired: DesiredProduct) -> DesiredProduct:
        """The product with its ids as what they are; one that MicroPIM does not have is left out and named."""
        if self._is_off:
            return desired
        if self._categories.has_own_stream:
            return _with(desired, desired.named_categories, ())
        known = {} if self._are_micropims else self._as_before(desired)
        own, theirs = [], []
        for name in desired.named_categories:
            number = as_id(name)
            if number is not None and (self._are_micropims or str(number) in known):
                theirs += [number] if self._is_there(number, desired) else []
            else:
                own.append(name)
        self._is_undecided = self._is_undecided or bool(own)
        return _with(desired, own, theirs)

    def _as_before(self, desired: DesiredProduct) -> dict[str, None]:
        """The ids under which the product got its categories in earlier runs."""
        row = self._ledger.product(desired.external_id)
        return dict.fromkeys(row.categories if row is not None else ())

    def _is_there(self, number: int, desired: DesiredProduct) -> bool:
        if self._categories.exists(number):
            return True
        what = f"category_ids: MicroPIM has no category {number}: left out"
        self._report.add("warnings", Row("products", desired.external_id, desired.sku, what))
        return False

    def at_end(self, key: str) -> dict[str, int]:
        """MicroPIM's id of a category that was missing, under the key by which the product has it from now on."""
        ids = self._categories.ids((key,))
        if ids or not key.startswith(OWN) or self._categories.has_own_stream:
            return ids
        number = as_id(key.removeprefix(OWN))
        return {str(number): number} if number is not None and self._categories.exists(number) else {}

    def decide(self) -> None:
        """The input has ended: where no stream of categories came, ids are MicroPIM's from now on."""
        if self._is_undecided and not self._categories.has_own_stream:
            self._ledger.note(WHOSE, MICROPIMS)


def _with(
    desired: DesiredProduct, own: tuple[str, ...] | list[str], theirs: tuple[int, ...] | list[int]
) -> DesiredProduct:
    keys = (*(OWN + name for name in own), *desired.categories)
    return replace(desired, categories=keys, category_ids=tuple(theirs), named_categories=())
