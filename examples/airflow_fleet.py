"""A fleet for Airflow 3: a task a market, a task a shop, limited by egress; the DAG fails if a shop failed.

Beside fleet.yml, or with MICROPIM_FLEET set. Make a pool for each egress once, as large as its concurrent_runs:
``airflow pools set egress_office 1 "writes from the office"``.
"""

import os
from datetime import timedelta
from pathlib import Path

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, TaskGroup

from micropim_fleet.fleet import load

FLEET = load(Path(os.environ.get("MICROPIM_FLEET", "/srv/fleet/fleet.yml")))
RUN = f"micropim-fleet run --file {FLEET.file}"

with DAG(
    "micropim_fleet",
    schedule="0 21 * * *",
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=15), "append_env": True, "cwd": str(FLEET.root)},
):
    with TaskGroup("markets"):
        markets = {name: BashOperator(task_id=name, bash_command=f"{RUN} {name}") for name in FLEET.markets}
    with TaskGroup("shops") as shops:
        for shop in FLEET.shops.values():
            write = BashOperator(
                task_id=shop.name,
                bash_command=f"{RUN} {shop.name}",
                pool=f"egress_{shop.egress.name}",
                trigger_rule="all_done",  # a market that failed leaves what was there before
            )
            markets[shop.market.name] >> write
    # The last task decides how the DAG ends: it runs whatever happened, and fails if a shop did.
    shops >> BashOperator(
        task_id="report",
        bash_command=f"micropim-fleet report --file {FLEET.file}",
        trigger_rule="all_done",
        retries=0,
    )
