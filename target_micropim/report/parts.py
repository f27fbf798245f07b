"""The parts of report.html, in the order in which an owner asks: tasks, products, what is held back, numbers, cost."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from target_micropim.report.charts import cost_section
from target_micropim.report.lists import FILES
from target_micropim.report.markup import number, table
from target_micropim.report.product_rows import ProductRows
from target_micropim.report.words import Words

PRODUCTS = "products.csv"
_FIGURES = ("created", "updated", "archived", "undone", "left", "unchanged", "skipped", "rejected")


@dataclass(frozen=True)
class Part:
    """A section: its key in links, its title, how many rows it stands for, and its body; without one it is left out."""

    key: str
    title: str
    total: int
    body: str
    note: str = ""


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
        words, rows = self.words, self.rows
        rejected = max(rejected_in(self.content), len(rows.rejects))
        yield Part(
            "rejected", words.planned("rejected", plan=self.plan), rejected,
            self._table("stream record stage why said", rows.rejects, "rejected_caption", rejected, "rejects.jsonl"),
            words("rejected_note"),
        )  # fmt: skip
        yield self._question("conflicts")
        yield self._question("unsure")
        yield self._by_hand("picture", "pictures", words("pictures"))
        yield self._by_hand("product", "products", words("others"))
        names = max(self.totals.get("unmapped", 0), len(rows.unmapped))
        yield Part(
            "unmapped", words("unmapped"), names,
            self._table("kind name products example", rows.unmapped, "unmapped_caption", names, "unmapped.csv"),
            words("unmapped_plan_note" if self.plan else "unmapped_note"),
        )  # fmt: skip

    def _question(self, kind: str) -> Part:
        """Both values of each."""
        rows, heads = self.content.get(kind, ()), "sku name what source micropim"
        told = [(who(row), row["name"], self._say(row["what"]), row["source"], row["micropim"]) for row in rows]
        total = max(self.totals.get(kind, 0), len(told))
        body = self._table(heads, told, "by_product", total, FILES[kind])
        return Part(kind, self.words(kind), total, body, self.words(f"{kind}_note"))

    def _by_hand(self, topic: str, key: str, title: str) -> Part:
        rows = self.content.get("manual_actions", ())
        told = [(who(row), row["name"], self._say(row["what"])) for row in rows if row["topic"] == topic]
        total = self.content.get("for_a_person", {}).get(topic, len(told))
        return Part(key, title, total, self._table("sku name what", told, "by_product", total, FILES["manual_actions"]))

    # What became of the products

    def products(self) -> Iterator[Part]:
        """Made, changed, archived, skipped, and why."""
        yield self._ended("created", lambda end: (self._say(end.reason),), "sku name why")
        yield self._changed()
        yield self._ended("archived", lambda end: (self._say(end.reason),), "sku name why")
        yield self._ended("skipped", lambda end: (self._say(end.reason),), "sku name why")

    def _ended(self, action: str, more: Callable[[Any], tuple[str, ...]], heads: str) -> Part:
        products = self.rows.products
        ends = products.kept(action) if products is not None else []
        told = [(who(end._asdict()), end.name, *more(end)) for _action, end in ends]
        total = products.total(action) if products is not None else 0
        title = self.words.planned(action, plan=self.plan)
        return Part(f"products-{action}", title, total, self._table(heads, told, "by_product", total, PRODUCTS))

    def _changed(self) -> Part:
        """Field by field; what memory did not keep is counted by product."""
        told = [
            (who(change), name, field, values["before"], values["after"])
            for change, name in self.rows.changes
            for field, values in change["fields"].items()
        ]
        total = len(told) + self.totals.get("changes", 0) - len(self.rows.changes)
        body = self._table("sku name field before after", told, "by_field", total, FILES["changes"])
        return Part("changes", self.words.planned("changes", plan=self.plan), total, body)

    # The rest

    def others(self) -> Iterator[Part]:
        """What the settings hold back, warnings, numbers, and at last what it cost."""
        yield self._listed("decisions")
        yield self._held_back()
        yield self._listed("warnings")
        yield self._listed("other_languages", self.words("other_languages_by_product"))
        yield Part("numbers", self.words("numbers"), 1, self._figures())
        yield from self._numbers()
        if body := cost_section(self.content, self.words):
            title = self.words("cost")
            yield Part("cost", title, 1, f"<details>\n<summary>{escape(title)}</summary>\n{body}\n</details>")

    def _held_back(self) -> Part:
        """What the settings keep from MicroPIM, with the setting that would let it through."""
        rows, heads = self.content.get("held_back", ()), "sku field micropim source setting"
        told = [
            (who({**row, "external_id": row["id"]}), row["field"], row["micropim"], row["source"], row["setting"])
            for row in rows
        ]
        total = self.totals.get("held_back", len(told))
        body = self._table(heads, told, "by_product", total, "held_back.csv")
        return Part("held_back", self.words("held_back"), total, body, self.words("held_back_note"))

    def _listed(self, kind: str, title: str | None = None) -> Part:
        told = [(who(row), row["name"], self._say(row["what"])) for row in self.content.get(kind, ())]
        total = max(self.totals.get(kind, 0), len(told))
        body = self._table("sku name what", told, "by_product", total, FILES[kind])
        return Part(kind, title or self.words(kind), total, body, self.words(f"{kind}_note"))

    def _figures(self) -> str:
        """The numbers that matter: how the products ended, and the pictures."""
        streams: Mapping[str, Mapping[str, int]] = self.content.get("streams", {})
        products = streams.get("products", {})
        counts = [(f"n_{action}", products[action]) for action in _FIGURES if products.get(action)]
        if made := streams.get("categories", {}).get("created"):
            counts.append(("n_categories", made))
        if sent := self.content.get("pictures", {}).get("sent"):
            counts.append(("n_pictures", sent))
        if not counts:
            return f"<p>{escape(self.words('nothing_came'))}</p>"
        cards = "".join(
            f'<li class="{"bad" if key == "n_rejected" else "figure"}"><b>{number(count)}</b> '
            f"{escape(self.words.planned(key, plan=self.plan))}</li>"
            for key, count in counts
        )
        return f'<ul class="figures">{cards}</ul>'

    def _numbers(self) -> Iterator[Part]:
        content, words = self.content, self.words
        streams: Mapping[str, Mapping[str, int]] = content.get("streams", {})
        actions = list(dict.fromkeys(action for ends in streams.values() for action in ends))
        heads = [words("h_stream"), *(words.action(action, plan=self.plan) for action in actions)]
        rows = [(stream, *(ends.get(action) for action in actions)) for stream, ends in streams.items()]
        yield self._counted("streams", heads, rows)
        pictures = list(content.get("pictures", {}).items())
        yield self._counted("sent", (words("h_what"), words("h_pictures")), pictures)
        languages = list(content.get("languages_left", {}).items())
        yield self._counted("languages", (words("h_language"), words("h_products")), languages)
        texts = content.get("texts_in_other_languages", {})
        taken = [(name, language, count) for name, counts in texts.items() for language, count in counts.items()]
        heads = [words("h_field"), words("h_language"), words("h_products")]
        yield self._counted("other_languages", heads, taken, "texts")
        codes = [(code,) for code in content.get("attributes_made", ())]
        yield self._counted("attributes", (words("h_code"),), codes)

    def _counted(self, title: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], key: str = "") -> Part:
        named = self.words(title)
        return Part(key or title, named, len(rows), table(self.words, heads, rows, named, len(rows), "numbers.csv"))

    def _table(self, heads: str, rows: Iterable[Sequence[Any]], caption: str, total: int, file: str) -> str:
        named = [self.words(f"h_{head}") for head in heads.split()]
        return table(self.words, named, list(rows), self.words(caption), total, file)

    def _say(self, text: str) -> str:
        return self.words.sentence(text)
