"""The HTTP session: own key, own user agent, nothing retried, no redirect followed, no cookie kept below the wire."""

from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from typing_extensions import override
from urllib3.poolmanager import ProxyManager

from pim_wire.address import is_loopback
from pim_wire.authorities import authorities
from pim_wire.patience import POOLS


class _Session(requests.Session):
    """Sees no redirect: to find out where one leads, requests would read its body to the end, however long."""

    @override
    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class _Adapter(HTTPAdapter):
    """Connections whose answers have an end, also through a proxy."""

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
    """A session for one host. Raises SettingsRefused for certificates of the environment that cannot be used."""
    parts = urlsplit(base_url)
    session = _Session()
    session.auth = auth  # explicit, so that a .netrc never takes its place
    session.headers["User-Agent"] = user_agent
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    if parts.scheme == "https":
        session.verify = authorities() or True
    if is_loopback(parts.hostname or ""):
        session.trust_env = False  # a proxy from the environment has no business between us and this machine
    adapter = _Adapter(pool_connections=1, pool_maxsize=connections, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
