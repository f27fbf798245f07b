"""The HTTP session: explicit credentials, no retries, no redirects, no cookies, and checked CA certificates.

Retries belong to ``wire``, so that each attempt takes a turn. Certificates named by the environment are checked here
before requests reads them, so that a wrong one is reported as a setting (docs/decisions/0018).
"""

import os
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from typing_extensions import override
from urllib3.poolmanager import ProxyManager

from pim_wire.connections import POOLS
from pim_wire.errors import InvalidSettings
from pim_wire.urls import is_loopback

CA_BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def ca_bundle() -> str | None:
    """The file or folder of CA certificates to trust instead of the default ones; an empty variable counts as unset.

    Raises InvalidSettings when it cannot be used: certificates are always verified.
    """
    for name in CA_BUNDLE_VARIABLES:
        if path := os.environ.get(name, ""):
            if problem := _problem_with(Path(path)):
                raise InvalidSettings(f"{name}: {path} {problem}; give a file of certificates (PEM), or unset it")
            return path
    return None


def _problem_with(path: Path) -> str | None:
    """The reason why these certificates cannot be used, or None."""
    try:
        if path.is_dir():
            return None if any(path.iterdir()) else "is an empty folder"
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return "holds no certificate"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None


class _Request(requests.PreparedRequest):
    """A request without cookies."""

    @override
    def prepare_cookies(self, cookies: Any) -> None:
        """None are sent."""


def _query(params: Any) -> str:
    """As requests writes them. It first asks twice, at each call, what kind of thing they are: half of an address."""
    return urlencode({name: value for name, value in params.items() if value is not None}, doseq=True)


class _Session(requests.Session):
    """Calls one host: what requests would find out for each call (proxy, certificates) holds for all.

    Asking the environment, merging empty settings, looking for cookies and for the next place of a redirect cost a
    third of a call.
    """

    _environment: Any = None  # the library's own type of these settings is private

    @override
    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """The call with this session's headers and credentials; there are no cookies, hooks or parameters to add."""
        prepared = _Request()
        prepared.prepare(
            method=request.method,
            url=request.url,
            headers={**self.headers, **(request.headers or {})},
            params=_query(request.params) if request.params else None,
            auth=self.auth,
            json=request.json,
        )
        return prepared

    @override
    def send(self, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        """Straight to the adapter: the answer as it came, its body unread, whether it is a redirect or sets cookies.

        By proxy and certificates of the environment at the first call. A body is read later, within the size limits.
        """
        url = str(request.url)
        if self._environment is None:
            self._environment = self.merge_environment_settings(url, {}, stream=True, verify=None, cert=None)
        return self.get_adapter(url).send(request, **self._environment, **how)


class _Adapter(HTTPAdapter):
    """Connections whose answers have a deadline, also through a proxy."""

    @override
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    @override
    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager


def open_session(base_url: str, auth: AuthBase, user_agent: str, connections: int) -> requests.Session:
    """A session for one host. Raises InvalidSettings for certificates of the environment that cannot be used."""
    parts = urlsplit(base_url)
    session = _Session()
    session.auth = auth  # explicit, so that a .netrc never replaces it
    session.headers["User-Agent"] = user_agent
    if parts.scheme == "https":
        session.verify = ca_bundle() or True
    if is_loopback(parts.hostname or ""):
        session.trust_env = False  # no proxy of the environment between us and this machine
    adapter = _Adapter(pool_connections=1, pool_maxsize=connections, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
