"""``make faults``: every fault of the sandbox against the tap and the target, what came of it, and docs/faults.md.

Each case runs three times over real HTTP, with a clock that lets waits pass at once: undisturbed, with the fault, and
once more from the state the faulted run left. The table says whether the fault was healed in the run, by the next run,
or stopped the run with a message; how many records were lost or doubled in the end; and what it cost in requests.
"""

import contextlib
import io
import json
import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pim_wire.clock import Clock
from sandbox import Fault, MedipimOptions, MicroPimOptions, Sandbox
from tap_medipim.tap import TapMedipim
from target_micropim.target import TargetMicroPim

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "faults.md"
PRODUCTS = 40
STREAM_ROUTE, QUERY_ROUTE = "POST /v4/products/stream", "POST /v4/brands/query"
CREATE, MEDIA, CATEGORY, READ = "POST /api/products$", "POST /api/products/", "POST /api/categories", "GET /api"


@dataclass(frozen=True)
class Case:
    """One fault and where it strikes."""

    name: str
    side: str
    fault: Fault


@dataclass(frozen=True)
class Result:
    """What came of a case."""

    outcome: str
    lost: int
    doubled: int
    extra_requests: int
    message: str


def tap_cases() -> Iterator[Case]:
    """Answers, connections, and every way in which a stream can go wrong."""
    yield from _answers("tap", STREAM_ROUTE)
    yield Case("503, three times, on a list", "tap", Fault("status", route=QUERY_ROUTE, status=503, times=3))
    yield Case("200 with a cut JSON body, on a list", "tap", Fault("truncate_json", route=QUERY_ROUTE))
    kinds = {
        "cut_mid_line": "connection cut in the middle of a line",
        "cut_at_line_end": "connection cut at a line end",
        "clean_end": "clean end before the last row",
        "close_end": "connection closed at a line end, no length told",
        "half_gzip": "compressed body cut",
        "error_line": "a line that is an error message",
        "broken_line": "a line that is not JSON",
        "skip_line": "a row is missing",
        "repeat_line": "a row comes twice",
        "wrong_total": "the total is wrong",
    }
    for kind, name in kinds.items():
        yield Case(name, "tap", Fault(kind, route=STREAM_ROUTE, after_lines=17))  # type: ignore[arg-type]


def target_cases() -> Iterator[Case]:
    """Answers and connections on reads and on each kind of write, before and after the commit."""
    yield from _answers("target", READ)
    for route, what in ((CREATE, "product"), (MEDIA, "picture"), (CATEGORY, "category")):
        yield Case(f"dropped before the commit of a {what}", "target", Fault("drop_before", route=route))
        yield Case(f"dropped after the commit of a {what}", "target", Fault("drop_after", route=route))
        committed = Fault("commit_then_status", route=route, status=500)
        yield Case(f"500 after the commit of a {what}", "target", committed)
        yield Case(f"cut JSON answer to a new {what}", "target", Fault("truncate_json", route=route))
    duplicate = Fault("commit_then_status", route=CREATE, status=400, body='{"status":0,"data":null,"error":"exists"}')
    yield Case("400 duplicate after the commit of a product", "target", duplicate)
    yield Case("200 with status 0 for one product", "target", Fault("status_zero", route=CREATE))
    yield Case("401 in the middle of the run", "target", Fault("status", route=CREATE, nth=5, status=401, times=None))
    yield Case("403 in the middle of the run", "target", Fault("status", route=CREATE, nth=5, status=403, times=None))


def _answers(side: str, route: str) -> Iterator[Case]:
    wait = {"Retry-After": "30"}
    yield Case("429 with Retry-After", side, Fault("status", route=route, status=429, headers=wait, times=3))
    yield Case("429 without Retry-After", side, Fault("status", route=route, status=429, times=3))
    yield Case("429 for minutes", side, Fault("status", route=route, status=429, times=8))
    yield Case("429 for ever", side, Fault("status", route=route, status=429, times=None))
    yield Case("500, once", side, Fault("status", route=route, status=500))
    yield Case("502 with an HTML page", side, Fault("status", route=route, status=502, body="<html>Bad gateway</html>"))
    yield Case("503 for ever", side, Fault("status", route=route, status=503, times=None))
    yield Case("200 with an HTML page", side, Fault("html", route=route))
    yield Case("connection reset", side, Fault("drop_before", route=route, times=2))
    yield Case("401", side, Fault("status", route=route, status=401, times=None))
    yield Case("redirect to another host", side, Fault("redirect", route=route, times=None))


class PassingClock(Clock):
    """Waits pass at once."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0

    def now(self) -> float:
        """Seconds slept so far."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self._now += max(0.0, seconds)


@contextlib.contextmanager
def captured() -> Iterator[io.TextIOWrapper]:
    """What is written to stdout meanwhile."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with contextlib.redirect_stdout(out):
        yield out


def run_tap(box: Sandbox, state: Any) -> tuple[list[dict[str, Any]], str]:
    """The messages of one run, and how it ended."""
    config = {"api_url": box.medipim_url, "api_key_id": "1", "api_key_secret": box.medipim.options.api_key_secret}
    tap = TapMedipim(
        config={**config, "requests_per_minute": 100_000, "page_size": 10}, state=state, clock=PassingClock()
    )
    ended = ""
    with captured() as out:
        try:
            tap.sync_all()
            tap.finish()
        except Exception as failure:  # noqa: BLE001 - how it ends is the result
            ended = str(failure)
    lines = out.buffer.getvalue().splitlines()  # type: ignore[attr-defined]
    return [json.loads(line) for line in lines], ended


def run_target(box: Sandbox, folder: Path, lines: bytes) -> str:
    """How one run of the target ended."""
    config = {"api_url": box.micropim_url, "api_key": box.micropim.options.api_key, "locale": "nl"}
    paths = {"ledger_url": f"sqlite:///{folder}/ledger.db", "report_dir": str(folder / "reports")}
    limits = {"reads_per_minute": 100_000, "writes_per_minute": 100_000, "max_in_flight": 1}
    target = TargetMicroPim(config={**config, **paths, **limits}, clock=PassingClock())
    with captured():
        try:
            target.listen(io.BytesIO(lines))  # type: ignore[arg-type]
        except Exception as failure:  # noqa: BLE001 - how it ends is the result
            return str(failure)
    return ""


def try_tap(case: Case) -> Result:
    """The union of what the faulted run and the next one gave, against the catalogue."""
    medipim = MedipimOptions(products=PRODUCTS, requests_per_minute=None, gzip=case.fault.kind == "half_gzip")
    with Sandbox(medipim, None) as box:
        run_tap(box, None)
        quiet = len(box.medipim.requests)
        box.medipim.requests.clear()
        box.medipim.faults.add(case.fault)
        messages, ended = run_tap(box, None)
        extra = len(box.medipim.requests) - quiet
        box.medipim.faults.clear()
        states = [message["value"] for message in messages if message["type"] == "STATE"]
        after, ended_again = run_tap(box, states[-1] if states else None)
        wanted = set(box.medipim.catalogue.products)
    first, second = _products(messages), _products(after)
    doubled = sum(number - 1 for number in Counter(first).values())
    return _result(ended, ended_again, len(wanted - set(first)), len(wanted - set(first) - set(second)), doubled, extra)


def _products(messages: list[dict[str, Any]]) -> list[str]:
    return [m["record"]["id"] for m in messages if m["type"] == "RECORD" and m["stream"] == "products"]


def try_target(case: Case, lines: bytes, quiet: tuple[Any, int]) -> Result:
    """The catalogue after the faulted run and the next one, against that of an undisturbed run."""
    wanted, requests = quiet
    with tempfile.TemporaryDirectory() as place, Sandbox(None, _unlimited()) as box:
        box.micropim.faults.add(case.fault)
        ended = run_target(box, Path(place), lines)
        extra = len(box.micropim.requests) - requests
        first = box.micropim.snapshot()
        box.micropim.faults.clear()
        ended_again = run_target(box, Path(place), lines)
        second = box.micropim.snapshot()
    return _result(
        ended, ended_again, _missing(first, wanted), _missing(second, wanted), _surplus(second, wanted), extra
    )


def _missing(found: Any, wanted: Any) -> int:
    """Products, pictures and categories that should be there and are not."""
    return (_things(wanted) - _things(found)).total()


def _surplus(found: Any, wanted: Any) -> int:
    """Products, pictures and categories that are there once too often."""
    return (_things(found) - _things(wanted)).total()


def _things(snapshot: Any) -> Counter[str]:
    """Every fact of a snapshot as a text, so that two snapshots can be subtracted."""

    def facts(value: Any, path: str) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from facts(inner, f"{path}/{key}")
        elif isinstance(value, list | tuple) and path.count("/") < 4:  # noqa: PLR2004 - down to pictures and paths
            for inner in value:
                yield f"{path}: {inner}"
        else:
            yield f"{path}: {value}"

    return Counter(facts(snapshot, ""))


def _result(ended: str, ended_again: str, missing: int, lost: int, doubled: int, extra: int) -> Result:
    if ended:
        outcome = "stopped with a message; the next run completes it"
    elif missing:
        outcome = "healed by the next run"
    else:
        outcome = "healed in the run"
    return Result(outcome if not ended_again else f"NOT HEALED: {ended_again}", lost, doubled, extra, ended)


def _unlimited() -> MicroPimOptions:
    return MicroPimOptions(reads_per_minute=None, writes_per_minute=None)


def target_input() -> tuple[bytes, tuple[Any, int]]:
    """What a tap gives, and the catalogue and the requests of an undisturbed run over it."""
    with Sandbox(MedipimOptions(products=PRODUCTS, requests_per_minute=None), None) as box:
        messages, _ended = run_tap(box, None)
    wanted = [m for m in messages if m["type"] == "STATE" or m.get("stream") in {"categories", "products"}]
    lines = b"".join(json.dumps(message).encode() + b"\n" for message in wanted)
    with tempfile.TemporaryDirectory() as place, Sandbox(None, _unlimited()) as box:
        run_target(box, Path(place), lines)
        return lines, (box.micropim.snapshot(), len(box.micropim.requests))


def results() -> Iterator[tuple[Case, Result]]:
    """Every case and what came of it."""
    for case in tap_cases():
        yield case, try_tap(case)
    lines, quiet = target_input()
    for case in target_cases():
        yield case, try_target(case, lines, quiet)


def main() -> int:
    """Run all, print and write the table; 1 when anything was lost or doubled."""
    logging.disable(logging.CRITICAL)
    rows = list(results())
    table = ["| side | fault | outcome | lost | doubled | extra requests |", "| --- | --- | --- | --- | --- | --- |"]
    for case, result in rows:
        facts = (case.side, case.name, result.outcome, result.lost, result.doubled, result.extra_requests)
        table.append("| " + " | ".join(str(fact) for fact in facts) + " |")
    PAGE.write_text(_HEAD + "\n".join(table) + "\n", encoding="utf-8")
    print("\n".join(table))
    bad = [case.name for case, result in rows if result.lost or result.doubled or "NOT" in result.outcome]
    print(f"\n{len(rows)} faults; lost or doubled something: {', '.join(bad) or 'none'}")
    return int(bool(bad))


_HEAD = """# Faults, and what comes of them

Made by `make faults` (scripts/faults.py): each fault strikes over real HTTP, with 40 products; then the same input runs
once more. "Extra requests" are those of the faulted run beyond an undisturbed one (negative: it stopped early).

"""

if __name__ == "__main__":
    sys.exit(main())
