"""A fleet in Dagster, in one process: run with the Python of an environment that has Dagster, from the checkout.

.clients/dagster/bin/python -m trials.fleet.in_dagster
"""

import tempfile
from pathlib import Path
from typing import Any

import dagster as dg

from micropim_fleet.dagster_definitions import SHOP, SHOPS, definitions, market_key, tags_of
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
        assets = [found.resolve_assets_def(key) for key in (market_key(fleet.markets["be"]), SHOP)]
        assert dg.materialize(assets, selection=[assets[0]], instance=instance).success
        schedule = next(each for each in repository.schedule_defs if each.name == "shops_0_23_x_x_x")
        requests = schedule.evaluate_tick(
            dg.build_schedule_context(instance=instance, repository_def=repository)
        ).run_requests
        assert [(each.partition_key, each.tags[EGRESS_TAG]) for each in requests] == [("gent", "north")]
        sensor = next(each for each in repository.sensor_defs if each.name == "shops_of_the_file")
        ticked: Any = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, repository_def=repository))
        print("partitions to add:", [list(each.partition_keys) for each in ticked.dynamic_partitions_requests])
        instance.add_dynamic_partitions(str(SHOPS.name), ["gent", "brugge"])
        good = dg.materialize(assets, selection=[assets[1]], instance=instance, partition_key="gent")
        bad = dg.materialize(
            assets, selection=[assets[1]], instance=instance, partition_key="brugge", raise_on_error=False
        )
        assert good.success
        assert not bad.success
        checks = {each.check_name: each.passed for each in good.get_asset_check_evaluations()}
        print("began:", began, "checks:", checks, "tags:", tags_of(fleet.shops["gent"]))
        assert began == ["be", "gent", "brugge", "brugge", "brugge"]
    print(rendered(fleet)["engine/dagster.yaml"])


if __name__ == "__main__":
    main()
