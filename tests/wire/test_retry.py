"""The retry policy as a table."""

import itertools
import ssl

import pytest
import requests

from pim_wire import retry
from pim_wire.retry import Next

DATE = "Mon, 23 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ([429], Next.THROTTLED),
        ([408, 425, 500, 502, 503, 504, 520, 524, 529, 598], Next.AGAIN),
        ([300, 301, 302, 303, 307, 308, 399], Next.REFUSE),
        ([200, 201, 204, 400, 401, 403, 404, 405, 409, 410, 413, 422, 451, 501], Next.RETURN),
    ],
)
def test_each_status_has_one_consequence(statuses: list[int], verdict: Next) -> None:
    """429 is never final, transient failures are retried, redirects refused, everything else is the caller's."""
    assert {status: retry.after_status(status) for status in statuses} == dict.fromkeys(statuses, verdict)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (requests.exceptions.SSLError(ssl.SSLCertVerificationError()), Next.REFUSE),
        (requests.exceptions.SSLError(), Next.AGAIN),
        (requests.ConnectTimeout(), Next.NOT_SENT),
        (requests.ReadTimeout(), Next.AGAIN),
        (requests.ConnectionError(), Next.AGAIN),
        (requests.exceptions.ProxyError(), Next.NOT_SENT),
        (requests.exceptions.ChunkedEncodingError(), Next.AGAIN),
        (requests.exceptions.ContentDecodingError(), Next.AGAIN),
        (requests.exceptions.InvalidURL(), Next.REFUSE),
        (requests.exceptions.InvalidHeader(), Next.REFUSE),
    ],
)
def test_each_failure_below_http_has_one_consequence(error: requests.RequestException, verdict: Next) -> None:
    """A certificate error is final; a request that was not sent may always be repeated."""
    assert retry.after_error(error) is verdict


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("60", 60.0),
        (" 7 ", 7.0),
        ("0.5", 0.5),
        ("3600", 3600.0),
        ("0", None),
        ("-1", None),
        ("1e9", None),
        ("inf", None),
        ("nan", None),
        ("3601", None),
        ("soon", None),
        ("", None),
        ("Mon, 23 Nov 2026 10:01:30 GMT", 90.0),
        ("Mon, 23 Nov 2026 09:59:00 GMT", None),
        ("Mon, 23 Nov 2099 09:59:00 GMT", None),
        ("Mon, 99 Nov 2026 10:01:30 GMT", None),
        ("Fri, 31 Dec 99999999999 23:59:59 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -9999", None),
    ],
)
def test_retry_after_is_believed_within_reason(header: str, seconds: float | None) -> None:
    """A number or a date counts; an absurd one is as good as none."""
    assert retry.retry_after({"Retry-After": header, "Date": DATE}) == seconds


@pytest.mark.parametrize(
    "date", ["", "Fri, 31 Dec 99999999999 23:59:59 GMT", "noon", "Mon, 23 Nov 2026 10:00:00 +9999999"]
)
def test_a_date_of_the_answer_that_makes_no_sense_is_not_believed(date: str) -> None:
    """Nor is a wait that is measured against it."""
    assert retry.retry_after({"Retry-After": "Mon, 23 Nov 2026 10:01:30 GMT", "Date": date}) is None


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "Mon, 23 Nov 2026 10:01:30 GMT"}])
def test_a_date_is_measured_against_the_answers_own_clock(headers: dict[str, str]) -> None:
    """Without the answer's ``Date`` a date says nothing, since our clock may be wrong."""
    assert retry.retry_after(headers) is None


def test_the_waits_grow_to_a_minute_and_go_on() -> None:
    """Five refusals outlast a one-minute window; no wait is longer than a minute."""
    throttled, failing = (list(itertools.islice(make(), 9)) for make in (retry.throttled_waits, retry.failure_waits))
    assert throttled == [5, 10, 20, 40, 60, 60, 60, 60, 60]
    assert failing == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_each_failure_below_http_has_its_words() -> None:
    """The library's own text would quote addresses, headers and proxies."""
    kinds = requests.exceptions
    failures = [kinds.SSLError, kinds.InvalidProxyURL, kinds.InvalidSchema, kinds.ProxyError, requests.ConnectTimeout]
    failures += [requests.ReadTimeout, kinds.ChunkedEncodingError, requests.ConnectionError]
    words = [retry.describe(kind("a secret")) for kind in failures]
    assert len(set(words)) == len(words)
    assert not [text for text in words if "secret" in text]
