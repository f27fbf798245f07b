"""The standard tests of Airbyte's CDK, over both executables and the files in airbyte/."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from sandbox import Sandbox
from trials.airbyte.shop import destination_form, sandbox, source_form
from trials.airbyte.tools import DESTINATION, OUTSIDE, SOURCE, Json, Tools
from trials.singer_clients.results import Result, Verdict

ROOT = Path(__file__).resolve().parents[2]
NAME = "airbyte-cdk's standard tests"
ROLE = "tests of the installed wheel"
PRODUCTS = 60  # each stream has a row
SUITE_SECONDS = 300
VERSION = "from importlib.metadata import version; print(version('airbyte-cdk'))"
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "airbyte_cdk.test.standard_tests.pytest_hooks")


def try_suites(tools: Tools, folder: Path) -> Result:
    """Pytest's own verdict, and its last line without the time."""
    python = str(tools.theirs / "python")
    version = subprocess.run([python, "-c", VERSION], check=True, capture_output=True, text=True).stdout.strip()
    shutil.copy(OUTSIDE / "standard_tests.py", folder / "test_standard.py")
    with sandbox(PRODUCTS) as box:
        connectors = _connectors(box, folder)
        done = subprocess.run(
            [python, *PYTEST, "--no-header", "-m", "not image_tests", "test_standard.py"], cwd=folder,
            env={**os.environ, "CONNECTORS": str(connectors), "EXECUTABLES": str(tools.ours), "PYTHONPATH": ""},
            capture_output=True, text=True, check=False, timeout=SUITE_SECONDS,
        )  # fmt: skip
    lines = done.stdout.strip().splitlines()
    ran = re.sub(r" in [\d.]+s.*", "", lines[-1]) if lines else done.stderr.strip()[-300:]
    failed = tuple(line for line in lines if line.startswith(("FAILED", "ERROR")))
    return Result(NAME, version, ROLE, ran, Verdict.FAILED if done.returncode else Verdict.PASSED, failed[:8])


def _connectors(box: Sandbox, folder: Path) -> Path:
    """The folders of airbyte/ with keys of the sandbox, and wrong ones that ask the sandbox too."""
    place = folder / "connectors"
    shutil.copytree(ROOT / "airbyte", place, ignore=shutil.ignore_patterns("manifest.yaml"))
    forms = {SOURCE: source_form(box), DESTINATION: destination_form(box, folder)}
    for name, form in forms.items():
        (place / name / "secrets").mkdir()
        _write(place / name / "secrets" / "config.json", form)
        wrong = place / name / "integration_tests" / "invalid_config.json"
        _write(wrong, {**form, **json.loads(wrong.read_text(encoding="utf-8")), "api_url": form["api_url"]})
    return place


def _write(path: Path, value: Json) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")
