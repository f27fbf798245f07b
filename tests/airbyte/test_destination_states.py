"""States that come back: each when it is safe, byte for byte, with the counts of its records."""

import io
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE
from typing import Any

import orjson
import pytest

from pim_wire.limits import SizeLimits
from sandbox.faults import Fault
from target_micropim.airbyte import states
from target_micropim.airbyte.reader import MessageReader
from tests.support.destination import Ended, Json, products, record, state, stream
from tests.support.forked import ForkedPopen
from tests.target.conftest import FakeClock, World

Run = Callable[..., Ended]


def test_a_state_leaves_byte_by_byte_as_it_came(command: Run) -> None:
    """The platform knows it again by its hash, and by members that only it knows."""
    blob = rb'{"a" : 1.00, "\u00e9":"\u00e9",  "big":123456789012345678901234567890}'
    line = (
        b'{"state": {"type":"STREAM","stream":{"stream_descriptor":{"name":"products"},"stream_state":' + blob + b"},"
        b'"sourceStats":{"recordCount":1.0},"id":7,"destinationStats":null}, "type":"STATE"}'
    )
    (left,) = [each for each in command("write", [*products(1), line]).lines if b'"STATE"' in each]
    assert blob in left
    assert left == (
        b'{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"products"},"stream_state":'
        + blob
        + b'},"sourceStats":{"recordCount":1.0},"id":7,"destinationStats":{"recordCount":1}}}'
    )


def test_states_of_interleaved_streams_all_leave(command: Run) -> None:
    """In their order, each with the count of its own records, although the run itself keeps the newest only."""
    given = [
        record("brands", {"id": 1}),
        *products(1),
        state("brands", {"at": 1}, "be"),
        record("brands", {"id": 2}),
        record("products", {"id": "bad"}),
        state("products", {"at": 1}),
        *products(2),
        record("brands", {"id": 3}),
        record("brands", {"id": 4}),
        state("products", {"at": 2}),
        state("brands", {"at": 2}, "be"),
    ]
    given = [_in_be(each) for each in given]
    ended = command("write", given, stream("products"), stream("brands", namespace="be"), state_interval_seconds=9)
    assert ended.code == 0, ended.messages
    told = [
        (each["stream"]["stream_descriptor"]["name"], each["stream"]["stream_state"]["at"], each["destinationStats"])
        for each in ended.states
    ]
    assert told == [
        ("brands", 1, {"recordCount": 1}),
        ("products", 1, {"recordCount": 1, "rejectedRecordCount": 1}),
        ("products", 2, {"recordCount": 1}),
        ("brands", 2, {"recordCount": 3}),
    ]


def _in_be(message: Json) -> Json:
    if message["type"] == "RECORD" and message["record"]["stream"] == "brands":
        return record("brands", message["record"]["data"], "be")
    return message


def test_a_global_state_counts_all_streams(command: Run) -> None:
    """And one of the old form, which names no stream."""
    whole = {"type": "GLOBAL", "global": {"shared_state": {"lsn": 1}, "stream_states": [
        {"stream_descriptor": {"name": "products"}, "stream_state": {"at": 1}}]}}  # fmt: skip
    given = [*products(1, 2), record("x", {}), {"type": "STATE", "state": whole}, *products(3)]
    given.append({"type": "STATE", "state": {"type": "LEGACY", "data": {"at": 3}}})
    ended = command("write", given)
    assert [each["destinationStats"]["recordCount"] for each in ended.states] == [3, 1]
    assert ended.states[0]["global"] == whole["global"]
    assert ended.states[1]["data"] == {"at": 3}


def test_no_state_leaves_past_what_is_not_there(command: Run, world: World) -> None:
    """A run that breaks off gives back the states before, and ends with a TRACE and exit code 1."""
    world.pim.faults.add(Fault("status", "POST /api/products$", nth=2, times=None, status=401))
    given = [*products(1), state("products", 1), *products(2), state("products", 2)]
    ended = command("write", given, max_in_flight=1)
    assert ended.code == 1
    assert [each["stream"]["stream_state"] for each in ended.states] == [1]
    assert ended.error["failure_type"] == "config_error"


def test_a_stop_signal_keeps_what_is_safe(world: World, tmp_path: Path) -> None:
    """The states that left are those of records that are there; the last message says that it was stopped."""
    (tmp_path / "config.json").write_text(json.dumps(world.settings()))
    (tmp_path / "catalog.json").write_text(json.dumps({"streams": [stream("products")]}))
    arguments = ["write", "--config", str(tmp_path / "config.json"), "--catalog", str(tmp_path / "catalog.json")]
    command = [sys.executable, "-m", "target_micropim.airbyte", *arguments]
    with ForkedPopen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=tmp_path, env=os.environ.copy()) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        lines = [*products(1), state("products", 1)]
        process.stdin.write(b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines))
        process.stdin.flush()
        out = b""
        while b'"STATE"' not in out:
            out += process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        out += process.stdout.read()
        assert process.wait(30) == 130
    ended = Ended(130, out)
    assert len(ended.states) == 1
    assert ended.error["failure_type"] == "transient_error"
    assert len(world.pim.products) == 1


def test_a_lost_ledger_is_noticed_by_the_state_that_goes_on(
    command: Run, world: World, source: Any, sandbox: Any
) -> None:
    """A container forgot its disk, and MicroPIM holds nothing of it: a shop of changed products only would come."""
    box = sandbox(products=8)
    state = source("read", box, "products").last_states
    ended = command("write", source("read", box, "products", state=state).messages)
    assert (ended.code, ended.error["failure_type"]) == (1, "config_error")
    assert "in Airbyte: a refresh of the stream" in ended.error["message"]
    assert world.writes() == []


def test_states_behind_an_open_record_do_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a bound every second one of a stream goes, and its records count for the next."""
    monkeypatch.setattr(states, "MOST_WAITING", 4)
    written: list[Json] = []
    taken = Taken()
    kept = states.States(lambda line: written.append(orjson.loads(line)["state"]))
    kept.run = taken
    for number in range(1, 6):
        for name in ("a", "b"):
            kept.count((None, name))
            taken.position += 1
            kept.take(read(state(name, number)))
    kept.leave(taken.states[-2])
    told = [(told_of(each), each["stream"]["stream_state"]) for each in written]
    assert told[-1] == ("a", 5)
    assert ("b", 5) not in told
    assert told == sorted(told, key=lambda each: (each[1], each[0]))
    assert sum(each["destinationStats"]["recordCount"] for each in written if told_of(each) == "a") == 5
    kept.leave(taken.states[-1])
    assert written[-1]["stream"]["stream_state"] == 5
    assert len(written) < 10


def told_of(state: Json) -> str:
    """The stream of a state."""
    return str(state["stream"]["stream_descriptor"]["name"])


class Taken:
    """A run that notes what it is given."""

    def __init__(self) -> None:
        self.position = 0
        self.states: list[Json] = []

    def rejected(self, _after: int, _before: int) -> int:
        """None."""
        return 0

    def checkpoint(self, state: Json) -> None:
        """Keep it."""
        self.states.append(state)


def read(message: Json) -> Any:
    """A STATE as the reader gives it."""
    (found,) = MessageReader(SizeLimits(), FakeClock()).messages(io.BytesIO(orjson.dumps(message) + b"\n"))
    return found
