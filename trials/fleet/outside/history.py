"""What a Dagster instance remembers, as JSON. Run by the Python of Dagster's environment, with DAGSTER_HOME set."""

import json
import sys
from typing import Any

import dagster as dg
from dagster import DagsterEventType as Kind


def main() -> None:
    """Print all runs, oldest first."""
    instance = dg.DagsterInstance.get()
    json.dump([run(instance, record) for record in instance.get_run_records(ascending=True)], sys.stdout)


def run(instance: dg.DagsterInstance, record: Any) -> dict[str, Any]:
    """One run: who asked for it, how it ended and when, what its asset said."""
    asked = record.dagster_run
    logs = instance.all_logs(asked.run_id, of_type={Kind.ASSET_MATERIALIZATION, Kind.ASSET_CHECK_EVALUATION})
    said = [log.dagster_event.event_specific_data for log in logs]
    materialized = [one.materialization.metadata for one in said if hasattr(one, "materialization")]
    return {
        "job": asked.job_name,
        "shop": asked.tags.get("dagster/partition"),
        "tags": dict(asked.tags),
        "status": asked.status.value,
        "created": record.create_timestamp.timestamp(),
        "began": record.start_time,
        "ended": record.end_time,
        "metadata": {name: value.value for metadata in materialized for name, value in metadata.items()},
        "checks": {
            one.check_name: [one.passed, {name: value.value for name, value in one.metadata.items()}]
            for one in said
            if hasattr(one, "check_name")
        },
    }


if __name__ == "__main__":
    main()
