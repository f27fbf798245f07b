"""Contact with one MicroPIM organization: key, throttles and wire, built once from the settings. Stores nothing."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import requests
from requests.auth import AuthBase
from typing_extensions import override

from pim_wire.bounds import Bounds
from pim_wire.clock import Clock
from pim_wire.errors import StrangeAnswer
from pim_wire.redaction import Redactor
from pim_wire.throttle import Throttle
from pim_wire.timeline import Timeline
from pim_wire.wire import Wire
from target_micropim.api.client import MicroPimClient
from target_micropim.api.reach import Reach, is_public_address
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


class Contact:
    """The wire and its two throttles, and the client that speaks over it."""

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
        self.reads = Throttle(reads, clock, self.timeline, "reads")
        self.writes = Throttle(writes, clock, self.timeline, "writes")
        self._agent = config.get("user_agent") or agent
        self.wire = self._wire(lambda method: self.reads if method == "GET" else self.writes)
        self.client = MicroPimClient(self.wire, redactor, config["request_timeout_seconds"])

    @cached_property
    def trouble_with(self) -> Callable[[str], str | None]:
        """Asks an address of a picture: not over our wire, and without our key."""
        config = self.config
        private, timeout = config["allow_private_media_hosts"], config["request_timeout_seconds"]
        return Reach(
            self.clock, self._agent, timeout, allow_private=private, may_connect=is_public_address
        ).trouble_with

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
        return self._wire(lambda _method: throttle)

    def _wire(self, throttle_for: Callable[[str], Throttle]) -> Wire:
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
            bounds=Bounds(self.config["max_line_bytes"], self.config["max_nesting"]),
            timeline=self.timeline,
        )


def _slower(asked: int, known: int | None) -> int:
    """The pace of the settings; slower where --probe met a limit below it."""
    return asked if known is None else min(asked, known)
