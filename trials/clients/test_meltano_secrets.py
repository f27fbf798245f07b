"""The pair under the real ``meltano run``, at the log level that shows everything: no key in all that is written."""

import os
import subprocess
import sys
from pathlib import Path

from sandbox import Fault, MedipimOptions, MicroPimOptions, Sandbox
from trials.canary import KEY, KEY_ID, SECRET, leaks, written

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def project(folder: Path, box: Sandbox) -> None:
    """The project of this repository with the executables that are installed; keys in .env, where they belong."""
    lines = (ROOT / "meltano.yml").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "meltano.yml").write_text("".join(line for line in lines if "pip_url:" not in line), encoding="utf-8")
    settings = {
        "TAP_MEDIPIM_API_URL": box.medipim_url,
        "TAP_MEDIPIM_API_KEY_ID": KEY_ID,
        "TAP_MEDIPIM_API_KEY_SECRET": SECRET,
        "TARGET_MICROPIM_API_URL": box.micropim_url,
        "TARGET_MICROPIM_API_KEY": KEY,
        "TARGET_MICROPIM_LOCALE": "nl",
    }
    text = "".join(f"{name}='{value}'\n" for name, value in settings.items())
    (folder / ".env").write_text(text, encoding="utf-8")


def meltano_run(folder: Path) -> "subprocess.CompletedProcess[bytes]":
    """To its end; what it said is kept beside what it wrote."""
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    words = ["--log-level", "debug", "--environment", "demo", "run", "tap-medipim", "target-micropim"]
    done = subprocess.run(
        [str(BIN / "meltano"), *words], cwd=folder, env=env, capture_output=True, check=False, timeout=150
    )
    (folder / f"said-{done.returncode}.log").write_bytes(done.stdout + done.stderr)
    return done


def test_meltano_writes_no_key(tmp_path: Path) -> None:
    """A run that goes well and one whose keys are refused: logs, state, Meltano's database, ledger, reports."""
    medipim = MedipimOptions(products=6, api_key_id=KEY_ID, api_key_secret=SECRET, requests_per_minute=None)
    with Sandbox(medipim, MicroPimOptions(api_key=KEY, reads_per_minute=None, writes_per_minute=None)) as box:
        project(tmp_path, box)
        good = meltano_run(tmp_path)
        for service, key in ((box.medipim, SECRET), (box.micropim, KEY)):
            service.faults.add(Fault("status", status=401, times=None, body=f"you sent {key}"))
        bad = meltano_run(tmp_path)
        assert box.micropim.counts()["products"] > 0
    (tmp_path / ".env").unlink()

    assert (good.returncode, bad.returncode) == (0, 1), good.stderr[-2000:]
    assert b"debug" in good.stderr
    assert b"does not accept the key" in bad.stderr
    names = {path.name for path in tmp_path.rglob("*")}
    assert {"meltano.db", "ledger.db", "report.json", "state.json"} <= names
    assert leaks(*written(tmp_path)) == []
