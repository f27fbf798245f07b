"""Faults of the ledger and of the disk: damage, strangers, locks, no room; most strike after half of the work."""

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
from trials.faults.case import Case, Outcome, Says, Strike
from trials.faults.commands import run_here, start
from trials.faults.scene import Launch, Scene


class NotHere(Exception):
    """This machine does not allow the fault to be made."""


def ledger_cases() -> Iterator[Case]:
    """All that can be wrong with a ledger."""
    stopped = Outcome.STOPPED
    for name, damage, what in (
        ("ledger is another file", _garbage, "not a database"),
        ("ledger cut in half", _truncated, "malformed"),
        ("ledger damaged in the middle", _damaged, "damaged|malformed"),
    ):
        says = Says(what, "ledger.db", "delete it")
        yield Case("target", name, Strike(_half_done(damage)), stopped, says, short=damage is _damaged)
    yield Case("target", "ledger is an empty file", Strike(_empty), Outcome.IN_RUN)
    says = Says("another MicroPIM address or key", "ledger_url", "own ledger_url|delete the ledger")
    strike = Strike(_half_done(_noted("organization", "somebody else")))
    yield Case("target", "ledger of another organization", strike, stopped, says, short=True)
    says = Says("newer version", "ledger_url", "update this program")
    yield Case("target", "ledger of a newer version", Strike(_half_done(_noted("version", "99"))), stopped, says)
    says = Says("Another run .process", "this ledger", "wait until it ends")
    yield Case("target", "another run is writing", Strike(_living_run), stopped, says, short=True)
    yield Case("target", "lock of a killed run", Strike(_killed_run), Outcome.IN_RUN, short=True)
    says = Says("database is locked", "ledger", "another program|run it again")
    yield Case("target", "ledger locked by another program", Strike(_half_done(_held)), stopped, says)


def new_ledger_cases() -> Iterator[tuple[str, Strike, Says]]:
    """What can be wrong with a ledger before the first run of a pair; it is deleted afterwards."""

    def gone_again(then: Callable[[Scene], None], *, first: bool = True) -> Strike:
        def act(scene: Scene) -> None:
            if first:
                Ledger.open(scene.target["ledger_url"]).upgrade()
            scene.undo.append(lambda: _delete(scene))
            then(scene)

        return Strike(act)

    yield "ledger is another file", gone_again(_garbage, first=False), Says("not a database", "ledger.db", "delete it")
    says = Says("another MicroPIM address or key", "ledger_url", "own ledger_url|delete the ledger")
    yield "ledger of another organization", gone_again(_noted("organization", "somebody else")), says
    says = Says("database is locked", "ledger", "another program|run it again")
    yield "ledger locked by another program", gone_again(_held), says
    says = Says("full", "ledger", "make room")
    yield "disk full: ledger", Strike(_tiny("ledger", 160)), says


def disk_cases() -> Iterator[Case]:
    """No room for what must be kept."""
    stopped, room = Outcome.STOPPED, "make room"
    says = Says("disk I/O error|full", "ledger", room)
    yield Case("target", "file size limit: ledger", Strike(_limited), stopped, says, real=True, short=True)
    says = Says("full", "ledger", room)
    yield Case("target", "disk full: ledger", Strike(_tiny("ledger", 160)), stopped, says)
    says = Says("No space left", "reports", room)
    yield Case("target", "disk full: reports", Strike(_tiny("reports", 8)), stopped, says)
    yield Case("target", "disk full: rejects", Strike(_rejecting(_tiny("reports", 60))), stopped, says)


def _half_done(then: Callable[[Scene], None]) -> Callable[[Scene], None]:
    """Half of the input is in MicroPIM and in the ledger; what is done to the ledger is undone by deleting it."""

    def act(scene: Scene) -> None:
        lines = (scene.folder / "given.jsonl").read_bytes().splitlines(keepends=True)
        half = scene.folder / "half.jsonl"
        half.write_bytes(b"".join(lines[: len(lines) // 2]))
        ended = run_here(scene, "target", "--input", str(half))
        assert ended.code == 0, ended.err
        scene.undo.append(lambda: _delete(scene))
        then(scene)

    return act


def _delete(scene: Scene) -> None:
    for file in scene.folder.glob("ledger.db*"):
        file.unlink()


def _garbage(scene: Scene) -> None:
    scene.ledger.write_bytes(b"these are holiday pictures\n" * 1000)


def _empty(scene: Scene) -> None:
    scene.ledger.touch()


def _truncated(scene: Scene) -> None:
    with scene.ledger.open("r+b") as file:
        file.truncate(scene.ledger.stat().st_size // 8192 * 4096)


def _damaged(scene: Scene) -> None:
    """Pages in the middle are overwritten; the first page, with the list of tables, is whole."""
    size = scene.ledger.stat().st_size
    with scene.ledger.open("r+b") as file:
        file.seek(size // 3 // 4096 * 4096)
        file.write(random.Random(1).randbytes(size // 3))


def _noted(name: str, value: str) -> Callable[[Scene], None]:
    def act(scene: Scene) -> None:
        ledger = Ledger.open(scene.target["ledger_url"])
        ledger.note(name, value)
        ledger.close()

    return act


def _other_run(scene: Scene) -> "subprocess.Popen[bytes]":
    """A real run that waits for more input, with the lock in its hands."""
    asked = threading.Event()
    scene.box.micropim.on_request(lambda _call: asked.set())
    process = start(scene, "target", stdin=subprocess.PIPE)
    assert process.stdin is not None
    lines = (scene.folder / "given.jsonl").read_bytes().splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if b'"RECORD"' in line)
    process.stdin.write(b"".join(lines[: first + 1]))
    process.stdin.flush()
    assert asked.wait(30), "the other run asked nothing"
    return process


def _living_run(scene: Scene) -> None:
    process = _other_run(scene)

    def end() -> None:
        process.communicate(timeout=60)

    scene.undo.append(end)


def _killed_run(scene: Scene) -> None:
    with _other_run(scene) as process:
        process.kill()


def _held(scene: Scene) -> None:
    """Somebody looks at the file with a tool that keeps it for itself."""
    holder = sqlite3.connect(scene.ledger, check_same_thread=False)
    holder.execute("BEGIN EXCLUSIVE")
    scene.undo.append(holder.close)


def _limited(scene: Scene) -> None:
    """No file may grow beyond what an empty ledger needs."""
    log = scene.env.pop("SINGER_SDK_LOG_CONFIG")
    scene.undo.append(lambda: scene.env.update(SINGER_SDK_LOG_CONFIG=log))
    scene.launch = Launch(file_limit=150_000)


def _tiny(what: str, kilobytes: int) -> Callable[[Scene], None]:
    """A disk of a few kilobytes for one folder; made larger afterwards. Raises NotHere without the right to mount."""

    def act(scene: Scene) -> None:
        place = scene.folder / f"tiny-{what}"
        place.mkdir()
        _mount(place, f"size={kilobytes}k")
        scene.undo.append(lambda: _mount(place, "remount,size=64m"))
        ours = {"ledger": {"ledger_url": f"sqlite:///{place}/ledger.db"}, "reports": {"report_dir": f"{place}/reports"}}
        scene.target.update(ours[what])

    return act


def _mount(place: Path, how: str) -> None:
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", how, "tmpfs", str(place)], capture_output=True, check=False)
    if done.returncode:
        raise NotHere(f"mount: {done.stderr.decode().strip()}")


def _rejecting(then: Callable[[Scene], None]) -> Callable[[Scene], None]:
    """Every product is refused, so that all go to the rejects."""

    def act(scene: Scene) -> None:
        scene.box.micropim.faults.add(Fault("status", route="POST /api/products$", status=422, times=None))
        scene.undo.append(scene.box.micropim.faults.clear)
        then(scene)

    return act


def release_disks(folder: Path) -> None:
    """Take tiny disks away, so that the folder can be deleted."""
    for place in folder.glob("tiny-*"):
        if os.path.ismount(place):
            with contextlib.suppress(OSError):
                subprocess.run(["umount", "-l", str(place)], check=False)
