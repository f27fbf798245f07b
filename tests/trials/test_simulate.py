"""Some simulated lives, and a simulator that replays, shrinks and sees what breaks; ``make simulate`` tries more."""

import pytest

from trials.simulate.old_faults import OLD_FAULTS, put_back
from trials.simulate.scenario import draw, spells, switches
from trials.simulate.shrink import shrunk
from trials.simulate.simulator import Life, Simulator

SEEDS = 140
SEEDS_OF_A_FAULT = 60


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    """One for all."""
    return Simulator()


@pytest.mark.parametrize("first", range(1, SEEDS, 10))
def test_every_law_holds(simulator: Simulator, first: int) -> None:
    """Ten lives at a time."""
    lives = [simulator.live(seed) for seed in range(first, first + 10)]

    assert [(life.scenario.seed, str(life.broken[0])) for life in lives if life.broken] == []


@pytest.mark.parametrize("seed", [3, 7])
def test_a_seed_replays_exactly(simulator: Simulator, seed: int) -> None:
    """Every request, answer and wait."""
    once, again = (simulator.live(seed, traced=True) for _ in range(2))

    assert once.trace == again.trace
    assert any("POST /api/products" in line for line in once.trace)


def found(simulator: Simulator, name: str) -> Life:
    """The first life in which a fault of an earlier release breaks a law."""
    lives = (simulator.live(seed, fault=put_back(name)) for seed in range(1, SEEDS_OF_A_FAULT))
    return next(life for life in lives if life.broken)


@pytest.mark.parametrize("name", OLD_FAULTS)
def test_every_fault_of_before_can_be_put_back(name: str) -> None:
    """What it replaces is still there."""
    with put_back(name):
        pass


@pytest.mark.parametrize("name", ["two-owners", "edits-are-overwritten"])
def test_the_simulator_sees_a_fault_of_before(simulator: Simulator, name: str) -> None:
    """What it could not see it could not rule out; those of the list that are found soon (docs/simulate.md)."""
    assert found(simulator, name).broken


def test_what_breaks_shrinks_to_less_that_breaks_the_same(simulator: Simulator) -> None:
    """To a scenario of a few parts."""
    name = "edits-are-overwritten"
    life = found(simulator, name)
    small = shrunk(simulator, life, fault=lambda: put_back(name))

    assert small.broken[0].law == life.broken[0].law
    assert 0 < len(small.scenario.parts) < len(life.scenario.parts)


def test_a_part_means_the_same_without_the_others() -> None:
    """Else shrinking would look at other scenarios."""
    whole = draw(11)
    some = list(whole.parts)[::2]

    assert draw(11, some).parts == {number: whole.parts[number] for number in some}


def test_worlds_are_drawn_from_the_switches_of_the_sandbox() -> None:
    """A new switch is drawn without a change here; one under which nothing can work lasts for a night."""
    assert {"search", "answers", "show_after_seconds"} <= {name for name, _values in switches()}
    assert "read_only=400" in spells()
    assert len(OLD_FAULTS) >= 10
