"""Faults of what the environment configures: certificates with a flaw, certificates to trust, proxies."""

import datetime as dt
from collections.abc import Iterator
from urllib.parse import quote

from trials.canary import PROXY_PASSWORD, PROXY_USER
from trials.faults.case import Case, ExpectedMessage, Injection, Outcome, Side
from trials.faults.fixture import Fixture
from trials.faults.machine import ADDRESS
from trials.faults.proxy import WANTS_PASSWORD, Proxy
from trials.faults.tls_server import TlsServer

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

        def act(fixture: Fixture, host: str = host, until: dt.datetime | None = until) -> None:
            server = TlsServer(host, until)
            fixture.change_settings(side, api_url=server.url)
            fixture.set_environment(REQUESTS_CA_BUNDLE=server.write_authority(fixture.folder / "authority.pem"))
            fixture.undo.append(server.close)

        message = ExpectedMessage("certificate was not accepted", "https://127", "correct the address")
        yield Case(side, name, Injection(act), Outcome.STOPPED, message)
    yield nowhere_to_trust(side)
    yield nowhere_to_trust(side, "CURL_CA_BUNDLE")


def nowhere_to_trust(side: Side, variable: str = "REQUESTS_CA_BUNDLE") -> Case:
    """The file of trusted certificates does not exist."""

    def act(fixture: Fixture) -> None:
        fixture.change_settings(side, api_url=URL)
        fixture.set_environment(**({"REQUESTS_CA_BUNDLE": ""} | {variable: str(fixture.folder / "nowhere.pem")}))

    message = ExpectedMessage("cannot be read", variable, "give a file of certificates")
    return Case(side, f"{variable} names no file", Injection(act), Outcome.STOPPED, message, short=side == "tap")


def refusing_proxy(side: Side) -> Case:
    """A proxy that wants another password."""

    def act(fixture: Fixture) -> None:
        proxy = Proxy(fixture.box.medipim_url, "pim.example", fixture.folder, WANTS_PASSWORD)
        fixture.undo.append(proxy.close)
        _over(fixture, side, f"http://{CREDENTIALS}@{proxy.address}")

    message = ExpectedMessage(DOES_NOT_LET, URL, ADDRESS)
    return Case(side, "proxy refuses", Injection(act), Outcome.STOPPED, message, short=side == "tap")


def proxies(side: Side) -> Iterator[Case]:
    """A proxy that refuses, one that is away, one that is none."""
    yield refusing_proxy(side)
    away = Injection(lambda fixture: _over(fixture, side, f"http://{CREDENTIALS}@127.0.0.1:9"))
    yield Case(side, "proxy is away", away, Outcome.STOPPED, ExpectedMessage(DOES_NOT_LET, URL, ADDRESS))
    none = Injection(lambda fixture: _over(fixture, side, f"ftp://{CREDENTIALS}@127.0.0.1:9"))
    message = ExpectedMessage("that of the proxy in HTTPS_PROXY", URL, "correct the address")
    yield Case(side, "address of a proxy that is none", none, Outcome.STOPPED, message)


def _over(fixture: Fixture, side: Side, address: str) -> None:
    fixture.change_settings(side, api_url=URL)
    fixture.set_environment(HTTPS_PROXY=address, NO_PROXY="")
