"""The ledger's row of a product whose categories are on their way: a run may be killed before it sees them."""

from collections.abc import Iterable
from dataclasses import replace

from target_micropim.catalog.categories import Categories
from target_micropim.catalog.matching import RemoteProduct
from target_micropim.ledger import ProductRow
from target_micropim.plan.sent_categories import SentCategories, was_not_done, with_proven

SENT = "categories"  # among what is on its way; no field has this name


def announced(
    row: ProductRow, desired: dict[str, int], removed: Iterable[int], product: RemoteProduct, known: Categories
) -> ProductRow:
    """The row of a product that is about to be put into categories, and taken out of those that are ``removed``."""
    put_in = [key for key, number in desired.items() if number not in product.category_ids]
    gone = frozenset(removed)
    taken_out = [key for key, number in known.ids(row.categories).items() if number in gone]
    sent = SentCategories([key for key in put_in if key not in row.categories], taken_out)
    return replace(row, on_its_way={**row.on_its_way, SENT: sent.text})


def seen(row: ProductRow, product: RemoteProduct, known: Categories) -> ProductRow:
    """The row with what is ours by what the product shows now."""
    if SENT not in row.on_its_way:
        return row
    sent, row = SentCategories.read(row.on_its_way[SENT]), forgotten(row)
    if was_not_done(row.on_its_way, row.ours, product.server):
        return row
    numbers = known.ids((*sent.put_in, *sent.taken_out))
    return replace(row, categories=with_proven(row.categories, sent, numbers, product.category_ids))


def forgotten(row: ProductRow) -> ProductRow:
    """The row without it: the end is known, or it is known that nothing was done."""
    if SENT not in row.on_its_way:
        return row
    return replace(row, on_its_way={name: print_ for name, print_ in row.on_its_way.items() if name != SENT})
