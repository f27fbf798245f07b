"""The faults of Medipim, of the network, and of the tap's own machine."""

import signal
from collections.abc import Iterator

from sandbox.faults import Fault, FaultKind
from trials.faults.answers import WAITED, answers, retry_afters, with_short_timeouts, with_ticking_clock
from trials.faults.case import Case, ExpectedMessage, Injection, Outcome, planned
from trials.faults.machine import (
    clock_jump,
    closed_pipe,
    full_stdout,
    no_such_host,
    nobody_listens,
    outage,
    signalled,
    summer_time_ends,
    unknown_authority,
)
from trials.faults.network import bad_certificates, proxies

STREAM, LIST = "POST /v4/products/stream", "POST /v4/brands/query"
NOT_COMPLETE = ExpectedMessage("Not complete: products", "products", "put the reason right, or run it again")
BROKEN_STREAMS: dict[FaultKind, str] = {
    "cut_mid_line": "connection cut in the middle of a line",
    "cut_at_line_end": "connection cut at a line end",
    "clean_end": "clean end before the last row",
    "close_end": "connection closed at a line end, no length told",
    "half_gzip": "compressed body cut",
    "error_line": "a line that is an error message",
    "broken_line": "a line that is not JSON",
    "extra_line": "an empty line between two rows",
    "skip_line": "a row is missing",
    "repeat_line": "a row comes twice",
    "wrong_total": "the total is wrong",
    "stall": "the stream falls silent",
}


def tap_cases() -> Iterator[Case]:
    """Answers, connections, every way in which a stream can go wrong, and the machine."""
    yield from answers("tap", STREAM)
    yield from retry_afters("tap", STREAM)
    yield from _lists()
    yield from _streams()
    yield from _machine()


def _at(kind: FaultKind, route: str, **how: object) -> Injection:
    return planned(Fault(kind, route=route, **how), at="medipim")  # type: ignore[arg-type]


def _lists() -> Iterator[Case]:
    """Faults of an answer that is read whole."""
    in_run, next_run, stopped = Outcome.IN_RUN, Outcome.NEXT_RUN, Outcome.STOPPED
    yield Case("tap", "503, three times, on a list", _at("status", LIST, status=503, times=3), in_run)
    yield Case("tap", "200 with a cut JSON body, on a list", _at("truncate_json", LIST), in_run, short=True)
    yield Case("tap", "a list shorter than its length", _at("short_length", LIST), in_run, short=True)
    yield Case("tap", "a list, byte by byte", _at("drip", LIST, delay=0.0002), in_run, short=True)
    injection = with_ticking_clock(_at("drip", LIST, delay=0.0002))
    yield Case("tap", "a list that drips beyond its time", injection, in_run, short=True)
    injection = with_ticking_clock(_at("drip", LIST, delay=0.0002, times=None))
    message = ExpectedMessage("no whole answer within 600 s", "http://127", WAITED)
    yield Case("tap", "a list that drips for ever", injection, stopped, message)
    yield Case("tap", "403 on a list", _at("status", LIST, status=403, times=None), next_run, short=True)
    middle = _at("status", LIST, status=401, times=None)
    message = ExpectedMessage("does not accept the key", "http://127", "check api_key_id, api_key_secret and market")
    yield Case("tap", "401 in the middle of the run", middle, stopped, message, short=True)
    for status in (400, 403, 404, 405, 409, 413, 415, 422):
        refused = _at("status", STREAM, status=status, times=None)
        yield Case("tap", f"{status} on products", refused, stopped, NOT_COMPLETE, short=status == 422)


def _streams() -> Iterator[Case]:
    for kind, name in BROKEN_STREAMS.items():
        injection = _at(kind, STREAM, after_lines=17, delay=2.0)
        if kind == "stall":
            injection = with_short_timeouts(injection, "tap")
        yield Case("tap", name, injection, Outcome.IN_RUN, short=True)
    injection = with_ticking_clock(_at("drip", STREAM, delay=0.0002))
    yield Case("tap", "a stream that drips without a whole row", injection, Outcome.IN_RUN, short=True)
    injection = with_ticking_clock(_at("drip", STREAM, delay=0.0002, times=None))
    yield Case("tap", "a stream that drips for ever", injection, Outcome.STOPPED, NOT_COMPLETE)


def _machine() -> Iterator[Case]:
    stopped, real = Outcome.STOPPED, True
    yield from nobody_listens("tap")
    yield no_such_host("tap")
    yield unknown_authority("tap")
    yield from bad_certificates("tap")
    yield from proxies("tap")
    yield outage("tap")
    yield clock_jump("tap", 3600, "forwards")
    yield clock_jump("tap", -3600, "back")
    yield summer_time_ends("tap")
    message = ExpectedMessage("No space left", "Standard output", "make room")
    yield Case("tap", "disk full: stdout", full_stdout, stopped, message, real=real, short=True)
    message = ExpectedMessage("stopped reading", "other side of the pipe", "its own last lines say why")
    yield Case("tap", "the reader goes away", closed_pipe, stopped, message, real=real)
    for number in (signal.SIGTERM, signal.SIGINT):
        injection = signalled("tap", number, 4, "medipim")
        yield Case("tap", number.name, injection, Outcome.ON_REQUEST, real=real)
    for nth in (1, 4, 9):
        injection = signalled("tap", signal.SIGKILL, nth, "medipim")
        yield Case("tap", f"kill -9 at request {nth}", injection, Outcome.KILLED, real=real)
