"""``make bench``: how many requests the target needs, and how many a naive one would. Counts, not times.

The installed ``target-micropim`` runs over the sandbox's catalogue, three pictures a product, case after case;
MicroPIM's own log is counted. The law is checked on the way: exit code 1 when a write too many, or too few, was seen.

(Not named requests.py: a folder on Python's path with that name would hide the library.)
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from sandbox import MedipimOptions, MedipimService, MicroPimOptions, Sandbox

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "requests.md"
PICTURES = 3
Json = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """What one run cost: requests by kind, what the law says of its writes, and what the naive target needed."""

    name: str
    seen: Counter[str]
    due: dict[str, int]
    records: int
    naive: int

    @property
    def is_lawful(self) -> bool:
        """Whether each kind of write was sent exactly as often as the law says."""
        return {kind: self.seen[kind] for kind in ("products", "pictures", "categories", "other")} == {
            "other": 0,
            **self.due,
        }

    def kept(self) -> Json:
        """For the verdict of docs/benchmarks.md."""
        facts = {"name": self.name, "lawful": self.is_lawful, "records": self.records}
        return facts | {"requests": self.seen.total(), "naive": self.naive}


def main() -> int:
    """Run every case, print the table, keep it if asked to."""
    flags = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    flags.add_argument("--products", type=int, default=5_000)
    flags.add_argument("--write", action="store_true", help=f"keep the table in {PAGE.relative_to(ROOT)}")
    flags.add_argument("--json", type=Path, help="keep the cases there")
    options = flags.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        cases = list(measured(options.products, Path(place)))
    print("\n".join(table(cases)))
    if options.write:
        PAGE.write_text(page(options.products, cases), encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps([case.kept() for case in cases]), encoding="utf-8")
    broken = [case.name for case in cases if not case.is_lawful]
    if broken:
        print(f"NOT as many writes as the law says: {', '.join(broken)}")
    return int(bool(broken))


def measured(size: int, place: Path) -> Iterator[Case]:
    """First loads, then nights; then the ledger is lost; then a MicroPIM that somebody has filled already."""
    categories, products = catalogue(size)
    with Sandbox(None, unlimited()) as box:
        world = World(box, place / "first", categories)
        first = world.run(products)
        there = {product["sku"]: product["id"] for product in box.micropim.products.values()}
        all_of = {"products": len(there), "pictures": PICTURES * len(there), "categories": len(categories)}
        mine = [record for record in products if record["id"] in there]
        yield Case("first load, empty MicroPIM", first, all_of, len(mine), naive_first(mine))
        none = dict.fromkeys(all_of, 0)
        naive = naive_again(mine)
        yield Case("the same again, nothing changed", world.run(products), none, len(mine), naive)
        for name, count in (("1 % of the products changed", len(mine) // 100), ("100 products changed", 100)):
            changed = min(count, len(mine))
            for record in mine[:changed]:
                for field in ("name", "seoName"):  # in a language that has no name the other one is taken
                    texts = record.get(field) or {}
                    record[field] = {locale: f"{text} {name}" for locale, text in texts.items() if text}
            yield Case(name, world.run(products), {**none, "products": changed}, len(mine), naive)
        world.lose_ledger()
        yield Case("the ledger is lost, nothing changed", world.run(products), none, len(mine), naive)
    with Sandbox(None, unlimited()) as box:
        for record in mine:
            box.micropim.add(record["id"], name="Typed in by hand")
        world = World(box, place / "adopted", categories)
        yield Case("first run over products made by hand", world.run(products), all_of, len(mine), naive)


def unlimited() -> MicroPimOptions:
    """MicroPIM without limits: nothing waits, every request counts."""
    return MicroPimOptions(reads_per_minute=None, writes_per_minute=None)


def catalogue(size: int) -> tuple[list[Json], list[Json]]:
    """Categories and products as the tap emits them, each product with three pictures of its own."""
    found = MedipimService(MedipimOptions(products=size)).catalogue
    products = []
    for number, raw in enumerate(found.products.values(), start=1):
        record = json.loads(json.dumps(raw)) | {"updated_at": str(raw["meta"]["updatedAt"]), "frontals": []}
        urls = [f"https://media.example.test/{number}-{place}.jpg" for place in range(PICTURES)]
        record["photos"] = [
            {"id": number * PICTURES + place, "formats": {"huge": url}, "locales": [], "targetGroups": ["public"]}
            for place, url in enumerate(urls)
        ]
        products.append(record)
    return [json.loads(json.dumps(row)) for row in found.public_categories], products


class World:
    """A target with its own folder, and the MicroPIM it writes to."""

    def __init__(self, box: Sandbox, folder: Path, categories: list[Json]) -> None:
        self._box = box
        self._folder = folder
        self._categories = categories
        folder.mkdir()
        config = {
            "api_url": box.micropim_url, "api_key": box.micropim.options.api_key, "locale": "nl",
            "reads_per_minute": 1_000_000, "writes_per_minute": 1_000_000, "ledger_url": f"sqlite:///{folder}/ledger.db",
        }  # fmt: skip
        (folder / "target.json").write_text(json.dumps(config), encoding="utf-8")

    def run(self, products: list[Json]) -> Counter[str]:
        """One run of the target in a process of its own; what MicroPIM saw of it."""
        self._box.micropim.requests.clear()
        with (self._folder / "in.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(lines(categories=self._categories, products=products))
        command = [sys.executable, "-m", "target_micropim", "--config", "target.json", "--input", "in.jsonl"]
        done = subprocess.run(command, cwd=self._folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
        return Counter(kind_of(seen.method, seen.path, seen.query) for seen in self._box.micropim.requests)

    def lose_ledger(self) -> None:
        """The ledger is gone."""
        for file in self._folder.glob("ledger.db*"):
            file.unlink()


def lines(**streams: list[Json]) -> Iterator[str]:
    """Singer messages."""
    for stream, records in streams.items():
        schema = json.loads((ROOT / "schemas" / "medipim" / f"{stream}.json").read_text(encoding="utf-8"))
        message = {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": ["id"]}
        yield json.dumps(message) + "\n"
        for record in records:
            yield json.dumps({"type": "RECORD", "stream": stream, "record": record}) + "\n"
        yield json.dumps({"type": "STATE", "value": {"bookmarks": {stream: {}}}}) + "\n"


def kind_of(method: str, path: str, query: dict[str, str]) -> str:
    """The column a request belongs to; a write that belongs to none breaks the law."""
    if method == "GET":
        return "index" if path == "/api/products" and "search" not in query else "reads"
    if path.endswith("/media"):
        return "pictures"
    if path.startswith("/api/products") and method in {"POST", "PATCH"}:
        return "products"
    return "categories" if (method, path) == ("POST", "/api/categories") else "other"


def naive_first(products: list[Json]) -> int:
    """A target that searches, writes and sends every picture, really run into an empty MicroPIM."""
    with Sandbox(None, unlimited()) as box:
        naive(box, products)
        return len(box.micropim.requests)


def naive_again(products: list[Json]) -> int:
    """The same the next night: what changed makes no difference to it. Every picture is then there twice."""
    with Sandbox(None, unlimited()) as box:
        for record in products:
            box.micropim.add(record["id"], name="There already")
        naive(box, products)
        return len(box.micropim.requests)


def naive(box: Sandbox, products: list[Json]) -> None:
    """Search by SKU, then PATCH or POST everything, then POST every picture."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["X-API-KEY"] = box.micropim.options.api_key
        url = f"{box.micropim_url}/api/products"
        for record in products:
            found = session.get(url, params={"search": record["id"]}).json()["data"]["products"]
            hit = next((product["id"] for product in found if product["sku"] == record["id"]), None)
            body = {"sku": record["id"], "name": record["name"].get("nl") or record["id"]}
            answer = session.patch(f"{url}/{hit}", json=body) if hit else session.post(url, json=body)
            number = answer.json()["data"]["id"]
            for place, photo in enumerate(record["photos"]):
                picture = {"file_url": photo["formats"]["huge"], "alt_text": "", "position": place}
                session.post(f"{url}/{number}/media", json=picture).raise_for_status()


def table(cases: list[Case]) -> Iterator[str]:
    """Markdown."""
    kinds = ("product writes", "picture writes", "category writes", "single reads", "index reads")
    heads = (*kinds, "in all", "a record", "naive, in all", "naive, a record")
    yield f"| run | {' | '.join(heads)} |"
    yield f"| --- {'| ---: ' * len(heads)}|"
    for case in cases:
        seen, naive = case.seen.total(), case.naive
        counts = [case.seen[kind] for kind in ("products", "pictures", "categories", "reads", "index")]
        cells = [f"{count:,}" for count in counts]
        for sum_ in (seen, naive):
            cells += [f"{sum_:,}", f"{sum_ / case.records:.2f}"]
        yield f"| {case.name} | {' | '.join(cells)} |"


def page(size: int, cases: list[Case]) -> str:
    """docs/requests.md."""
    made = cases[0].due["products"]
    return f"""# What a run costs in requests

Written by `make bench` (`benchmarks/request_counts.py`): the installed `target-micropim` against the sandbox, counted
in MicroPIM's own log. {size:,} products come from Medipim with {PICTURES} pictures each; {made:,} of them go in, the
others are inactive or rejected. "A record" divides by these {made:,}.

{chr(10).join(table(cases))}

- **A first load costs one write a product and one a picture.** Before it, the whole product list is read once (the
  index reads: 100 products each, the archive too), and the category tree.
- **What did not change costs nothing.** Two reads prove key and organization and look at the category tree.
- **What changed costs one read and one write**, with the changed fields alone.
- **A lost ledger costs reads, no write.** The index finds every product again; pictures are not sent a second time.
- **Products made by hand are taken over** by their SKU: one read and one write each to fill what is empty, and their
  pictures.

The naive target is a small client that was really run here: it searches each SKU, writes the whole product and sends
every picture, each night. Its number is the same whatever changed, and each night every picture is there once more.

`trials/test_request_counts.py` runs the same at a small size and fails when a write too many is seen.
"""


if __name__ == "__main__":
    sys.exit(main())
