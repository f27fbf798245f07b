"""docs/airbyte-clients.md: what was tried beside Airbyte's own software, with what result."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from trials.airbyte import faults, low_code, nights, protocol, shop, suites
from trials.singer_clients.page import row
from trials.singer_clients.results import Result, Verdict

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "airbyte-clients.md"
FIGURES = ROOT / "trials" / "figures" / "airbyte.json"
ORDER = (nights.NAME, suites.NAME, protocol.NAME, faults.NAME, low_code.NAME)
HEAD = f"""# Beside Airbyte's software

Made by `make airbyte` (trials/airbyte): `source-medipim` and `destination-micropim` from the wheel of this checkout,
Airbyte's own software from PyPI in an environment of its own, both services the sandbox. No container is needed.

- **{nights.NAME}** starts both executables (`local_executable`, offline) and keeps the states in DuckDB: a check, a
  first night with every stream, a second one that may write nothing, then {shop.CHANGED} changed ones, each
  in a new process; wrong keys must fail the checks. What MicroPIM then holds is compared with what
  `tap-medipim | target-micropim` wrote into another one over the same nights.
- **{suites.NAME}** run over the executables and the files in `airbyte/`; those that build an image are left out.
- **{protocol.NAME}**: every message of every verb is read by both packages of models and must come back the same; each
  record is checked against the schema that `discover` told.
- **{faults.NAME}**: the answers of both services break in every way of the sandbox, the executables are killed at many
  moments; the next night starts with the states that left. Marked keys are looked for in all that was said and written.
- **{low_code.NAME}** for Airbyte Cloud: the same streams and rows on a calm night, and
  [what it loses](integrations/sources/medipim.md#the-low-code-form) where an answer breaks.
- `make airbyte SHORT=1` (a part of `make trials SHORT=1`) runs the first two with fewer products.

No Airbyte platform and no container engine was at hand: neither was tried.

| tried | version | role | ran | result |
| --- | --- | --- | --- | --- |
"""


def write(results: Sequence[Result]) -> None:
    """Keep the results beside those that were not tried now, and make the page of all."""
    kept = {one.client: one for one in (*kept_results(), *results)}
    rows = [asdict(kept[name]) for name in ORDER if name in kept]
    FIGURES.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(text(kept_results()), encoding="utf-8")


def kept_results() -> list[Result]:
    """What was found when each was last tried."""
    rows = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else []
    found = [{**row, "verdict": Verdict(row["verdict"])} for row in rows]
    return [Result(**{**row, "notes": tuple(row["notes"]), "faults": tuple(row["faults"])}) for row in found]


def text(results: Sequence[Result]) -> str:
    """The page."""
    return HEAD + "\n".join(map(row, results)) + "\n"
