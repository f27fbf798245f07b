"""``make bench``: ours beside its peers and floors, on one catalogue, from one server process, in turn.

Writes benchmarks/.run/table.md, which docs/benchmarks.md explains. Other environments are built on first use.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.catalogue import generated
from benchmarks.measuring import BIN, ROOT, Measured, in_turn, server
from benchmarks.writing import PARTS, told

PLACE = ROOT / "benchmarks" / ".run"
CONTENDERS = ROOT / "benchmarks" / "contenders"
TABLE = PLACE / "table.md"
KEY = "x" * 16
UV = str(BIN / "uv")


def main() -> int:
    """Measure each table; print it and write it."""
    flags = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    flags.add_argument("--products", type=int, default=10_000)
    flags.add_argument("--rounds", type=int, default=3)
    flags.add_argument("--memory", type=int, nargs="*", default=[], help="more sizes to take our tap's peak memory at")
    flags.add_argument("--ledger", type=int, nargs="*", default=[100_000], help="rows of the larger ledgers")
    flags.add_argument("--writing", action="store_true", help="also write against limits, in real time: half an hour")
    given = flags.parse_args()
    PLACE.mkdir(exist_ok=True)
    parts = [_head(given.products, given.rounds)]
    with server(generated(PLACE, given.products)) as port:
        _write_settings(port)
        for endpoint in ("stream", "query"):
            found = in_turn(_taps(port, endpoint), PLACE, given.rounds)
            parts.append(_table(f"Tap, `/v4/products/{endpoint}`", found, given.products))
        lines = _lines()
        found = in_turn(_targets(port, lines, given.products, given.ledger), PLACE, given.rounds)
        parts.append(_table("Target, unchanged records", found, given.products))
        parts.append(_table("Start-up", in_turn(_starts(), PLACE, given.rounds), None))
    parts.extend(_memory(given.memory))
    if given.writing:
        parts.extend(["\n### Writing against a limit\n", *told(list(PARTS), 600), ""])
    text = "\n".join(parts)
    print(text)
    TABLE.write_text(text, encoding="utf-8")
    return 0


def _head(products: int, rounds: int) -> str:
    names = ("singer-sdk", "orjson", "requests", "sqlalchemy")
    model = next(
        (line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
         if line.startswith("model name")), platform.machine(),
    )  # fmt: skip
    pinned = [_wanted(name).read_text(encoding="utf-8").strip() for name in ("dlt", "airbyte")]
    return (
        f"{time.strftime('%Y-%m-%d')}, {model}, Python {platform.python_version()}, "
        f"{', '.join(f'{name} {version(name)}' for name in names)}, {', '.join(pinned)}. {products} products of "
        f"3 to 8 kB (5.8 on average), medians of {rounds} runs taken in turn, start-up included. "
        "`CPU` is user and system time of the process; `per CPU second` is the figure to compare on a busy machine.\n"
    )


def _write_settings(port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    tap = {"api_url": url, "api_key_id": "1", "api_key_secret": KEY, "requests_per_minute": 1_000_000}
    target = {"api_url": url, "api_key": KEY, "locale": "nl", "report_dir": str(PLACE / "reports")}
    settings = {
        "tap": tap,
        "stream": {"products_endpoint": "stream"},
        "query": {"products_endpoint": "query"},
        "target": target,
        "template-stream": {"api_url": url, "endpoint": "stream"},
        "template-query": {"api_url": url, "endpoint": "query"},
    }
    for name, config in settings.items():
        (PLACE / f"{name}.json").write_text(json.dumps(config), encoding="utf-8")
    catalog = json.loads(_output([str(BIN / "tap-medipim"), "--config", "tap.json", "--discover"]))
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"]["selected"] = entry["tap_stream_id"] == "products"
    (PLACE / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")


def _output(command: Sequence[str]) -> bytes:
    return subprocess.run(command, cwd=PLACE, check=True, capture_output=True).stdout


def _taps(port: int, endpoint: str) -> dict[str, Sequence[str]]:
    ours = [
        str(BIN / "tap-medipim"),
        "--catalog",
        "catalog.json",
        "--config",
        "tap.json",
        "--config",
        f"{endpoint}.json",
    ]
    template = [sys.executable, str(CONTENDERS / "template_tap.py"), "--config", f"template-{endpoint}.json"]
    floor = [sys.executable, str(CONTENDERS / "floor_tap.py"), str(port)]
    return {
        "ours": ours,
        "SDK template": template,
        "dlt, extraction": [_python_of("dlt"), str(CONTENDERS / "dlt_source.py"), str(port), endpoint],
        "Airbyte low-code": [_python_of("airbyte"), str(CONTENDERS / "airbyte_source.py"), str(port), endpoint],
    } | ({"floor": floor} if endpoint == "stream" else {})


def _python_of(name: str) -> str:
    """The interpreter of a contender's own environment."""
    folder = PLACE / f"venv-{name}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        make, fill = [UV, "venv", "--quiet", "--clear"], [UV, "pip", "install", "--quiet", "--python", str(python)]
        subprocess.run([*make, "--python", sys.executable, str(folder)], check=True)
        subprocess.run([*fill, "-r", str(_wanted(name))], check=True)
        (folder / "complete").touch()
    return str(python)


def _wanted(name: str) -> Path:
    return ROOT / "benchmarks" / f"requirements-{name}.txt"


def _lines() -> Path:
    """What our tap writes: the input of every target."""
    lines = PLACE / "lines.jsonl"
    command = [str(BIN / "tap-medipim"), "--catalog", "catalog.json", "--config", "tap.json"]
    with lines.open("wb") as out:  # never held here: a child's peak counts from what its parent holds
        subprocess.run(command, cwd=PLACE, check=True, stdout=out, stderr=subprocess.DEVNULL)
    return lines


def _targets(port: int, lines: Path, products: int, sizes: Sequence[int]) -> dict[str, Sequence[str]]:
    del port
    found: dict[str, Sequence[str]] = {}
    for rows in (products, *(size for size in sizes if size > products)):
        name = f"target-{rows}.json"
        ledger = PLACE / f"ledger-{rows}.db"
        for file in PLACE.glob(f"{ledger.name}*"):
            file.unlink()
        config = json.loads((PLACE / "target.json").read_text(encoding="utf-8"))
        (PLACE / name).write_text(json.dumps({**config, "ledger_url": f"sqlite:///{ledger}"}), encoding="utf-8")
        command = [sys.executable, "-m", "benchmarks.ledger", str(PLACE / name), str(lines), str(rows)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        found[f"ours, ledger of {rows}"] = [str(BIN / "target-micropim"), "--config", name, "--input", str(lines)]
    template = [sys.executable, str(CONTENDERS / "template_target.py"), "--input", str(lines)]
    return found | {
        "SDK template, validates only": template,
        "floor": [sys.executable, str(CONTENDERS / "floor_target.py"), str(lines)],
    }


def _starts() -> dict[str, Sequence[str]]:
    both = {name: str(BIN / name) for name in ("tap-medipim", "target-micropim")}
    found: dict[str, Sequence[str]] = {
        f"{name} {flag}": [path, flag] for name, path in both.items() for flag in ("--version", "--about")
    }
    found["tap-medipim --discover"] = [both["tap-medipim"], "--config", "tap.json", "--discover"]
    return found | {"import singer_sdk": [sys.executable, "-c", "import singer_sdk"]}


def _memory(sizes: Sequence[int]) -> list[str]:
    rows = []
    for size in sizes:
        with server(generated(PLACE, size)) as port:
            _write_settings(port)
            command = _taps(port, "stream")["ours"]
            rows.append((size, in_turn({"ours": command}, PLACE, 1)["ours"]))
    if not rows:
        return []
    head = _header("products", "wall s", "CPU s", "CPU µs a record", "peak MB")
    cells = [f"| {n} | {m.wall:.1f} | {m.cpu:.1f} | {m.cpu / n * 1e6:.0f} | {m.peak_mb:.0f} |" for n, m in rows]
    return ["\n### Our tap as the catalogue grows\n", *head, *cells, ""]


def _table(title: str, found: dict[str, Measured], products: int | None) -> str:
    """A Markdown table; the ratio says how many times our processor time a contender takes."""
    ours = next(iter(found.values()))
    rows = [f"\n### {title}\n", *_header("", "wall s", "CPU s", "per CPU second", "times ours' CPU", "peak MB")]
    for name, one in found.items():
        pace = f"{products / one.cpu:.0f}" if products else ""
        ratio = f"{one.cpu / ours.cpu:.2f}"
        rows.append(f"| {name} | {one.wall:.2f} | {one.cpu:.2f} | {pace} | {ratio} | {one.peak_mb:.0f} |")
    return "\n".join([*rows, ""])


def _header(first: str, *others: str) -> list[str]:
    return [f"| {' | '.join([first, *others])} |", f"| --- |{' --: |' * len(others)}"]


if __name__ == "__main__":
    sys.exit(main())
