"""One polite session per plugin: retry outside, throttle inside.

Every attempt takes its own turn at the throttle; whatever retries below this module would never meet it
(docs/decisions/0003). Redirects are never followed, so that a key cannot travel to another host; plain http is
spoken to loopback only.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from pim_wire import retry
from pim_wire.clock import Clock
from pim_wire.deadline import Deadline
from pim_wire.errors import AnswerRefused, Unclear, WireGaveUp, WireRefused
from pim_wire.limits import ERROR_BYTES, SizeLimits, hold_body
from pim_wire.redaction import Redactor
from pim_wire.retry import Next
from pim_wire.session import open_session
from pim_wire.timeline import Timeline

if TYPE_CHECKING:  # its library takes 40 ms to import: whoever builds one waits for it
    from pim_wire.throttle import Throttle

CONNECT_TIMEOUT_SECONDS = 10.0
FIRST_CONTACT_SECONDS = 15.0  # a host that was never reached is a wrong address rather than an outage
TIMEOUTS_OF_AN_ANSWER = 10  # how many times its longest silence a whole answer may take


@dataclass
class Call:
    """One request, described. ``timeout`` is the longest silence in seconds; a whole answer may take ten times as long.

    An answer that is read as it comes (``stream``) has the ``patience`` of who reads it instead.
    """

    method: str
    path: str
    timeout: float
    json: Any = None
    params: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None
    stream: bool = False
    patience: Deadline | None = None
    repeatable: bool = True
    is_broken: Callable[[requests.Response], bool] | None = None
    is_measured_by_row: bool = False  # whoever reads the answer looks itself how deep it is nested
    is_final: Callable[[int], bool] | None = None  # statuses the caller wants to see instead of a second attempt

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class WireTally:
    """Requests sent and repeated, and seconds waited for a service that was not well."""

    requests: int = 0
    retries: int = 0
    waited_seconds: float = 0.0


@dataclass
class _Effort:
    """What one call has cost so far."""

    since: float
    asked: float = 0.0
    attempts: int = 0
    throttled: Iterator[float] = field(default_factory=retry.throttled_waits)
    failing: Iterator[float] = field(default_factory=retry.failure_waits)


class Wire:
    """Sends calls to one service until it answers, gives up or refuses."""

    def __init__(  # noqa: PLR0913 - collaborators, built once in tap.py and target.py
        self,
        base_url: str,
        *,
        service: str,
        auth: AuthBase,
        user_agent: str,
        throttle_for: Callable[[Call], "Throttle"],
        max_wait_seconds: float,
        clock: Clock,
        redactor: Redactor,
        connections: int = 4,
        bounds: SizeLimits | None = None,
        timeline: Timeline | None = None,
    ) -> None:
        self.base_url = base_url
        self._bounds = bounds or SizeLimits()
        self._service = service
        self._throttle_for = throttle_for
        self._max_wait = max_wait_seconds
        self._clock = clock
        self._redactor = redactor
        self.tally = WireTally()
        self._timeline = timeline or Timeline(clock)
        self.on_wait: Callable[[float, str], None] = lambda _seconds, _why: None
        self._reached = False
        self._session = open_session(base_url, auth, user_agent, connections)

    def send(self, call: Call) -> requests.Response:
        """The first answer that is neither throttled nor a passing failure; 4xx answers are the caller's to judge.

        Raises:
            WireGaveUp: no such answer came within ``max_wait_seconds``.
            WireRefused: the answer was a redirect, or TLS failed.
            AnswerRefused: the answer is longer, or nested deeper, than the settings allow.
            Unclear: the call must not be repeated and may have been carried out.
        """
        effort = _Effort(since=self._clock.now())
        while True:
            response, verdict, told = self._attempt(call, effort)
            if verdict is Next.RETURN and response is not None:
                return response
            self._stop_if_hopeless(call, verdict, told)
            self._wait(call, effort, verdict, response, told)

    def _attempt(self, call: Call, effort: _Effort) -> tuple[requests.Response | None, Next, str]:
        throttle = self._throttle_for(call)
        throttle.take()
        self._count(effort)
        patience = call.patience or self.patience(TIMEOUTS_OF_AN_ANSWER * call.timeout)
        patience.renew()
        try:
            with patience.held():
                response = self._ask(call)
            too_much = self._too_much(call, response)
        except requests.RequestException as error:
            why = f"no whole answer within {patience.seconds:g} s" if patience.is_over else retry.in_words(error)
            return None, retry.after_error(error), f"failed ({why})"
        self._reached = True
        if too_much is not None:
            self._refuse(call, response, too_much)
        return self._judged(call, response, throttle)

    def patience(self, seconds: float) -> Deadline:
        """For an answer that is read as it comes; whoever reads renews it with each line."""
        return Deadline(self._clock, seconds)

    def _ask(self, call: Call) -> requests.Response:
        return self._session.request(
            call.method,
            self.base_url + call.path,
            json=call.json,
            params=call.params,
            headers=call.headers,
            timeout=(CONNECT_TIMEOUT_SECONDS, call.timeout),
            stream=True,  # nothing is read before it is known how much of it is held
            allow_redirects=False,
        )

    def _too_much(self, call: Call, response: requests.Response) -> str | None:
        """Read what is not read line by line; of an error only the beginning. In words what is too much, or None."""
        if not response.ok:
            hold_body(response, ERROR_BYTES)
            return None
        return None if call.stream else self._bounds.refusal(response, but_depth=call.is_measured_by_row)

    def _refuse(self, call: Call, response: requests.Response, too_much: str) -> None:
        told = f"answered {response.status_code} {too_much}"
        if not call.repeatable:
            raise Unclear(f"{call} {told}")
        raise AnswerRefused(f"{self._service} at {self.base_url} {told} to {call}")

    def _judged(
        self, call: Call, response: requests.Response, throttle: "Throttle"
    ) -> tuple[requests.Response | None, Next, str]:
        verdict = retry.after_status(response.status_code)
        if (
            verdict in {Next.THROTTLED, Next.AGAIN}
            and call.is_final is not None
            and call.is_final(response.status_code)
        ):
            return response, Next.RETURN, ""
        if verdict is Next.RETURN and call.is_broken is not None and call.is_broken(response):
            verdict = Next.AGAIN
        if verdict is Next.RETURN:
            throttle.went_well()
            return response, verdict, ""
        told = self._told(response, verdict)
        response.close()  # an unread answer would keep its connection
        return response, verdict, told

    def _told(self, response: requests.Response, verdict: Next) -> str:
        if verdict is Next.REFUSE:
            host = urlsplit(response.headers.get("Location", "")).hostname or "another place"
            return f"answered {response.status_code} and points to {self._redactor.excerpt(host, 80)}"
        return f"answered {response.status_code} ({self._redactor.excerpt(response.text) or 'no text'})"

    def _stop_if_hopeless(self, call: Call, verdict: Next, told: str) -> None:
        if verdict is Next.REFUSE:
            raise WireRefused(
                f"{self._service} at {self.base_url} {told} to {call}; redirects are not followed and certificates "
                "are always checked: correct the address in the settings"
            )
        if verdict is Next.AGAIN and not call.repeatable:
            raise Unclear(f"{call} {told}")

    def _wait(self, call: Call, effort: _Effort, verdict: Next, response: requests.Response | None, told: str) -> None:
        """Wait as the service says, else as the policy says. Raises WireGaveUp when that is longer than allowed."""
        asked = retry.told_to_wait(response.headers) if response is not None else None
        if verdict is Next.THROTTLED:
            wait = asked or next(effort.throttled) * random.uniform(1.0, 1.1)  # noqa: S311 - spreads workers, no secret
        else:
            wait = asked or next(effort.failing) * random.uniform(0.5, 1.0)  # noqa: S311
        spent = self._clock.now() - effort.since
        hopeless = verdict is Next.NOT_SENT and not self._reached
        if spent + wait > (min(self._max_wait, FIRST_CONTACT_SECONDS) if hopeless else self._max_wait):
            raise WireGaveUp(
                f"{self._service} at {self.base_url} {told} to {call}, {effort.attempts} times in {spent:.0f} s; "
                + ("check the address and the network" if hopeless else "try again later, or raise max_wait_seconds")
            )
        self.tally.waited_seconds += wait
        self.on_wait(wait, told)
        if verdict is Next.THROTTLED:
            self._throttle_for(call).refused(wait, self._clock.now() - effort.asked)
        else:
            self._pause(wait)

    def breathe(self, fruitless: int) -> None:
        """Wait before a broken answer is asked for again: not at all after progress, else ever longer."""
        waits = retry.failure_waits()
        wait = 0.0
        for _ in range(fruitless):
            wait = next(waits)
        self.tally.waited_seconds += wait
        self._pause(wait)

    def _pause(self, seconds: float) -> None:
        """Wait for a service that is not well; the timeline learns it as ``failing``."""
        with self._timeline.waiting("failing"):
            self._clock.sleep(seconds)

    def rest(self, seconds: float) -> None:
        """Wait because the caller wants to see what time does to an answer."""
        self.tally.waited_seconds += seconds
        self._clock.sleep(seconds)

    def _count(self, effort: _Effort) -> None:
        effort.attempts += 1
        effort.asked = self._clock.now()
        self.tally.requests += 1
        self.tally.retries += effort.attempts > 1
