"""Draw the rooms of docs/tour.md and their picture from the imports: ``--write`` them, or check (the default).

A room is a package; of the target, a folder or a module that stands beside the folders.
"""

import argparse
import ast
import sys
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE, PICTURE = ROOT / "docs" / "tour.md", ROOT / "docs" / "pictures" / "architecture.svg"
BEGIN, END = "<!-- generated: rooms -->\n", "<!-- end of generated: rooms -->\n"
PACKAGES = ("tap_medipim", "target_micropim", "micropim_fleet", "pim_airbyte", "pim_wire", "sandbox")
TARGET = "target_micropim"
# Modules that belong to another one's room: the entry point and the sinks to the adapter, the lines to their reader.
PARTS = {"__init__": "target", "__main__": "target", "sinks": "target", "lines": "reader"}
# In a column of their own: the line between them would run behind the target's rooms.
ASIDE = ("tap_medipim", "pim_airbyte", "pim_wire")
WIDE, HIGH, GAP, ROW = 140, 36, 24, 78
Rooms = dict[str, set[str]]


def room_of(module: str) -> str:
    """The room a module stands in."""
    package, _, rest = module.partition(".")
    name = rest.partition(".")[0] or "__init__"
    return PARTS.get(name, name) if package == TARGET else package


def imports() -> Rooms:
    """Which room uses which others."""
    rooms: Rooms = {}
    for file in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        room = room_of(".".join(file.relative_to(ROOT).with_suffix("").parts))
        used = rooms.setdefault(room, set())
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += _imported_from(node) if isinstance(node, ast.ImportFrom) else []
            used |= {room_of(name) for name in names if name.split(".")[0] in PACKAGES} - {room}
    return rooms


def _imported_from(node: ast.ImportFrom) -> list[str]:
    """``from package import module`` names the module."""
    return [f"{node.module}.{alias.name}" for alias in node.names]


def depths(rooms: Rooms) -> dict[str, int]:
    """The row of each room: one below the lowest of those that use it. Raises SystemExit on a cycle."""
    rows = dict.fromkeys(rooms, 0)
    for _ in range(len(rooms) + 1):
        before = dict(rows)
        for room, used in rooms.items():
            for other in used:
                rows[other] = max(rows[other], rows[room] + 1)
        if rows == before:
            return rows
    raise SystemExit("the rooms import each other in a cycle")


def shortest(rooms: Rooms) -> Rooms:
    """Without the lines that a longer way covers: what is used over another room needs no line of its own."""

    def reached(room: str) -> set[str]:
        return rooms[room].union(*(reached(other) for other in rooms[room]))

    return {room: {o for o in used if not any(o in reached(x) for x in used - {o})} for room, used in rooms.items()}


def drawn(rooms: Rooms) -> str:
    """An SVG: what stands higher uses what stands lower."""
    rows = depths(rooms)
    places: dict[str, tuple[int, int]] = {}
    levels = [
        sorted(room for room in rooms if rows[room] == row and room not in ASIDE)
        for row in range(max(rows.values()) + 1)
    ]
    most = max(len(level) for level in levels)
    places |= {room: (GAP, GAP + rows[room] * ROW) for room in ASIDE}
    for row, level in enumerate(levels):
        indent = WIDE + 2 * GAP + (most - len(level)) * (WIDE + GAP) // 2
        places |= {room: (indent + place * (WIDE + GAP), GAP + row * ROW) for place, room in enumerate(level)}
    width = max(x for x, _y in places.values()) + WIDE + GAP
    height = max(y for _x, y in places.values()) + HIGH + GAP
    lines = [
        _line(places[room], places[other]) for room, used in sorted(shortest(rooms).items()) for other in sorted(used)
    ]
    boxes = [_box(room, place) for room, place in sorted(places.items())]
    size = f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="14"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
    back = f'<rect width="{width}" height="{height}" fill="#fff"/>'
    return "\n".join([head, back, *lines, *boxes, "</svg>"]) + "\n"


def _line(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1, x2, y2 = start[0] + WIDE // 2, start[1] + HIGH, end[0] + WIDE // 2, end[1]
    return f'<path d="M{x1} {y1}C{x1} {y1 + 28} {x2} {y2 - 28} {x2} {y2}" fill="none" stroke="#8fa3ad"/>'


def _box(room: str, place: tuple[int, int]) -> str:
    x, y = place
    fill = "#f0e8f5" if room == "tap_medipim" else "#eef1f3" if room in PACKAGES else "#e3f2ee"
    rect = f'<rect x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="8" fill="{fill}" stroke="#5b6875"/>'
    return f'{rect}<text x="{x + WIDE // 2}" y="{y + 23}" text-anchor="middle">{escape(room)}</text>'


def page(rooms: Rooms) -> str:
    """The page with its part between the markers made anew: the picture, and the same as a table."""
    rows = depths(rooms)
    table = [
        f"| `{room}` | {', '.join(f'`{other}`' for other in sorted(rooms[room])) or 'nothing'} |"
        for room in sorted(rooms, key=lambda room: (rows[room], room))
    ]
    lines = ["![Rooms and what they use](pictures/architecture.svg)", "", "| room | uses |", "| --- | --- |", *table]
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit(f"marker missing in {PAGE.name}: {BEGIN.strip()}")
    return before + BEGIN + "\n".join(lines) + "\n" + END + after


def main() -> int:
    """Write the files, or say which are out of step."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--write", action="store_true", help="write the files instead of checking them")
    write = flags.parse_args().write
    rooms = imports()
    contents = {PAGE: page(rooms), PICTURE: drawn(rooms)}
    stale = [path for path, text in contents.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale if write else []:
        path.write_text(contents[path], encoding="utf-8")
    if stale and not write:
        print(f"out of step with the imports: {', '.join(path.name for path in stale)}; run: make generate")
    return int(bool(stale) and not write)


if __name__ == "__main__":
    sys.exit(main())
