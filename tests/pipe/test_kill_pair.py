"""``tap-medipim | target-micropim`` killed and run again ends where an undisturbed run ends (law 2).

First the installed commands, killed from outside at a few requests; then forked ones that kill themselves at many
moments (trials/kills/nursery.py). ``make kill`` tries every one.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import MedipimOptions, MicroPimOptions, Sandbox
from trials.kills.kills import SIZE, TAP_MOMENTS, Shops, all_kills, pair_scene, suffer, tap_scene
from trials.kills.nursery import MOMENTS, Ended, Kill, Nursery
from trials.kills.scenes import Scene, TapScene

BIN = Path(sys.executable).parent
PRODUCTS = 24


def options() -> tuple[MedipimOptions, MicroPimOptions]:
    """The same small catalogue each time, without limits."""
    medipim = MedipimOptions(products=PRODUCTS, seed=7, requests_per_minute=None)
    return medipim, MicroPimOptions(reads_per_minute=None, writes_per_minute=None)


class Pair:
    """The two executables with a pipe between them, and the last state the target wrote, as a host keeps it."""

    def __init__(self, box: Sandbox, folder: Path) -> None:
        self.folder = folder
        self.state: dict[str, Any] | None = None
        tap = {
            "api_url": box.medipim_url,
            "api_key_id": "1",
            "api_key_secret": box.medipim.options.api_key_secret,
            "requests_per_minute": 100_000,
        }
        target = {
            "api_url": box.micropim_url,
            "api_key": box.micropim.options.api_key,
            "locale": "nl",
            "reads_per_minute": 100_000,
            "writes_per_minute": 100_000,
            "state_interval_seconds": 0,
            "on_archived": "error",
        }
        (folder / "tap.json").write_text(json.dumps(tap), encoding="utf-8")
        (folder / "target.json").write_text(json.dumps(target), encoding="utf-8")
        self.tap: subprocess.Popen[bytes] | None = None
        self.target: subprocess.Popen[bytes] | None = None

    def run(self) -> tuple[int, int]:
        """Run both to their end; their exit codes. Keeps the last whole state line."""
        command = [str(BIN / "tap-medipim"), "--config", "tap.json"]
        if self.state is not None:
            (self.folder / "state.json").write_text(json.dumps(self.state), encoding="utf-8")
            command += ["--state", "state.json"]
        with (self.folder / "log.txt").open("ab") as log:
            self.tap = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, stderr=log)
            with self.tap:
                self.target = subprocess.Popen(
                    [str(BIN / "target-micropim"), "--config", "target.json"],
                    cwd=self.folder, stdin=self.tap.stdout, stdout=subprocess.PIPE, stderr=log,
                )  # fmt: skip
                assert self.tap.stdout is not None
                self.tap.stdout.close()
                states = self.target.communicate()[0]
        for line in states.splitlines():
            self.state = json.loads(line)
        return self.tap.returncode, self.target.returncode


def kill_at(pair: Pair, victim: str, number: int) -> Callable[..., None]:
    """A callback for the sandbox that kills one side at the n-th request."""
    seen = [0]

    def callback(*_: object) -> None:
        seen[0] += 1
        process = getattr(pair, victim)
        if seen[0] == number and process is not None:
            os.kill(process.pid, signal.SIGKILL)

    return callback


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The catalogue as one quiet run leaves it."""
    with Sandbox(*options()) as box:
        pair = Pair(box, tmp_path_factory.mktemp("quiet"))
        assert pair.run() == (0, 0)
        return box.micropim.snapshot()


@pytest.mark.parametrize("moment", ["on_request", "on_committed"])
@pytest.mark.parametrize("number", [1, 60, 80])
def test_a_killed_target_is_made_good_by_the_next_run(
    undisturbed: Any, tmp_path: Path, moment: str, number: int
) -> None:
    """SIGKILL before a request is carried out, or after it was and before its answer: no double, nothing lost."""
    with Sandbox(*options()) as box:
        pair = Pair(box, tmp_path)
        getattr(box.micropim, moment)(kill_at(pair, "target", number))

        codes = pair.run()
        assert codes[1] == -signal.SIGKILL
        assert pair.run() == (0, 0)

        assert box.micropim.snapshot() == undisturbed


@pytest.mark.parametrize("number", [1, 9])
def test_a_killed_tap_is_made_good_by_the_next_run(undisturbed: Any, tmp_path: Path, number: int) -> None:
    """SIGKILL of the tap at any of its requests: what it had sent is kept, the next run brings the rest."""
    with Sandbox(*options()) as box:
        pair = Pair(box, tmp_path)
        box.medipim.on_request(kill_at(pair, "tap", number))

        assert pair.run()[0] == -signal.SIGKILL
        assert pair.run() == (0, 0)

        assert box.micropim.snapshot() == undisturbed


def test_kills_in_a_row_are_made_good(undisturbed: Any, tmp_path: Path) -> None:
    """One kill after another, each a few requests later: every run gets further, and the end is the same."""
    with Sandbox(*options()) as box:
        pair = Pair(box, tmp_path)
        for number in range(3, 60, 22):
            box.micropim.on_committed(kill_at(pair, "target", number))
            pair.run()
        while pair.run() != (0, 0):
            pass

        assert box.micropim.snapshot() == undisturbed


def test_a_second_quiet_run_writes_nothing(tmp_path: Path) -> None:
    """The same input again, from the very start: not one write."""
    with Sandbox(*options()) as box:
        pair = Pair(box, tmp_path)
        assert pair.run() == (0, 0)
        box.micropim.requests.clear()
        pair.state = None

        assert pair.run() == (0, 0)

        assert [seen.path for seen in box.micropim.requests if seen.kind == "write"] == []


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """One for all."""
    with Nursery() as made:
        yield made


@pytest.fixture(scope="module")
def nights(nursery: Nursery) -> Iterator[dict[str, Scene]]:
    """The first night of a pair, and the second."""
    with Shops(nursery) as shops:
        second = pair_scene(shops, "second", SIZE, second=True)
        yield {"first": pair_scene(shops, "first", SIZE), "second": second}


@pytest.mark.parametrize(
    ("night", "who", "moment", "step"),
    [
        ("first", "target", "request", 9),
        ("first", "target", "commit", 15),
        ("first", "tap", "line out", 9),
        ("second", "target", "request", 6),
        ("second", "target", "commit", 7),
        ("second", "target", "line out", 2),
        ("second", "target", "line in", 40),
        ("second", "tap", "request", 1),
        ("second", "tap", "line out", 40),
    ],
)
def test_a_kill_at_any_moment_of_the_pair_costs_nothing(
    nights: dict[str, Scene], night: str, who: str, moment: str, step: int
) -> None:
    """Either side, before and after the moment; the other side ends by itself, and the next run makes it good."""
    assert moment in (TAP_MOMENTS if who == "tap" else MOMENTS)
    ((_, tally),) = all_kills(nights[night], who, (moment,), step=step)

    assert tally.wrong == []
    assert tally.points >= 2


def test_several_workers_of_a_pair_are_as_safe(nursery: Nursery) -> None:
    """The n-th moment is another one in each run."""
    with Shops(nursery) as shops:
        scene = pair_scene(shops, "several", SIZE, second=True, hands=4)
        ((_, tally),) = all_kills(scene, "target", ("request",), step=8)

    assert tally.wrong == []


@pytest.mark.parametrize("settings", [{}, {"products_endpoint": "query"}, {"products": 300}], ids=str)
def test_a_tap_killed_alone_and_run_again_has_sent_everything(nursery: Nursery, settings: Any) -> None:
    """What stood before the last whole STATE, and what the next run sends, is every version; so is the bookmark."""
    with Shops(nursery) as shops:
        scene = tap_scene(shops, "tap", SIZE, **settings)
        ((_, requests), (_, lines)) = all_kills(scene, "tap", TAP_MOMENTS, step=110 if "products" in settings else 5)

    assert requests.wrong + lines.wrong == []
    assert lines.points >= 6


class Hasty(TapScene):
    """A host that takes the state of a run that came to its end for that of one that was killed."""

    def tonight(self, kill: Kill | None = None) -> Ended:
        """The state of the end, whatever came of the run."""
        ended = super().tonight(kill)
        if not hasattr(self, "end"):
            self.end = self.shop.state
        self.shop.state = self.end
        return ended


def test_the_harness_sees_a_record_that_no_run_sent(nursery: Nursery) -> None:
    """What it could not see it could not rule out."""
    with Shops(nursery) as shops:
        shop = shops.open(SIZE)
        shop.tap_settings = {"lookback_seconds": 1}
        tally = suffer(Hasty("hasty", shop).rehearse(), Kill("tap", "line out", 13, after=True))

    assert tally.lost
    assert tally.wrong
