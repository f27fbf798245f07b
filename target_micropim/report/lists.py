"""The lists of the report as tables beside it: one CSV for each, whole, and there while the run goes on."""

from collections.abc import Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any

from target_micropim.report.input_order import FieldChange
from target_micropim.report.sheet import Sheet

QUESTIONS = "questions.csv"
NUMBERS = "numbers.csv"
FILES: Mapping[str, str] = {
    "conflicts": QUESTIONS,
    "unsure": QUESTIONS,
    "manual_actions": "manual_actions.csv",
    "warnings": "warnings.csv",
    "other_languages": "other_languages.csv",
    "changes": "changes.csv",
    "decisions": "decided.csv",
}
COLUMNS = ("kind", "stream", "id", "sku", "name", "field", "source", "micropim", "what")
_FACTS_OF = itemgetter("stream", "external_id", "sku", "name", "field", "source", "micropim", "what")
CHANGE_COLUMNS = ("stream", "id", "sku", "name", "field", "before", "after")


def write_numbers(content: Mapping[str, Any], path: Path) -> None:
    """numbers.csv: the counts of report.json, one a row. Raises CannotWrite."""
    sheet = Sheet(path, ("list", "name", "what", "number"))
    for list_ in ("streams", "tried_again", "texts_in_other_languages"):
        for name, counts in content.get(list_, {}).items():
            for what, number in counts.items():
                sheet.hold((list_, name, what, number))
    for list_ in ("pictures", "languages_left", "totals", "for_a_person"):
        for name, number in content.get(list_, {}).items():
            sheet.hold((list_, name, None, number))
    for code in content.get("attributes_made", ()):
        sheet.hold(("attributes_made", code, None, None))
    for row in _of_requests(content.get("requests", {})):
        sheet.hold(row)
    sheet.flush()


def _of_requests(requests: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """What the run asked of MicroPIM and what it waited for; over time with the seconds since it began."""
    for name, counts in requests.items():
        if isinstance(counts, Mapping) and name != "over_time":
            yield from (("requests", name, what, number) for what, number in counts.items())
        elif name != "over_time":
            yield "requests", name, None, counts
    over_time = requests.get("over_time") or {}
    for kind, amounts in over_time.get("series", {}).items():
        for place, amount in enumerate(amounts):
            yield "requests_over_time", kind, round(place * over_time["bucket_seconds"], 3), amount


class Lists:
    """Used under the report's lock."""

    def __init__(self, folder: Path) -> None:
        self._sheets = {
            name: Sheet(folder / name, CHANGE_COLUMNS if name == "changes.csv" else COLUMNS)
            for name in dict.fromkeys(FILES.values())
        }

    def add(self, kind: str, row: Mapping[str, Any]) -> None:
        """A row of a list; one that is for a person says what kind of work it is. Raises CannotWrite."""
        what = row["topic"] if kind == "manual_actions" else kind
        self._sheets[FILES[kind]].add((what, *_FACTS_OF(row)))

    def ask(self, kind: str, row: Mapping[str, Any]) -> None:
        """A question that stands in another list too. Raises CannotWrite."""
        if FILES[kind] != QUESTIONS:
            self._sheets[QUESTIONS].add((kind, *_FACTS_OF(row)))

    def changed(self, subject: Mapping[str, Any], name: str, changes: list[FieldChange]) -> None:
        """What was there before and after, a row for each field. Raises CannotWrite."""
        who = (subject["stream"], subject["external_id"], subject["sku"], name)
        for field, before, after in changes:
            self._sheets["changes.csv"].hold((*who, field, before, after))
        self._sheets["changes.csv"].flush()
