"""docs/clients.md: what was tried, with what result."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trials.singer_clients import extractors, loaders, streams_between, suites
from trials.singer_clients.messages import PRODUCTS
from trials.singer_clients.results import Result, Verdict

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "clients.md"
FIGURES = ROOT / "trials" / "figures" / "clients.json"
ROLES = (suites.ROLE, streams_between.CHECKING, loaders.ROLE, streams_between.MAPPING, extractors.ROLE)
HEAD = f"""# Beside other people's software

Made by `make clients` (trials/singer_clients). Each client is installed in an environment of its own, from PyPI, ours
from its wheel; both services are the sandbox. A result stands here only after every value was compared.

- **Behind our tap**: every stream of all six markets (`be`, `fr`, `de`, `es`, `au`, `us`, v4) and of Belgium's v3,
  with {PRODUCTS} products; a second night with the state of the first, after products changed, ended and came. What the
  client stored is read back: no row may be missing, doubled or changed, no column missing; its STATE must be ours.
- **Before our target**, with `profile: native`: the list of a small shop in the form that the tap reads, two nights;
  every product that MicroPIM then has is compared with the list.
- A client that cannot be had here is named with the reason. A fault that is the client's own is named below the table
  with the least input that shows it, and the way round; by that way the client was tried.
- `make clients SHORT=1` (a part of `.ci/run`) tries three of them, with two sources.

| client | version | role | ran | result |
| --- | --- | --- | --- | --- |
"""
ELSEWHERE = """
## Not on PyPI

`tap-csv`, `tap-spreadsheets-anywhere` and `tap-smoke-test` are installed from GitHub by the Hub, not from PyPI, so they
are not tried here. `tap-csv-folder` and `tap-spreadsheets` read the same files.
"""


def write(results: Sequence[Result]) -> None:
    """Keep the results beside those that were not tried now, and make the page of all."""
    kept = {(one.client, one.role): one for one in kept_results()}
    kept.update({(one.client, one.role): one for one in results})
    rows = [asdict(one) for one in sorted(kept.values(), key=lambda one: ROLES.index(one.role))]
    FIGURES.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(text(kept_results()), encoding="utf-8")


def kept_results() -> list[Result]:
    """What was found when each was last tried."""
    rows = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else []
    return [_result(row) for row in rows]


def _result(row: dict[str, Any]) -> Result:
    found = {"verdict": Verdict(row["verdict"]), "notes": tuple(row["notes"]), "faults": tuple(row["faults"])}
    return Result(**{**row, **found})


def text(results: Sequence[Result]) -> str:
    """The page."""
    return HEAD + "\n".join(map(row, results)) + "\n" + "".join(faults(results)) + ELSEWHERE


def row(result: Result) -> str:
    """A line of the table; why something was left out or failed stands in it."""
    why = f": {'; '.join(result.notes)}" if result.verdict in {Verdict.LEFT_OUT, Verdict.FAILED} else ""
    cells = (f"`{result.client}`", result.version, result.role, result.ran, f"{result.verdict}{why}")
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def faults(results: Iterable[Result]) -> Iterator[str]:
    """What clients do wrong themselves, each with its minimal form."""
    found = [result for result in results if result.faults]
    if found:
        yield "\n## Faults of clients, and the way round\n"
    for result in found:
        yield f"\n### {result.client} {result.version}\n"
        for fault in result.faults:
            yield f"\n{fault}\n"
