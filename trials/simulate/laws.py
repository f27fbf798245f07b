"""The laws, checked after each night and at the end. A broken one is a name and what is wrong, in one line."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.micropim.options import MicroPimOptions
from sandbox.micropim.service import MicroPimService
from trials.simulate.book import FIELDS, Book
from trials.simulate.people import picture_key
from trials.simulate.process import Ended, Message, Process
from trials.simulate.reading import Medipim
from trials.simulate.source import Source, inside, photo_keys, same, wanted

Json = dict[str, Any]
PLAIN = MicroPimOptions()


MARK_OF_A_PAGE = "Not here"  # stands in a page of a proxy, which is nobody's answer
# worlds in which a value of ours may look like nobody's
OTHER_FORMS = ("text_forms", "patch_kept", "answers", "normalise_text", "text_limit", "translations")


@dataclass(frozen=True)
class Broken:
    """A law that did not hold."""

    law: str
    what: str

    def __str__(self) -> str:
        return f"{self.law}: {self.what}"


@dataclass
class Night:
    """What went in, and what came out."""

    messages: list[Message]
    ended: Ended
    is_disturbed: bool
    patch_kept: str = "at_once"  # how MicroPIM took changes in it


class Laws:
    """Judges one world."""

    def __init__(self, book: Book, pim: MicroPimService, source: Source) -> None:
        self._book, self._pim, self._source = book, pim, source
        self._doubles_told: set[str] = set()  # codes: a successor goes on with the double of its predecessor
        self._of_second: list[Broken] = []
        self._shut_out: list[tuple[Process, int]] = []
        self._took_again = False  # whether rejects of an earlier night were waiting for the last one
        self._is_cut_off = False  # whether the last run did not come to its end
        self._refused: set[str] = set()  # records that are rejects after the last night

    # When

    def after_night(self, night: Night) -> list[Broken]:
        """What holds after each night, however it went."""
        checks: tuple[Callable[[Night], Iterator[Broken]], ...] = (
            self._nothing_unexpected,
            self._nothing_twice,
            self._people_are_respected,
            self._state_is_safe,
            self._counts_add_up,
            self._nobody_is_blamed,
            self._hand_edits_are_told,
        )
        broken, self._of_second = self._of_second, []
        self._took_again, self._is_cut_off = bool(self._book.waiting), night.ended.how != "finished"
        self._refused = {str(row["external_id"]) for row in night.ended.rejects}
        if night.ended.how == "finished":
            if not night.is_disturbed:  # else a look that it takes to link them may have failed
                self._book.unlinked.clear()
            self._book.unmet_categories -= {record["id"] for stream, record in night.messages if stream == "categories"}
        else:
            self._refused |= self._book.waiting
        for check in checks:
            broken += check(night)
        return broken

    def after_calm(self, words: str, night: Night, *, must_be_still: bool) -> list[Broken]:
        """What holds after nights in which nothing went wrong."""
        broken = []
        if night.ended.how != "finished":
            broken.append(Broken("calm night fails", str(night.ended.failure)))
        tries_again = self._took_again or night.ended.rejects
        if must_be_still and night.ended.writes and not tries_again:
            broken.append(Broken("not still", f"writes again: {night.ended.writes[:4]}"))
        if words != "calm":
            broken += self._doubles_are_told()
            broken += self._has_one_owner(night)
        from_start = words.startswith("from the start")
        for key in self._source.owners():
            record = self._source.products[key]
            may_wait = words == "calm" and key in self._book.unsent
            if not may_wait and not night.ended.names(key):
                found = self._is_in(key, record, " for good" if from_start else "")
                broken += [one for one in found if words != "calm" or not one.law.startswith("picture")]
        return broken

    def after_reading(self, messages: list[Message], medipim: Medipim, *, is_calm: bool) -> list[Broken]:
        """No bookmark of the tap passes what was not read, and a run of it ends well when nothing is wrong."""
        broken = []
        if is_calm and medipim.failure is not None:
            broken.append(Broken("calm night fails", f"the tap: {medipim.failure}"))
        for stream, content in messages:
            if not stream and (unread := medipim.unread(content["at"])):
                broken.append(Broken("bookmark passed", f"{content['at']} is past what was never read: {unread}"))
        return broken[:1]

    def second_has_ended(self, what: str, ended: Ended, first: Process) -> None:
        """Two processes with one ledger: the second is refused while the first lives; else the first is shut out."""
        is_over = ended.how == "finished"
        if what == "second writer, same ledger" and is_over:
            self._of_second.append(Broken("two writers", "a second run with the same ledger was let in"))
        if what == "stands still" and is_over:
            self._shut_out.append((first, len(first.writes)))
        self._hear_of_doubles(ended)

    def _hear_of_doubles(self, ended: Ended) -> None:
        products = self._source.products
        self._doubles_told |= {record["cnk"] for key, record in products.items() if ended.names(key)}

    # Which

    def _nothing_unexpected(self, night: Night) -> Iterator[Broken]:
        for row in night.ended.rejects:
            if row["stage"] == "internal":
                yield Broken("internal failure", f"{row['external_id']}: {row['reason']}")
            if MARK_OF_A_PAGE in str(row["said"]):
                yield Broken("page believed", f"{row['external_id']}: {row['reason']}")
        for first, before in self._shut_out:
            if more := first.writes[before:]:
                yield Broken("two writers", f"another run has taken the ledger over, and this one goes on: {more[:3]}")
        self._shut_out.clear()

    def _nothing_twice(self, night: Night) -> Iterator[Broken]:
        self._hear_of_doubles(night.ended)
        for key in self._source.owners():
            there = [product["id"] for product in self._book.products_of(key)]
            if len(there) > 1 and not (self._is_renumbered(key) or self._book.two_wrote):
                yield Broken("double product", f"{key} is {there}")
        for key, numbers in self._book.categories.items():
            there = [number for number in numbers if number in self._pim.categories]
            if len(there) > 1:
                yield Broken("double category", f"{key} is {there}")
        for product in self._pim.products.values():
            urls = Counter(item["file_url"] for item in product["_media"] if item["shows_at"] is not None)
            twice = [url for url, number in urls.items() if number > 1]
            if twice and not self._book.two_wrote and product["id"] not in self._book.mistakable:
                yield Broken("double picture", f"{product['sku']} has {twice} twice")

    def _is_renumbered(self, key: str) -> bool:
        """Whether a person gave its product another SKU."""
        return self._source.products[key]["cnk"] in self._book.other_sku

    def _doubles_are_told(self) -> Iterator[Broken]:
        """Of two writers that know nothing of each other no one can prevent it, but each can see it afterwards.

        Where a person has archived all but one, nobody sees it twice.
        """
        for key in self._source.owners():
            is_told = self._source.products[key]["cnk"] in self._doubles_told or self._is_renumbered(key)
            shown = [product for product in self._book.products_of(key) if product["status"] != "archived"]
            if len(shown) > 1 and not is_told:
                yield Broken("double product", f"{key} was made by two writers, and nobody says so")

    def _has_one_owner(self, night: Night) -> Iterator[Broken]:
        """Of two records with the EAN of one product, the second one is refused."""
        twins = [key for key in self._source.twins if not self._book.numbers_of(key)]
        given = {record["id"] for stream, record in night.messages if stream == "products"}
        refused = {str(row["external_id"]) for row in night.ended.rejects}
        if len(twins) > 1 and given.issuperset(twins) and refused.isdisjoint(twins):
            yield Broken("two owners", f"{twins} have the EAN of {self._book.shared}, and none of them is refused")

    def _people_are_respected(self, night: Night) -> Iterator[Broken]:
        self._book.agree_on_archives(record for stream, record in night.messages if stream == "products")
        for number, field, value in self._book.edits():
            product = self._pim.products[number]
            if not same(product[field], value):
                yield Broken("hand edit lost", f"{product['sku']} {field}: {value!r} became {product[field]!r}")
        for number in self._book.archived & self._pim.products.keys():
            if self._pim.products[number]["status"] != "archived":
                yield Broken("hand edit lost", f"{number} was archived by hand and is not any more")
        for number in self._book.revived & self._pim.products.keys():
            if self._pim.products[number]["status"] == "archived" and (number, "status") not in self._book.loose:
                yield Broken("hand edit lost", f"{number} was revived by hand and is archived again")
        yield from self._places_are_respected()
        for number, before in self._book.foreign.items():
            now = self._pim.products.get(number)
            if now is not None and any(now[name] != before[name] for name in ("name", "description", "sku", "status")):
                yield Broken("foreign product", f"{before['sku']} is not the writer's, and was changed")

    def _places_are_respected(self) -> Iterator[Broken]:
        for number, category in self._book.taken_out:
            product = self._pim.products.get(number)
            if product is not None and category in product["category_ids"]:
                yield Broken("hand edit lost", f"{product['sku']} was taken out of category {category}, and is back")
        for number, category in self._book.assigned:
            product = self._pim.products.get(number)
            if product is not None and category in self._pim.categories and category not in product["category_ids"]:
                yield Broken("hand edit lost", f"{product['sku']} was put into category {category}, and is out again")
        for key in self._book.deleted_categories:
            if any(number in self._pim.categories for number in self._book.categories.get(key, ())):
                yield Broken("hand edit lost", f"category {key} was deleted by hand and is made again")
        for number, picture in self._book.removed_pictures:
            product = self._pim.products.get(number)
            if product is not None and picture in {picture_key(item["file_url"]) for item in product["_media"]}:
                yield Broken("hand edit lost", f"picture {picture} of {product['sku']} was removed, and is back")

    def _state_is_safe(self, night: Night) -> Iterator[Broken]:
        """Of each record before the last STATE that left: in MicroPIM, unchanged there, or a reject.

        A run that ended early may not have come to the rejects of those before it: the ledger still has them, unless it
        is lost since.
        """
        is_killed = night.ended.how == "killed"
        if not night.ended.states or (is_killed and night.patch_kept == "late"):  # it will show
            return
        at, kept = night.ended.states[-1]["at"], self._refused
        if is_killed and night.patch_kept == "never":  # what was sent in vain is kept for the next run, untold yet
            kept = kept | {key for key, _field in self._book.sent}
        if night.ended.how != "finished":
            kept = kept | self._book.unsent
        for stream, record in night.messages:
            if stream != "products" or record["id"] not in self._source.owners():
                continue
            if self._source.changed_at[record["id"]] <= at and record["id"] not in kept:
                for broken in self._is_in(record["id"], record, ""):
                    if not broken.law.startswith("picture") and not night.ended.names(record["id"]):
                        yield Broken("state passed", f"state {at}: {broken}")

    def _counts_add_up(self, night: Night) -> Iterator[Broken]:
        for stream, ends in night.ended.report.get("streams", {}).items():
            counted = sum(number for end, number in ends.items() if end != "received")
            if counted != ends["received"] or ("unsettled" in ends and night.ended.how == "finished"):
                yield Broken("counts", f"{stream}: {ends}")

    def _nobody_is_blamed(self, night: Night) -> Iterator[Broken]:
        """A conflict is about something that a person did."""
        for row in night.ended.report.get("conflicts", ()):
            key, field = str(row["external_id"]), str(row.get("field") or row["what"].partition(":")[0])
            if row["stream"] != "products" or field not in FIELDS or self._is_a_persons(key, field):
                continue
            if not self._was_told(night, key, field, row):
                yield Broken("false conflict", f"{key} {row['what']}")
        yield from self._nobody_is_unsure(night)

    def _hand_edits_are_told(self, night: Night) -> Iterator[Broken]:
        """What a person did and what blocks the source stands in the report."""
        if night.ended.how != "finished":
            return
        delivered = {record["id"]: record for stream, record in night.messages if stream == "products"}
        for number, field, value in self._book.edits():
            key = self._book.record_of(number)
            if (
                key is None
                or self._is_renumbered(key)
                or field not in FIELDS
                or self._pim.products[number]["status"] == "archived"
                or self._source.products[key]["status"] != "active"  # none of its values is to be written
                or not self._is_read(key, delivered.get(key))
            ):
                continue
            source = wanted(self._source.products[key])[field]
            is_forgotten = key not in delivered and (number, field) in self._book.forgotten
            is_forgotten |= (number, field) in self._book.typed_late  # the next run to come to it sees it
            if is_forgotten or same(source, value) or same(source, self._book.seen.get((key, field), source)):
                continue
            if any(same(product[field], source) for product in self._book.products_of(key)):
                continue  # of two that two writers made, it was typed into the other one's: the source is not held back
            if not night.ended.names(key):
                yield Broken("untold" if key in delivered else "untold later",
                             f"{key} {field}: by hand {value!r}, source {source!r}")  # fmt: skip

    def _is_read(self, key: str, delivered: Json | None) -> bool:
        """Whether a run was given the newest version of a record: of what a tap never read nobody can tell."""
        newest: int = self._source.products[key]["meta"]["updatedAt"]
        return newest <= (self._book.given.get(key, 0) if delivered is None else delivered["meta"]["updatedAt"])

    def _nobody_is_unsure(self, night: Night) -> Iterator[Broken]:
        """Where texts are kept as they were sent, the writer knows its own."""
        if any(getattr(self._pim.options, name) != getattr(PLAIN, name) for name in OTHER_FORMS):
            return
        for row in night.ended.report.get("unsure", ()):
            key, field = str(row.get("external_id")), str(row.get("field"))
            if key not in self._source.owners() or field not in FIELDS or self._is_a_persons(key, field):
                continue
            if not self._was_told(night, key, field, row):
                yield Broken("false unsure", f"{key} {row['what']}")

    def _was_told(self, night: Night, key: str, field: str, row: Json) -> bool:
        return night.is_disturbed and self._book.was_told(key, field, row.get("micropim"))

    def _is_a_persons(self, key: str, field: str) -> bool:
        numbers = self._book.numbers_of(key)
        facts = {(number, field) for number in numbers}
        return not numbers or bool(facts & (self._book.typed.keys() | self._book.loose))

    # What should be there

    def _is_in(self, key: str, record: Json, how: str) -> Iterator[Broken]:
        """Whether MicroPIM holds what the record says, as far as it is ours."""
        products = self._book.products_of(key)
        numbers = set(self._book.numbers_of(key))
        if self._is_renumbered(key) or record["cnk"] in self._book.gone:
            return
        if not products:
            if record["status"] == "active" and not numbers:
                yield Broken(f"lost{how}", f"{key} is not there")
            return
        if len(products) > 1:  # told, else the night would have ended there
            return
        (product,) = products
        number = product["id"]
        is_archived = product["status"] == "archived"
        is_theirs = number in self._book.archived | self._book.revived or (number, "status") in self._book.loose
        is_theirs = is_theirs or self._is_left_to_a_predecessor(key, record)
        if not is_theirs and is_archived != (record["status"] != "active"):
            yield Broken(f"status{how}", f"{key} is {product['status']}, the source says {record['status']}")
        if not is_archived and record["status"] == "active":
            yield from self._fields(key, record, product, how)
            yield from self._places(key, record, product, how)

    def _is_left_to_a_predecessor(self, key: str, record: Json) -> bool:
        """Whether nobody has seen a value of a record go in, and the one that it replaces is a reject.

        The program makes nothing for it (docs/ownership.md, one owner for each product): what is there is the
        predecessor's, which is tried again.
        """
        earlier = (one for one, row in self._source.products.items() if row["cnk"] == record["cnk"] and one != key)
        has_gone_in = any((key, field) in self._book.seen for field in FIELDS)
        return not has_gone_in and not self._refused.isdisjoint(earlier)

    def _fields(self, key: str, record: Json, product: Json, how: str) -> Iterator[Broken]:
        for field, value in wanted(record).items():
            shown = product[field]
            newest = wanted(self._source.products[key])[field]
            if not (same(shown, value) or same(shown, newest) or self._book.is_open(product["id"], field)):
                yield Broken(f"frozen{how}", f"{key} {field} shows {shown!r}, the source says {value!r}")
        if (product["id"], "media") not in self._book.loose:
            there = {picture_key(item["file_url"]) for item in product["_media"]}
            if missing := photo_keys(record) - there:
                yield Broken(f"picture lost{how}", f"{key} has no picture {sorted(missing)}")

    def _places(self, key: str, record: Json, product: Json, how: str) -> Iterator[Broken]:
        options = self._pim.options
        cannot = options.patch_categories != "replace" and options.assign != "additive"
        if cannot or (product["id"], "categories") in self._book.loose:
            return
        for category in inside(record) - self._book.once_deleted - self._refused:  # it follows one that is a reject
            numbers = {one for one in self._book.places.get(category, ()) if one in self._pim.categories}
            out = {one for number, one in self._book.taken_out if number == product["id"]}
            was_given = self._book.is_given(record) or (self._is_cut_off and self._book.given.get(key, 0) > 0)
            is_to_come = category in self._book.unlinked and was_given
            is_to_come = is_to_come or category in self._book.unmet_categories
            if numbers and not is_to_come and not numbers & (set(product["category_ids"]) | out):
                yield Broken(f"category lost{how}", f"{key} is not in {category} {sorted(numbers)}")
