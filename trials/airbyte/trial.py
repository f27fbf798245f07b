"""One pass over the trials that are asked for."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from trials.airbyte import faults, low_code, nights, page, protocol, suites
from trials.airbyte.tools import PYAIRBYTE, Tools
from trials.singer_clients.environments import NotInstalled
from trials.singer_clients.results import Result, Verdict

TRIALS: Mapping[str, Callable[[Tools, Path], Result]] = {
    nights.NAME: nights.try_nights,
    suites.NAME: suites.try_suites,
    protocol.NAME: protocol.try_protocol,
    faults.NAME: faults.try_faults,
    low_code.NAME: low_code.try_manifest,
}
SHORT = (nights.NAME, suites.NAME)


def try_all(folder: Path, *, short: bool = False, only: str = "") -> int:
    """Print a line for each; write the page but in the short form; 1 when any failed, or nothing could be tried."""
    results = []
    for result in _results(folder, short=short, only=only):
        results.append(result)
        print(f"{result.client} {result.version}: {result.verdict}: {result.ran}", flush=True)
        for note in result.notes:
            print(f"    {note}", flush=True)
    if not short:
        page.write(results)
    return int(not results or any(result.verdict is Verdict.FAILED for result in results))


def _results(folder: Path, *, short: bool, only: str) -> Iterator[Result]:
    names = [name for name in TRIALS if only.lower() in name.lower() and (not short or name in SHORT)]
    try:
        tools = Tools.installed(short=short)
    except NotInstalled as reason:
        yield Result(PYAIRBYTE.distribution, PYAIRBYTE.version, "", "", Verdict.FAILED, (str(reason),))
        return
    with ThreadPoolExecutor(2 if short else 1) as pool:  # a short one waits for processes most of its time
        yield from pool.map(lambda name: _tried(name, tools, folder), names)


def _tried(name: str, tools: Tools, folder: Path) -> Result:
    """In a folder of its own."""
    place = folder / name.replace(" ", "-")
    place.mkdir()
    return TRIALS[name](tools, place)
