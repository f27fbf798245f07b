"""report.html: one file for people, readable on a phone, without a single resource from outside.

Everything that comes from outside is text: escaped, isolated in its direction, its invisible marks made visible.
"""

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import islice
from pathlib import Path
from string import Template
from typing import Any

MOST_REJECTS = 500
_SHOWN_BLANKS = frozenset("\n\t ")
_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>target-micropim $run_id</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 70rem; padding: 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #8886; }
td { overflow-wrap: anywhere; min-width: 4rem; }
.ended { font-weight: bold; }
</style>
</head>
<body>
<h1>target-micropim: what this run did</h1>
$sections
</body>
</html>
""")

Rows = Iterable[Sequence[Any]]


def page(whole: Mapping[str, Any], unmapped: Mapping[tuple[str, str], int], rejects: Rows) -> str:
    """The whole page, of the content of report.json, the unmapped names and the rejects."""
    return _PAGE.substitute(
        run_id=_text(whole.get("run_id")), sections="\n".join(_sections(whole, unmapped, list(rejects)))
    )


def _sections(
    whole: Mapping[str, Any], unmapped: Mapping[tuple[str, str], int], rejects: Sequence[Sequence[Any]]
) -> Iterable[str]:
    yield _summary(whole)
    yield _table("Streams", ("stream", "what", "records"), _counts(whole.get("streams", {})))
    yield _table("Changed", ("product", "SKU", "field", "before", "after"), _changes(whole.get("changes", ())))
    for kind, title in (
        ("conflicts", "Conflicts: both sides changed, MicroPIM's value stands"),
        ("manual_actions", "For a person: pictures and other things no program can do"),
    ):
        yield _table(title, ("product", "SKU", "what"), _rows(whole.get(kind, ())))
    yield _table("Rejected", ("stream", "record", "stage", "why", "MicroPIM's words"), rejects)
    names = sorted(unmapped.items(), key=lambda item: (-item[1], item[0]))
    yield _table("Names without an id in MicroPIM", ("kind", "name", "products"), ((*key, n) for key, n in names))
    yield _table("Warnings", ("product", "SKU", "what"), _rows(whole.get("warnings", ())))
    yield _table("Pictures", ("what", "pictures"), whole.get("pictures", {}).items())
    yield _table("Languages left out", ("language", "products"), whole.get("languages_left", {}).items())
    yield _table("Attributes defined", ("code",), ((code,) for code in whole.get("attributes_made", ())))
    yield _table("Requests", ("what", "number"), _flat(whole.get("requests", {})))


def _summary(whole: Mapping[str, Any]) -> str:
    ended = "ended well" if whole.get("complete") else f"stopped: {whole.get('stopped_by')}"
    dry = " This was a dry run: nothing was written." if whole.get("dry_run") else ""
    told = (
        f"{whole.get('started_at')} to {whole.get('finished_at')}, {whole.get('duration_seconds')} s, "
        f"run {whole.get('run_id')}, {whole.get('api_url')}"
    )
    return f'<p class="ended">{_text(ended)}.{_text(dry)}</p>\n<p>{_text(told)}</p>'


def _counts(streams: Mapping[str, Mapping[str, int]]) -> Rows:
    return ((stream, action, number) for stream, ends in streams.items() for action, number in ends.items())


def _rows(rows: Iterable[Mapping[str, Any]]) -> Rows:
    return ((row["external_id"], row["sku"], row["what"]) for row in rows)


def _changes(changes: Iterable[Mapping[str, Any]]) -> Rows:
    for change in changes:
        for field, values in change["fields"].items():
            yield change["external_id"], change["sku"], field, values["before"], values["after"]


def _flat(requests: Mapping[str, Any]) -> Rows:
    for name, value in requests.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}: {inner}", number) for inner, number in value.items())
        else:
            yield name, value


def rejects_in(file: Path) -> Rows:
    """The first rejects of the run, as rows of the page."""
    if not file.is_file():
        return
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in islice(lines, MOST_REJECTS):
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):  # nested too deep to be read here; the file holds it whole
                yield None, None, None, "see rejects.jsonl", None
                continue
            why = "; ".join(f"{reason.get('path')}: {reason.get('message')}" for reason in found.get("reasons") or ())
            key, said = found.get("external_id"), found.get("said")
            yield found.get("stream"), key, found.get("stage"), why, said


def _table(title: str, heads: Sequence[str], rows: Rows) -> str:
    body = "\n".join("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    if not body:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    return (
        f'<h2>{escape(title)}</h2>\n<div class="table"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def _text(value: Any) -> str:
    """Text from outside, in a direction of its own; nothing for nothing."""
    if value is None or value == "":
        return ""
    return f"<bdi>{escape(_visible(str(value)))}</bdi>"


def _visible(text: str) -> str:
    """Marks that are not seen but turn, hide or break text, by their number instead."""
    return "".join(
        character if character in _SHOWN_BLANKS or unicodedata.category(character)[0] != "C"
        else f"[U+{ord(character):04X}]"
        for character in text
    )  # fmt: skip
