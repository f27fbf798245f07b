"""The table at the end of a run: on a terminal, in a log, and with hostile words."""

import io
import json
import logging
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from target_micropim.report import terminal

WHOLE: dict[str, Any] = {
    "complete": True,
    "duration_seconds": 200,
    "streams": {
        "categories": {"received": 60, "unchanged": 60},
        "products": {"received": 5000, "rejected": 2, "created": 120, "unchanged": 4878},
    },
    "totals": {"rejected": 2, "conflicts": 3, "unmapped": 4},
    "for_a_person": {"picture": 5},
    "pictures": {"sent": 240},
    "requests": {
        "reads": {"turns": 160, "refused": 1},
        "writes": {"turns": 360, "refused": 0},
        "retries": 1,
        "waits": {"pace": 130.0, "asked": 20.0, "failing": 0.0},
    },
}
TABLE = """\
DONE in 3 min 20 s
  stream        received  created  unchanged  rejected
  categories          60                  60
  products          5000      120       4878         2
  pictures      240 sent
  requests      160 reads, 360 writes, 1 refused (429), 1 sent again
  waited        2 min 10 s for its turn, 20 s as MicroPIM asked; all requests together
  for a person  2 rejected, 3 changed on both sides, 5 with pictures to look at, 4 names without an id
  report        /r/report.html"""


class Terminal(io.StringIO):
    """Somebody sits there."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def shown(whole: dict[str, Any]) -> str:
    """The table without colours."""
    return "\n".join(line for line, _colour in terminal.lines(whole, Path("/r")))


def test_the_table_says_what_matters_and_no_more() -> None:
    """Columns for what happened, in a fixed order; requests, waits, what needs a person, and where the report is."""
    assert shown(WHOLE) == TABLE


def test_a_stopped_run_and_a_plan_say_so_first() -> None:
    """The first words are the most important ones."""
    assert shown({**WHOLE, "complete": False, "stopped_by": "no key"}).startswith("STOPPED after 3 min 20 s: no key")
    plan = shown({**WHOLE, "dry_run": True})
    assert plan.startswith("PLAN made in 3 min 20 s: nothing was written")
    assert "  pictures      240 to send\n" in plan


def test_hostile_words_reach_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Escape sequences, bidi marks and line breaks in names of streams stay visible text on one line."""
    evil = "a\x1b[2J\u202eb\nc\r\x07" + "x" * 500
    whole = {**WHOLE, "streams": {evil: {"received": 1, evil: 1}}, "complete": False, "stopped_by": evil}
    out = Terminal()
    terminal.show(whole, Path("/r"), logging.getLogger("t"), out)
    assert not re.search(r"[\u202e\x07\r]", out.getvalue())
    assert set(re.findall(r"\x1b\[[0-9;]*[A-Za-z]", out.getvalue())) <= {f"\x1b[{n}m" for n in (0, 1, 31, 33)}
    assert len(out.getvalue().splitlines()) == 8
    capsys.readouterr()


def test_streams_that_are_left_out_do_not_push_the_others_off() -> None:
    """The tap alone, without a host's selection, sends fifteen; two of them matter here."""
    more = {f"a{number}": {"received": 3, "acknowledged": 3} for number in range(13)}
    whole = {**WHOLE, "streams": {**more, **WHOLE["streams"]}}
    told = "  left out      13 streams that MicroPIM has no place for\n  pictures"
    assert shown(whole) == TABLE.replace("  pictures", told)


def test_many_streams_stay_a_small_table() -> None:
    """A tap may send a thousand streams."""
    lines = shown({**WHOLE, "streams": {f"s{n}": {"received": n} for n in range(1000)}}).splitlines()
    assert len(lines) < 25
    assert "  and 988 more streams: see the report" in lines


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb"), ("NO_COLOR", "")])
def test_colours_are_left_out_when_asked(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """NO_COLOR, when it is not empty, and terminals that know none."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv(name, value)
    out = Terminal()
    terminal.show(WHOLE, Path("/r"), logging.getLogger("t"), out)
    assert ("\x1b[" in out.getvalue()) is (value == "")


def test_in_a_log_each_row_is_a_line(world: Any, singer: Any) -> None:
    """Under a host: aligned behind the log's own words, without colours, and the report's place is a file."""
    ended = world.spawn(singer.lines(products=[singer.product(1), {"id": "2"}]))
    assert ended.code == 0
    assert "\x1b" not in ended.err
    rows = [line.split(" | ")[-1] for line in ended.err.splitlines()]
    start = next(number for number, row in enumerate(rows) if row.startswith("DONE in"))
    assert rows[start + 1].split() == ["stream", "received", "created", "rejected"]
    assert rows[start + 2].split() == ["products", "2", "1", "1"]
    assert "  for a person  1 rejected" in rows
    (place,) = [row for row in rows[start:] if row.startswith("  report ")]
    assert Path(place.split()[-1]).is_file()


def test_on_a_real_terminal_it_is_printed_in_colour(world: Any, singer: Any, on_a_terminal: Any) -> None:
    """Stderr is a terminal: no log prefix, the head in colour; stdout holds states and nothing else."""
    (world.folder / "config.json").write_text(json.dumps(world.settings()))
    env = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm"}
    command = [sys.executable, "-m", "target_micropim", "--config", "config.json"]
    given = b"\n".join(singer.lines(products=[singer.product(1)])) + b"\n"
    out, seen = on_a_terminal(command, world.folder, env, given)
    assert "\r\n\x1b[32mDONE in " in seen
    assert json.loads(out.splitlines()[-1]) == {"bookmarks": {"products": {"at": 1}}}
