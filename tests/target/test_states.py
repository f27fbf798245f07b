"""When a STATE leaves: never before its records are settled, and often enough (law 1); how a run ends."""

import io
import os
import re
import signal
import sqlite3
import subprocess
import threading
from typing import Any

import pytest

from pim_wire.errors import StopRun
from sandbox.faults import Fault
from target_micropim.errors import LedgerUnusable, TooMany
from target_micropim.ledger.lock import pid_space

KEY = "sandbox-micropim-key"


def numbered(singer: Any, count: int, **fields: Any) -> list[bytes]:
    """Products, each with a STATE behind it that says how many came before."""
    made = [singer.schema("products")]
    for number in range(1, count + 1):
        made += [singer.record("products", singer.product(number, **fields)), singer.state({"at": number})]
    return made


class Witness(io.StringIO):
    """A stdout that notes what MicroPIM holds at the moment each state is written."""

    def __init__(self, world: Any) -> None:
        super().__init__()
        self._world = world
        self.seen: list[tuple[str, set[str], int]] = []

    def write(self, text: str) -> int:
        """Look at MicroPIM first."""
        skus = {product["sku"] for product in self._world.pim.products.values()}
        pictures = sum(len(product["_media"]) for product in self._world.pim.products.values())
        self.seen.append((text, skus, pictures))
        return super().write(text)


def test_no_state_leaves_before_what_it_covers_is_there(world: Any, singer: Any, monkeypatch: Any) -> None:
    """At the moment of each state, every product up to it is in MicroPIM with its picture, or in the rejects file."""
    import sys  # noqa: PLC0415

    from target_micropim.target import TargetMicroPim  # noqa: PLC0415

    for number, delay in ((3, 0.1), (8, 0.15), (13, 0.2)):  # each holds states back, however fast all others are
        world.pim.faults.add(Fault("slow", "POST /api/products$", nth=number, delay=delay))
    world.pim.faults.add(Fault("status", "POST /api/products$", nth=17, status=422))
    witness = Witness(world)
    monkeypatch.setattr(sys, "stdout", witness)
    given = numbered(singer, 20, photos=[singer.picture(1)])
    TargetMicroPim(config=world.settings(max_in_flight=4)).listen(io.BytesIO(b"\n".join(given)))
    states = [(eval(text)["at"], skus, pictures) for text, skus, pictures in witness.seen]  # noqa: S307
    assert states[-1][0] == 20
    assert len(states) > 3
    for covered, skus, pictures in states:
        assert len({str(n) for n in range(1, covered + 1)} - skus) <= 1  # the rejected one
        assert pictures >= covered - 1


def test_states_leave_while_the_run_goes_on(world: Any, singer: Any) -> None:
    """A crash costs an interval, not the night: states are seen before the input ends."""
    process = world.start()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"\n".join(numbered(singer, 3)) + b"\n")
    process.stdin.flush()
    first = process.stdout.readline()
    assert b'"at"' in first
    process.stdin.close()
    rest = process.stdout.read()
    process.wait(20)
    close(process)
    assert (first + rest).splitlines()[-1] == b'{"at": 3}'


def close(process: "subprocess.Popen[bytes]") -> str:
    """Let the pipes go; what was said on stderr."""
    assert process.stderr is not None
    said = process.stderr.read().decode()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    return said


def test_sigterm_while_waiting_for_input_leaves_the_last_safe_state(world: Any, singer: Any) -> None:
    """Somebody stops a run whose tap is silent: it ends at once, in order, and not with success."""
    process = world.start(state_interval_seconds=600)
    process.stdin.write(b"\n".join(numbered(singer, 3)) + b"\n")
    process.stdin.flush()
    landed = threading.Event()
    world.pim.on_committed(lambda _call: landed.set() if len(world.pim.products) >= 3 else None)
    assert landed.wait(20) or len(world.pim.products) == 3
    process.send_signal(signal.SIGTERM)
    out = process.stdout.read()
    assert process.wait(20) not in (0, -signal.SIGTERM)
    said = close(process)
    assert "Traceback" not in said
    assert b'{"at": ' in out
    assert (world.folder / "reports").is_dir()


def test_sigterm_while_busy_is_not_forgotten_when_input_is_awaited(world: Any, singer: Any) -> None:
    """The signal comes while a message is worked on and the next read would block for ever."""
    world.load(singer.lines(products=[singer.product(1)]))
    process = world.start()
    struck = threading.Event()

    def strike(_call: Any) -> None:
        if not struck.is_set():
            process.send_signal(signal.SIGTERM)
            struck.set()

    world.pim.on_request(strike)  # the first question, asked by the thread that reads the input
    process.stdin.write(b"\n".join(numbered(singer, 1)) + b"\n")
    process.stdin.flush()
    assert struck.wait(20)
    assert process.wait(20) not in (0, -signal.SIGTERM)
    assert "Traceback" not in close(process)


def test_a_failure_lets_the_last_safe_state_leave(world: Any, singer: Any) -> None:
    """The key is revoked in the middle: one line naming the setting, exit code 1, the state of what is in."""
    world.pim.faults.add(Fault("status", "POST /api/products$", nth=4, times=None, status=401))
    ended = world.spawn(numbered(singer, 9), max_in_flight=1, state_interval_seconds=600)
    assert ended.code == 1
    assert ended.states == [{"at": 3}]
    (line,) = ended.complaints
    assert "api_key" in line
    assert KEY not in ended.err


def test_a_wrong_key_stops_at_once(world: Any, singer: Any) -> None:
    """One request, one line, no key in it."""
    ended = world.spawn(numbered(singer, 5), api_key="not-the-right-key")
    assert ended.code == 1
    assert ended.states == []
    assert len(world.pim.requests) == 1
    (line,) = ended.complaints
    assert "api_key" in line
    assert "not-the-right-key" not in ended.err


def test_an_organization_without_access_stops_at_once(make_world: Any, singer: Any) -> None:
    """403 on the first question."""
    world = make_world(has_organization=False)
    outcome = world.run(numbered(singer, 2))
    assert isinstance(outcome.failure, StopRun)
    assert len(world.pim.requests) == 1


def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(world: Any, singer: Any) -> None:
    """A line break inside a key would otherwise be quoted by the HTTP library."""
    ended = world.spawn(numbered(singer, 1), api_key="first-half\nother-half")
    assert ended.code == 1
    assert "api_key" in ended.err
    assert "first-half" not in ended.err
    assert "other-half" not in ended.err


def test_a_key_between_blanks_is_masked_too(world: Any, singer: Any) -> None:
    """A server that echoes the key does not bring it into the rejects file."""
    body = f'{{"status": 0, "data": null, "error": "bad thing for {KEY}"}}'
    world.pim.faults.add(Fault("status", "POST /api/products$", status=422, body=body))
    outcome = world.load(numbered(singer, 1), api_key=f" {KEY} ")
    assert KEY not in outcome.rejects[0]["said"]
    assert "****" in outcome.rejects[0]["said"]


def test_rejects_are_kept_whole_and_the_run_ends_well(world: Any, singer: Any) -> None:
    """Exit code 0, the state goes on, the file holds record, stage, reasons; the counts add up."""
    bad = {"id": "2", "status": "active", "extra": {"deep": [1, None, "ü"]}}
    long = singer.product(3, name={"en": "x" * 300})
    given = singer.lines(products=[singer.product(1), bad, long, {"name": {"en": "no id"}}])
    ended = world.spawn(given)
    assert ended.code == 0
    assert ended.states == [{"bookmarks": {"products": {"at": 4}}}]
    outcome = world.load(given)
    rows = {row["external_id"]: row for row in outcome.rejects}
    assert rows["2"]["record"] == bad
    assert rows["2"]["stage"] == "map"
    assert rows["2"]["reasons"][0]["path"] == "name"
    assert rows["3"]["stage"] == "map"
    assert rows["3"]["reasons"] == [
        {"path": "name", "message": "has 300 characters, 255 are allowed (on_too_long: reject)"}
    ]
    assert rows[None]["reasons"] == [{"path": "id", "message": "is missing"}]
    assert outcome.report["streams"]["products"] == {"received": 4, "rejected": 3, "unchanged": 1}


def test_a_missing_category_id_is_called_by_its_name(world: Any, singer: Any) -> None:
    """The reason names the field that is missing."""
    outcome = world.load(singer.lines(categories=[{"name": {"en": "A"}}, {"id": "1", "name": {}}]))
    assert [row["reasons"][0]["path"] for row in outcome.rejects] == ["id", "name"]


def test_max_rejects_as_a_number_stops_the_run(world: Any, singer: Any) -> None:
    """The third reject is one too many."""
    bad = [{"id": str(n)} for n in range(10)]
    outcome = world.run(singer.lines(products=bad), max_rejects=2, max_in_flight=1)
    assert isinstance(outcome.failure, TooMany)
    assert outcome.report["complete"] is False
    assert outcome.report["streams"]["products"]["rejected"] >= 3


@pytest.mark.parametrize(("limit", "stops"), [("10%", False), ("9%", True), (1, False), (0, True)])
def test_max_rejects_is_judged_at_the_end_too(world: Any, singer: Any, limit: Any, stops: bool) -> None:
    """One of ten is ten per cent; the state has left, the exit code says it."""
    given = singer.lines(products=[{"id": "0"}, *(singer.product(n) for n in range(1, 10))])
    assert isinstance(world.run(given, max_rejects=limit).failure, TooMany) is stops


STRANGE: list[Any] = [[], "text", 5, None, [["id"]], True]


@pytest.mark.parametrize("strange", STRANGE, ids=repr)
@pytest.mark.parametrize("stream", ["products", "categories"])
def test_a_record_that_is_no_object_is_a_reject(world: Any, singer: Any, stream: str, strange: Any) -> None:
    """It stops nobody else."""
    good = singer.product(1) if stream == "products" else {"id": "1", "name": {"en": "A"}}
    outcome = world.load(singer.lines(**{stream: [strange, good]}))
    assert [row["record"] for row in outcome.rejects] == [strange]
    assert len(outcome.states) == 1


def test_a_record_nested_too_deep_is_a_reject(world: Any, singer: Any) -> None:
    """What cannot be written as JSON again is refused, kept, and stops nobody else."""
    deep = b"[" * 400 + b"]" * 400
    line = singer.record("products", singer.product(1)).replace(b'"active"', b'"active","deep":' + deep)
    given = [singer.schema("products"), line, singer.record("products", singer.product(2)), singer.state({"at": 2})]
    outcome = world.load(given)
    assert [row["external_id"] for row in outcome.rejects] == ["1"]
    assert outcome.rejects[0]["record"]["id"] == "1"
    assert world.pim.counts()["products"] == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{not json", "not a Singer message"),
        (b"[]", "not a Singer message"),
        (b'{"type": "WEATHER"}', "unknown message type"),
        (b'{"type": "RECORD", "stream": "nobody", "record": {}}', "nobody"),
    ],
)
def test_a_broken_line_ends_the_run_without_being_quoted(world: Any, singer: Any, line: bytes, words: str) -> None:
    """What came before is safe, the line is named by its number, exit code 1."""
    ended = world.spawn([*numbered(singer, 1), line])
    assert ended.code == 1
    assert ended.states == [{"at": 1}]
    assert words in ended.err
    assert "Traceback" not in ended.err
    assert "not json" not in ended.err


def test_input_may_begin_with_a_byte_order_mark(world: Any, singer: Any) -> None:
    """As an editor saves a file; within the input it is no part of a message."""
    first, *others = numbered(singer, 1)
    assert world.load([b"\xef\xbb\xbf" + first, *others]).states == [{"at": 1}]
    assert "Input line 1: not a Singer message" in str(world.run([b"\xef\xbb\xbf\xef\xbb\xbf" + first]).failure)


def one_line(world: Any, singer: Any, *words: str, **settings: Any) -> str:
    """A run that cannot begin: exit code 1, one line with these words, no key, no request; the line."""
    ended = world.spawn(numbered(singer, 1), **settings)
    assert ended.code == 1, ended.err
    assert ended.states == []
    (line,) = ended.complaints
    for word in words:
        assert word in line
    assert KEY not in ended.err
    assert [r for r in world.pim.requests if r.method != "GET"] == []
    return str(line)


def test_a_ledger_that_cannot_be_opened_is_one_line(world: Any, singer: Any) -> None:
    """A folder nobody may write to."""
    one_line(world, singer, "ledger_url", ledger_url="sqlite:////proc/nobody/ledger.db")


def test_a_ledger_that_is_no_database_is_one_line(world: Any, singer: Any) -> None:
    """The file holds something else."""
    (world.folder / "ledger.db").write_bytes(b"This is not a database." * 100)
    one_line(world, singer, "ledger_url", "not a database")


def test_a_ledger_of_another_organization_is_refused(world: Any, singer: Any) -> None:
    """Another address: never the same ledger. Another key: tests/target/test_new_key.py."""
    world.load(numbered(singer, 1))
    world.forget_requests()
    elsewhere = world.box.micropim_url.replace("127.0.0.1", "localhost")
    one_line(world, singer, "belongs to another", api_url=elsewhere)


def test_a_ledger_of_a_newer_version_is_refused(world: Any, singer: Any) -> None:
    """An older program keeps its hands off."""
    world.load(numbered(singer, 1))
    with_ledger(world, "UPDATE meta SET value = '99' WHERE name = 'version'")
    world.forget_requests()
    one_line(world, singer, "newer version")


def with_ledger(world: Any, *statements: str) -> None:
    """Change the ledger from outside."""
    connection = sqlite3.connect(world.folder / "ledger.db")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def lock_row(pid: int, beat_at: str) -> str:
    """A lock of a process of this machine and PID namespace."""
    host = os.uname().nodename
    return f"INSERT INTO run_lock VALUES (1, 'someone.{pid_space()}', '{host}', {pid}, {beat_at})"  # noqa: S608


def test_a_ledger_in_use_is_one_line(world: Any, singer: Any) -> None:
    """A second run at the same time gives way."""
    world.load(numbered(singer, 1))
    with_ledger(world, lock_row(os.getpid(), "strftime('%s', 'now') + 0.0"))
    world.forget_requests()
    one_line(world, singer, "Another run", str(os.getpid()))


@pytest.mark.parametrize("ahead", [-40, 0, 5000])
def test_the_wait_for_a_dead_run_elsewhere_is_told_truly(world: Any, singer: Any, ahead: int) -> None:
    """Its process cannot be seen, and its clock may be ahead of ours: the time told is the time it takes."""
    world.load(numbered(singer, 1))
    world.forget_requests()
    held = f"strftime('%s', 'now') + {ahead}.0"
    with_ledger(world, f"INSERT INTO run_lock VALUES (1, 'someone', 'another-host', 7, {held})")  # noqa: S608
    said = one_line(world, singer, "Another run", "another-host")
    told = re.search(r"try again in (\d+) s", said)
    assert told is not None
    seconds = int(told[1])
    assert 60 + ahead - 20 <= seconds <= 61 + ahead
    with_ledger(world, f"UPDATE run_lock SET beat_at = beat_at - {seconds}")  # noqa: S608 - that much time goes by
    world.load(numbered(singer, 1))


def test_the_lock_of_a_dead_process_is_taken_over(world: Any, singer: Any) -> None:
    """A killed run bars nobody."""
    world.load(numbered(singer, 1))
    dead = subprocess.Popen(["true"])
    dead.wait()
    with_ledger(world, lock_row(dead.pid, "strftime('%s', 'now') + 0.0"))
    assert world.spawn(numbered(singer, 2)).code == 0


def test_the_lock_of_a_silent_run_elsewhere_is_taken_over(world: Any, singer: Any) -> None:
    """Another machine whose heart has not beaten for a minute counts as dead; one that beats does not."""
    world.load(numbered(singer, 1))
    row = "INSERT INTO run_lock VALUES (1, 'someone', 'elsewhere', 1, strftime('%s', 'now') - {})"
    with_ledger(world, row.format(10))
    assert isinstance(world.run(numbered(singer, 2)).failure, LedgerUnusable)
    with_ledger(world, "DELETE FROM run_lock", row.format(100))
    world.load(numbered(singer, 2))


def test_a_run_whose_lock_was_taken_stops(world: Any, singer: Any) -> None:  # noqa: ARG001
    """Two writers would double things: the one that lost the lock notices by its heart."""
    from target_micropim.ledger import Ledger, RunLock  # noqa: PLC0415

    now = [1000.0]
    ledger = Ledger.open(f"sqlite:///{world.folder}/other.db")
    first, second = RunLock(ledger, lambda: now[0]), RunLock(ledger, lambda: now[0])
    first.acquire()
    now[0] += 61
    second.acquire()
    with pytest.raises(LedgerUnusable, match="took this ledger over"):
        first.beat()
    ledger.close()


def test_a_report_folder_that_cannot_be_made_is_one_line(world: Any, singer: Any) -> None:
    """It is found out before anything is sent, and the ledger is free again."""
    (world.folder / "reports").write_text("a file, no folder")
    one_line(world, singer, "reports")
    (world.folder / "reports").unlink()
    assert world.spawn(numbered(singer, 1)).code == 0


def test_a_full_disk_for_rejects_stops_before_the_state(world: Any, singer: Any) -> None:
    """A reject that cannot be kept is no reject: the state stays behind it, and the ledger is given back."""
    import resource  # noqa: PLC0415

    given = [singer.schema("products"), singer.record("products", {"id": "1", "fill": "x" * 900_000})]
    given.append(singer.state({"at": 1}))
    world.load(numbered(singer, 1))

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))

    process = start_with(world, small_files)
    out, err = process.communicate(b"\n".join(given) + b"\n", timeout=60)
    assert process.returncode == 1, err.decode()
    assert out == b""
    assert b"Traceback" not in err
    (line,) = [line for line in err.decode().splitlines() if "INFO" not in line and "WARNING" not in line]
    assert "File too large" in line


def start_with(world: Any, before: Any) -> "subprocess.Popen[bytes]":
    """A target process that prepares itself in its own way."""
    import json  # noqa: PLC0415
    import sys  # noqa: PLC0415

    file = world.folder / "config.json"
    file.write_text(json.dumps(world.settings()))
    command = [sys.executable, "-m", "target_micropim", "--config", str(file)]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        cwd=world.folder,
        preexec_fn=before,  # noqa: PLW1509
    )


def test_a_run_without_input_ends_well(world: Any) -> None:
    """No record, no request, a report."""
    outcome = world.load([])
    assert outcome.report["complete"] is True
    assert world.pim.requests == []


def test_a_downstream_that_stops_reading_is_one_line(world: Any, singer: Any) -> None:
    """Nobody reads our states any more: no traceback, not even from the interpreter's last flush."""
    process = world.start(popen=subprocess.Popen)
    process.stdout.close()
    process.stdin.write(b"\n".join(numbered(singer, 5)) + b"\n")
    process.stdin.close()
    assert process.wait(20) == 1
    said = process.stderr.read().decode()
    process.stderr.close()
    assert "stopped reading" in said
    assert "Traceback" not in said
