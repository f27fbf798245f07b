"""Each contender in an environment of its own, as its users would have it; ours from the wheel."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.measurement import BIN, ROOT

PLACE = ROOT / "benchmarks" / ".run"
WANTED = ROOT / "benchmarks" / "environments"
WHEEL = PLACE / "wheel"
LOCKED = ROOT / "requirements" / "run.txt"
UV = str(BIN / "uv")


def bin_of(name: str) -> Path:
    """The ``bin`` of a contender's environment, filled unless it is: name.txt says with what."""
    return _filled(name, ["-r", str(WANTED / f"{name}.txt")], WANTED / f"{name}.txt")


def ours() -> Path:
    """The ``bin`` of an environment with what is locked and the wheel of this checkout, built anew."""
    bin_folder = _filled("ours", ["--require-hashes", "-r", str(LOCKED)], LOCKED)
    shutil.rmtree(WHEEL, ignore_errors=True)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(WHEEL), str(ROOT)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _install(bin_folder / "python", "--no-deps", "--reinstall", str(our_wheel()))
    return bin_folder


def our_wheel() -> Path:
    """The one that was built."""
    return next(WHEEL.glob("*.whl"))


def _filled(name: str, requirements: list[str], source: Path) -> Path:
    """An environment for as long as the file that says what belongs into it stays the same."""
    digest = hashlib.sha256(source.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = PLACE / f"venv-{name}"
    mark = folder / f"complete-{digest}"
    if not mark.exists():
        print(f"environment: {name}", file=sys.stderr, flush=True)
        subprocess.run([UV, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], check=True)
        _install(folder / "bin" / "python", *requirements)
        mark.touch()
    return folder / "bin"


def _install(python: Path, *what: str) -> None:
    command = [UV, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *what]
    subprocess.run(command, check=True)
