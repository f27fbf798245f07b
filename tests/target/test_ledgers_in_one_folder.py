"""Several ledgers in one folder, each open in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from target_micropim.ledger import Ledger
from target_micropim.ledger.neighbours import neighbours

READ = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); print(c.execute(sys.argv[2]).fetchone()[0]); c.close()"
FACT = "select value from meta where name = 'known'"


def read_by_another_process(file: Path) -> str:
    """As any program with SQLite does, which may be the last to close the file as far as locks tell."""
    done = subprocess.run([sys.executable, "-c", READ, str(file), FACT], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_look_at_the_folder_leaves_our_own_ledger_locked(tmp_path: Path) -> None:
    """A process loses its locks on a file with the first descriptor of it that it closes, whoever opened that.

    Another process then takes the ledger for closed: it cuts what is mapped (SIGBUS), and removes the log (-wal) that
    later writes still go to.
    """
    Ledger.open(f"sqlite:///{tmp_path}/other.db").close()
    url = f"sqlite:///{tmp_path}/own.db"
    ledger = Ledger.open(url)
    try:
        ledger.note("known", "before")
        assert list(neighbours(url)) == []
        assert read_by_another_process(tmp_path / "own.db") == "before"
        assert (tmp_path / "own.db-wal").exists()
        ledger.note("known", "after")
        assert read_by_another_process(tmp_path / "own.db") == "after"
    finally:
        ledger.close()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a pipe with a name is of POSIX")
def test_what_is_no_ledger_is_passed_over(tmp_path: Path) -> None:
    """A pipe without a writer, text, an empty file, a folder; another ledger among them is found."""
    os.mkfifo(tmp_path / ".env")
    (tmp_path / "notes.txt").write_text("SQLite format 3\0 is how a file begins\n" * 100)
    (tmp_path / "empty.db").touch()
    (tmp_path / "folder.db").mkdir()
    other = Ledger.open(f"sqlite:///{tmp_path}/other.db")
    try:
        other.note("organization", "https://shop.example 1234")
        (found,) = neighbours(f"sqlite:///{tmp_path}/own.db")
        assert (Path(found.name).name, found.organization) == ("other.db", "https://shop.example 1234")
    finally:
        other.close()
