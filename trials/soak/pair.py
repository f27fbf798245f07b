"""``tap-medipim | target-micropim`` as monitored real processes, with the state kept as a host keeps it."""

import json
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import Sandbox
from trials.soak.process_monitor import MonitoredProcess, Sample

BIN = Path(sys.executable).parent
UNLIMITED = 1_000_000
CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class PairRun:
    """Both exit codes, the most memory, files and threads of both, bytes through the pipe, CPU seconds."""

    codes: tuple[int, int]
    tap: Sample
    target: Sample
    piped: int
    cpu: tuple[float, float]


def write_settings(folder: Path, medipim: Sandbox | None, micropim: Sandbox, **target: Any) -> None:
    """tap.json and target.json, without limits: what takes long here is the work itself."""
    if medipim is not None:
        tap = {
            "api_url": medipim.medipim_url,
            "api_key_id": medipim.medipim.options.api_key_id,
            "api_key_secret": medipim.medipim.options.api_key_secret,
            "requests_per_minute": UNLIMITED,
        }
        (folder / "tap.json").write_text(json.dumps(tap), encoding="utf-8")
    (folder / "target.json").write_text(json.dumps(target_settings(folder, micropim) | target), encoding="utf-8")


def target_settings(folder: Path, box: Sandbox) -> dict[str, Any]:
    """The target's, with ledger and reports in the folder."""
    return {
        "api_url": box.micropim_url,
        "api_key": box.micropim.options.api_key,
        "locale": "nl",
        "reads_per_minute": UNLIMITED,
        "writes_per_minute": UNLIMITED,
        "state_interval_seconds": 1,
        "ledger_url": f"sqlite:///{folder}/ledger.db",
        "report_dir": str(folder / "reports"),
        "decisions_file": str(folder / "decisions.csv"),
    }


def target_command(*more: str) -> list[str]:
    """The installed target."""
    return [str(BIN / "target-micropim"), "--config", "target.json", *more]


class Pair:
    """A tap and a target in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log.txt"

    def run(self) -> PairRun:
        """Both to their end; the newest whole state is kept for the next run."""
        command = [str(BIN / "tap-medipim"), "--config", "tap.json"]
        for name in ("state", "catalog"):
            if (self.folder / f"{name}.json").exists():
                command += [f"--{name}", f"{name}.json"]
        with self.log.open("ab") as log:
            tap = MonitoredProcess(command, self.folder, log)
            target = MonitoredProcess(target_command(), self.folder, log, stdin=-1)
            states: list[bytes] = []
            keeper = threading.Thread(target=lambda: states.extend(list(target.process.stdout or ())[-1:]))
            keeper.start()
            piped = _pour(tap, target)
            codes = tap.ended(), target.ended()
            keeper.join()
        if states and states[-1].endswith(b"\n"):
            (self.folder / "state.json").write_bytes(states[-1])
        _closed(tap, target)
        return PairRun(codes, tap.most, target.most, piped, (tap.cpu_seconds, target.cpu_seconds))

    def replay(self) -> None:
        """Replay the rejects of the last run, as a user would."""
        newest = max((self.folder / "reports").glob("*/"), key=lambda place: place.stat().st_mtime)
        if (newest / "rejects.jsonl").exists():
            with self.log.open("ab") as log:
                command = target_command(f"--replay={newest / 'rejects.jsonl'}")
                process = MonitoredProcess(command, self.folder, log)
                process.ended()
                _closed(process)

    def report(self) -> dict[str, Any]:
        """report.json of the last run."""
        newest = max((self.folder / "reports").glob("*/report.json"), key=lambda path: path.stat().st_mtime)
        content: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))
        return content


def _pour(tap: MonitoredProcess, target: MonitoredProcess) -> int:
    """Through this process, to count the bytes; a target that ends early ends the tap, as a shell's pipe would."""
    source, sink = tap.process.stdout, target.process.stdin
    assert source is not None
    assert sink is not None
    piped = 0
    try:
        while chunk := source.read1(CHUNK_BYTES):  # type: ignore[attr-defined]
            piped += len(chunk)
            sink.write(chunk)
            sink.flush()
        sink.close()
    except BrokenPipeError:
        source.close()
    return piped


def _closed(*processes: MonitoredProcess) -> None:
    for one in processes:
        for stream in (one.process.stdout, one.process.stdin):
            if stream is not None and not stream.closed:
                with suppress(BrokenPipeError):
                    stream.close()
