"""Faults of the network and of the machine: addresses, certificates, clocks, disks, pipes, signals."""

import os
import socket
import time
from collections.abc import Iterator
from typing import Any

from sandbox.server import ServerThread
from trials.faults.case import Case, ExpectedMessage, Injection, Outcome, Side
from trials.faults.fixture import Fixture, Launch
from trials.faults.tls_server import TlsServer

SERVICE = {"tap": "medipim", "target": "micropim"}
ADDRESS = "check the address and the network"
END_OF_SUMMER = 1_792_889_995  # 2026-10-25, five seconds before clocks in Brussels go back


def nobody_listens(side: Side) -> Iterator[Case]:
    """Connection refused, from the first request on."""

    def act(fixture: Fixture) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            fixture.change_settings(side, api_url=f"http://127.0.0.1:{closed.getsockname()[1]}")

    message = ExpectedMessage("nobody listens there, or no network", "http://127", ADDRESS)
    yield Case(side, "connection refused", Injection(act), Outcome.STOPPED, message, short=True)


def no_such_host(side: Side) -> Case:
    """A name that no resolver knows."""
    message = ExpectedMessage("no connection", "https://pim.invalid", ADDRESS)
    injection = Injection(lambda fixture: fixture.change_settings(side, api_url="https://pim.invalid"))
    return Case(side, "DNS failure", injection, Outcome.STOPPED, message)


def unknown_authority(side: Side) -> Case:
    """A certificate that no trusted authority has signed."""

    def act(fixture: Fixture) -> None:
        server = TlsServer()
        fixture.change_settings(side, api_url=server.url)
        fixture.undo.append(server.close)

    message = ExpectedMessage("certificate was not accepted", "https://127", "correct the address")
    return Case(
        side, "certificate of an unknown authority", Injection(act), Outcome.STOPPED, message, short=side == "tap"
    )


def outage(side: Side) -> Case:
    """The service goes away in the middle of the run and comes back after three waits."""

    def act(fixture: Fixture) -> None:
        service, server = getattr(fixture.box, SERVICE[side]), fixture.box._servers[SERVICE[side]]  # noqa: SLF001
        seen, waits = iter(range(1, 1_000_000)), iter(range(1, 1_000_000))
        service.on_request(lambda _call: next(seen) == 5 and server.ask_to_stop())

        def come_back() -> None:
            if next(waits) == 3:
                server.join()
                fixture.box._servers[SERVICE[side]] = restarted = ServerThread(service, server.port)  # noqa: SLF001
                restarted.start()

        fixture.clock.on_sleep = come_back

    return Case(side, "service away for three waits", Injection(act), Outcome.IN_RUN, short=side == "tap")


def clock_jump(side: Side, seconds: float, way: str) -> Case:
    """The wall clock is set in the middle of a run."""
    return Case(side, f"clock set {way} by an hour", Injection(_shifted(side, 0.0, seconds)), Outcome.IN_RUN)


def summer_time_ends(side: Side) -> Case:
    """Local time goes back by an hour in the middle of a run."""

    def act(fixture: Fixture) -> None:
        before = os.environ.get("TZ")
        fixture.env["TZ"] = os.environ["TZ"] = "Europe/Brussels"
        time.tzset()
        _shifted(side, END_OF_SUMMER - time.time(), 30.0)(fixture)

        def back() -> None:
            os.environ.pop("TZ", None)
            if before is not None:
                os.environ["TZ"] = before
            fixture.env.pop("TZ")
            time.tzset()

        fixture.undo.append(back)

    return Case(side, "summer time ends", Injection(act), Outcome.IN_RUN)


def _shifted(side: Side, start: float, then: float) -> Any:
    """A wall clock that is off from the start, and jumps at the fifth request."""

    def act(fixture: Fixture) -> None:
        fixture.clock.shift = start
        seen, clock = iter(range(1, 1_000_000)), fixture.clock

        def jump(_call: object) -> None:
            if next(seen) == 5:
                clock.shift += then

        getattr(fixture.box, SERVICE[side]).on_request(jump)

    return act


def _full_stdout(fixture: Fixture) -> None:
    fixture.launch = Launch(stdout="/dev/full")


def _closed_pipe(fixture: Fixture) -> None:
    fixture.launch = Launch(lines_read=1)


full_stdout, closed_pipe = Injection(_full_stdout), Injection(_closed_pipe)


def signalled(victim: str, number: int, nth: int, at: str) -> Injection:
    """A signal for one side when a service sees the n-th request."""

    def act(fixture: Fixture) -> None:
        fixture.launch = Launch(signal=number, victim=victim, at_request=nth, at=at)

    return Injection(act)
