"""Twenty shops of two markets on a real PostgreSQL, night after night: what holds, in figures.

Wants PostgreSQL, and tap-postgres and target-postgres in ``.clients/fleet``; needs up to an hour of two cores, of
which one night at 60 writes a minute takes five minutes. In no short form for that: each run of Meltano takes seconds.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from sandbox import Fault
from trials.fleet.chain import AT_ONCE, MARKETS, Chain
from trials.fleet.direct import differing, doubled
from trials.fleet.shops import EGRESSES, Shop
from trials.fleet.windows import most_in_a_minute, share_used
from trials.fleet.workers import Ran

NEAR = 0.15
LEAST_USED = 0.95
FIRST_LOAD_RATE = 120
SHORT_HOURS = 2 / 60


@dataclass
class Verdicts:
    """What was found, and what of it is not as it should be."""

    wrong: list[str] = field(default_factory=list)

    def tell(self, what: str, *, good: bool = True) -> None:
        """Print a line; one that is not good counts."""
        print(f"{'' if good else 'WRONG: '}{what}")
        if not good:
            self.wrong.append(what)


class Nights:
    """The steps, in their order."""

    def __init__(self, chain: Chain, rate: int) -> None:
        self.chain = chain
        self.verdicts = Verdicts()
        self._rate = rate
        self._tell = self.verdicts.tell

    def extraction(self, counts: Sequence[int]) -> None:
        """(a) Requests of Medipim for so many shops, each time everything anew."""
        seen: dict[int, int] = {}
        for count in counts:
            self.chain.file(count=count)
            before = self.chain.seen_by_medipim()
            self._markets("--full")
            if count < counts[-1]:
                self._good(self._shops(self.chain.shops[:count]))
            seen[count] = self.chain.seen_by_medipim() - before
        self._tell(f"(a) requests of Medipim by number of shops: {seen}", good=len(set(seen.values())) == 1)

    def first_load(self) -> None:
        """(g) A plan beside what then happened, for shops of which most are empty; (d) what a run takes."""
        self.chain.file(FIRST_LOAD_RATE)
        before = self.chain.seen_by_medipim()
        self._planned_night("first load", FIRST_LOAD_RATE)
        asked = self.chain.seen_by_medipim() - before
        self._tell(f"(a) requests of Medipim while all shops were planned and loaded: {asked}", good=not asked)
        self._compare("first load", self.chain.shops)

    def second_night(self) -> None:
        """(c) Nothing has changed, and nothing is written."""
        self.chain.file()
        self._markets()
        began = time.time()
        ran = self._shops(self.chain.shops)
        self._good(ran)
        writes = {shop.name: number for shop in self.chain.shops if (number := self.chain.writes_since(began, shop))}
        self._tell(f"(c) second night: writes {writes or 0}", good=not writes)
        self._machine("a night without a change", ran)

    def limited_night(self) -> None:
        """(e, g) Changes at the real pace, several shops at once on each address."""
        self._touch(0.6, "Autumn", deactivated=1)
        self._markets()
        self.limited("changes")

    def limited(self, what: str) -> None:
        """Shops write at a pace that MicroPIM holds them to, by their addresses."""
        self.chain.file(self._rate)
        self.chain.box.micropim.allowance.becomes("write", self._rate)
        began = time.time()
        self._planned_night(what, self._rate)
        for egress in EGRESSES:
            writes = [record for record in self.chain.requests_since(began, egress) if record.kind == "write"]
            moments = [record.at for record in writes]
            most, used = most_in_a_minute(moments), share_used(moments, self._rate)
            refused = sum(record.status == 429 for record in writes)
            told = (
                f"{len(writes)} writes, at most {most} in a minute, {used:.1%} of {self._rate} used, {refused} refused"
            )
            self._tell(f"(e) {egress}: {told}", good=most <= self._rate and used >= LEAST_USED and not refused)
        self.chain.box.micropim.allowance.becomes("write", None)

    def bad_night(self) -> None:
        """(f) A wrong key, a service that answers 503, a worker that is killed: the others finish, three are named."""
        chain, out = self.chain, self.chain.shops
        self._touch(0.4, "Winter")
        self._markets()
        chain.file()
        locked_out, unwell, killed = out[:3]
        key = f"KEY_{locked_out.name}"
        right, chain.environment[key] = chain.environment[key], "wrong"
        chain.organization(unwell).faults.add(Fault("status", status=503, times=None))
        chain.organization(killed).meanwhile.do_after(
            lambda: chain.workers.kill(killed.name), write="PATCH /api/products", nth=4
        )
        ran = self._shops(out)
        failed = {name for name, one in ran.items() if one.code}
        bad = {shop.name for shop in (locked_out, unwell, killed)}
        self._tell(f"(f) bad night: {sorted(failed)} of {len(out)} failed", good=failed == bad)
        self._report(bad)
        chain.environment[key] = right
        chain.organization(unwell).faults.clear()
        self._good(self._shops([locked_out, unwell, killed]))
        self._report(set())
        twice = {shop.name: found for shop in out if (found := doubled(chain.organization(shop)))}
        self._tell(f"(f) doubled: {twice or 'nothing'}", good=not twice)
        self._compare("the night after the bad one", out)

    def _report(self, bad: set[str]) -> None:
        done = self.chain.command("report", "--no-notices")
        content = json.loads((self.chain.folder / ".micropim/fleet/report.json").read_text(encoding="utf-8"))
        named = {name for status in ("failed", "unfinished", "late") for name in content[status]}
        good = named == bad and done.returncode == bool(bad)
        self._tell(f"(f) report: exit code {done.returncode}, names {sorted(named)}", good=good)
        for line in done.stdout.splitlines():
            if line.startswith(("failed", "unfinished", "late")):
                print(f"      {line[:160]}")

    def _planned_night(self, what: str, rate: int) -> None:
        """Dry runs, the plan, the night, and both side by side."""
        self._good(self._shops(self.chain.shops, "--dry-run"))
        plan = {row["egress"]: row for row in json.loads(self.chain.command("plan", "--json").stdout)["egresses"]}
        began = time.time()
        ran = self._shops(self.chain.shops)
        self._good(ran)
        for egress in EGRESSES:
            records = self.chain.requests_since(began, egress)
            kinds = [record.kind for record in records]
            hours = (records[-1].at - began) / 3600
            happened = {"writes": kinds.count("write"), "reads": kinds.count("read"), "hours": hours}
            off = {name: plan[egress][name] / number - 1 if number else 0.0 for name, number in happened.items()}
            told = ", ".join(
                f"{name} {plan[egress][name]:.4g} planned, {number:.4g} happened ({off[name]:+.0%})"
                for name, number in happened.items()
            )
            short = plan[egress]["hours"] < SHORT_HOURS  # starting programs is most of it
            near = all(abs(each) <= NEAR for name, each in off.items() if not (short and name == "hours"))
            self._tell(f"(g) {what} at {rate} a minute, {egress}: {told}", good=near)
        self._machine(what, ran)

    def _touch(self, share: float, season: str, deactivated: int = 0) -> None:
        """Change the names of a part of each market's products; the first ones of those are not sold any more."""
        for box in self.chain.sources.values():
            source = box.medipim
            active = [key for key, raw in source.catalogue.products.items() if raw["status"] == "active"]
            for key in active[:deactivated]:
                source.deactivate(key)
            touched = active[deactivated : deactivated + round(share * len(active))]
            for key in touched:
                names = dict.fromkeys(source.market.locales, f"{season} {key}")
                source.change(key, lambda raw, names=names: raw["name"].update(names))  # type: ignore[misc]

    def _markets(self, *flags: str) -> None:
        self._good({market: self.chain.workers.run(market, *flags) for market in MARKETS})

    def _shops(self, shops: Sequence[Shop], *flags: str) -> dict[str, Ran]:
        return self.chain.workers.all(self.chain.by_egress(shops), AT_ONCE, *flags)

    def _good(self, ran: dict[str, Ran]) -> None:
        for name, one in ran.items():
            if one.code:
                self._tell(f"{name} ended with {one.code}: {one.said[-1500:]}", good=False)

    def _compare(self, when: str, shops: Sequence[Shop]) -> None:
        """(b) Each catalogue beside that of a direct run."""
        self.chain.direct.night(shops)
        other: dict[str, Any] = {}
        sizes = []
        for shop in shops:
            sizes.append(len(self.chain.organization(shop).products))
            if found := differing(self.chain.organization(shop), self.chain.direct.organization(shop)):
                other[shop.name] = found[:3]
        told = f"{len(sizes)} catalogues of {min(sizes)} to {max(sizes)} products, not as by direct runs: {other or 0}"
        self._tell(f"(b) {when}: {told}", good=not other)

    def _machine(self, what: str, ran: dict[str, Ran]) -> None:
        seconds, cpu, peak = ([getattr(one, name) for one in ran.values()] for name in ("seconds", "cpu", "peak"))
        self._tell(
            f"(d) {what}: {median(seconds):.0f} s a shop ({max(seconds):.0f} at most), of a processor "
            f"{median(cpu):.1f} s ({max(cpu):.1f}), {median(peak):.0f} MB together ({max(peak):.0f})"
        )


def main() -> int:
    """All nights in order; 1 when something was not as it should be."""
    flags = argparse.ArgumentParser(prog="python -m trials.fleet.twenty", description=__doc__)
    flags.add_argument("--products", type=int, default=40, help="of each market")
    flags.add_argument("--shops", type=int, default=20)
    flags.add_argument("--rate", type=int, default=60, help="writes a minute of each egress in the limited night")
    arguments = flags.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet")))
        nights = Nights(Chain(stack, folder, arguments.products, arguments.shops), arguments.rate)
        counts = sorted({1, min(5, arguments.shops), arguments.shops})
        for step in (lambda: nights.extraction(counts), nights.first_load, nights.second_night,
                     nights.limited_night, nights.bad_night):  # fmt: skip
            began = time.monotonic()
            step()
            print(f"   {time.monotonic() - began:.0f} s")
    print(f"{len(nights.verdicts.wrong)} things are wrong" if nights.verdicts.wrong else "all as it should be")
    return int(bool(nights.verdicts.wrong))


if __name__ == "__main__":
    sys.exit(main())
