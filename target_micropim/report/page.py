"""report.html: one file for people, readable on a phone, without a single resource from outside.

First what needs a person, then what became of the products, then everything else. Each part is cut to what a phone
opens at once, and names the file that holds the rest.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from target_micropim.report.charts import duration
from target_micropim.report.markup import number, section, text
from target_micropim.report.parts import Part, Parts, Rows
from target_micropim.report.words import Words

STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_PAGE = Template("""<!DOCTYPE html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="$policy">
<title>$tab</title>
<style>
$style</style>
</head>
<body>
<header>
<h1>$title</h1>
$head
</header>
<main>
$sections
</main>
</body>
</html>
""")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(content: Mapping[str, Any], rows: Rows, words: Words) -> str:
    """The whole page, of the content of report.json and the rows beside it."""
    parts = Parts(content, rows, words)
    tasks = [part for part in parts.tasks() if part.total]
    rest = [part for part in (*parts.products(), *parts.others()) if part.body]
    links = "".join(f'<li><a href="#{part.key}">{escape(part.title)}</a></li>' for part in rest)
    shown = "\n".join(section(part.key, part.title, part.body, part.note) for part in [*tasks, *rest])
    more = f'<nav aria-label="{escape(words("more_here"))}"><ul>{links}</ul></nav>'
    return frame(
        words,
        title=_title(content, words),
        tab=words("tab", run=_plain(content.get("run_id"))),
        head=_state(content, sum(part.total for part in tasks), words),
        sections=f"{_links(tasks, words)}\n{more}\n{shown}",
    )


def _title(content: Mapping[str, Any], words: Words) -> str:
    if content.get("undoes"):
        return words("title_undo")
    return words("title_plan") if content.get("dry_run") else words("title")


def frame(words: Words, *, title: str, tab: str, head: str, sections: str) -> str:
    """A page around its head and its sections, which are markup; ``title`` and ``tab`` are text."""
    return _PAGE.substitute(
        language=words.language, policy=_POLICY, style=STYLE, title=escape(title), tab=tab, head=head, sections=sections
    )


def _plain(value: Any) -> str:
    """Text from outside where no element can stand."""
    return text(value).removeprefix("<bdi>").removesuffix("</bdi>")


def _state(content: Mapping[str, Any], todo: int, words: Words) -> str:
    """How it ended, when, where."""
    if not content.get("complete"):
        kind, headline, more = "stopped", words("stopped"), content.get("stopped_by")
    elif content.get("dry_run"):
        kind, headline, more = "dry", words("plan"), words("plan_note")
        if writes := content.get("planned_writes"):
            lasts = duration(content.get("planned_seconds") or 0, words)
            more = f"{more} {words('plan_takes', number=number(writes), time=lasts)}"
    elif undoes := content.get("undoes"):
        kind, headline, more = "done", words("taken_back"), words("taken_back_note", run=undoes)
    else:
        kind, headline, more = "done", words("done"), words("no_task")
        if todo:
            more = words("one_task") if todo == 1 else words("tasks", number=number(todo))
    when = _when(content.get("started_at"), content.get("finished_at"), words)
    lasted = duration(content.get("duration_seconds") or 0, words)
    run = f"{text(content.get('api_url'))}, {words('run', run=text(content.get('run_id')))}"
    run += _language(content.get("language"), words)
    return (
        f'<div class="state {kind}"><p><strong>{escape(headline)}</strong> {text(more)}</p></div>\n'
        f'<p class="quiet">{text(when)}, {lasted}. {run}.</p>'
    )


def _language(language: Mapping[str, Any] | None, words: Words) -> str:
    """The language that was written, and in how many products of the input it was found."""
    if not language or language.get("locale") is None:
        return ""
    written = text(language["locale"])
    if not (products := language.get("products")):
        return f". {words('language', language=written)}"
    found = number(language.get("found_in") or 0)
    return f". {words('language_found', language=written, number=found, products=number(products))}"


def _when(started: Any, finished: Any, words: Words) -> str:
    """Two moments in RFC 3339 as people read them, in local time."""
    try:
        since, until = (datetime.fromisoformat(str(moment)).astimezone() for moment in (started, finished))
    except (ValueError, OverflowError, OSError):
        return str(words("from_to", since=started, until=finished))
    end = words.moment(until, with_day=since.date() != until.date())
    return words("from_to", since=words.moment(since), until=f"{end} {until:%Z}")


def _links(tasks: Sequence[Part], words: Words) -> str:
    """What needs a person, as a list of links."""
    if not tasks:
        return section("todo", words("todo"), f"<p>{escape(words('todo_none'))}</p>")
    links = "".join(f'<li>{number(part.total)} — <a href="#{part.key}">{escape(part.title)}</a></li>' for part in tasks)
    return section("todo", words("todo"), f'<ul class="todo">{links}</ul>')
