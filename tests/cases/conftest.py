"""A shop for each case: its organization on loopback, its ledger, its time."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sandbox import MicroPimOptions, Sandbox
from tests.cases.shop import Json, Shop, Time
from tests.support.nearby import nearby


@pytest.fixture
def make_shop(tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    """Make an organization with options of the sandbox; ``config`` are settings of every night."""
    with ExitStack() as stack:

        def make(config: Json | None = None, **options: Any) -> Shop:
            shared = Time()
            options = {"reads_per_minute": None, "writes_per_minute": None, "clock": shared.now, **options}
            box = stack.enter_context(Sandbox(None, MicroPimOptions(**options)))
            stack.enter_context(nearby(box))
            folder = tmp_path / f"shop{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            return Shop(box, folder, config or {}, shared)

        yield make


@pytest.fixture
def shop(make_shop: Callable[..., Shop]) -> Shop:
    """An empty organization."""
    return make_shop()
