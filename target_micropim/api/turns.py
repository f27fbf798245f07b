"""The turns of a look and of the write that follows it, taken together, so that no wait lies between the two.

A write whose look waits for its own turn is sent seconds after its turn was due, and a minute then holds one write too
many (docs/decisions/0059-look-and-write-take-their-turns-together.md).
"""

import threading
from typing import TYPE_CHECKING

from pim_wire.wire import Call, Tries, Wire

if TYPE_CHECKING:  # its library takes 40 ms to import
    from pim_wire.throttle import TurnInHand

_ANY_LOOK, _ANY_WRITE = Call("GET", "/api/products", 0), Call("PATCH", "/api/products", 0)  # throttles go by the method


class LookAndWriteTurns(threading.local):
    """Those of one thread: the turn of a look until that is sent; the turn of the write stands in its tries."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._look: TurnInHand | None = None
        self._expects_write = True

    def take(self, tries: Tries) -> None:
        """Wait for the turns of a look and of a write.

        Where the last look of this thread led to no write, the look takes its own, and a write has to find its turn
        free: a turn of a write that nobody uses is lost to the others, whose turns come behind it.
        """
        self._give_back(tries)
        if self._expects_write:
            self._look, tries.turn = self._wire.take_turns(_ANY_LOOK, _ANY_WRITE)
        else:
            tries.must_go_at_once = True

    def for_look(self) -> "TurnInHand | None":
        """The turn of a look that is in hand; whoever asks uses it."""
        turn, self._look = self._look, None
        return turn

    def expect_write(self) -> None:
        """A write did not find its turn free: both turns next time."""
        self._expects_write = True

    def settle(self, tries: Tries) -> None:
        """Give back what was not used: nothing was looked at, or the look has shown that nothing is to be written."""
        if self._look is None:  # there was a look
            self._expects_write = tries.turn is None and not tries.must_go_at_once
        self._give_back(tries)

    def _give_back(self, tries: Tries) -> None:
        for turn in (self.for_look(), tries.turn):
            if turn is not None:
                turn.give_back()
        tries.turn, tries.must_go_at_once = None, False
