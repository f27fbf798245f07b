"""The faults of MicroPIM, of the network, of the ledger, and of the target's own machine."""

import signal
from collections.abc import Iterator

from sandbox.faults import FaultKind
from trials.faults.answers import (
    KEYS,
    WAITED,
    answers,
    retry_afters,
    service_fault,
    with_short_timeouts,
    with_ticking_clock,
)
from trials.faults.case import Case, ExpectedMessage, Injection, Outcome
from trials.faults.input_cases import input_cases
from trials.faults.ledgers import disk_cases, ledger_cases
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

READ, CREATE, MEDIA, CATEGORY = "GET /api", "POST /api/products$", "POST /api/products/", "POST /api/categories"
DUPLICATE = '{"status":0,"data":null,"error":"exists"}'
WRITES = {CREATE: "product", MEDIA: "picture", CATEGORY: "category"}


def target_cases() -> Iterator[Case]:
    """Reads, each kind of write before and after its commit, the ledger, the machine."""
    yield from answers("target", READ)
    yield from retry_afters("target", CREATE)
    for route, what in WRITES.items():
        yield from _writes(route, what)
    yield from _drips()
    yield from input_cases()
    yield from _refusals()
    yield from ledger_cases()
    yield from disk_cases()
    yield from _machine()


def _at(kind: FaultKind, route: str, **how: object) -> Injection:
    return service_fault("target", kind, route, **how)


def _writes(route: str, what: str) -> Iterator[Case]:
    """A write without a clear answer: it may have been carried out."""
    in_run, brief = Outcome.IN_RUN, what == "product"
    yield Case("target", f"dropped before the commit of a {what}", _at("drop_before", route), in_run)
    yield Case("target", f"dropped after the commit of a {what}", _at("drop_after", route), in_run, short=brief)
    committed = _at("commit_then_status", route, status=500)
    yield Case("target", f"500 after the commit of a {what}", committed, in_run, short=brief)
    yield Case("target", f"cut JSON answer to a new {what}", _at("truncate_json", route), in_run, short=brief)
    yield Case("target", f"answer to a new {what} too short", _at("short_length", route), in_run, short=brief)
    for committed_first, when in ((False, "before"), (True, "after")):
        hang = with_short_timeouts(_at("hang", route, commit=committed_first), "target")
        yield Case("target", f"hang {when} the commit of a {what}", hang, in_run, short=brief and committed_first)
    late = with_short_timeouts(_at("slow", route, delay=0.8), "target")
    yield Case("target", f"answer to a new {what} after the timeout", late, in_run)
    yield Case("target", f"answer to a new {what} byte by byte", _at("drip", route, delay=0.0002), in_run, short=brief)


def _drips() -> Iterator[Case]:
    """Answers of which a byte comes within each timeout."""
    for route, what in {READ: "a read", CREATE: "a new product", MEDIA: "a new picture"}.items():
        injection = with_ticking_clock(_at("drip", route, delay=0.0002))
        name = f"an answer to {what} that drips beyond its time"
        yield Case("target", name, injection, Outcome.IN_RUN, short=what == "a new product")
    message = ExpectedMessage("no whole answer within 600 s", "http://127", WAITED)
    injection = with_ticking_clock(_at("drip", READ, delay=0.0002, times=None))
    yield Case("target", "answers that drip for ever", injection, Outcome.STOPPED, message)


def _refusals() -> Iterator[Case]:
    """Answers that no repetition can change."""
    duplicate = _at("commit_then_status", CREATE, status=400, body=DUPLICATE)
    yield Case("target", "400 duplicate after the commit of a product", duplicate, Outcome.IN_RUN, short=True)
    next_run = Outcome.NEXT_RUN
    yield Case("target", "200 with status 0 for one product", _at("status_zero", CREATE), next_run, short=True)
    for status in (400, 404, 405, 409, 413, 415, 422):
        refused = _at("status", CREATE, status=status)
        yield Case("target", f"{status} for one product", refused, next_run, short=status == 422)
    for status, what in ((401, "does not accept the key"), (403, "refuses this key, or a quota is used up")):
        refused = _at("status", CREATE, nth=5, status=status, times=None)
        message = ExpectedMessage(what, "http://127", KEYS["target"])
        yield Case(
            "target", f"{status} in the middle of the run", refused, Outcome.STOPPED, message, short=status == 401
        )
    message = ExpectedMessage("makes nothing any more .*503", "POST /api/products", "try again later")
    failing = _at("status", CREATE, nth=5, status=503, times=None)
    yield Case("target", "503 to every new product", failing, Outcome.STOPPED, message)
    redirected = _at("redirect", CREATE, nth=5, times=None, url="https://elsewhere.example/x?y=z")
    message = ExpectedMessage("points to elsewhere.example", "http://127", "correct the address")
    yield Case("target", "redirect in the middle of the run", redirected, Outcome.STOPPED, message)


def _machine() -> Iterator[Case]:
    stopped = Outcome.STOPPED
    yield from nobody_listens("target")
    yield no_such_host("target")
    yield unknown_authority("target")
    yield from bad_certificates("target")
    yield from proxies("target")
    yield outage("target")
    yield clock_jump("target", 3600, "forwards")
    yield clock_jump("target", -3600, "back")
    yield summer_time_ends("target")
    message = ExpectedMessage("No space left", "Standard output", "make room")
    yield Case("target", "disk full: stdout", full_stdout, stopped, message, real=True)
    message = ExpectedMessage("stopped reading", "other side of the pipe", "its own last lines say why")
    yield Case("target", "the reader goes away", closed_pipe, stopped, message, real=True)
    for number in (signal.SIGTERM, signal.SIGINT):
        injection = signalled("target", number, 60, "micropim")
        yield Case("target", number.name, injection, Outcome.ON_REQUEST, real=True)
    for nth in (1, 60, 120):
        injection = signalled("target", signal.SIGKILL, nth, "micropim")
        yield Case("target", f"kill -9 at request {nth}", injection, Outcome.KILLED, real=True)
