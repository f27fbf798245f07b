"""The law of requests, as ``make bench`` measures it at 5,000 products: as many writes as changes, and no more."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_writes_are_what_changed() -> None:
    """First load 1 and 1 a picture, unchanged 0, changed as many as changed, lost ledger 0; the naive for contrast."""
    command = [sys.executable, "-m", "benchmarks.request_counts", "--products", "120"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=150)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines()[2:]]
    writes = {name: tuple(int(cell.replace(",", "")) for cell in cells[:3]) for name, *cells in rows}
    made, pictures, categories = writes["first load, empty MicroPIM"]
    assert made > 80
    assert pictures == 3 * made
    assert categories > 0
    assert writes["the same again, nothing changed"] == (0, 0, 0)
    assert writes["1 % of the products changed"] == (1, 0, 0)
    assert writes["100 products changed"] == (min(100, made), 0, 0)
    assert writes["the ledger is lost, nothing changed"] == (0, 0, 0)
    assert writes["first run over products made by hand"] == (made, pictures, categories)
    naive = {int(cells[-2].replace(",", "")) for _name, *cells in rows}
    assert naive == {made * 5}
