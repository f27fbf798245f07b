"""``make kill``: tap and target killed at every single moment of a run, run again, compared; writes docs/kills.md.

Every kill is a SIGKILL of a real process (trials/kills/fork_server.py). Afterwards the state file holds the last whole
STATE line that had left; a second run goes on from there, and must end as an undisturbed one does; so must an ordinary
next night; and a run over everything must write nothing (trials/kills/scenarios.py).

    python -m trials.kills [--size 6] [--every 1] [--scenario NAME ...]

A part (``--scenario``) renews its own rows of the page and leaves the others.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from trials import postgres
from trials.kills.deployment import Deployment, boxed
from trials.kills.fork_server import MOMENTS, ForkServer, Kill
from trials.kills.scenarios import PairScenario, Scenario, TapScenario, TargetScenario, first_night, second_night

PAGE = Path(__file__).resolve().parents[2] / "docs" / "kills.md"
TAP_MOMENTS = ("request", "line out")
SIZE = 6  # products, enough for one of each kind
CATEGORIES = 8  # of Medipim's sixty: more of the same
BEGIN, END = "<!-- kills -->\n", "<!-- end of kills -->"
POSTGRES = ", ledger on PostgreSQL"


@dataclass
class Tally:
    """What came of the kills of one kind. ``missed``: the run was over before its n-th moment came."""

    points: int = 0
    lost: int = 0
    doubled: int = 0
    writes: int = 0
    missed: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: "Tally") -> None:
        """Sum up."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def try_kill(scenario: Scenario, kill: Kill) -> Tally:
    """Kill, run again, compare; the next night, compare; and everything once more, from the start."""
    scenario.restore()
    killed, rerun = scenario.run_night(kill), scenario.run_night()
    if not killed.killed and not scenario.exact:
        return Tally(missed=1)
    facts = scenario.facts_after_night()
    next_night = scenario.run_next_night()
    next_facts = scenario.facts_after_next_night()
    from_start = scenario.run_from_start()
    lost = scenario.expected - facts + (scenario.expected_next - next_facts)
    doubled = facts - scenario.expected + (next_facts - scenario.expected_next)
    tally = Tally(1, lost.total(), doubled.total(), scenario.deployment.writes().total())
    codes = [code for ended in (rerun, next_night, from_start) for code in ended.codes.values()]
    if not killed.killed or any(codes) or tally.lost or tally.doubled or tally.writes:
        differences = [f"- {fact}" for fact in lost] + [f"+ {fact}" for fact in doubled]
        tally.wrong.append("; ".join([f"{scenario.name}: {kill}", f"codes {codes}", *differences[:4]]))
    return tally


def all_kills(
    scenario: Scenario, plugin: str, moments: tuple[str, ...], *, step: int = 1
) -> Iterator[tuple[str, Tally]]:
    """Every moment of a scenario, a tally a kind of moment."""
    for moment in moments:
        tally, began = Tally(), time.monotonic()
        for kill in scenario.kills(plugin, moment, step=step):
            tally.add(try_kill(scenario, kill))
        tally.seconds = time.monotonic() - began
        yield moment, tally


class Deployments:
    """Opens deployments and closes all at the end; their ledgers are in a PostgreSQL ``cluster`` if one is given."""

    def __init__(self, fork_server: ForkServer, cluster: str | None = None) -> None:
        self._fork_server = fork_server
        self._cluster = cluster
        self._opened = 0
        self._stack = ExitStack()

    def open(
        self, products: int = 0, micropim: Mapping[str, Any] = MappingProxyType({}), **settings: Any
    ) -> Deployment:
        """A new, empty one; ``micropim`` are options of its sandbox."""
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        box = self._stack.enter_context(boxed(products, **micropim))
        deployment = Deployment(box, folder, self._fork_server, self._ledger(), **settings)
        if products:
            deployment.catalogue = box.medipim.catalogue
            del deployment.catalogue.public_categories[CATEGORIES:]
        return deployment

    def _ledger(self) -> postgres.PostgresLedger | None:
        if self._cluster is None:
            return None
        self._opened += 1
        ledger = postgres.PostgresLedger(self._cluster, f"deployment{self._opened}")
        self._stack.callback(ledger.close)
        return ledger

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def target_scenario(
    deployments: Deployments, name: str, size: int, *, second: bool = False, workers: int = 1
) -> Scenario:
    """The target alone; with one worker each n is the same moment every time."""
    deployment = deployments.open(max_in_flight=workers, attributes_mode="values", update_categories=True)
    if second:
        deployment.feed(first_night(size))
        deployment.state = None
    night = second_night(size) if second else first_night(size)
    return TargetScenario(name, deployment, night, exact=workers == 1).run_undisturbed()


def pair_scenario(
    deployments: Deployments, name: str, size: int, *, second: bool = False, workers: int = 1
) -> Scenario:
    """Both. In the second night most products are read and compared, few are written."""
    attributes = "values" if second else "off"  # Medipim's products have twenty each: more of the same
    deployment = deployments.open(size, locale="nl", max_in_flight=workers, attributes_mode=attributes)
    if second:
        deployment.pipe()
        ids = list(deployment.catalogue.products)
        for number, change in enumerate(({"name": {"nl": "Anders"}}, {"photos": []}, {"status": "inactive"})):
            deployment.catalogue.touch([ids[number]], **change)
        deployment.catalogue.add(2)
    return PairScenario(name, deployment, exact=workers == 1).run_undisturbed()


def tap_scenario(
    deployments: Deployments, name: str, size: int, *, products: int | None = None, **settings: Any
) -> Scenario:
    """The tap alone; beyond 250 products a STATE leaves in the middle of them."""
    deployment = deployments.open(products or size)
    deployment.tap_settings = {"page_size": 10, **settings}
    deployment.streams = {"products", "categories"} | (set() if products else {"media"})
    return TapScenario(name, deployment).run_undisturbed()


Build = Callable[[Deployments, str, int], Scenario]
Victims = dict[str, tuple[str, ...]]
TARGET: Victims = {"target": MOMENTS}
TAP: Victims = {"tap": TAP_MOMENTS}
SCENARIOS: dict[
    str, tuple[Build, Victims, int]
] = {  # how it is made, which plugin is killed at what, every how many moments
    "target, first night": (target_scenario, TARGET, 1),
    "target, second night": (partial(target_scenario, second=True), TARGET, 1),
    "target, first night, four workers": (partial(target_scenario, workers=4), TARGET, 1),
    "pair, first night": (pair_scenario, TARGET | TAP, 1),
    "pair, second night": (partial(pair_scenario, second=True), TARGET | TAP, 1),
    "pair, second night, four workers": (partial(pair_scenario, second=True, workers=4), TARGET | TAP, 1),
    "tap, stream": (tap_scenario, TAP, 1),
    "tap, stream, 300 products, every 9th": (partial(tap_scenario, products=300), TAP, 9),
    "tap, pages": (partial(tap_scenario, products_endpoint="query"), TAP, 1),
}
ON_POSTGRES = [name for name in SCENARIOS if not name.startswith("tap") and "four" not in name]
NAMES = [*SCENARIOS, *(name + POSTGRES for name in ON_POSTGRES)]


def play(name: str, size: int, every: int) -> tuple[list[str], list[str]]:
    """Every kill of a scenario, or every n-th, in processes of its own: the rows of the table, and what was wrong."""
    build, victims, step = SCENARIOS[name.removesuffix(POSTGRES)]
    rows: list[str] = []
    wrong: list[str] = []
    on_postgres = postgres.cluster() if name.endswith(POSTGRES) else nullcontext()
    with on_postgres as cluster, ForkServer() as fork_server, Deployments(fork_server, cluster) as deployments:
        scenario = build(deployments, name, size)
        for plugin, moments in victims.items():
            for moment, tally in all_kills(scenario, plugin, moments, step=step * every):
                rows.append(row(name, plugin, moment if every == 1 else f"{moment}, every {every}th", tally))
                wrong += tally.wrong
    return rows, wrong


def row(name: str, plugin: str, moment: str, tally: Tally) -> str:
    """One line of the table."""
    numbers = (tally.points, tally.lost, tally.doubled, tally.writes, tally.missed, round(tally.seconds))
    return "| " + " | ".join(map(str, (name, plugin, moment, *numbers, f"{datetime.now(UTC):%Y-%m-%d}"))) + " |"


def renew(rows: list[str]) -> None:
    """Put rows into the page in place of those of the same scenarios, and sum up."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    table, _, after = rest.partition(END)
    played = {name_of(row) for row in rows}
    kept = [line for line in table.splitlines()[2:] if name_of(line) in NAMES and name_of(line) not in played]
    rows = sorted(kept + rows, key=lambda row: NAMES.index(name_of(row)))
    sums = [sum(int(row.split(" | ")[column]) for row in rows) for column in range(3, 9)]
    total = "| " + " | ".join(map(str, ("all", "", "", *sums, ""))) + " |"
    PAGE.write_text(before + BEGIN + HEAD + "\n".join([*rows, total]) + "\n" + END + after, encoding="utf-8")


def name_of(row: str) -> str:
    """The scenario of a line of the table."""
    return row.removeprefix("| ").partition(" | ")[0]


def main() -> int:
    """Kill at every moment, print and write the table; 1 when anything was lost, doubled or written twice."""
    flags = argparse.ArgumentParser(prog="trials.kills", description=__doc__.splitlines()[0])
    flags.add_argument("--scenario", action="append", choices=NAMES, metavar="NAME", help="; ".join(NAMES))
    flags.add_argument("--size", type=int, default=SIZE, help=f"products, at least {SIZE}")
    flags.add_argument("--every", type=int, default=1, help="take only every n-th moment")
    flags.add_argument("--jobs", type=int, default=2, help="scenarios at the same time")
    options = flags.parse_args()
    names = options.scenario or NAMES
    if not postgres.is_here():
        print(f"without those on PostgreSQL: {postgres.ABSENT}")
        names = [name for name in names if not name.endswith(POSTGRES)]
    began, is_wrong = time.monotonic(), False
    print(HEAD, end="")
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(play, name, options.size, options.every) for name in names]):
            rows, wrong = future.result()
            is_wrong = is_wrong or bool(wrong)
            print(*rows, *wrong, sep="\n", flush=True)
            renew(rows)
    print(
        f"{time.monotonic() - began:.0f} s; " + ("something was wrong" if is_wrong else "nothing lost, nothing doubled")
    )
    return int(is_wrong)


HEAD = """| run | killed | at each | kills | lost | doubled | written again | missed | seconds | date |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""
