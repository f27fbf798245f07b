"""A ledger of a million products beside one of ten thousand: what a night costs per record, and how much it holds."""

import resource
import subprocess
import time
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from sandbox import MicroPimOptions, Sandbox
from trials.soak.feed import FeedResult, feed, lines, product
from trials.soak.ledger_filler import fill, row_of
from trials.soak.pair import Pair, target_command, target_settings, write_settings

CHANGED = 100
ELSEWHERE = 10_000_000  # MicroPIM ids of products that no request ever asks for


@dataclass(frozen=True)
class LedgerFigures:
    """A ledger of one size: its file, an empty run, the night, wall and CPU s of ``--ledger=show`` and ``--check``."""

    rows: int
    file_mb: float
    filled_seconds: float
    records: int
    empty: FeedResult
    night: FeedResult
    show: tuple[float, float]
    check: tuple[float, float]
    as_it_should_be: bool

    @property
    def cpu_per_record(self) -> float:
        """Microseconds, start-up taken off."""
        return (self.night.cpu - self.empty.cpu) / self.records * 1e6


def measure_ledger(folder: Path, rows: int, records: int) -> LedgerFigures:
    """Fill a ledger, then feed ``records`` of its products, again and again if it is small, then the newer ones."""
    folder.mkdir()
    limits = {"reads_per_minute": None, "writes_per_minute": None}
    with Sandbox(None, MicroPimOptions(**limits)) as box:  # type: ignore[arg-type]
        write_settings(folder, None, box)
        began = time.monotonic()
        _fill(folder, box, rows)
        filled = time.monotonic() - began
        empty = feed(folder, lines([]))
        unchanged = (product(number % (rows - CHANGED)) for number in range(records - CHANGED))
        changed = (product(number, 1) for number in range(rows - CHANGED, rows))
        night = feed(folder, lines(chain(unchanged, changed)))
        shown = {row["name"] for row in box.micropim.products.values()}
        expected_names = {product(number, 1)["name"]["nl"] for number in range(rows - CHANGED, rows)}
        counted = Pair(folder).report()["streams"]["products"]
        expected = {"received": records, "unchanged": records - CHANGED, "updated": CHANGED}
        good = night.code == empty.code == 0 and shown == expected_names and counted == expected
        show, check = _looked(folder, "--ledger=show", str(rows)), _looked(folder, "--check", "Ledger's owner")
    size = sum(file.stat().st_size for file in folder.glob("ledger.db*")) / 2**20
    return LedgerFigures(rows, size, filled, records, empty, night, show, check, good)


def _fill(folder: Path, box: Sandbox, rows: int) -> None:
    """Create the products that will change; write a ledger row like theirs for all others."""
    if feed(folder, lines(map(product, range(rows - CHANGED, rows)))).code:
        raise SystemExit((folder / "log.txt").read_text()[-2000:])
    like = row_of(folder, product(rows - 1)["id"])
    fill(target_settings(folder, box), ((product(n), ELSEWHERE + n) for n in range(rows - CHANGED)), like)


def _looked(folder: Path, flag: str, expected: str) -> tuple[float, float]:
    """Seconds and CPU seconds of a command, whose output must contain ``expected``."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(target_command(flag), cwd=folder, capture_output=True, text=True, check=True)
    if expected not in done.stdout:
        raise SystemExit(f"{flag}: {done.stdout[-500:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
