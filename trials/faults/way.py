"""Faults of the way that the environment chose: certificates with a flaw, certificates to trust, proxies."""

import datetime as dt
from collections.abc import Iterator
from urllib.parse import quote

from trials.canary import PROXY_PASSWORD, PROXY_USER
from trials.faults.authority import Stranger
from trials.faults.case import Case, Outcome, Says, Side, Strike
from trials.faults.machine import ADDRESS
from trials.faults.proxy import WANTS_PASSWORD, Proxy
from trials.faults.scene import Scene

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
URL = "https://pim.example"
CREDENTIALS = f"{PROXY_USER}:{quote(PROXY_PASSWORD, safe='')}"
DOES_NOT_LET = "proxy of HTTPS_PROXY or ALL_PROXY does not let us through"


def bad_certificates(side: Side) -> Iterator[Case]:
    """The authority is trusted; the certificate is not good for all that. Or there is nothing to trust."""
    for name, host, until in (
        ("certificate of another host", "elsewhere.example", None),
        ("certificate whose time is over", "127.0.0.1", LONG_AGO),
    ):

        def act(scene: Scene, host: str = host, until: dt.datetime | None = until) -> None:
            stranger = Stranger(host, until)
            scene.change(side, api_url=stranger.url)
            scene.surround(REQUESTS_CA_BUNDLE=stranger.vouch(scene.folder / "authority.pem"))
            scene.undo.append(stranger.close)

        says = Says("certificate was not accepted", "https://127", "correct the address")
        yield Case(side, name, Strike(act), Outcome.STOPPED, says)
    yield nowhere_to_trust(side)
    yield nowhere_to_trust(side, "CURL_CA_BUNDLE")


def nowhere_to_trust(side: Side, variable: str = "REQUESTS_CA_BUNDLE") -> Case:
    """Certificates to trust are looked for where nothing is."""

    def act(scene: Scene) -> None:
        scene.change(side, api_url=URL)
        scene.surround(**({"REQUESTS_CA_BUNDLE": ""} | {variable: str(scene.folder / "nowhere.pem")}))

    says = Says("cannot be read", variable, "give a file of certificates")
    return Case(side, f"{variable} names no file", Strike(act), Outcome.STOPPED, says, short=side == "tap")


def refusing_proxy(side: Side) -> Case:
    """A proxy that wants another password."""

    def act(scene: Scene) -> None:
        proxy = Proxy(scene.box.medipim_url, "pim.example", scene.folder, WANTS_PASSWORD)
        scene.undo.append(proxy.close)
        _over(scene, side, f"http://{CREDENTIALS}@{proxy.address}")

    says = Says(DOES_NOT_LET, URL, ADDRESS)
    return Case(side, "proxy refuses", Strike(act), Outcome.STOPPED, says, short=side == "tap")


def proxies(side: Side) -> Iterator[Case]:
    """A proxy that refuses, one that is away, one that is none."""
    yield refusing_proxy(side)
    away = Strike(lambda scene: _over(scene, side, f"http://{CREDENTIALS}@127.0.0.1:9"))
    yield Case(side, "proxy is away", away, Outcome.STOPPED, Says(DOES_NOT_LET, URL, ADDRESS))
    none = Strike(lambda scene: _over(scene, side, f"ftp://{CREDENTIALS}@127.0.0.1:9"))
    says = Says("that of the proxy in HTTPS_PROXY", URL, "correct the address")
    yield Case(side, "address of a proxy that is none", none, Outcome.STOPPED, says)


def _over(scene: Scene, side: Side, address: str) -> None:
    scene.change(side, api_url=URL)
    scene.surround(HTTPS_PROXY=address, NO_PROXY="")
