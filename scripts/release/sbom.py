"""``make sbom``: what the wheel brings along, as CycloneDX, from an environment that holds nothing else."""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
FORMAT_VERSION = "1.6"


def sbom_path() -> Path:
    """Beside the wheel, under its name and version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return DIST / f"{project['name'].replace('-', '_')}-{project['version']}.cdx.json"


def write_sbom(python: Path, file: Path) -> None:
    """List what this interpreter's environment holds; validated against the schema of CycloneDX before it is written.

    Raises CalledProcessError when it is not valid.
    """
    tool = Path(sys.executable).with_name("cyclonedx-py")
    file.parent.mkdir(exist_ok=True)
    how = ["--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "library", "--output-reproducible", "--validate"]
    form = ["--spec-version", FORMAT_VERSION, "--output-format", "JSON", "--output-file", str(file)]
    subprocess.run([tool, "environment", *how, *form, str(python)], check=True, capture_output=True)


def runtime(place: Path) -> Path:
    """An environment of exactly requirements/run.txt, hashes checked; its interpreter."""
    python = place / "venv" / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place / "venv")], check=True)
    lock = ["--require-hashes", "-r", str(ROOT / "requirements" / "run.txt")]
    subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *lock], check=True)
    return python


def main() -> int:
    """Write it into dist/."""
    with tempfile.TemporaryDirectory(prefix="sbom-") as place:
        write_sbom(runtime(Path(place)), sbom_path())
    print(f"sbom: {sbom_path().relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
