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
from trials.faults.judge import facts, result_of
from trials.faults.ledgers import NotHere, release_disks
from trials.faults.pair import run_pair
from trials.faults.scene import Scene, options

Row = tuple[str, str]


def try_case(case: Case) -> Result:
    """Strike, look, take the fault away, run again, look again."""
    runners: dict[str, Callable[[Case, Scene], Result]] = {"tap": _tap, "target": _target, "pair": _pair}
    medipim, micropim = options(gzip="half_gzip" in case.kinds)
    with tempfile.TemporaryDirectory() as place, Sandbox(medipim, micropim) as box:
        try:
            return runners[case.side](case, Scene(box, Path(place)))
        except NotHere as reason:
            return Result(None, str(reason), 0, 0, 0, 0)
        finally:
            release_disks(Path(place))


def _tap(case: Case, scene: Scene) -> Result:
    run = run_real if case.real else run_here
    wanted, quiet = _quiet_tap()
    case.strike.act(scene)
    ended = run(scene, "tap")
    requests = len(scene.box.medipim.requests)
    scene.settle()
    again = run(scene, "tap", *_state(scene, ended))
    first, second = _rows(ended), _rows(again)
    return result_of(
        case, scene, ended, again,
        missing=len(wanted - set(first)),
        lost=len(wanted - set(first) - set(second)),
        doubled=sum(number - 1 for number in first.values()),
        requests=requests,
        quiet=quiet,
    )  # fmt: skip


@cache
def _quiet_tap() -> tuple[frozenset[Row], int]:
    """The rows and the requests of an undisturbed run."""
    with tempfile.TemporaryDirectory() as place, Sandbox(*options()) as box:
        ended = run_here(Scene(box, Path(place)), "tap")
        return frozenset(_rows(ended)), len(box.medipim.requests)


def _rows(ended: Ended) -> Counter[Row]:
    """How often each row was given: by stream and id."""
    found = (message for message in ended.messages() if message["type"] == "RECORD")
    return Counter((message["stream"], str(message["record"]["id"])) for message in found)


def _state(scene: Scene, ended: Ended) -> list[str]:
    """The last state, as a host keeps it."""
    states = [message["value"] for message in ended.messages() if message["type"] == "STATE"]
    if not states:
        return []
    file = scene.folder / "state.json"
    file.write_text(json.dumps(states[-1]), encoding="utf-8")
    return ["--state", str(file)]


def _target(case: Case, scene: Scene) -> Result:
    run = run_real if case.real else run_here
    lines, wanted, quiet = _quiet_target()
    given = scene.folder / "given.jsonl"
    given.write_bytes(lines)
    case.strike.act(scene)
    before = len(scene.box.micropim.requests)
    ended = run(scene, "target", "--input", str(given))
    requests = len(scene.box.micropim.requests) - before
    first = facts(scene.box.micropim.snapshot())
    scene.settle()
    again = run(scene, "target", "--input", str(given))
    second = facts(scene.box.micropim.snapshot())
    return result_of(
        case, scene, ended, again,
        missing=(wanted - first).total(),
        lost=(wanted - second).total(),
        doubled=(second - wanted).total(),
        requests=requests,
        quiet=quiet,
    )  # fmt: skip


@cache
def _quiet_target() -> tuple[bytes, Counter[str], int]:
    """What a tap gives, and the catalogue and the requests of an undisturbed run over it."""
    with tempfile.TemporaryDirectory() as place, Sandbox(*options()) as box:
        scene = Scene(box, Path(place))
        messages = run_here(scene, "tap").messages()
        wanted = [m for m in messages if m["type"] == "STATE" or m.get("stream") in {"categories", "products"}]
        lines = b"".join(json.dumps(message).encode() + b"\n" for message in wanted)
        (scene.folder / "given.jsonl").write_bytes(lines)
        run_here(scene, "target", "--input", str(scene.folder / "given.jsonl"))
        return lines, facts(box.micropim.snapshot()), len(box.micropim.requests)


def _pair(case: Case, scene: Scene) -> Result:
    wanted, quiet = _quiet_pair()
    scene.change("tap", max_wait_seconds=3, request_timeout_seconds=1, stream_timeout_seconds=1)
    scene.change("target", max_wait_seconds=3, request_timeout_seconds=1)
    case.strike.act(scene)
    ended = run_pair(scene)
    requests = _asked(scene.box)
    first = facts(scene.box.micropim.snapshot())
    scene.settle()
    again = run_pair(scene)
    rejects = [file for file in scene.folder.glob("reports/*/rejects.jsonl") if file.stat().st_size]
    for file in rejects:
        again = run_real(scene, "target", "--replay", str(file))
    second = facts(scene.box.micropim.snapshot())
    return result_of(
        case, scene, ended, again,
        missing=(wanted - first).total(),
        lost=(wanted - second).total(),
        doubled=(second - wanted).total(),
        requests=requests,
        quiet=quiet,
        replayed=bool(rejects),
    )  # fmt: skip


@cache
def _quiet_pair() -> tuple[Any, int]:
    """The catalogue and the requests of an undisturbed run of both."""
    with tempfile.TemporaryDirectory() as place, Sandbox(*options()) as box:
        ended = run_pair(Scene(box, Path(place)))
        assert ended.code == 0, ended.err
        return facts(box.micropim.snapshot()), _asked(box)


def _asked(box: Sandbox) -> int:
    return len(box.medipim.requests) + len(box.micropim.requests)
