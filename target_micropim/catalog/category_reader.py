"""The category tree as it is now, with what was made so short a time ago that it need not show yet.

See docs/api/micropim.md#shown-late. Without it a run that begins just after another one would take what that one made
for deleted by hand, or make it a second time.
"""

import json
from collections.abc import Iterable

from pim_wire.errors import StrangeAnswer
from target_micropim.api.post_once import seconds_until_shown
from target_micropim.api.tree import Tree, read_tree
from target_micropim.errors import RecordRejected
from target_micropim.ledger import CategoryRow
from target_micropim.services import Services

TOP = 0  # the parent of a category at the top, in the ledger
IN_CREATION = "category_on_its_way"  # fact of the ledger: the one that is being made, or was made last, and since when
# fact of the ledger: a look that late after a category was sent showed it; empty where it did not
SHOWN_AFTER = "category_shown_after_seconds"
ROOTS = "category_roots_made"  # fact of the ledger: the categories of category_root that were made, which have no row


class CategoryReader:
    """Used from several threads, by one at a time."""

    def __init__(self, services: Services) -> None:
        self._client = services.client
        self._ledger = services.ledger
        self._post_once = services.post_once
        self._made: dict[int, CategoryRow] = {}  # of late, and not seen since

    def expect(self, rows: Iterable[CategoryRow]) -> None:
        """These are in the ledger: what was made a moment ago is there, whether it shows or not."""
        roots = json.loads(self._ledger.fact(ROOTS) or "[]")
        for row in (*(CategoryRow(number, name, parent, made_at=at) for number, name, parent, at in roots), *rows):
            self.made(row)

    def made(self, row: CategoryRow) -> None:
        """This one was made, at ``made_at``."""
        if row.made_at is not None and self._may_hide(row.made_at):
            self._made[row.remote_id] = row

    def made_root(self, number: int, name: str, parent: int | None) -> None:
        """One of ``category_root`` was made."""
        row = CategoryRow(number, name, parent or TOP, made_at=self._ledger.now())
        self.made(row)
        roots = [*json.loads(self._ledger.fact(ROOTS) or "[]"), [number, name, row.parent_id, row.made_at]]
        self._ledger.note(ROOTS, json.dumps([root for root in roots if self._may_hide(root[3])]))

    def read(self) -> Tree:
        """The tree. Raises StopRun: without it every category would look missing."""
        try:
            tree = read_tree(self._client.category_tree())
        except (RecordRejected, ValueError) as error:
            raise StrangeAnswer(f"The category tree of MicroPIM cannot be read: {error}") from None
        for number, row in list(self._made.items()):
            if number in tree.names or not self._may_hide(row.made_at or 0.0):
                del self._made[number]
                self._forget_root(number)
            else:
                tree.add(number, row.name or "", row.parent_id or None)
        return tree

    def is_hidden(self, number: int) -> bool:
        """Whether a category of the tree was made of late and did not show when it was read last."""
        return number in self._made

    def _forget_root(self, number: int) -> None:
        """It showed: when it is not there any more, somebody has deleted it."""
        roots = json.loads(self._ledger.fact(ROOTS) or "[]")
        if any(root[0] == number for root in roots):
            self._ledger.note(ROOTS, json.dumps([root for root in roots if root[0] != number]))

    def announce(self, external_id: str | None, parent: int | None, name: str) -> None:
        """A category is about to be made; None is the external id of one of ``category_root``."""
        self._ledger.note(IN_CREATION, json.dumps([external_id, parent, name, self._ledger.now()]))

    def note_shown_after(self, number: int) -> None:
        """The one that was announced was made: the first of all says how soon one shows."""
        if self._ledger.fact(SHOWN_AFTER) is None:
            *_category, since = json.loads(self._ledger.fact(IN_CREATION) or "[0]")
            try:
                is_shown = number in self.read().names
            except StrangeAnswer:
                return  # the next one says it
            self._ledger.note(SHOWN_AFTER, str(self._ledger.now() - since) if is_shown else "")

    def unannounce(self) -> None:
        """MicroPIM has refused it."""
        self._ledger.note(IN_CREATION, "")

    def announced(self) -> tuple[str | None, int | None, str] | None:
        """The category that was announced last."""
        external_id, parent, name, *_since = json.loads(self._ledger.fact(IN_CREATION) or "[null, null, null]")
        return None if name is None else (external_id, parent, name)

    def wait_for_announced(self, tree: Tree) -> Tree:
        """The tree, once the category that a run was making shows there, or would show.

        That run was cut off, so nobody knows whether it was made. Raises RecordRejected when it would take more than
        the longest wait to know.
        """
        _external_id, parent, name, *since = json.loads(self._ledger.fact(IN_CREATION) or "[null, null, null]")
        seconds = self._seconds_until_shown() - max(0.0, self._ledger.now() - (since[0] if since else 0.0))
        if tree.find(parent, name) or seconds <= 0:
            return tree

        def look() -> Tree | None:
            now = self.read()
            return now if now.find(parent, name) else None

        return self._post_once.look_for(look, seconds) or tree

    def _may_hide(self, made_at: float) -> bool:
        return self._ledger.now() - made_at < self._seconds_until_shown()

    def _seconds_until_shown(self) -> float:
        seen = self._ledger.fact(SHOWN_AFTER)
        return seconds_until_shown(float(seen) if seen else None)
