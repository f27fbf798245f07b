"""What the judge of simulated nights knows: where nobody could tell, and where a report tells what was seen last."""

from typing import Any

import pytest

from sandbox.micropim.options import MicroPimOptions
from sandbox.micropim.service import MicroPimService
from trials.simulate.book import Book
from trials.simulate.clock import Time
from trials.simulate.laws import Laws, Night
from trials.simulate.process import Ended
from trials.simulate.source import PICTURE, Source, wanted

Json = dict[str, Any]


@pytest.fixture
def pim() -> MicroPimService:
    """A MicroPIM with nothing in it."""
    return MicroPimService(MicroPimOptions())


@pytest.fixture
def made(pim: MicroPimService) -> tuple[Book, Source, Json]:
    """A book about one product, which was made for one record and shows what that says."""
    source = Source(Time())
    source.new_category()
    record = source.products[source.new_product()]
    book = Book(pim, source)
    product = pim.add(record["cnk"], **wanted(record))
    book.made[record["cnk"]] = [product["id"]]
    book.seen |= {(record["id"], field): value for field, value in wanted(record).items()}
    return book, source, product


@pytest.mark.parametrize(
    ("known", "there", "is_mistakable"),
    [
        ([("1", 0)], ["2"], True),  # one was about to be sent, or was sent and taken out; the one that shows is newer
        ([("1", 0)], ["1"], False),
        ([("1", 0)], ["1", "2"], False),  # one more than the ledger knows: it can see that
        ([("1", 2)], ["1", "2"], True),  # beside two of a person's, of which one was taken out
        ([], ["1"], False),
    ],
)
def test_where_an_old_ledger_cannot_tell_which_picture_shows(
    made: tuple[Book, Source, Json], known: list[tuple[str, int]], there: list[str], *, is_mistakable: bool
) -> None:
    """It can only count them."""
    book, _source, product = made
    product["_media"] += [{"file_url": PICTURE.format(name), "shows_at": 0} for name in there]
    book.doubt_pictures([("M00001", PICTURE.format(name), before) for name, before in known])
    assert (product["id"] in book.mistakable) is is_mistakable


def test_a_question_may_show_what_stood_there_before_a_person_agreed(made: tuple[Book, Source, Json]) -> None:
    """Until a whole run has looked, and no other value than that one."""
    book, source, product = made
    record = source.products["M00001"]
    book.type(product["id"], "name", "By hand")
    assert not book.was_told("M00001", "name", "By hand")
    book.type(product["id"], "name", record["name"]["en"])
    assert book.was_told("M00001", "name", "By hand")
    assert not book.was_told("M00001", "name", "Something else")
    assert not book.was_told("M00001", "description", "By hand")
    book.settle([], set(), is_whole=False)
    assert book.was_told("M00001", "name", "By hand")
    book.settle([], set(), is_whole=True)
    assert not book.was_told("M00001", "name", "By hand")


@pytest.mark.parametrize(
    ("how", "rejects", "is_given", "is_lost"),
    [
        ("killed", [], True, False),  # the next run comes to its end, and links it
        ("killed", [], False, True),
        ("finished", [], True, True),
        ("finished", ["c1"], True, False),  # it follows its category, which is tried again
    ],
)
def test_a_product_waits_for_a_category_that_came_after_it(
    pim: MicroPimService,
    made: tuple[Book, Source, Json],
    how: str,
    rejects: list[str],
    *,
    is_given: bool,
    is_lost: bool,
) -> None:
    """To the end of a run; one that is refused is told itself."""
    book, source, product = made
    record = source.products["M00001"]
    book.places["c1"] = {pim.people.add_category("Category")["id"]}
    book.unlinked.add("c1")
    book.given["M00001"] = record["meta"]["updatedAt"] if is_given else 0
    product["_media"] += [{"file_url": record["photos"][0]["formats"]["huge"], "shows_at": 0}]
    at = source.changed_at["M00001"]
    rows = [{"external_id": key, "stage": "send", "said": None, "reason": ""} for key in rejects]
    ended = Ended(how, None, [{"at": at}], rejects=rows)
    broken = Laws(book, pim, source).after_night(Night([("products", record)], ended, is_disturbed=False))
    assert ["category lost" in one.what for one in broken] == ([True] if is_lost else [])


@pytest.mark.parametrize("is_told", [True, False])
def test_a_double_was_told_under_the_record_that_was_replaced_since(
    pim: MicroPimService, made: tuple[Book, Source, Json], *, is_told: bool
) -> None:
    """Its successor has the same code."""
    book, source, product = made
    book.two_wrote = True
    book.made[product["sku"]].append(pim.add(product["sku"], **wanted(source.products["M00001"]))["id"])
    laws = Laws(book, pim, source)
    told = {"manual_actions": [{"external_id": "M00001"}] if is_told else []}
    assert not laws.after_night(Night([], Ended("finished", None, [], report=told), is_disturbed=False))
    source.succeed("M00001", old_first=True)
    night = Night([], Ended("finished", None, []), is_disturbed=False)
    broken = [*laws.after_night(night), *laws.after_calm("all changes", night, must_be_still=False)]
    assert ["double product" in str(one) for one in broken] == ([] if is_told else [True])


@pytest.mark.parametrize("is_late", [True, False])
def test_what_is_typed_after_the_write_is_told_by_the_next_run(
    pim: MicroPimService, made: tuple[Book, Source, Json], *, is_late: bool
) -> None:
    """Nobody looks at a product again that was written."""
    book, source, product = made
    source.change("M00001", "description", 0)
    if is_late:
        book.sent["M00001", "description"] = wanted(source.products["M00001"])["description"]
    book.type(product["id"], "description", "By hand")
    night = Night([("products", source.products["M00001"])], Ended("finished", None, []), is_disturbed=True)
    broken = Laws(book, pim, source).after_night(night)
    assert any("untold" in str(one) for one in broken) is not is_late


@pytest.mark.parametrize("is_sent", [True, False])
def test_what_a_killed_run_sent_in_vain_is_kept_for_the_next_one(
    pim: MicroPimService, made: tuple[Book, Source, Json], *, is_sent: bool
) -> None:
    """MicroPIM keeps no change in this night; the report that would say so was never written."""
    book, source, _product = made
    source.change("M00001", "description", 0)
    record = source.products["M00001"]
    if is_sent:
        book.sent["M00001", "description"] = wanted(record)["description"]
    ended = Ended("killed", None, [{"at": record["meta"]["updatedAt"]}])
    night = Night([("products", record)], ended, is_disturbed=True, patch_kept="never")
    broken = Laws(book, pim, source).after_night(night)
    assert any("state passed" in str(one) for one in broken) is not is_sent


def test_a_category_that_both_sides_left_is_free_for_what_comes_next(made: tuple[Book, Source, Json]) -> None:
    """A person took the product out, then the source did; puts it a record in again, that is new."""
    book, source, product = made
    record = source.products["M00001"]
    (category,) = (row["id"] for row in record["publicCategories"])
    book.places[category] = {401}
    book.taken_out.add((product["id"], 401))
    book.settle([record], set(), is_whole=True)
    assert book.taken_out
    record["publicCategories"] = []
    book.settle([record], set(), is_whole=True)
    assert not book.taken_out
