"""The installed pair: killed and run again it ends where an undisturbed run ends (law 2); a second run writes nothing.

``make trials SHORT=1`` and ``make kill`` kill it at many more moments.
"""

import signal
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from tests.support.forked import ForkedPopen
from trials.kills.installed_pair import Pair, kill_at, options


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The catalogue as one undisturbed run leaves it."""
    with Sandbox(*options()) as box:
        pair = Pair(box, tmp_path_factory.mktemp("undisturbed"), ForkedPopen)
        assert pair.run() == (0, 0)
        return box.micropim.snapshot()


def test_a_killed_target_is_made_good_by_the_next_run(undisturbed: Any, tmp_path: Path) -> None:
    """SIGKILL after a write was carried out and before its answer: no double, nothing lost."""
    with Sandbox(*options()) as box:
        pair = Pair(box, tmp_path, ForkedPopen)
        box.micropim.on_committed(kill_at(pair, "target", 60))

        assert pair.run()[1] == -signal.SIGKILL
        assert pair.run() == (0, 0)

        assert box.micropim.snapshot() == undisturbed


def test_a_second_quiet_run_writes_nothing(tmp_path: Path) -> None:
    """The same input again, from the very start: not one write."""
    with Sandbox(*options()) as box:
        pair = Pair(box, tmp_path, ForkedPopen)
        assert pair.run() == (0, 0)
        box.micropim.requests.clear()
        pair.state = None

        assert pair.run() == (0, 0)

        assert [seen.path for seen in box.micropim.requests if seen.kind == "write"] == []
