"""The HTTP client of both plugins: sends a call until the service answers, refuses or has failed for too long.

Retries are outside, the throttle is inside: every attempt takes a turn of its own (docs/decisions/0003). Redirects are
never followed, so that a key cannot reach another host. Plain http is used for loopback only.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from pim_wire import retry
from pim_wire.clock import Clock
from pim_wire.deadline import CURRENT, Deadline
from pim_wire.errors import (
    AnswerRefused,
    Interrupted,
    KeepsFailing,
    StaleLook,
    Unclear,
    WireGaveUp,
    WireRefused,
)
from pim_wire.limits import SizeLimits
from pim_wire.redaction import Redactor
from pim_wire.retry import Next
from pim_wire.session import open_session
from pim_wire.timeline import Timeline

if TYPE_CHECKING:  # its library takes 40 ms to import; only code that builds a throttle imports it
    from pim_wire.throttle import Throttle, TurnInHand

CONNECT_TIMEOUT_SECONDS = 10.0
FIRST_CONTACT_SECONDS = 15.0  # a host that has never answered means a wrong address rather than an outage
_LATER = "try again later, or raise max_wait_seconds"
TIMEOUTS_PER_ANSWER = 10  # a whole answer may take this many times as long as its longest silence


@dataclass
class Call:
    """One request, described. ``timeout`` is the longest silence in seconds; a whole answer may take ten times as long.

    A streamed answer has the ``deadline`` of its reader instead. ``is_final`` names statuses, usually retried, that the
    caller wants to see. ``is_broken`` recognizes an answer that is not the service's own, or whose body is unusable.
    With ``tries`` the caller judges each failure, and looks again after each wait.
    """

    method: str
    path: str
    timeout: float
    json: Any = None
    params: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None
    stream: bool = False
    deadline: Deadline | None = None
    repeatable: bool = True
    is_broken: Callable[[requests.Response], bool] | None = None
    checks_nesting_by_row: bool = False  # the reader of the answer checks how deep it is nested
    after_stop: bool = False  # sent also when the process was told to stop: it puts something back
    is_final: Callable[[int], bool] | None = None
    tries: "Tries | None" = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class WireTally:
    """Requests sent and repeated, and seconds waited for a failing service."""

    requests: int = 0
    retries: int = 0
    waited_seconds: float = 0.0


@dataclass
class Tries:
    """The attempts of one call so far.

    A caller that gives its own keeps them over several sends of what is one call to it: each ends with StaleLook after
    a wait, because what the caller has seen of the service before the wait says nothing any more. ``gives_up`` is asked
    after each failure of what was sent, with their number and whether it is the last that ``max_wait_seconds`` allows;
    True ends the call with KeepsFailing.
    """

    started_at: float
    gives_up: Callable[[int, bool], bool] | None = None
    must_look_again: bool = False
    turn: "TurnInHand | None" = None  # taken before, and not used yet
    must_go_at_once: bool = False  # its caller has looked without a turn for the write: a wait would make that stale
    sent_at: float = 0.0
    waited_seconds: float = 0.0  # for turns, and between attempts
    attempts: int = 0
    failures: int = 0
    throttled_waits: Iterator[float] | None = None  # until there is one
    failure_waits: Iterator[float] | None = None


@dataclass
class _Attempt:
    """What came of one attempt: the next step, the reason in words, and an answer where there was one."""

    next: Next
    reason: str = ""
    response: requests.Response | None = None


class Wire:
    """Sends calls to one service. ``on_wait`` gets the seconds and the reason of each wait before a retry.

    ``before_attempt`` gets a call when its turn has come; what it raises ends the call before anything is sent.
    """

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
        size_limits: SizeLimits | None = None,
        timeline: Timeline | None = None,
        on_wait: Callable[[float, str], None] | None = None,
    ) -> None:
        self.base_url = base_url
        self._size_limits = size_limits or SizeLimits()
        self._service = service
        self.throttle_for = throttle_for
        self._max_wait = max_wait_seconds
        self._clock = clock
        self._redactor = redactor
        self.tally = WireTally()
        self._timeline = timeline or Timeline(clock)
        self._on_wait = on_wait
        self._has_answered = False
        self.before_attempt: Callable[[Call], None] | None = None
        self._session = open_session(base_url, auth, user_agent, connections)

    def send(self, call: Call) -> requests.Response:
        """The first answer that is neither throttled nor a transient failure; 4xx answers go to the caller.

        Raises:
            WireGaveUp: no such answer came within ``max_wait_seconds``.
            WireRefused: the answer was a redirect, or TLS failed.
            AnswerRefused: the answer is longer, or nested deeper, than the settings allow.
            Unclear: the call must not be repeated and may have been carried out.
            KeepsFailing: the caller's ``tries`` give up.
            StaleLook: there was a wait; the caller looks again and sends again.
            Interrupted: the process was told to stop; what was sent and not answered is unclear.
        """
        state = call.tries or self.tries()
        while True:
            attempt = self._attempt(call, state)
            if attempt.next is Next.RETURN and attempt.response is not None:
                return attempt.response
            self._raise_if_final(call, attempt)
            self._ask_whether_to_go_on(call, state, attempt, is_last=False)
            self._wait_for_retry(call, state, attempt)
            if state.must_look_again:
                raise StaleLook(str(call))

    def tries(self, gives_up: Callable[[int, bool], bool] | None = None, *, must_look_again: bool = False) -> Tries:
        """The attempts of a call that begins now."""
        return Tries(self._clock.now(), gives_up, must_look_again)

    def _attempt(self, call: Call, state: Tries) -> _Attempt:
        throttle = state.turn.throttle if state.turn is not None else self.throttle_for(call)
        if state.must_go_at_once and not throttle.take_at_once():
            raise StaleLook(str(call))
        if state.turn is None and not state.must_go_at_once:
            state.waited_seconds += throttle.take()
        state.turn, state.must_go_at_once = None, False
        if self._clock.stopped and not call.after_stop:
            raise Interrupted("stopped before a request was sent")
        if self.before_attempt is not None:
            self.before_attempt(call)
        state.attempts, state.sent_at = state.attempts + 1, self._clock.now()
        self.tally.requests += 1
        self.tally.retries += state.attempts > 1
        if call.deadline is not None:
            call.deadline.renew()
        seconds = TIMEOUTS_PER_ANSWER * call.timeout
        deadline = call.deadline or Deadline(self._clock, seconds, began=state.sent_at)
        token = CURRENT.set(deadline)
        try:
            response = self._request(call)
            excess = self._size_limits.read_answer(
                response, is_streamed=call.stream, check_nesting=not call.checks_nesting_by_row
            )
        except requests.RequestException as error:
            cause = f"no whole answer within {deadline.seconds:g} s" if deadline.has_passed else retry.describe(error)
            step = retry.after_error(error)
            state.failures += step is Next.AGAIN
            return _Attempt(step, f"failed ({cause})")
        finally:
            CURRENT.reset(token)
        if excess is not None:
            self._raise_too_large(call, response, excess)
        return self._evaluate(call, response, throttle, state)

    def deadline(self, seconds: float) -> Deadline:
        """For a streamed answer; its reader renews it with each line."""
        return Deadline(self._clock, seconds)

    def _request(self, call: Call) -> requests.Response:
        request = requests.Request(
            call.method, self.base_url + call.path, headers=call.headers, json=call.json, params=call.params
        )
        timeout = (CONNECT_TIMEOUT_SECONDS, call.timeout)
        return self._session.send(self._session.prepare_request(request), timeout=timeout)

    def _raise_too_large(self, call: Call, response: requests.Response, excess: str) -> None:
        reason = f"answered {response.status_code} {excess}"
        if not call.repeatable:
            raise Unclear(f"{call} {reason}")
        raise AnswerRefused(f"{self._service} at {self.base_url} {reason} to {call}")

    def _evaluate(self, call: Call, response: requests.Response, throttle: "Throttle", state: Tries) -> _Attempt:
        status = response.status_code
        step = retry.after_status(status)
        if step in {Next.THROTTLED, Next.AGAIN} and call.is_final is not None and call.is_final(status):
            return _Attempt(Next.RETURN, response=response)
        if step is Next.RETURN and call.is_broken is not None and call.is_broken(response):
            step = Next.AGAIN
        if step is Next.RETURN:
            self._has_answered = True
            throttle.succeeded()
            return _Attempt(step, response=response)
        state.failures += step is Next.AGAIN
        self._has_answered = self._has_answered or status in retry.RETRIED_STATUSES
        reason = self._reason(response, step)
        response.close()  # an unread answer would keep its connection
        return _Attempt(step, reason, response)

    def _reason(self, response: requests.Response, step: Next) -> str:
        if step is Next.REFUSE:
            host = urlsplit(response.headers.get("Location", "")).hostname or "another place"
            return f"answered {response.status_code} and points to {self._redactor.excerpt(host, 80)}"
        return f"answered {response.status_code} ({self._redactor.excerpt(response.text) or 'no text'})"

    def _raise_if_final(self, call: Call, attempt: _Attempt) -> None:
        if attempt.next is Next.REFUSE:
            raise WireRefused(
                f"{self._service} at {self.base_url} {attempt.reason} to {call}; redirects are not followed and "
                "certificates are always checked: correct the address in the settings"
            )
        if attempt.next is Next.AGAIN and not call.repeatable:
            raise Unclear(f"{call} {attempt.reason}")

    def _ask_whether_to_go_on(self, call: Call, state: Tries, attempt: _Attempt, *, is_last: bool) -> None:
        has_failed = attempt.next is Next.AGAIN  # it was sent: somebody may break off what one record holds
        if has_failed and state.gives_up is not None and state.gives_up(state.failures, is_last):
            raise KeepsFailing(f"{call} {attempt.reason}, {state.failures} times")

    def _wait_for_retry(self, call: Call, state: Tries, attempt: _Attempt) -> None:
        """Wait as the service asks, else as the policy says. Raises WireGaveUp when that is longer than allowed."""
        wait = self._seconds_until_retry(state, attempt)
        spent = self._clock.now() - state.started_at
        is_unreachable = not self._has_answered and _says_nothing(attempt)
        if spent + wait > (min(self._max_wait, FIRST_CONTACT_SECONDS) if is_unreachable else self._max_wait):
            self._ask_whether_to_go_on(call, state, attempt, is_last=True)
            advice = "check the address and the network" if is_unreachable else _LATER
            raise WireGaveUp(
                f"{self._service} at {self.base_url} {attempt.reason} to {call}, {state.attempts} times "
                f"in {spent:.0f} s; {advice}"
            )
        state.waited_seconds += wait
        if self._on_wait is not None:
            self._on_wait(wait, attempt.reason)
        if attempt.next is Next.THROTTLED:  # the throttle waits, and counts what it waits
            self.throttle_for(call).refused(wait, self._clock.now() - state.sent_at)
        else:
            self.tally.waited_seconds += wait
            self._sleep(wait)

    def _seconds_until_retry(self, state: Tries, attempt: _Attempt) -> float:
        """``Retry-After``, else the policy's next wait with jitter, which spreads workers that failed together."""
        if attempt.response is not None and (seconds := retry.retry_after(attempt.response.headers)) is not None:
            return seconds
        if attempt.next is Next.THROTTLED:
            state.throttled_waits = state.throttled_waits or retry.throttled_waits()
            return next(state.throttled_waits) * random.uniform(1.0, 1.1)  # noqa: S311 - jitter, no secret
        state.failure_waits = state.failure_waits or retry.failure_waits()
        return next(state.failure_waits) * random.uniform(0.5, 1.0)  # noqa: S311

    def back_off(self, failures: int) -> None:
        """Wait before a broken answer is requested again: not at all after progress, else longer with each failure."""
        waits = retry.failure_waits()
        wait = 0.0
        for _ in range(failures):
            wait = next(waits)
        self.tally.waited_seconds += wait
        self._sleep(wait)

    def _sleep(self, seconds: float) -> None:
        """Wait for a failing service; the timeline counts it as ``failing``."""
        with self._timeline.waiting("failing"):
            self._clock.sleep(seconds)

    def wait(self, seconds: float) -> None:
        """Wait because the caller wants to see how an answer changes with time."""
        self.tally.waited_seconds += seconds
        self._clock.sleep(seconds)


def _says_nothing(attempt: _Attempt) -> bool:
    """Nothing was sent, or somebody else answered: a proxy's page, another service at this address."""
    return attempt.next is Next.NOT_SENT or (
        attempt.response is not None and attempt.response.status_code not in retry.RETRIED_STATUSES
    )
