"""TLS that does not come about: a certificate that was judged is final, anything else passes."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.auth import HTTPBasicAuth
from urllib3.exceptions import MaxRetryError, SSLError

from pim_wire import retry
from pim_wire.errors import WireGaveUp, WireRefused
from pim_wire.redaction import Redactor
from pim_wire.retry import Next
from pim_wire.throttle import Throttle
from pim_wire.wire import Call, Wire
from tests.wire.hanging import WHOLE, HangingServer
from trials.faults.tls_server import TlsServer


@pytest.fixture
def hanging() -> Iterator[Callable[..., HangingServer]]:
    """Servers, until the test ends."""
    made: list[HangingServer] = []

    def make(*arguments: Any, **options: Any) -> HangingServer:
        made.append(HangingServer(*arguments, **options))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def wire_to(fake_clock: Any) -> Iterator[Callable[..., Wire]]:
    """A wire to an address, which trusts the authority in a file."""
    made: list[Wire] = []

    def make(url: str, authority: str, max_wait: float = 60) -> Wire:
        throttle = Throttle(100_000, fake_clock)
        wire = Wire(
            url,
            service="Medipim",
            auth=HTTPBasicAuth("1", "secret"),
            user_agent="tests/1",
            throttle_for=lambda _call: throttle,
            max_wait_seconds=max_wait,
            clock=fake_clock,
            redactor=Redactor([]),
        )
        wire._session.verify = authority
        made.append(wire)
        return wire

    yield make
    for wire in made:
        wire._session.close()


@pytest.mark.parametrize("closed", [(1,), (3,), (1, 2, 3, 4)])
@pytest.mark.parametrize("repeatable", [True, False])
def test_a_handshake_that_is_cut_off_is_tried_again(
    closed: tuple[int, ...], repeatable: bool, hanging: Any, wire_to: Any, tmp_path: Path
) -> None:
    """Nothing of the request was sent, so that a write is repeated too."""
    server = hanging(WHOLE, closed=closed)
    wire = wire_to(server.url, server.write_authority(tmp_path / "authority.pem"))
    for _ in range(3):
        with wire.send(Call("POST", "/x", 5.0, json={}, repeatable=repeatable)) as response:
            assert response.status_code == 200
    assert server.requests == 3
    assert wire.tally.retries == len(closed)


def test_handshakes_that_never_succeed_are_waited_for_as_long_as_any_outage(
    hanging: Any, wire_to: Any, tmp_path: Path, fake_clock: Any
) -> None:
    """Somebody is there, so this is no wrong address; the line says that it is TLS."""
    server = hanging(WHOLE, closed=tuple(range(1, 1000)))
    wire = wire_to(server.url, server.write_authority(tmp_path / "authority.pem"), max_wait=300)
    began = fake_clock.now()
    with pytest.raises(WireGaveUp, match="TLS handshake broke off"):
        wire.send(Call("GET", "/x", 5.0))
    assert 100 < fake_clock.now() - began <= 300


@pytest.mark.parametrize("name", ["127.0.0.1", "elsewhere.example"])
def test_a_certificate_that_was_judged_is_final(name: str, wire_to: Any, tmp_path: Path) -> None:
    """Of an unknown authority, or for another name: asked once."""
    server, other = TlsServer(name), TlsServer()
    try:
        trusted = (other if name == "127.0.0.1" else server).write_authority(tmp_path / "authority.pem")
        wire = wire_to(server.url, trusted)
        with pytest.raises(WireRefused, match="the certificate was not accepted"):
            wire.send(Call("GET", "/x", 5.0))
        assert wire.tally.requests == 1
    finally:
        server.close()
        other.close()


@pytest.mark.parametrize(
    ("cause", "verdict"),
    [
        (ssl.SSLCertVerificationError(1, "certificate verify failed"), Next.REFUSE),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), Next.AGAIN),
        (ssl.SSLError(1, "decryption failed or bad record mac"), Next.AGAIN),
        (ssl.SSLZeroReturnError(6, "closed"), Next.AGAIN),
    ],
)
def test_only_a_certificate_makes_a_failure_of_tls_final(cause: Exception, verdict: Next) -> None:
    """After the handshake the request may have been sent: it is not known to be unsent."""
    wrapped = requests.exceptions.SSLError(MaxRetryError(None, "/", SSLError(cause)))  # type: ignore[arg-type]
    assert retry.after_error(wrapped) is verdict
