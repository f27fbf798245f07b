"""The trials beside Airbyte's software notice what they are for: a loss, a stream called complete that is not."""

import json
from typing import Any

import pytest

from trials.airbyte import losses, page, trial
from trials.airbyte.faults import _before_last_state, _judged, _lost
from trials.airbyte.tools import Ran, catalog_of
from trials.singer_clients.results import Verdict

Json = dict[str, Any]


def record(number: int, stream: str = "products") -> Json:
    """A RECORD."""
    return {"type": "RECORD", "record": {"stream": stream, "data": {"id": number}}}


def state(blob: Json, stream: str = "products") -> Json:
    """A STATE."""
    return {"type": "STATE", "state": {"type": "STREAM", "stream": {
        "stream_descriptor": {"name": stream}, "stream_state": blob,
    }}}  # fmt: skip


def status(word: str, stream: str = "products") -> Json:
    """A TRACE of a stream's status."""
    told = {"stream_descriptor": {"name": stream}, "status": word}
    return {"type": "TRACE", "trace": {"type": "STREAM_STATUS", "stream_status": told}}


def ran(*messages: Json, code: int = 0) -> Ran:
    """What a connector wrote."""
    return Ran.of(code, b"".join(json.dumps(message).encode() + b"\n" for message in messages), b"")


def test_only_what_stands_before_a_state_is_safe() -> None:
    """What came behind it comes again; a night that leaves it out has lost it."""
    first = ran(record(1), state({}), record(2), record(7, "brands"), state({}, "brands"), code=-9)
    assert _before_last_state(first, "products") == {"1"}
    assert list(_lost({"products": {"1", "2"}}, first, ran(record(2)))) == []
    assert list(_lost({"products": {"1", "2"}}, first, ran())) == ["1 of 2 products are lost"]


@pytest.mark.parametrize(
    ("messages", "code", "said"),
    [
        ((record(1), record(2), status("COMPLETE")), 0, []),
        ((record(1), status("COMPLETE")), 0, ["products is called complete with 1 of 2 rows"]),
        ((record(1), status("INCOMPLETE")), 0, ["products is INCOMPLETE, and the run ended with 0 and []"]),
        ((record(1), record(2)), 0, ["statuses of [] only"]),
    ],
)
def test_a_source_that_claims_too_much_is_noticed(messages: tuple[Json, ...], code: int, said: list[str]) -> None:
    """As a low-code source does where an answer breaks."""
    assert list(_judged(ran(*messages, code=code), {"products": {"1", "2"}})) == said


def test_the_last_state_of_each_stream_is_kept() -> None:
    """Whatever their order."""
    kept = ran(state({"a": 1}), state({"b": 1}, "brands"), state({"a": 2})).states()
    assert [one["stream"]["stream_state"] for one in kept] == [{"a": 2}, {"b": 1}]


def test_a_killed_connector_may_end_in_half_a_line_and_no_other_may() -> None:
    """A line that is no message is a fault of the connector."""
    text = json.dumps(record(1)).encode() + b"\n" + b'{"type":"REC'
    assert len(Ran.of(-9, text, b"").messages) == 1
    with pytest.raises(ValueError, match="Unterminated"):
        Ran.of(0, text, b"")


def test_a_stream_that_is_read_whole_is_configured_so() -> None:
    """Whatever mode is wanted."""
    streams = [{"name": "products", "supported_sync_modes": ["full_refresh", "incremental"]},
               {"name": "brands", "supported_sync_modes": ["full_refresh"]}]  # fmt: skip
    catalog = catalog_of(ran({"type": "CATALOG", "catalog": {"streams": streams}}))
    assert [one["sync_mode"] for one in catalog["streams"]] == ["incremental", "full_refresh"]


def test_the_page_is_what_was_kept() -> None:
    """No row was touched by hand; what failed is not shown as tried well."""
    kept = page.kept_results()
    assert page.PAGE.read_text(encoding="utf-8") == page.text(kept)
    assert {one.client for one in kept} <= set(trial.TRIALS)
    assert not [one.client for one in kept if one.verdict is Verdict.FAILED]


def test_the_losses_on_the_page_of_the_source_are_those_of_the_trial() -> None:
    """The manifest lost rows; the source did not."""
    rows = [losses.Loss(**row) for row in json.loads(losses.FIGURES.read_text(encoding="utf-8"))]
    assert {one.way for one in rows} == set(losses.WAYS)
    assert all(one.rows < one.of == one.ours for one in rows)
