"""Proxies, certificates and .netrc: the environment may say how a service is reached, and learns no key by it."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from requests.auth import HTTPBasicAuth

from pim_wire.errors import InvalidSettings, WireGaveUp, WireRefused
from pim_wire.redaction import Redactor, proxy_credentials
from pim_wire.throttle import Throttle
from pim_wire.wire import Call, Wire
from sandbox import Fault, MedipimOptions, MicroPimOptions, Sandbox
from tests.support.forked import run_forked
from trials.canary import KEY, KEY_FORMS, KEY_ID, PROXY_PASSWORD, PROXY_USER, SECRET, leaks, written
from trials.faults.proxy import PASSES, WANTS_PASSWORD, Proxy

BIN = Path(sys.executable).parent
CREDENTIALS = f"{PROXY_USER}:{quote(PROXY_PASSWORD, safe='')}"
HOSTS = {"tap-medipim": "medipim.example", "target-micropim": "micropim.example"}
STRANGERS = "machine medipim.example login canary password of-a-stranger\ndefault login canary password of-a-stranger\n"


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """Both services, with marked keys."""
    medipim = MedipimOptions(products=5, api_key_id=KEY_ID, api_key_secret=SECRET, requests_per_minute=None)
    with Sandbox(medipim, MicroPimOptions(api_key=KEY, reads_per_minute=None, writes_per_minute=None)) as found:
        yield found


@pytest.fixture
def proxies(box: Sandbox, tmp_path: Path) -> Iterator[Callable[..., Proxy]]:
    """Make the proxy of a plugin."""
    services = {"tap-medipim": box.medipim_url, "target-micropim": box.micropim_url}
    with ExitStack() as stack:

        def make(plugin: str = "tap-medipim", answer: bytes = PASSES) -> Proxy:
            proxy = Proxy(services[plugin], HOSTS[plugin], tmp_path, answer)
            stack.callback(proxy.close)
            return proxy

        yield make


def run(plugin: str, folder: Path, proxy: Proxy, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    """One executable over a proxy, at the log level that shows everything, in the home of a careless user."""
    tap = {"api_key_id": KEY_ID, "api_key_secret": SECRET}
    keys = tap if plugin == "tap-medipim" else {"api_key": KEY, "locale": "nl"}
    paces = {"requests_per_minute": 60_000, "reads_per_minute": 60_000, "writes_per_minute": 60_000}
    settings = {**keys, **paces, "api_url": f"https://{HOSTS[plugin]}", "max_wait_seconds": 1}
    (folder / f"{plugin}.secret").write_text(json.dumps(settings), encoding="utf-8")
    (folder / ".netrc").write_text(STRANGERS, encoding="utf-8")
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    env |= {"LOGLEVEL": "DEBUG", "HOME": str(folder), "REQUESTS_CA_BUNDLE": str(proxy.authority)}
    env |= {"HTTPS_PROXY": f"http://{CREDENTIALS}@{proxy.address}"}
    command = [str(BIN / plugin), "--config", f"{plugin}.secret"]
    done = run_forked(command, cwd=folder, env=env, input=stdin, capture_output=True, check=False, timeout=120)
    (folder / f"{plugin}.err").write_bytes(done.stderr)
    return done


def test_a_proxy_and_the_logs_learn_no_key(box: Sandbox, proxies: Callable[..., Proxy], tmp_path: Path) -> None:
    """Both plugins work over a proxy with a password and a certificate of one's own; .netrc takes nobody's place."""
    ways = {plugin: proxies(plugin) for plugin in HOSTS}
    tap = run("tap-medipim", tmp_path, ways["tap-medipim"])
    target = run("target-micropim", tmp_path, ways["target-micropim"], tap.stdout)

    assert (tap.returncode, target.returncode) == (0, 0), target.stderr
    assert box.micropim.counts()["products"] > 0
    assert all(request.authorised for service in (box.medipim, box.micropim) for request in service.requests)
    for plugin, way in ways.items():
        assert way.heads
        assert all(head.startswith(f"CONNECT {HOSTS[plugin]}:443 ".encode()) for head in way.heads)
        assert all(b"Proxy-Authorization: Basic" in head for head in way.heads)
        assert not [form for form in KEY_FORMS if any(form in head for head in way.heads)]
    assert leaks(tap.stdout, target.stdout, *written(tmp_path)) == []


@pytest.mark.parametrize("plugin", HOSTS)
def test_a_proxy_that_refuses_is_named_without_its_password(
    plugin: str, proxies: Callable[..., Proxy], tmp_path: Path
) -> None:
    """One line says whose fault it is."""
    given = b'{"type":"SCHEMA","stream":"products","schema":{"properties":{}},"key_properties":[]}\n'
    given += b'{"type":"RECORD","stream":"products","record":{"id":"1","name":{"en":"A"}}}\n'
    done = run(plugin, tmp_path, proxies(plugin, WANTS_PASSWORD), given)

    assert done.returncode == 1
    assert b"the proxy of HTTPS_PROXY or ALL_PROXY does not let us through" in done.stderr
    assert leaks(done.stdout, *written(tmp_path)) == []


@pytest.fixture
def wire_to(fake_clock: Any) -> Iterator[Callable[[str], Wire]]:
    """A wire with a marked key."""
    made: list[Wire] = []

    def make(url: str) -> Wire:
        throttle = Throttle(6000, fake_clock)
        wire = Wire(
            url,
            service="Medipim",
            auth=HTTPBasicAuth(KEY_ID, SECRET),
            user_agent="tests/1",
            throttle_for=lambda _method: throttle,
            max_wait_seconds=900,
            clock=fake_clock,
            redactor=Redactor([SECRET], [(KEY_ID, SECRET)]),
        )
        made.append(wire)
        return wire

    yield make
    for wire in made:
        wire._session.close()


def brands(**more: Any) -> Call:
    """A request that a healthy sandbox answers."""
    return Call("POST", "/v4/brands/query", 5.0, json={}, **more)


@pytest.fixture
def behind(proxies: Callable[..., Proxy], monkeypatch: pytest.MonkeyPatch) -> Proxy:
    """A proxy that everything would go over."""
    proxy = proxies()
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{CREDENTIALS}@{proxy.address}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(proxy.authority))
    return proxy


def test_this_machine_is_never_reached_over_a_proxy(
    box: Sandbox, behind: Proxy, wire_to: Callable[[str], Wire]
) -> None:
    """The key would travel to it in plain text."""
    assert wire_to(box.medipim_url).send(brands()).status_code == 200
    assert behind.heads == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_leads_down_to_plain_text(
    status: int, box: Sandbox, behind: Proxy, wire_to: Callable[[str], Wire]
) -> None:
    """The same host without TLS: anybody on the way could read the key."""
    location = {"Location": "http://medipim.example/v4/brands/query", "Set-Cookie": "session=1"}
    box.medipim.faults.add(Fault("status", status=status, headers=location, body="", times=None))
    with pytest.raises(WireRefused, match=rf"answered {status} and points to medipim\.example"):
        wire_to("https://medipim.example").send(brands())
    assert [head.split(b" ")[0] for head in behind.heads] == [b"CONNECT"]
    assert len(box.medipim.requests) == 1


def test_no_proxy_is_heeded(behind: Proxy, wire_to: Callable[[str], Wire], monkeypatch: pytest.MonkeyPatch) -> None:
    """The host is looked for directly, and not found."""
    monkeypatch.setenv("NO_PROXY", "medipim.example")
    with pytest.raises(WireGaveUp, match="no connection: nobody listens there"):
        wire_to("https://medipim.example").send(brands())
    assert behind.heads == []


def test_a_write_is_asked_again_when_the_proxy_did_not_let_it_through(
    proxies: Callable[..., Proxy], wire_to: Callable[[str], Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was sent, so nothing is unclear."""
    proxy = proxies(answer=WANTS_PASSWORD)
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
    with pytest.raises(WireGaveUp, match="does not let us through"):
        wire_to("https://medipim.example").send(brands(repeatable=False))
    assert len(proxy.heads) > 1


@pytest.mark.parametrize(
    "address", ["socks5://127.0.0.1:9", "http://", "http://127.0.0.1:port", "ftp://127.0.0.1:9", "http://[::1"]
)
def test_an_address_that_is_no_proxy_is_told_at_once(
    address: str, wire_to: Callable[[str], Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking again could not help."""
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(WireRefused, match="proxy in HTTPS_PROXY or ALL_PROXY"):
        wire_to("https://medipim.example").send(brands())


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("value", ["", "unset", "an authority of one's own"])
def test_certificates_are_always_checked(
    name: str, value: str, behind: Proxy, wire_to: Callable[[str], Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty variable does not leave the check out; the one that signed is accepted, for its own name only."""
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    if value != "unset":
        monkeypatch.setenv(name, value and str(behind.authority))
    if value not in {"", "unset"}:
        assert wire_to("https://medipim.example").send(brands()).status_code == 200
    with pytest.raises(WireRefused, match="the certificate was not accepted"):
        wire_to("https://medipim.example" if value in {"", "unset"} else "https://other.example").send(brands())


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize(
    ("path", "words"),
    [("none.pem", "cannot be read (No such file"), ("empty.pem", "holds no certificate"),
     ("text.pem", "holds no certificate"), ("folder", "is an empty folder")],
)  # fmt: skip
def test_certificates_that_cannot_be_used_are_named(
    name: str,
    path: str,
    words: str,
    tmp_path: Path,
    wire_to: Callable[[str], Wire],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before the first request, with the variable; plain http to this machine needs none."""
    (tmp_path / "empty.pem").touch()
    (tmp_path / "text.pem").write_text("holiday pictures")
    (tmp_path / "folder").mkdir()
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv(name, str(tmp_path / path))
    with pytest.raises(InvalidSettings) as refused:
        wire_to("https://medipim.example")
    assert f"{name}: {tmp_path / path} {words}" in str(refused.value)
    wire_to("http://127.0.0.1:9")


def test_passwords_of_proxies_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """As written and as sent, of every proxy, in either spelling of the variable; a user alone is a token."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("https_proxy", "http://a:b%2Fc@host:1")
    monkeypatch.setenv("ALL_PROXY", "token@host")
    monkeypatch.setenv("NO_PROXY", "localhost,.example.com")
    assert proxy_credentials() == [("a", "b%2Fc"), ("a", "b/c"), ("token", "")]


def test_the_debug_print_of_the_http_library_stays_off(
    box: Sandbox, wire_to: Callable[[str], Wire], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would print the key to standard output, among the messages: whoever in this process turns it on."""
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 2)
    assert wire_to(box.medipim_url).send(brands()).status_code == 200
    assert capsys.readouterr().out == ""


def test_a_cookie_is_not_kept(box: Sandbox, wire_to: Callable[[str], Wire]) -> None:
    """Neither one of a good answer nor one of an error comes back."""
    cookie = {"Set-Cookie": "session=1; Path=/"}
    box.medipim.faults.add(
        Fault("status", status=503, headers=cookie), Fault("status", nth=2, status=400, headers=cookie)
    )
    wire = wire_to(box.medipim_url)
    for _ in range(2):
        wire.send(brands()).close()
    assert all("cookie" not in request.headers for request in box.medipim.requests)
    assert len(box.medipim.requests) >= 2
