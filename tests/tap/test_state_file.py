"""Whatever stands in the file of --state: it is the state, no state and said so, or stopped in one sentence."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pim_wire.errors import InvalidInput
from sandbox import Sandbox
from tap_medipim.state_file import checked_state, read_state

STATE = {"bookmarks": {"products": {"replication_key": "updated_at", "replication_key_value": "2026-06-01T00:00:00Z"}}}


@pytest.mark.parametrize(
    "wrapped",
    [
        STATE,
        {"type": "STATE", "value": STATE},
        {"value": STATE},
        {"singer_state": STATE},
        {"completed": {"singer_state": STATE}, "partial": {}},
        {"type": "STATE", "value": {"singer_state": STATE}},
    ],
)
def test_a_wrapped_state_is_the_state(wrapped: Any) -> None:
    """As a message, and as Meltano keeps and prints it; with a mark at its beginning or blanks around it."""
    text = json.dumps(wrapped)
    for form in (text, text.encode(), "\ufeff" + text + "\n\n", f"  {text}\r\n"):
        assert read_state(form) == STATE


@pytest.mark.parametrize("text", ["", "\n", "  \r\n", b"", b"\xef\xbb\xbf", "\0\0"])
def test_an_empty_file_is_no_state_and_that_is_said(text: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A night that failed before its first STATE leaves one."""
    assert read_state(text) is None
    assert "state file is empty" in caplog.text


@pytest.mark.parametrize("state", [{}, {"bookmarks": {}}, {"value": {}}, {"currently_syncing": None}])
def test_a_state_without_bookmarks_is_one(state: Any) -> None:
    """A first night has it."""
    assert checked_state(state) in ({}, {"bookmarks": {}}, {"currently_syncing": None})


@pytest.mark.parametrize(
    "text",
    ["x", "null", "[]", "7", '"x"', '{"bookmarks": []}', '{"bookmarks": null}', '{"bookmarks": {"products": 7}}',
     '{"products": {}}', '{"value": 7}', '{"value": {"products": {}}}',
     '{"type": "RECORD", "value": {"bookmarks": {}}}',
     '{"type": "RECORD", "record": {}}', '{"a": 1}\n{"a": 2}', '{"bookmarks": {', '{"value": {}, "singer_state": {}}',
     "\ud800", b"\xff\xfe{", '{"value":' * 9 + "{}" + "}" * 9, "[" * 5000],
)  # fmt: skip
def test_anything_else_stops_in_one_sentence(text: Any) -> None:
    """It is never taken for no state."""
    with pytest.raises(InvalidInput, match="The state file") as stopped:
        read_state(text)
    assert "\n" not in str(stopped.value)


@pytest.mark.parametrize(("text", "code"), [("", 0), ("{}", 0), ("{oops", 1), (b"\xff\xfe", 1)])
def test_of_the_command_line_too(
    text: Any, code: int, sandbox: Callable[..., Sandbox], tap_config: Any, tap_command: Any, tmp_path: Path
) -> None:
    """The whole program: read whole, or stopped without a traceback."""
    file, catalog = tmp_path / "state.json", tmp_path / "catalog.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    catalog.write_text("")
    ended = tap_command(tap_config(sandbox(products=3)), "--state", str(file))
    assert ended.code == code
    assert "Traceback" not in ended.err
    assert sum('"stream":"products"' in line for line in ended.out.splitlines() if "RECORD" in line) == (
        3 if code == 0 else 0
    )


@pytest.mark.parametrize("value", ["2199-01-01T00:00:00Z", "soon", 7, True, {}, ["x"]])
def test_a_bookmark_that_cannot_be_one_is_never_silently_nothing(
    value: Any, sandbox: Callable[..., Sandbox], run_tap: Any, make_clock: Any
) -> None:
    """The stream fails and says why, with and without a service that tells the time."""
    for date in (None, lambda: 1_795_000_000.0):
        box, clock = sandbox(products=5), make_clock()
        clock.pass_by(1_795_000_000)
        box.medipim.date = date
        state = {"bookmarks": {"products": {"replication_key_value": value}}}
        run = run_tap(box, "products", state=state, clock=clock)
        assert run.error is not None
        assert "bookmark in the state" in str(run.tap.run.failed["products"])
