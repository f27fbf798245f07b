"""Faults of the ledger and of the disk: damage, other owners, locks, no room; most after half of the work."""

import contextlib
import os
import random
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from sandbox.faults import Fault
from target_micropim.ledger import Ledger
from trials.faults.case import Case, ExpectedMessage, Injection, Outcome
from trials.faults.commands import run_here, start
from trials.faults.fixture import Fixture, Launch


class NotPossible(Exception):
    """This machine does not allow this fault."""


def ledger_cases() -> Iterator[Case]:
    """All that can be wrong with a ledger."""
    stopped = Outcome.STOPPED
    for name, damage, what in (
        ("ledger is another file", _garbage, "not a database"),
        ("ledger cut in half", _truncated, "malformed"),
        ("ledger damaged in the middle", _damaged, "damaged|malformed"),
    ):
        message = ExpectedMessage(what, "ledger.db", "delete it")
        yield Case("target", name, Injection(_half_done(damage)), stopped, message, short=damage is _damaged)
    yield Case("target", "ledger is an empty file", Injection(_empty), Outcome.IN_RUN)
    message = ExpectedMessage("another MicroPIM address", "ledger_url", "own ledger_url|rebind")
    injection = Injection(_half_done(_noted("organization", "somebody else")))
    yield Case("target", "ledger of another organization", injection, stopped, message, short=True)
    message = ExpectedMessage("newer version", "ledger_url", "update this program")
    yield Case("target", "ledger of a newer version", Injection(_half_done(_noted("version", "99"))), stopped, message)
    message = ExpectedMessage("Another run .process", "this ledger", "wait until it ends")
    yield Case("target", "another run is writing", Injection(_living_run), stopped, message, short=True)
    yield Case("target", "lock of a killed run", Injection(_killed_run), Outcome.IN_RUN, short=True)
    message = ExpectedMessage("database is locked", "ledger", "another program|run it again")
    yield Case("target", "ledger locked by another program", Injection(_half_done(_held)), stopped, message)


def new_ledger_cases() -> Iterator[tuple[str, Injection, ExpectedMessage]]:
    """What can be wrong with a ledger before the first run of a pair; it is deleted afterwards."""

    def gone_again(then: Callable[[Fixture], None], *, first: bool = True) -> Injection:
        def act(fixture: Fixture) -> None:
            if first:
                Ledger.open(fixture.target["ledger_url"]).upgrade()
            fixture.undo.append(lambda: _delete(fixture))
            then(fixture)

        return Injection(act)

    yield (
        "ledger is another file",
        gone_again(_garbage, first=False),
        ExpectedMessage("not a database", "ledger.db", "delete it"),
    )
    message = ExpectedMessage("another MicroPIM address", "ledger_url", "own ledger_url|rebind")
    yield "ledger of another organization", gone_again(_noted("organization", "somebody else")), message
    message = ExpectedMessage("database is locked", "ledger", "another program|run it again")
    yield "ledger locked by another program", gone_again(_held), message
    message = ExpectedMessage("full", "ledger", "make room")
    yield "disk full: ledger", Injection(_tiny("ledger", 160)), message


def disk_cases() -> Iterator[Case]:
    """No room for what must be kept."""
    stopped, room = Outcome.STOPPED, "make room"
    message = ExpectedMessage("disk I/O error|full", "ledger", room)
    yield Case("target", "file size limit: ledger", Injection(_limited), stopped, message, real=True, short=True)
    message = ExpectedMessage("full", "ledger", room)
    yield Case("target", "disk full: ledger", Injection(_tiny("ledger", 160)), stopped, message)
    message = ExpectedMessage("No space left", "reports", room)
    yield Case("target", "disk full: reports", Injection(_tiny("reports", 8)), stopped, message)
    yield Case("target", "disk full: rejects", Injection(_rejecting(_tiny("reports", 60))), stopped, message)


def _half_done(then: Callable[[Fixture], None]) -> Callable[[Fixture], None]:
    """Half of the input is in MicroPIM and in the ledger; what is done to the ledger is undone by deleting it."""

    def act(fixture: Fixture) -> None:
        lines = (fixture.folder / "given.jsonl").read_bytes().splitlines(keepends=True)
        half = fixture.folder / "half.jsonl"
        half.write_bytes(b"".join(lines[: len(lines) // 2]))
        any_number = fixture.folder / "any_number.json"  # half of a tree has many categories without a parent
        any_number.write_text('{"max_rejects": "100%"}')
        ended = run_here(fixture, "target", "--config", str(any_number), "--input", str(half))
        assert ended.code == 0, ended.err
        fixture.undo.append(lambda: _delete(fixture))
        then(fixture)

    return act


def _delete(fixture: Fixture) -> None:
    for file in fixture.folder.glob("ledger.db*"):
        file.unlink()


def _garbage(fixture: Fixture) -> None:
    fixture.ledger.write_bytes(b"these are holiday pictures\n" * 1000)


def _empty(fixture: Fixture) -> None:
    fixture.ledger.touch()


def _truncated(fixture: Fixture) -> None:
    with fixture.ledger.open("r+b") as file:
        file.truncate(fixture.ledger.stat().st_size // 8192 * 4096)


def _damaged(fixture: Fixture) -> None:
    """Pages in the middle are overwritten; the first page, with the list of tables, is whole."""
    size = fixture.ledger.stat().st_size
    with fixture.ledger.open("r+b") as file:
        file.seek(size // 3 // 4096 * 4096)
        file.write(random.Random(1).randbytes(size // 3))


def _noted(name: str, value: str) -> Callable[[Fixture], None]:
    def act(fixture: Fixture) -> None:
        ledger = Ledger.open(fixture.target["ledger_url"])
        ledger.note(name, value)
        ledger.close()

    return act


def _other_run(fixture: Fixture) -> "subprocess.Popen[bytes]":
    """A real run that waits for more input and holds the lock."""
    request_seen = threading.Event()
    fixture.box.micropim.on_request(lambda _call: request_seen.set())
    process = start(fixture, "target", stdin=subprocess.PIPE)
    assert process.stdin is not None
    lines = (fixture.folder / "given.jsonl").read_bytes().splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if b'"RECORD"' in line)
    process.stdin.write(b"".join(lines[: first + 1]))
    process.stdin.flush()
    assert request_seen.wait(30), "the other run asked nothing"
    return process


def _living_run(fixture: Fixture) -> None:
    process = _other_run(fixture)

    def end() -> None:
        process.communicate(timeout=60)

    fixture.undo.append(end)


def _killed_run(fixture: Fixture) -> None:
    with _other_run(fixture) as process:
        process.kill()


def _held(fixture: Fixture) -> None:
    """Another program holds the file exclusively."""
    holder = sqlite3.connect(fixture.ledger, check_same_thread=False)
    holder.execute("BEGIN EXCLUSIVE")
    fixture.undo.append(holder.close)


def _limited(fixture: Fixture) -> None:
    """No file may grow beyond what an empty ledger needs."""
    log = fixture.env.pop("SINGER_SDK_LOG_CONFIG")
    fixture.undo.append(lambda: fixture.env.update(SINGER_SDK_LOG_CONFIG=log))
    fixture.launch = Launch(file_limit=150_000)


def _tiny(what: str, kilobytes: int) -> Callable[[Fixture], None]:
    """A disk of a few kilobytes for one folder, made larger afterwards. NotPossible without the right to mount."""

    def act(fixture: Fixture) -> None:
        place = fixture.folder / f"tiny-{what}"
        place.mkdir()
        _mount(place, f"size={kilobytes}k")
        fixture.undo.append(lambda: _mount(place, "remount,size=64m"))
        settings = {
            "ledger": {"ledger_url": f"sqlite:///{place}/ledger.db"},
            "reports": {"report_dir": f"{place}/reports"},
        }
        fixture.target.update(settings[what])

    return act


def _mount(place: Path, how: str) -> None:
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", how, "tmpfs", str(place)], capture_output=True, check=False)
    if done.returncode:
        raise NotPossible(f"mount: {done.stderr.decode().strip()}")


def _rejecting(then: Callable[[Fixture], None]) -> Callable[[Fixture], None]:
    """Every product is refused, so that all go to the rejects."""

    def act(fixture: Fixture) -> None:
        fixture.box.micropim.faults.add(Fault("status", route="POST /api/products$", status=422, times=None))
        fixture.undo.append(fixture.box.micropim.faults.clear)
        then(fixture)

    return act


def release_disks(folder: Path) -> None:
    """Take tiny disks away, so that the folder can be deleted."""
    for place in folder.glob("tiny-*"):
        if os.path.ismount(place):
            with contextlib.suppress(OSError):
                subprocess.run(["umount", "-l", str(place)], check=False)
