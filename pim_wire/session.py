"""The HTTP session: own key, own user agent, nothing retried and no redirect followed below the wire."""

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from typing_extensions import override


class _Session(requests.Session):
    """Sees no redirect: to find out where one leads, requests would read its body to the end, however long."""

    @override
    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def open_session(auth: AuthBase, user_agent: str, connections: int, *, is_local: bool) -> requests.Session:
    """A session for one host; ``is_local``: it is this machine."""
    session = _Session()
    session.auth = auth  # explicit, so that a .netrc never takes its place
    session.headers["User-Agent"] = user_agent
    if is_local:
        session.trust_env = False  # a proxy from the environment has no business between us and this machine
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
