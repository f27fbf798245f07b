"""What a run holds in memory has an end, however large or strange the source is (docs/bounds.md)."""

import tracemalloc
from collections.abc import Callable
from typing import Any

from sandbox.faults import Fault
from target_micropim.ledger import ProductRow
from target_micropim.sync.archives import PendingArchives
from target_micropim.sync.checkpoints import MOST_WAITING, Checkpoints


class TestStates:
    """A record that stays open keeps states back."""

    def test_states_behind_an_open_record_are_thinned_out_and_the_newest_is_kept(self) -> None:
        written: list[Any] = []
        settlement = Checkpoints(written.append, 0, lambda: 0.0)
        first = settlement.open()
        for number in range(MOST_WAITING * 5):
            settlement.close(settlement.open())
            settlement.checkpoint({"at": number})
        assert len(settlement._waiting) <= MOST_WAITING + 1
        settlement.close(first)
        settlement.release(now=True)
        assert written == [{"at": MOST_WAITING * 5 - 1}]

    def test_thinning_out_never_lets_a_state_pass_an_open_record(self) -> None:
        written: list[Any] = []
        settlement = Checkpoints(written.append, 0, lambda: 0.0)
        tickets = []
        for number in range(MOST_WAITING * 3):
            tickets.append(settlement.open())
            settlement.checkpoint({"at": number})
        for number, ticket in enumerate(tickets):
            settlement.close(ticket)
            settlement.release(now=True)
            assert all(state["at"] <= number for state in written)
        assert written[-1] == {"at": MOST_WAITING * 3 - 1}


class TestArchives:
    """A source that calls everything inactive."""

    def test_records_that_wait_for_the_end_are_not_held_in_memory(self) -> None:
        archives = PendingArchives()
        tracemalloc.start()
        try:
            for number in range(500):
                record = {"id": str(number), "text": "x" * 20_000}
                archives.put(
                    number, record, ProductRow(str(number), str(number), number + 1, "d", {"name": "y" * 2000})
                )
            held, _peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert held < 500 * 1000
        kept = {one.key: archives.record(one) for one in archives}
        archives.close()
        assert kept["499"] == {"id": "499", "text": "x" * 20_000}
        assert len(kept) == 500

    def test_an_archive_that_is_refused_is_rejected_with_its_whole_record(
        self, make_world: Callable[..., Any], singer: Any
    ) -> None:
        world = make_world()
        world.load(singer.lines(products=[singer.product(1), singer.product(2)]))
        gone = [singer.product(number, status="inactive", note="kept whole") for number in (1, 2)]
        world.pim.faults.add(fault_on_archive())
        outcome = world.load(singer.lines(products=gone), max_in_flight=1)  # the first to land is archived first
        assert outcome.report["streams"]["products"] == {"received": 2, "archived": 1, "rejected": 1}
        assert [reject["record"] for reject in outcome.rejects] == [gone[0]]


def fault_on_archive() -> Any:
    """MicroPIM refuses the first archive."""
    return Fault("status", route="DELETE /api/products/", status=400, body='{"status":0,"data":null,"error":"no"}')
