"""The command of each contender, and the settings it reads from benchmarks/.run."""

import json
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.environments import PLACE, bin_of, ours
from benchmarks.measurement import ROOT

CONTENDERS = ROOT / "benchmarks" / "contenders"
KEY = "x" * 16
UNLIMITED = 1_000_000
our_bin = cache(ours)


def url_of(port: int) -> str:
    """The lean server is both services."""
    return f"http://127.0.0.1:{port}"


def tap_settings(port: int, endpoint: str) -> dict[str, Any]:
    """Ours, with a limit that is never met."""
    return {
        "api_url": url_of(port),
        "api_key_id": "1",
        "api_key_secret": KEY,
        "requests_per_minute": UNLIMITED,
        "products_endpoint": endpoint,
    }


def target_settings(url: str, ledger: Path, key: str = KEY) -> dict[str, Any]:
    """Ours, with limits that are never met."""
    return {
        "api_url": url,
        "api_key": key,
        "locale": "nl",
        "reads_per_minute": UNLIMITED,
        "writes_per_minute": UNLIMITED,
        "ledger_url": f"sqlite:///{ledger}",
        "report_dir": str(PLACE / "reports"),
        "decisions_file": str(PLACE / "decisions.csv"),
    }


def kept(name: str, settings: Any) -> str:
    """A JSON file in the folder of the benchmark; its name."""
    (PLACE / name).write_text(json.dumps(settings), encoding="utf-8")
    return name


def our_tap(port: int, endpoint: str = "stream") -> Sequence[str]:
    """Products only, as meltano.yml would select them."""
    command = [str(our_bin() / "tap-medipim"), "--config", kept(f"tap-{endpoint}.json", tap_settings(port, endpoint))]
    commands = subprocess.run([*command, "--discover"], cwd=PLACE, check=True, capture_output=True)
    catalog = json.loads(commands.stdout)
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"]["selected"] = entry["tap_stream_id"] == "products"
    return [*command, "--catalog", kept("catalog.json", catalog)]


def template_tap(port: int, endpoint: str = "stream") -> Sequence[str]:
    """The SDK's template."""
    settings = {"api_url": url_of(port), "endpoint": endpoint}
    return [*_script("template", "template_tap"), "--config", kept(f"template-{endpoint}.json", settings)]


def taps(port: int, endpoint: str) -> dict[str, Sequence[str]]:
    """Ours first, then its peers, then the floor."""
    commands = {
        "ours": our_tap(port, endpoint),
        "SDK template": template_tap(port, endpoint),
        "dlt, extraction": [*_script("dlt", "dlt_source"), str(port), endpoint],
        "Airbyte low-code": [*_script("airbyte", "airbyte_source"), str(port), endpoint],
    }
    return commands | ({"floor": [*floor("floor_tap"), str(port)]} if endpoint == "stream" else {})


def our_target(url: str, ledger: Path, key: str = KEY) -> Sequence[str]:
    """Reads standard input."""
    settings = kept(f"{ledger.stem}.json", target_settings(url, ledger, key))
    return [str(our_bin() / "target-micropim"), "--config", settings]


def template_target() -> Sequence[str]:
    """The SDK's template with a sink that does nothing; reads standard input."""
    return _script("template", "template_target")


def airbyte_script(script: str | Path) -> list[str]:
    """In the environment of Airbyte's CDK: a contender by its name, or any script."""
    named = script if isinstance(script, Path) else CONTENDERS / f"{script}.py"
    return [str(bin_of("airbyte") / "python"), str(named)]


def floor(script: str) -> list[str]:
    """No framework; it needs nothing but orjson, which ours has."""
    return [str(our_bin() / "python"), str(CONTENDERS / f"{script}.py")]


def _script(environment: str, script: str) -> list[str]:
    return [str(bin_of(environment) / "python"), str(CONTENDERS / f"{script}.py")]
