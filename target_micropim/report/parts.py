"""The parts of report.html, in the order in which an owner asks: tasks, products, what is held back, numbers, cost.

What they say, in data: templates/report.html makes them a page.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from target_micropim.report.charts import Cost, cost
from target_micropim.report.lists import FILES, NUMBERS
from target_micropim.report.phrases import ACTIONS, ENDS, FIGURES, HEADS
from target_micropim.report.product_rows import ProductRows
from target_micropim.report.shown import Table
from target_micropim.report.words import Words, marked

PRODUCTS = "products.csv"
REJECTS = "rejects.csv"


@dataclass(frozen=True)
class Figure:
    """A number that matters, and what it counts."""

    count: int
    what: str
    is_bad: bool = False


@dataclass(frozen=True)
class Part:
    """A section: its key in links, its title, how many rows it stands for, and what it holds: one of the last three."""

    key: str
    title: str
    total: int
    table: Table | None = None
    note: str = ""
    figures: Sequence[Figure] | None = None
    cost: Cost | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return self.figures is None and self.cost is None and not (self.table and self.table.rows)


@dataclass(frozen=True)
class Rows:
    """What report.json does not hold: rows of tables beside it, the first of each.

    ``changes`` are those of the list of that name, each with the product's name.
    """

    unmapped: Sequence[Sequence[Any]] = ()
    rejects: Sequence[Sequence[Any]] = ()
    changes: Sequence[tuple[Mapping[str, Any], str]] = ()
    products: ProductRows | None = None


def who(row: Mapping[str, Any]) -> str:
    """The product by its SKU, with the source's id where that is another."""
    sku, key = row["sku"], row["external_id"]
    return f"{sku} ({key})" if sku and key and key != sku else str(sku or key or "")


def rejected_in(content: Mapping[str, Any]) -> int:
    """How many records of a report wait for the next run, those of earlier runs included."""
    again: Iterable[Mapping[str, int]] = content.get("tried_again", {}).values()
    return int(content.get("totals", {}).get("rejected", 0)) + sum(ends.get("rejected", 0) for ends in again)


@dataclass(frozen=True)
class Parts:
    """Makes the parts of one page, of the content of report.json and the rows beside it."""

    content: Mapping[str, Any]
    rows: Rows
    words: Words
    totals: Mapping[str, Any] = field(init=False)
    plan: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "totals", self.content.get("totals", {}))
        object.__setattr__(self, "plan", bool(self.content.get("dry_run")))

    # What needs a person

    def tasks(self) -> Iterator[Part]:
        """What needs a person; parts without a row included."""
        words = self.words
        yield self._rejected()
        note = words("Somebody changed the field in MicroPIM, and the source changed it too: MicroPIM's value stands.")
        yield self._question("conflicts", words("Changed on both sides"), note)
        note = words(
            "MicroPIM shows another value than the source, and the ledger does not know who put it there: it stands."
        )
        yield self._question("unsure", words("Nobody can tell whose value it is"), note)
        yield self._by_hand("picture", "pictures", words("Pictures to look at"))
        yield self._by_hand("product", "products", words("Other things no program can do"))
        yield self._unmapped()

    def _rejected(self) -> Part:
        words = self.words
        rows = [[*row[:3], self._reasons(row[3]), *row[4:]] for row in self.rows.rejects]
        total = max(rejected_in(self.content), len(rows))
        title = words("Records that could not go in")
        if self.plan:
            title = words.pgettext("plan", "Records that could not go in")
        table = self._table("stream record stage why said", rows, words("Each with every reason"), total, REJECTS)
        note = words(
            "They stand whole in rejects.jsonl, and the next run tries them again. Correct the cause, or try at once: "
            "target-micropim --replay rejects.jsonl"
        )
        return Part("rejected", title, total, table, note)

    def _reasons(self, why: Any) -> Any:
        """Each reason for itself: one of ours is translated, words of a service stay."""
        return "; ".join(map(self._say, why.split("; "))) if isinstance(why, str) else why

    def _question(self, kind: str, title: str, note: str) -> Part:
        """Both values of each."""
        rows, heads = self.content.get(kind, ()), "sku name what source micropim"
        told = [(who(row), row["name"], self._say(row["what"]), row["source"], row["micropim"]) for row in rows]
        total = max(self.totals.get(kind, 0), len(told))
        return Part(kind, title, total, self._by_product(heads, told, total, FILES[kind]), note)

    def _by_hand(self, topic: str, key: str, title: str) -> Part:
        rows = self.content.get("manual_actions", ())
        told = [(who(row), row["name"], self._say(row["what"])) for row in rows if row["topic"] == topic]
        total = self.content.get("for_a_person", {}).get(topic, len(told))
        return Part(key, title, total, self._by_product("sku name what", told, total, FILES["manual_actions"]))

    def _unmapped(self) -> Part:
        words, rows = self.words, self.rows.unmapped
        total = max(self.totals.get("unmapped", 0), len(rows))
        caption = words("Most products first")
        note = words(
            "The products came over without them. Make the brand or supplier in MicroPIM and give its id in the "
            "decisions file, or in brand_map or supplier_map; the next run adds it."
        )
        if self.plan:
            note = words(
                "The products would come over without them. Make the brand or supplier in MicroPIM and give its id in "
                "the decisions file, or in brand_map or supplier_map."
            )
        table = self._table("kind called products example", rows, caption, total, "unmapped.csv")
        return Part("unmapped", words("Names without an id in MicroPIM"), total, table, note)

    # What became of the products

    def products(self) -> Iterator[Part]:
        """Made, changed, archived, skipped, and why."""
        yield self._ended("created")
        yield self._changed()
        yield self._ended("archived")
        yield self._ended("skipped")

    def _ended(self, action: str) -> Part:
        products = self.rows.products
        ends = products.kept(action) if products is not None else []
        told = [(who(end._asdict()), end.name, self._say(end.reason)) for _action, end in ends]
        total = products.total(action) if products is not None else 0
        table = self._by_product("sku name why", told, total, PRODUCTS)
        return Part(f"products-{action}", self._planned(ENDS[action]), total, table)

    def _changed(self) -> Part:
        """Field by field; what memory did not keep is counted by product."""
        told = [
            (who(change), name, field, values["before"], values["after"])
            for change, name in self.rows.changes
            for field, values in change["fields"].items()
        ]
        total = len(told) + self.totals.get("changes", 0) - len(self.rows.changes)
        caption, heads = self.words("Field by field"), "sku name field before after"
        table = self._table(heads, told, caption, total, FILES["changes"])
        return Part("changes", self._planned((marked("What changed"), marked("What would change"))), total, table)

    # The rest

    def others(self) -> Iterator[Part]:
        """What the settings hold back, warnings, numbers, and at last what it cost."""
        words = self.words
        note = words("What your answers in the decisions file came to.")
        yield self._listed("decisions", words("Decided by you"), note)
        yield self._held_back()
        note = words("Taken over, with something left out or put right.")
        yield self._listed("warnings", words("Warnings"), note)
        note = words("Medipim has them in no better one.")
        yield self._listed("other_languages", words("Texts in another language, by product"), note)
        yield Part("numbers", words("In numbers"), 1, figures=list(self._figures()))
        yield from self._numbers()
        if found := cost(self.content, words):
            yield Part("cost", words("Requests and waits"), 1, cost=found)

    def _held_back(self) -> Part:
        """What the settings keep from MicroPIM, with the setting that would let it through."""
        words, rows = self.words, self.content.get("held_back", ())
        told = [
            (who({**row, "external_id": row["id"]}), row["field"], row["micropim"], row["source"], row["setting"])
            for row in rows
        ]
        total = self.totals.get("held_back", len(told))
        note = words(
            "The source has another value, and a policy keeps MicroPIM's. Nothing is to be done, unless you want it: "
            "then change the setting and look at the effect with dry_run; the next run sends it."
        )
        table = self._by_product("sku field micropim source setting", told, total, "held_back.csv")
        return Part("held_back", words("Held back by your settings"), total, table, note)

    def _listed(self, kind: str, title: str, note: str) -> Part:
        told = [(who(row), row["name"], self._say(row["what"])) for row in self.content.get(kind, ())]
        total = max(self.totals.get(kind, 0), len(told))
        return Part(kind, title, total, self._by_product("sku name what", told, total, FILES[kind]), note)

    def _figures(self) -> Iterator[Figure]:
        """The numbers that matter: how the products ended, and the pictures."""
        streams: Mapping[str, Mapping[str, int]] = self.content.get("streams", {})
        products = streams.get("products", {})
        for action, texts in FIGURES.items():
            if count := products.get(action):
                yield Figure(count, self._planned(texts), is_bad=action == "rejected")
        if made := streams.get("categories", {}).get("created"):
            texts = (marked("categories created"), marked("categories would be created"))
            yield Figure(made, self._planned(texts))
        if sent := self.content.get("pictures", {}).get("sent"):
            yield Figure(sent, self._planned((marked("pictures sent"), marked("pictures would be sent"))))

    def _numbers(self) -> Iterator[Part]:
        content, words = self.content, self.words
        streams: Mapping[str, Mapping[str, int]] = content.get("streams", {})
        actions = list(dict.fromkeys(action for ends in streams.values() for action in ends))
        heads = [words("stream"), *(self._planned(ACTIONS.get(action, (action,))) for action in actions)]
        rows = [(stream, *(ends.get(action) for action in actions)) for stream, ends in streams.items()]
        yield self._counted("streams", words("All records"), heads, rows)
        pictures = list(content.get("pictures", {}).items())
        yield self._counted("sent", words("All pictures"), self._heads("what pictures"), pictures)
        languages = list(content.get("languages_left", {}).items())
        title = words("Languages left out: MicroPIM holds one")
        yield self._counted("languages", title, self._heads("language products"), languages)
        texts = content.get("texts_in_other_languages", {})
        taken = [(name, language, count) for name, counts in texts.items() for language, count in counts.items()]
        title = words("Texts in another language than the one asked for")
        yield self._counted("texts", title, self._heads("field language products"), taken)
        codes = [(code,) for code in content.get("attributes_made", ())]
        yield self._counted("attributes", words("Attributes defined"), self._heads("code"), codes)

    def _counted(self, key: str, title: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> Part:
        return Part(key, title, len(rows), Table(heads, rows, title, len(rows), NUMBERS))

    def _by_product(self, heads: str, rows: Sequence[Sequence[Any]], total: int, file: str) -> Table:
        return self._table(heads, rows, self.words("Product by product"), total, file)

    def _table(self, heads: str, rows: Sequence[Sequence[Any]], caption: str, total: int, file: str) -> Table:
        return Table(self._heads(heads), rows, caption, max(total, len(rows)), file)

    def _heads(self, keys: str) -> list[str]:
        return [self.words(HEADS[key]) for key in keys.split()]

    def _planned(self, texts: Sequence[str]) -> str:
        """What is, or in a plan what would be, where that has another word."""
        return self.words(texts[-1] if self.plan else texts[0])

    def _say(self, text: str) -> str:
        return self.words.sentence(text)
