"""Runs, kills, faults, hand edits, changes of the source and of settings, lost and old ledgers, in any order.

Whatever comes before it: after a clean run nothing is there twice, nothing a person did is undone, nothing that a STATE
covers is missing, the counts add up, and one more run writes nothing. Real processes, real kills (scripts/nursery.py).
"""

import copy
import os
import shutil
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from sandbox.faults import Fault
from scripts.nursery import MOMENTS, Kill, Nursery
from scripts.shop import Shop, boxed, line, schema_line

LONG = os.environ.get("KILL_EXAMPLES")
PICTURE = "https://m.example.test/{}.jpg"
FAULTS = [
    Fault("drop_before"), Fault("drop_after"), Fault("status", status=503), Fault("status", status=429),
    Fault("status", status=500, commit=True), Fault("status", status=400), Fault("status", status=422),
    Fault("html"), Fault("html", commit=True), Fault("empty"), Fault("truncate_json"), Fault("short_length"),
    Fault("status_zero"), Fault("status", status=401),
]  # fmt: skip
ROUTES = ["POST /api/products$", "PATCH /api/products", "POST /api/products/{id}/media", "DELETE /api/products",
          "POST /api/categories", "GET /api"]  # fmt: skip
CHANGES = ["new", "name", "name", "description", "picture", "replaced picture", "dropped", "active", "inactive",
           "replaced"]  # fmt: skip
Key = tuple[str, str]


class Shelf:
    """The source: what Medipim would show, and the order in which its products changed."""

    def __init__(self) -> None:
        self.categories: dict[int, dict[str, Any]] = {}
        self.products: dict[str, dict[str, Any]] = {}
        self.changed_at: dict[str, int] = {}
        self._last = 0

    def next(self) -> int:
        """A number that was never used."""
        self._last += 1
        return self._last

    def text(self, what: str) -> dict[str, str]:
        """A text that was never there, in two languages."""
        number = self.next()
        return {"en": f"{what} {number} en", "nl": f"{what} {number} nl"}

    def change(self, key: str, **fields: Any) -> None:
        """A product changes, and comes last from now on."""
        self.products[key] = {**self.products[key], **fields}
        self.changed_at[key] = self.next()

    def lines(self, after: int) -> list[bytes]:
        """What a tap sends: all categories, then the products that changed since, a STATE behind each."""
        made = [schema_line("categories")]
        made += [line({"type": "RECORD", "stream": "categories", "record": row}) for row in self.categories.values()]
        made.append(schema_line("products"))
        for key in sorted(self.changed_at, key=self.changed_at.__getitem__):
            if self.changed_at[key] > after:
                made.append(line({"type": "RECORD", "stream": "products", "record": self.products[key]}))
                made.append(line({"type": "STATE", "value": {"at": self.changed_at[key]}}))
        return made


class AnyOrder(RuleBasedStateMachine):
    """One shop, one source, and whatever may happen to them."""

    nursery: Nursery

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.box = self.stack.enter_context(boxed())
        self.pim = self.box.micropim
        self.folder = Path(tempfile.mkdtemp())
        self.source = Shelf()
        self.shop = Shop(self.box, self.folder, self.nursery, max_in_flight=2, max_archive=1000)
        self.shop.target["field_policies"] = {}
        self.backups: list[dict[str, bytes]] = []
        self.edited: dict[Key, Any] = {}  # (sku, field): what a person wrote
        self.loose: set[Key] = set()  # (sku, field): nobody can know any more whose value is there
        self.archived: set[str] = set()
        self.taken_out: set[Key] = set()  # (sku, name of the category)
        self.is_settled = True
        self.last_key = ""

    def teardown(self) -> None:
        """Clean up."""
        self.stack.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @initialize(count=st.integers(2, 4))
    def open(self, count: int) -> None:
        """Two categories, a few products."""
        for number in (1, 2):
            self.source.categories[number] = {"id": number, "name": self.source.text("C"), "parent": None}
        for _ in range(count):
            self.new_product()

    # The source

    @rule(which=st.integers(0, 9), what=st.sampled_from(CHANGES), again=st.booleans())
    def source_changes(self, which: int, what: str, *, again: bool) -> None:
        """A product changes, one comes or goes."""
        there = sorted(self.source.changed_at)
        key = self.last_key if again and self.last_key in there else there[which % len(there)]
        self.last_key = key
        record, source = self.source.products[key], self.source
        match what:
            case "new":
                self.new_product()
            case "name":
                source.change(key, name=source.text("N"))
            case "description":
                source.change(key, descriptions=self._texts())
            case "picture":
                source.change(key, photos=[*record["photos"], self._picture()])
            case "replaced picture":
                first, *others = copy.deepcopy(record["photos"])
                first["formats"]["huge"] = PICTURE.format(f"{first['id']}-{source.next()}")
                source.change(key, photos=[first, *others])
            case "dropped" if len(there) > 1:
                del source.changed_at[key]
            case "active" | "inactive" | "replaced":
                source.change(key, status=what)

    @rule(moves=st.booleans())
    def source_changes_category(self, *, moves: bool) -> None:
        """A category is renamed, or moved below another."""
        row = self.source.categories[2]
        change = {"parent": None if row["parent"] else 1} if moves else {"name": self.source.text("C")}
        self.source.categories[2] = {**row, **change}

    def new_product(self) -> None:
        """A product more."""
        key = str(len(self.source.products))
        first = {"id": key, "status": "active", "name": self.source.text("N"), "updated_at": "2026-01-01T00:00:00Z"}
        self.source.products[key] = first
        categories = [{"id": number} for number in self.source.categories][: 1 + len(self.source.products) % 2]
        self.source.change(key, photos=[self._picture()], publicCategories=categories, descriptions=self._texts())

    def _texts(self) -> list[dict[str, Any]]:
        return [{"type": "full_description", "content": self.source.text("D"), "targetGroups": ["public"]}]

    def _picture(self) -> dict[str, Any]:
        number = self.source.next()
        return {"id": number, "formats": {"huge": PICTURE.format(number)}, "targetGroups": ["public"]}

    # People, ledgers, settings

    @precondition(lambda self: self.pim.products)
    @rule(which=st.integers(0, 9), what=st.sampled_from(["name", "description", "emptied", "archived", "taken out"]))
    def person_works(self, which: int, what: str) -> None:
        """A person changes or empties a field, archives a product, or takes it out of its first category."""
        product = list(self.pim.products.values())[which % len(self.pim.products)]
        number, sku = product["id"], product["sku"]
        if what in {"name", "description"}:
            self.edited[sku, what] = f"by hand {self.source.next()}"
            self.pim.edit(number, **{what: self.edited[sku, what]})
        elif what == "archived":
            self.archived.add(sku)
            self.pim.edit(number, status="archived")
        elif self.is_settled and what == "emptied":  # else nobody can tell it from one that was never written
            self.edited[sku, "description"] = None
            self.pim.edit(number, description=None)
        elif self.is_settled and product["category_ids"]:
            first, *others = product["category_ids"]
            self.taken_out.add((sku, self.pim.categories[first]["name"]))
            self.pim.edit(number, category_ids=others)

    @rule(old=st.none() | st.integers(0, 9))
    def ledger_is_lost_or_old(self, old: int | None) -> None:
        """Gone, or put back from a copy. What only it could know is known no more."""
        kept = self.backups[old % len(self.backups)] if old is not None and self.backups else {}
        self.shop.ledger.put_back(kept)
        for product in self.pim.products.values():
            self.loose |= {(product["sku"], name) for name in ("name", "description", "media")}
        self.taken_out.clear()
        for key in [key for key, value in self.edited.items() if value is None]:
            del self.edited[key]

    @rule(locale=st.sampled_from(["en", "nl"]), policy=st.sampled_from(["if_source_changed", "always"]))
    def settings_change(self, locale: str, policy: str) -> None:
        """Another language, another policy."""
        self.shop.target |= {"locale": locale, "field_policies": {"description": policy}}

    # Runs

    @rule(moment=st.sampled_from(MOMENTS), number=st.integers(1, 8) | st.integers(1, 30), after=st.booleans())
    def run_is_killed(self, moment: str, number: int, *, after: bool) -> None:
        """Somewhere, if it lives that long."""
        self._run(kill=Kill("target", moment, number, after))
        self.is_settled = False

    @rule(fault=st.sampled_from(FAULTS), route=st.sampled_from(ROUTES), nth=st.integers(1, 4), times=st.integers(1, 3))
    def run_meets_a_fault(self, fault: Fault, route: str, nth: int, times: int) -> None:
        """A service that is not well."""
        self.pim.faults.add(Fault(**{**vars(fault), "route": route, "nth": nth, "times": times}))
        self._run()
        self.pim.faults.clear()
        self.is_settled = False

    @rule()
    def rejects_are_replayed(self) -> None:
        """The last run's rejects, again."""
        files = sorted((self.folder / "reports").glob("*/rejects.jsonl"), key=lambda file: file.stat().st_mtime)
        if files:
            self._before_a_run()
            self.nursery.run(self.folder, {**self.shop.part("target"), "replay": str(files[-1])})

    @rule(whole=st.booleans())
    def run_is_clean(self, *, whole: bool) -> None:
        """Twice; and everything holds."""
        if not self.is_settled:  # what a reject left behind comes again only with everything
            whole = True
        if whole:
            self.shop.state = None
        assert not any(self._run().codes.values())
        self._nothing_is_there_twice()
        self._people_are_respected()
        self._state_covers_nothing_unwritten(whole=whole)
        self._counts_add_up()
        self.shop.writes()
        if whole:
            self.shop.state = None
        assert not any(self._run().codes.values())
        wrote = [f"{r.method} {r.path} {r.body}" for r in self.pim.requests if r.method != "GET"]
        assert not wrote
        self.is_settled = True
        self.backups.append(self.shop.save().ledger)

    def _run(self, kill: Kill | None = None) -> Any:
        self._before_a_run()
        after = (self.shop.state or {"at": 0})["at"]
        return self.shop.feed_lines(self.source.lines(after), kill)

    def _before_a_run(self) -> None:
        """Under ``always`` a person's description stands no longer."""
        if self.shop.target["field_policies"].get("description") == "always":
            self.edited = {key: value for key, value in self.edited.items() if key[1] != "description"}
            self.loose |= {(product["sku"], "description") for product in self.pim.products.values()}

    # What holds

    def _nothing_is_there_twice(self) -> None:
        shown = self.pim.snapshot()
        assert not [sku for sku, product in shown["products"].items() if isinstance(product, list)]
        assert not [path for path, number in Counter(shown["categories"]).items() if number > 1]
        for product in self.pim.products.values():
            keys = Counter(_key(item["file_url"]) for item in product["_media"])
            assert not [key for key, number in keys.items() if number > 1]

    def _people_are_respected(self) -> None:
        for product in self.pim.products.values():
            sku = product["sku"]
            for name in ("name", "description"):
                if (sku, name) in self.edited:
                    assert product[name] == self.edited[sku, name]
            assert sku not in self.archived or product["status"] == "archived"
            inside = {self.pim.categories[number]["name"] for number in product["category_ids"]}
            assert not {name for owner, name in self.taken_out if owner == sku} & inside

    def _state_covers_nothing_unwritten(self, *, whole: bool) -> None:
        there = {product["sku"]: product for product in self.pim.products.values()}
        at = (self.shop.state or {"at": 0})["at"]
        for key, changed_at in self.source.changed_at.items():
            record, product = self.source.products[key], there.get(key)
            if changed_at > at:
                continue
            if record["status"] != "active":
                assert product is None or product["status"] == "archived"
                continue
            assert product is not None
            if product["status"] == "archived":
                continue  # on_archived: skip
            texts = {"name": record["name"], "description": record["descriptions"][0]["content"]}
            for name, text in texts.items():
                if (key, name) not in self.edited and (key, name) not in self.loose:
                    fit = {text[self.shop.target.get("locale", "en")]} if whole else set(text.values())
                    assert product[name] in fit
            if (key, "media") not in self.loose:
                shown = {_key(item["file_url"]) for item in product["_media"]}
                assert {str(photo["id"]) for photo in record["photos"]} <= shown

    def _counts_add_up(self) -> None:
        newest = max((self.folder / "reports").glob("*/report.json"), key=lambda file: file.stat().st_mtime)
        for ends in orjson.loads(newest.read_bytes())["streams"].values():
            assert ends.pop("received") == sum(ends.values())
            assert "unsettled" not in ends


def _key(url: str) -> str:
    """Which picture an address is of, whatever version."""
    return Path(url).stem.partition("-")[0]


@pytest.mark.timeout(7200 if LONG else 180)
def test_any_order_ends_well(tmp_path: Path) -> None:
    """A bounded number of orders; ``make kill`` tries many more."""
    del tmp_path
    with Nursery() as nursery:
        AnyOrder.nursery = nursery
        run_state_machine_as_test(
            AnyOrder,
            settings=settings(
                max_examples=int(LONG or 12),
                stateful_step_count=40 if LONG else 20,
                deadline=None,
                derandomize=not LONG,
                database=None,
                phases=[Phase.generate, Phase.shrink] if LONG else [Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
