"""The retry policy: pure functions from an answer to the next step. Nothing here waits.

Both services have one policy: 429 is never final, server errors and broken connections are retried, every other answer
goes to the caller (docs/api/medipim.md#rate-limits, docs/api/medipim.md#errors, docs/api/micropim.md#status-codes,
docs/api/micropim.md#rate-limits).
"""

import email.utils
from collections.abc import Iterator, Mapping
from enum import Enum

import backoff
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from pim_wire.connections import HandshakeFailed, is_certificate_refused

TOO_MANY_REQUESTS = 429
RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
MAX_RETRY_AFTER_SECONDS = 3600


class Next(Enum):
    """What to do after one attempt."""

    RETURN = "return the answer to the caller"
    THROTTLED = "the rate limit is reached; nothing was carried out"
    AGAIN = "the attempt failed; it may have been carried out"
    NOT_SENT = "the attempt failed before anything was sent"
    NO_TLS = "the other side is there and TLS did not come about; nothing was sent"
    REFUSE = "a retry cannot help"


def after_status(status: int) -> Next:
    """The next step after an HTTP status."""
    if status == TOO_MANY_REQUESTS:
        return Next.THROTTLED
    if status in RETRIED_STATUSES or status > 504:  # noqa: PLR2004 - 520 to 529 are server errors of proxies
        return Next.AGAIN
    if 300 <= status < 400:  # noqa: PLR2004 - the redirect class
        return Next.REFUSE
    return Next.RETURN


def after_error(error: requests.RequestException) -> Next:
    """The next step after a failure below HTTP.

    A certificate that was judged and refused is final; any other failure of TLS is passing. A refused connection has
    sent nothing, nor has a handshake that broke off. Neither has a proxy that refuses: only https goes through a proxy
    (docs/decisions/0018).
    """
    if is_certificate_refused(error):
        return Next.REFUSE
    if isinstance(_reason(error), HandshakeFailed):
        return Next.NO_TLS
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError) or _never_connected(error):
        return Next.NOT_SENT
    if isinstance(error, requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError):
        return Next.AGAIN
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return Next.AGAIN
    return Next.REFUSE


def _reason(error: requests.RequestException) -> BaseException | None:
    """What urllib3 gave up for."""
    cause = error.args[0] if error.args else None
    return cause.reason if isinstance(cause, MaxRetryError) else None


def _never_connected(error: requests.RequestException) -> bool:
    return isinstance(_reason(error), NewConnectionError)


def describe(error: requests.RequestException) -> str:
    """The kind of failure; the library's own text quotes object addresses, headers and proxies."""
    if is_certificate_refused(error):
        return "the certificate was not accepted"
    if after_error(error) is Next.NO_TLS:
        return "the TLS handshake broke off, or no TLS is spoken there"
    for kind, text in _DESCRIPTIONS.items():
        if isinstance(error, kind):
            return text
    is_unsent = after_error(error) is Next.NOT_SENT
    return "no connection: nobody listens there, or no network" if is_unsent else "the connection broke"


_DESCRIPTIONS = {
    requests.exceptions.SSLError: "TLS broke off",
    requests.exceptions.InvalidURL: "the address cannot be used, or that of the proxy in HTTPS_PROXY or ALL_PROXY",
    requests.exceptions.InvalidSchema: "the kind of proxy in HTTPS_PROXY or ALL_PROXY cannot be used",
    requests.exceptions.ProxyError: "the proxy of HTTPS_PROXY or ALL_PROXY does not let us through",
    requests.ConnectTimeout: "no connection within 10 s",
    requests.ReadTimeout: "no answer in time",
    requests.exceptions.ChunkedEncodingError: "the answer broke off",
}


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from ``Retry-After``: a number, or a date relative to the answer's own ``Date``.

    None when it is absent, unreadable, not positive or over an hour: then the policy's own wait applies.
    """
    text = headers.get("Retry-After", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        seconds = _seconds_until(text, headers.get("Date", ""))
    return seconds if 0 < seconds <= MAX_RETRY_AFTER_SECONDS else None


def _seconds_until(moment: str, now: str) -> float:
    try:
        then = email.utils.parsedate_to_datetime(moment)
        return (then - email.utils.parsedate_to_datetime(now)).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return 0.0


def throttled_waits() -> Iterator[float]:
    """5, 10, 20, 40, 60, 60 … seconds: longer than a one-minute window by the fifth attempt.

    See docs/api/micropim.md#rate-limits.
    """
    return _waits(factor=5)


def failure_waits() -> Iterator[float]:
    """1, 2, 4 … 60, 60 … seconds."""
    return _waits(factor=1)


def _waits(factor: float) -> Iterator[float]:
    waits = backoff.expo(base=2, factor=factor, max_value=60)
    next(waits)  # backoff's generators are primed with one empty step
    return (float(wait) for wait in waits)
