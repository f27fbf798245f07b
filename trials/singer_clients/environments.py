"""Each client in an environment of its own, as its users would have it; ours from the wheel of this checkout."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / ".clients"
LOCKED = ROOT / "requirements" / "run.txt"
UV = str(Path(sys.executable).parent / "uv")
INSTALL_SECONDS = 300


class NotInstalled(Exception):
    """A client cannot be had here: no interpreter, no network, or no distribution that fits. No failure of ours."""


@dataclass(frozen=True)
class Client:
    """A distribution at one version, and the command it brings."""

    distribution: str
    version: str
    executable: str
    extras: tuple[str, ...] = ()
    """What it needs and does not ask for."""
    python: str = ""
    """The interpreter that it still runs on; empty: the one of the trial."""

    @property
    def requirement(self) -> str:
        """As an installer wants it."""
        return f"{self.distribution}=={self.version}"

    def install(self) -> Path:
        """The ``bin`` folder of its environment. Raises NotInstalled."""
        interpreter = _interpreter(self.python)
        return _filled(self.distribution, interpreter, [self.requirement, *self.extras])


def ours() -> Path:
    """The ``bin`` of an environment with the wheel of this checkout, and what the SDK's own suites need."""
    wheel_folder = PLACE / "wheel"
    shutil.rmtree(wheel_folder, ignore_errors=True)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(wheel_folder), str(ROOT)]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    bin_folder = _filled("ours", sys.executable, ["-r", str(LOCKED), "--constraint", str(LOCKED)])
    _filled("ours", sys.executable, ["singer-sdk[testing]", "--constraint", str(LOCKED)], clear=False)
    wheel = next(wheel_folder.glob("*.whl"))
    _install(bin_folder / "python", ["--no-deps", "--reinstall", str(wheel)])
    return bin_folder


def _interpreter(version: str) -> str:
    """One of this version that is at hand. Raises NotInstalled."""
    if not version:
        return sys.executable
    beside = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    found = shutil.which(f"python{version}") or (str(beside[-1]) if beside else None)
    if found is None or subprocess.run([found, "-c", ""], check=False, capture_output=True).returncode:
        raise NotInstalled(f"it needs Python {version}, which is not at hand")
    return found


def _filled(name: str, interpreter: str, what: Sequence[str], *, clear: bool = True) -> Path:
    """An environment for as long as what belongs into it stays the same."""
    digest = hashlib.sha256("\n".join([interpreter, *what, LOCKED.read_text()]).encode()).hexdigest()[:12]
    folder = PLACE / "environments" / name
    mark = folder / f"complete-{digest}"
    if mark.exists():
        return folder / "bin"
    print(f"environment: {name}", file=sys.stderr, flush=True)
    if clear:
        _run([UV, "venv", "--quiet", "--clear", "--no-python-downloads", "--python", interpreter, str(folder)])
    _install(folder / "bin" / "python", what)
    mark.touch()
    return folder / "bin"


def _install(python: Path, what: Sequence[str]) -> None:
    _run([UV, "pip", "install", "--quiet", "--python", str(python), *what])


def _run(command: Sequence[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        said = str(error.stderr or error).strip().splitlines()
        raise NotInstalled(said[-1] if said else str(error)) from error
