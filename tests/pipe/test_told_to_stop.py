"""SIGTERM to both halves of a pipe: each ends with its own code, after a whole line, whichever hears of it first."""

import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from pim_wire.docs_site import docs_page
from sandbox import Fault, Sandbox
from tests.support.forked import ForkedPopen
from trials.kills.installed_pair import Pair, options

STOPPED = docs_page("errors", "stopped-on-request")


def tell(pair: Pair, order: list[str], gap: float) -> None:
    """The signal to one and then to the other."""
    for name in order:
        process: Any = getattr(pair, name)
        process.send_signal(signal.SIGTERM)
        time.sleep(gap)


@pytest.mark.parametrize("order", [["tap", "target"], ["target", "tap"]], ids=["tap first", "target first"])
@pytest.mark.parametrize(("kind", "stream"), [("hang", "media"), ("drip", "products")])
def test_both_end_as_told(order: list[str], kind: Any, stream: str, tmp_path: Path) -> None:
    """The tap waits for an answer or within one; the one that is told last finds the other one gone."""
    with Sandbox(*options()) as box:
        box.medipim.faults.add(Fault(kind, route=f"POST /v4/{stream}", delay=300, times=None))
        pair, told = Pair(box, tmp_path, ForkedPopen), threading.Event()

        def at_the_third_write(*_: object) -> None:
            if len(box.micropim.categories) >= 3 and not told.is_set():
                told.set()
                threading.Thread(target=tell, args=(pair, order, 0.05)).start()

        box.micropim.on_committed(at_the_third_write)
        began = time.monotonic()
        assert pair.run() == (130, 130)
        assert time.monotonic() - began < 15
    lines = (tmp_path / "log.txt").read_text(encoding="utf-8").splitlines()
    assert sum(STOPPED in line for line in lines) == 2
    assert "Traceback" not in "".join(lines)
