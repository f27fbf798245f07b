"""``python -m benchmarks.writing``: how much of a limit is used, in real time, by real processes.

The installed ``target-micropim`` makes products in the lean server, which answers after 20, 80 and 250 ms and counts
in a sliding window of a minute. The limit is known to the target (``known``), or its settings allow four times as much
(``unknown``), and then the limit may halve (``halved``). ``shared``: three processes over one ``throttle_url``;
``machines``: of two machines with an address each, whose clocks are an hour apart.
Cases of a kind run side by side, each with a server of its own: a product takes some 10 ms of processor time.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests

from benchmarks.catalogue import generated
from benchmarks.machines import STORES, Testbed, apart, missing
from benchmarks.measurement import BIN, ROOT, server
from benchmarks.page import TABLES

PLACE = ROOT / "benchmarks" / ".run"
CATALOGUE = 100  # what a server must have and nobody reads here
LATENCIES = (20, 80, 250)
MACHINES_LATENCY = 80
LAST_SECONDS = 120  # of a phase: what it has settled to; the pause of one touch is 8 % of a minute
Log = list[tuple[float, str, int]]


@dataclass(frozen=True)
class Case:
    """One target, or several that share, against one server. ``then``: the limit of the second phase."""

    name: str
    latency: int
    limit: int
    seconds: int
    setting: int
    then: int | None = None
    processes: int = 1
    pictures: int | None = None
    store: str | None = None  # that machines share


@dataclass(frozen=True)
class Phase:
    """What the server saw while one limit held."""

    limit: int
    rate: float
    settled: float
    taken: int
    refused: int


def main() -> int:
    """Run the parts; print a table of each."""
    flags = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    flags.add_argument("--parts", nargs="*", default=list(PARTS), choices=list(PARTS))
    flags.add_argument("--limit", type=int, default=600, help="writes a minute")
    flags.add_argument("--seconds", type=int, default=0, help="of each phase; 0: as long as the part needs")
    options = flags.parse_args()
    phases = list(figures(options.parts, options.limit, options.seconds))
    print("\n".join(TABLES["writing"]({"phases": phases})))
    return 0


def figures(parts: Sequence[str], limit: int, seconds: int = 0) -> Iterator[dict[str, Any]]:
    """What was seen of each phase of each case."""
    PLACE.mkdir(exist_ok=True)
    generated(PLACE, CATALOGUE)
    for together in TOGETHER:
        made = [PARTS[part] for part in together if part in parts]
        cases = [case for make, usual in made for late in LATENCIES for case in make(late, limit, seconds or usual)]
        if any(case.store for case in cases) and (reason := missing()):
            print(f"machines are not measured: {reason}", file=sys.stderr)
            continue
        if not cases:
            continue
        with ThreadPoolExecutor(1 if cases[0].store else len(cases)) as pool:
            for case, phases in zip(cases, pool.map(measured, cases), strict=True):
                yield from ({"case": case.name, "latency": case.latency, **asdict(phase)} for phase in phases)


def _known(latency: int, limit: int, seconds: int) -> list[Case]:
    return [Case("known", latency, limit, seconds, limit)]


def _shared(latency: int, limit: int, seconds: int) -> list[Case]:
    return [Case("known, three processes share it", latency, limit, seconds, limit, processes=3)]


def _pictures(latency: int, limit: int, seconds: int) -> list[Case]:
    return [Case("known, pictures", latency, limit // 2, seconds, limit, pictures=limit // 2)]


def _unknown(latency: int, limit: int, seconds: int) -> list[Case]:
    return [Case("unknown", latency, limit, seconds, 4 * limit)]


def _halved(latency: int, limit: int, seconds: int) -> list[Case]:
    return [Case("unknown, then half", latency, limit, seconds, 4 * limit, then=limit // 2)]


def _machines(latency: int, limit: int, seconds: int) -> list[Case]:
    """One after the other, and at one answer time: both have the one bridge."""
    return [
        Case(f"known, two machines, {store}", latency, limit, seconds, limit, processes=2, store=store)
        for store in STORES
        if latency == MACHINES_LATENCY
    ]


PARTS: dict[str, tuple[Callable[[int, int, int], list[Case]], int]] = {
    "known": (_known, 60),
    "shared": (_shared, 60),
    "pictures": (_pictures, 60),
    "machines": (_machines, 120),
    "unknown": (_unknown, 340),
    "halved": (_halved, 170),
}
TOGETHER = (("known",), ("shared",), ("pictures",), ("machines",), ("unknown", "halved"))


def measured(case: Case) -> list[Phase]:
    """Run a case; its phases."""
    with tempfile.TemporaryDirectory(prefix="writing-") as place, _testbed(case, Path(place)) as testbed:
        _limit(testbed, case, case.limit)
        running = [_start(case, testbed, Path(place), number) for number in range(case.processes)]
        log = _until_written(testbed, case.seconds)
        phases = [_phase(log, case, case.limit)]
        if case.then is not None:
            _limit(testbed, case, case.then)
            phases.append(_phase(_until_written(testbed, case.seconds), case, case.then))
        for process in running:
            process.terminate()
            process.wait()
    return phases


@contextmanager
def _testbed(case: Case, place: Path) -> Iterator[Testbed]:
    if case.store is not None:
        with apart(generated(PLACE, CATALOGUE), place, case.processes, case.store) as testbed:
            yield testbed
        return
    with server(generated(PLACE, CATALOGUE)) as port:
        shared = f"sqlite:///{place}/throttle.db" if case.processes > 1 else None
        yield Testbed(f"http://127.0.0.1:{port}", shared)


def _limit(testbed: Testbed, case: Case, per_minute: int) -> None:
    kind = "writes" if case.pictures is None else "pictures"
    limits = {"latency": case.latency / 1000, kind: per_minute}
    answer = requests.post(f"{testbed.url}/limits", json=limits, timeout=5, verify=testbed.authority or True)
    answer.raise_for_status()


def _start(case: Case, testbed: Testbed, place: Path, number: int) -> "subprocess.Popen[bytes]":
    """A target with more to write than there is time for."""
    folder = place / str(number)
    folder.mkdir()
    config: dict[str, Any] = {
        "api_url": testbed.url, "api_key": "x" * 16, "locale": "en", "lookup": "index", "reads_per_minute": 60_000,
        "writes_per_minute": case.setting, "pictures_per_minute": case.pictures,
        "ledger_url": f"sqlite:///{folder}/ledger.db", "report_dir": str(folder / "reports"),
        "decisions_file": str(folder / "decisions.csv"),
        "throttle_url": testbed.throttle_url,
    }  # fmt: skip
    (folder / "target.json").write_text(json.dumps(config), encoding="utf-8")
    with (folder / "in.jsonl").open("w", encoding="utf-8") as lines:
        lines.writelines(_lines(case.setting * case.seconds // 30, number, 0 if case.pictures is None else 4))
    command = [*testbed.before(number), str(BIN / "target-micropim"), "--config", "target.json", "--input", "in.jsonl"]
    with (folder / "out.txt").open("wb") as out:
        return subprocess.Popen(
            command, cwd=folder, env=testbed.environment(number), stdout=subprocess.DEVNULL, stderr=out
        )


def _lines(count: int, number: int, pictures: int) -> Iterator[str]:
    """Products that no MicroPIM has."""
    schema = {"type": "SCHEMA", "stream": "products", "schema": {"properties": {}}, "key_properties": ["id"]}
    yield json.dumps(schema) + "\n"
    for place in range(count):
        name = f"{number}-{place}"
        photos = [
            {"id": place * 10 + one + 1, "formats": {"huge": f"https://media.example.test/{name}-{one}.jpg"},
             "locales": [], "targetGroups": ["public"]}
            for one in range(pictures)
        ]  # fmt: skip
        record = {"id": name, "status": "active", "name": {"en": f"Product {name}"}, "photos": photos}
        yield json.dumps({"type": "RECORD", "stream": "products", "record": record}) + "\n"


def _until_written(testbed: Testbed, seconds: int) -> Log:
    """The writes of this many seconds, which begin with the first of them."""
    log: Log = []
    deadline = time.monotonic() + 120
    while not log and time.monotonic() < deadline:
        time.sleep(0.5)
        log += _written(testbed)
    time.sleep(seconds)
    return log + _written(testbed)


def _written(testbed: Testbed) -> Log:
    seen = requests.get(f"{testbed.url}/log", timeout=30, verify=testbed.authority or True).json()
    return [(at, kind, status) for at, kind, status in seen if kind != "reads"]


def _phase(log: Log, case: Case, limit: int) -> Phase:
    kind = "writes" if case.pictures is None else "pictures"
    taken = [at for at, what, status in log if what == kind and status == 200]
    late = [at for at in taken if at > taken[-1] - LAST_SECONDS]
    return Phase(limit, _rate(taken), _rate(late), len(taken), sum(status == 429 for _at, _kind, status in log))


def _rate(times: list[float]) -> float:
    return (len(times) - 1) / (times[-1] - times[0]) * 60


if __name__ == "__main__":
    sys.exit(main())
