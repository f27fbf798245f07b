"""Whether the URL of a picture answers, asked before MicroPIM is; only by check_media_urls.

See docs/api/micropim.md#picture-fetch.

This is not the wire to MicroPIM: a session of its own, without any key, at a pace of its own. An address from outside
may point into our own network, so a connection is made to a public address or not at all, whatever a name resolves to
and wherever a redirect leads; redirects are followed one by one and checked like addresses.
"""

import ipaddress
import socket
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from pim_wire.clock import Clock
from pim_wire.connections import StoppableConnection
from pim_wire.deadline import Deadline, DeadlineResponse, current_deadline
from pim_wire.name_lookup import look_up
from pim_wire.retry import Next, after_status
from pim_wire.session import ca_bundle
from pim_wire.throttle import Throttle
from target_micropim.mapping.public_url import is_public_url

REQUESTS_PER_MINUTE = 120
MOST_REDIRECTS = 3
MOST_SECONDS = 10.0
ATTEMPTS = 2
_HEAD_REFUSED = frozenset({400, 403, 405, 501})  # addresses signed for GET refuse HEAD with 403
MayConnect = Callable[[str], bool]


def is_public_address(address: str) -> bool:
    """Whether an IP address is one that anybody could reach."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None  # ::ffff:10.0.0.1 is 10.0.0.1
    return (mapped or parsed).is_global


class PictureUrlCheck:
    """Used from several threads. ``may_connect`` decides on the IP addresses that names resolve to."""

    def __init__(
        self, clock: Clock, agent: str, timeout: float, *, allow_private: bool, may_connect: MayConnect
    ) -> None:
        self._clock = clock
        self._throttle = Throttle(REQUESTS_PER_MINUTE, clock)
        self._timeout = min(timeout, MOST_SECONDS)
        self._allow_private = allow_private
        self._session = requests.Session()
        self._session.auth = lambda request: request  # explicit, so that no .netrc sends a password along
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # no cookie identifies this program
        self._session.headers["User-Agent"] = agent
        self._session.verify = ca_bundle() or True
        adapter = _GuardedAdapter((lambda _address: True) if allow_private else may_connect)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def problem_with(self, url: str) -> str | None:
        """Why a picture cannot be fetched from there, in words that do not quote the address; None when it can."""
        for _ in range(MOST_REDIRECTS + 1):
            if not is_public_url(url, allow_private=self._allow_private):
                return "leads to an address that is not public"
            answer = self._answer(url)
            if answer is None:
                return "does not answer"
            status, location, kind = answer
            if after_status(status) is Next.REFUSE and location:
                url = urljoin(url, location)
                continue
            if not 200 <= status < 300:  # noqa: PLR2004 - the class of success
                return f"answers {status}"
            return "leads to a web page, not to a picture" if kind.startswith("text/html") else None
        return f"leads on more than {MOST_REDIRECTS} times"

    def _answer(self, url: str) -> tuple[int, str, str] | None:
        answer = None
        for _ in range(ATTEMPTS):
            answer = self._ask("HEAD", url)
            if answer and answer[0] in _HEAD_REFUSED:
                answer = self._ask("GET", url)
            if answer and after_status(answer[0]) in {Next.RETURN, Next.REFUSE}:
                break
        return answer

    def _ask(self, method: str, url: str) -> tuple[int, str, str] | None:
        """Status, Location and Content-Type; the body is never read."""
        self._throttle.take()
        headers = {"Range": "bytes=0-0"} if method == "GET" else None
        limits = (self._timeout, self._timeout)
        try:
            with (
                Deadline(self._clock, self._timeout).applied(),
                self._session.request(
                    method, url, headers=headers, timeout=limits, allow_redirects=False, stream=True
                ) as response,
            ):
                content_type = response.headers.get("Content-Type", "").strip().lower()
                return response.status_code, response.headers.get("Location", ""), content_type
        except (requests.RequestException, ValueError):  # urllib3 raises ValueErrors for addresses it cannot take apart
            return None


class _GuardedAdapter(HTTPAdapter):
    """Makes only connections that the rule allows. A proxy of the environment is the operator's own guard."""

    def __init__(self, may_connect: MayConnect) -> None:
        self._may_connect = may_connect
        super().__init__(max_retries=0)

    @override
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._may_connect)


def _pools(may_connect: MayConnect) -> dict[str, type[HTTPConnectionPool]]:
    class Guard(StoppableConnection):
        """Checks before it connects, and again where it ended: a name may resolve to something else in between."""

        response_class = DeadlineResponse

        def _new_conn(self) -> socket.socket:
            timeout = self.timeout if isinstance(self.timeout, int | float) else None
            places = look_up(self.host, self.port or 0, socket.AF_UNSPEC, current_deadline(), timeout)
            self._check(str(place[0]) for *_kind, place in places)
            connection = super()._new_conn()
            try:
                self._check([str(connection.getpeername()[0])])
            except NewConnectionError:
                connection.close()
                raise
            return connection

        def _check(self, addresses: Any) -> None:
            if not all(may_connect(address) for address in addresses):
                raise NewConnectionError(self, "not a public address")

    class SecureGuard(Guard, HTTPSConnection):
        """The same with TLS."""

    class Pool(HTTPConnectionPool):
        ConnectionCls = Guard

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = SecureGuard

    return {"http": Pool, "https": SecurePool}
