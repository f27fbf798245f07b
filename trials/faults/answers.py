"""Answers and connections that go wrong alike at both services."""

import email.utils
import time
from collections.abc import Iterator

from sandbox.faults import Fault, FaultKind
from trials.faults.case import Case, ExpectedMessage, Injection, Outcome, Side, planned
from trials.faults.fixture import Fixture

SERVICE = {"tap": "medipim", "target": "micropim"}
KEYS = {"tap": "check api_key_id, api_key_secret and market", "target": "check api_key"}
WAITED = "try again later, or raise max_wait_seconds"


def service_fault(side: Side, kind: FaultKind, route: str, **how: object) -> Injection:
    """A fault of the service that this side talks to."""
    return planned(Fault(kind, route=route, **how), at=SERVICE[side])  # type: ignore[arg-type]


def with_short_timeouts(injection: Injection, side: Side) -> Injection:
    """With timeouts of a fraction of a second, instead of minutes."""
    timeouts = {"request_timeout_seconds": 0.3} | ({"stream_timeout_seconds": 0.3} if side == "tap" else {})
    return injection.with_settings(side, **timeouts)


def with_ticking_clock(injection: Injection) -> Injection:
    """With a clock that advances by five seconds each time it is read, so that time passes while bytes come."""

    def act(fixture: Fixture) -> None:
        fixture.clock.tick = 5.0
        injection.act(fixture)

    return Injection(act, injection.kinds)


def redirects(side: Side, route: str) -> Iterator[Case]:
    """Every kind of redirect, wherever it leads, with a cookie: none is followed."""
    own = {"tap": "medipim_url", "target": "micropim_url"}[side]
    places = {
        301: ("to another host", "https://elsewhere.example/x?y=z"),
        303: ("to plain http", "http://elsewhere.example/x"),
        307: ("to another port", "http://127.0.0.1:9/x"),
        308: ("to itself", None),
    }
    for status, (name, place) in places.items():

        def act(fixture: Fixture, status: int = status, place: str | None = place) -> None:
            url = place or getattr(fixture.box, own) + route.partition(" ")[2].rstrip("$")
            headers = {"Location": url, "Set-Cookie": "session=1"}
            service_fault(side, "status", route, status=status, headers=headers, body="", times=None).act(fixture)

        message = ExpectedMessage(f"answered {status} and points to", "http://127", "correct the address")
        yield Case(side, f"{status} {name}", Injection(act, frozenset({"status"})), Outcome.STOPPED, message)


def answers(side: Side, route: str) -> Iterator[Case]:
    """Refusals, failures, wrong bodies, and connections that break."""
    in_run, stopped = Outcome.IN_RUN, Outcome.STOPPED
    wait = {"Retry-After": "30"}
    for name, how in {
        "429 with Retry-After": {"status": 429, "headers": wait, "times": 3},
        "429 without Retry-After": {"status": 429, "times": 3},
        "429 for minutes": {"status": 429, "times": 8},
        "500, once": {"status": 500},
        "502 with an HTML page": {"status": 502, "body": "<html>Bad gateway</html>"},
        "504, three times": {"status": 504, "times": 3},
        "408, once": {"status": 408},
        "520 of a proxy, once": {"status": 520},
    }.items():
        yield Case(
            side,
            name,
            service_fault(side, "status", route, **how),
            in_run,
            short=side == "tap" and name.startswith(("429 w", "502")),
        )
    for status in (429, 503):
        message = ExpectedMessage(f"answered {status}", "http://127", WAITED)
        injection = service_fault(side, "status", route, status=status, times=None)
        yield Case(side, f"{status} for ever", injection, stopped, message, short=status == 429 and side == "tap")
    yield from _bodies(side, route)
    yield from _connections(side, route)
    message = ExpectedMessage("does not accept the key", "http://127", KEYS[side])
    yield Case(side, "401", service_fault(side, "status", route, status=401, times=None), stopped, message)
    message = ExpectedMessage("points to", "http://127", "correct the address")
    injection = service_fault(side, "redirect", route, times=None, url="https://elsewhere.example/x?y=z")
    yield Case(side, "redirect to another host", injection, stopped, message, short=side == "tap")
    yield from redirects(side, route)


def _bodies(side: Side, route: str) -> Iterator[Case]:
    for kind, name in {"html": "200 with an HTML page", "empty": "200 without a body"}.items():
        yield Case(side, name, service_fault(side, kind, route), Outcome.IN_RUN, short=side == "tap")  # type: ignore[arg-type]


def _connections(side: Side, route: str) -> Iterator[Case]:
    in_run = Outcome.IN_RUN
    yield Case(
        side,
        "connection reset before the answer",
        service_fault(side, "drop_before", route, times=2),
        in_run,
        short=side == "tap",
    )
    yield Case(
        side, "connection reset after the work", service_fault(side, "drop_after", route), in_run, short=side == "tap"
    )
    late = with_short_timeouts(service_fault(side, "slow", route, delay=0.8), side)
    yield Case(side, "answer after the client's timeout", late, in_run, short=side == "tap")
    yield Case(side, "hang", with_short_timeouts(service_fault(side, "hang", route), side), in_run, short=side == "tap")


def retry_afters(side: Side, route: str) -> Iterator[Case]:
    """Values of ``Retry-After`` that are no help, and a date that is one."""
    absurd = ["0", "-1", "1e9", "inf", "nan", "tomorrow", "", "30, 60"]
    date = email.utils.formatdate(time.time() + 20, usegmt=True)
    for value in [*absurd, date]:
        name = f"Retry-After: {'a date' if value == date else value or 'nothing'}"
        injection = service_fault(side, "status", route, status=429, headers={"Retry-After": value}, times=2)
        yield Case(side, name, injection, Outcome.IN_RUN, short=side == "tap" and value in {"1e9", date})
