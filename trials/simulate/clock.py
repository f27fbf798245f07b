"""Time that passes only when somebody waits. All processes of one world share it."""

from collections.abc import Callable

from typing_extensions import override

from pim_wire.clock import Clock
from pim_wire.errors import Interrupted

EPOCH = 1_790_000_000.0
TICK_SECONDS = 5.0
DAY = 86_400.0


class Time:
    """Seconds since the world began. ``on_tick`` is called while they pass: what runs beside a wait, runs there."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.on_tick: Callable[[], None] = lambda: None

    def jump(self, seconds: float) -> None:
        """Pass at once: nothing runs meanwhile."""
        self.seconds += seconds

    def go_by(self, seconds: float) -> None:
        """Pass in steps."""
        end = self.seconds + seconds
        while self.seconds < end:
            self.seconds = min(end, self.seconds + TICK_SECONDS)
            self.on_tick()


class SimClock(Clock):
    """The clock of one process. ``on_sleep`` is called in the middle of each wait: people work meanwhile."""

    def __init__(self, time: Time, on_sleep: Callable[[], None]) -> None:
        super().__init__()
        self._time = time
        self._on_sleep = on_sleep

    @override
    def now(self) -> float:
        return self._time.seconds

    @override
    def wall(self) -> float:
        return EPOCH + self._time.seconds

    @override
    def sleep(self, seconds: float) -> None:
        if self.stopped:
            raise Interrupted("stopped while waiting")
        if seconds <= 0:
            return
        self._time.go_by(seconds / 2)
        self._on_sleep()
        if self.stopped:
            raise Interrupted("stopped while waiting")
        self._time.go_by(seconds / 2)
