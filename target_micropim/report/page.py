"""report.html: one file for people, readable on a phone, without a single resource from outside.

First how the run ended and its numbers, then what needs a person, then everything else. Each part is cut to what a
phone opens at once, and names the file that holds the rest.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from target_micropim.report.charts import cost_section, duration
from target_micropim.report.markup import number, section, table, text

STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="$policy">
<title>MicroPIM run $run_id</title>
<style>
$style</style>
</head>
<body>
<header>
<h1>What came over to MicroPIM</h1>
$head
</header>
<main>
$sections
</main>
</body>
</html>
""")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_FIGURES = ("created", "updated", "archived", "undone", "left", "unchanged", "skipped", "rejected")
_DETAILS = "details.jsonl, one a line"
_HEADS = ("product", "what")


@dataclass(frozen=True)
class Part:
    """A section: its key in links, its title, how many rows it stands for, and its body; without one it is left out."""

    key: str
    title: str
    total: int
    body: str
    note: str = ""


def page(content: Mapping[str, Any], unmapped: Iterable[Sequence[Any]], rejects: Iterable[Sequence[Any]]) -> str:
    """The whole page, of the content of report.json, the rows of the unmapped names and the first rejects."""
    tasks = [part for part in _for_a_person(content, list(unmapped), list(rejects)) if part.total]
    rest = [part for part in _other_parts(content) if part.body]
    links = "".join(f'<li><a href="#{part.key}">{escape(part.title)}</a></li>' for part in rest)
    parts = "\n".join(section(part.key, part.title, part.body, part.note) for part in [*tasks, *rest])
    return _PAGE.substitute(
        policy=_POLICY,
        style=STYLE,
        run_id=text(content.get("run_id")).removeprefix("<bdi>").removesuffix("</bdi>"),
        head=f"{_state(content, sum(part.total for part in tasks))}\n{_figures(content)}",
        sections=f'{_links(tasks)}\n<nav aria-label="More on this page"><ul>{links}</ul></nav>\n{parts}',
    )


def _state(content: Mapping[str, Any], todo: int) -> str:
    """How it ended, when, where."""
    dry = bool(content.get("dry_run"))
    if not content.get("complete"):
        kind, headline, more = "stopped", "Stopped before the end.", content.get("stopped_by")
    elif dry:
        kind, headline, more = "dry", "Only a plan.", "Nothing was written; plan.jsonl has every action."
    elif undoes := content.get("undoes"):
        kind, headline, more = "done", "Taken back.", f"What run {undoes} wrote, as far as it still showed."
    else:
        things = "1 thing needs" if todo == 1 else f"{number(todo)} things need"
        kind, headline, more = "done", "Ended well.", f"{things} a person." if todo else "Nothing is left to do."
    when = _when(content.get("started_at"), content.get("finished_at"))
    lasted = duration(content.get("duration_seconds") or 0)
    run = f"{text(content.get('api_url'))}, run {text(content.get('run_id'))}{_language(content.get('language'))}"
    return (
        f'<div class="state {kind}"><p><strong>{headline}</strong> {text(more)}</p></div>\n'
        f'<p class="quiet">{text(when)}, {lasted}. {run}.</p>'
    )


def _language(language: Mapping[str, Any] | None) -> str:
    """The language that was written, and in how many products of the input it was found."""
    if not language or language.get("locale") is None:
        return ""
    products = language.get("products")
    found = f", found in {number(language.get('found_in') or 0)} of {number(products)} products" if products else ""
    return f". Language: {text(language['locale'])}{found}"


def _when(started: Any, finished: Any) -> str:
    """Two moments in RFC 3339 as people read them."""
    try:
        since, until = datetime.fromisoformat(str(started)), datetime.fromisoformat(str(finished))
    except ValueError:
        return f"{started} to {finished}"
    day = "" if since.date() == until.date() else f"{until:%d %B} "
    return f"{since:%d %B %Y, %H:%M} to {day}{until:%H:%M} UTC"


def _product(row: Mapping[str, Any]) -> str:
    """The product by its SKU, with the source's id where that is another."""
    sku, key = row["sku"], row["external_id"]
    return f"{sku} (source: {key})" if sku and key != sku else str(sku or key)


def _figures(content: Mapping[str, Any]) -> str:
    """The numbers that matter: how the records ended, and the pictures."""
    streams: Mapping[str, Mapping[str, int]] = content.get("streams", {})
    products = streams.get("products", {})
    figures = [(f"products {action}", products[action], action) for action in _FIGURES if products.get(action)]
    if made := streams.get("categories", {}).get("created"):
        figures.append(("categories created", made, ""))
    if sent := content.get("pictures", {}).get("sent"):
        figures.append(("pictures to send" if content.get("dry_run") else "pictures sent", sent, ""))
    if not figures:
        return "<p>No product or category came in.</p>"
    cards = "".join(
        f'<li class="{"bad" if action == "rejected" else "figure"}"><b>{number(count)}</b> {escape(label)}</li>'
        for label, count, action in figures
    )
    return f'<ul class="figures">{cards}</ul>'


def _links(tasks: Sequence[Part]) -> str:
    """What needs a person, as a list of links."""
    if not tasks:
        return section("todo", "Needs a person", "<p>Nothing. There is nothing to do for you.</p>")
    links = "".join(f'<li>{number(part.total)} — <a href="#{part.key}">{escape(part.title)}</a></li>' for part in tasks)
    return section("todo", "Needs a person", f'<ul class="todo">{links}</ul>')


def _for_a_person(
    content: Mapping[str, Any], unmapped: Sequence[Sequence[Any]], rejects: Sequence[Sequence[Any]]
) -> Iterator[Part]:
    totals = content.get("totals", {})
    rejected = max(totals.get("rejected", 0), len(rejects))
    heads = ("stream", "record", "stage", "why", "MicroPIM's words")
    yield Part(
        "rejected", "Records that could not go in", rejected,
        table(heads, rejects, "Each with every reason", rejected, "rejects.jsonl"),
        "They stand whole in rejects.jsonl. Correct the cause, then: target-micropim --replay rejects.jsonl",
    )  # fmt: skip
    yield _row_part(
        content, "conflicts", "Changed on both sides",
        "Somebody changed the field in MicroPIM, and the source changed it too: MicroPIM's value stands.",
    )  # fmt: skip
    yield _row_part(
        content, "unsure", "Nobody can tell whose value it is",
        "MicroPIM shows another value than the source, and the ledger does not know who put it there: it stands.",
    )  # fmt: skip
    rows = content.get("manual_actions", ())
    topics = content.get("for_a_person", {})
    for topic, title in (("picture", "Pictures to look at"), ("product", "Other things no program can do")):
        of_topic = [(_product(row), row["what"]) for row in rows if row["topic"] == topic]
        total = topics.get(topic, len(of_topic))
        yield Part(f"{topic}s", title, total, table(_HEADS, of_topic, "Product by product", total, _DETAILS))
    names = max(totals.get("unmapped", 0), len(unmapped))
    yield Part(
        "unmapped", "Names without an id in MicroPIM", names,
        table(("kind", "name", "products", "for example"), unmapped, "Most products first", names, "unmapped.csv"),
        "The products came over without them. Make the brand or supplier in MicroPIM and give its id in brand_map or "
        "supplier_map; the next run adds it.",
    )  # fmt: skip


def _row_part(content: Mapping[str, Any], kind: str, title: str, note: str) -> Part:
    rows = [(_product(row), row["what"]) for row in content.get(kind, ())]
    total = max(content.get("totals", {}).get(kind, 0), len(rows))
    return Part(kind, title, total, table(_HEADS, rows, "Product by product", total, _DETAILS), note)


def _other_parts(content: Mapping[str, Any]) -> Iterator[Part]:
    yield _row_part(content, "decisions", "Decided by you", "What your answers in the decisions file came to.")
    yield _changed(content)
    yield _held_back(content)
    yield _row_part(content, "warnings", "Warnings", "Taken over, with something left out or put right.")
    streams: Mapping[str, Mapping[str, int]] = content.get("streams", {})
    actions = list(dict.fromkeys(action for ends in streams.values() for action in ends))
    yield _listed(
        "streams", "All records", ("stream", *actions),
        [(stream, *(ends.get(action) for action in actions)) for stream, ends in streams.items()],
    )  # fmt: skip
    yield _listed("sent", "All pictures", ("what", "pictures"), list(content.get("pictures", {}).items()))
    languages = list(content.get("languages_left", {}).items())
    yield _listed("languages", "Languages left out: MicroPIM holds one", ("language", "products"), languages)
    texts = content.get("texts_in_other_languages", {})
    counted = [(name, language, count) for name, counts in texts.items() for language, count in counts.items()]
    title = "Texts in another language than the one asked for"
    yield _listed("texts", title, ("field", "language", "products"), counted)
    yield _row_part(content, "other_languages", f"{title}, by product", "Medipim has them in no better one.")
    codes = [(code,) for code in content.get("attributes_made", ())]
    yield _listed("attributes", "Attributes defined", ("code",), codes)
    yield Part("cost", "Requests and waits", 1, cost_section(content))


def _changed(content: Mapping[str, Any]) -> Part:
    """Field by field; what memory did not keep is counted by product."""
    kept = content.get("changes", ())
    rows = [
        (_product(change), field, values["before"], values["after"])
        for change in kept
        for field, values in change["fields"].items()
    ]
    total = len(rows) + content.get("totals", {}).get("changes", 0) - len(kept)
    heads = ("product", "field", "before", "after")
    return Part("changes", "What changed", total, table(heads, rows, "Field by field", total, _DETAILS))


def _held_back(content: Mapping[str, Any]) -> Part:
    """What the settings keep from MicroPIM, with the setting that would let it through."""
    rows = [
        (_product({**row, "external_id": row["id"]}), row["field"], row["micropim"], row["source"], row["setting"])
        for row in content.get("held_back", ())
    ]
    total = content.get("totals", {}).get("held_back", len(rows))
    heads = ("product", "field", "in MicroPIM", "in the source", "would come with")
    return Part(
        "held_back", "Held back by your settings", total,
        table(heads, rows, "Product by product", total, "held_back.csv"),
        "The source has another value, and a policy keeps MicroPIM's. Nothing is to be done, unless you want it: then "
        "change the setting and look at the effect with dry_run; the next run sends it.",
    )  # fmt: skip


def _listed(key: str, title: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> Part:
    return Part(key, title, len(rows), table(heads, rows, title, len(rows), "report.json"))
