"""A fleet in Dagster, in one process: run with the Python of an environment that has Dagster, from the checkout.

.clients/dagster/bin/python -m trials.fleet.in_dagster
"""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg

from micropim_fleet.dagster_definitions import (
    ATTEMPT_TAG,
    FEED,
    RETRIES,
    SHOPS,
    definitions,
    tags_of,
)
from micropim_fleet.fleet import Market, Shop, load
from micropim_fleet.render import EGRESS_TAG, rendered

FLEET = """\
store: {host: h, database: d, user: u, password: "${P}"}
throttle_url: redis://h/0
markets:
  be: {market: be, api_key_id: "${A}", api_key_secret: "${B}"}
egresses: {north: {concurrent_runs: 2}, south: {}}
shops:
  gent: {api_key: "${G}", egress: north, locale: nl}
  brugge: {api_key: "${H}", egress: south, locale: nl, schedule: 30 1 * * *}
  aalst: {api_key: "${I}", egress: south, locale: nl}
"""


def main() -> None:
    """Load, read a market, write two shops of which one fails, look at what Dagster knows then."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "fleet.yml")
        file.write_text(FLEET, encoding="utf-8")
        trial(file)


def trial(file: Path) -> None:
    """All steps."""
    fleet, began = load(file), list[str]()

    def run(owner: Market | Shop) -> int:
        began.append(owner.name)
        return int(owner.name == "brugge")

    found = definitions(fleet, run, retry_seconds=0)
    dg.Definitions.validate_loadable(found)
    repository: Any = found.get_repository_def()
    print("schedules:", sorted(schedule.name for schedule in repository.schedule_defs))
    with dg.instance_for_test() as instance:
        assert repository.get_job("read_be").execute_in_process(instance=instance).success
        asked_at_the_time(repository, instance)
        good = repository.get_job(FEED).execute_in_process(instance=instance, partition_key="gent")
        assert good.success
        checks = {each.check_name: each.passed for each in good.get_asset_check_evaluations()}
        tried_again(repository, instance)
        print("began:", began, "checks:", checks, "tags:", tags_of(fleet.shops["gent"]))
        assert began == ["be", "gent", "brugge", "brugge", "brugge"]
    print(rendered(fleet)["engine/dagster.yaml"])


def asked_at_the_time(repository: Any, instance: dg.DagsterInstance) -> None:
    """All shops of one time of day, each with a key of its own; the sensor adds those of the file."""
    schedule = next(each for each in repository.schedule_defs if each.name == "shops_0_23_x_x_x")
    context = dg.build_schedule_context(
        instance=instance, repository_def=repository, scheduled_execution_time=datetime.now(UTC)
    )
    requests = schedule.evaluate_tick(context).run_requests
    asked = [(each.partition_key, each.tags[EGRESS_TAG]) for each in requests]
    assert asked == [("gent", "north"), ("aalst", "south")]
    sensor = next(each for each in repository.sensor_defs if each.name == "shops_of_the_file")
    ticked: Any = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, repository_def=repository))
    added = [list(each.partition_keys) for each in ticked.dynamic_partitions_requests]
    print("partitions to add:", added)
    instance.add_dynamic_partitions(str(SHOPS.name), added[0])


def tried_again(repository: Any, instance: dg.DagsterInstance) -> None:
    """A shop that fails is asked for twice more, each time as a run of its own; then no more."""
    sensor = next(each for each in repository.sensor_defs if each.name == "again")
    for attempt in range(RETRIES + 1):
        done = repository.get_job(FEED).execute_in_process(
            instance=instance, partition_key="brugge", tags={ATTEMPT_TAG: str(attempt)}, raise_on_error=False
        )
        assert not done.success
        context = dg.build_sensor_context(instance=instance, repository_def=repository)
        with dg.partition_loading_context(dynamic_partitions_store=instance):  # as the daemon's server has
            requests = sensor.evaluate_tick(context).run_requests
        asked = [(each.partition_key, each.tags[ATTEMPT_TAG]) for each in requests]
        assert asked == ([("brugge", str(attempt + 1))] if attempt < RETRIES else [])


if __name__ == "__main__":
    main()
