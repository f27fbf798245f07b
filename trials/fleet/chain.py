"""A chain of shops in a folder: two markets, one MicroPIM with an organization for each, two egresses, one store."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sandbox import MedipimOptions, MicroPimService, RequestRecord, Sandbox
from trials.fleet.direct import Direct, organizations
from trials.fleet.gateway import Gateway
from trials.fleet.place import DATABASE, HOST, ROOT, USER, environment, store
from trials.fleet.shops import EGRESSES, Shop, twenty
from trials.fleet.workers import Workers

MARKETS = ("be", "fr")
ADDRESSES = ("127.0.0.2", "127.0.0.3")
AT_ONCE = 3
UNLIMITED = 60_000
HEAD: dict[str, Any] = {"install": False, "late_after_hours": 26, "timezone": "UTC"}


class Chain:
    """Everything that a chain consists of; the store begins empty."""

    def __init__(self, stack: ExitStack, folder: Path, products: int, count: int) -> None:
        self.folder = folder
        self._port = store(stack)
        options = {market: MedipimOptions(products=products, market=market, requests_per_minute=None)  # type: ignore[arg-type]
                   for market in MARKETS}  # fmt: skip
        self.sources = {market: stack.enter_context(Sandbox(each, None)) for market, each in options.items()}
        free = {"reads_per_minute": None, "writes_per_minute": None}
        self.box = stack.enter_context(Sandbox(None, organizations(count, **free)))
        port = int(self.box.micropim_url.rpartition(":")[2])
        self.gateways = {
            egress: stack.enter_context(Gateway(port, address))
            for egress, address in zip(EGRESSES, ADDRESSES, strict=True)
        }
        catalogues = {market: list(each.medipim.catalogue.products.values()) for market, each in self.sources.items()}
        self.shops = twenty(catalogues, count)
        self.environment = environment() | {
            f"KEY_{shop.name}": self.organization(shop).options.api_key for shop in self.shops
        }
        for market, each in self.sources.items():
            of_market = each.medipim.options
            self.environment |= {f"{market}_ID": of_market.api_key_id, f"{market}_SECRET": of_market.api_key_secret}
        self.workers = Workers(folder, self.environment)
        beside = stack.enter_context(Sandbox(None, organizations(count, **free)))
        self.direct = Direct(folder / "direct", self.environment, self.sources, beside)

    def organization(self, shop: Shop) -> MicroPimService:
        """Where a shop is written to."""
        return self.box.organizations[shop.number]

    def file(self, writes_per_minute: int = UNLIMITED, count: int | None = None) -> None:
        """Write fleet.yml, which may be JSON, with the first ``count`` shops."""
        rates = {"writes_per_minute": writes_per_minute, "reads_per_minute": 2 * writes_per_minute}
        reach = {"host": HOST, "port": self._port, "database": DATABASE, "user": USER, "password": "${DB_PASSWORD}"}
        content = {
            "store": reach,
            **HEAD,
            "throttle_url": f"postgresql://{USER}@{HOST}:{self._port}/{DATABASE}",
            "defaults": {"limits": {"max_archive": 5}, "settings": {"max_wait_seconds": 20}},
            "markets": {market: self._market(market) for market in MARKETS},
            "egresses": {egress: {**rates, "concurrent_runs": AT_ONCE} for egress in EGRESSES},
            "shops": {shop.name: self._shop(shop) for shop in self.shops[:count]},
        }
        (self.folder / "fleet.yml").write_text(json.dumps(content), encoding="utf-8")

    def _market(self, market: str) -> dict[str, Any]:
        settings = {"api_url": self.sources[market].medipim_url, "requests_per_minute": 6000, "full_read_every_days": 0}
        key = {"api_key_id": f"${{{market}_ID}}", "api_key_secret": f"${{{market}_SECRET}}"}
        return {"market": market, **key, "settings": settings}

    def _shop(self, shop: Shop) -> dict[str, Any]:
        settings = {"api_url": self.gateways[shop.egress].url, **shop.settings}
        key = f"${{KEY_{shop.name}}}"
        place = {"market": shop.market, "egress": shop.egress, "locale": shop.locale, "api_key": key}
        return {**place, **shop.told(), "settings": settings}

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """micropim-fleet, in the folder of the file."""
        command = [str(ROOT / ".venv/bin/micropim-fleet"), *words]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )

    def by_egress(self, shops: Sequence[Shop]) -> Mapping[str, list[str]]:
        """Names of shops, by what writes them."""
        return {egress: [shop.name for shop in shops if shop.egress == egress] for egress in EGRESSES}

    def seen_by_medipim(self) -> int:
        """Requests of both markets so far, of the fleet and of the direct way."""
        return sum(len(box.medipim.requests) for box in self.sources.values())

    def requests_since(self, moment: float, egress: str) -> list[RequestRecord]:
        """What an egress's address has asked of all organizations."""
        address = self.gateways[egress].address
        records = [record for each in self.box.organizations for record in each.requests]
        return sorted(
            (record for record in records if record.client == address and record.at >= moment),
            key=lambda record: record.at,
        )

    def writes_since(self, moment: float, shop: Shop) -> int:
        """What an organization was asked to change."""
        return sum(record.kind == "write" and record.at >= moment for record in self.organization(shop).requests)
