"""The pair end to end: in a shell, and under ``meltano run`` with several settings; beside the stock pair."""

import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import meltano_project
from benchmarks.commands import our_bin, our_tap, tap_settings, target_settings, template_tap, url_of
from benchmarks.environments import PLACE, WANTED, bin_of, our_wheel
from benchmarks.measurement import ENOUGH_SECONDS, Measurement, measure, median, server
from benchmarks.meltano_project import HOME, OUTPUT, Plugin
from benchmarks.options import Options
from benchmarks.parts.target import LINES, filled

FEW = 1_000
A_NAME = "{a new one}"
OURS, STOCK = ("tap-medipim", "target-micropim"), ("tap-template", "target-jsonl")
SMALL_BUFFER = "`elt.buffer_size` 32 MiB"
SETTINGS: dict[str, tuple[str, ...]] = {
    SMALL_BUFFER: (f"MELTANO_ELT_BUFFER_SIZE={32 * 2**20}",),
    "`cli.log_level` warning": ("MELTANO_CLI_LOG_LEVEL=warning",),
    "`auto_install` off": ("MELTANO_AUTO_INSTALL=false",),
    "`state_backend.uri` a folder": (f"MELTANO_STATE_BACKEND_URI=file://{HOME}/state",),
    "`--no-state-update`": ("MELTANO_RUN_NO_STATE_UPDATE=true",),
    "`use_cached_catalog` off, as with `-e` in a `pip_url`": ("TAP_MEDIPIM__USE_CACHED_CATALOG=false",),
    "`cli.log_level` debug": ("MELTANO_CLI_LOG_LEVEL=debug",),
}
TUNED = tuple(
    word for name in (SMALL_BUFFER, "`cli.log_level` warning", "`auto_install` off") for word in SETTINGS[name]
)


@dataclass(frozen=True)
class Ran:
    """A run of a pair: the whole tree, and the processor seconds of tap and target in it."""

    whole: Measurement
    tap: float
    target: float


def measured(options: Options) -> dict[str, Any]:
    """Where the time goes with many products, and what each setting does with few."""
    with server(options.catalogue(), options.pair) as port:
        _project(port, options.pair)
        many = {
            "ours, a pipe in the shell": _shell(*OURS),
            "ours, `meltano run`": _meltano(OURS),
            "ours, `meltano run`, tuned": _meltano(OURS, TUNED),
            "ours, `meltano invoke` twice and a pipe": _invoked(*OURS),
            "stock, a pipe in the shell": _shell(*STOCK),
            "stock, `meltano run`": _meltano(STOCK),
        }
        large = _figures(many, options.rounds)
    with server(options.catalogue(), FEW) as port:
        _project(port, FEW)
        few = {"as it comes": _meltano(OURS)} | {name: _meltano(OURS, words) for name, words in SETTINGS.items()}
        small = _figures(few, options.rounds)
    return {"products": options.pair, "few": FEW, "pairs": large, "settings": small}


def _project(port: int, products: int) -> None:
    """A project for this server, with a ledger that knows its products; each plugin has been called once."""
    with LINES.open("wb") as out:
        subprocess.run(our_tap(port), cwd=PLACE, check=True, stdout=out, stderr=subprocess.DEVNULL)
    filled(port, products, LINES)
    ledger, template = PLACE / f"ledger-{products}.db", template_tap(port)
    wheel, of_jsonl = str(our_wheel()), (WANTED / "jsonl.txt").read_text(encoding="utf-8").strip()
    files = {"destination_path": str(OUTPUT), "do_timestamp_file": False}
    plugins = (
        Plugin(OURS[0], [str(our_bin() / OURS[0])], tap_settings(port, "stream"), wheel),
        Plugin(OURS[1], [str(our_bin() / OURS[1])], target_settings(url_of(port), ledger), wheel),
        Plugin(STOCK[0], template[:2], {"api_url": url_of(port), "endpoint": "stream"}, "singer-sdk"),
        Plugin(STOCK[1], [str(bin_of("jsonl") / STOCK[1])], files, of_jsonl),
    )
    meltano_project.make(plugins)
    for name in (OURS, STOCK):
        _run(_meltano(name), name)  # plugins are installed, the catalog is kept, the system database is made


def _shell(tap: str, target: str) -> Sequence[str]:
    catalog = f"--catalog {HOME}/.meltano/run/{tap}/tap.properties.json"
    return ["sh", "-c", f"./bin/{tap} --config {tap}.json {catalog} | ./bin/{target} --config {target}.json"]


def _meltano(pair: tuple[str, str], settings: Sequence[str] = ()) -> Sequence[str]:
    """Under a new name, so that no state is there and every run reads all; a full refresh would discover anew."""
    return ["env", *settings, str(bin_of("meltano") / "meltano"), "run", f"--state-id-suffix={A_NAME}", *pair]


def _invoked(tap: str, target: str) -> Sequence[str]:
    meltano = bin_of("meltano") / "meltano"
    return ["sh", "-c", f"{meltano} invoke {tap} | {meltano} invoke {target}"]


def _figures(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, Any]:
    """Medians, in turn."""
    runs_of: dict[str, list[Ran]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            if sum(ran.whole.wall for ran in runs_of[name]) < ENOUGH_SECONDS:
                runs_of[name].append(_run(command, STOCK if name.startswith("stock") else OURS))
                print(f"  {name}: {runs_of[name][-1].whole.wall:.1f} s", file=sys.stderr, flush=True)
    return {
        name: median([ran.whole for ran in runs]).figures()
        | {side: round(statistics.median(getattr(ran, side) for ran in runs), 3) for side in ("tap", "target")}
        for name, runs in runs_of.items()
    }


def _run(command: Sequence[str], pair: tuple[str, str]) -> Ran:
    meltano_project.forget()
    whole = measure([word.replace(A_NAME, f"{time.monotonic_ns()}") for word in command], HOME)
    return Ran(whole, *(meltano_project.seconds_of(name) for name in pair))
