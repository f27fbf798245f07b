"""``--undo``: which run is meant, and whether its journal can be taken back by this ledger."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pim_wire.errors import InvalidInput
from target_micropim.connection import Connection
from target_micropim.errors import LedgerUnusable
from target_micropim.host import OpenRun
from target_micropim.ledger import Ledger
from target_micropim.report.journal import FILE, JournalFile

LAST = "last"
_SECOND = len("20260101T000000Z")  # of a folder's name
SHOWN = 5  # runs that are named where the one that was asked for has changed nothing

logger = logging.getLogger("target-micropim")


@dataclass(frozen=True)
class RunJournal:
    """The run that is taken back, by the name of its folder, and what it wrote."""

    run_id: str
    file: JournalFile

    def refuse_another(self, ledger: Ledger) -> None:
        """Raises LedgerUnusable for a run of another ledger: its products are not those that this one knows."""
        if self.file.ledger != ledger.identity():
            raise LedgerUnusable(
                f"--undo {self.run_id}: that run wrote with another ledger than ledger_url; only the ledger that knows "
                "what was sent can take it back"
            )


def undo(connection: Connection, name: str) -> None:
    """Take back what a run has written, in a run of its own; nothing where it has changed nothing. Raises StopRun."""
    journal = journal_of(connection.settings.report_dir, name)
    if journal is None:
        return
    run = OpenRun(connection, undoes=journal.run_id)
    with run.or_abort():
        journal.refuse_another(run.engine.ledger)
        run.engine.undo(journal.file)
    run.tell()


def journal_of(report_dir: str, name: str) -> RunJournal | None:
    """The journal of a run: the name of its folder, the folder itself, or ``last``; None where it changed nothing.

    Raises InvalidInput when there is no such run.
    """
    reports = Path(report_dir)
    folder = _last(reports) if name == LAST else _named(reports, name)
    file = folder / FILE
    if not file.is_file() or not JournalFile.has_begun(file):
        others = ", ".join(run.name for run in _runs(reports) if (run / FILE).is_file()) or "none"
        logger.warning("Run %s has no %s: it changed nothing, or was a preview. Runs that can be undone: %s",
                       folder.name, FILE, others)  # fmt: skip
        return None
    journal = JournalFile(file)
    logger.info("Undo of run %s: %d writes to products", folder.name, journal.writes)
    return RunJournal(folder.name, journal)


def _named(reports: Path, name: str) -> Path:
    folder = reports / Path(name).name
    is_here = Path(name).name == name or Path(name).resolve() == folder.resolve()
    is_a_name = bool(folder.name.strip(".")) and folder.name != reports.name
    if not is_here or not is_a_name or not folder.is_dir() or folder.is_symlink():
        known = ", ".join(run.name for run in list(_runs(reports))[:SHOWN])
        newest = f"the newest are {known}" if known else "there is none"
        raise InvalidInput(f"--undo {name or repr(name)}: no such run in {reports}; {newest}")
    return folder


def _last(reports: Path) -> Path:
    """The newest run that was neither a preview nor an undo: undone twice, it is still the same."""
    run = next((run for run in _runs(reports) if _is_own(run)), None)
    if run is None:
        raise InvalidInput(f"--undo last: there is no run in {reports}")
    return run


def _runs(reports: Path) -> Iterator[Path]:
    """Folders of runs, the newest first: their names begin with their second."""
    folders = reports.iterdir() if reports.is_dir() else ()
    runs = [path for path in folders if path.is_dir() and path.name[:8].isdigit()]
    yield from sorted(runs, key=lambda run: (run.name[:_SECOND], run.stat().st_mtime_ns), reverse=True)


def _is_own(run: Path) -> bool:
    """Whether a run wrote what its source has; a run that was killed has no report."""
    if (run / "plan.jsonl").exists():
        return False
    if (run / FILE).is_file():
        return JournalFile.is_of_a_source(run / FILE)
    try:
        return not json.loads((run / "report.json").read_text(encoding="utf-8")).get("undoes")
    except (OSError, ValueError, AttributeError):
        return True
