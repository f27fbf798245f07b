"""One writer for one ledger: a living run keeps its lock, wherever it lives, and a dead one does not."""

import subprocess
import sys
from typing import Any

import pytest

from tests.cases.records import product
from tests.cases.shop import Shop
from tests.target.conftest import lines

KEYS = [f"M{n}" for n in range(6)]
SOURCE = [product(key, "A") for key in KEYS]
CREATE = "POST /api/products$"


def in_a_container(shop: Shop) -> tuple[int, str]:
    """A run over the source in a PID namespace of its own, under the same host name; its exit code and log."""
    own = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-m", "target_micropim"]
    file = shop.write_settings()
    given = b"\n".join(lines(products=SOURCE)) + b"\n"
    done = subprocess.run([*own, "--config", str(file)], input=given, capture_output=True, timeout=60, check=False)
    return done.returncode, done.stderr.decode()


def has_namespaces() -> bool:
    """Whether this machine lets us make one."""
    try:
        return subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "true"], check=False).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(not has_namespaces(), reason="needs the right to make a PID namespace")
def test_two_containers(make_shop: Any) -> None:
    """The second one sees neither the first one's process nor another host name: it is refused all the same.

    It runs while the first one waits for an answer, and nothing is doubled.
    """
    shop = make_shop(sku_unique=False)
    ends: list[tuple[int, str]] = []
    shop.pim.meanwhile.do_after(lambda: ends.append(in_a_container(shop)), write=CREATE, nth=2)
    ends.append(in_a_container(shop))
    (refused, said), (code, log) = ends
    assert (shop.skus(), code) == (KEYS, 0), log
    assert refused == 1, said
    assert "Another run (process 1 on" in said


def test_a_second_run_of_the_same_machine(make_shop: Any) -> None:
    """Refused while the first one lives, though it asks for the same."""
    shop = make_shop(sku_unique=False)
    seconds: list[Any] = []
    shop.pim.meanwhile.do_after(lambda: seconds.append(shop.night(*SOURCE)), write=CREATE, nth=2)
    process = shop.start()
    process.communicate(b"\n".join(lines(products=SOURCE)) + b"\n", timeout=60)
    assert (shop.skus(), process.returncode) == (KEYS, 0)
    assert [(night.is_good, night.states) for night in seconds] == [(False, [])]


@pytest.mark.parametrize("nth", [1, 4])
def test_a_killed_run_does_not_block_the_next_one(make_shop: Any, nth: int) -> None:
    """Its process is gone, and what it had sent is found."""
    shop = make_shop(sku_unique=False)
    shop.killed(*SOURCE, write=CREATE, nth=nth)
    assert (shop.night(*SOURCE).is_good, shop.skus()) == (True, KEYS)
