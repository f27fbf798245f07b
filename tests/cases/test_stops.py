"""A request to stop is followed within seconds, wherever the run stands; what was sent is found the next time."""

import signal
import time
from typing import Any

import pytest

from sandbox import Fault
from tests.cases.records import photos, product
from tests.target.conftest import lines

KEYS = [f"M{n}" for n in range(10)]
SOON = 10.0


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


def _until(is_so: Any, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not is_so() and time.monotonic() < end:
        time.sleep(0.02)
    assert is_so()
