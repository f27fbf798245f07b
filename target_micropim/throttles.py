"""The throttles of one connection: reads, writes, pictures, each with a limit that was given or one that is searched.

MicroPIM counts by the caller's address, not by key (docs/api/micropim.md#rate-limits): a limit is shared by all who
send from there.
"""

from collections.abc import Callable, Mapping
from functools import partial

from pim_wire import auto_pace
from pim_wire.clock import Clock
from pim_wire.pace import PaceStore
from pim_wire.throttle import Throttle, ThrottleTally
from pim_wire.timeline import Timeline
from pim_wire.urls import limit_name
from target_micropim.settings.values import TargetSettings


class Throttles:
    """One for each kind of request; pictures without a limit of their own are writes like others."""

    def __init__(
        self, settings: TargetSettings, clock: Clock, timeline: Timeline, store: Callable[[str], PaceStore]
    ) -> None:
        self._settings = settings
        self._new = partial(self._throttle, clock=clock, timeline=timeline, store=store)
        limits = settings.capabilities
        self._measured = {"reads": limits.reads_per_minute, "writes": limits.writes_per_minute}
        self.reads = self._new("reads", settings.reads_per_minute)
        self.writes = self._new("writes", settings.writes_per_minute)
        self.pictures = self.writes
        if (pictures := settings.pictures_per_minute) is not None:
            self.pictures = self._new("pictures", pictures, within=self.writes)

    def _throttle(
        self,
        kind: str,
        asked: int,
        within: Throttle | None = None,
        *,
        clock: Clock,
        timeline: Timeline,
        store: Callable[[str], PaceStore],
    ) -> Throttle:
        name = limit_name(self._settings.base_url, self._settings.throttle_scope or "", kind)
        measured = self._measured.get(kind)
        if self._is_searched(kind):
            rules = auto_pace.rules(asked, measured)
            return Throttle(rules, clock, timeline, kind, store=store(f"{name} auto"), within=within)
        return Throttle(slower(asked, measured), clock, timeline, kind, store=store(name), within=within)

    def _is_searched(self, kind: str) -> bool:
        return f"{kind}_per_minute" in self._settings.searched_rates

    @property
    def by_kind(self) -> dict[str, Throttle]:
        """Those there are, by what they count."""
        throttles = {"reads": self.reads, "writes": self.writes}
        return throttles if self.pictures is self.writes else {**throttles, "pictures": self.pictures}

    @property
    def tallies(self) -> dict[str, ThrottleTally]:
        """What each throttle did; pictures, where they have one, count among the writes too."""
        return {kind: throttle.tally for kind, throttle in self.by_kind.items()}

    def begin_at(self, carried: Mapping[str, int]) -> None:
        """What earlier runs have found the service to carry, by kind; a pace that is in use already goes on."""
        for kind, throttle in self.by_kind.items():
            if self._is_searched(kind) and kind in carried:
                asked = getattr(self._settings, f"{kind}_per_minute")
                throttle.go_by(auto_pace.rules(asked, carried[kind]))

    def found(self) -> dict[str, int]:
        """Requests a minute that the service is known to carry, by kind, of the limits that are searched and used."""
        searched = {kind: one for kind, one in self.by_kind.items() if self._is_searched(kind) and one.tally.turns}
        rates = {kind: auto_pace.found_by(throttle.pace()) for kind, throttle in searched.items()}
        return {kind: rate for kind, rate in rates.items() if rate is not None}


def slower(asked: int, measured: int | None) -> int:
    """The pace of the settings; slower where --probe met a limit below it."""
    return asked if measured is None else min(asked, measured)
