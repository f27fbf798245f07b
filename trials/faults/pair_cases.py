"""The two executables in a pipe: what one side suffers must not cost the other anything.

Patience is three seconds and a silence one second here (sides.py), since these clocks are real.
"""

import signal
from collections.abc import Callable, Iterator

from sandbox.faults import Fault, FaultKind
from trials.faults.answers import WAITED
from trials.faults.case import Case, Outcome, Says, Side, Strike, struck
from trials.faults.ledgers import new_ledger_cases
from trials.faults.machine import nobody_listens, signalled, unknown_authority
from trials.faults.scene import Launch, Scene
from trials.faults.tap_cases import BROKEN_STREAMS, STREAM
from trials.faults.target_cases import CATEGORY, CREATE, MEDIA
from trials.faults.way import nowhere_to_trust, refusing_proxy

SOON, BRANDS = {"Retry-After": "1"}, "POST /v4/brands/query"


def pair_cases() -> Iterator[Case]:
    """Faults of either service, of the pipe, and of either process."""
    yield from _of_medipim()
    yield from _of_micropim()
    yield from _of_the_way()
    yield from _of_the_processes()
    yield from _of_the_ledger()


def _medipim(kind: FaultKind, route: str = STREAM, **how: object) -> Strike:
    return struck(Fault(kind, route=route, **how), at="medipim")  # type: ignore[arg-type]


def _micropim(kind: FaultKind, route: str = CREATE, **how: object) -> Strike:
    return struck(Fault(kind, route=route, **how), at="micropim")  # type: ignore[arg-type]


def _throttled(service: str, side: Side, at: Callable[..., Strike]) -> Iterator[Case]:
    """Refusals that outlast three seconds."""
    for name, how in {
        "429 without Retry-After": {"times": 1},
        "429 again and again": {"times": 6, "headers": SOON},
    }.items():
        strike = at("status", status=429, **how).with_settings(side, max_wait_seconds=30)
        yield Case("pair", f"{service}: {name}", strike, Outcome.IN_RUN)


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
    strike = _medipim("drip", delay=0.02)
    yield Case("pair", "Medipim: a stream that drips without a whole row", strike, in_run)
    strike = _medipim("truncate_json", BRANDS)
    yield Case("pair", "Medipim: 200 with a cut JSON body, on a list", strike, in_run)
    strike = _medipim("drip", BRANDS, delay=0.02).with_settings("tap", request_timeout_seconds=0.2)
    yield Case("pair", "Medipim: a list that drips beyond its time", strike, in_run)
    strike = _medipim("status", BRANDS, status=403, times=None)
    yield Case("pair", "Medipim: 403 on a list", strike, in_run)
    says = Says("points to elsewhere.example", "Medipim at http://127", "correct the address")
    strike = _medipim("redirect", times=None, url="https://elsewhere.example/x")
    yield Case("pair", "Medipim: redirect to another host", strike, stopped, says)
    yield Case("pair", "Medipim: 502 with an HTML page", _medipim("status", status=502), in_run)
    says = Says("answered 503", "Medipim at http://127", WAITED)
    yield Case("pair", "Medipim: 503 for ever", _medipim("status", status=503, times=None), stopped, says)
    says = Says("does not accept the key", "Medipim at http://127", "check api_key_id")
    strike = _medipim("status", BRANDS, status=401, times=None)
    yield Case("pair", "Medipim: 401 in the middle of the run", strike, stopped, says)
    says = Says("Not complete: products", "products", "put the reason right")
    yield Case("pair", "Medipim: 422 on products", _medipim("status", status=422, times=None), stopped, says)


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
    says = Says("answered 503", "MicroPIM at http://127", WAITED)
    yield Case(
        "pair",
        "MicroPIM: 503 for ever",
        _micropim("status", "GET /api/products", status=503, times=None),
        stopped,
        says,
    )
    for status, what in ((401, "does not accept the key"), (403, "refuses this key, or a quota")):
        says = Says(what, "MicroPIM at http://127", "check api_key")
        strike = _micropim("status", nth=5, status=status, times=None)
        yield Case("pair", f"MicroPIM: {status} in the middle of the run", strike, stopped, says)
    says = Says("points to elsewhere.example", "MicroPIM at http://127", "correct the address")
    strike = _micropim("redirect", nth=5, times=None, url="https://elsewhere.example/x")
    yield Case("pair", "MicroPIM: redirect in the middle of the run", strike, stopped, says)


def _of_the_way() -> Iterator[Case]:
    for side in ("tap", "target"):
        found = (*nobody_listens(side), unknown_authority(side), nowhere_to_trust(side), refusing_proxy(side))  # type: ignore[arg-type]
        yield from (Case("pair", f"{side}: {case.name}", case.strike, case.expected, case.says) for case in found)


def _of_the_processes() -> Iterator[Case]:
    places = (("tap", "medipim", (1, 4, 9)), ("target", "micropim", (1, 60, 120)))
    for side, service, moments in places:
        for number in (signal.SIGTERM, signal.SIGINT):
            stop = signalled(side, number, moments[1], service)
            yield Case("pair", f"{number.name} to the {side}", stop, Outcome.ON_REQUEST)
        for nth in moments:
            strike = signalled(side, signal.SIGKILL, nth, service)
            yield Case("pair", f"kill -9 of the {side} at request {nth}", strike, Outcome.KILLED)
    says = Says("No space left", "Standard output", "make room")
    full = Strike(_full_state)
    yield Case("pair", "disk full: the states", full, Outcome.STOPPED, says)


def _of_the_ledger() -> Iterator[Case]:
    """A ledger that cannot be used stops the target at once; the tap sees that its reader went away."""
    for name, strike, says in new_ledger_cases():
        yield Case("pair", name, strike, Outcome.STOPPED, says)


def _full_state(scene: Scene) -> None:
    scene.launch = Launch(stdout="/dev/full", victim="target")
