"""Faults of the way to a service and of the machine: addresses, certificates, clocks, disks, pipes, signals."""

import os
import socket
import time
from collections.abc import Iterator
from typing import Any

from sandbox.server import ServerThread
from trials.faults.authority import Stranger
from trials.faults.case import Case, Outcome, Says, Side, Strike
from trials.faults.scene import Launch, Scene

SERVICE = {"tap": "medipim", "target": "micropim"}
ADDRESS = "check the address and the network"
END_OF_SUMMER = 1_792_889_995  # 2026-10-25, five seconds before clocks in Brussels go back


def nobody_listens(side: Side) -> Iterator[Case]:
    """Connection refused, from the first request on."""

    def act(scene: Scene) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            scene.change(side, api_url=f"http://127.0.0.1:{closed.getsockname()[1]}")

    says = Says("nobody listens there, or no network", "http://127", ADDRESS)
    yield Case(side, "connection refused", Strike(act), Outcome.STOPPED, says, short=True)


def no_such_host(side: Side) -> Case:
    """A name that no resolver knows."""
    says = Says("no connection", "https://pim.invalid", ADDRESS)
    strike = Strike(lambda scene: scene.change(side, api_url="https://pim.invalid"))
    return Case(side, "DNS failure", strike, Outcome.STOPPED, says)


def unknown_authority(side: Side) -> Case:
    """A certificate that nobody we trust has signed."""

    def act(scene: Scene) -> None:
        stranger = Stranger()
        scene.change(side, api_url=stranger.url)
        scene.undo.append(stranger.close)

    says = Says("certificate was not accepted", "https://127", "correct the address")
    return Case(side, "certificate of an unknown authority", Strike(act), Outcome.STOPPED, says, short=side == "tap")


def outage(side: Side) -> Case:
    """The service goes away in the middle of the run and comes back after three waits."""

    def act(scene: Scene) -> None:
        service, server = getattr(scene.box, SERVICE[side]), scene.box._servers[SERVICE[side]]  # noqa: SLF001
        seen, waits = iter(range(1, 1_000_000)), iter(range(1, 1_000_000))
        service.on_request(lambda _call: next(seen) == 5 and server.ask_to_stop())

        def come_back() -> None:
            if next(waits) == 3:
                server.join()
                scene.box._servers[SERVICE[side]] = again = ServerThread(service, server.port)  # noqa: SLF001
                again.start()

        scene.clock.on_sleep = come_back

    return Case(side, "service away for three waits", Strike(act), Outcome.IN_RUN, short=side == "tap")


def clock_jump(side: Side, seconds: float, way: str) -> Case:
    """The wall clock is set in the middle of a run."""
    return Case(side, f"clock set {way} by an hour", Strike(_shifted(side, 0.0, seconds)), Outcome.IN_RUN)


def summer_time_ends(side: Side) -> Case:
    """Local time goes back by an hour in the middle of a run."""

    def act(scene: Scene) -> None:
        before = os.environ.get("TZ")
        scene.env["TZ"] = os.environ["TZ"] = "Europe/Brussels"
        time.tzset()
        _shifted(side, END_OF_SUMMER - time.time(), 30.0)(scene)

        def back() -> None:
            os.environ.pop("TZ", None)
            if before is not None:
                os.environ["TZ"] = before
            scene.env.pop("TZ")
            time.tzset()

        scene.undo.append(back)

    return Case(side, "summer time ends", Strike(act), Outcome.IN_RUN)


def _shifted(side: Side, start: float, then: float) -> Any:
    """A wall clock that is off from the start, and jumps at the fifth request."""

    def act(scene: Scene) -> None:
        scene.clock.shift = start
        seen, clock = iter(range(1, 1_000_000)), scene.clock

        def jump(_call: object) -> None:
            if next(seen) == 5:
                clock.shift += then

        getattr(scene.box, SERVICE[side]).on_request(jump)

    return act


def _full_stdout(scene: Scene) -> None:
    scene.launch = Launch(stdout="/dev/full")


def _closed_pipe(scene: Scene) -> None:
    scene.launch = Launch(lines_read=1)


full_stdout, closed_pipe = Strike(_full_stdout), Strike(_closed_pipe)


def signalled(victim: str, number: int, nth: int, at: str) -> Strike:
    """A signal for one side when a service sees the n-th request."""

    def act(scene: Scene) -> None:
        scene.launch = Launch(signal=number, victim=victim, at_request=nth, at=at)

    return Strike(act)
