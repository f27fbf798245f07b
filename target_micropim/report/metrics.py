"""The numbers of the last run as a file that Prometheus collects (prometheus-client, an extra).

The textfile collector of node_exporter reads every ``*.prom`` of its folder. The name of the file tells shops apart.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from target_micropim.report.terminal import needs

EXTRA = "metrics_file: it needs a library that is an extra: install medipim-micropim[metrics]"
SUCCESS_AT = "micropim_last_success_timestamp_seconds"

logger = logging.getLogger("target-micropim")


def write_metrics(path: Path, content: Mapping[str, Any]) -> None:
    """Write the file at once or not; what fails is one line in the log, and never fails the run."""
    try:
        from prometheus_client import CollectorRegistry, Gauge, write_to_textfile  # noqa: PLC0415 - an extra
    except ImportError:
        logger.warning(EXTRA)
        return
    registry = CollectorRegistry()
    for (name, help_), samples in _samples(path, content).items():
        labels = tuple(name for name, _value in samples[0][0])
        gauge = Gauge(name, help_, ("shop", *labels), registry=registry)
        for pairs, value in samples:
            gauge.labels(path.stem, *(text for _name, text in pairs)).set(value)
    try:
        write_to_textfile(str(path), registry)
    except OSError as error:
        logger.warning("metrics_file %s cannot be written (%s)", path, error.strerror or error)


Sample = tuple[tuple[tuple[str, str], ...], float]


def _samples(path: Path, content: Mapping[str, Any]) -> dict[tuple[str, str], list[Sample]]:
    """Name and meaning of each number, with its labels and values; without a value it is left out."""
    finished, complete = _seconds(content.get("finished_at")), bool(content.get("complete"))
    success_at = finished if complete else _last_success(path)
    requests = content.get("requests", {})
    kinds = {kind: tally for kind, tally in requests.items() if isinstance(tally, Mapping) and "turns" in tally}
    numbers: dict[tuple[str, str], list[Sample]] = {
        ("micropim_last_run_success", "1 if the last run came to its end"): [((), float(complete))],
        ("micropim_last_run_timestamp_seconds", "When the last run ended"): [((), finished)],
        (SUCCESS_AT, "When a run came to its end last"): [((), success_at)] if success_at else [],
        ("micropim_last_run_duration_seconds", "How long the last run took"): [
            ((), float(content.get("duration_seconds") or 0))
        ],
        ("micropim_last_run_records", "Records of the last run, by stream and how they ended"): [
            ((("stream", stream), ("action", action)), float(number))
            for stream, ends in content.get("streams", {}).items()
            for action, number in ends.items()
        ],
        ("micropim_last_run_for_a_person", "What the last run left to people"): [
            ((("what", what),), float(number or 0)) for what, (number, _words) in needs(content).items()
        ],
        ("micropim_last_run_requests", "Requests of the last run"): [
            ((("kind", kind),), float(tally["turns"])) for kind, tally in kinds.items()
        ],
        ("micropim_last_run_requests_refused", "Requests that MicroPIM refused with 429"): [
            ((("kind", kind),), float(tally.get("refused", 0))) for kind, tally in kinds.items()
        ],
    }
    return {name: samples for name, samples in numbers.items() if samples}


def _seconds(moment: Any) -> float:
    try:
        return datetime.fromisoformat(str(moment)).timestamp()
    except ValueError:
        return 0.0


def _last_success(path: Path) -> float:
    """What the file of the run before says; 0 where it says nothing."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return max((float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"{SUCCESS_AT}{{")), default=0.0)
    except (OSError, ValueError, IndexError):
        return 0.0
