"""One target process against one MicroPIM of its own, whose limits it does not know."""

import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal

from sandbox import MicroPimOptions, MicroPimService, Sandbox
from trials.auto.seen import Phase, Request
from trials.soak.feed import lines, product
from trials.soak.pair import target_command

READS_FOR_A_WRITE = 2  # the sandbox's own limits: 120 reads, 60 writes
LONGEST_SECONDS = 2 * 3600
AUTO: dict[str, Any] = {"writes_per_minute": "auto", "reads_per_minute": "auto"}
DEFAULT: dict[str, Any] = {}
WORLD = {"read": READS_FOR_A_WRITE, "write": 1}


@dataclass(frozen=True)
class Course:
    """The limits one after the other; with ``products`` it ends when they are there, else with the last phase."""

    name: str
    phases: Sequence[Phase]
    settings: dict[str, Any]
    products: int | None = None


@dataclass(frozen=True)
class Service:
    """How MicroPIM answers: seconds before each answer, and what a 429 carries."""

    latency: float
    retry_after: Literal["seconds", "none", "html"]


@dataclass(frozen=True)
class Outcome:
    """Of one course: requests by kind, products that are there, the exit code, and what the report says of requests."""

    course: Course
    began: float
    seconds: float
    requests: Mapping[str, Sequence[Request]]
    products: int
    code: int
    report: Mapping[str, Any]


def carry_out(course: Course, service: Service, folder: Path) -> Outcome:
    """In real time."""
    folder.mkdir()
    first = course.phases[0].limit
    options = MicroPimOptions(
        reads_per_minute=first * WORLD["read"],
        writes_per_minute=first,
        latency=service.latency,
        retry_after=service.retry_after,
    )
    with Sandbox(None, options) as box:
        (folder / "target.json").write_text(json.dumps(_settings(box, folder) | course.settings), encoding="utf-8")
        began = time.time()
        code = _fed(course, box.micropim, folder)
        seconds = time.time() - began
        requests = {kind: _requests(box.micropim, kind) for kind in WORLD}
        report = max((folder / "reports").glob("*/report.json"))
        told = json.loads(report.read_text(encoding="utf-8"))["requests"]
        return Outcome(course, began, seconds, requests, len(box.micropim.products), code, told)


def _settings(box: Sandbox, folder: Path) -> dict[str, Any]:
    """No limit among them."""
    return {
        "api_url": box.micropim_url,
        "api_key": box.micropim.options.api_key,
        "locale": "nl",
        "ledger_url": f"sqlite:///{folder}/ledger.db",
        "report_dir": str(folder / "reports"),
        "decisions_file": str(folder / "decisions.csv"),
    }


def _fed(course: Course, service: MicroPimService, folder: Path) -> int:
    """The exit code of a target that is fed, and stopped after the last phase."""
    with (folder / "log.txt").open("wb") as log:
        command = target_command()
        target = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log)
        feeder = threading.Thread(target=_feed, args=(target, course.products), daemon=True)
        feeder.start()
        if course.products is None:
            for phase in course.phases:
                for kind, times in WORLD.items():
                    service.allowance.becomes(kind, phase.limit * times)
                time.sleep(60 * phase.minutes)
            target.send_signal(signal.SIGTERM)
        code = target.wait(LONGEST_SECONDS)
        feeder.join()
    return code


def _feed(target: "subprocess.Popen[bytes]", products: int | None) -> None:
    numbers: Iterator[int] = count() if products is None else iter(range(products))
    assert target.stdin is not None
    try:
        target.stdin.writelines(lines(product(number) for number in numbers))
        target.stdin.close()
    except BrokenPipeError:
        pass  # it was stopped


def _requests(service: MicroPimService, kind: str) -> list[Request]:
    return [Request(one.at, one.status == 429) for one in service.requests if one.kind == kind]
