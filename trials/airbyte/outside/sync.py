"""Runs in PyAirbyte's environment: checks and syncs on request, one JSON line in, one line ``RESULT {...}`` out."""

import json
import sys
from typing import Any

from airbyte.caches import DuckDBCache

import airbyte as ab

Job = dict[str, Any]


def source(job: Job) -> Any:
    """The executable, with the form of this job."""
    return ab.get_source("source-medipim", config=job["source"], local_executable=job["source_executable"])


def destination(job: Job) -> Any:
    """The executable, with the form of this job."""
    executable = job["destination_executable"]
    return ab.get_destination("destination-micropim", config=job["destination"], local_executable=executable)


def check(job: Job) -> Job:
    """Raises where the connection cannot be made."""
    (source if job["side"] == "source" else destination)(job).check()
    return {}


def sync(job: Job) -> Job:
    """All streams, from the states on that the last one left."""
    reader = source(job)
    reader.select_all_streams()
    states = DuckDBCache(db_path=job["states"], schema_name="states")
    done = destination(job).write(reader, cache=False, state_cache=states)
    return {"records": done.processed_records}


for line in sys.stdin:
    given = json.loads(line)
    try:
        result = {"ok": True, **{"check": check, "sync": sync}[given["do"]](given)}
    except Exception as error:  # noqa: BLE001 - what fails is the answer
        result = {"ok": False, "error": f"{type(error).__name__}: {error}"}
    print(f"\nRESULT {json.dumps(result, default=str)}", flush=True)
