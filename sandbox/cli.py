"""``python -m sandbox``: both services until SIGINT or SIGTERM."""

import argparse
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sandbox.box import Sandbox
from sandbox.medipim.markets import MARKETS
from sandbox.medipim.options import MedipimOptions
from sandbox.micropim.options import MicroPimOptions

# What tap and target do not know of a service without limits; with their own the first load would take 13 minutes.
QUICK = (
    "TAP_MEDIPIM_REQUESTS_PER_MINUTE=6000",
    "TARGET_MICROPIM_READS_PER_MINUTE=6000",
    "TARGET_MICROPIM_WRITES_PER_MINUTE=6000",
)

LIMIT_BY = ("address", "key", "both")
MEDIPIM_SECRET = MedipimOptions.api_key_secret
USUAL_PORTS = {"medipim": 8741, "micropim": 8742}  # so that a bookmark in the browser leads to the next sandbox too
OF_A_SANDBOX = (
    "ledger.db", "ledger.db-wal", "ledger.db-shm", "reports", "decisions.csv",
    "records.jsonl", "states.jsonl", "state.json",
)  # fmt: skip


def parser() -> argparse.ArgumentParser:
    """The flags."""
    flags = argparse.ArgumentParser(
        prog="python -m sandbox",
        description=__doc__,
        epilog="Example: python -m sandbox --quick --products 50 --env-file .sandbox.env. Docs: docs/tutorial.md",
    )
    flags.add_argument("--products", type=int, default=300, help="products in Medipim")
    flags.add_argument("--market", choices=sorted(MARKETS), default="be")
    flags.add_argument("--seed", type=int, default=1, help="the same seed gives the same catalogue")
    for name, usual in USUAL_PORTS.items():
        flags.add_argument(f"--{name}-port", type=int, help=f"default: {usual} where it is free; 0: any free one")
    flags.add_argument("--medipim-requests-per-minute", type=_limit, default=100, help="documented: 100; 0: no limit")
    flags.add_argument("--micropim-reads-per-minute", type=_limit, default=120, help="unknown in reality; 0: no limit")
    flags.add_argument("--micropim-writes-per-minute", type=_limit, default=60, help="unknown in reality; 0: no limit")
    flags.add_argument("--medipim-keys", type=_number, default=1, help="keys of Medipim, each with a limit of its own")
    flags.add_argument("--organizations", type=_number, default=1, help="of MicroPIM, each with a key of its own")
    flags.add_argument(
        "--limit-by", choices=LIMIT_BY, default="address", help="what MicroPIM counts calls by; documented: the address"
    )
    flags.add_argument("--quick", action="store_true", help="no limits, and settings that make use of it")
    flags.add_argument("--env-file", type=Path, help="write the settings of tap and target here as well")
    flags.add_argument(
        "--folder", type=Path, help="where ledger, reports and state of this sandbox lie; those of an earlier one go"
    )
    return flags


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve, print the settings, wait for a signal."""
    flags = parser().parse_args(arguments)
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with sandbox_of(flags) as box:
        lines = [*env_lines(box), *(QUICK if flags.quick else ()), *folder_lines(flags.folder), *key_lines(box)]
        if flags.env_file is not None:
            flags.env_file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        _say(f"Medipim   {box.medipim_url}", f"MicroPIM  {box.micropim_url}", "")
        _say("In a browser: change a product at", f"  {box.page('medipim')}", "and see what arrived at")
        _say(f"  {box.page('micropim')}", "", *lines, "", "sandbox ready")
        stop.wait()
    return 0


def env_lines(box: Sandbox) -> list[str]:
    """The settings of tap and target for this sandbox."""
    return [
        f"TAP_MEDIPIM_API_URL={box.medipim_url}",
        f"TAP_MEDIPIM_API_KEY_ID={box.medipim.options.api_key_id}",
        f"TAP_MEDIPIM_API_KEY_SECRET={box.medipim.options.api_key_secret}",
        f"TAP_MEDIPIM_MARKET={box.medipim.options.market}",
        f"TARGET_MICROPIM_API_URL={box.micropim_url}",
        f"TARGET_MICROPIM_API_KEY={box.micropim.options.api_key}",
        f"TARGET_MICROPIM_LOCALE={box.medipim.market.locales[0]}",  # that of the form that changes a product
    ]


def key_lines(box: Sandbox) -> list[str]:
    """The keys by number, for a fleet file, where there are several."""
    pairs = list(box.medipim.options.more_keys.items())
    keys = [service.options.api_key for service in box.organizations]
    return [
        *(f"MEDIPIM_{number}_{name}={value}"
          for number, pair in enumerate(pairs, start=2) for name, value in zip(("ID", "SECRET"), pair, strict=True)),
        *(f"MICROPIM_KEY_{number}={key}" for number, key in enumerate(keys, start=1) if len(keys) > 1),
    ]  # fmt: skip


def folder_lines(folder: Path | None) -> list[str]:
    """The settings that keep a sandbox apart from a real shop in the same folder.

    A new sandbox knows nothing of what an earlier one was sent, so what was remembered of that goes.
    """
    if folder is None:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    for path in (folder / name for name in OF_A_SANDBOX):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return [
        f"TARGET_MICROPIM_LEDGER_URL=sqlite:///{folder}/ledger.db",
        f"TARGET_MICROPIM_REPORT_DIR={folder}/reports",
        f"TARGET_MICROPIM_DECISIONS_FILE={folder}/decisions.csv",
    ]


def sandbox_of(flags: argparse.Namespace) -> Sandbox:
    """The services that the flags ask for."""
    if flags.quick:
        flags.medipim_requests_per_minute = None
        flags.micropim_reads_per_minute = flags.micropim_writes_per_minute = None
    medipim = MedipimOptions(
        products=flags.products,
        market=flags.market,
        seed=flags.seed,
        requests_per_minute=flags.medipim_requests_per_minute,
        more_keys={str(number): f"{MEDIPIM_SECRET}-{number}" for number in range(2, flags.medipim_keys + 1)},
    )
    first = MicroPimOptions(
        reads_per_minute=flags.micropim_reads_per_minute,
        writes_per_minute=flags.micropim_writes_per_minute,
        limit_by=flags.limit_by,
    )
    others = [replace(first, api_key=f"{first.api_key}-{number}") for number in range(2, flags.organizations + 1)]
    ports = {"medipim": flags.medipim_port, "micropim": flags.micropim_port}
    chosen = {name: usual_port(USUAL_PORTS[name]) if port is None else port for name, port in ports.items()}
    return Sandbox(
        medipim, [first, *others] if others else first,
        medipim_port=chosen["medipim"], micropim_port=chosen["micropim"],
    )  # fmt: skip


def usual_port(port: int) -> int:
    """This port, or 0, any free one, where another program holds it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
    return port


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        msg = "a number from 1"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _limit(text: str) -> int | None:
    return int(text) or None


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
