"""``make faults``: try every case, print and write the table, and fail when anything is not as expected.

``python -m trials.faults tap`` tries one side, ``python -m trials.faults tap "429|hang"`` those of its cases that
match; the rows of others stay as they are.
"""

import logging
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from trials.faults.case import Case, Result
from trials.faults.cases import all_cases
from trials.faults.runners import try_case

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
HEAD = """# Faults, and what comes of them

Made by `make faults` (trials/faults): each fault strikes over real HTTP, with 40 products; then it is taken away and
the same is run again. The expected outcome of each case stands in its table (`trials/faults/*_cases.py`); another one
fails `make faults`, as does a lost or doubled record, a marked key in anything that was written (outputs, logs at debug
level, state, ledger, reports, rejects), a traceback, or a last line that does not say what, where and what to do.

- tap, target: the command line with a clock that lets waits pass; a state or input is given again. pair: the two
  executables in a pipe with real clocks and three seconds of patience, the state kept as a user keeps it.
- lost, doubled: after the next run, against an undisturbed one. requests: faulted run (undisturbed run).
- `make trials SHORT=1` tries one case of each kind, `make test` a few; kills at every point: `make kill`.

| side | fault | outcome | lost | doubled | requests |
| --- | --- | --- | --- | --- | --- |
"""


def rows(results: Iterable[tuple[Case, Result]]) -> Iterator[str]:
    """The lines of the table."""
    for case, result in results:
        outcome = "not tried: this machine does not allow it" if result.outcome is None else result.outcome.value
        facts = (
            case.side,
            case.name,
            outcome,
            result.lost,
            result.doubled,
            f"{result.requests} ({result.undisturbed})",
        )
        yield "| " + " | ".join(str(fact) for fact in facts) + " |"


def messages(cases: Iterable[Case]) -> Iterator[str]:
    """What each stopped run must say, once: the gist of its last line."""
    seen: dict[tuple[str, ...], list[str]] = {}
    for case in cases:
        if case.message is not None:
            said = tuple(part.split("|")[0].replace("\\", "") for part in (case.message.what, case.message.todo))
            seen.setdefault(said, []).append(f"{case.side}: {case.name}")
    for (what, todo), names in sorted(seen.items(), key=lambda item: item[1]):
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield f"| … {what} … | … {todo} … | {names[0]}{more} |"


def _others(tried: set[tuple[str, str]]) -> list[str]:
    """The rows of the cases that were not tried this time, as they stand."""
    kept = {(str(case.side), case.name) for case in all_cases()} - tried
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.count(" | ") > 4 and _named(line) in kept]


def _named(row: str) -> tuple[str, str]:
    side, name = row.removeprefix("| ").split(" | ")[:2]
    return side, name


def page(table: list[str]) -> str:
    """docs/faults.md."""
    said = "\nWhat a stopped run says last:\n\n| what | what to do | cases |\n| --- | --- | --- |"
    order = [(case.side, case.name) for case in all_cases()]
    in_order = sorted(table, key=lambda row: order.index(_named(row)))
    return HEAD + "\n".join([*in_order, said, *messages(all_cases())]) + "\n"


def main(side: str = "", part: str = "") -> int:
    """Try the cases of a side, or all, whose names match; 1 when any is not as expected."""
    results, bad = [], 0
    for case in all_cases():
        if side in {"", case.side} and re.search(part, case.name):
            result = try_case(case)
            results.append((case, result))
            print(*rows([(case, result)]), *(f"\n    WRONG: {wrong}" for wrong in result.wrong), flush=True)
            bad += bool(result.wrong)
    tried = {(str(case.side), case.name) for case, _result in results}
    PAGE.write_text(page([*rows(results), *_others(tried)]), encoding="utf-8")
    print(f"\n{len(results)} cases, {bad} not as expected")
    return int(bad > 0)


if __name__ == "__main__":
    logging.raiseExceptions = False  # a case with a full disk cannot log either
    sys.exit(main(*sys.argv[1:3]))
