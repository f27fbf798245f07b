"""What is handed to ``read`` as its state: every shape that a platform has had, and what is none."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pim_wire.errors import InvalidInput
from sandbox import Sandbox
from tap_medipim.airbyte.states import bookmarks

Ask = Callable[..., Any]
BLOB = {"replication_key": "updated_at", "replication_key_value": "2026-01-31T00:00:00Z"}
KNOWN = {"products": True, "media": True, "brands": False}


def of_stream(name: str, blob: Any) -> dict[str, Any]:
    """A state of one stream."""
    return {"type": "STREAM", "stream": {"stream_descriptor": {"name": name}, "stream_state": blob}}


GLOBAL = {"shared_state": {}, "stream_states": [of_stream("products", BLOB)["stream"]]}


@pytest.mark.parametrize(
    "state",
    [
        [of_stream("products", BLOB)],
        of_stream("products", BLOB),
        [of_stream("products", {}), of_stream("products", BLOB)],
        [{"type": "STATE", "state": of_stream("products", BLOB)}],
        [{**of_stream("products", BLOB), "sourceStats": {"recordCount": 4}, "id": 7}],
        [{"type": "GLOBAL", "global": GLOBAL}],
        [{"type": "LEGACY", "data": {"products": BLOB}}],
        {"data": {"products": BLOB}},
        {"products": BLOB},
        {"bookmarks": {"products": BLOB}},
        [of_stream("products", BLOB), of_stream("orders", {"a": 1}), of_stream("media", None)],
        [of_stream("products", BLOB), of_stream("media", {"__ab_no_cursor_state_message": True})],
        [of_stream("products", BLOB), of_stream("brands", BLOB)],
    ],
)
def test_every_shape_of_a_state(state: Any) -> None:
    """New and old; what is of no stream that is read from its state on is left out."""
    assert bookmarks(json.dumps(state).encode(), KNOWN) == {"products": BLOB}


@pytest.mark.parametrize("text", [None, b"", b" \n", b"[]", b"{}", b"[{}]", b'[{"type":"LEGACY","data":{}}]'])
def test_no_state(text: bytes | None) -> None:
    """The first run."""
    assert bookmarks(text, KNOWN) == {}


@pytest.mark.parametrize(
    "text",
    [b"{", b"7", b'"x"', b"[1]", b'[{"stream": {}}]', b'[{"stream": {"stream_descriptor": {"name": 1}}}]',
     b'[{"global": {}}]', b'{"products": 5}', b'[{"stream": {"stream_descriptor": {"name": "a"}, "stream_state": 5}}]'],
)  # fmt: skip
def test_what_is_no_state_is_never_taken_for_an_empty_one(text: bytes) -> None:
    """Everything would be read again, in silence."""
    with pytest.raises(InvalidInput, match="The state"):
        bookmarks(text, KNOWN)


def test_a_state_of_another_source_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Such as that of the low-code manifest: it has the same streams, and proves nothing."""
    assert bookmarks(json.dumps([of_stream("products", {"updated_at": "2026-01-01"})]).encode(), KNOWN) == {}
    assert "everything is read" in caplog.text


def test_a_run_with_a_state_that_is_none_stops_before_its_first_request(
    sandbox: Callable[..., Sandbox], source: Ask
) -> None:
    """A person has to look."""
    box = sandbox(products=3)
    answer = source("read", box, "products", state='{"bookmarks": 3}')
    assert (answer.code, answer.traces("error")[0]["failure_type"]) == (1, "config_error")
    assert box.medipim.requests == []


def test_where_a_run_goes_on_is_told_before_its_records(sandbox: Callable[..., Sandbox], source: Ask) -> None:
    """A destination with a new ledger has to know (decision 35)."""
    box = sandbox(products=5)
    states = source("read", box, "products").last_states
    again = source("read", box, "products", state=states)
    first = again.states()[0]
    assert first["stream"]["stream_state"]["read_since"]
    assert first["sourceStats"]["recordCount"] == 0
    assert "read_since" not in again.bookmark()
