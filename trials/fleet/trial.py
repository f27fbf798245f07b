"""A fleet in a folder: services, database, file and commands.

Wants PostgreSQL, and tap-postgres and target-postgres in ``.clients/fleet``, an environment of their own.
"""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg

from sandbox.box import Sandbox
from sandbox.medipim.options import MedipimOptions
from sandbox.micropim.options import MicroPimOptions
from trials import postgres

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
SECONDS = 600
HEAD = """\
store: {{host: 127.0.0.1, port: {port}, database: fleet, user: tester, password: "${{DB_PASSWORD}}"}}
install: false
defaults: {{locale: nl, settings: {{media_mode: append}}}}
markets:
  be:
    market: be
    api_key_id: ${{BE_ID}}
    api_key_secret: ${{BE_SECRET}}
    settings: {{api_url: "{url}", requests_per_minute: 6000, full_read_every_days: 0}}
egresses:
  main: {{writes_per_minute: 60000, reads_per_minute: 60000}}
shops:
"""


class Trial:
    """A fleet in a folder: services, database, file and commands."""

    def __init__(self, stack: ExitStack, folder: Path, products: int, shops: int) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind((HOST, 0))
            self.port = int(free.getsockname()[1])
        stack.enter_context(postgres.cluster(HOST, f"{HOST}/32", self.port))
        with psycopg.connect(host=HOST, port=self.port, user="tester", dbname="postgres", autocommit=True) as server:
            server.execute("create database fleet")
        self.medipim = stack.enter_context(Sandbox(MedipimOptions(products=products, requests_per_minute=None), None))
        options = MicroPimOptions(reads_per_minute=None, writes_per_minute=None)
        self.boxes = [stack.enter_context(Sandbox(None, options)) for _ in range(shops)]
        self.environment = {
            **os.environ,
            "PATH": f"{ROOT}/.venv/bin:{ROOT}/.clients/fleet/bin:{os.environ['PATH']}",
            "DB_PASSWORD": "tester",
            "BE_ID": self.medipim.medipim.options.api_key_id,
            "BE_SECRET": self.medipim.medipim.options.api_key_secret,
            **{f"KEY_{number}": options.api_key for number in range(shops)},
        }

    def file(self, assortments: Iterable[str]) -> None:
        """Write fleet.yml: shop N gets what the N-th of these says."""
        lines = [HEAD.format(port=self.port, url=self.medipim.medipim_url)]
        for number, (box, asked) in enumerate(zip(self.boxes, assortments, strict=False)):
            settings = f'{{api_url: "{box.micropim_url}"}}'
            lines.append(f'  s{number}: {{api_key: "${{KEY_{number}}}", {asked}, settings: {settings}}}\n')
        (self.folder / "fleet.yml").write_text("".join(lines), encoding="utf-8")

    def run(self, *words: str) -> None:
        """micropim-fleet run; what it said is shown when it failed."""
        began, seen = time.monotonic(), self.seen()
        done = self.micropim_fleet("run", *words)
        if done.returncode:
            print(done.stderr[-12000:])
        seconds, asked = time.monotonic() - began, self.seen() - seen
        print(f"run {' '.join(words)}: exit code {done.returncode}, {seconds:.0f} s, {asked} requests of Medipim")
        for number in range(len(self.boxes)):
            if f"s{number}" in words:
                print(f"   s{number}: {self.products(number)} products; {self.report(number)}")

    def micropim_fleet(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """The command, in the folder of the fleet file."""
        command = [str(ROOT / ".venv/bin/micropim-fleet"), *words]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False, timeout=SECONDS
        )

    def compare(self, number: int) -> None:
        """A shop that gets everything, beside one that the tap feeds directly."""
        options = MicroPimOptions(reads_per_minute=None, writes_per_minute=None)
        with Sandbox(None, options) as direct:
            tap: dict[str, Any] = {
                "api_url": self.medipim.medipim_url,
                "api_key_id": self.environment["BE_ID"],
                "market": "be",
            }
            tap |= {"api_key_secret": self.environment["BE_SECRET"], "requests_per_minute": 6000}
            target: dict[str, Any] = {
                "api_url": direct.micropim_url,
                "api_key": options.api_key,
                "locale": "nl",
                "market": "be",
            }
            target |= {"reads_per_minute": 60000, "writes_per_minute": 60000, "report_dir": "direct"}
            for name, config in (("tap", tap), ("target", target)):
                (self.folder / f"{name}.json").write_text(json.dumps(config), encoding="utf-8")
            target |= {"ledger_url": "sqlite:///direct.db", "decisions_file": "direct.csv"}
            (self.folder / "target.json").write_text(json.dumps(target), encoding="utf-8")
            pipe = "tap-medipim --config tap.json | target-micropim --config target.json > /dev/null"
            subprocess.run(
                ["sh", "-c", pipe],
                cwd=self.folder,
                env=self.environment,
                check=True,
                capture_output=True,
                timeout=SECONDS,
            )
            one, other = catalogue(self.boxes[number]), catalogue(direct)
        differing = [sku for sku in one.keys() | other.keys() if one.get(sku) != other.get(sku)]
        print(
            f"s{number} beside a direct run: {len(one)} and {len(other)} products, {len(differing)} differ",
            differing[:3],
        )
        for sku in differing[:1]:
            print(one.get(sku), other.get(sku), sep="\n")

    def seen(self) -> int:
        """Requests that Medipim has seen."""
        return len(self.medipim.medipim.requests)

    def products(self, number: int) -> int:
        """Products of a shop."""
        return len(self.boxes[number].micropim.products)

    def report(self, number: int) -> Any:
        """What the newest report of a shop counts."""
        reports = sorted(
            (self.folder / ".micropim" / "reports" / f"s{number}").glob("*/report.json"), key=os.path.getmtime
        )
        if not reports:
            return "no report"
        content = json.loads(reports[-1].read_text(encoding="utf-8"))
        writes = content["requests"]["writes"]["turns"]
        return {**content["streams"], "writes": writes, "warnings": [row["what"] for row in content["warnings"]][:3]}


def catalogue(box: Sandbox) -> dict[str, Any]:
    """Products by SKU with their pictures, without what a database counts or times."""
    own = {"id", "category_ids", "created_at", "updated_at", "uuid"}
    return {
        str(product["sku"]): {
            **{name: value for name, value in product.items() if name not in own and not name.startswith("_")},
            "pictures": [(item["file_url"], item["alt_text"], item["position"]) for item in product["_media"]],
        }
        for product in box.micropim.products.values()
    }
