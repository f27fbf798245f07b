"""``make audit``: known vulnerabilities of everything that is locked.

The databases are online services. Where they cannot be reached the step says so in one line and ends well: a build
without a network must neither hang nor fail here. What cannot be judged never counts as clean.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120
TIMEOUT_SECONDS = 10
LOCK = "requirements/dev.txt"


def ask() -> tuple[str, str]:
    """The report of pip-audit over the lock, nothing installed, and the last line of its log."""
    tool = Path(sys.executable).with_name("pip-audit")
    what = ["--requirement", str(ROOT / LOCK), "--require-hashes", "--disable-pip", "--no-deps"]
    how = ["--format=json", "--progress-spinner=off", f"--timeout={TIMEOUT_SECONDS}", "--vulnerability-service=osv"]
    try:
        done = subprocess.run(
            [tool, *what, *how], capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "", f"no answer within {PATIENCE_SECONDS} s"
    log = done.stderr.strip().splitlines()
    return done.stdout, log[-1] if log else ""


def verdict(report: str, log: str) -> tuple[int, list[str]]:
    """Exit code and lines: 1 for a known vulnerability, 0 otherwise; skipped unless every package was judged."""
    try:
        dependencies: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return 0, [f"audit: skipped, the database of vulnerabilities cannot be reached ({log[:120] or 'no answer'})"]
    bad = [
        f"audit: {one['name']} {one['version']}: {hole['id']}" for one in dependencies for hole in one.get("vulns", ())
    ]
    unjudged = [one["name"] for one in dependencies if "skip_reason" in one]
    if bad:
        return 1, bad
    if unjudged:
        return 0, [f"audit: skipped, the database did not know {len(unjudged)} of {len(dependencies)} packages"]
    return 0, [f"audit: {len(dependencies)} packages, no known vulnerability"]


def main() -> int:
    """Ask, and tell."""
    code, lines = verdict(*ask())
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main())
