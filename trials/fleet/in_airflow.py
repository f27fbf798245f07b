"""The DAG of examples/ in Airflow: how it ends when every shop did well, and when one failed.

Wants Airflow in ``.clients/airflow``, an environment of its own. A script stands in for micropim-fleet: it notes how it
was called, and fails for one shop.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLEET = """\
store: {host: h, database: d, user: u, password: "${P}"}
markets:
  be: {market: be, api_key_id: "${A}", api_key_secret: "${B}"}
shops:
  gent: {api_key: "${G}", locale: nl}
  brugge: {api_key: "${H}", locale: nl}
"""
STAND_IN = """#!/bin/sh
echo "$@" >> calls
case "$*" in
    *FAILS) touch failed; exit 1;;
    report*) test ! -f failed;;
esac
"""


def main() -> int:
    """Two nights; the exit code is 1 if one did not end as it should."""
    ends = {"nobody": night("nobody"), "brugge": night("brugge")}
    print(ends)
    return int(ends != {"nobody": "success", "brugge": "failed"})


def night(fails: str) -> str:
    """How the DAG ended."""
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        (home / "fleet.yml").write_text(FLEET, encoding="utf-8")
        command = home / "bin" / "micropim-fleet"
        command.parent.mkdir()
        command.write_text(STAND_IN.replace("FAILS", fails), encoding="utf-8")
        command.chmod(0o755)
        (home / "dags").mkdir()
        text = (ROOT / "examples" / "airflow_fleet.py").read_text(encoding="utf-8")
        (home / "dags" / "fleet.py").write_text(text.replace('"retries": 2', '"retries": 0'), encoding="utf-8")
        airflow(home, "db", "migrate")
        airflow(home, "pools", "set", "egress_main", "1", "writes")
        done = airflow(home, "dags", "test", "micropim_fleet")
        print((home / "calls").read_text(encoding="utf-8") if (home / "calls").exists() else done[-3000:])
        return next(
            (end for end in ("failed", "success") if f"state={end}" in done or f"state:{end}" in done), done[-2000:]
        )


def airflow(home: Path, *words: str) -> str:
    """What a command of Airflow said."""
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "MICROPIM_FLEET": str(home / "fleet.yml"),
        "PYTHONPATH": str(ROOT),
        "PATH": f"{home / 'bin'}:{ROOT}/.clients/airflow/bin:{os.environ['PATH']}",
    }
    command = [str(ROOT / ".clients/airflow/bin/airflow"), *words]
    done = subprocess.run(command, cwd=home, env=env, capture_output=True, text=True, check=False, timeout=300)
    return done.stdout + done.stderr


if __name__ == "__main__":
    sys.exit(main())
