"""``make kill`` in a smaller form: the target killed at every fourth request and change of the ledger (laws 1 and 2).

The kills are SIGKILLs that a forked target sends itself at the moment in question (trials/kills/nursery.py), so every n
is a real kill. Kills from outside, by the sandbox in the middle of a request, are tried beside them; in tests/pipe
those of the installed commands.
"""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trials import postgres
from trials.kills import kills
from trials.kills.kills import SIZE, Shops, Tally, all_kills, suffer, target_scene
from trials.kills.nursery import MOMENTS, Ended, Kill, Nursery
from trials.kills.scenes import Scene, TargetScene, first_night

STEPS = {"request": 4, "commit": 4}  # where something can go wrong; ``make kill`` leaves nothing out


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """One for all."""
    with Nursery() as made:
        yield made


@pytest.fixture(scope="module")
def nights(nursery: Nursery) -> Iterator[list[Scene]]:
    """The first night and the second."""
    with Shops(nursery) as shops:
        yield [target_scene(shops, "first", SIZE), target_scene(shops, "second", SIZE, second=True)]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("night", [0, 1], ids=["first", "second"])
def test_a_kill_at_any_moment_costs_nothing(nights: list[Scene], night: int, moment: str) -> None:
    """Before and after it: nothing is lost, nothing is there twice, and a third run writes nothing."""
    ((_, tally),) = all_kills(nights[night], "target", (moment,), step=STEPS.get(moment, 10))

    assert tally.wrong == []
    assert tally.points >= (10 if moment in STEPS else 2)


def test_several_hands_are_as_safe(nursery: Nursery) -> None:
    """With four workers a kill finds several products half done at once."""
    with Shops(nursery) as shops:
        scene = target_scene(shops, "several", SIZE, hands=4)
        ((_, requests), (_, commits)) = all_kills(scene, "target", ("request", "commit"), step=20)

    assert requests.wrong + commits.wrong == []


def test_a_ledger_on_postgresql_is_as_safe(nursery: Nursery) -> None:
    """The same moments, with a ledger whose server outlives the kill."""
    if not postgres.is_here():
        pytest.skip(postgres.ABSENT)
    with postgres.cluster() as cluster, Shops(nursery, cluster) as shops:
        scene = target_scene(shops, "first", SIZE)
        assert scene.shop.ledger.url.startswith("postgresql:")
        ((_, requests), (_, commits)) = all_kills(scene, "target", ("request", "commit"), step=13)

    assert requests.wrong + commits.wrong == []
    assert requests.points + commits.points >= 8


@pytest.mark.parametrize("hook", ["on_request", "on_committed"])
def test_kills_from_outside_are_no_worse(nights: list[Scene], hook: str) -> None:
    """The sandbox strikes while it holds the request, so that the target dies waiting for the answer."""
    scene = nights[0]
    for number in (3, 12):
        scene.put_back()
        disarm = strike_at(scene, hook, number)
        assert scene.tonight().codes == {"target": -signal.SIGKILL}
        disarm.set()
        assert scene.tonight().codes == {"target": 0}
        assert scene.found() == scene.expected


def strike_at(scene: Scene, hook: str, number: int) -> threading.Event:
    """Kill the target at its n-th request, or its n-th write, once."""
    disarmed = threading.Event()
    seen = iter(range(1, 1_000_000))

    def strike(_call: Any) -> None:
        if not disarmed.is_set() and next(seen) == number:
            pid = scene.shop.nursery.pids["target"]
            os.kill(pid, signal.SIGKILL)
            while is_running(pid):
                pass

    getattr(scene.shop.box.micropim, hook)(strike)
    return disarmed


def is_running(pid: int) -> bool:
    """Whether a process still does anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False


def test_a_kill_and_a_lost_ledger_make_no_double(nights: list[Scene]) -> None:
    """Every product, category and definition is there once; pictures may be left to a person, never doubled."""
    scene, shop = nights[0], nights[0].shop
    for number in range(2, 30, 9):
        scene.put_back()
        assert scene.tonight(Kill("target", "request", number, after=True)).killed
        shop.ledger.put_back({})
        shop.state = None
        assert scene.tonight().codes == {"target": 0}
        found = scene.found()
        assert not [fact for fact in found - scene.expected if not fact.startswith("pictures: ")]
        assert not [fact for fact in scene.expected - found if "/media" not in fact and "pictures: " not in fact]


class Spoilt(TargetScene):
    """Somebody spoils the catalogue while the target is dead."""

    def tonight(self, kill: Kill | None = None) -> Ended:
        """One product comes in twice."""
        ended = super().tonight(kill)
        if kill:
            self.shop.box.micropim.add("0", name="A second one")
        return ended


class Forgetful(TargetScene):
    """A next night that does not come."""

    def tomorrow(self) -> Ended:
        """Only the first time, when it is rehearsed."""
        tomorrow = super().tonight if hasattr(self, "expected_tomorrow") else super().tomorrow
        return tomorrow()


@pytest.mark.parametrize("kind", [Spoilt, Forgetful])
def test_the_harness_sees_a_loss_and_a_double(nursery: Nursery, kind: type[TargetScene]) -> None:
    """What it could not see it could not rule out."""
    with Shops(nursery) as shops:
        scene = kind("spoilt", shops.open(max_in_flight=1), first_night(4)).rehearse()
        tally: Tally = suffer(scene, Kill("target", "request", 14, after=True))

    assert tally.doubled or kind is Forgetful
    assert tally.lost
    assert tally.wrong


def test_a_part_of_the_long_form_renews_its_own_rows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The rows of other scenes, and the words around the table, stay; the last row sums up."""
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
