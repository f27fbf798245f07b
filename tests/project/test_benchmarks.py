"""The page of the benchmarks is what the kept figures say, and a verdict follows from its figures."""

import copy
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from benchmarks.page import PAGE, ROOT, TABLES, kept_figures, rendered
from benchmarks.verdicts import verdicts

MARKER = "<!-- generated: {} -->"


def contenders(**cpu: float) -> dict[str, Any]:
    """A part with these contenders."""
    rows = {name: {"wall": cpu[name], "cpu": cpu[name], "peak_mb": 50.0, "runs": 3} for name in cpu}
    return {"products": 100_000, "requests_a_run": 2, "contenders": rows}


def point(products: int, cpu: float, peak: float) -> dict[str, Any]:
    """A point of a series."""
    return {"products": products, "wall": cpu, "cpu": cpu, "peak_mb": peak, "runs": 1}


def phase(case: str, rate: float, refused: int) -> dict[str, Any]:
    """A phase of writing against 600 a minute."""
    return {"case": case, "limit": 600, "rate": rate, "settled": rate, "taken": 594, "refused": refused}


TAP = contenders(**{"ours": 5.0, "SDK template": 30.0, "dlt, extraction": 20.0, "Airbyte low-code": 20.0, "floor": 4.0})
TARGET = contenders(
    **{"ours, ledger of 10 rows": 10.0, "ours, ledger of 99 rows": 13.0, "SDK template": 100.0, "floor": 1.0}
)
AIRBYTE = {
    "products": 100,
    "reading": contenders(**{"source-medipim": 5.4, "tap-medipim": 5.0})["contenders"],
    "writing": contenders(**{"destination-micropim": 10.0, "target-micropim": 10.0})["contenders"],
}
LINE = [point(1_000, 1.0, 60.0), point(10_000, 10.0, 61.0), point(300_000, 300.0, 62.0)]
SERIES = dict.fromkeys(("tap, stream", "tap, pages", "target, unchanged", "target, first load"), LINE)
STARTS = {"import singer_sdk": {"heavy": ["requests"]}, "tap --version": {"heavy": ["requests"]}}
REACHED = {
    "tap": TAP,
    "pages": TAP,
    "target": TARGET,
    "airbyte": AIRBYTE,
    "growth": {"series": SERIES, "memory": [10_000, 300_000]},
    "requests": {"cases": [{"name": "all", "lawful": True}]},
    "start": {"commands": STARTS},
    "writing": {"phases": [phase("known", 570, 0), phase("unknown, then half", 540, 6)]},
}


def test_the_page_is_what_the_figures_say() -> None:
    """No table and no verdict was touched by hand; every part has its place."""
    text = PAGE.read_text(encoding="utf-8")
    assert rendered(text, kept_figures()) == text
    for part in (*TABLES, "verdicts"):
        assert text.count(MARKER.format(part)) == 1


def test_every_table_has_as_many_cells_as_its_head() -> None:
    """A bar inside a cell would tear the table."""
    for part, kept in kept_figures().items():
        lines = TABLES[part](kept["figures"]) if part in TABLES else []
        tables = "\n".join(lines).split("\n\n")
        for rows in (block.split("\n") for block in tables if block):
            assert {row.count("|") for row in rows} == {rows[0].count("|")}, part


def test_a_goal_just_met_is_reached() -> None:
    """Every figure at its bound."""
    missed = [one for one in verdicts(REACHED) if one.reached is not True]
    assert missed == []


def test_a_part_that_was_not_measured_has_no_verdict() -> None:
    """Nothing is claimed."""
    assert {one.row()[2] for one in verdicts({})} == {"not measured"}


@pytest.mark.parametrize(
    ("part", "path", "value", "wanted"),
    [
        ("tap", ("contenders", "SDK template", "cpu"), 29.9, "tap, stream: 6 times as fast as SDK template"),
        ("pages", ("contenders", "dlt, extraction", "cpu"), 19.9, "tap, pages: 4 times as fast as dlt"),
        ("tap", ("contenders", "Airbyte low-code", "cpu"), 19.9, "tap, stream: 4 times as fast as Airbyte low-code"),
        ("tap", ("contenders", "floor", "cpu"), 3.9, "tap, stream: 0.8 of the floor"),
        ("pages", ("contenders", "ours", "peak_mb"), 80.0, "tap, pages: under 80 MB"),
        ("target", ("contenders", "SDK template", "cpu"), 99.0, "target: 10 times as fast as the SDK template"),
        ("target", ("requests_a_run",), 100_000, "target: no request per unchanged record"),
        (
            "target",
            ("contenders", "ours, ledger of 99 rows", "cpu"),
            13.1,
            "target: a large ledger costs at most 1.3 times a small one",
        ),
        (
            "airbyte",
            ("writing", "destination-micropim", "cpu"),
            11.1,
            "Airbyte: destination-micropim within 10 % of target-micropim",
        ),
        ("writing", ("phases", 0, "refused"), 1, "writing, limit known: 95 % of it used, no 429"),
        (
            "writing",
            ("phases", 1, "settled"),
            539,
            "writing, limit unknown: settles within 10 %, at most 1 % refused",
        ),
        ("requests", ("cases", 0, "lawful"), False, "target: as many writes as changes, in every case"),
        (
            "start",
            ("commands", "tap --version", "heavy"),
            ["sqlalchemy"],
            "start: nothing heavy beyond what the SDK itself imports",
        ),
        (
            "growth",
            ("series", "tap, stream", 2, "peak_mb"),
            65.0,
            "tap, stream: under 80 MB, the same at each size",
        ),
        ("growth", ("series", "target, unchanged", 2, "cpu"), 900.0, "growth: target, unchanged: a straight line"),
    ],
)
def test_a_goal_just_missed_is_not_reached(part: str, path: tuple[Any, ...], value: object, wanted: str) -> None:
    """One figure beyond its bound, and this verdict is the one that changes."""
    figures = {name: copy.deepcopy(found) for name, found in REACHED.items()}
    figures["growth"]["series"] = {name: copy.deepcopy(LINE) for name in SERIES}
    place: Any = figures[part]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert [one.goal for one in verdicts(figures) if not one.reached] == [wanted]


def test_the_picture_of_growth_shows_every_series() -> None:
    """A well-formed SVG with text that is text."""
    kept = kept_figures()
    picture = ET.parse(ROOT / "docs" / "pictures" / "growth.svg")  # noqa: S314 - our own file
    texts = {node.text for node in picture.iter("{http://www.w3.org/2000/svg}text")}
    assert set(kept["growth"]["figures"]["series"]) <= texts
