"""``tap-medipim | target-micropim``: the two installed executables, with a state kept as a user would keep it."""

import subprocess

from trials.faults.commands import LONGEST_SECONDS, Ended, signal_when_due, start
from trials.faults.fixture import Fixture


def run_pair(fixture: Fixture) -> Ended:
    """Run both to their end; the last line the target wrote is the next run's state.

    The exit code is the target's, else the tap's: a shell with ``pipefail`` would say the same.
    """
    state = fixture.folder / "state.json"
    with start(fixture, "tap", *(["--state", str(state)] if state.exists() else [])) as tap:
        with start(fixture, "target", stdin=tap.stdout) as target:
            signal_when_due(fixture, tap, "tap")
            signal_when_due(fixture, target, "target")
            assert tap.stdout is not None
            tap.stdout.close()
            out = target.communicate(timeout=LONGEST_SECONDS)[0] or b""
        tap.wait(LONGEST_SECONDS)
    _kill(tap, target)
    if states := out.split(b"\n")[:-1]:
        state.write_bytes(states[-1])
    logs = {side: (fixture.folder / f"{side}.err").read_text(encoding="utf-8") for side in ("tap", "target")}
    first, second = ("tap", "target") if target.returncode else ("target", "tap")
    return Ended(target.returncode or tap.returncode, out, logs[first] + logs[second])


def _kill(*processes: "subprocess.Popen[bytes]") -> None:
    for process in processes:
        if process.poll() is None:
            process.kill()
