"""The two executables in a pipe: a fault of one side must not cost the other anything.

Patience is three seconds and a silence one second here (sides.py), since these clocks are real.
"""

import signal
from collections.abc import Callable, Iterator

from sandbox.faults import Fault, FaultKind
from trials.faults.answers import WAITED
from trials.faults.case import Case, ExpectedMessage, Injection, Outcome, Side, planned
from trials.faults.fixture import Fixture, Launch
from trials.faults.ledgers import new_ledger_cases
from trials.faults.machine import nobody_listens, signalled, unknown_authority
from trials.faults.network import nowhere_to_trust, refusing_proxy
from trials.faults.tap_cases import BROKEN_STREAMS, STREAM
from trials.faults.target_cases import CATEGORY, CREATE, MEDIA

SOON, BRANDS = {"Retry-After": "1"}, "POST /v4/brands/query"


def pair_cases() -> Iterator[Case]:
    """Faults of either service, of the pipe, and of either process."""
    yield from _of_medipim()
    yield from _of_micropim()
    yield from _of_the_way()
    yield from _of_the_processes()
    yield from _of_the_ledger()


def _medipim(kind: FaultKind, route: str = STREAM, **how: object) -> Injection:
    return planned(Fault(kind, route=route, **how), at="medipim")  # type: ignore[arg-type]


def _micropim(kind: FaultKind, route: str = CREATE, **how: object) -> Injection:
    return planned(Fault(kind, route=route, **how), at="micropim")  # type: ignore[arg-type]


def _throttled(service: str, side: Side, at: Callable[..., Injection]) -> Iterator[Case]:
    """Refusals that outlast three seconds."""
    for name, how in {
        "429 without Retry-After": {"times": 1},
        "429 again and again": {"times": 6, "headers": SOON},
    }.items():
        injection = at("status", status=429, **how).with_settings(side, max_wait_seconds=30)
        yield Case("pair", f"{service}: {name}", injection, Outcome.IN_RUN)


def _of_medipim() -> Iterator[Case]:
    in_run, stopped = Outcome.IN_RUN, Outcome.STOPPED
    for kind, name in BROKEN_STREAMS.items():
        brief = kind == "cut_mid_line"
        yield Case("pair", name, _medipim(kind, after_lines=17, delay=2.0), in_run, short=brief)
    yield Case("pair", "Medipim: 429 with Retry-After", _medipim("status", status=429, headers=SOON, times=2), in_run)
    yield from _throttled("Medipim", "tap", _medipim)
    yield Case("pair", "Medipim: hang", _medipim("hang"), in_run)
    yield Case("pair", "Medipim: answer after the client's timeout", _medipim("slow", delay=2.5), in_run)
    for kind, name in {"drop_before": "before the answer", "drop_after": "after the work"}.items():
        yield Case("pair", f"Medipim: connection reset {name}", _medipim(kind, times=2), in_run)  # type: ignore[arg-type]
    injection = _medipim("drip", delay=0.02)
    yield Case("pair", "Medipim: a stream that drips without a whole row", injection, in_run)
    injection = _medipim("truncate_json", BRANDS)
    yield Case("pair", "Medipim: 200 with a cut JSON body, on a list", injection, in_run)
    injection = _medipim("drip", BRANDS, delay=0.02).with_settings("tap", request_timeout_seconds=0.2)
    yield Case("pair", "Medipim: a list that drips beyond its time", injection, in_run)
    injection = _medipim("status", BRANDS, status=403, times=None)
    yield Case("pair", "Medipim: 403 on a list", injection, in_run)
    message = ExpectedMessage("points to elsewhere.example", "Medipim at http://127", "correct the address")
    injection = _medipim("redirect", times=None, url="https://elsewhere.example/x")
    yield Case("pair", "Medipim: redirect to another host", injection, stopped, message)
    yield Case("pair", "Medipim: 502 with an HTML page", _medipim("status", status=502), in_run)
    message = ExpectedMessage("answered 503", "Medipim at http://127", WAITED)
    yield Case("pair", "Medipim: 503 for ever", _medipim("status", status=503, times=None), stopped, message)
    message = ExpectedMessage("does not accept the key", "Medipim at http://127", "check api_key_id")
    injection = _medipim("status", BRANDS, status=401, times=None)
    yield Case("pair", "Medipim: 401 in the middle of the run", injection, stopped, message)
    message = ExpectedMessage("Not complete: products", "products", "put the reason right")
    yield Case("pair", "Medipim: 422 on products", _medipim("status", status=422, times=None), stopped, message)


def _of_micropim() -> Iterator[Case]:
    in_run, stopped = Outcome.IN_RUN, Outcome.STOPPED
    for route, what in ((CREATE, "product"), (MEDIA, "picture"), (CATEGORY, "category")):
        yield Case("pair", f"dropped after the commit of a {what}", _micropim("drop_after", route, nth=3), in_run)
        hang = _micropim("hang", route, nth=2, commit=True)
        yield Case("pair", f"hang after the commit of a {what}", hang, in_run)
        cut = _micropim("truncate_json", route, nth=2)
        yield Case("pair", f"cut JSON answer to a new {what}", cut, in_run)
    drip = _micropim("drip", nth=2, delay=0.02).with_settings("target", request_timeout_seconds=0.2)
    yield Case("pair", "answer to a new product that drips beyond its time", drip, in_run)
    late = _micropim("slow", nth=2, delay=2.5)
    yield Case("pair", "answer to a new product after the timeout", late, in_run)
    yield Case("pair", "dropped before the commit of a product", _micropim("drop_before", nth=3), in_run)
    committed = _micropim("commit_then_status", nth=3, status=502)
    yield Case("pair", "502 after the commit of a product", committed, in_run)
    yield from _throttled("MicroPIM", "target", _micropim)
    yield Case("pair", "MicroPIM: 502 with an HTML page", _micropim("status", "GET /api", status=502), in_run)
    yield Case("pair", "MicroPIM: 429 with Retry-After", _micropim("status", status=429, headers=SOON, times=2), in_run)
    for kind, name in {"status_zero": "200 with status 0 for one product", "status": "422 for one product"}.items():
        refused = _micropim(kind, nth=3, status=422)  # type: ignore[arg-type]
        yield Case("pair", f"MicroPIM: {name}", refused, Outcome.REPLAY, short=kind == "status")
    message = ExpectedMessage("answered 503", "MicroPIM at http://127", WAITED)
    yield Case(
        "pair",
        "MicroPIM: 503 for ever",
        _micropim("status", "GET /api/products", status=503, times=None),
        stopped,
        message,
    )
    for status, what in ((401, "does not accept the key"), (403, "refuses this key, or a quota")):
        message = ExpectedMessage(what, "MicroPIM at http://127", "check api_key")
        injection = _micropim("status", nth=5, status=status, times=None)
        yield Case("pair", f"MicroPIM: {status} in the middle of the run", injection, stopped, message)
    message = ExpectedMessage("points to elsewhere.example", "MicroPIM at http://127", "correct the address")
    injection = _micropim("redirect", nth=5, times=None, url="https://elsewhere.example/x")
    yield Case("pair", "MicroPIM: redirect in the middle of the run", injection, stopped, message)


def _of_the_way() -> Iterator[Case]:
    for side in ("tap", "target"):
        cases = (*nobody_listens(side), unknown_authority(side), nowhere_to_trust(side), refusing_proxy(side))  # type: ignore[arg-type]
        yield from (Case("pair", f"{side}: {case.name}", case.injection, case.expected, case.message) for case in cases)


def _of_the_processes() -> Iterator[Case]:
    places = (("tap", "medipim", (1, 4, 9)), ("target", "micropim", (1, 60, 120)))
    for side, service, moments in places:
        for number in (signal.SIGTERM, signal.SIGINT):
            stop = signalled(side, number, moments[1], service)
            yield Case("pair", f"{number.name} to the {side}", stop, Outcome.ON_REQUEST)
        for nth in moments:
            injection = signalled(side, signal.SIGKILL, nth, service)
            yield Case("pair", f"kill -9 of the {side} at request {nth}", injection, Outcome.KILLED)
    message = ExpectedMessage("No space left", "Standard output", "make room")
    full = Injection(_full_state)
    yield Case("pair", "disk full: the states", full, Outcome.STOPPED, message)


def _of_the_ledger() -> Iterator[Case]:
    """A ledger that cannot be used stops the target at once; the tap sees that its reader went away."""
    for name, injection, message in new_ledger_cases():
        yield Case("pair", name, injection, Outcome.STOPPED, message)


def _full_state(fixture: Fixture) -> None:
    fixture.launch = Launch(stdout="/dev/full", victim="target")
