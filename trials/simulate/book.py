"""Whose each fact is, as somebody knows who sees both sides and forgets nothing. The laws are judged by this book.

A fact of a product is a field, its status, a membership or a picture. It is *theirs* from when a person changes it
until the source says the same. It is *loose* when nobody could know from what is written down: after a lost or an old
ledger, or where a person emptied what a killed run may never have filled. Of a loose fact nothing is demanded until
both sides were seen to agree.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sandbox.exchange import Call
from sandbox.micropim.service import MicroPimService
from trials.simulate.source import Source, as_sent, bare, inside, same, wanted

Json = dict[str, Any]
FIELDS = ("name", "description")
FACTS = (*FIELDS, "price", "status", "media", "categories")


class Book:
    """Written by people.py and after each run; read by laws.py."""

    def __init__(self, pim: MicroPimService, source: Source) -> None:
        self._pim, self._source = pim, source
        self.made: dict[str, list[int]] = {}  # products of MicroPIM by the code for which they were made
        self.categories: dict[str, list[int]] = {}  # categories of MicroPIM by that of the source
        self.places: dict[str, set[int]] = {}  # the same, with those that a run without that memory made again
        self.typed: dict[tuple[int, str], Any] = {}  # (product, field): what a person wrote there, None for emptied
        self.in_line: dict[tuple[int, str], Any] = {}  # what a person wrote there before, by whom both sides agree now
        self.forgotten: set[tuple[int, str]] = set()  # typed, and nobody knows of it until the record comes again
        self.loose: set[tuple[int, str]] = set()
        self.seen: dict[tuple[str, str], str] = {}  # (record, field): the source's value that a whole run has seen
        self.sent: dict[tuple[str, str], str] = {}  # (record, field): what went out to a product that was there
        self.typed_late: set[tuple[int, str]] = set()  # (product, field): typed after this run had sent it
        self.given: dict[str, int] = {}  # by record: the update time of the newest version that a run was given
        self.archived, self.revived = set[int](), set[int]()
        self.taken_out: set[tuple[int, int]] = set()
        self.assigned: set[tuple[int, int]] = set()
        self.unseen: set[int] = set()  # products whose creation no run may have seen to its end
        self.removed_pictures: set[tuple[int, str]] = set()
        self.two_wrote = False  # pictures have no name by which two ledgers could agree on them
        self.mistakable: set[int] = set()  # products whose pictures an old ledger must take for those that it knows
        self.gone: set[str] = set()  # codes whose product a person deleted
        self.deleted_categories: set[str] = set()
        self.once_deleted: set[str] = set()  # whatever became of them: one memory has them, another one may not
        self.loose_categories: set[str] = set()  # may be made again: only a lost memory knew which one it was
        # Categories made since a run came to its end, and records that earlier runs refused: both wait for a run.
        self.unlinked, self.waiting = set[str](), set[str]()
        # Records of a lost ledger: of whose product the new one knows nothing; that may have waited there as rejects;
        # categories of which it knows nothing.
        self.unmet, self.unsent, self.unmet_categories = set[str](), set[str](), set[str]()
        self.other_sku: set[str] = set()  # codes whose product has another SKU by hand
        self.shared: int | None = None  # the product of which two records have the EAN
        self.foreign: dict[int, Json] = {}  # products that people made, as they left them
        self.is_settled = True  # whether the last run came to its end undisturbed, so that nothing is in between
        pim.on_committed(self._committed)

    def _committed(self, call: Call) -> None:
        """Something was made: for which record is known by what was sent, whatever is stored or answered."""
        if call.method == "PATCH" and isinstance(call.body, dict) and call.path.startswith("/api/products/"):
            key = self.record_of(int(call.path.rpartition("/")[2]))
            self.sent |= {(str(key), field): call.body[field] for field in FIELDS if field in call.body}
        if call.method != "POST" or not isinstance(call.body, dict):
            return
        if call.path == "/api/products":
            self.made.setdefault(str(call.body["sku"]), []).append(number := next(reversed(self._pim.products)))
            self.unseen.add(number)
            key = self._source.owner(str(call.body["sku"]))
            if key in self.unmet and self._source.products[key]["status"] != "active":
                self.loosen(number, *FACTS)  # a reject of an old ledger, which knows nothing of what came since
        elif call.path == "/api/categories":
            key, number = self._source.name_of.get(bare(call.body["name"]), ""), next(reversed(self._pim.categories))
            known = [] if key in self.loose_categories else self.categories.get(key, [])
            self.categories[key] = [*known, number]
            self.places.setdefault(key, set()).add(number)
            self.unlinked.add(key)

    # Looking up

    def products_of(self, key: str) -> list[Json]:
        """The products that were made for a record and are still there."""
        there = (self._pim.products.get(number) for number in self.numbers_of(key))
        return [product for product in there if product is not None]

    def numbers_of(self, key: str) -> list[int]:
        """Their ids, also of those that are gone."""
        return self.made.get(self._source.products[key]["cnk"], [])

    def record_of(self, number: int) -> str | None:
        """The record that has the code of a product."""
        return next((self._source.owner(code) for code, numbers in self.made.items() if number in numbers), None)

    def is_nobodys(self, number: int) -> bool:
        """Whether no record of the source is judged by this product."""
        return number in self.foreign or number == self.shared

    def is_open(self, number: int, field: str) -> bool:
        """Whether nothing is demanded of this fact but that it stays, or nothing at all."""
        return (number, field) in self.typed or (number, field) in self.loose

    def is_given(self, record: Json) -> bool:
        """Whether an earlier run was given this version of a record, or a newer one."""
        version: int = record["meta"]["updatedAt"]
        return version <= self.given.get(record["id"], 0)

    def is_remembered(self, number: int) -> bool:
        """Whether the ledger knows what was put there: after a loss, once the record has come as an active one."""
        key = self.record_of(number)
        return self.is_settled and (key is None or self.unmet.isdisjoint(self._source.line_of(key)))

    def was_told(self, key: str, field: str, shown: Any) -> bool:
        """Whether a question showed this before a person brought the field in line, and no run has looked since.

        An open question is told by every run as it was seen last (docs/ownership.md), also by one whose look failed.
        """
        facts = [(number, field) for number in self.numbers_of(key)]
        return any(fact in self.in_line and same(self.in_line[fact], shown) for fact in facts)

    # Writing

    def loosen(self, number: int, *facts: str) -> None:
        """Nobody can know any more whose these are."""
        self.loose |= {(number, fact) for fact in facts}

    def loosen_all(self) -> None:
        """The memory is gone, or an older one is back. What was typed stands; what only it could know is lost."""
        for number in self._pim.products:
            self.loosen(number, *FACTS)
        self.typed = {fact: value for fact, value in self.typed.items() if value is not None}
        self.forgotten = set(self.typed)
        for forgotten in (self.taken_out, self.removed_pictures, self.deleted_categories, self.revived, self.assigned):
            forgotten.clear()
        self.loose_categories = set(self._source.categories)
        self.unsent, self.unmet = set(self._source.products), set(self._source.products)
        self.unmet_categories = set(self._source.categories)
        self.waiting.clear()
        self.is_settled = False

    def doubt_pictures(self, known: Iterable[tuple[str, str, int]]) -> None:
        """An older ledger is back, with these pictures: record, address, and how many were there before it was sent.

        A picture has no name in MicroPIM, so a ledger can only count. Where no more show than it knows, also of one
        whose sending was cut off, nobody could know that another one is among them.
        """
        by_record: dict[str, list[tuple[str, int]]] = {}
        for key, url, before in known:
            by_record.setdefault(key, []).append((url, before))
        for key, rows in by_record.items():
            accounted = max(len(rows), *(before + 1 for _url, before in rows))
            for product in self.products_of(key):
                there = [item["file_url"] for item in product["_media"]]
                if len(there) <= accounted and not {url for url, _before in rows}.issuperset(there):
                    self.mistakable.add(product["id"])

    def type(self, number: int, field: str, value: Any) -> None:
        """A person wrote this. What the source already said, and the writer saw it say, is agreed at once."""
        key = self.record_of(number)
        is_source = key is not None and field in FIELDS and same(wanted(self._source.products[key])[field], value)
        agreed = is_source and same(self.seen.get((str(key), field)), value)
        was_open = self.is_open(number, field)
        before = self.typed.pop((number, field), None)
        self.in_line.pop((number, field), None)
        if agreed and before is not None:
            self.in_line[number, field] = before
        if value is None and was_open:  # their own value, which ours never was: there is room again
            self.loosen(number, field)
        elif (is_source or value is None) and not (self.is_settled and agreed is is_source):
            self.loosen(number, field)  # whether the writer knows by now that the source says so
        elif not agreed:
            self.typed[number, field] = value
            if before is None and (str(key), field) in self.sent:
                self.typed_late.add((number, field))

    def leave_category(self, number: int) -> None:
        """A product is out of a category.

        While nobody has seen the end of its creation, and it shows no category that it was made with, nobody can tell
        whether it was put into any (docs/ownership.md).
        """
        left = {(number, category) for category in self._pim.products[number]["category_ids"]}
        if number in self.unseen and left <= self.assigned:
            self.loosen(number, "categories")
            self.taken_out -= {fact for fact in self.taken_out if fact[0] == number}

    def adopt(self, key: str, product: Json) -> None:
        """The shop had it before: what stands there is a person's, and of all else nobody knows."""
        self.made[self._source.products[key]["cnk"]] = [product["id"]]
        self.loosen(product["id"], *FACTS)
        for field in FIELDS:
            self.typed[product["id"], field] = product[field]

    def delete(self, number: int) -> None:
        """A person deleted a product for good; its id may be given to another one."""
        for code, numbers in self.made.items():
            if number in numbers:
                numbers.remove(number)
                self.gone.add(code)
        for facts in (self.loose, self.taken_out, self.assigned, self.removed_pictures):
            facts -= {fact for fact in facts if fact[0] == number}
        for values in (self.typed, self.in_line):
            for fact in [fact for fact in values if fact[0] == number]:
                del values[fact]
        self.archived.discard(number)
        self.revived.discard(number)
        self.foreign.pop(number, None)

    def see_sent(self, *, is_finished: bool) -> set[tuple[str, str]]:
        """What a run has sent it has seen, also of a reject that it took again; unless it ended early. What it was."""
        sent = set(self.sent)
        if is_finished:
            self.seen |= self.sent
            self.unseen = {number for number in self.unseen if self.record_of(number) in self.waiting}
        self.sent.clear()
        self.typed_late.clear()
        return sent

    def settle(
        self, delivered: list[Json], rejected: set[str], sent: Collection[tuple[str, str]] = (), *, is_whole: bool
    ) -> None:
        """After a run, which ``sent`` these fields: where both sides show the same, they agree, if it has seen it."""
        for record in delivered:
            key = record["id"]
            self.given[key] = max(self.given.get(key, 0), record["meta"]["updatedAt"])
            if key in rejected or self._source.owner(record["cnk"]) != key or record is not self._newest(record):
                continue
            if is_whole:
                self.unsent.discard(key)
                self.unmet -= self._source.line_of(key) if record["status"] == "active" else set()
            for product in self.products_of(key):
                self._agree_on_places(record, product["id"], is_whole=is_whole)
                self.forgotten -= {(product["id"], field) for field in FIELDS}
                self._agree(record, product, sent, is_whole=is_whole)
            for field, value in wanted(record).items() if record["status"] == "active" else ():
                if is_whole or any(same(product[field], value) for product in self.products_of(key)):
                    self.seen[key, field] = value
        if is_whole:
            self.loose_categories.clear()
            self.in_line.clear()

    def _agree_on_places(self, record: Json, number: int, *, is_whole: bool) -> None:
        """The source has left a category as well that a person took the product out of: what it says next is new."""
        wanted_in = {one for category in inside(record) for one in self.places.get(category, ())}
        agreed = {one for one in self.taken_out if one[0] == number and one[1] not in wanted_in}
        self.taken_out -= agreed
        if agreed and not is_whole:
            self.loosen(number, "categories")

    def _newest(self, record: Json) -> Json | None:
        newest = self._source.products[record["id"]]
        return record if record["meta"]["updatedAt"] == newest["meta"]["updatedAt"] else None

    def _agree(self, record: Json, product: Json, sent: Collection[tuple[str, str]], *, is_whole: bool) -> None:
        """A text in another form than the one that goes out looks like agreement to a reader alone.

        Without the memory of what MicroPIM made of it, it may as well be a person's, who changed its spaces.
        """
        is_compared = record["status"] == "active" and product["status"] != "archived"
        for field, value in wanted(record).items() if is_compared else ():
            if same(product[field], value):
                fact = (product["id"], field)
                if is_whole:
                    self.typed.pop(fact, None)
                    if product[field] == as_sent(field, value) or (record["id"], field) in sent:
                        self.loose.discard(fact)
                elif self.typed.pop(fact, None):
                    self.loose.add(fact)
        self._agree_on_status(record, product["id"], is_archived=product["status"] == "archived")

    def agree_on_archives(self, delivered: Iterable[Json]) -> None:
        """An inactive record finds a product in the archive, and nobody knows by now who put it there.

        Both sides agree, so it counts as ours (docs/ownership.md): a successor that the same run brings goes on with
        it, and takes it out.
        """
        for record in delivered:
            if record["status"] != "active":
                numbers = self.made.get(record["cnk"], ())
                self.archived -= {number for number in numbers if (number, "status") in self.loose}

    def _agree_on_status(self, record: Json, number: int, *, is_archived: bool) -> None:
        is_active = record["status"] == "active"
        if is_active == is_archived:
            return
        if number in (self.revived if is_active else self.archived):
            self.loosen(number, "status")
        self.revived.discard(number)
        if not is_active:
            self.archived.discard(number)

    # All that people own and must find as they left it

    def edits(self) -> Iterator[tuple[int, str, Any]]:
        """What people wrote, of products that are there."""
        for (number, field), value in self.typed.items():
            if number in self._pim.products:
                yield number, field, value
