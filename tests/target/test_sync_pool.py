"""Workers: one alone has a key, and a failure or a stop ends them all."""

import itertools
import threading

import pytest

from pim_wire.clock import Clock
from pim_wire.errors import Interrupted, StopRun
from target_micropim.sync.pool import KeyedPool


def test_no_key_is_ever_in_two_hands() -> None:
    """Jobs that share one of their keys run one after the other, in order of arrival; the others side by side."""
    pool = KeyedPool(4, Clock())
    busy: set[str] = set()
    order: list[int] = []
    clashes: list[str] = []
    lock = threading.Lock()

    def job(number: int, keys: frozenset[str]) -> None:
        with lock:
            clashes.extend(busy & keys)
            busy.update(keys)
        threading.Event().wait(0.002)
        with lock:
            busy.difference_update(keys)
            order.append(number)

    names = [("a", "x"), ("b", "y"), ("a", "z"), ("c", "x"), ("d", "w")]
    for number in range(30):
        keys = frozenset(names[number % len(names)])
        pool.submit(keys, lambda number=number, keys=keys: job(number, keys))  # type: ignore[misc]
    pool.drain()
    pool.close()
    assert clashes == []
    sharing_x = [number for number in order if number % 5 in (0, 3)]
    assert sharing_x == sorted(sharing_x)
    assert len(order) == 30


def test_after_a_failure_nothing_new_begins() -> None:
    """The failure of a job reaches the one who submits, and those who drain."""
    pool = KeyedPool(1, Clock())
    began: list[int] = []

    def fail() -> None:
        raise StopRun("enough")

    pool.submit(frozenset({1}), fail)
    with pytest.raises(StopRun, match="enough"):  # noqa: PT012
        for number in itertools.count(2):
            pool.submit(frozenset({number % 5}), lambda: began.append(1))
    with pytest.raises(StopRun, match="enough"):
        pool.drain()
    pool.close()
    assert len(began) <= 3


def test_a_stop_ends_the_wait_for_a_free_hand() -> None:
    """Somebody asks to stop while the queue is full."""
    clock = Clock()
    release = threading.Event()
    pool = KeyedPool(1, clock)
    pool.submit(frozenset({1}), release.wait)
    clock.stop()
    with pytest.raises(Interrupted):
        pool.submit(frozenset({1}), lambda: None)
    release.set()
    pool.close()
