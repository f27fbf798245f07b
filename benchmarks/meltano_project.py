"""A Meltano project with both pairs in it. Each plugin notes its processor time; the rest is Meltano's."""

from collections.abc import Sequence
from dataclasses import dataclass
from shlex import join
from typing import Any

import orjson

from benchmarks.environments import PLACE

HOME = PLACE / "meltano"
TIMES = HOME / "times"
OUTPUT = HOME / "output"
WRAPPER = """#!/bin/sh
# A line of the shell's own time, a line of what it has run. Not through a pipe: that would be another shell.
{command} "$@"
code=$?
times >> '{times}'
exit $code
"""
# Nothing of it may reach for the network. JSON is YAML.
SETTINGS = {
    "requires_meltano": ">=4.0",
    "project_id": "bench",
    "default_environment": "bench",
    "environments": [{"name": "bench"}],
    "send_anonymous_usage_stats": False,
    "cli": {"disable_version_check": True},
}


@dataclass(frozen=True)
class Plugin:
    """What is run, without its settings; the settings; what Meltano would install for it."""

    name: str
    command: Sequence[str]
    config: dict[str, Any]
    pip_url: str

    @property
    def kind(self) -> str:
        """Meltano's word."""
        return "extractors" if self.name.startswith("tap-") else "loaders"

    def declared(self) -> dict[str, Any]:
        """As a project declares a plugin of its own; with a pip_url, since without one no catalog is kept."""
        declaration: dict[str, Any] = {
            "name": self.name,
            "namespace": self.name.replace("-", "_"),
            "pip_url": self.pip_url,
        }
        declaration |= {"executable": str(HOME / "bin" / self.name), "config": self.config}
        declaration |= {"settings": [{"name": key} for key in self.config]}
        reads = {"capabilities": ["catalog", "discover", "state"], "select": ["products.*"]}
        return declaration | (reads if self.kind == "extractors" else {})


def make(plugins: Sequence[Plugin]) -> None:
    """The project, the wrappers, and the settings for those who call a plugin themselves."""
    for folder in (HOME / "bin", TIMES, OUTPUT):
        folder.mkdir(parents=True, exist_ok=True)
    for plugin in plugins:
        wrapper = HOME / "bin" / plugin.name
        wrapper.write_text(WRAPPER.format(command=join(plugin.command), times=TIMES / plugin.name), encoding="utf-8")
        wrapper.chmod(0o755)
        (HOME / f"{plugin.name}.json").write_bytes(orjson.dumps(plugin.config))
    kinds = {kind: [one.declared() for one in plugins if one.kind == kind] for kind in ("extractors", "loaders")}
    (HOME / "meltano.yml").write_bytes(orjson.dumps({**SETTINGS, "plugins": kinds}))


def forget() -> None:
    """No times, no output, no ended run."""
    for folder in (TIMES, OUTPUT):
        for file in folder.iterdir():
            file.unlink()


def seconds_of(name: str) -> float:
    """What a plugin has used since, all its calls together."""
    file = TIMES / name
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return sum(_seconds(word) for line in lines[1::2] for word in line.split())


def _seconds(word: str) -> float:
    """``0m1.23s``."""
    minutes, _, seconds = word.rstrip("s").partition("m")
    return 60 * float(minutes) + float(seconds)
