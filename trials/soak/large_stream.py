"""A catalogue of 110,000 products in one answer of about 600 MB, read by the tap and carried through the target.

Nobody holds it: the sandbox makes each row when it is sent, the tap passes it on, the target knows all but one in a
hundred already.
"""

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from sandbox import MedipimOptions, MicroPimOptions, Sandbox
from trials.soak.feed import feed, lines
from trials.soak.large_ledger import ELSEWHERE
from trials.soak.ledger_filler import fill, row_of
from trials.soak.nights import renamed
from trials.soak.pair import BIN, Pair, PairRun, target_settings, write_settings

ONE_IN = 100
PLAIN = {"categories_mode": "off", "state_interval_seconds": 1}


@dataclass(frozen=True)
class StreamFigures:
    """One catalogue through the pair."""

    products: int
    changed: int
    seconds: float
    ran: PairRun
    counts: dict[str, int]

    @property
    def as_it_should_be(self) -> bool:
        """Whether just what changed was written."""
        unchanged = self.products - self.changed
        expected = {"received": self.products, "unchanged": unchanged, "updated": self.changed}
        return self.ran.codes == (0, 0) and self.counts == expected


def measure_stream(folder: Path, products: int) -> StreamFigures:
    """Load what will change, note the rest in the ledger, change, and run the pair without a state."""
    folder.mkdir()
    medipim = MedipimOptions(products=products, requests_per_minute=None, cached_products=0)
    with Sandbox(medipim, MicroPimOptions(reads_per_minute=None, writes_per_minute=None)) as box:
        write_settings(folder, box, box, **PLAIN)
        moving = _moving(box, products // ONE_IN)
        if feed(folder, lines(_record(box, key) for key in moving)).code:
            raise SystemExit((folder / "log.txt").read_text()[-2000:])
        others = (key for key in box.medipim.catalogue.entries if key not in moving)
        records = ((_record(box, key), ELSEWHERE + number) for number, key in enumerate(others))
        fill(target_settings(folder, box) | PLAIN, records, row_of(folder, next(iter(moving))))
        for number, key in enumerate(moving):
            box.medipim.change(key, lambda raw, number=number: renamed(raw, number))  # type: ignore[misc]
        _leave_out(folder, "media")
        began = time.monotonic()
        pair = Pair(folder)
        ran = pair.run()
        counts = pair.report()["streams"].get("products", {}) if ran.codes == (0, 0) else {}
        return StreamFigures(products, len(moving), time.monotonic() - began, ran, counts)


def _leave_out(folder: Path, stream: str) -> None:
    """A catalog without a stream that the target has no use for, as meltano.yml selects."""
    discovery = subprocess.run(
        [BIN / "tap-medipim", "--config", "tap.json", "--discover"], cwd=folder, capture_output=True, check=True
    )
    catalog = json.loads(discovery.stdout)
    for one in catalog["streams"]:
        for entry in one["metadata"]:
            if entry["breadcrumb"] == []:
                entry["metadata"]["selected"] = one["tap_stream_id"] != stream
    (folder / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")


def _moving(box: Sandbox, number: int) -> dict[str, None]:
    """Active products with a name, spread over the catalogue."""
    active = [key for key, entry in box.medipim.catalogue.entries.items() if entry.head.status == "active"]
    step = max(1, len(active) // number)
    named = (key for key in active[::step] if box.medipim.catalogue.entries[key].raw["name"]["nl"])
    return dict.fromkeys(list(named)[:number])


def _record(box: Sandbox, key: str) -> dict[str, Any]:
    """The record as the tap emits it."""
    head, tail = box.medipim.catalogue.entries[key].parts()
    record: dict[str, Any] = orjson.loads(head + b"0" + tail)
    return {**record, "updated_at": "2026-01-01T00:00:00Z"}
