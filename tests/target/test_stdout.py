"""Standard output of the target: whole lines, whatever strikes while they are written."""

import contextlib
import io
import json
import os
import signal
from typing import Any

import pytest

from pim_wire.errors import Interrupted
from target_micropim.target import TargetMicroPim
from tests.target.conftest import own_signals


class StruckPipe(io.RawIOBase):
    """A raw file, as stdout is with PYTHONUNBUFFERED: it takes a few bytes, and a stop signal strikes."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__()
        self._number = number
        self.taken = bytearray()

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any) -> int:
        """Take some, then let the signal strike."""
        part = bytes(data[:4000])
        self.taken += part
        os.kill(os.getpid(), self._number)
        return len(part)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_leaves_a_state_whole(world: Any, singer: Any, number: signal.Signals) -> None:
    """A host takes the last line as the next run's state: half a line would lose the night."""
    state = {"bookmarks": {"products": {"long": "x" * 50_000}}}
    pipe = StruckPipe(number)
    with own_signals(), contextlib.redirect_stdout(io.TextIOWrapper(pipe)):  # type: ignore[type-var]
        target = TargetMicroPim(config=world.settings())
        with contextlib.suppress(Interrupted):
            given = [*singer.lines(products=[singer.product(1)]), singer.state(state)]
            target.listen(io.BytesIO(b"\n".join(given)))
    assert target.clock.stopped
    assert [json.loads(line) for line in bytes(pipe.taken).splitlines()][-1] == state
    assert pipe.taken.endswith(b"\n")
