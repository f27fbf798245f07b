"""One pace for several processes: with each kind of store they stay within the limit, use it, and pause together.

A turn names the moment at which it is due, so no test has to wait to see when requests would be sent.
"""

import json
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pim_wire import pace, pace_stores
from pim_wire.errors import CannotPace
from pim_wire.pace import Pace, PaceStore
from pim_wire.pace_stores import pace_stores_at
from pim_wire.throttle import Throttle
from trials import postgres

LIMIT, FEW = 600, 100
NAME = "https://pim.example.test writes"


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Redis of the tests' own."""
    pytest.importorskip("redis", reason="the extra 'redis' is not installed: pip install medipim-micropim[redis]")
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no Redis on this machine: apt-get install redis-server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = str(tmp_path_factory.mktemp("redis"))
    words = [
        program,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        folder,
        "--requirepass",
        "s3cret",
    ]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as server:
        assert any(b"Ready to accept" in line for line in server.stdout or ())
        threading.Thread(target=(server.stdout or [].__iter__()).read, daemon=True).start()
        yield f"redis://:s3cret@127.0.0.1:{port}/0"
        server.terminate()


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The folder of the socket of a running PostgreSQL."""
    if not postgres.is_here():
        pytest.skip(postgres.ABSENT)
    with postgres.cluster() as folder:
        yield folder


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def url(request: Any, tmp_path: Path) -> str:
    """An empty store of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/deep/throttle.db"
    if request.param == "redis":
        server: str = request.getfixturevalue("redis_server")
        from redis import Redis  # noqa: PLC0415 - an extra

        with Redis.from_url(server) as client:
            client.flushdb()
        return server
    pytest.importorskip("psycopg", reason="the extra 'postgres' is not installed")
    folder = request.getfixturevalue("cluster")
    return postgres.new_database(folder, f"t{abs(hash(request.node.name))}")


def open_store(url: str, name: str = NAME, wall: Callable[[], float] = time.time) -> PaceStore:
    """A store with connections of its own, as another process has."""
    return pace_stores_at(url, wall)(name)


def due(store: PaceStore, per_minute: int = LIMIT) -> float:
    """Take a turn; the moment in seconds at which it is due."""

    def take(current: Pace) -> tuple[Pace, float]:
        after, turn = pace.next_turn(current, per_minute)
        return after, (current.seen + turn.pause + turn.wait) / 1000

    return store.change(take)


def most_in_a_minute(times: list[float]) -> int:
    """The largest number of turns within any 60 seconds."""
    return max(sum(start <= at < start + 59.998 for at in times) for start in times)


def check(times: list[float], limit: int = LIMIT) -> None:
    """Never more than the limit, and at least 95 % of it used."""
    times = sorted(times)
    assert most_in_a_minute(times) <= limit
    assert times[-1] - times[0] <= (len(times) - 1) * 60 / limit / 0.95


def test_together_they_stay_within_the_limit_and_use_it(url: str) -> None:
    """Three of them, two threads each, as fast as they can: 900 turns fill a minute and a half."""
    stores = [open_store(url) for _ in range(3)]
    with ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(lambda store: [due(store) for _ in range(150)], store) for store in stores * 2]
        check([moment for turns in futures for moment in turns.result()])


def test_turns_of_two_limits_are_taken_together(url: str) -> None:
    """Three processes take one of each at once, while others take reads alone: none is lost, and none given twice."""
    pairs = [(open_store(url, "reads"), open_store(url, "writes")) for _ in range(3)]
    next_turn = partial(pace.next_turn, per_minute=FEW)
    together = partial(pace.turns_together, next_of_first=next_turn, next_of_second=next_turn)

    def take(pair: tuple[PaceStore, PaceStore]) -> list[tuple[float, float]]:
        reads, writes = pair
        turns = []
        for _ in range(20):
            (look,), write = reads.change_with(writes, together)
            turns += [(look.due / 1000, write.due / 1000), (due(reads, FEW), 0.0)]
        return turns

    with ThreadPoolExecutor(6) as pool:
        turns = [turn for future in [pool.submit(take, pair) for pair in pairs * 2] for turn in future.result()]
    assert all(abs(look - write) < 0.02 for look, write in turns if write)
    check([look for look, _ in turns], FEW)
    assert most_in_a_minute([write for _, write in turns if write]) <= FEW


def test_limits_of_other_names_are_their_own(url: str) -> None:
    """Reads wait for no write. The writes are due minutes from now, however long a busy machine takes to ask."""
    writes, reads = open_store(url), open_store(url, "https://pim.example.test reads")
    for _ in range(100):
        last = due(writes, 30)
    assert due(reads) < last - 5


def test_a_refusal_pauses_and_slows_them_all(url: str) -> None:
    """Retry-After 30 to one: the next turn of another comes half a minute later, and then at half the pace."""
    first, second = open_store(url), open_store(url)
    began = due(first)
    first.change(lambda current: (pace.after_refusal(current, LIMIT, 30, 0), None))
    assert second.read().share == 0.5
    turns = [due(second) for _ in range(20)]
    assert turns[0] >= began + 30
    assert turns[-1] - turns[0] == pytest.approx(19 * 60 / LIMIT / 0.5, rel=0.05)


def test_what_was_learned_is_used_by_who_comes_later(url: str) -> None:
    """A new process does not search again."""
    first = open_store(url)
    due(first)
    first.change(lambda current: (pace.after_refusal(current, LIMIT, 1, 0), None))
    assert open_store(url).read() == first.read()


def test_real_processes_share_a_file(tmp_path: Path) -> None:
    """Three processes over one SQLite file that does not exist yet: no turn is lost or given twice."""
    url = f"sqlite:///{tmp_path}/throttle.db"
    program = (
        "import json, sys, time\n"
        "from pim_wire import pace\n"
        "from pim_wire.pace_stores import pace_stores_at\n"
        "store = pace_stores_at(sys.argv[1], time.time)(sys.argv[2])\n"
        "def take(current):\n"
        "    after, turn = pace.next_turn(current, int(sys.argv[3]))\n"
        "    return after, (current.seen + turn.pause + turn.wait) / 1000\n"
        "print(json.dumps([store.change(take) for _ in range(250)]))\n"
    )
    command = [sys.executable, "-c", program, url, NAME, str(LIMIT)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    times: list[float] = []
    for process in processes:
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        times += json.loads(out)
    assert len(times) == 750
    check(times)


def test_throttles_over_one_file_wait_in_one_queue(tmp_path: Path, make_clock: Callable[[], Any]) -> None:
    """Whole throttles with one simulated time: three of them give as many turns as one alone would."""
    clock, url = make_clock(), f"sqlite:///{tmp_path}/throttle.db"
    three = [Throttle(LIMIT, clock, store=open_store(url, wall=clock.wall)) for _ in range(3)]
    began = clock.now()
    times = []
    for number in range(900):
        three[number % 3].take()
        times.append(clock.now())
    check(times)
    assert clock.now() - began > 80
    three[0].refused(20)
    three[1].take()
    assert clock.now() - times[-1] >= 20
    assert three[1].tally.refused == 0


def test_a_pause_voids_the_turn_that_another_one_waits_for(tmp_path: Path, make_clock: Callable[[], Any]) -> None:
    """Refused while somebody already waits for a turn: that one waits for the end of the pause."""
    clock, url = make_clock(), f"sqlite:///{tmp_path}/throttle.db"
    waits: list[float] = []

    def refuse_once(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            other.refused(40)

    one, other = (
        Throttle(LIMIT, clock, store=open_store(url, wall=clock.wall), on_wait=on_wait)
        for on_wait in (refuse_once, None)
    )
    for _ in range(12):
        one.take()
    began = clock.now()
    assert not waits
    one.take()
    assert clock.now() - began >= 40
    assert len(waits) > 1


def test_a_clock_that_is_set_back_stops_nobody(tmp_path: Path) -> None:
    """An hour back on the one machine whose clock counts: the moments in the row move along."""
    now = [1_800_000_000.0]
    one = open_store(f"sqlite:///{tmp_path}/throttle.db", wall=lambda: now[0])
    for _ in range(40):
        due(one)
    before = due(one) - now[0]
    now[0] -= 3600
    assert due(one) - now[0] == pytest.approx(before + 0.1, abs=0.02)


@pytest.mark.parametrize("url", ["postgresql", "redis"], indirect=True)
def test_hosts_whose_clocks_are_apart_share_a_server(url: str) -> None:
    """The server tells the time: one host is an hour ahead, and both stand in one queue."""
    right, ahead = open_store(url), open_store(url, wall=lambda: time.time() + 3600)
    check([due(one) for _ in range(300) for one in (right, ahead)])


def test_what_nobody_used_for_hours_is_forgotten(tmp_path: Path) -> None:
    """A pace that last night's outage left behind does not slow this night."""
    now = [1_800_000_000.0]
    one = open_store(f"sqlite:///{tmp_path}/throttle.db", wall=lambda: now[0])
    one.change(lambda current: (pace.after_refusal(current, LIMIT, 5, 0), None))
    now[0] += 7000
    due(one)
    assert one.read().share == 0.5
    now[0] += 7300
    due(one)
    assert one.read().share == 1.0


def test_a_row_of_another_version_is_a_new_pace(tmp_path: Path) -> None:
    """Neither a crash nor a burst without end."""
    one = open_store(f"sqlite:///{tmp_path}/throttle.db")
    due(one)
    with sqlite3.connect(tmp_path / "throttle.db") as connection:
        connection.execute("update throttle_paces set pace = '{\"tat\": 1}'")
    connection.close()
    check([due(one) for _ in range(300)])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder.joinpath("throttle.db").mkdir(), "unable to open"),
        (lambda folder: folder.joinpath("throttle.db").write_bytes(b"no database" * 100), "not a database"),
    ],
    ids=["a folder", "another file"],
)
def test_a_file_that_cannot_be_used_is_told(make: Callable[[Path], Any], words: str, tmp_path: Path) -> None:
    """Before the first request; the address stands in the line."""
    make(tmp_path)
    with pytest.raises(CannotPace, match=rf"throttle_url sqlite:///{tmp_path}/throttle.db failed .*{words}"):
        open_store(f"sqlite:///{tmp_path}/throttle.db")


@pytest.mark.parametrize("url", ["postgresql://me:s3cret@127.0.0.1:9/pim", "redis://:s3cret@127.0.0.1:9/0"])
def test_a_server_that_is_not_there_is_told_without_its_password(url: str) -> None:
    """One line."""
    with pytest.raises(CannotPace, match=r"throttle_url \w+://.*127\.0\.0\.1:9/\w+ failed \(") as failure:
        open_store(url)
    assert "s3cret" not in str(failure.value)
    assert "\n" not in str(failure.value)


def test_a_host_that_vanished_in_the_middle_holds_nobody_up(cluster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL ends the silent session and takes its change back."""
    monkeypatch.setattr(pace_stores, "_IDLE_TIMEOUT_SECONDS", 1)
    url = postgres.new_database(cluster, "vanished")
    lost, other = open_store(url), open_store(url)
    due(lost)
    assert isinstance(lost, pace_stores.SqlPaceStore)
    moment = 0.0
    with suppress(Exception), lost._engine.begin() as connection:  # its end fails: the session is gone
        connection.execute(lost._select_for_update)
        moment = due(other)
    assert moment


def test_a_store_that_goes_away_ends_the_run(tmp_path: Path, fake_clock: Any) -> None:
    """Nobody goes on without a pace: the next turn is refused with the reason."""
    throttle = Throttle(LIMIT, fake_clock, store=open_store(f"sqlite:///{tmp_path}/throttle.db"))
    throttle.take()
    with sqlite3.connect(tmp_path / "throttle.db") as connection:
        connection.execute("drop table throttle_paces")
    connection.close()
    with pytest.raises(CannotPace, match="no such table"):
        throttle.take()
    assert throttle.tally.turns == 1


def test_a_store_that_comes_back_costs_some_seconds(tmp_path: Path, fake_clock: Any) -> None:
    """A server that is being restarted ends no run."""
    throttle = Throttle(LIMIT, fake_clock, store=open_store(f"sqlite:///{tmp_path}/throttle.db"))
    throttle.take()
    rename_table(tmp_path, "throttle_paces", "elsewhere")
    sleep, fake_clock.slept = fake_clock.sleep, []

    def until_it_is_back(seconds: float) -> None:
        sleep(seconds)
        if len(fake_clock.slept) == 3:
            rename_table(tmp_path, "elsewhere", "throttle_paces")

    fake_clock.sleep = until_it_is_back
    throttle.take()
    assert fake_clock.slept == [1, 2, 4]
    assert throttle.tally.turns == 2


def rename_table(folder: Path, old: str, new: str) -> None:
    """Rename the table of a file."""
    with sqlite3.connect(folder / "throttle.db") as connection:
        connection.execute(f"alter table {old} rename to {new}")
    connection.close()
