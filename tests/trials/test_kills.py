"""A few kills, and a harness that sees what a kill could cost; ``make trials SHORT=1`` tries more."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from trials.kills import any_order, kills
from trials.kills.fork_server import Ended, ForkServer, Kill
from trials.kills.kills import SIZE, Deployments, Tally, target_scenario, try_kill
from trials.kills.scenarios import Scenario, TapScenario, TargetScenario, first_night


@pytest.fixture(scope="module")
def first(fork_server: ForkServer) -> Iterator[Scenario]:
    """The first night of the target alone."""
    with Deployments(fork_server) as deployments:
        yield target_scenario(deployments, "first", SIZE)


@pytest.mark.parametrize(
    "kill",
    [
        Kill("target", "POST products", 2, after=True),
        Kill("target", "commit", 12, after=False),
        Kill("target", "line out", 3, after=True),
    ],
    ids=str,
)
def test_a_killed_run_is_completed_by_the_next(first: Scenario, kill: Kill) -> None:
    """Nothing is lost, nothing is there twice, a run from the start writes nothing."""
    tally = try_kill(first, kill)

    assert tally.wrong == []
    assert tally.points == 1


def test_any_order_ends_well() -> None:
    """One short order of kills, faults, edits and changes of settings."""
    any_order.run(examples=1, steps=3)


class Spoilt(TargetScenario):
    """Somebody spoils the catalogue while the target is dead."""

    def run_night(self, kill: Kill | None = None) -> Ended:
        """One product comes in twice."""
        ended = super().run_night(kill)
        if kill:
            self.deployment.box.micropim.add("0", name="A second one")
        return ended


class Forgetful(TargetScenario):
    """A next night that does not come."""

    def run_next_night(self) -> Ended:
        """Only the first time, when it is rehearsed."""
        run = super().run_night if hasattr(self, "expected_next") else super().run_next_night
        return run()


@pytest.mark.parametrize("kind", [Spoilt, Forgetful])
def test_the_harness_sees_a_loss_and_a_double(fork_server: ForkServer, kind: type[TargetScenario]) -> None:
    """What it could not see it could not rule out."""
    with Deployments(fork_server) as deployments:
        scenario = kind("spoilt", deployments.open(max_in_flight=1), first_night(4)).run_undisturbed()
        tally: Tally = try_kill(scenario, Kill("target", "request", 14, after=True))

    assert tally.doubled or kind is Forgetful
    assert tally.lost
    assert tally.wrong


def test_a_part_of_the_long_form_renews_its_own_rows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The rows of other scenarios, and the words around the table, stay; the last row sums up."""
    page = tmp_path / "kills.md"
    page.write_text(f"Before\n{kills.BEGIN}{kills.END}After\n")
    monkeypatch.setattr(kills, "PAGE", page)
    one, other, newer = (kills.row(name, "tap", "request", Tally(points=n)) for name, n in zip(
        ("tap, stream", "tap, pages", "tap, stream"), (1, 20, 300), strict=True))  # fmt: skip
    for rows in ([one], [other], [newer]):
        kills.renew(rows)
    text = page.read_text()
    assert text.startswith("Before\n")
    assert text.endswith("After\n")
    assert newer in text
    assert other in text
    assert one not in text
    assert "| all |  |  | 320 | 0 |" in text


class Hasty(TapScenario):
    """A host that takes the state of a run that came to its end for that of one that was killed."""

    def run_night(self, kill: Kill | None = None) -> Ended:
        """The state of the end, whatever came of the run."""
        ended = super().run_night(kill)
        if not hasattr(self, "end"):
            self.end = self.deployment.state
        self.deployment.state = self.end
        return ended


def test_the_harness_sees_a_record_that_no_run_sent(fork_server: ForkServer) -> None:
    """What it could not see it could not rule out."""
    with Deployments(fork_server) as deployments:
        deployment = deployments.open(SIZE)
        deployment.tap_settings = {"lookback_seconds": 1}
        tally = try_kill(Hasty("hasty", deployment).run_undisturbed(), Kill("tap", "line out", 13, after=True))

    assert tally.lost
    assert tally.wrong
