"""Start-up: what the first second of each command goes into."""

import subprocess
from collections.abc import Sequence
from typing import Any

from benchmarks.commands import kept, our_bin, tap_settings
from benchmarks.environments import PLACE, bin_of
from benchmarks.measurement import in_turn
from benchmarks.options import Options

HEAVY = ("sqlalchemy", "requests", "jsonschema", "nh3", "sqlite3", "joblib", "fsspec", "simpleeval", "yaml", "asyncio")
ENDED = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); sys.argv[0] = {name!r}; "
RUN = "from {module} import main; main()"  # as the console scripts do
PLUGINS = {
    "tap-medipim": ("tap_medipim.__main__", ("--version", "--about", "--discover")),
    "target-micropim": ("target_micropim.__main__", ("--version", "--about", "--help")),
}


def measured(options: Options) -> dict[str, Any]:
    """Times, and the modules that are there at the end."""
    settings = kept("start.json", tap_settings(9, "stream"))  # nobody is asked
    commands: dict[str, Sequence[str]] = {}
    modules: dict[str, list[str]] = {}
    for name, (module, flags) in PLUGINS.items():
        for flag in flags:
            words = ["--config", settings, flag] if flag == "--discover" else [flag]
            commands[f"{name} {flag}"] = [str(our_bin() / name), *words]
            code = ENDED.format(name=name) + RUN.format(module=module)
            modules[f"{name} {flag}"] = _modules([str(our_bin() / "python"), "-c", code, *words])
    template = str(bin_of("template") / "python")
    for what in ("pass", "import singer_sdk"):
        name = "python, nothing" if what == "pass" else what
        commands[name] = [template, "-c", what]
        modules[name] = _modules([template, "-c", ENDED.format(name=name) + what])
    measurements = in_turn(commands, PLACE, max(5, options.rounds))
    return {"commands": {name: one.figures() | modules_of(modules[name]) for name, one in measurements.items()}}


def _modules(command: Sequence[str]) -> list[str]:
    done = subprocess.run(command, cwd=PLACE, check=True, capture_output=True, text=True)
    return done.stderr.splitlines()[-1].split()


def modules_of(names: list[str]) -> dict[str, Any]:
    """How many, and which of the heavy ones."""
    return {"modules": len(names), "heavy": [name for name in HEAVY if name in names]}
