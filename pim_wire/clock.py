"""Time as an object: tests need not wait, and a stop signal ends every wait."""

import threading
import time

from pim_wire.errors import Interrupted


class Clock:
    """Monotonic seconds, and a sleep that ``stop`` ends at once.

    ``stopped`` says whether ``stop`` was called: asked for with every line, request and read of a socket.
    """

    # Asked for some twenty times for each product, so the functions themselves stand here; another clock has methods.
    now = staticmethod(time.monotonic)  # seconds, comparable within this process
    wall = staticmethod(time.time)  # unix seconds, for text that people read; never for a bookmark or a measured wait

    def __init__(self) -> None:
        self.stopped = False
        self._stopped = threading.Event()

    def sleep(self, seconds: float) -> None:
        """Wait. Raises Interrupted when ``stop`` was called before the time is over."""
        if self._stopped.wait(max(0.0, seconds)):
            raise Interrupted("stopped while waiting")

    def stop(self) -> None:
        """End every wait, current and later ones."""
        self.stopped = True
        self._stopped.set()

    def stops_within(self, seconds: float) -> bool:
        """Whether ``stop`` was called, or is within so many seconds."""
        return self._stopped.wait(seconds)
