"""The category tree: parents first, identity = path (parent, name), never by name alone.

See docs/api/micropim.md#category-identity and docs/api/micropim.md#category-rename.

What exists is never deleted, and renamed or moved only when asked to. Two source categories with one path become one.
Renaming and moving goes only by update_categories (docs/api/micropim.md#category-rename). What people deleted is not
made again, and what they renamed or moved stays.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pim_wire.errors import AccessDenied, InvalidSettings, StrangeAnswer
from pim_wire.wire import Tries
from target_micropim.api.client import remote_id
from target_micropim.api.payloads import check_payload
from target_micropim.api.tree import Tree
from target_micropim.catalog.category_order import CategoryOrder
from target_micropim.catalog.category_reader import TOP, CategoryReader
from target_micropim.catalog.category_strangers import strangers
from target_micropim.catalog.category_twins import CategoryTwins, Twin, question
from target_micropim.catalog.category_updates import STREAM, CategoryUpdater, differences, question_of
from target_micropim.errors import Reason, RecordRejected, RequestRefused
from target_micropim.ledger import CategoryRow
from target_micropim.mapping.characters import folded
from target_micropim.mapping.desired import DesiredCategory
from target_micropim.mapping.native_categories import OWN
from target_micropim.plan.ownership import EXISTENCE, LIVE
from target_micropim.plan.question import Question
from target_micropim.report.run_report import Row
from target_micropim.services import Services

_DELETED = ("conflicts", "was deleted in MicroPIM by hand: it is not made again")
_GIVEN_AGAIN = ("conflicts", "was deleted in MicroPIM by hand, and its id is another one now: it is not made again")
_PARENT_DELETED = ("conflicts", "its parent was deleted in MicroPIM by hand: it is not made")
MAX_POSTS = 6


@dataclass(frozen=True)
class PendingCategory:
    """A category that waits for its parent, with the ticket of its record."""

    desired: DesiredCategory
    ticket: int
    record: dict[str, Any]


class Categories:
    """Knows which MicroPIM category each external one is; makes those that are missing."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._client = services.client
        self._post_once = services.post_once
        self._ledger = services.ledger
        self._asked = services.settings.locales[0]
        self._max_depth = services.settings.max_category_depth
        path = services.settings.category_root or ""
        self._root_names = [name for part in path.split(">") if (name := part.strip())]
        self._updater = CategoryUpdater(services) if services.settings.update_categories else None
        self._order = CategoryOrder(services) if self._updater else None
        self._twins = CategoryTwins()
        self._reader = CategoryReader(services)
        self._tree: Tree | None = None
        self._root: int | None = None
        self._report = services.report
        self._known: dict[str, CategoryRow] = {}
        self._gone: dict[str, CategoryRow] = {}
        self._given_again = frozenset[str]()  # of those that are gone, whose id is another category now
        self._waiting: dict[str, list[PendingCategory]] = {}
        self._made: set[str] = set()
        self._unknown: dict[str, RecordRejected] = {}  # a run was cut off while it made these, and they may show later
        self.asked: set[str] = set()  # those of which a person has something to decide
        self.has_own_stream = False  # of native records; threads read it

    def ready(self) -> None:
        """Read the tree and the ledger once; what MicroPIM no longer has was deleted by a person. Raises StopRun."""
        if self._tree is not None:
            return
        rows = self._ledger.categories()
        self._reader.expect(rows.values())
        self._tree = self._reader.read()
        self._given_again = strangers(self._services, self._tree, rows)
        is_there = self._tree.names.keys()
        self._known = {
            key: row for key, row in rows.items() if row.remote_id in is_there and key not in self._given_again
        }
        self._gone = {key: row for key, row in rows.items() if key not in self._known}
        self._note_what_shows(self._known)
        self.has_own_stream = self.has_own_stream or any(key.startswith(OWN) for key in rows)
        for key, row in self._known.items():
            self._twins.shares(key, row.remote_id)
        self._take_over()
        self._forget_deletions()
        self._root = self._root_in(self._tree, makes=bool(self._known) or not rows)

    def _root_in(self, tree: Tree, *, makes: bool) -> int | None:
        """The configured root; one that a person has deleted with all in it is made when something is to stand in it.

        Raises InvalidSettings where it cannot be told or made.
        """
        number: int | None = None
        try:
            for name in self._root_names:
                number = self._place(name, "", number)[0] if makes else self._one(tree, number, name)
                if number is None:
                    break
        except RecordRejected as error:
            raise InvalidSettings(f"category_root {' > '.join(self._root_names)}: {error}") from None
        return number

    def _take_over(self) -> None:
        """What a killed run was making is ours if it is there, whatever name the source has for it now."""
        announced = self._reader.announced()
        if self._tree is None or announced is None or announced[0] in self._known:
            return
        external_id, parent, name = announced
        try:
            tree = self._tree = self._reader.wait_for_announced(self._tree)
        except RecordRejected as unknown:
            if external_id is None:
                what = f"Whether {name} of category_root was made by a run that was cut off is not known yet"
                raise StrangeAnswer(f"{what}: start again in two minutes, or raise max_wait_seconds") from None
            self._unknown[external_id] = unknown
            return
        matches = tree.find(parent, name)
        if external_id is not None and len(matches) == 1:
            self._note(external_id, _as_shown(tree, matches[0], name))
            self._is_new(matches[0])

    def _forget_deletions(self) -> None:
        """A category that a person had deleted is there again: nothing is to be decided of it any more."""
        for asked in self._ledger.questions() if self._ledger.has_questions() else ():
            if asked.stream == STREAM and asked.fact == EXISTENCE and asked.external_id in self._known:
                self._ledger.ask(STREAM, asked.external_id, [])

    def _note(self, external_id: str, row: CategoryRow) -> None:
        """The category is this one, and this is ours of it."""
        self._gone.pop(external_id, None)
        self._twins.shares(external_id, row.remote_id)
        if self._known.get(external_id) != row:
            self._known[external_id] = row
            self._ledger.remember_category(external_id, row)

    def ids(self, external: tuple[str, ...]) -> dict[str, int]:
        """Those of the external ids that have their category, in their order."""
        if self._tree is None:
            self.ready()
        if not external:
            return {}
        return {key: self._known[key].remote_id for key in external if key in self._known}

    def exists(self, number: int) -> bool:
        """Whether MicroPIM has a category of this id."""
        return self._tree is not None and number in self._tree.names

    def is_gone(self, external_id: str) -> bool:
        """Whether a person has deleted this category in MicroPIM."""
        return external_id in self._gone

    def path(self, number: int) -> str:
        """Names from the top, for people."""
        return self._tree.path(number) if self._tree is not None else str(number)

    @property
    def has_root(self) -> bool:
        """Whether the source has a part of the tree to itself."""
        return bool(self._root_names)

    def managed(self) -> frozenset[int]:
        """The ids under the configured root, or all that the ledger knows when there is no root."""
        self.ready()
        if self._tree is not None and self.has_root:
            return self._tree.below(self._root) if self._root is not None else frozenset()
        return frozenset(row.remote_id for row in self._known.values())

    def must_wait(self, pending: PendingCategory) -> bool:
        """Keep a category whose parent has not come yet; whether it was kept."""
        self.ready()
        parent = pending.desired.parent
        if parent is None or parent in self._known or parent in self._gone:
            return False
        self._waiting.setdefault(parent, []).append(pending)
        return True

    def place(self, desired: DesiredCategory) -> str:
        """Find or make one category whose parent is dealt with; the action. Raises RecordRejected."""
        self.ready()
        self._tell_of_language(desired)
        self._know_by_earlier_key(desired)
        tree = self._tree or Tree()
        if desired.parent in self._gone and desired.external_id not in self._known:
            return self._left_out(desired, _PARENT_DELETED)
        if desired.parent is None and desired.external_id not in self._gone and self._root is None:
            self._root = self._root_in(tree, makes=True)
        parent = self._root if desired.parent is None else self._parent_id(desired.parent)
        if self.has_root and parent is None and desired.external_id in self._gone:
            return self._left_out(desired, self._deleted(desired))  # its root was deleted with it
        if desired.external_id in self._known:
            return self._keep_up(tree, desired, parent)
        if desired.external_id in self._unknown:
            raise self._unknown[desired.external_id]
        if desired.external_id in self._gone and not tree.find(parent, desired.name):
            return self._left_out(desired, self._deleted(desired))
        return self._find_or_make(desired, parent)

    def _find_or_make(self, desired: DesiredCategory, parent: int | None) -> str:
        """One of which nothing is known so far; the action."""
        number, made = self._place(desired.name, desired.description, parent, desired.external_id)
        row = _as_shown(self._tree or Tree(), number, desired.name)
        if made:
            row = replace(row, made_at=self._ledger.now())
            self._reader.made(row)
        self._note(desired.external_id, row)
        if self._order is not None:
            self._order.has_order(number, desired.order)
        if made:
            self._made.add(desired.external_id)
            self._is_new(number)
        self._ledger.ask(STREAM, desired.external_id, [])
        return "created" if made else "unchanged"

    def _deleted(self, desired: DesiredCategory) -> tuple[str, str]:
        return _GIVEN_AGAIN if desired.external_id in self._given_again else _DELETED

    def _know_by_earlier_key(self, desired: DesiredCategory) -> None:
        """Earlier releases knew a native category by its bare id; where the name is the same it is the same one."""
        key, earlier = desired.external_id, desired.external_id.removeprefix(OWN)
        if earlier == key or key in self._known or key in self._gone:
            return
        for rows in (self._known, self._gone):
            row = rows.get(earlier)
            if row is not None and desired.name in {row.name, row.handled}:
                rows[key] = rows.pop(earlier)
                self._twins.is_now(earlier, key, row.remote_id)
                self._ledger.rename_category(earlier, key)

    def _tell_of_language(self, desired: DesiredCategory) -> None:
        if desired.other_language:
            row = Row(STREAM, desired.external_id, None, "", field="category name")
            self._report.text_language(row, desired.other_language, self._asked)

    def _parent_id(self, external_id: str) -> int | None:
        """The id of a parent; where it was deleted, its child stays where it is."""
        row = self._known.get(external_id)
        return row.remote_id if row is not None else None

    def _keep_up(self, tree: Tree, desired: DesiredCategory, parent: int | None) -> str:
        """What is there already: its name and place follow the source where that was asked for and they are ours."""
        known = self._known[desired.external_id]
        if self._order is not None:
            self._order.has_order(known.remote_id, desired.order)
        if self._updater and self._twins.is_shared(known.remote_id) and desired.parent not in self._gone:
            self._twins.came(known.remote_id, Twin(desired, parent))
            return "unchanged"
        self._follow(tree, desired, parent)
        return "unchanged"

    def _follow(self, tree: Tree, desired: DesiredCategory, parent: int | None) -> None:
        """Bring a category in line with the source, or ask; note what is ours of it. Raises RecordRejected."""
        known = self._known[desired.external_id]
        sent = (False, False)
        if any(differences(tree, known, desired, parent)) and self._updater and desired.parent not in self._gone:
            before = tree.names[known.remote_id]
            sent, questions = self._update(self._updater, known, desired, parent)
            self._ask(desired, questions)
            if any(sent):
                tree = self._tree = self._reader.read()
                sent = (sent[0] and _took(before, tree.names.get(known.remote_id), desired.name), sent[1])
        if known.remote_id in tree.names:
            self._note(desired.external_id, _what_is_ours(tree, known, desired.name, parent, sent))

    def _ask(self, desired: DesiredCategory, questions: list[Question]) -> None:
        for one in self._ledger.ask(STREAM, desired.external_id, questions):
            self.asked.add(desired.external_id)
            self._report.ask(one)

    def finish(self) -> None:
        """Every category has come: see to those that share one, and to the order of those that were made."""
        for number, twins, agree in self._twins.take():
            tree = self._tree or Tree()
            if number not in tree.names:
                continue  # deleted meanwhile: the next run tells
            open_ones = [twin for twin in twins if self._differs(tree, number, twin)]
            if agree and open_ones:
                self._move_twins(tree, number, twins)
                continue
            for twin in twins:
                asked = question(twin, twins, tree.path(number)) if twin in open_ones else None
                self._ask(twin.desired, [asked] if asked else [])
        if self._order is not None:
            self._order.arrange(self._reader.read)

    def _differs(self, tree: Tree, number: int, twin: Twin) -> bool:
        """Whether one of those that share a category wants another name, as people see it, or another place."""
        named, placed = differences(tree, self._known[twin.desired.external_id], twin.desired, twin.parent)
        return placed or (named and folded(tree.names[number]) != folded(twin.desired.name))

    def _move_twins(self, tree: Tree, number: int, twins: list[Twin]) -> None:
        """All that share a category want the same: it follows, for all of them."""
        first = twins[0].desired
        try:
            self._follow(tree, first, twins[0].parent)
        except RecordRejected as error:
            self._report.add("warnings", Row(STREAM, first.external_id, None, str(error)))
            return
        now, ours = self._tree or tree, self._known[first.external_id]
        if number in now.names and not self._differs(now, number, twins[0]):
            for twin in twins:
                self._note(twin.desired.external_id, replace(ours, handled=twin.desired.name))

    def _is_new(self, number: int) -> None:
        if self._order is not None:
            self._order.made(number)

    def _update(
        self, updater: CategoryUpdater, known: CategoryRow, desired: DesiredCategory, parent: int | None
    ) -> tuple[tuple[bool, bool], list[Question]]:
        """The tree is read again behind every wait: a person may have renamed or moved it meanwhile."""

        def update(tries: Tries) -> tuple[tuple[bool, bool], list[Question]]:
            tree = self._tree = self._reader.read()
            if known.remote_id not in tree.names:
                return (False, False), [question_of(desired, EXISTENCE, _DELETED, LIVE, None)]
            return updater.update(tree, known, desired, parent, tries)

        return self._client.look_and_write(update)

    def _left_out(self, desired: DesiredCategory, problem: tuple[str, str]) -> str:
        kind, reason = problem
        named = question_of(desired, EXISTENCE, (kind, f"{desired.name}: {reason}"), LIVE, None)
        self._ask(desired, [named])
        self._gone.setdefault(desired.external_id, CategoryRow(0))
        return "skipped"

    def freed_by(self, external_id: str) -> list[PendingCategory]:
        """The categories that waited for this one."""
        return self._waiting.pop(external_id, [])

    def orphans(self) -> Iterator[PendingCategory]:
        """Those whose parent never came, at the end of the input."""
        waiting, self._waiting = self._waiting, {}
        for children in waiting.values():
            yield from children

    def look_at_what_was_made(self) -> None:
        """One look at the end shows whether they show, and in which form their names are stored.

        Without it the next run sees. Raises StopRun where that one would compare the names.
        """
        if not self._made:
            return
        try:
            tree = self._tree = self._reader.read()
        except StrangeAnswer:
            if self._updater is not None:
                raise
            return
        for key in sorted(self._made):
            known = self._known[key]
            if known.remote_id in tree.names:
                self._note(key, replace(known, name=tree.names[known.remote_id]))
        self._note_what_shows(sorted(self._made))
        self._made.clear()

    def _note_what_shows(self, keys: Iterable[str]) -> None:
        """What has shown once and is not there any more was deleted, however short a time ago it was made."""
        for key in list(keys):
            row = self._known[key]
            if row.made_at is not None and not self._reader.is_hidden(row.remote_id):
                self._note(key, replace(row, made_at=None))

    def _place(
        self, name: str, description: str, parent: int | None, external_id: str | None = None
    ) -> tuple[int, bool]:
        tree = self._tree or Tree()
        if (number := self._one(tree, parent, name)) is not None:
            return number, False
        self._check_depth(tree, parent, name)
        payload: dict[str, Any] = {"name": name, "parent_id": parent}
        if description:
            payload["description"] = description
        check_payload("category", payload)
        self._reader.announce(external_id, parent, name)
        try:
            number, shown = self._create(payload)
        except (RequestRefused, AccessDenied):
            self._reader.unannounce()
            raise
        self._reader.note_shown_after(number)
        if external_id is None:
            self._reader.made_root(number, name, parent)
        tree.add(number, name, parent)
        tree.names[number] = shown
        return number, True

    def _create(self, payload: dict[str, Any]) -> tuple[int, str]:
        """POST it, once; its id, and its name in the answer, which is compared with what was sent."""
        names = [str(payload["name"])]

        def post() -> int:
            answer = self._client.create_category(payload)
            number = remote_id(answer, "POST category")
            names.append(shown := str(answer.get("name") or payload["name"]))
            if shown != payload["name"]:
                what = f"the category {payload['name']} was stored as {shown}: a lost ledger could not find it again"
                self._report.add("manual_actions", Row(STREAM, "", None, what))
            return number

        number = self._post_once.post(
            post=post,
            look=lambda: self._one(self._reader.read(), payload["parent_id"], payload["name"]),
            attempts=MAX_POSTS,
        )
        return number, names[-1]

    @staticmethod
    def _one(tree: Tree, parent: int | None, name: str) -> int | None:
        matches = tree.find(parent, name)
        if len(matches) > 1:
            path = tree.path(matches[0])
            raise RecordRejected("recognise", [Reason("name", f"MicroPIM has {len(matches)} categories at {path}")])
        return matches[0] if matches else None

    def _check_depth(self, tree: Tree, parent: int | None, name: str) -> None:
        if tree.depth_below(parent, self._max_depth) > self._max_depth:
            message = f"{name} would be more than {self._max_depth} levels deep (max_category_depth)"
            raise RecordRejected("plan", [Reason("parent", message)])


def _as_shown(tree: Tree, number: int, handled: str) -> CategoryRow:
    """Name and place as they are now are ours."""
    return CategoryRow(number, tree.names[number], tree.parents[number] or TOP, handled)


def _took(before: str, shown: str | None, wanted: str) -> bool:
    """Whether a new name was taken, in whatever form."""
    return shown is not None and (shown != before or folded(shown) == folded(wanted))


def _what_is_ours(
    tree: Tree, known: CategoryRow, name: str, parent: int | None, sent: tuple[bool, bool]
) -> CategoryRow:
    """What is shown after a write, or at which both sides agree, is ours; what a person did to the other is not."""
    now = replace(_as_shown(tree, known.remote_id, name), made_at=known.made_at)
    if not sent[0] and now.name != name:
        now = replace(now, name=known.name, handled=known.handled)
    return now if sent[1] or tree.parents[known.remote_id] == parent else replace(now, parent_id=known.parent_id)
