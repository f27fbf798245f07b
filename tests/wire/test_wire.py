"""Calls over a real connection: what is retried, for how long, and what never happens."""

import email.utils
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from requests.auth import HTTPBasicAuth

from pim_wire.errors import Interrupted, Unclear, WireGaveUp, WireRefused
from pim_wire.redaction import Redactor
from pim_wire.session import open_session
from pim_wire.throttle import Throttle
from pim_wire.wire import Call, Wire
from sandbox import Fault, Sandbox

Make = Callable[..., Sandbox]
SECRET = "sandbox-medipim-secret"
BRANDS = "/v4/brands/query"


@pytest.fixture
def wire_to(fake_clock: Any) -> Iterator[Callable[..., Wire]]:
    """A wire to any address, with nothing to wait for."""
    made: list[Wire] = []

    def make(url: str, *, max_wait: float = 900, per_minute: int = 6000) -> Wire:
        throttle = Throttle(per_minute, fake_clock)
        wire = Wire(
            url,
            service="Medipim",
            auth=HTTPBasicAuth("1", SECRET),
            user_agent="tests/1",
            throttle_for=lambda _method: throttle,
            max_wait_seconds=max_wait,
            clock=fake_clock,
            redactor=Redactor([SECRET], [("1", SECRET)]),
        )
        made.append(wire)
        return wire

    yield make
    for wire in made:
        wire._session.close()


def brands(**changes: Any) -> Call:
    """A request that a healthy sandbox answers."""
    return Call("POST", BRANDS, **{"timeout": 5.0, "json": {}, **changes})


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        *((Fault("status", status=status, times=2), 3) for status in (429, 408, 425, 500, 502, 503, 504, 520)),
        (Fault("drop_before"), 2),
        (Fault("drop_after", times=3), 4),
        (Fault("short_length"), 2),
    ],
)
def test_passing_failures_are_outlasted(fault: Fault, times: int, sandbox: Make, wire_to: Callable[..., Wire]) -> None:
    """The caller sees the good answer; each attempt took its own turn and is counted."""
    box = sandbox(products=1)
    box.medipim.faults.add(fault)
    wire = wire_to(box.medipim_url)
    with wire.send(brands()) as response:
        assert response.status_code == 200
    assert (wire.tally.requests, wire.tally.retries) == (times, times - 1)
    assert wire.throttle_for("POST").tally.turns == times


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 501])
def test_clear_refusals_are_the_callers_to_judge(status: int, sandbox: Make, wire_to: Callable[..., Wire]) -> None:
    """Asking again cannot help, so it is not done."""
    box = sandbox(products=1)
    box.medipim.faults.add(Fault("status", status=status, times=None))
    with wire_to(box.medipim_url).send(brands()) as response:
        assert response.status_code == status
    assert len(box.medipim.requests) == 1


@pytest.mark.parametrize("retry_after", [True, False])
def test_a_used_up_minute_is_outlasted(
    retry_after: bool, sandbox: Make, wire_to: Callable[..., Wire], fake_clock: Any
) -> None:
    """A service whose minute is used up is asked until it answers, with and without ``Retry-After``."""
    box = sandbox(products=1, requests_per_minute=3, retry_after=retry_after, clock=fake_clock.now)
    wire, start = wire_to(box.medipim_url), fake_clock.now()
    for _ in range(9):
        wire.send(brands()).close()
    assert 60 <= fake_clock.now() - start < 420
    refused = sum(request.status == 429 for request in box.medipim.requests)
    assert 1 <= refused <= (3 if retry_after else 9)


@pytest.mark.parametrize("header", ["0", "-1", "1e9", "tomorrow"])
def test_an_absurd_retry_after_makes_no_tight_loop(
    header: str, sandbox: Make, wire_to: Callable[..., Wire], fake_clock: Any
) -> None:
    """Seconds nobody can mean are replaced by our own waits."""
    box = sandbox(products=1)
    box.medipim.faults.add(Fault("status", status=429, headers={"Retry-After": header}, times=3))
    start = fake_clock.now()
    wire_to(box.medipim_url).send(brands()).close()
    assert 35 <= fake_clock.now() - start <= 39


def test_a_date_in_retry_after_is_obeyed(sandbox: Make, wire_to: Callable[..., Wire], fake_clock: Any) -> None:
    """The wait is measured against the answer's own ``Date``."""
    box = sandbox(products=1)
    until = email.utils.formatdate(time.time() + 50, usegmt=True)
    box.medipim.faults.add(Fault("status", status=503, headers={"Retry-After": until}))
    start = fake_clock.now()
    wire_to(box.medipim_url).send(brands()).close()
    assert 45 <= fake_clock.now() - start <= 52


@pytest.mark.parametrize(("fault", "words"), [(Fault("status", status=429, times=None), "429"),
                                              (Fault("status", status=503, times=None), "503"),
                                              (Fault("drop_before", times=None), "the connection broke")])  # fmt: skip
def test_the_wait_for_a_service_ends(
    fault: Fault, words: str, sandbox: Make, wire_to: Callable[..., Wire], fake_clock: Any
) -> None:
    """After ``max_wait_seconds`` the call gives up and says what, where, how often and what to do."""
    box = sandbox(products=1)
    box.medipim.faults.add(fault)
    start = fake_clock.now()
    with pytest.raises(WireGaveUp) as gave_up:
        wire_to(box.medipim_url, max_wait=200).send(brands())
    message = str(gave_up.value)
    assert 100 <= fake_clock.now() - start <= 200
    for word in (words, box.medipim_url, BRANDS, "times in"):
        assert word in message
    assert SECRET not in message
    assert message.isprintable()


def test_a_host_that_was_never_reached_is_given_up_soon(wire_to: Callable[..., Wire], fake_clock: Any) -> None:
    """A wrong address is told within 15 seconds, even if outages may last longer."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        start = fake_clock.now()
        with pytest.raises(WireGaveUp, match="check the address and the network"):
            wire_to(f"http://127.0.0.1:{closed.getsockname()[1]}").send(brands())
    assert fake_clock.now() - start <= 15


def test_a_host_that_goes_away_later_is_waited_for(
    open_sandbox: Callable[..., Any], wire_to: Callable[..., Wire], fake_clock: Any
) -> None:
    """A host that has answered once and now refuses connections is an outage, waited for as such."""
    with open_sandbox(products=1) as box:
        wire = wire_to(box.medipim_url, max_wait=300)
        wire.send(brands()).close()
    start = fake_clock.now()
    with pytest.raises(WireGaveUp, match="max_wait_seconds"):
        wire.send(brands())
    assert fake_clock.now() - start > 100


@pytest.mark.parametrize("kind", ["hang", "slow"])
def test_silence_is_cut_and_asked_again(kind: str, sandbox: Make, wire_to: Callable[..., Wire]) -> None:
    """An answer that does not come within the call's timeout is asked for again."""
    box = sandbox(products=1)
    box.medipim.faults.add(Fault(kind, delay=1.0))
    with wire_to(box.medipim_url).send(brands(timeout=0.15)) as response:
        assert response.status_code == 200


@pytest.mark.parametrize("fault", [Fault("drop_after"), Fault("status", status=502), Fault("hang", delay=1)])
def test_a_write_without_a_clear_answer_is_not_repeated(
    fault: Fault, sandbox: Make, wire_to: Callable[..., Wire]
) -> None:
    """A call that must not be repeated ends as unclear after one attempt."""
    box = sandbox(products=1)
    box.medipim.faults.add(fault)
    with pytest.raises(Unclear):
        wire_to(box.medipim_url).send(brands(repeatable=False, timeout=0.15))
    assert len(box.medipim.requests) <= 1


def test_a_throttled_write_is_repeated(sandbox: Make, wire_to: Callable[..., Wire]) -> None:
    """429 says that nothing was carried out, so even a write may be sent again."""
    box = sandbox(products=1)
    box.medipim.faults.add(Fault("status", status=429))
    with wire_to(box.medipim_url).send(brands(repeatable=False)) as response:
        assert response.status_code == 200


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", ["elsewhere", "itself", "nowhere"])
def test_a_redirect_is_refused_and_the_key_stays_here(
    status: int, where: str, sandbox: Make, wire_to: Callable[..., Wire]
) -> None:
    """The other host is named in the message and never asked, nor is this one a second time."""
    box, elsewhere = sandbox(products=1), sandbox(products=1)
    url = {"elsewhere": elsewhere.medipim_url, "itself": box.medipim_url, "nowhere": ""}[where]
    headers = {"Set-Cookie": "session=1"} | ({"Location": f"{url}{BRANDS}?token=x"} if url else {})
    box.medipim.faults.add(Fault("status", status=status, headers=headers, body="", times=None))
    with pytest.raises(WireRefused, match=r"127\.0\.0\.1" if url else "another place") as refused:
        wire_to(box.medipim_url).send(brands())
    assert "token" not in str(refused.value)
    assert elsewhere.medipim.requests == []
    assert len(box.medipim.requests) == 1


def test_plain_text_where_tls_is_expected_is_never_spoken_to(
    sandbox: Make, wire_to: Callable[..., Wire], fake_clock: Any
) -> None:
    """TLS that fails without a certificate may pass: it is waited for, and never given up for plain http."""
    box = sandbox(products=1)
    wire, start = wire_to(box.medipim_url.replace("http:", "https:"), max_wait=60), fake_clock.now()
    with pytest.raises(WireGaveUp, match="no TLS is spoken there"):
        wire.send(brands())
    assert fake_clock.now() - start <= 60
    assert not box.medipim.requests


def test_a_stop_ends_the_wait_for_a_service(sandbox: Make, wire_to: Callable[..., Wire], fake_clock: Any) -> None:
    """SIGTERM during a wait ends it at once."""
    box = sandbox(products=1)
    box.medipim.faults.add(Fault("status", status=503, times=None))
    box.medipim.on_request(lambda _call: fake_clock.stop())
    with pytest.raises(Interrupted):
        wire_to(box.medipim_url).send(brands())


@pytest.mark.parametrize(
    "params",
    [
        None,
        {},
        {"page": 2, "limit": 100},
        {"search": "a b&c=d/é+100 %", "status": None},
        {"ids": ["1", "2"], "exact": True, "text": "", "share": 0.5},
        {"a": None},
    ],
)
def test_an_address_is_written_as_the_library_writes_it(params: Any) -> None:
    """The session leaves its slow way out, not its words."""
    request = requests.Request("GET", "http://pim.example.test/a%20b?c=d", params=params)
    ours = open_session("http://pim.example.test", HTTPBasicAuth("1", SECRET), "tests/1", 1).prepare_request(request)
    assert ours.url == request.prepare().url


def test_workers_share_one_session(sandbox: Make, wire_to: Callable[..., Wire]) -> None:
    """Threads use the same wire at once; each call gets its own good answer, also while some fail."""
    box = sandbox(products=1)
    box.medipim.faults.add(Fault("drop_before", nth=5, times=6), Fault("status", status=429, nth=20, times=4))
    wire, statuses = wire_to(box.medipim_url), []

    def work() -> None:
        for _ in range(12):
            with wire.send(brands()) as response:
                statuses.append(response.status_code)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 48
    assert wire.tally.retries == 10
