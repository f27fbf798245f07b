"""The target killed at every sixth (second night: fourth) request and change of the ledger: ``make kill`` in small.

The kills are SIGKILLs that a forked target sends itself at the moment in question (trials/kills/fork_server.py), so
every n is a real kill. Kills from outside, by the sandbox in the middle of a request, are tried beside them.
"""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trials import postgres
from trials.kills.fork_server import MOMENTS, ForkServer, Kill
from trials.kills.kills import SIZE, Deployments, all_kills, target_scenario
from trials.kills.scenarios import Scenario

STEPS = (8, 5)  # of the first night and the second; ``make kill`` leaves nothing out
DENSE = ("request", "commit")  # where something can go wrong


@pytest.fixture(scope="module")
def fork_server() -> Iterator[ForkServer]:
    """One for all."""
    with ForkServer() as made:
        yield made


@pytest.fixture(scope="module")
def nights(fork_server: ForkServer) -> Iterator[list[Scenario]]:
    """The first night and the second."""
    with Deployments(fork_server) as deployments:
        yield [target_scenario(deployments, "first", SIZE), target_scenario(deployments, "second", SIZE, second=True)]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("night", [0, 1], ids=["first", "second"])
def test_a_kill_at_any_moment_costs_nothing(nights: list[Scenario], night: int, moment: str) -> None:
    """Before and after it: nothing is lost, nothing is there twice, and a third run writes nothing."""
    ((_, tally),) = all_kills(nights[night], "target", (moment,), step=STEPS[night] if moment in DENSE else 10)

    assert tally.wrong == []
    assert tally.points >= (10 if moment in DENSE else 2)


def test_several_hands_are_as_safe(fork_server: ForkServer) -> None:
    """With four workers a kill finds several products half done at once."""
    with Deployments(fork_server) as deployments:
        scenario = target_scenario(deployments, "several", SIZE, workers=4)
        ((_, requests), (_, commits)) = all_kills(scenario, "target", ("request", "commit"), step=20)

    assert requests.wrong + commits.wrong == []


def test_a_ledger_on_postgresql_is_as_safe(fork_server: ForkServer) -> None:
    """The same moments, with a ledger whose server outlives the kill."""
    if not postgres.is_here():
        pytest.skip(postgres.ABSENT)
    with postgres.cluster() as cluster, Deployments(fork_server, cluster) as deployments:
        scenario = target_scenario(deployments, "first", SIZE)
        assert scenario.deployment.ledger.url.startswith("postgresql:")
        ((_, requests), (_, commits)) = all_kills(scenario, "target", ("request", "commit"), step=19)

    assert requests.wrong + commits.wrong == []
    assert requests.points + commits.points >= 8


@pytest.mark.parametrize("hook", ["on_request", "on_committed"])
def test_kills_from_outside_are_no_worse(nights: list[Scenario], hook: str) -> None:
    """The sandbox due while it holds the request, so that the target dies waiting for the answer."""
    scenario = nights[0]
    for number in (3, 12):
        scenario.restore()
        disarm = kill_from_outside(scenario, hook, number)
        assert scenario.run_night().codes == {"target": -signal.SIGKILL}
        disarm.set()
        assert scenario.run_night().codes == {"target": 0}
        assert scenario.facts_after_night() == scenario.expected


def kill_from_outside(scenario: Scenario, hook: str, number: int) -> threading.Event:
    """Kill the target at its n-th request, or its n-th write, once."""
    disarmed = threading.Event()
    seen = iter(range(1, 1_000_000))

    def kill(_call: Any) -> None:
        if not disarmed.is_set() and next(seen) == number:
            pid = scenario.deployment.fork_server.pids["target"]
            os.kill(pid, signal.SIGKILL)
            while is_running(pid):
                pass

    getattr(scenario.deployment.box.micropim, hook)(kill)
    return disarmed


def is_running(pid: int) -> bool:
    """Whether a process still does anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False


def test_a_kill_and_a_lost_ledger_make_no_double(nights: list[Scenario]) -> None:
    """Every product, category and definition is there once; pictures may be left to a person, never doubled."""
    scenario, deployment = nights[0], nights[0].deployment
    for number in range(2, 30, 9):
        scenario.restore()
        assert scenario.run_night(Kill("target", "request", number, after=True)).killed
        deployment.ledger.restore({})
        deployment.state = None
        assert scenario.run_night().codes == {"target": 0}
        facts = scenario.facts_after_night()
        assert not [fact for fact in facts - scenario.expected if not fact.startswith("pictures: ")]
        assert not [fact for fact in scenario.expected - facts if "/media" not in fact and "pictures: " not in fact]
