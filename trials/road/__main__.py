"""``make road``: calls, functions, files and changes of file of one record, beside those of the last release."""

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import trials.road
from trials.road import tap, target
from trials.road.tracer import Figures, Trace

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "trials/figures/road.json"
ROADS = {
    "unchanged": "target, unchanged product and its STATE",
    "changed": "target, changed product (GET, PATCH, STATE)",
    "new": "target, new product (POST, picture, STATE)",
    "row": "tap, one row, socket to line",
}
HEAD = ("calls", "functions", "files (plugin's)", "changes of file")


def main() -> None:
    """Measure a checkout; print it beside the last release, keep it as one, or show one road call by call."""
    flags = argparse.ArgumentParser(prog="python -m trials.road", description=__doc__)
    flags.add_argument("--checkout", type=Path, default=ROOT, help="the plugins and the sandbox are taken from here")
    flags.add_argument("--renew", action="store_true", help="keep the figures as those of a release")
    flags.add_argument("--show", choices=ROADS, help="one road, call by call")
    given = flags.parse_args()
    traces = measured(given.checkout.resolve(), given.show)
    if given.show:
        print("\n".join(typical(traces[given.show]).lines()))
        return
    figures = {road: typical(found).figures() for road, found in traces.items()}
    if given.renew:
        keep(figures, commit_of(given.checkout))
    print("\n".join(table(figures, json.loads(KEPT.read_text(encoding="utf-8")))))


def measured(checkout: Path, only: str | None = None) -> dict[str, list[Trace]]:
    """Several traces of each road; of both plugins, or of that which has the wanted road."""
    sys.path.insert(0, str(checkout))
    logging.disable()  # what goes wrong raises
    traces: dict[str, list[Trace]] = {}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        if only != "row":
            traces |= target.traces(checkout, Path(folder))
        if only in {None, "row"}:
            traces["row"] = tap.traces(checkout)
        os.chdir(checkout)
    return traces


def typical(traces: list[Trace]) -> Trace:
    """The first of those with the most frequent figures: a ticker may have run, or a row may hold something rare."""
    figures = [trace.figures() for trace in traces]
    return traces[figures.index(Counter(figures).most_common(1)[0][0])]


def keep(figures: dict[str, Figures], commit: str) -> None:
    """The figures of a release, with the rule by which they were read; those published of it stay beside them."""
    before = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    kept = {
        "commit": commit,
        "rule": (trials.road.__doc__ or "").strip().splitlines(),
        "figures": {road: found.as_json() for road, found in figures.items()},
    }
    if before.get("commit") == commit and "published" in before:
        kept["published"] = before["published"]
    KEPT.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def commit_of(checkout: Path) -> str:
    """Its short name."""
    command = ["git", "-C", str(checkout), "rev-parse", "--short=7", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def table(figures: dict[str, Figures], kept: dict[str, Any]) -> list[str]:
    """The roads, each as published (if it was), at the last release, now, and the difference between the two."""
    lines = []
    for road, now in figures.items():
        release = Figures(**kept["figures"][road])
        lines += ["", f"{ROADS[road]:44}" + "".join(f"{head:>18}" for head in HEAD)]
        if road in kept.get("published", {}):
            lines.append(_row(f"  {kept['commit']}, as published", _cells(Figures(**kept["published"][road]))))
        lines.append(_row(f"  {kept['commit']}, last release", _cells(release)))
        lines.append(_row("  now", _cells(now)))
        lines.append(_row("  difference", _differences(release, now)))
    return lines[1:]


def _row(name: str, cells: list[str]) -> str:
    return f"{name:44}" + "".join(f"{cell:>18}" for cell in cells)


def _cells(figures: Figures) -> list[str]:
    files = f"{figures.files} ({figures.plugin_files})"
    return [str(figures.calls), str(figures.functions), files, str(figures.changes)]


def _differences(before: Figures, now: Figures) -> list[str]:
    files = f"{now.files - before.files:+d} ({now.plugin_files - before.plugin_files:+d})"
    changes = (now.calls - before.calls, now.functions - before.functions, now.changes - before.changes)
    calls, functions, of_file = (f"{change:+d}" for change in changes)
    return [calls, functions, files, of_file]


if __name__ == "__main__":
    main()
