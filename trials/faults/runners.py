"""One runner per side: an undisturbed run to compare with, the faulted run, and the next one."""

import json
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from sandbox import Sandbox
from trials.faults.case import Case, Result
from trials.faults.commands import Ended, run_here, run_real
from trials.faults.fixture import Fixture, options
from trials.faults.ledgers import NotPossible, release_disks
from trials.faults.pair import run_pair
from trials.faults.results import facts, result_of

Row = tuple[str, str]


def try_case(case: Case) -> Result:
    """Inject the fault, run, take the fault away, run again, compare."""
    runners: dict[str, Callable[[Case, Fixture], Result]] = {"tap": _tap, "target": _target, "pair": _pair}
    medipim, micropim = options(gzip="half_gzip" in case.kinds)
    with tempfile.TemporaryDirectory() as place, Sandbox(medipim, micropim) as box:
        try:
            return runners[case.side](case, Fixture(box, Path(place)))
        except NotPossible as reason:
            return Result(None, str(reason), 0, 0, 0, 0)
        finally:
            release_disks(Path(place))


def _tap(case: Case, fixture: Fixture) -> Result:
    run = run_real if case.real else run_here
    expected, undisturbed = _undisturbed_tap()
    case.injection.act(fixture)
    ended = run(fixture, "tap")
    requests = len(fixture.box.medipim.requests)
    fixture.remove_fault()
    rerun = run(fixture, "tap", *_state(fixture, ended))
    first, second = _rows(ended), _rows(rerun)
    return result_of(
        case, fixture, ended, rerun,
        missing=len(expected - set(first)),
        lost=len(expected - set(first) - set(second)),
        doubled=sum(number - 1 for number in first.values()),
        requests=requests,
        undisturbed=undisturbed,
    )  # fmt: skip


@cache
def _undisturbed_tap() -> tuple[frozenset[Row], int]:
    """The rows and the requests of an undisturbed run."""
    with tempfile.TemporaryDirectory() as place, Sandbox(*options()) as box:
        ended = run_here(Fixture(box, Path(place)), "tap")
        return frozenset(_rows(ended)), len(box.medipim.requests)


def _rows(ended: Ended) -> Counter[Row]:
    """How often each row was emitted: by stream and id."""
    records = (message for message in ended.messages() if message["type"] == "RECORD")
    return Counter((message["stream"], str(message["record"]["id"])) for message in records)


def _state(fixture: Fixture, ended: Ended) -> list[str]:
    """The last state, as a host keeps it."""
    states = [message["value"] for message in ended.messages() if message["type"] == "STATE"]
    if not states:
        return []
    file = fixture.folder / "state.json"
    file.write_text(json.dumps(states[-1]), encoding="utf-8")
    return ["--state", str(file)]


def _target(case: Case, fixture: Fixture) -> Result:
    run = run_real if case.real else run_here
    lines, expected, undisturbed = _undisturbed_target()
    input_file = fixture.folder / "given.jsonl"
    input_file.write_bytes(lines)
    case.injection.act(fixture)
    before = len(fixture.box.micropim.requests)
    ended = run(fixture, "target", "--input", str(input_file))
    requests = len(fixture.box.micropim.requests) - before
    first = facts(fixture.box.micropim.snapshot())
    fixture.remove_fault()
    rerun = run(fixture, "target", "--input", str(input_file))
    second = facts(fixture.box.micropim.snapshot())
    return result_of(
        case, fixture, ended, rerun,
        missing=(expected - first).total(),
        lost=(expected - second).total(),
        doubled=(second - expected).total(),
        requests=requests,
        undisturbed=undisturbed,
    )  # fmt: skip


@cache
def _undisturbed_target() -> tuple[bytes, Counter[str], int]:
    """What a tap emits, and the catalogue and the requests of an undisturbed run over it."""
    with tempfile.TemporaryDirectory() as place, Sandbox(*options()) as box:
        fixture = Fixture(box, Path(place))
        messages = run_here(fixture, "tap").messages()
        expected = [m for m in messages if m["type"] == "STATE" or m.get("stream") in {"categories", "products"}]
        lines = b"".join(json.dumps(message).encode() + b"\n" for message in expected)
        (fixture.folder / "given.jsonl").write_bytes(lines)
        run_here(fixture, "target", "--input", str(fixture.folder / "given.jsonl"))
        return lines, facts(box.micropim.snapshot()), len(box.micropim.requests)


def _pair(case: Case, fixture: Fixture) -> Result:
    expected, undisturbed = _undisturbed_pair()
    fixture.change_settings("tap", max_wait_seconds=3, request_timeout_seconds=1, stream_timeout_seconds=1)
    fixture.change_settings("target", max_wait_seconds=3, request_timeout_seconds=1)
    case.injection.act(fixture)
    ended = run_pair(fixture)
    requests = _requests(fixture.box)
    first = facts(fixture.box.micropim.snapshot())
    fixture.remove_fault()
    rerun = run_pair(fixture)
    rejects = [file for file in fixture.folder.glob("reports/*/rejects.jsonl") if file.stat().st_size]
    for file in rejects:
        rerun = run_real(fixture, "target", "--replay", str(file))
    second = facts(fixture.box.micropim.snapshot())
    return result_of(
        case, fixture, ended, rerun,
        missing=(expected - first).total(),
        lost=(expected - second).total(),
        doubled=(second - expected).total(),
        requests=requests,
        undisturbed=undisturbed,
        replayed=bool(rejects),
    )  # fmt: skip


@cache
def _undisturbed_pair() -> tuple[Any, int]:
    """The catalogue and the requests of an undisturbed run of both."""
    with tempfile.TemporaryDirectory() as place, Sandbox(*options()) as box:
        ended = run_pair(Fixture(box, Path(place)))
        assert ended.code == 0, ended.err
        return facts(box.micropim.snapshot()), _requests(box)


def _requests(box: Sandbox) -> int:
    return len(box.medipim.requests) + len(box.micropim.requests)
