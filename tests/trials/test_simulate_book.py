"""What the judge of simulated nights knows: where nobody could tell, and where a report tells what was seen last."""

from typing import Any

import pytest

from sandbox.micropim.options import MicroPimOptions
from sandbox.micropim.service import MicroPimService
from trials.simulate.book import Book
from trials.simulate.clock import Time
from trials.simulate.source import PICTURE, Source, wanted

Json = dict[str, Any]


@pytest.fixture
def made() -> tuple[Book, Source, Json]:
    """A book about one product, which was made for one record and shows what that says."""
    pim, source = MicroPimService(MicroPimOptions()), Source(Time())
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
