"""SIGTERM while MicroPIM hangs: the run ends within seconds, and the next one completes it without a double."""

import signal
import threading
import time
from typing import Any

import pytest

from sandbox import Fault

PRODUCTS = 10
PROMISED_SECONDS = 5.0
HANGS = [
    Fault("hang", "POST /api/products$", nth=3, delay=300, commit=True),
    Fault("drip", "POST /api/products$", nth=3, delay=300),
    Fault("hang", "GET /api/products", delay=300, times=None),
]


@pytest.mark.parametrize("fault", HANGS, ids=["before the answer", "within the answer", "a read"])
def test_a_hanging_service_does_not_hold_a_run_that_is_told_to_stop(fault: Fault, world: Any, singer: Any) -> None:
    """Told twice, as hosts do; the write that was sent stays unclear and is looked for in the next run."""
    reached = threading.Event()
    method, path = (fault.route or "").rstrip("$").split()
    seen: list[Any] = []

    def note(call: Any) -> None:
        if call.method == method and call.path.startswith(path):
            seen.append(call)
            if len(seen) >= fault.nth:
                reached.set()

    world.pim.on_request(note)
    world.pim.faults.add(fault)
    process = world.start(lookup="search")
    process.stdin.write(b"\n".join(singer.lines(products=[singer.product(n) for n in range(PRODUCTS)])) + b"\n")
    process.stdin.flush()
    assert reached.wait(30)
    time.sleep(0.2)  # until the answer is waited for
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    code = process.wait(20)
    assert time.monotonic() - began < PROMISED_SECONDS
    assert code not in (0, -signal.SIGTERM)
    said = process.stderr.read().decode()
    for pipe in (process.stdin, process.stdout, process.stderr):
        pipe.close()
    assert "Traceback" not in said
    world.pim.faults.clear()
    world.load(singer.lines(products=[singer.product(n) for n in range(PRODUCTS)]), lookup="search")
    skus = sorted(product["sku"] for product in world.pim.products.values())
    assert len(skus) == len(set(skus)) == PRODUCTS
