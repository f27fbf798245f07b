"""``make bench``: peak memory and pace of the tap and the target at growing catalogues, as ratios within one run.

Each plugin runs as a process of its own against the sandbox in another process; the peak is what the kernel says when
the process ends (ru_maxrss). Flat memory shows as a ratio near 1 while the catalogue grows tenfold.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Measured:
    """One process: peak memory in MB, seconds, products it handled."""

    peak_mb: float
    seconds: float
    products: int

    @property
    def pace(self) -> float:
        """Products a second, start-up included."""
        return self.products / self.seconds


def main() -> int:
    """Measure each size, print a table with the ratio to the smallest."""
    flags = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    flags.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000], help="products, smallest first")
    sizes = flags.parse_args().sizes
    rows = {size: measure(size) for size in sizes}
    print(f"{'process':<28}{'products':>10}{'peak MB':>10}{'ratio':>8}{'products/s':>12}")
    for name in next(iter(rows.values())):
        floor = rows[sizes[0]][name].peak_mb
        for size in sizes:
            found = rows[size][name]
            print(f"{name:<28}{size:>10}{found.peak_mb:>10.1f}{found.peak_mb / floor:>8.2f}{found.pace:>12.0f}")
    return 0


def measure(size: int) -> dict[str, Measured]:
    """Tap by stream and by pages, then the target three times: first load, unchanged, unchanged without its ledger."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place, sandbox(size, Path(place)) as env:
        folder = Path(place)
        tap = [str(BIN / "tap-medipim"), "--config", "tap.json"]
        write_configs(folder, env)
        result = {"tap, stream": run(tap, folder, size, out="in.jsonl")}
        result["tap, query"] = run([*tap, "--config", "query.json"], folder, size, out="pages.jsonl")
        target = [str(BIN / "target-micropim"), "--config", "target.json", "--input", "in.jsonl"]
        result["target, first load"] = run(target, folder, size)
        result["target, unchanged"] = run(target, folder, size)
        (folder / "ledger.db").unlink()
        result["target, ledger lost"] = run(target, folder, size)
        return result


def write_configs(folder: Path, env: dict[str, str]) -> None:
    """Settings that let neither side wait for a limit."""
    tap = {
        "api_url": env["TAP_MEDIPIM_API_URL"],
        "api_key_id": env["TAP_MEDIPIM_API_KEY_ID"],
        "api_key_secret": env["TAP_MEDIPIM_API_KEY_SECRET"],
        "requests_per_minute": 1_000_000,
    }
    target = {
        "api_url": env["TARGET_MICROPIM_API_URL"],
        "api_key": env["TARGET_MICROPIM_API_KEY"],
        "locale": "nl",
        "reads_per_minute": 1_000_000,
        "writes_per_minute": 1_000_000,
        "ledger_url": f"sqlite:///{folder}/ledger.db",
    }
    for name, config in (("tap", tap), ("query", {"products_endpoint": "query"}), ("target", target)):
        (folder / f"{name}.json").write_text(json.dumps(config), encoding="utf-8")


def run(command: list[str], folder: Path, products: int, out: str | None = None) -> Measured:
    """One process, its peak and its time."""
    began = time.monotonic()
    with (folder / (out or "out.txt")).open("wb") as stdout, (folder / "err.txt").open("wb") as stderr:
        process = subprocess.Popen(command, cwd=folder, stdout=stdout, stderr=stderr)
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit((folder / "err.txt").read_text()[-2000:])
    return Measured(usage.ru_maxrss / 1024, time.monotonic() - began, products)


@contextmanager
def sandbox(products: int, folder: Path) -> Iterator[dict[str, str]]:
    """Both services in a process of their own, without limits; their settings."""
    env_file = folder / "sandbox.env"
    limits = [f"--{name}=0" for name in
              ("medipim-requests-per-minute", "micropim-reads-per-minute", "micropim-writes-per-minute")]  # fmt: skip
    command = [sys.executable, "-m", "sandbox", f"--products={products}", f"--env-file={env_file}", *limits]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        for line in process.stdout or ():
            if line.strip() == "sandbox ready":
                break
        pairs = (line.partition("=") for line in env_file.read_text(encoding="utf-8").splitlines() if line)
        yield {name: value for name, _, value in pairs}
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
