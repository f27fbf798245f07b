"""Mutation testing of one module against its tests: ``mutate.py MODULE TESTS`` (docs/mutation.md).

cosmic-ray changes files where they lie, so it gets a worktree of HEAD of its own; what is not committed is not seen.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONFIG = """[cosmic-ray]
module-path = "{module}"
timeout = 60.0
excluded-modules = []
test-command = "{python} -m pytest -x -q --noconftest -p no:cacheprovider -p no:cov {tests}"
[cosmic-ray.distributor]
name = "local"
"""


def main() -> None:
    """Mutate, run the tests for each mutant, and print the survivors with their changes."""
    module, tests = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        tree, config, session = Path(folder, "tree"), Path(folder, "mutate.toml"), Path(folder, "session.sqlite")
        config.write_text(CONFIG.format(module=module, python=sys.executable, tests=tests), encoding="utf-8")
        _run("git", "-C", str(ROOT), "worktree", "add", "--quiet", "--detach", str(tree), "HEAD")
        try:
            for step in ("init", "baseline", "exec"):
                arguments = [str(config)] if step == "baseline" else [str(config), str(session)]
                _run(_tool("cosmic-ray"), step, *arguments, cwd=tree)
            _run(_tool("cr-report"), "--surviving-only", "--show-diff", str(session), cwd=tree)
        finally:
            _run("git", "-C", str(ROOT), "worktree", "remove", "--force", str(tree))


def _tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _run(*command: str, cwd: Path = ROOT) -> None:
    subprocess.run(command, cwd=cwd, check=True)


if __name__ == "__main__":
    main()
