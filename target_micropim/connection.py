"""The connection to one MicroPIM organization: key, throttles and wire, built from the settings. Stores nothing."""

from collections.abc import Callable

import requests
from requests.auth import AuthBase
from typing_extensions import override

from pim_wire.clock import Clock
from pim_wire.errors import StrangeAnswer
from pim_wire.redaction import Redactor
from pim_wire.throttle import Throttle, pace_stores_for
from pim_wire.timeline import Timeline
from pim_wire.wire import Call, Wire
from target_micropim.api.client import MicroPimClient, is_picture
from target_micropim.api.picture_urls import PictureUrlCheck, is_public_address
from target_micropim.errors import RecordRejected
from target_micropim.settings.shaping import organization
from target_micropim.settings.values import TargetSettings
from target_micropim.throttles import Throttles


class KeyAuth(AuthBase):
    """The X-API-KEY header, given explicitly so that no .netrc takes its place."""

    def __init__(self, key: str) -> None:
        self._key = key

    @override
    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.headers["X-API-KEY"] = self._key
        return r


class Connection:
    """The wire with its throttles, and the client that speaks over it. Raises CannotPace."""

    def __init__(self, settings: TargetSettings, agent: str, clock: Clock, redactor: Redactor) -> None:
        self.settings = settings
        self.clock = clock
        self.redactor = redactor
        self.timeline = Timeline(clock)
        store = pace_stores_for(settings.throttle_url, clock)
        self.throttles = Throttles(settings, clock, self.timeline, store)
        self._agent = settings.user_agent or agent
        self.wire = self._wire(self._throttle_for)
        self.client = MicroPimClient(self.wire, redactor, settings.request_timeout_seconds)

    def use(self, settings: TargetSettings) -> None:
        """The settings as the ledger completes them: the language. The wire stays as it is."""
        self.settings = settings

    def picture_url_check(self) -> PictureUrlCheck:
        """Asks an address of a picture: not over our wire, and without our key."""
        return PictureUrlCheck(
            self.clock,
            self._agent,
            self.settings.request_timeout_seconds,
            allow_private=self.settings.allow_private_media_hosts,
            may_connect=is_public_address,
        )

    @property
    def organization(self) -> str:
        """What a ledger is bound to."""
        return organization(self.settings.base_url, self.settings.api_key)

    def channels(self) -> list[str]:
        """The cheapest question: it proves key and organization. Raises StopRun."""
        try:
            return self.client.channels()
        except RecordRejected as error:
            raise StrangeAnswer(
                f"MicroPIM at {self.settings.base_url} does not answer as MicroPIM does: {error}"
            ) from None

    def missing_channels(self) -> list[str]:
        """The configured channels that the organization does not offer. Raises StopRun."""
        offered = self.channels()
        return [name for name in self.settings.channels if name not in offered]

    def wire_at(self, per_minute: int) -> Wire:
        """A second wire with a pace of its own, for the bursts of --probe."""
        throttle = Throttle(per_minute, self.clock)
        return self._wire(lambda _call: throttle)

    def _throttle_for(self, call: Call) -> Throttle:
        """A picture is a write too: its own throttle stands within that of the writes."""
        if call.method == "GET":
            return self.throttles.reads
        is_a_picture = call.method == "POST" and is_picture(call)
        return self.throttles.pictures if is_a_picture else self.throttles.writes

    def _wire(self, throttle_for: Callable[[Call], Throttle]) -> Wire:
        return Wire(
            self.settings.base_url,
            service="MicroPIM",
            auth=KeyAuth(self.settings.api_key.strip()),
            user_agent=self._agent,
            throttle_for=throttle_for,
            max_wait_seconds=self.settings.max_wait_seconds,
            clock=self.clock,
            redactor=self.redactor,
            connections=self.settings.max_in_flight + 1,
            size_limits=self.settings.size_limits,
            timeline=self.timeline,
        )
