"""Contact with one MicroPIM organization: key, throttles and wire, built once from the settings. Stores nothing."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import requests
from requests.auth import AuthBase
from typing_extensions import override

from pim_wire.clock import Clock
from pim_wire.errors import StrangeAnswer
from pim_wire.limits import SizeLimits
from pim_wire.redaction import Redactor
from pim_wire.throttle import Throttle, ThrottleTally, pace_stores_for
from pim_wire.timeline import Timeline
from pim_wire.wire import Call, Wire
from target_micropim.api.client import MicroPimClient, is_picture
from target_micropim.api.picture_urls import PictureUrlCheck, is_public_address
from target_micropim.errors import RecordRejected
from target_micropim.settings.shaping import organization
from target_micropim.settings.values import TargetSettings


class KeyAuth(AuthBase):
    """The X-API-KEY header, given explicitly so that no .netrc takes its place."""

    def __init__(self, key: str) -> None:
        self._key = key

    @override
    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.headers["X-API-KEY"] = self._key
        return r


class Connection:
    """The wire and its throttles, and the client that speaks over it. Raises CannotPace."""

    def __init__(
        self, config: Mapping[str, Any], settings: TargetSettings, agent: str, clock: Clock, redactor: Redactor
    ) -> None:
        self.config = config
        self.settings = settings
        self.clock = clock
        self.redactor = redactor
        known = settings.capabilities
        self.timeline = Timeline(clock)
        reads = _slower(config["reads_per_minute"], known.reads_per_minute)
        writes = _slower(config["writes_per_minute"], known.writes_per_minute)
        keeper = pace_stores_for(settings.throttle_url, clock)
        where = settings.base_url  # MicroPIM counts by the caller's address, not by key (micropim.md 1.3)
        self.reads = Throttle(reads, clock, self.timeline, "reads", keeper=keeper(f"{where} reads"))
        self.writes = Throttle(writes, clock, self.timeline, "writes", keeper=keeper(f"{where} writes"))
        self.pictures = self.writes
        if (pictures := config.get("pictures_per_minute")) is not None:
            kept = keeper(f"{where} pictures")
            self.pictures = Throttle(pictures, clock, self.timeline, "pictures", keeper=kept, within=self.writes)
        self._agent = config.get("user_agent") or agent
        self.wire = self._wire(self._throttle_for)
        self.client = MicroPimClient(self.wire, redactor, config["request_timeout_seconds"])

    @cached_property
    def trouble_with(self) -> Callable[[str], str | None]:
        """Asks an address of a picture: not over our wire, and without our key."""
        config = self.config
        private, timeout = config["allow_private_media_hosts"], config["request_timeout_seconds"]
        return PictureUrlCheck(
            self.clock, self._agent, timeout, allow_private=private, may_connect=is_public_address
        ).trouble_with

    @property
    def tallies(self) -> dict[str, ThrottleTally]:
        """What each throttle did; pictures, where they have one, count among the writes too."""
        named = {"reads": self.reads, "writes": self.writes}
        if self.pictures is not self.writes:
            named["pictures"] = self.pictures
        return {kind: throttle.tally for kind, throttle in named.items()}

    @property
    def organization(self) -> str:
        """What a ledger is bound to."""
        return organization(self.settings.base_url, self.config["api_key"])

    def channels(self) -> list[str]:
        """The cheapest question: it proves key and organization. Raises StopRun."""
        try:
            return self.client.channels()
        except RecordRejected as why:
            raise StrangeAnswer(
                f"MicroPIM at {self.settings.base_url} does not answer as MicroPIM does: {why}"
            ) from None

    def missing_channels(self) -> list[str]:
        """The configured channels that the organization does not offer. Raises StopRun."""
        offered = self.channels()
        return [name for name in self.settings.publishing_channels if name not in offered]

    def wire_at(self, per_minute: int) -> Wire:
        """A second wire with a pace of its own, for the bursts of --probe."""
        throttle = Throttle(per_minute, self.clock)
        return self._wire(lambda _call: throttle)

    def _throttle_for(self, call: Call) -> Throttle:
        """A picture is a write too: its own throttle stands within that of the writes."""
        if call.method == "GET":
            return self.reads
        return self.pictures if is_picture(call) else self.writes

    def _wire(self, throttle_for: Callable[[Call], Throttle]) -> Wire:
        return Wire(
            self.settings.base_url,
            service="MicroPIM",
            auth=KeyAuth(self.config["api_key"].strip()),
            user_agent=self._agent,
            throttle_for=throttle_for,
            max_wait_seconds=self.config["max_wait_seconds"],
            clock=self.clock,
            redactor=self.redactor,
            connections=self.config["max_in_flight"] + 1,
            bounds=SizeLimits(self.config["max_line_bytes"], self.config["max_nesting"]),
            timeline=self.timeline,
        )


def _slower(asked: int, known: int | None) -> int:
    """The pace of the settings; slower where --probe met a limit below it."""
    return asked if known is None else min(asked, known)
