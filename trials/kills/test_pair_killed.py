"""``tap-medipim | target-micropim`` killed and run again ends where an undisturbed run ends (law 2).

First the installed commands, killed from outside at a few requests; then forked ones that kill themselves at many
moments (trials/kills/fork_server.py). ``make kill`` tries every one.
"""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from trials.kills.fork_server import MOMENTS, ForkServer
from trials.kills.installed_pair import Pair, kill_at, options
from trials.kills.kills import SIZE, TAP_MOMENTS, Deployments, all_kills, pair_scenario, tap_scenario
from trials.kills.scenarios import Scenario


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


@pytest.fixture(scope="module")
def fork_server() -> Iterator[ForkServer]:
    """One for all."""
    with ForkServer() as made:
        yield made


@pytest.fixture(scope="module")
def nights(fork_server: ForkServer) -> Iterator[dict[str, Scenario]]:
    """The first night of a pair, and the second."""
    with Deployments(fork_server) as deployments:
        second = pair_scenario(deployments, "second", SIZE, second=True)
        yield {"first": pair_scenario(deployments, "first", SIZE), "second": second}


@pytest.mark.parametrize(
    ("night", "plugin", "moment", "step"),
    [
        ("first", "target", "request", 9),
        ("first", "target", "commit", 15),
        ("first", "tap", "line out", 9),
        ("second", "target", "request", 11),
        ("second", "target", "commit", 13),
        ("second", "target", "line out", 2),
        ("second", "target", "line in", 40),
        ("second", "tap", "request", 1),
        ("second", "tap", "line out", 40),
    ],
)
def test_a_kill_at_any_moment_of_the_pair_costs_nothing(
    nights: dict[str, Scenario], night: str, plugin: str, moment: str, step: int
) -> None:
    """Either side, before and after the moment; the other side ends by itself, and the next run makes it good."""
    assert moment in (TAP_MOMENTS if plugin == "tap" else MOMENTS)
    ((_, tally),) = all_kills(nights[night], plugin, (moment,), step=step)

    assert tally.wrong == []
    assert tally.points >= 2


def test_several_workers_of_a_pair_are_as_safe(fork_server: ForkServer) -> None:
    """The n-th moment is another one in each run."""
    with Deployments(fork_server) as deployments:
        scenario = pair_scenario(deployments, "several", SIZE, second=True, workers=4)
        ((_, tally),) = all_kills(scenario, "target", ("request",), step=8)

    assert tally.wrong == []


@pytest.mark.parametrize("settings", [{}, {"products_endpoint": "query"}, {"products": 300}], ids=str)
def test_a_tap_killed_alone_and_run_again_has_sent_everything(fork_server: ForkServer, settings: Any) -> None:
    """What stood before the last whole STATE, and what the next run sends, is every version; so is the bookmark."""
    with Deployments(fork_server) as deployments:
        scenario = tap_scenario(deployments, "tap", SIZE, **settings)
        ((_, requests), (_, lines)) = all_kills(scenario, "tap", TAP_MOMENTS, step=110 if "products" in settings else 5)

    assert requests.wrong + lines.wrong == []
    assert lines.points >= 6
