"""The pair of one case."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sandbox import MedipimOptions, MicroPimOptions, Sandbox
from tests.cases.shop import Shop, Time
from tests.catalogue.pair import Pair, read_case
from tests.support.nearby import nearby

CASES = Path(__file__).parent / "cases"
WORLDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "poison": {"unstorable": "500"},
    "echo": {"answers": "echo", "text_forms": ("question_marks", "void_tags", "line_end")},
}


@pytest.fixture
def pair(tmp_path: Path, run_tap: Callable[..., Any]) -> Iterator[Callable[..., Pair]]:
    """Make the pair of a case: its number, or the case itself; ``options`` are those of MicroPIM's sandbox."""
    with ExitStack() as stack:

        def make(case: int | dict[str, Any], **options: Any) -> Pair:
            if isinstance(case, int):
                (file,) = CASES.glob(f"{case:02d}-*.json")
                case = read_case(file)
            time = Time()
            switches = dict(switch.split("=") for switch in case.get("switch", ()))
            switches["brands"] = {number: f"Brand {number}" for number in range(10, 16)}
            wanted = {"reads_per_minute": None, "writes_per_minute": None, "clock": time.now, **switches, **options}
            wanted |= WORLDS[case.get("micropim", "plain")]
            source = MedipimOptions(products=0, requests_per_minute=None, market=case.get("market", "be"))
            box = stack.enter_context(Sandbox(source, MicroPimOptions(**wanted)))
            stack.enter_context(nearby(box))
            folder = tmp_path / f"shop{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            return Pair(Shop(box, folder, {}, time), run_tap, case)

        yield make
