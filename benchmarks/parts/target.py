"""The target with records that it knows already: ours with a small and a large ledger, its peer, the floor."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.commands import floor, our_tap, our_target, template_target, url_of
from benchmarks.environments import PLACE
from benchmarks.measurement import ROOT, in_turn, server
from benchmarks.options import Options

LINES = PLACE / "lines.jsonl"


def measured(options: Options) -> dict[str, Any]:
    """Each contender's figures, and the requests of a run of ours."""
    arguments = ["--input", str(LINES)]
    with server(options.catalogue()) as port:
        with LINES.open("wb") as out:
            subprocess.run(our_tap(port), cwd=PLACE, check=True, stdout=out, stderr=subprocess.DEVNULL)
        small, large = (filled(port, rows, LINES) for rows in (options.products, max(options.ledger, options.products)))
        commands = {
            f"ours, ledger of {options.products:,} rows": [*small, *arguments],
            f"ours, ledger of {options.ledger:,} rows": [*large, *arguments],
            "SDK template, validates only": [*template_target(), *arguments],
            "floor": [*floor("floor_target"), str(LINES)],
        }
        requests_of(port)
        measurements = in_turn(commands, PLACE, options.rounds)
        runs = sum(one.runs for name, one in measurements.items() if name.startswith("ours"))
        seen = requests_of(port) / runs
    contenders = {name: one.figures() for name, one in measurements.items()}
    return {"products": options.products, "requests_a_run": seen, "contenders": contenders}


def filled(port: int, rows: int, lines: Path) -> list[str]:
    """The command of our target, with a ledger that knows the lines and other products, as many rows in all."""
    ledger = PLACE / f"ledger-{rows}.db"
    for file in PLACE.glob(f"{ledger.name}*"):
        file.unlink()
    command = our_target(url_of(port), ledger)
    fill = [sys.executable, "-m", "benchmarks.ledger", str(PLACE / command[-1]), str(lines), str(rows)]
    subprocess.run(fill, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return list(command)


def requests_of(port: int) -> int:
    """How many requests the server has seen since it was asked last."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/log") as answer:
        return len(json.load(answer))
