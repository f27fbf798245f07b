"""What goes to stdout: whole lines, whatever strikes while they are written."""

import contextlib
import io
import json
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from singer_sdk.singerlib import RecordMessage, StateMessage

from pim_wire.errors import Interrupted
from tap_medipim.tap import TapMedipim

SETTINGS = {"api_key_id": "1", "api_key_secret": "x" * 8}


class StruckPipe(io.RawIOBase):
    """A pipe that takes a few bytes at a time; the process is told to stop in the middle."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__()
        self._number: signal.Signals | None = number
        self.taken = bytearray()

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any) -> int:
        """Take seven bytes, then let the signal strike."""
        part = bytes(data[:7])
        self.taken += part
        if self._number:
            number, self._number = self._number, None
            os.kill(os.getpid(), number)
        return len(part)


def write_all(writer: Any, messages: list[Any]) -> None:
    """One after the other."""
    for message in messages:
        writer.write_message(message)


@pytest.fixture(params=["alone", "beside another thread"])
def _company(request: pytest.FixtureRequest) -> Iterator[None]:
    """Another thread may be the one that a signal is delivered to: what the main one masks is no hindrance then."""
    over = threading.Event()
    other = threading.Thread(target=over.wait)
    if request.param != "alone":
        other.start()
    yield
    over.set()
    if request.param != "alone":
        other.join()


@pytest.mark.usefixtures("_company")
@pytest.mark.parametrize("buffered", [True, False], ids=["buffered", "PYTHONUNBUFFERED"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("kind", ["record", "state"])
def test_a_stop_signal_leaves_the_line_whole(number: signal.Signals, kind: str, buffered: bool) -> None:
    """The batch that is being written is finished, and the run ends with the next record at the latest."""
    pipe = StruckPipe(number)
    record = RecordMessage(stream="products", record={"id": "1", "text": "x" * 70_000})
    before = {known: signal.getsignal(known) for known in (signal.SIGINT, signal.SIGTERM)}
    try:
        writer = TapMedipim(config=SETTINGS).message_writer
        binary = io.BufferedWriter(pipe, 64) if buffered else pipe
        with contextlib.redirect_stdout(io.TextIOWrapper(binary)) as out:  # type: ignore[type-var]
            with pytest.raises(Interrupted):
                write_all(writer, [record if kind == "record" else StateMessage(value={"a": 1}), record, record])
            out.flush()
    finally:
        for known, handler in before.items():
            signal.signal(known, handler)

    lines = bytes(pipe.taken).split(b"\n")
    assert lines.pop() == b""
    assert [json.loads(line)["type"] for line in lines] in ([kind.upper()], ["STATE", "RECORD"])


def test_between_two_lines_a_stop_signal_strikes_at_once() -> None:
    """Nothing is being written: waits and reading end without another record."""
    before = {known: signal.getsignal(known) for known in (signal.SIGINT, signal.SIGTERM)}
    try:
        tap = TapMedipim(config=SETTINGS)
        with pytest.raises(Interrupted):
            os.kill(os.getpid(), signal.SIGTERM)
        assert tap.clock.stopped
    finally:
        for known, handler in before.items():
            signal.signal(known, handler)
