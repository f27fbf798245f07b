"""Runs, kills, faults, hand edits, changes of the source and of settings, lost and old ledgers, in any order.

Whatever comes before it: after a clean run nothing is there twice, nothing a person did is undone, nothing that a STATE
covers is missing, no value of ours counts as a person's, the counts add up, and one more run writes nothing. Real
processes, real kills (trials/kills/fork_server.py). Most of what happens between a kill and the next run happens to the
product that was being written: that is where a kill can be felt.
"""

import re
import shutil
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from sandbox.faults import Fault
from trials.kills.deployment import Deployment, boxed
from trials.kills.fork_server import MOMENTS, ForkServer, Kill
from trials.kills.source import CHANGES, Source

NOTHING = [Fault("status", status=200, body=b'{"status":1,"data":%s,"error":null}' % data, commit=True)
           for data in (b"{}", b"null", b"[]")]  # fmt: skip
FAULTS = [
    Fault("drop_before"), Fault("drop_after"), Fault("status", status=503), Fault("status", status=429),
    Fault("status", status=500, commit=True), Fault("status", status=400), Fault("status", status=422),
    Fault("html"), Fault("html", commit=True), Fault("empty"), Fault("truncate_json"), Fault("short_length"),
    Fault("status_zero"), Fault("status", status=401),
]  # fmt: skip
ROUTES = ["POST /api/products$", "PATCH /api/products", "POST /api/products/{id}/media", "DELETE /api/products",
          "POST /api/categories", "GET /api", "GET /api/products/{id}$"]  # fmt: skip
SHOWING = ["GET /api/products/{id}$", "GET /api/products/{id}$", "PATCH /api/products", "POST /api/products$"]
WRITES = ("POST products", "PATCH products", "POST media", "POST categories", "DELETE products")
BY_HAND = ["name", "description", "emptied", "archived", "taken out", "picture"]
Key = tuple[str, str]

soon = st.sampled_from([1, 1, 1, 2, 3])
kills = st.one_of(
    st.builds(Kill, st.just("target"), st.just("write"), soon, st.sampled_from([True, True, False])),
    st.builds(Kill, st.just("target"), st.sampled_from(WRITES), soon, st.booleans()),
    st.builds(Kill, st.just("target"), st.sampled_from(["commit", "request"]), st.integers(1, 30), st.booleans()),
    st.builds(Kill, st.just("target"), st.sampled_from(MOMENTS), st.integers(1, 12), st.booleans()),
)
on_the_same = st.sampled_from([True, True, True, False])
meanwhile = st.one_of(
    st.tuples(st.just("source"), st.sampled_from(["name", "description", "attribute", "picture", "category"])),
    st.tuples(st.just("source"), st.sampled_from(CHANGES)),
    st.tuples(st.just("person"), st.sampled_from(BY_HAND)),
    st.tuples(st.just("category"), st.sampled_from(["renamed", "moved"])),
    st.tuples(st.just("ledger"), st.sampled_from(["older", "older", "lost"])),
    st.tuples(st.just("setting"), st.sampled_from(["language", "policy"])),
    st.tuples(st.just("rejects"), st.just("replayed")),
)
others = st.one_of(st.tuples(meanwhile), st.lists(meanwhile, max_size=2).map(tuple))
faults = st.builds(
    lambda fault, nth, times: Fault(**{**vars(fault[0]), "route": fault[1], "nth": nth, "times": times}),
    st.one_of(
        st.tuples(st.sampled_from(FAULTS), st.sampled_from(ROUTES)),
        st.tuples(st.sampled_from(NOTHING), st.sampled_from(SHOWING)),  # a list that is empty is a list
    ),
    st.integers(1, 3),
    st.integers(1, 3),
)


class AnyOrder(RuleBasedStateMachine):
    """One deployment, one source, and whatever may happen to them."""

    fork_server: ForkServer

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.box = self.stack.enter_context(boxed())
        self.pim = self.box.micropim
        self.folder = Path(tempfile.mkdtemp())
        self.source = Source()
        self.deployment = Deployment(
            self.box, self.folder, self.fork_server, max_archive=1000, attributes_mode="values"
        )
        self.deployment.target["field_policies"] = {}
        self.backups: list[dict[str, bytes]] = []
        self.edited: dict[Key, Any] = {}  # (sku, field): what a person wrote
        self.touched: set[Key] = set()  # (sku, field): a person wrote it once
        self.loose: set[Key] = set()  # (sku, field): nobody can know any more whose value is there
        self.archived: set[str] = set()
        self.taken_out: set[Key] = set()  # (sku, name of the category)
        self.is_settled = True
        self.is_ledger_new = True
        self.hot = ""  # the product that something happened to last

    def teardown(self) -> None:
        """Clean up."""
        self.stack.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @initialize(count=st.integers(2, 3), workers=st.sampled_from([1, 1, 3]))
    def open(self, count: int, workers: int) -> None:
        """Two categories, a few products."""
        self.deployment.target["max_in_flight"] = workers
        for _ in range(2):
            self.source.new_category()
        for _ in range(count):
            self.source.new_product()

    # The source, people, ledgers, settings

    @rule(which=st.integers(0, 9), same=on_the_same, what=meanwhile)
    def something_happens(self, which: int, what: tuple[str, str], *, same: bool) -> None:
        """To a product, a category, the ledger or the settings."""
        match what:
            case "source", change:
                keys = sorted(self.source.changed_at)
                self.hot = self.hot if same and self.hot in keys else keys[which % len(keys)]
                self.source.change(self.hot, change)
            case "person", work if self.pim.products:
                products = list(self.pim.products.values())
                mine = [product for product in products if same and product["sku"] == self.hot]
                self._person_works((mine or products)[0 if mine else which % len(products)], work)
            case "category", how:
                self.source.change_category(moves=how == "moved")
            case "ledger", how:
                kept = self.backups[-1 - which % len(self.backups)] if how == "older" and self.backups else {}
                self._ledger_is_lost_or_old(kept)
            case "setting", "language":
                self.deployment.target["locale"] = "nl" if self.deployment.target.get("locale", "en") == "en" else "en"
            case "setting", _:
                policy = {} if self.deployment.target["field_policies"] else {"description": "always"}
                self.deployment.target["field_policies"] = policy
            case "rejects", _:
                self._rejects_are_replayed()

    def _ledger_is_lost_or_old(self, kept: dict[str, bytes]) -> None:
        """Gone, or put back from a copy, a young one rather. What only it could know is known no more."""
        self.deployment.ledger.restore(kept)
        self.is_ledger_new = self.is_settled = False
        for product in self.pim.products.values():
            self.loose |= {(product["sku"], name) for name in ("name", "description", "attributes", "media")}
        self.loose |= {(sku, "categories") for sku, _name in self.taken_out}
        self.taken_out.clear()
        for key in [key for key, value in self.edited.items() if value is None]:
            del self.edited[key]

    def _person_works(self, product: dict[str, Any], what: str) -> None:
        """A person changes or empties a field, archives a product, adds a picture, or takes it out of a category."""
        number, sku = product["id"], product["sku"]
        self.hot = sku
        if what in {"name", "description"}:
            self.edited[sku, what] = f"by hand {self.source.next()}"
            self.touched.add((sku, what))
            self.pim.edit(number, **{what: self.edited[sku, what]})
        elif what == "archived":
            self.archived.add(sku)
            self.pim.edit(number, status="archived")
        elif what == "picture":  # ours that come later may be left to the person, and one on its way is taken for it
            self.loose.add((sku, "media"))
            url = f"https://hand.example.test/{self.source.next()}.jpg"
            media = {"id": -self.source.next(), "file_url": url, "alt_text": None, "position": 9, "shows_at": 0}
            product["_media"].append(media)
        elif self.is_settled and what == "emptied":  # else nobody can tell it from one that was never written
            self.edited[sku, "description"] = None
            self.touched.add((sku, "description"))
            self.pim.edit(number, description=None)
        elif self.is_settled and what == "taken out" and product["category_ids"]:
            first, *others = product["category_ids"]
            self.taken_out.add((sku, self.pim.categories[first]["name"]))
            self.pim.edit(number, category_ids=others)

    # Runs

    @rule(
        which=st.integers(0, 9),
        change=st.sampled_from(CHANGES),
        nights=st.lists(st.tuples(kills, others), min_size=1, max_size=2),
        from_start=st.booleans(),
    )
    def nights_go_wrong(
        self, which: int, change: str, nights: list[tuple[Kill, tuple[tuple[str, str], ...]]], *, from_start: bool
    ) -> None:
        """Something to do, killed somewhere, if it lives that long; other things happen; run again."""
        self.something_happens(which=which, what=("source", change), same=False)
        for kill, meanwhile in nights:
            self._run(kill)
            for what in meanwhile:
                self.something_happens(which=which, what=what, same=True)
        self.run_is_clean(from_start=from_start)

    @rule(
        which=st.integers(0, 9),
        change=st.sampled_from(CHANGES),
        planned=st.lists(faults, min_size=1, max_size=2),
        kill=st.none() | kills,
        ends=st.booleans(),
    )
    def run_meets_faults(self, which: int, change: str, planned: list[Fault], kill: Kill | None, *, ends: bool) -> None:
        """A service that is not well."""
        self.something_happens(which=which, what=("source", change), same=False)
        self.pim.faults.add(*planned)
        self._run(kill)
        self.pim.faults.clear()
        if any(map(_refuses_pictures, planned)):  # listed for a person; tried again when their product changes
            self.loose |= {(product["sku"], "media") for product in self.pim.products.values()}
        if ends:
            self.run_is_clean(from_start=True)

    def _rejects_are_replayed(self) -> None:
        """The last run's rejects, again."""
        files = sorted((self.folder / "reports").glob("*/rejects.jsonl"), key=lambda file: file.stat().st_mtime)
        if files:
            self._before_a_run()
            self.fork_server.run(self.folder, {**self.deployment.part("target"), "replay": str(files[-1])})

    @rule(from_start=st.booleans())
    def run_is_clean(self, *, from_start: bool) -> None:
        """Twice; and everything holds."""
        if not self.is_settled:  # what a reject left behind comes again only with everything
            from_start = True
        if from_start:
            self.deployment.state = None
        was_settled = self.is_settled
        assert not any(self._run().codes.values())
        self._nothing_is_there_twice()
        self._people_are_respected()
        self._state_covers_nothing_unwritten(from_start=from_start)
        self._report_is_right()
        self.deployment.writes()
        if from_start:
            self.deployment.state = None
        assert not any(self._run().codes.values())
        wrote = [f"{r.method} {r.path} {r.body}" for r in self.pim.requests if r.method != "GET"]
        assert not wrote, was_settled
        self.is_settled = True

    def _run(self, kill: Kill | None = None) -> Any:
        self._before_a_run()
        self.deployment.writes()
        after = (self.deployment.state or {"at": 0})["at"]
        ended = self.deployment.feed_lines(self.source.lines(after), kill)
        self.is_settled = False
        self.backups.append(self.deployment.ledger.save())
        self.hot = self._last_written() or self.hot
        return ended

    def _before_a_run(self) -> None:
        """Under ``always`` a person's description stands no longer."""
        if self.deployment.target["field_policies"].get("description") == "always":
            self.edited = {key: value for key, value in self.edited.items() if key[1] != "description"}
            self.loose |= {(product["sku"], "description") for product in self.pim.products.values()}

    def _last_written(self) -> str | None:
        """The product that the last run was at when it ended."""
        for request in reversed(self.pim.requests):
            match = re.match(r"/api/products(?:/(\d+))?", request.path)
            if request.method != "GET" and match:
                product = self.pim.products.get(int(match[1] or 0), request.body or {})
                return product.get("sku")  # type: ignore[no-any-return]
        return None

    # What holds

    def _nothing_is_there_twice(self) -> None:
        shown = self.pim.snapshot()
        assert not [sku for sku, product in shown["products"].items() if isinstance(product, list)]
        assert not [path for path, number in Counter(shown["categories"]).items() if number > 1]
        assert not [code for code, n in Counter(row["code"] for row in self.pim.attributes.values()).items() if n > 1]
        if self.is_ledger_new:  # else a renamed one is another
            assert len(self.pim.categories) == len(self.source.categories)
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
            assert not {name for owner, name in self.taken_out if owner == sku} & self._inside(product)

    def _inside(self, product: dict[str, Any]) -> set[str]:
        return {self.pim.categories[number]["name"] for number in product["category_ids"]}

    def _state_covers_nothing_unwritten(self, *, from_start: bool) -> None:
        there = {product["sku"]: product for product in self.pim.products.values()}
        at = (self.deployment.state or {"at": 0})["at"]
        for key, changed_at in self.source.changed_at.items():
            record, product = self.source.products[key], there.get(key)
            if changed_at > at:
                continue
            if record["status"] != "active":
                assert product is None or product["status"] == "archived"
                continue
            assert product is not None
            if product["status"] != "archived":  # on_archived: skip
                self._is_all_there(record, product, from_start=from_start)

    def _is_all_there(self, record: dict[str, Any], product: dict[str, Any], *, from_start: bool) -> None:
        key, language = record["id"], self.deployment.target.get("locale", "en")
        texts = {"name": record["name"], "description": record["descriptions"][0]["content"]}
        for name, text in texts.items():
            if (key, name) not in self.edited and (key, name) not in self.loose:
                assert product[name] in ({text[language]} if from_start else set(text.values()))
        if (key, "attributes") not in self.loose:
            assert product["attributes"]["package_quantity"] == str(record["packageQuantity"])
        if (key, "media") not in self.loose:
            shown = {_key(item["file_url"]) for item in product["_media"]}
            assert {str(photo["id"]) for photo in record["photos"]} <= shown
        if (key, "categories") not in self.loose:
            out = {name for owner, name in self.taken_out if owner == key}
            inside = self._inside(product) | out
            assert all(self.source.names[row["id"]] & inside for row in record["publicCategories"])

    def _report_is_right(self) -> None:
        """The counts add up; a conflict is about something that a person did."""
        newest = max((self.folder / "reports").glob("*/report.json"), key=lambda file: file.stat().st_mtime)
        report = orjson.loads(newest.read_bytes())
        for ends in report["streams"].values():
            assert ends.pop("received") == sum(ends.values())
            assert "unsettled" not in ends
        for row in report["conflicts"]:
            field = row["what"].partition(":")[0].partition(".")[0]
            assert {(row["external_id"], field)} & (self.touched | self.loose), row


def _refuses_pictures(fault: Fault) -> bool:
    return "media" in (fault.route or "") and (fault.kind == "status_zero" or fault.status in {400, 422})


def _key(url: str) -> str:
    """Which picture an address is of, whatever version."""
    return Path(url).stem.partition("-")[0]


def run(examples: int, steps: int, *, long: bool = False) -> None:
    """Try so many orders of so many steps. A long run draws new ones each time, and shrinks what it finds."""
    with ForkServer() as fork_server:
        AnyOrder.fork_server = fork_server
        run_state_machine_as_test(
            AnyOrder,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                derandomize=not long,
                database=None,
                phases=[Phase.generate, Phase.shrink] if long else [Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
