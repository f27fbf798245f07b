"""``destination-micropim`` as Airbyte runs it: messages in, states out, over the sandbox."""

import base64
import io
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE
from typing import Any
from urllib.parse import quote, quote_plus

import orjson
import pytest

from pim_airbyte.command import main
from pim_wire.limits import SizeLimits
from sandbox.faults import Fault
from target_micropim.airbyte import states
from target_micropim.airbyte.destination import DestinationMicroPim
from target_micropim.airbyte.reader import MessageReader
from tests.support.airbyte import problems
from tests.support.forked import ForkedPopen
from tests.target import conftest as target
from tests.target.conftest import FakeClock, World, category, product

Json = dict[str, Any]
Run = Callable[..., "Ended"]
make_world, world = target.make_world, target.world  # fixtures
ANY = {"type": "object", "properties": {}}


class Ended:
    """How a command ended: its exit code and its messages, one a line."""

    def __init__(self, code: int, out: bytes) -> None:
        self.code = code
        self.lines = out.splitlines()
        self.messages = [orjson.loads(line) for line in self.lines]

    def of(self, kind: str) -> list[Json]:
        """What the messages of a kind hold."""
        member = {"CONNECTION_STATUS": "connectionStatus"}.get(kind, kind.lower())
        return [message[member] for message in self.messages if message["type"] == kind]

    @property
    def states(self) -> list[Json]:
        """The states that left."""
        return self.of("STATE")

    @property
    def warnings(self) -> str:
        """What was warned of."""
        return "\n".join(log["message"] for log in self.of("LOG") if log["level"] == "WARN")

    @property
    def error(self) -> Json:
        """The TRACE that ends the output."""
        error: Json = self.messages[-1]["trace"]["error"]
        return error


@pytest.fixture
def command(
    world: World,
    tmp_path: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Carry out a command in this process. ``streams`` are configured; settings are those of the world."""

    def run(name: str, given: list[Any] | None = None, *streams: Json, **settings: Any) -> Ended:
        files = {"config": world.settings(**settings), "catalog": {"streams": list(streams) or [stream("products")]}}
        arguments = [name]
        for option in {"check": ["config"], "write": ["config", "catalog"]}.get(name, []):
            (tmp_path / f"{option}.json").write_text(json.dumps(files[option]))
            arguments += [f"--{option}", str(tmp_path / f"{option}.json")]
        lines = [each if isinstance(each, bytes) else orjson.dumps(each) for each in given or []]
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\n".join(lines) + b"\n")))
        code = main(DestinationMicroPim(), arguments, FakeClock())
        out, err = capsysbinary.readouterr()
        assert err == b""
        assert str(settings.get("api_key") or world.settings()["api_key"]).encode() not in out
        ended = Ended(code, out)
        wrong = [problem for message in ended.messages for problem in problems(message)]
        assert [each for each in wrong if "stream_state" not in each and ".id is" not in each] == []  # as they came in
        return ended

    return run


def stream(name: str, mode: str = "append_dedup", namespace: str | None = None, **more: Any) -> Json:
    """A configured stream."""
    schema = more.pop("json_schema", ANY)
    own = {"name": name, "json_schema": schema, "supported_sync_modes": ["full_refresh"], "namespace": namespace}
    return {"stream": own, "sync_mode": "full_refresh", "destination_sync_mode": mode, "primary_key": [["id"]], **more}


def record(name: str, data: Any, namespace: str | None = None) -> Json:
    """A RECORD."""
    return {"type": "RECORD", "record": {"stream": name, "namespace": namespace, "data": data, "emitted_at": 1}}


def state(name: str, blob: Any, namespace: str | None = None, **more: Any) -> Json:
    """A STATE of one stream."""
    descriptor = {"name": name} if namespace is None else {"name": name, "namespace": namespace}
    of_stream = {"stream_descriptor": descriptor, "stream_state": blob}
    return {"type": "STATE", "state": {"type": "STREAM", "stream": of_stream, **more}}


def products(*numbers: int) -> list[Json]:
    """Records of products."""
    return [record("products", product(number)) for number in numbers]


def test_the_second_night_writes_nothing(command: Run, world: World) -> None:
    """The same records again cost no request for a write, and their state leaves all the same."""
    given = [*products(1, 2, 3), state("products", {"at": 3})]
    for writes in (3, 0):
        world.forget_requests()
        ended = command("write", given)
        assert ended.code == 0, ended.messages
        assert len(world.writes()) == writes
        (left,) = ended.states
        assert left["stream"] == given[-1]["state"]["stream"]
        assert left["destinationStats"] == {"recordCount": 3}
    assert sorted(each["sku"] for each in world.pim.products.values()) == ["1", "2", "3"]


def test_a_changed_record_is_updated_from_its_own_line(command: Run, world: World) -> None:
    """What waits as text is read again from within the message."""
    command("write", products(1))
    changed = record("products", product(1, updated_at="2026-02-01T00:00:00Z", name={"en": "New name"}))
    assert command("write", [changed]).code == 0
    assert [body["name"] for body in world.bodies("PATCH")] == ["New name"]


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


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"not json", "Input line 2: not an Airbyte message"),
        (b"[1]", "Input line 2: not an Airbyte message"),
        (b'{"type":"BATCH"}', "Input line 2: unknown message type 'BATCH'"),
        (b'{"type":"RECORD","record":{"data":{}}}', "Input line 2: a RECORD without"),
        (b'{"type":"RECORD"}', "Input line 2: a RECORD without"),
        (b'{"type":"RECORD","record":{"stream":"products","data":{},"namespace":5}}', "a namespace that is no text"),
        (b'{"type":"STATE","state":[]}', "Input line 2: a STATE without"),
        (b'{"type":"STATE","state":{"stream":{"stream_state":{}}}}', "without the name of its stream"),
        (b'{"type":"STATE","state":{"global":{"stream_states":{"a":1}}}}', "stream_states are no list"),
    ],
)
def test_a_bad_line_ends_the_run_with_its_number(command: Run, line: bytes, words: str) -> None:
    """What came before is safe, and its state would have left."""
    ended = command("write", [*products(1), line, *products(2)])
    assert ended.code == 1
    assert words in ended.error["message"]
    assert ended.error["failure_type"] == "config_error"


def test_what_tells_about_the_sync_is_passed_over(command: Run, world: World) -> None:
    """LOG, TRACE and CONTROL of the source, and empty lines."""
    others: list[Any] = [{"type": kind} for kind in ("LOG", "TRACE", "CONTROL", "SPEC")]
    assert command("write", [*others, b"", *products(1)]).code == 0
    assert len(world.pim.products) == 1


def test_a_record_that_cannot_be_taken_is_a_reject(command: Run, world: World) -> None:
    """Too long, too deep, no strict JSON, no object: the run goes on, and the count says so."""
    deep = b'{"type":"RECORD","record":{"namespace":null,"stream":"products","data":' + b"[" * 30 + b"]" * 30 + b"}}"
    given = [
        record("products", product(1, descriptions="x" * 70_000)),
        deep,
        b'{"type":"RECORD","record":{"stream":"products","data":{"id":"2","price":NaN},"emitted_at":1}}',
        record("products", "no object"),
        *products(3),
        state("products", 1),
    ]
    ended = command("write", given, max_line_bytes=65_536, max_nesting=16)
    assert ended.code == 0, ended.messages
    assert ended.states[0]["destinationStats"] == {"recordCount": 1, "rejectedRecordCount": 4}
    assert [each["sku"] for each in world.pim.products.values()] == ["3"]


@pytest.mark.parametrize(
    ("mode", "generation", "words"),
    [
        ("overwrite", {}, "products: the sync mode overwrite deletes nothing in MicroPIM"),
        ("append_dedup", {"generation_id": 3, "minimum_generation_id": 3}, "a refresh or a clearing of data deletes"),
        ("append", {"generation_id": 3, "minimum_generation_id": 0}, ""),
    ],
)
def test_nothing_is_deleted_whatever_the_mode(
    command: Run,
    world: World,
    mode: str,
    generation: Json,
    words: str,
) -> None:
    """A shop's products are not the source's to delete; the log says so."""
    command("write", products(1, 2))
    ended = command("write", products(2), stream("products", mode, **generation))
    assert ended.code == 0
    assert len(world.pim.products) == 2
    assert not [each for each in world.writes() if each.startswith("DELETE")]
    assert words in ended.warnings
    assert words or "deletes nothing" not in ended.warnings


def test_a_mode_that_is_not_offered_is_refused(command: Run, world: World) -> None:
    """Before anything is made."""
    ended = command("write", products(1), stream("products", "soft_delete"))
    assert (ended.code, ended.error["failure_type"]) == (1, "config_error")
    assert not (world.folder / "ledger.db").exists()


def test_a_stream_without_a_place_is_taken_and_its_state_passes(command: Run) -> None:
    """And the name of a stream with a prefix is told."""
    given = [record("be_products", product(1)), state("be_products", {"at": 1}), record("brands", {"id": 1})]
    ended = command("write", given, stream("be_products"), stream("brands"))
    assert ended.code == 0
    assert ended.states[0]["destinationStats"] == {"recordCount": 1}
    assert "be_products: MicroPIM has no place for a stream of this name. If it holds products" in ended.warnings
    assert "brands: MicroPIM has no place for a stream of this name" not in ended.warnings


def test_any_stream_by_the_native_profile(command: Run, world: World) -> None:
    """Its name is given by a field of the form, as text; a row that was deleted in a database is known as such."""
    settings = {"profile": "native", "streams": '{"be_items": "products"}', "delete_mode": "archive"}
    row = {"sku": "A1", "name": "One", "_ab_cdc_lsn": 1, "_ab_cdc_deleted_at": None}
    assert command("write", [record("be_items", row)], stream("be_items"), **settings).code == 0
    world.forget_requests()
    assert command("write", [record("be_items", row | {"_ab_cdc_lsn": 2})], stream("be_items"), **settings).code == 0
    assert world.writes() == []
    gone = row | {"_ab_cdc_deleted_at": "2026-11-30T00:00:00Z"}
    assert command("write", [record("be_items", gone)], stream("be_items"), **settings).code == 0
    assert [each["status"] for each in world.pim.products.values()] == ["archived"]


def test_a_schema_that_cannot_be_used_is_refused_before_the_first_record(command: Run) -> None:
    """As in Singer; the stream is named."""
    flat = stream("products", json_schema={"properties": {"id": {}, "color": {}}})
    ended = command("write", products(1), flat)
    assert (ended.code, ended.error["failure_type"]) == (1, "config_error")
    assert "'products' cannot be used: it declares no name" in ended.error["message"]


def test_a_dry_run_writes_nothing_and_lets_no_state_go(command: Run, world: World) -> None:
    """The plan lies in the report's folder, whose place is in the log."""
    ended = command("write", [*products(1), state("products", 1)], dry_run=True)
    assert (ended.code, ended.states, world.writes()) == (0, [], [])
    (plan,) = world.folder.glob("reports/*/plan.jsonl")
    assert any(str(plan.parent) in log["message"] for log in ended.of("LOG"))


def test_the_check_asks_one_question_and_names_the_organization(command: Run, world: World) -> None:
    """Nothing is made."""
    ended = command("check")
    assert ended.of("CONNECTION_STATUS") == [{"status": "SUCCEEDED"}]
    assert "Organization: " in json.dumps(ended.of("LOG"))
    assert [f"{each.method} {each.path}" for each in world.pim.requests] == ["GET /api/channels"]
    assert list(world.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"api_key": "wrong-key"}, "key"),
        ({"api_key": None}, "API key (api_key) is missing"),
        ({"currency": "euro"}, "Currency (currency)"),
        ({"match_on": '["sku", '}, "Match on (match_on): is not JSON"),
        ({"field_policies": '{"colour": "never"}'}, "Field policies (field_policies)"),
        ({"locale": None}, "locale"),
        ({"organization": "0123456789ab"}, "organization"),
        ({"ledger_url": "sqlite:////dev/null/ledger.db"}, "ledger_url"),
        ({"dryrun": True}, "dry_run meant"),
    ],
)
def test_a_failing_check_says_what_to_change(command: Run, settings: Json, words: str) -> None:
    """In the words of the form; that is an answer, so the exit code is 0."""
    ended = command("check", **settings)
    assert ended.code == 0
    (status,) = ended.of("CONNECTION_STATUS")
    assert status["status"] == "FAILED"
    assert words in status["message"]
    assert "TARGET_MICROPIM" not in status["message"]


def test_a_new_file_in_a_container_is_warned_of(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the check and before a run; not where the ledger of the night before is there."""
    monkeypatch.setenv("AIRBYTE_VERSION", "1.8")
    assert "give a PostgreSQL address" in command("check").warnings
    assert "give a PostgreSQL address" in command("write", products(1)).warnings
    assert "give a PostgreSQL address" not in command("write", products(2)).warnings


def test_the_form_has_each_setting_once_and_the_spec_what_is_offered(command: Run) -> None:
    """One type a field, secrets marked."""
    (spec,) = command("spec").of("SPEC")
    assert spec["supported_destination_sync_modes"] == ["append_dedup", "append"]
    assert spec["supportsIncremental"] is True
    fields = spec["connectionSpecification"]["properties"]
    assert all(isinstance(each["type"], str) for each in fields.values())
    assert {name for name, each in fields.items() if each.get("airbyte_secret")} == {
        "api_key", "ledger_url", "throttle_url", "notify_urls",
    }  # fmt: skip


def test_categories_and_products_go_through_the_medipim_profile(command: Run, world: World) -> None:
    """As they come from source-medipim."""
    given = [record("categories", category(5, "Skin")), *products(1), state("categories", 1), state("products", 1)]
    ended = command("write", given, stream("categories", "append"), stream("products"))
    assert [each["stream"]["stream_descriptor"]["name"] for each in ended.states] == ["categories", "products"]
    assert len(world.pim.categories) == 1


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


CANARY = "canary/DESTINATION+secret=55"


@pytest.mark.parametrize(
    "fault",
    [
        None,
        Fault("status", status=401, times=None),
        Fault("status", status=400, times=None, body=f"you sent {CANARY}"),
        Fault("html", times=None, body=f"<p>{CANARY}</p>"),
        Fault("redirect", times=None, url=f"http://127.0.0.1:9/{quote(CANARY, safe='')}"),
    ],
    ids=["none", "401", "400 that echoes", "page that echoes", "redirect"],
)
@pytest.mark.parametrize("name", ["check", "write"])
def test_no_message_holds_a_key(
    command: Run, world: World, monkeypatch: pytest.MonkeyPatch, name: str, fault: Fault | None
) -> None:
    """Not even with everything in the log; the command itself looks for the key in each message."""
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    world.pim.switch(api_key=CANARY)
    if fault is not None:
        world.pim.faults.add(fault)
    ended = command(name, [*products(1), state("products", 1)], api_key=CANARY, max_wait_seconds=1)
    told = json.dumps(ended.messages) + json.dumps(ended.messages, ensure_ascii=False)
    encoded = base64.b64encode(CANARY.encode()).decode().rstrip("=")
    assert not [form for form in (CANARY, quote(CANARY, safe=""), quote_plus(CANARY), encoded) if form in told]


@pytest.mark.parametrize(
    "settings",
    [
        {"ledger_url": f"postgresql://user:{CANARY}@127.0.0.1:1/ledger"},
        {"throttle_url": f"ftp://user:{CANARY}@example.com/x"},
        {"notify_urls": f'["json://example.com/{CANARY}"]', "max_rejects": "x"},
        {"api_url": f"https://user:{CANARY}@example.com"},
        {"currency": CANARY},
        {"api_key": [CANARY]},
        {"streams": f'{{"x": "{CANARY}"'},
        {CANARY: 1},
    ],
)
def test_a_secret_in_any_field_is_not_told(command: Run, settings: Json) -> None:
    """A person pastes it anywhere."""
    for name in ("check", "write"):
        ended = command(name, products(1), **{"api_key": CANARY, **settings})
        assert CANARY not in json.dumps(ended.messages)


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
