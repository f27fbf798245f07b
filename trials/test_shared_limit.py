"""Three real processes within one limit, in real time."""

import time
from typing import Any

SPEED = 10  # MicroPIM's minute passes in six seconds


def fast() -> float:
    """A clock for the sandbox's limits."""
    return time.monotonic() * SPEED


def together(worlds: list[Any], given: list[list[bytes]], **settings: Any) -> list[str]:
    """Runs at the same time, each with its own ledger, all into the first one's MicroPIM; what the failed ones said."""
    url = worlds[0].box.micropim_url
    running = [world.start(api_url=url, **settings) for world in worlds]
    for process, lines in zip(running, given, strict=True):
        process.stdin.write(b"\n".join(lines) + b"\n")
        process.stdin.close()
        process.stdin = None
    ends = [(process.communicate(timeout=90)[1].decode(), process.returncode) for process in running]
    return [said for said, code in ends if code]


def test_three_processes_share_one_limit(make_world: Any, singer: Any, tmp_path: Any) -> None:
    """MicroPIM counts them as one, by their address: with a shared file they are never refused, without it they are."""
    worlds = [make_world(writes_per_minute=100, clock=fast) for _ in range(3)]
    pim = worlds[0].pim
    given = [singer.lines(products=[singer.product(1000 * n + number) for number in range(60)]) for n in range(3)]
    pace = {"writes_per_minute": 700, "max_wait_seconds": 0}  # alone 84 writes in six seconds, at most
    assert together(worlds, given, throttle_url=f"sqlite:///{tmp_path}/throttle.db", **pace) == []
    assert len(pim.products) == 180
    pim.products.clear()
    for world in worlds:
        world.lose_ledger()
    assert any("429" in said for said in together(worlds, given, **pace))
