"""A request to stop is followed within seconds, wherever the run stands; what was sent is found the next time."""

import signal
import sqlite3
import threading
import time
from contextlib import closing
from typing import Any

import pytest

from sandbox import Fault
from tests.cases.records import photos, product
from tests.target.conftest import lines

KEYS = [f"M{n}" for n in range(10)]
SOON = 10.0
PROMISED_SECONDS = 5.0
EXIT_STOPPED = 130


@pytest.mark.parametrize(
    ("fault", "signals"),
    [
        (Fault("slow", "POST /api/products$", nth=3, delay=60), 1),
        (Fault("slow", "POST /api/products$", nth=3, delay=60), 2),
        (Fault("hang", "GET /api/products", nth=2), 1),
        (Fault("status", "POST /api/products$", nth=3, times=None, status=503), 2),
    ],
    ids=["a creation without an answer", "two signals", "a read without an answer", "a wait"],
)
def test_a_stop_while_the_service_hangs(make_shop: Any, fault: Fault, signals: int) -> None:
    """It ends within seconds and not with 0, and the next run completes all, once."""
    shop = make_shop({"lookup": "search"}, sku_unique=False)
    shop.pim.faults.add(fault)
    with shop.start(max_wait_seconds=60) as process:
        assert process.stdin is not None
        process.stdin.write(b"\n".join(lines(products=[product(key, "A", **photos(1)) for key in KEYS])) + b"\n")
        process.stdin.flush()
        _until(lambda: len(shop.requests) >= 3)
        for _signal in range(signals):
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
        try:
            process.wait(SOON)
        finally:
            process.kill()
    assert process.returncode not in {0, -signal.SIGKILL}
    shop.pim.faults.clear()
    assert (shop.night(*(product(key, "A", **photos(1)) for key in KEYS)).is_good, shop.skus()) == (True, KEYS)
    assert all(shop.pictures(key) == [1] for key in KEYS)


@pytest.mark.parametrize("when", ["at the start", "in the middle"])
def test_a_stop_while_another_program_holds_the_ledger(make_shop: Any, when: str) -> None:
    """A copy, a browser of databases: it ends within five seconds, and the next run completes all, once."""
    shop = make_shop({"lookup": "search"}, sku_unique=False)
    shop.night(product("X", "A"))
    shop.forget_requests()
    with closing(sqlite3.connect(shop.folder / "ledger.db", isolation_level=None)) as other, shop.start() as process:
        if when == "in the middle":
            shop.pim.faults.add(Fault("slow", "POST /api/products$", nth=2, delay=1.0))
            process.stdin.write(b"\n".join(lines(products=[product(key, "A") for key in KEYS])) + b"\n")
            process.stdin.flush()
            _until(lambda: len(shop.writes()) >= 2)
        other.execute("BEGIN EXCLUSIVE")
        time.sleep(2.0)  # until it waits
        assert process.poll() is None
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(SOON)
            assert time.monotonic() - began < PROMISED_SECONDS
        finally:
            process.kill()
            other.execute("ROLLBACK")
    assert process.returncode == EXIT_STOPPED
    shop.pim.faults.clear()
    assert (shop.night(*(product(key, "A") for key in KEYS)).is_good, shop.skus()) == (True, [*KEYS, "X"])


def test_a_ledger_that_another_program_holds_for_a_while_is_waited_for(shop: Any) -> None:
    """Longer than one wait of the database's own takes."""
    shop.night(product("X", "A"))
    with closing(sqlite3.connect(shop.folder / "ledger.db", isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        later = threading.Timer(1.5, other.execute, ["ROLLBACK"])
        later.start()
        assert shop.night(product("M1", "A")).is_good
        later.join()
    assert shop.skus() == ["M1", "X"]


def _until(is_so: Any, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not is_so() and time.monotonic() < end:
        time.sleep(0.02)
    assert is_so()
