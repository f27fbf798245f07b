"""What was started and how it ended, a line each: also of runs that ended before there was a report."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FILE = "attempts.jsonl"
MOST = 400


@dataclass(frozen=True)
class Attempt:
    """One run of a pipeline; ``said`` is the last line that told of a failure."""

    started_at: str
    finished_at: str
    exit_code: int
    dry_run: bool = False
    said: str = ""


def note(folder: Path, attempt: Attempt) -> None:
    """Add an attempt, and forget those beyond MOST. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FILE
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(asdict(attempt), ensure_ascii=False) + "\n")
    kept = file.read_text(encoding="utf-8", errors="replace").splitlines()
    if len(kept) > 2 * MOST:
        draft = file.with_name(f".{FILE}.{os.getpid()}.tmp")
        draft.write_text("\n".join(kept[-MOST:]) + "\n", encoding="utf-8")
        draft.replace(file)


def attempts_in(folder: Path) -> list[Attempt]:
    """All that are known, the oldest first; a line that was cut is passed over."""
    try:
        lines = (folder / FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return list(_read(lines))


def _read(lines: list[str]) -> Iterator[Attempt]:
    for line in lines:
        try:
            row: Any = json.loads(line)
            yield Attempt(
                str(row["started_at"]),
                str(row["finished_at"]),
                int(row["exit_code"]),
                bool(row.get("dry_run")),
                str(row.get("said", "")),
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            continue
