"""What a service could answer to a target to keep it busy for ever, fill its memory or break its arithmetic."""

import json
import time
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pim_wire.errors import StopRun, Unclear
from sandbox import Fault
from target_micropim.api.client import remote_id
from target_micropim.api.tree import read_tree
from target_micropim.plan.values import MOST_ID, fingerprint, fingerprints, server_fields
from tests.support.examples import examples

LIST = "GET /api/products$"
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["1e999999999", "-1E+999999999999999999", "sNaN", "Infinity", "9" * 5000, "\uff11\uff12"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["id", "name", "code", "value", "children", "parent", "parent_id", "en"]), inner
        )
    ),
    max_leaves=6,
)
FIELDS = ["price", "sale_price", "name", "stock", "ean", "categories", "images", "brand", "attributes", "status", "id"]


def listed(found: list[Any], **pages: Any) -> bytes:
    """A page of the product list as it travels."""
    return orjson.dumps({"status": 1, "data": {"products": found, "pagination": pages}})


def run_with(world: Any, singer: Any, *faults: Fault) -> Any:
    """One product, while MicroPIM answers like this."""
    world.pim.faults.add(*faults)
    return world.run(singer.lines(products=[singer.product(1)]))


@pytest.mark.parametrize("total", [10**9, 100, None])
def test_a_list_that_shows_the_same_page_for_ever_ends(world: Any, singer: Any, total: Any) -> None:
    """The record is a reject, or the run stops, with a sentence; after a bounded number of questions."""
    same = listed([{"id": 7, "sku": "x"}], total_pages=10**9, current_page=1, total_items=total)
    outcome = run_with(world, singer, Fault("status", route=LIST, status=200, body=same, times=None))
    told = str(outcome.failure) if outcome.failure else outcome.rejects[0]["reason"]
    assert "does not end: 1 products on 51 pages" in told or (total is None and "cannot be read" in told)
    assert len(world.pim.requests) < 60
    assert world.pim.counts()["products"] == 0


@pytest.mark.parametrize(
    "pages",
    [
        {"total_pages": "many"}, {"total_pages": -1, "total_items": -5}, {"total_pages": 1, "current_page": "1"},
        {"total_pages": 1.5, "current_page": []}, {"total_pages": True, "current_page": True},
        {"total_pages": 1, "total_items": "1", "current_page": -1},
    ],
)  # fmt: skip
def test_page_numbers_that_are_none_are_not_believed(world: Any, singer: Any, pages: Any) -> None:
    """The run ends, with the product made or rejected in words; never with an error of ours."""
    body = listed([{"id": 7, "sku": "x"}], **pages)
    outcome = run_with(world, singer, Fault("status", route=LIST, status=200, body=body, times=None))
    assert outcome.failure is None or isinstance(outcome.failure, StopRun)
    assert [row for row in outcome.rejects if row["stage"] == "internal"] == []


NO_IDS = [0, -1, True, 1.5, 2**63, 10**30, "", "x", "-1", "9" * 30, "\uff11\uff12", None, [], {}]


@pytest.mark.parametrize("number", NO_IDS)
def test_an_id_that_is_none_is_unclear(number: Any) -> None:
    """0 would count as never made; more than 63 bits no ledger holds."""
    with pytest.raises(Unclear):
        remote_id({"id": number}, "POST x")


@pytest.mark.parametrize(("number", "read"), [(1, 1), ("12", 12), (MOST_ID, MOST_ID)])
def test_an_id_is_a_number_or_its_digits(number: Any, read: int) -> None:
    """As MicroPIM shows it, or as text."""
    assert remote_id({"id": number}, "POST x") == read


@pytest.mark.parametrize("number", [True, 2**64 - 1, 0, "x"])
def test_a_made_product_without_a_usable_id_is_no_error_of_ours(world: Any, singer: Any, number: Any) -> None:
    """Nobody can say which one was made: it is looked for by its SKU."""
    body = orjson.dumps({"status": 1, "data": {"id": number, "sku": "1"}})
    outcome = run_with(world, singer, Fault("status", route="POST /api/products$", status=201, body=body, times=1))
    assert outcome.failure is None
    assert [row for row in outcome.rejects if row["stage"] == "internal"] == []


@pytest.mark.parametrize("body", [b'{"status":1,"data":' + b"[" * 500 + b"]" * 500 + b"}", b'"' + b"x" * 300_000])
def test_an_answer_that_is_too_much_ends_in_one_sentence(world: Any, singer: Any, body: bytes) -> None:
    """Nothing is written without knowing."""
    world.pim.faults.add(Fault("status", route=LIST, status=200, body=body, times=None))
    outcome = world.run(singer.lines(products=[singer.product(1)]), max_line_bytes=65_536)
    told = str(outcome.failure) + json.dumps(outcome.rejects)
    assert "max_nesting" in told or "max_line_bytes" in told
    assert world.pim.counts()["products"] == 0


@given(shown=st.dictionaries(st.sampled_from(FIELDS), JSON))
@examples(300)
def test_any_product_shown_is_compared(shown: Any) -> None:
    """In a moment, whatever numbers stand in it."""
    began = time.process_time()
    found = server_fields(shown)
    assert set(fingerprints(found)) == set(found)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("value", ["1e999999999", "1e-999999999", "9" * 1_000_000, "1E+9999"])
def test_a_price_that_would_be_a_gigabyte_written_out_is_not(value: str) -> None:
    """It is compared as the text it is."""
    began = time.process_time()
    assert fingerprint("price", value)
    assert time.process_time() - began < 2


@given(data=JSON)
@examples(300)
def test_any_tree_is_read_or_refused_in_words(data: Any) -> None:
    """Ids that are none are passed over."""
    try:
        tree = read_tree(data)
    except ValueError as refused:
        told = str(refused)
    else:
        told = "\n".join(tree.path(number) for number in tree.names)
        assert all(type(number) is int and 0 < number <= MOST_ID for number in tree.names)
    assert isinstance(told, str)
