"""From two runs to a result: how the faulted one ended, what is lost or doubled after the next one, what leaked."""

import signal
from collections import Counter
from collections.abc import Iterator
from typing import Any

from trials.canary import leaks, written
from trials.faults.case import Case, Outcome, Result
from trials.faults.commands import Ended
from trials.faults.fixture import Fixture


def result_of(  # noqa: PLR0913 - all that is known about a case
    case: Case,
    fixture: Fixture,
    ended: Ended,
    rerun: Ended,
    *,
    missing: int,
    lost: int,
    doubled: int,
    requests: int,
    undisturbed: int,
    replayed: bool = False,
) -> Result:
    """Judge a case; ``missing`` counts the facts that the faulted run alone did not write."""
    outcome = _outcome(ended, missing=missing, replayed=replayed)
    wrong = [*_wrong(case, ended, rerun, outcome), *_leaked(fixture, ended, rerun)]
    wrong += [f"{number} {what}" for number, what in ((lost, "lost"), (doubled, "doubled")) if number]
    last_line = ended.line if outcome is Outcome.STOPPED or case.message else ""
    return Result(outcome, last_line, lost, doubled, requests, undisturbed, tuple(wrong))


def _outcome(ended: Ended, *, missing: int, replayed: bool) -> Outcome:
    if ended.code == -signal.SIGKILL:
        return Outcome.KILLED
    if ended.code == 130:
        return Outcome.ON_REQUEST
    if ended.code:
        return Outcome.STOPPED
    if replayed:
        return Outcome.REPLAY
    return Outcome.NEXT_RUN if missing else Outcome.IN_RUN


def _wrong(case: Case, ended: Ended, rerun: Ended, outcome: Outcome) -> Iterator[str]:
    if outcome is not case.expected:
        yield f"expected: {case.expected.value}; it was: {outcome.value} ({ended.line or ended.err[-300:]})"
    if "Traceback" in ended.err:
        yield "a traceback was shown"
    if case.message is not None:
        yield from (f"not said: {part!r} in {ended.line!r}" for part in case.message.missing(ended.line))
        if not ended.line.isprintable() or " | ERROR " not in ended.err.strip().splitlines()[-1]:
            yield f"the last line is not the reason: {ended.err[-300:]!r}"
    if rerun.code:
        yield f"the next run failed: {rerun.line}"


def _leaked(fixture: Fixture, *runs: Ended) -> Iterator[str]:
    leaked = leaks(*written(fixture.folder), *(run.out for run in runs), *(run.err.encode() for run in runs))
    if leaked:
        yield f"a key was written: {leaked[0]!r}"


def facts(snapshot: Any) -> Counter[str]:
    """Every fact of a catalogue as a text, so that two catalogues can be subtracted."""

    def walk(value: Any, path: str) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from walk(inner, f"{path}/{key}")
        elif isinstance(value, list | tuple) and path.count("/") < 4:
            for inner in value:
                yield f"{path}: {inner}"
        else:
            yield f"{path}: {value}"

    return Counter(walk(snapshot, ""))
