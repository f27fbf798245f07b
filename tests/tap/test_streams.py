"""The streams write records without the SDK's steps: only where those do nothing, and only as long as they are known.

A changed digest below means that the SDK's own loop changed: read what is new, carry over what matters to
``MedipimStream._write_directly`` and ``OrjsonWriter.write_record``, and write the new digest here.
"""

import hashlib
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from singer_sdk.helpers._catalog import pop_deselected_record_properties
from singer_sdk.helpers._typing import conform_record_data_types
from singer_sdk.mapper import SameRecordTransform, StreamMap
from singer_sdk.singerlib import RecordMessage
from singer_sdk.streams import Stream

from sandbox import Sandbox
from tap_medipim.streams import MedipimStream

Run = Callable[..., Any]
Make = Callable[..., Sandbox]

PASSED_BY = {
    Stream._sync_records: "b8a9529f27c7a50b",
    Stream._process_record: "a36c63b83bef5efd",
    Stream._write_record_message: "d0018f5638e89bb8",
    Stream._generate_record_messages: "cf1c7a9a5e90dec3",
    StreamMap.flatten_record: "1df35f7cd0390f32",
    SameRecordTransform.transform: "94b4fc8f43bdd5e1",
    pop_deselected_record_properties: "49f6af0ed0c49119",
    conform_record_data_types: "e1cceeefec8b03a5",
    RecordMessage.to_dict: "a17f1e2a2affa429",
}


@pytest.mark.parametrize("step", PASSED_BY, ids=lambda step: step.__qualname__)
def test_the_sdk_steps_that_are_passed_by_are_those_we_know(step: Callable[..., Any]) -> None:
    """Another release of the SDK may do something there that matters."""
    assert hashlib.blake2b(inspect.getsource(step).encode(), digest_size=8).hexdigest() == PASSED_BY[step]


def messages(run: Any) -> list[Any]:
    """All messages without the moments that differ from run to run."""
    return [{name: value for name, value in message.items() if name != "time_extracted"} for message in run.messages]


@pytest.mark.parametrize("endpoint", ["stream", "query"])
def test_both_ways_write_the_same_messages(
    sandbox: Make, run_tap: Run, monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    """Every SCHEMA, RECORD and STATE of the direct way is what the SDK's own loop writes, in the same order."""
    box = sandbox(products=600)
    short = run_tap(box, "products", "brands", products_endpoint=endpoint, page_size=50)
    monkeypatch.setattr(MedipimStream, "_can_write_directly", lambda _self: False)
    long = run_tap(box, "products", "brands", products_endpoint=endpoint, page_size=50)

    assert short.error is None
    assert len(short.records()) == 600
    assert messages(short) == messages(long)
    assert all("time_extracted" in message for message in short.messages if message["type"] == "RECORD")


def test_a_record_goes_out_before_the_state_that_counts_it(sandbox: Make, run_tap: Run) -> None:
    """Lines gather in batches, but their order is that of the run: page_size records, then their STATE."""
    run = run_tap(sandbox(products=30), "products", page_size=10)

    kinds = [message["type"] for message in run.messages]
    assert kinds.count("STATE") >= 3
    for place in [place for place, kind in enumerate(kinds) if kind == "STATE"][:3]:
        assert kinds[:place].count("RECORD") % 10 == 0


def test_no_record_waits_for_a_state(sandbox: Make, run_tap: Run) -> None:
    """The SDK leaves out a STATE equal to the last one; the records before it must go out all the same."""
    box = sandbox(products=30)
    first = run_tap(box, "products")
    second = run_tap(box, "products", state=first.state, lookback_seconds=80_000_000)

    assert second.state in (None, first.state)
    assert sorted(second.ids()) == sorted(first.ids())
