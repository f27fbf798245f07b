"""The turns of looks and of the write that follows them, taken together, so that no wait lies between them.

A write whose look waits for its own turn is sent seconds after its turn was due, and a minute then holds one write too
many (docs/decisions/0059-look-and-write-take-their-turns-together.md). How many looks come before a write is not known
beforehand: a thread expects as many as one of its last writes had, and looks again where it was wrong by more than a
moment, or had to wait for another thread.
"""

import threading
from collections import deque
from typing import TYPE_CHECKING

from pim_wire.errors import StaleLook
from pim_wire.wire import Tries

if TYPE_CHECKING:  # its library takes 40 ms to import
    from pim_wire.throttle import Throttle, TurnInHand

MOST_SECONDS_EARLY, MOST_SECONDS_LATE = 0.6, 0.4  # together what the even pace leaves out of each minute of 60 writes
MOST_LOOKS = 4  # before a write; only the first creation of a run has more, to find out what the service does
MOST_RENEWALS = 3  # of one write: better sent late than never
_WRITES = 5  # that say how many looks the next one has: a turn too many is used by the look after the write


class LookAndWriteTurns(threading.local):
    """Those of one thread: the turns of looks until they are sent; the turn of the write stands in its tries."""

    def __init__(self, reads: "Throttle", writes: "Throttle") -> None:
        self._reads, self._writes = reads, writes
        self._in_hand: list[TurnInHand] = []
        self._expects_write = True
        self._counts = deque([1], maxlen=_WRITES)
        self._expected = 1
        self._looks = 0
        self._reached = 0  # when the last turn that was used was due
        self._waited = 0.0
        self.waited_in_all = 0.0  # seconds, for turns and between attempts
        self._renewals = 0

    def take(self, tries: Tries) -> None:
        """Wait for the turn of the first look; the write's is due with the last one.

        Where the last look of this thread led to no write, the look takes its own, and a write has to find its turn
        free: a turn of a write that nobody uses is lost to the others, whose turns come behind it.
        """
        if self._in_hand or tries.turn is not None:
            self._give_back(tries)
        self._looks, self._waited, tries.must_go_at_once = 0, 0.0, False
        if self._expects_write:
            self._in_hand, tries.turn = self._reads.take_with(self._writes, self._expected)
        else:
            tries.must_go_at_once = True

    def for_look(self) -> "TurnInHand | None":
        """The next turn of a look that is in hand, if there is one; whoever asks has waited for it, and uses it."""
        if not self._in_hand:
            return None
        turn = self._in_hand.pop(0)
        self.waited_in_all += turn.throttle.wait_until(turn.due_at)
        self._reached = turn.due
        return turn

    def looked(self, waited: float) -> None:
        """There was a look, and it waited so many seconds for its own turn or between attempts."""
        self._looks += 1
        self._waited += waited
        self.waited_in_all += waited

    def waited(self, seconds: float) -> None:
        """Somebody was waited for, who waited. How long answers take is no such wait: it is so for every write."""
        self._waited += seconds

    def for_write(self, tries: Tries, write: object) -> None:
        """Nothing where the write may be sent with the turn in hand, or takes its own.

        Raises StaleLook where its turn was due long before, since there were waits, or where it is due later.
        """
        if tries.turn is None:
            return
        count = self._looks if 0 < self._looks <= MOST_LOOKS else 1
        self._counts.append(count)
        early = (tries.turn.due - self._reached) / 1000 if self._looks else 0.0
        is_in_time = early <= MOST_SECONDS_EARLY and self._waited <= MOST_SECONDS_LATE
        if not is_in_time and self._renewals < MOST_RENEWALS:
            self._renewals, self._expected = self._renewals + 1, count
            raise StaleLook(str(write))

    def expect_write(self) -> None:
        """A write did not find its turn free, or in time: turns for both next time."""
        self._expects_write = True

    def settle(self, tries: Tries) -> None:
        """Give back what was not used: nothing was looked at, or the look has shown that nothing is to be written."""
        if self._looks:
            self._expects_write = tries.turn is None and not tries.must_go_at_once
        if self._in_hand or tries.turn is not None:
            self._give_back(tries)
        self._renewals, self._expected = 0, max(self._counts)

    def _give_back(self, tries: Tries) -> None:
        for turn in (tries.turn, *reversed(self._in_hand)):
            if turn is not None:
                turn.give_back()
        self._in_hand, tries.turn = [], None
