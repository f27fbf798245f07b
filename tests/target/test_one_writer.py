"""One writer: whose process number is believed, a heart that beats through every wait, and a fence behind it."""

import contextlib
import io
import itertools
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from sandbox.faults import Fault
from target_micropim.errors import LedgerUnusable
from target_micropim.ledger import (
    AwaitedPictures,
    CategoryRow,
    Heartbeat,
    Ledger,
    MediaRow,
    ProductRow,
    RunLock,
    copy_of,
)
from target_micropim.ledger import lock as lock_module
from target_micropim.ledger.lock import DEAD_AFTER_SECONDS, pid_space
from target_micropim.target import TargetMicroPim
from tests.target.conftest import FakeClock, own_signals
from trials import postgres

ROW = ProductRow("1", "S-1", 7)


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The folder of the socket of a running PostgreSQL."""
    pytest.importorskip("psycopg", reason="the extra 'postgres' is not installed")
    if not postgres.is_here():
        pytest.skip(postgres.ABSENT)
    with postgres.cluster() as folder:
        yield folder


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: Any, tmp_path: Path) -> str:
    """A ledger of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    return postgres.new_database(request.getfixturevalue("cluster"), f"t{abs(hash(request.node.name))}")


def past_the_ledger(url: str, *statements: str) -> list[Any]:
    """What another program does to the database; the rows of the last statement."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    rows: list[Any] = []
    with engine.begin() as connection:
        for statement in statements:
            found = connection.execute(text(statement))
            rows = [tuple(row) for row in found] if found.returns_rows else []
    engine.dispose()
    return rows


def held(url: str, owner: str, pid: int, *, host: str | None = None, age: float = 0.0) -> None:
    """A lock that somebody left, or holds."""
    at = time.time() - age
    host = host or socket.gethostname()
    past_the_ledger(
        url,
        "DELETE FROM run_lock",
        f"INSERT INTO run_lock (id, owner, host, pid, beat_at) VALUES (1, '{owner}', '{host}', {pid}, {at})",  # noqa: S608
    )


def dead_process() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


# A. Whose process number is believed


def opened(url: str) -> Ledger:
    """A ledger with its tables."""
    ledger = Ledger.open(url)
    ledger.upgrade()
    return ledger


def test_a_dead_process_of_this_namespace_frees_the_lock_at_once(url: str) -> None:
    """It was killed a moment ago."""
    ledger = opened(url)
    held(url, f"somebody.{pid_space()}", dead_process())

    RunLock(ledger).acquire()

    ledger.close()


@pytest.mark.parametrize("owner", ["somebody", "somebody.another-namespace"])
@pytest.mark.parametrize("is_our_number", [True, False])
def test_a_process_number_of_elsewhere_says_nothing(url: str, owner: str, *, is_our_number: bool) -> None:
    """Another container with this host name, or a row of an older release: alive until its heart stands still."""
    ledger = opened(url)
    pid = os.getpid() if is_our_number else dead_process()
    held(url, owner, pid, age=DEAD_AFTER_SECONDS - 20)
    with pytest.raises(LedgerUnusable, match=r"try again in 2[01] s"):
        RunLock(ledger).acquire()

    held(url, owner, pid, age=DEAD_AFTER_SECONDS + 1)
    RunLock(ledger).acquire()

    ledger.close()


def test_the_same_boot_and_namespace_under_another_host_name_is_elsewhere(url: str) -> None:
    """A machine that was copied while it ran has the same boot; its name is all that may differ."""
    ledger = opened(url)
    held(url, f"somebody.{pid_space()}", dead_process(), host="another")
    with pytest.raises(LedgerUnusable, match="on another"):
        RunLock(ledger).acquire()
    ledger.close()


def test_our_own_number_is_that_of_a_predecessor_unless_he_lives_here(url: str) -> None:
    """A container's program has the same number each time; two runs of one process share it, too."""
    ledger = opened(url)
    held(url, f"somebody.{pid_space()}", os.getpid())
    first = RunLock(ledger)
    first.acquire()
    second = Ledger.open(url)
    with pytest.raises(LedgerUnusable, match="Another run"):
        RunLock(second).acquire()
    second.close()
    first.release()
    RunLock(ledger).acquire()
    ledger.close()


def test_where_no_namespace_can_be_told_only_the_heart_counts(url: str, monkeypatch: Any) -> None:
    """No /proc, or that of another namespace: no number is believed, and none is promised to others."""
    monkeypatch.setattr(lock_module, "pid_space", lambda: None)
    ledger = opened(url)
    held(url, "somebody", dead_process())
    with pytest.raises(LedgerUnusable, match="Another run"):
        RunLock(ledger).acquire()
    past_the_ledger(url, "DELETE FROM run_lock")
    RunLock(ledger).acquire()
    ((owner,),) = past_the_ledger(url, "SELECT owner FROM run_lock")
    assert "." not in owner
    ledger.close()


def test_a_heart_that_beats_again_while_it_is_buried_keeps_its_lock(url: str, monkeypatch: Any) -> None:
    """The row was read as dead, and its owner woke up before it was taken away: one of both goes on."""
    ledger = opened(url)
    held(url, "sleeper", 1, age=DEAD_AFTER_SECONDS + 1)
    judged = RunLock._is_dead

    def wake_up(self: RunLock, holder: Any) -> bool:
        verdict = judged(self, holder)
        past_the_ledger(url, "UPDATE run_lock SET beat_at = beat_at + 61")
        return verdict

    monkeypatch.setattr(RunLock, "_is_dead", wake_up)
    with pytest.raises(LedgerUnusable, match="at the same moment"):
        RunLock(ledger).acquire()
    assert past_the_ledger(url, "SELECT owner FROM run_lock") == [("sleeper",)]
    ledger.close()


@pytest.mark.parametrize("beats", [True, False])
def test_a_heart_that_seems_to_stand_still_gets_the_time_for_one_beat(url: str, *, beats: bool) -> None:
    """Another machine's clock is an hour behind ours: its run lives, however old its last beat looks."""
    ledger = opened(url)
    held(url, "somebody.elsewhere", 1, host="another", age=3600)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if beats:
            past_the_ledger(url, "UPDATE run_lock SET beat_at = beat_at + 10")

    late = RunLock(ledger, sleep=sleep)
    if beats:
        with pytest.raises(LedgerUnusable, match=r"its clock is 35[89]\d s behind"):
            late.acquire()
    else:
        late.acquire()
    assert slept == [12.0]
    ledger.close()


@pytest.mark.parametrize("state", ["nobody", "ended", "alive"])
def test_nobody_waits_for_a_beat_where_it_is_clear(url: str, state: str) -> None:
    """No lock, a process that is gone, a heart that beats: decided at once."""
    ledger = opened(url)
    if state != "nobody":
        owner = f"somebody.{pid_space()}" if state == "ended" else "somebody.elsewhere"
        held(url, owner, dead_process(), age=3600 if state == "ended" else 0)
    mine = RunLock(ledger, sleep=lambda _seconds: pytest.fail("waited"))
    if state == "alive":
        with pytest.raises(LedgerUnusable, match="Another run"):
            mine.acquire()
    else:
        mine.acquire()
    ledger.close()


# The heart


def waited_until(condition: Any, seconds: float = 20.0) -> None:
    """Real time, since a thread has to come to it."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def beats(folder: Path) -> float:
    """When the heart of the run has beaten last."""
    ((at,),) = past_the_ledger(f"sqlite:///{folder}/ledger.db", "SELECT beat_at FROM run_lock")
    return float(at)


@pytest.mark.parametrize("wait", ["hung answer", "long pause", "blocked standard output", "silent input"])
def test_the_heart_beats_whatever_the_run_waits_for(world: Any, singer: Any, monkeypatch: Any, wait: str) -> None:
    """A hung request, a pause that MicroPIM asked for, a reader who does not read: the lock stays alive."""
    monkeypatch.setattr(lock_module, "BEAT_SECONDS", 0.0)
    freed = threading.Event()
    if wait == "hung answer":
        world.pim.faults.add(Fault("hang", "POST /api/products", delay=4))
    elif wait == "long pause":
        world.pim.faults.add(Fault("status", "POST /api/products", status=429, headers={"Retry-After": "300"}))
    with own_signals():
        target = TargetMicroPim(config=world.settings(request_timeout_seconds=3))
        if wait == "blocked standard output":
            monkeypatch.setattr(target, "_write_state_message", lambda _state: freed.wait(30))
        out, into = os.pipe()
        os.write(into, b"\n".join(singer.lines(products=[singer.product(1)])) + b"\n")
        ends: list[BaseException] = []
        thread = threading.Thread(target=listened, args=(target, out, ends))
        thread.start()
        waited_until(world.writes)
        moments = set()
        waited_until(lambda: moments.add(beats(world.folder)) or len(moments) == 4)
        target.clock.stop()
        freed.set()
        os.close(into)
        thread.join(20)
    assert not thread.is_alive()


def listened(target: TargetMicroPim, descriptor: int, ends: list[BaseException]) -> None:
    """A run over a pipe, to its end."""
    try:
        with os.fdopen(descriptor, "rb") as source, contextlib.redirect_stdout(io.StringIO()):
            target.listen(source)
    except BaseException as end:  # noqa: BLE001 - however it ends: it is what came before that is tested
        ends.append(end)


def test_a_heart_that_finds_its_lock_taken_says_so_and_stands_still(url: str, monkeypatch: Any) -> None:
    """Once: nobody tries again and again."""
    monkeypatch.setattr(lock_module, "BEAT_SECONDS", 0.0)
    monkeypatch.setattr(lock_module, "TICK_SECONDS", 0.01)
    ledger = opened(url)
    mine = RunLock(ledger)
    mine.acquire()
    told: list[Exception] = []
    heart = Heartbeat(mine, told.append)
    past_the_ledger(url, "DELETE FROM run_lock")
    waited_until(lambda: bool(told))
    heart.stop()
    assert [type(one) for one in told] == [LedgerUnusable]
    ledger.close()


@pytest.mark.parametrize("shift", [-3600.0, 3600.0])
def test_a_clock_that_is_set_does_not_stop_the_heart(url: str, shift: float) -> None:
    """Set back by an hour, the next beat must not wait for that hour."""
    ledger = opened(url)
    now = [1_000_000.0]
    mine = RunLock(ledger, lambda: now[0])
    mine.acquire()
    now[0] += shift
    mine.beat()
    assert past_the_ledger(url, "SELECT beat_at FROM run_lock") == [(now[0],)]
    ledger.close()


def test_a_beat_that_failed_is_tried_again(url: str) -> None:
    """What was not written was no beat."""
    ledger = opened(url)
    now = [1_000_000.0]
    mine = RunLock(ledger, lambda: now[0])
    mine.acquire()
    past_the_ledger(url, "DELETE FROM run_lock")
    now[0] += 11
    for _ in range(2):
        with pytest.raises(LedgerUnusable, match="took this ledger over"):
            mine.beat()
    ledger.close()


# B. The fence

WRITES = {
    "a product": lambda ledger: ledger.remember(ROW),
    "a settled product": lambda ledger: ledger.settle(ROW, "digest", ["9"]),
    "a link": lambda ledger: ledger.linked(ROW, "9"),
    "a loss": lambda ledger: ledger.unannounce(ProductRow("1", "S-1", 7)),
    "pictures": lambda ledger: ledger.remember_media("1", [MediaRow("a", "https://m.example.test/a", "intent")]),
    "counted pictures": lambda ledger: ledger.pictures_counted(AwaitedPictures("1", 7, "S-1", 1)),
    "a category": lambda ledger: ledger.remember_category("9", CategoryRow(9)),
    "names": lambda ledger: ledger.remember_names("brand", {"x": 1}),
    "a fact": lambda ledger: ledger.note("in_creation", "[]"),
    "the index": lambda ledger: ledger.forget_seen(),
}


def everything(url: str) -> list[list[Any]]:
    """All rows but those of the lock."""
    tables = ("meta", "products", "media", "missing_categories", "categories", "names", "awaited_pictures")
    return [sorted(map(str, past_the_ledger(url, f"SELECT * FROM {table}"))) for table in tables]  # noqa: S608


def lost(url: str, how: str) -> None:
    """The lock is gone, or another's."""
    past_the_ledger(url, "DELETE FROM run_lock")
    if how == "taken":
        held(url, "another", 1)


@pytest.mark.parametrize("how", ["gone", "taken"])
@pytest.mark.parametrize("what", WRITES)
def test_who_lost_the_lock_writes_nothing(url: str, what: str, how: str) -> None:
    """Whatever it is: refused with a sentence, and nothing of it stands in the database."""
    ledger = opened(url)
    RunLock(ledger).acquire()
    ledger.settle(ROW, "before", ["9"])
    before = everything(url)
    lost(url, how)

    with pytest.raises(LedgerUnusable, match="took this ledger over"):
        WRITES[what](ledger)

    assert everything(url) == before
    ledger.close()


def test_what_waits_is_not_written_by_a_later_look_or_by_giving_back(url: str) -> None:
    """A write that waits joins the next transaction, whatever that is about: it must not slip past the fence."""
    ledger = opened(url)
    mine = RunLock(ledger)
    mine.acquire()
    ledger.remember(ROW, soon=True)
    lost(url, "taken")
    with pytest.raises(LedgerUnusable, match="took this ledger over"):
        ledger.owner_of_sku("S-1")
    with pytest.raises(LedgerUnusable, match="took this ledger over"):
        mine.release()
    assert past_the_ledger(url, "SELECT * FROM products") == []
    assert past_the_ledger(url, "SELECT owner FROM run_lock") == [("another",)]
    ledger.close()


def test_giving_back_writes_what_waits(url: str) -> None:
    """The run ended early: what it knows is not lost, and the lock is free."""
    ledger = opened(url)
    mine = RunLock(ledger)
    mine.acquire()
    ledger.remember(ROW, soon=True)
    mine.release()
    assert past_the_ledger(url, "SELECT sku FROM products") == [("S-1",)]
    assert past_the_ledger(url, "SELECT * FROM run_lock") == []
    ledger.close()


def test_looks_need_no_lock(url: str) -> None:
    """Reading what is there does no harm."""
    ledger = opened(url)
    RunLock(ledger).acquire()
    ledger.remember(ROW)
    lost(url, "taken")
    assert ledger.product("1") == ROW
    assert ledger.count_live() == 1
    ledger.close()


def test_a_private_copy_has_no_fence(url: str) -> None:
    """A plan is made while another run writes; nobody else sees the copy."""
    ledger = opened(url)
    held(url, "another", 1)
    copy = copy_of(url)
    RunLock(copy).seize()
    copy.remember(ROW)
    assert copy.product("1") == ROW
    copy.close()
    ledger.close()


@pytest.mark.parametrize("how", ["gone", "taken"])
def test_a_run_that_lost_the_lock_sends_nothing_more(world: Any, singer: Any, how: str) -> None:
    """At the third product the lock goes: no write reaches MicroPIM after the one under way, and the run says why."""
    url = f"sqlite:///{world.folder}/ledger.db"
    seen: list[str] = []

    def strike(call: Any) -> None:
        if call.method != "GET":
            seen.append(call.path)
        if len(seen) == 3:
            lost(url, how)

    world.pim.on_request(strike)
    outcome = world.run(singer.lines(products=[singer.product(n) for n in range(1, 9)]), max_in_flight=1)

    assert isinstance(outcome.failure, LedgerUnusable)
    assert "took this ledger over" in str(outcome.failure)
    assert outcome.report["complete"] is False
    assert len(world.pim.products) == 3
    assert outcome.states == []


def test_a_write_that_waited_long_for_its_turn_is_not_sent_without_the_lock(world: Any, singer: Any) -> None:
    """It was announced, the run was suspended, another one has done the rest meanwhile: the heart is asked first."""
    url = f"sqlite:///{world.folder}/ledger.db"
    world.load(singer.lines(products=[singer.product(1)]))
    target = TargetMicroPim(config=world.settings())
    run = target.run.engine
    wall, run._lock._wall = run._lock._wall, lambda: wall() + 75
    lost(url, "taken")
    world.forget_requests()

    with pytest.raises(LedgerUnusable, match="took this ledger over"):
        run.pipeline._services.client.create_product({"sku": "2", "name": "Two"})

    assert run.pipeline._services.client.product(next(iter(world.pim.products)))["sku"] == "1"
    assert world.writes() == []
    run._heartbeat.stop()
    run.ledger.close()


# A run that stands still


class SuspendingClock(FakeClock):
    """At one of its waits the whole run stands still, while something else happens and 75 seconds go by."""

    def __init__(self, at: int, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self._waits, self._at, self._meanwhile = itertools.count(1), at, meanwhile
        self._missed = 0.0

    def sleep(self, seconds: float) -> None:
        """Wait, or stand still."""
        if seconds > 0 and next(self._waits) == self._at:
            self._meanwhile()
            self._missed = 75.0
        super().sleep(seconds)

    def wall(self) -> float:
        """The time of day, which went on."""
        return super().wall() + self._missed


@pytest.mark.parametrize("at", [1, 2, 3, 4, 6])
def test_a_run_that_stood_still_while_another_ended_doubles_nothing(
    make_world: Any, singer: Any, monkeypatch: Any, at: int
) -> None:
    """It had announced a write and waited for its turn; MicroPIM would take a second product with the same SKU."""
    world = make_world(sku_unique=False)
    monkeypatch.setattr(lock_module, "TICK_SECONDS", 3600.0)  # its heart stands still as well
    given = singer.lines(products=[singer.product(n, photos=[singer.picture(n)]) for n in range(1, 5)])
    ends: list[str] = []
    failures: list[BaseException] = []

    def meanwhile() -> None:
        past_the_ledger(f"sqlite:///{world.folder}/ledger.db", "UPDATE run_lock SET beat_at = beat_at - 75")
        other.listen(io.BytesIO(b"\n".join(given) + b"\n"))
        ends.append("the other one ended")

    with own_signals(), contextlib.redirect_stdout(io.StringIO()):
        other = TargetMicroPim(config=world.settings(), clock=FakeClock())
        settings = world.settings(max_in_flight=1, writes_per_minute=60)
        target = TargetMicroPim(config=settings, clock=SuspendingClock(at, meanwhile))
        try:
            target.listen(io.BytesIO(b"\n".join(given) + b"\n"))
        except LedgerUnusable as failure:
            failures.append(failure)

    assert ends == ["the other one ended"], failures
    assert len(failures) == 1
    assert "took this ledger over" in str(failures[0])
    assert sorted(product["sku"] for product in world.pim.products.values()) == ["1", "2", "3", "4"]
    assert [len(product["_media"]) for product in world.pim.products.values()] == [1, 1, 1, 1]
