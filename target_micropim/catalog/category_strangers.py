"""Whether the id of a category still shows ours: it may be another one later (docs/api/micropim.md#ids-again).

Under another name it is the same one as long as one of our products is in it, or none of ours is anywhere any more: a
person has renamed it. What was seen is noted, so that a category is asked once for each name that it gets.
"""

import json
from collections.abc import Mapping
from contextlib import suppress

from pim_wire.errors import Unclear
from target_micropim.api.tree import Tree
from target_micropim.errors import NotFound, RecordRejected
from target_micropim.ledger import CategoryRow
from target_micropim.mapping.characters import folded
from target_micropim.services import Services

MOST_LOOKS = 3
SEEN = "categories_renamed"  # fact of the ledger: by id, another name that a category shows, and whether it is ours


def strangers(services: Services, tree: Tree, rows: Mapping[str, CategoryRow]) -> frozenset[str]:
    """The external ids of those whose id shows another category."""
    ledger, seen = services.ledger, json.loads(services.ledger.fact(SEEN) or "{}")
    found, doubtful = set[str](), dict[int, list[str]]()
    for key, row in rows.items():
        if not _has_another_name(tree, row):
            continue
        name, is_ours = seen.get(str(row.remote_id), (None, True))
        if name != tree.names[row.remote_id]:
            doubtful.setdefault(row.remote_id, []).append(key)
        elif not is_ours:
            found.add(key)
    if not doubtful:
        return frozenset(found)
    inside = ledger.live_products_in([key for keys in doubtful.values() for key in keys])
    for number, keys in doubtful.items():
        ours = {product: sku for key in keys for product, sku in inside[key].items()}
        try:
            is_ours = not services.client.category_products(number).isdisjoint(ours) or not _is_one_there(
                services, ours
            )
        except (RecordRejected, Unclear):
            continue  # nobody can tell: it is taken for ours, as ever
        seen[str(number)] = (tree.names[number], is_ours)
        found.update(() if is_ours else keys)
    ledger.note(SEEN, json.dumps(seen))
    return frozenset(found)


def _is_one_there(services: Services, ours: Mapping[int, str]) -> bool:
    """Whether one of the first few of these products is still there; they may have been deleted like their category."""
    for number, sku in list(ours.items())[:MOST_LOOKS]:
        with suppress(NotFound):
            if str(services.client.product(number).get("sku") or "").strip() == sku:
                return True
    return False


def _has_another_name(tree: Tree, row: CategoryRow) -> bool:
    """Whether the id shows a name that is none of ours."""
    ours = {folded(name) for name in (row.name, row.handled) if name}
    return bool(ours) and row.remote_id in tree.names and folded(tree.names[row.remote_id]) not in ours
