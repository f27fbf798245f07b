"""Draw docs/architecture.md and its picture from the imports: ``--write`` them, or check (the default)."""

import argparse
import ast
import sys
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE, PICTURE = ROOT / "docs" / "architecture.md", ROOT / "docs" / "pictures" / "architecture.svg"
PACKAGES = ("tap_medipim", "target_micropim", "pim_wire", "sandbox")
HOST = frozenset({"__init__", "__main__", "target", "sinks"})  # of the target: what the SDK sees of it
ERRORS = "target_micropim.errors"
WIDE, HIGH, GAP, ROW = 220, 40, 30, 90
Rooms = dict[str, set[str]]


def room_of(module: str) -> str:
    """The box a module stands in: a folder or a module of the target, else the package itself."""
    package, *inner = module.split(".")
    if package != "target_micropim" or not inner or inner[0] in HOST:
        return package
    return f"{package}.{inner[0]}"


def imports() -> Rooms:
    """Which room uses which others."""
    rooms: Rooms = {}
    for file in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        here = room_of(".".join(file.relative_to(ROOT).with_suffix("").parts))
        used = rooms.setdefault(here, set())
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += _imported_from(node) if isinstance(node, ast.ImportFrom) else []
            used |= {room_of(name) for name in names if name.split(".")[0] in PACKAGES} - {here}
    return rooms


def _imported_from(node: ast.ImportFrom) -> list[str]:
    """``from package import module`` names the module."""
    return [f"{node.module}.{alias.name}" for alias in node.names]


def depths(rooms: Rooms) -> dict[str, int]:
    """The row of each room: one below the lowest of those that use it. Raises SystemExit on a circle."""
    rows = dict.fromkeys(rooms, 0)
    for _ in range(len(rooms) + 1):
        before = dict(rows)
        for room, used in rooms.items():
            for other in used:
                rows[other] = max(rows[other], rows[room] + 1)
        if rows == before:
            return rows
    raise SystemExit("the rooms import each other in a circle")


def without_errors(rooms: Rooms) -> Rooms:
    """Every room of the target uses its errors: no box, and no arrows."""
    return {room: used - {ERRORS} for room, used in rooms.items() if room != ERRORS}


def shortest(rooms: Rooms) -> Rooms:
    """Without the lines that a longer way covers: what is used over another room needs no line of its own."""

    def reached(room: str) -> set[str]:
        return rooms[room].union(*(reached(other) for other in rooms[room]))

    return {room: {o for o in used if not any(o in reached(x) for x in used - {o})} for room, used in rooms.items()}


def drawn(rooms: Rooms) -> str:
    """An SVG: what stands higher uses what stands lower."""
    rows = depths(rooms)
    places: dict[str, tuple[int, int]] = {}
    levels = [sorted(room for room in rooms if rows[room] == row) for row in range(max(rows.values()) + 1)]
    most = max(len(level) for level in levels)
    for row, level in enumerate(levels):
        indent = GAP + (most - len(level)) * (WIDE + GAP) // 2
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
    return f'<path d="M{x1} {y1}C{x1} {y1 + 30} {x2} {y2 - 30} {x2} {y2}" fill="none" stroke="#8fa3ad"/>'


def _box(room: str, place: tuple[int, int]) -> str:
    x, y = place
    fill = "#e3f2ee" if room.startswith("target") else "#f0e8f5" if room.startswith("tap") else "#eef1f3"
    rect = f'<rect x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="8" fill="{fill}" stroke="#5b6875"/>'
    return f'{rect}<text x="{x + WIDE // 2}" y="{y + 25}" text-anchor="middle">{escape(room)}</text>'


def page(rooms: Rooms) -> str:
    """The page: the picture, and the same as a table."""
    table = [
        f"| `{room}` | {', '.join(f'`{other}`' for other in sorted(used)) or 'nothing'} |"
        for room, used in rooms.items()
    ]
    return "\n".join([
        "# Architecture", "",
        "Made from the imports by `make generate`. What stands higher uses what stands lower; no line goes up, which",
        "`tests/project/test_imports.py` enforces. A line that a longer way covers is left out of the picture; the",
        "table has all. `target_micropim` itself is what the SDK sees: `target.py`. Its `errors.py`, which every room",
        "uses, has no box. How one record travels through these rooms: [the road](tour.md).", "",
        "![Rooms and what they use](pictures/architecture.svg)", "",
        "| room | uses |", "| --- | --- |", *table, "",
    ])  # fmt: skip


def main() -> int:
    """Write the files, or say which are out of step."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--write", action="store_true", help="write the files instead of checking them")
    write = flags.parse_args().write
    rooms = without_errors(imports())
    contents = {PAGE: page(rooms), PICTURE: drawn(rooms)}
    stale = [path for path, text in contents.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale if write else []:
        path.write_text(contents[path], encoding="utf-8")
    if stale and not write:
        print(f"out of step with the imports: {', '.join(path.name for path in stale)}; run: make generate")
    return int(bool(stale) and not write)


if __name__ == "__main__":
    sys.exit(main())
