"""Each shop fed directly: tap and target, the same settings, an organization of its own, no store between."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox import MedipimService, MicroPimOptions, MicroPimService, Sandbox
from trials.fleet.shops import Shop

STREAMS = ("products", "categories")
SECONDS = 300


@dataclass
class Direct:
    """Nights by the direct way, in a folder of their own."""

    folder: Path
    environment: Mapping[str, str]
    sources: Mapping[str, Sandbox]
    box: Sandbox
    _lines: dict[str, list[str]] = field(default_factory=dict)

    def night(self, shops: Sequence[Shop]) -> None:
        """Read each market once, and give each shop what it gets. Raises RuntimeError."""
        self.folder.mkdir(exist_ok=True)
        self._lines = {market: list(self._read(market, box)) for market, box in self.sources.items()}
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self._feed, shops))

    def organization(self, shop: Shop) -> MicroPimService:
        """Where a shop is written to by the direct way."""
        return self.box.organizations[shop.number]

    def _read(self, market: str, box: Sandbox) -> Iterator[str]:
        source: MedipimService = box.medipim
        config: dict[str, Any] = {"api_url": box.medipim_url, "market": market, "requests_per_minute": 6000}
        config |= {"api_key_id": source.options.api_key_id, "api_key_secret": source.options.api_key_secret}
        done = self._run("tap-medipim", self._written(f"tap-{market}", config), None)
        for line in done.splitlines():
            if json.loads(line).get("stream", STREAMS[0]) in STREAMS:
                yield line

    def _feed(self, shop: Shop) -> None:
        target = self.organization(shop).options.api_key
        config: dict[str, Any] = {"api_url": self.box.micropim_url, "api_key": target, "market": shop.market}
        config |= {"locale": shop.locale, "reads_per_minute": 60000, "writes_per_minute": 60000, "max_archive": 5}
        config |= {"ledger_url": f"sqlite:///{shop.name}.db", "report_dir": shop.name}
        config |= {"decisions_file": f"{shop.name}.csv", **shop.settings}
        lines = [line for line in self._lines[shop.market] if _is_for(shop, json.loads(line))]
        self._run("target-micropim", self._written(shop.name, config), "\n".join(lines) + "\n")

    def _written(self, name: str, config: Mapping[str, Any]) -> str:
        place = f"{name}.json"
        (self.folder / place).write_text(json.dumps(config), encoding="utf-8")
        return place

    def _run(self, program: str, config: str, given: str | None) -> str:
        done = subprocess.run(
            [program, "--config", config],
            input=given,
            cwd=self.folder,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        if done.returncode:
            raise RuntimeError(f"{program} --config {config}: {done.returncode} {done.stderr[-3000:]}")
        return done.stdout


def _is_for(shop: Shop, message: Mapping[str, Any]) -> bool:
    """Messages that are no product pass."""
    return message["type"] != "RECORD" or message["stream"] != "products" or shop.gets(message["record"])


def organizations(count: int, **options: Any) -> list[MicroPimOptions]:
    """So many, with keys of their own."""
    return [MicroPimOptions(api_key=f"key-{number:02}", **options) for number in range(count)]


def differing(one: MicroPimService, other: MicroPimService) -> list[str]:
    """What differs between two catalogues, by SKU or category, whatever their ids are."""
    here, there = one.snapshot(), other.snapshot()
    skus = [
        sku for sku in here["products"].keys() | there["products"].keys()
        if here["products"].get(sku) != there["products"].get(sku)
    ]  # fmt: skip
    return sorted(skus) + sorted(set(here["categories"]) ^ set(there["categories"]))


def doubled(organization: MicroPimService) -> list[str]:
    """SKUs, and categories of one parent, that are there twice."""
    shown = organization.snapshot()
    paths = shown["categories"]
    return [sku for sku, rows in shown["products"].items() if isinstance(rows, list)] + [
        path for path in set(paths) if paths.count(path) > 1
    ]
