"""The comparison of two recordings can fail: each kind of difference is found, and only times and ids are let pass."""

from pathlib import Path

import pytest

from trials.compare.difference import compared, load, save
from trials.compare.recording import all_nights, stands_out, unordered
from trials.compare.rules import RULES, bare

REQUEST = '{"method": "PATCH", "path": "/api/products/1", "query": {}, "status": 200, "body": {"name": "A"}}\n'
MESSAGE = '{"type":"RECORD","stream":"products","record":{"id":"1"},"time_extracted":"2026-11-29T21:02:23Z"}\n'
REPORT = """{
  "run_id": "20261129T210225Z-203e57",
  "started_at": "2026-11-29T21:02:25Z",
  "duration_seconds": 2.609,
  "requests": {
    "reads": {
      "turns": 28,
      "waited_seconds": 0.0
    },
    "over_time": {
      "bucket_seconds": 1.0,
      "series": {
        "reads": [
          2.0
        ]
      }
    }
  },
  "conflicts": [
    {"external_id": "1", "what": "name"}
  ]
}
"""
LOG = """2026-11-29 21:02:24,089 | INFO     | tap-medipim   | products      30         1        0       0.0      0.4
2026-11-29 21:02:27,715 | INFO     | target-micropim        | DONE in 2.6 s
2026-11-29 21:02:27,714 | INFO     | m | METRIC: {"metric":"sync_duration","value":0.0038,"tags":{"pid":9604}}
"""
NIGHT = {
    "1/micropim.requests": REQUEST * 2,
    "1/tap.stdout": MESSAGE,
    "1/report.json": REPORT,
    "1/target.stderr": LOG,
    "1/target.exit": "0\n",
}


def found(name: str, before: str, after: str) -> list[str]:
    """What is said when one text of the night is another one."""
    assert before in NIGHT[name]
    other = {**NIGHT, name: NIGHT[name].replace(before, after, 1)}
    return next(said for _night, said in compared({"n": NIGHT}, {"n": other}))


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("1/micropim.requests", '"name": "A"', '"name": "B"'),
        ("1/micropim.requests", "/products/1", "/products/2"),
        ("1/micropim.requests", '"PATCH"', '"PUT"'),
        ("1/micropim.requests", REQUEST, ""),
        ("1/tap.stdout", MESSAGE, ""),
        ("1/tap.stdout", MESSAGE, MESSAGE * 2),
        ("1/tap.stdout", '{"id":"1"}', '{"id":1}'),
        ("1/report.json", '"what": "name"', '"what": "price"'),
        ("1/report.json", '"turns": 28', '"turns": 29'),
        ("1/report.json", "  ", "    "),
        ("1/target.stderr", "30         1", "31         1"),
        ("1/target.stderr", "INFO", "WARNING"),
        ("1/target.stderr", "DONE in", "STOPPED after"),
        ("1/target.exit", "0", "1"),
    ],
)
def test_a_difference_is_found(name: str, before: str, after: str) -> None:
    """And named by the text that it is in."""
    assert found(name, before, after)[0] == f"{name}:"


def test_the_place_where_two_lines_part_is_shown() -> None:
    """Both sides, around the first letter that differs."""
    _name, where, gone, come = found("1/micropim.requests", '"name": "A"', '"name": "B"')
    assert where == "line 1: 1 lines became 1"
    assert gone.endswith('"name": "A"}}\\n')
    assert come.endswith('"name": "B"}}\\n')


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("1/report.json", "20261129T210225Z-203e57", "20261130T210225Z-abcdef"),
        ("1/report.json", "21:02:25Z", "21:02:26Z"),
        ("1/report.json", "2.609", "31.2"),
        ("1/report.json", "          2.0\n", "          1.0,\n          1.0\n"),
        ("1/tap.stdout", "21:02:23Z", "22:02:23.123Z"),
        ("1/target.stderr", "2026-11-29 21:02:24,089", "2027-01-01 00:00:00,000"),
        ("1/target.stderr", "0.4\n", "12.5\n"),
        ("1/target.stderr", "2.6 s", "1 min 02 s"),
        ("1/target.stderr", "0.0038", "3.1e-05"),
        ("1/target.stderr", "9604", "12"),
    ],
)
def test_times_and_ids_are_let_pass(name: str, before: str, after: str) -> None:
    """Each by its rule."""
    if name == "1/target.stderr" and before == "0.4\n":  # the tap's table stands in the tap's log
        assert bare("1/tap.stderr", LOG) == bare("1/tap.stderr", LOG.replace(before, after))
    else:
        assert found(name, before, after) == []


def test_a_text_or_a_night_that_is_missing_is_found() -> None:
    """On either side."""
    less = {name: text for name, text in NIGHT.items() if name != "1/report.json"}
    assert list(compared({"n": NIGHT}, {"n": less})) == [("n", ["1/report.json: only the old one wrote it"])]
    assert list(compared({"n": less}, {"n": NIGHT})) == [("n", ["1/report.json: only the new one wrote it"])]
    assert dict(compared({"n": NIGHT}, {}))["n"]
    assert dict(compared({}, {"n": NIGHT}))["n"]


def test_order_counts_unless_several_hands_are_at_work() -> None:
    """Then lines and rows are sorted, and one that is missing is found all the same."""
    one, other = REQUEST, REQUEST.replace("PATCH", "POST")
    assert dict(compared({"n": {"r": one + other}}, {"n": {"r": other + one}}))["n"]
    assert unordered("1/micropim.requests", one + other) == unordered("1/micropim.requests", other + one)
    assert unordered("1/micropim.requests", one + other) != unordered("1/micropim.requests", one)
    assert unordered("1/target.exit", "0\n") == "0\n"


def test_a_recording_survives_the_disk(tmp_path: Path) -> None:
    """Every letter of it, as it was."""
    odd = {**NIGHT, "1/tap.stdout": "a\r\nb\u2028c\x85\n", "1/target.stdout": ""}
    save(tmp_path, "a night", odd)
    assert load(tmp_path) == {"a night": odd}


def test_a_setting_must_make_a_difference() -> None:
    """Another address alone is none."""
    assert not stands_out({"1/micropim.requests": "http://127.0.0.1:1"}, {"1/micropim.requests": "http://127.0.0.1:2"})
    assert stands_out(NIGHT, {**NIGHT, "1/micropim.requests": REQUEST})


def test_nights_and_rules_are_what_they_seem() -> None:
    """Names are unique folders; each rule has its reason."""
    names = [night.name for night in all_nights()]
    assert len(set(names)) == len(names) > 80
    assert not any("/" in name for name in names)
    assert all(rule.why and rule.what for rule in RULES)
