"""A fleet for Dagster: an asset a market, a partition a shop, its runs limited by egress. Made from the fleet file.

``dagster dev -m micropim_fleet.dagster_definitions`` reads ``fleet.yml``, or what the variable MICROPIM_FLEET names.
"""

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from micropim_fleet.fleet import FILE, Fleet, Market, Shop, load
from micropim_fleet.morning import WELL, Line, market_line, shop_line
from micropim_fleet.notice import send
from micropim_fleet.render import EGRESS_TAG, SHOP_TAG
from micropim_fleet.run import Runner
from micropim_fleet.store import Store
from micropim_fleet.variables import environment_of, filled

SHOPS = dg.DynamicPartitionsDefinition(name="micropim_fleet_shops")
SHOP = dg.AssetKey(["micropim", "shop"])
RETRIES = 2
RETRY_SECONDS = 15 * 60
ATTEMPT_TAG = "micropim_fleet/attempt"
FEED = "write_shop"
CHECKS = ("rejects", "questions", "on_time")
Run = Callable[[Market | Shop], int]


def market_key(market: Market) -> dg.AssetKey:
    """The asset of a market."""
    return dg.AssetKey(["medipim", market.name.replace("-", "_")])


def definitions(fleet: Fleet, run: Run | None = None, *, retry_seconds: int = RETRY_SECONDS) -> dg.Definitions:
    """Everything of a fleet. ``run`` carries out a market or shop; unset: as micropim-fleet run does."""
    environment = environment_of(fleet.root)
    carry_out = run or _runner(fleet, environment)
    retries = dg.RetryPolicy(max_retries=RETRIES, delay=retry_seconds)
    markets = [_market_asset(fleet, market, carry_out, retries) for market in fleet.markets.values()]
    jobs = {market.name: _market_job(market) for market in fleet.markets.values()}
    feed = dg.define_asset_job(FEED, [SHOP], partitions_def=SHOPS)
    schedules = [_market_schedule(fleet, market, jobs[market.name]) for market in fleet.markets.values()]
    schedules += list(_shop_schedules(fleet, feed))
    return dg.Definitions(
        assets=[*markets, _shop_asset(fleet, carry_out)],
        jobs=[*jobs.values(), feed],
        schedules=schedules,
        sensors=[_partitions(fleet), _again(fleet, feed, retry_seconds), _failures(fleet, environment)],
    )


def _runner(fleet: Fleet, environment: Mapping[str, str]) -> Run:
    return lambda owner: Runner(fleet, environment, Store(fleet, environment), time.time).run(owner)


def _market_job(market: Market) -> Any:
    return dg.define_asset_job(f"read_{market_key(market).path[-1]}", [market_key(market)])


def _market_asset(fleet: Fleet, market: Market, run: Run, retries: dg.RetryPolicy) -> Any:
    @dg.asset(
        key=market_key(market),
        group_name="medipim",
        retry_policy=retries,
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=fleet.late_after_hours)),
        description=f"Medipim's market {market.market} in the store",
    )
    def read() -> dg.MaterializeResult:
        _well(market.name, run(market))
        line = market_line(fleet, market, datetime.now(UTC))
        return dg.MaterializeResult(metadata={"last_good": str(line.last_good)})

    return read


def _shop_asset(fleet: Fleet, run: Run) -> Any:
    specs = [dg.AssetCheckSpec(name, asset=SHOP, blocking=False) for name in CHECKS]

    @dg.asset(
        key=SHOP,
        group_name="micropim",
        partitions_def=SHOPS,
        deps=[market_key(market) for market in fleet.markets.values()],
        check_specs=specs,
        description="A shop's products in MicroPIM, out of the store",
    )
    def write(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        shop = fleet.shops[context.partition_key]
        _well(shop.name, run(shop))
        line = shop_line(fleet, shop, datetime.now(UTC))
        return dg.MaterializeResult(metadata=_metadata(fleet, line), check_results=list(_checks(line)))

    return write


def _well(name: str, code: int) -> None:
    """Raises Failure: a later attempt is a run that goes on where this one was."""
    if code:
        raise dg.Failure(f"{name}: exit code {code}", metadata={"exit_code": code})


def _metadata(fleet: Fleet, line: Line) -> dict[str, Any]:
    """Counts, and where the report is."""
    names = ("created", "updated", "archived", "rejected", "questions", "writes", "reads", "refused")
    counts = {name: dg.MetadataValue.int(getattr(line, name)) for name in names}
    if line.report is None:
        return counts
    place = (fleet.root / fleet.folder / "fleet" / line.report).resolve()
    return {**counts, "report": dg.MetadataValue.path(str(place))}


def _checks(line: Line) -> Iterator[dg.AssetCheckResult]:
    """What the report tells: a warning each, since the run itself has ended well."""
    ends = {"rejects": line.rejected == 0, "questions": line.questions == 0, "on_time": line.status == WELL}
    for name, passed in ends.items():
        told = {"rejected": line.rejected, "questions": line.questions, "status": line.status, "why": line.why}
        yield dg.AssetCheckResult(
            check_name=name, asset_key=SHOP, passed=passed, severity=dg.AssetCheckSeverity.WARN, metadata=told
        )


def _market_schedule(fleet: Fleet, market: Market, job: Any) -> Any:
    return dg.ScheduleDefinition(
        name=f"nightly_{market_key(market).path[-1]}",
        job=job,
        cron_schedule=market.schedule,
        execution_timezone=fleet.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def _shop_schedules(fleet: Fleet, job: Any) -> Iterator[Any]:
    """One for each time of day at which shops begin; the tags of a request are what limits runs."""
    for cron in sorted({shop.schedule for shop in fleet.shops.values()}):
        yield _shop_schedule(fleet, job, "shops_" + re.sub(r"\W+", "_", cron.replace("*", "x")), cron)


def _shop_schedule(fleet: Fleet, job: Any, name: str, cron: str) -> Any:
    @dg.schedule(
        name=name,
        job=job,
        cron_schedule=cron,
        execution_timezone=fleet.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def begin(context: dg.ScheduleEvaluationContext) -> Any:
        shops = [shop for shop in load(fleet.file).shops.values() if shop.schedule == cron]  # as the file is today
        context.instance.add_dynamic_partitions(str(SHOPS.name), [shop.name for shop in shops])
        at = context.scheduled_execution_time.isoformat()
        return [
            dg.RunRequest(run_key=f"{at} {shop.name}", partition_key=shop.name, tags=tags_of(shop)) for shop in shops
        ]

    return begin


def tags_of(shop: Shop) -> dict[str, str]:
    """By what Dagster limits the runs of a shop."""
    return {EGRESS_TAG: shop.egress.name}


def _partitions(fleet: Fleet) -> Any:
    @dg.sensor(name="shops_of_the_file", minimum_interval_seconds=300, default_status=dg.DefaultSensorStatus.RUNNING)
    def look(context: dg.SensorEvaluationContext) -> Any:
        known = set(context.instance.get_dynamic_partitions(str(SHOPS.name)))
        wanted = set(load(fleet.file).shops)  # as the file is today
        changes = [SHOPS.build_add_request(sorted(wanted - known)), SHOPS.build_delete_request(sorted(known - wanted))]
        return dg.SensorResult(dynamic_partitions_requests=[each for each in changes if each.partition_keys])

    return look


def _again(fleet: Fleet, job: Any, retry_seconds: int) -> Any:
    """Asks for a shop again some time after its run failed: a retry within the run would hold the egress meanwhile."""

    @dg.sensor(name="again", job=job, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
    def look(context: dg.SensorEvaluationContext) -> Any:
        shops = load(fleet.file).shops  # as the file is today
        for record in _failed(context.instance):
            run = record.dagster_run
            shop, waited = shops.get(_partition(run)), time.time() - (record.end_time or 0)
            if shop is not None and _is_tried_again(run) and waited >= retry_seconds:
                tags = {**tags_of(shop), ATTEMPT_TAG: str(_attempt(run) + 1)}
                yield dg.RunRequest(run_key=run.run_id, partition_key=shop.name, tags=tags)

    return look


def _failed(instance: dg.DagsterInstance) -> Iterator[dg.RunRecord]:
    """Runs of one day that failed, as far as no later run of the same shop was asked for."""
    yesterday, failure = datetime.now(UTC) - timedelta(days=1), dg.DagsterRunStatus.FAILURE
    for record in instance.get_run_records(dg.RunsFilter(job_name=FEED, created_after=yesterday, statuses=[failure])):
        same_shop = dg.RunsFilter(job_name=FEED, tags={SHOP_TAG: _partition(record.dagster_run)})
        if instance.get_run_records(same_shop, limit=1)[0].storage_id == record.storage_id:
            yield record


def _partition(run: dg.DagsterRun) -> str:
    return str(run.tags.get(SHOP_TAG, ""))


def _attempt(run: dg.DagsterRun) -> int:
    return int(run.tags.get(ATTEMPT_TAG, 0))


def _is_tried_again(run: dg.DagsterRun) -> bool:
    """A shop's run is; a market's was, within the run."""
    return run.job_name == FEED and _attempt(run) < RETRIES


def _failures(fleet: Fleet, environment: Mapping[str, str]) -> Any:
    @dg.run_failure_sensor(name="failures", default_status=dg.DefaultSensorStatus.RUNNING)
    def tell(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        name = _partition(run) or run.job_name
        if fleet.notify_urls and not _is_tried_again(run):
            urls = [filled(url, environment) for url in fleet.notify_urls]
            lost = send(urls, f"{name} failed: {context.failure_event.message}"[:500], failed=True)
            if lost:
                context.log.warning(lost)

    return tell


@dg.definitions
def defs() -> dg.Definitions:
    """The fleet of the file."""
    return definitions(load(Path(os.environ.get("MICROPIM_FLEET", FILE))))
