"""Every fault does on the wire what it says; raw sockets where an HTTP client would hide it."""

import base64
import gzip
import json
import socket
import time
import zlib
from collections.abc import Callable
from typing import Any

import pytest
import requests

from sandbox import Fault
from sandbox.faults import FaultKind

CREATE = "POST /api/products$"


def raw_stream(url: str, auth: tuple[str, str], read_timeout: float = 5.0) -> tuple[bytes, str]:
    """POST a stream request by hand; return the bytes until the end and how the connection ended."""
    body = json.dumps({"filter": {"not": {"id": "x"}}, "sorting": {"id": "ASC"}}).encode()
    pair = base64.b64encode(":".join(auth).encode()).decode()
    lines = ["POST /v4/products/stream HTTP/1.1", "Host: x", f"Authorization: Basic {pair}"]
    head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
    host, port = url.removeprefix("http://").split(":")
    received = b""
    with socket.create_connection((host, int(port)), timeout=read_timeout) as connection:
        connection.sendall(head.encode() + body)
        while True:
            try:
                part = connection.recv(65_536)
            except TimeoutError:
                return received, "timeout"
            if not part:
                return received, "closed"
            received += part
            if received.endswith(b"0\r\n\r\n"):
                return received, "ended"


def lines_in(received: bytes) -> int:
    """Full lines of a chunked body."""
    return received.count(b'{"meta":{"total"')


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        (Fault("status", status=429, headers={"Retry-After": "-1"}), 429, "Too many requests"),
        (Fault("status", status=500), 500, "Server error"),
        (Fault("status", status=502), 502, "<h1>502 Bad Gateway</h1>"),
        (Fault("status", status=503, body="down"), 503, "down"),
        (Fault("status", status=401), 401, "Unauthorized"),
        (Fault("status", status=403), 403, "organization"),
        (Fault("status_zero"), 200, '"status":0'),
        (Fault("html"), 200, "<form"),
        (Fault("empty"), 200, ""),
        (Fault("redirect", url="http://127.0.0.1:9/x"), 302, ""),
    ],
)
def test_answers_in_place_of_the_service(micropim: Callable[..., Any], fault: Fault, status: int, text: str) -> None:
    """The write is not applied, and the next call is served."""
    client = micropim()
    client.service.faults.add(fault)
    body = {"name": "A", "sku": "A"}
    answer = client.session.post(client.url + "/api/products", json=body, allow_redirects=False, timeout=5)
    assert answer.status_code == status
    assert text in answer.text
    assert fault.headers.get("Retry-After") == answer.headers.get("retry-after")
    assert answer.headers.get("location") == (fault.url if status == 302 else None)
    assert client.service.products == {}
    assert client.call("POST", "/api/products", body).status_code == 201


def test_a_drop_before_commits_nothing_and_a_drop_after_does(micropim: Callable[..., Any]) -> None:
    """Both look the same to the client; only the catalogue knows."""
    client = micropim()
    for kind, count in (("drop_before", 0), ("drop_after", 1)):
        client.service.faults.add(Fault(kind, CREATE))
        with pytest.raises(requests.ConnectionError):
            client.call("POST", "/api/products", {"name": "A", "sku": "A"})
        assert len(client.service.products) == count
    assert [record.status for record in client.service.requests] == [0, 0]


def test_commit_then_status(micropim: Callable[..., Any]) -> None:
    """500 or a duplicate 400 although the product is there (docs/api/micropim.md#post-unclear)."""
    client = micropim()
    duplicate = '{"status":0,"data":null,"error":"A product with SKU B already exists"}'
    client.service.faults.add(
        Fault("commit_then_status", CREATE), Fault("commit_then_status", CREATE, 2, status=400, body=duplicate)
    )
    assert client.call("POST", "/api/products", {"name": "A", "sku": "A"}).status_code == 500
    assert "already" in client.refused("POST", "/api/products", {"name": "B", "sku": "B"})
    assert len(client.service.products) == 2


def test_slow_and_hang(micropim: Callable[..., Any]) -> None:
    """The commit happens before the delay; a hanging call is never handled."""
    client = micropim()
    client.service.faults.add(Fault("slow", CREATE, delay=0.3), Fault("hang", CREATE, nth=2))
    for sku in "AB":
        with pytest.raises(requests.ReadTimeout):
            client.session.post(client.url + "/api/products", json={"name": sku, "sku": sku}, timeout=0.1)
    assert [row["sku"] for row in client.service.products.values()] == ["A"]


def test_half_bodies(micropim: Callable[..., Any]) -> None:
    """Properly ended but not JSON; shorter than announced; one byte at a time."""
    client = micropim()
    faults = [Fault("truncate_json"), Fault("short_length", nth=2), Fault("drip", nth=3, delay=0.0001)]
    client.service.faults.add(*faults)
    with pytest.raises(requests.JSONDecodeError):
        client.call("GET", "/api/products").json()
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.call("GET", "/api/products")
    assert client.call("GET", "/api/products").json()["status"] == 1


def test_counting_and_routes(micropim: Callable[..., Any]) -> None:
    """``nth`` counts matching calls from the moment of adding; ``times`` repeats; None is for ever."""
    client = micropim()
    client.call("GET", "/api/channels")
    client.service.faults.add(Fault("status", "GET /api/channels", nth=2, times=2))
    client.service.faults.add(Fault("status", "GET /api/products/{id}", times=None, status=503))
    assert [client.call("GET", "/api/channels").status_code for _ in range(4)] == [200, 500, 500, 200]
    path = f"/api/products/{client.create('S-1')['id']}"
    assert [client.call("GET", path).status_code for _ in range(3)] == [503] * 3
    client.service.faults.clear()
    assert client.call("GET", path).status_code == 200


def test_callbacks(micropim: Callable[..., Any]) -> None:
    """``on_request`` runs before handling, ``on_committed`` after the write and before the answer."""
    client = micropim()
    seen = []
    client.service.on_request(lambda call: seen.append(("request", call.method, len(client.service.products))))
    client.service.on_committed(lambda call: seen.append(("committed", call.method, len(client.service.products))))
    client.create("S-1")
    client.call("GET", "/api/products")
    client.call("POST", "/api/products", {})
    assert seen == [("request", "POST", 0), ("committed", "POST", 1), ("request", "GET", 1), ("request", "POST", 1)]


def test_medipim_speaks_its_own_errors(medipim: Callable[..., Any]) -> None:
    """Injected errors carry the error object of Medipim."""
    client = medipim(products=1)
    client.service.faults.add(Fault("status", status=429), Fault("status_zero", nth=2))
    assert client.stream().json()["error"]["code"] == "too_many_requests"
    assert "error" in client.stream().json()


@pytest.mark.parametrize("kind", ["cut_mid_line", "cut_at_line_end"])
def test_a_cut_stream_has_no_proper_end(medipim: Callable[..., Any], kind: FaultKind) -> None:
    """Seven lines arrive, then the connection closes without the last chunk."""
    client = medipim(products=20)
    client.service.faults.add(Fault(kind, after_lines=7))
    received, end = raw_stream(client.url, client.session.auth)
    assert end == "closed"
    assert lines_in(received) == (8 if kind == "cut_mid_line" else 7)
    client.service.faults.add(Fault(kind, after_lines=7))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.stream()


def test_a_clean_end_looks_complete(medipim: Callable[..., Any]) -> None:
    """The body ends properly after k lines; so does one without length, and half a gzip."""
    client = medipim(products=20)
    client.service.faults.add(Fault("clean_end", after_lines=7), Fault("close_end", nth=2, after_lines=7))
    received, end = raw_stream(client.url, client.session.auth)
    assert (lines_in(received), end) == (7, "ended")
    received, end = raw_stream(client.url, client.session.auth)
    assert (lines_in(received), end) == (7, "closed")
    assert b"transfer-encoding" not in received.lower()


def test_half_a_gzip_has_no_trailer(medipim: Callable[..., Any]) -> None:
    """All k lines can be read, but the stream of the compressor never ended."""
    client = medipim(products=20)
    client.service.faults.add(Fault("half_gzip", after_lines=7))
    with client.post(
        "/v4/products/stream", {"filter": {"status": "active"}, "sorting": {"id": "ASC"}}, stream=True
    ) as answer:
        packed = answer.raw.read(decode_content=False)
    reader = zlib.decompressobj(wbits=31)
    assert reader.decompress(packed).count(b"\n") == 7
    assert not reader.eof
    with pytest.raises(EOFError):
        gzip.decompress(packed)


@pytest.mark.parametrize(
    ("kind", "count", "check"),
    [
        ("error_line", 4, lambda lines: "error" in json.loads(lines[3])),
        ("extra_line", 21, lambda lines: lines[3] == b""),
        ("skip_line", 19, lambda lines: json.loads(lines[3])["meta"]["index"] == 4),
        ("repeat_line", 21, lambda lines: lines[2] == lines[3]),
        ("wrong_total", 20, lambda lines: [json.loads(line)["meta"]["total"] for line in lines[2:4]] == [20, 21]),
    ],
)
def test_lines_that_lie(
    medipim: Callable[..., Any], kind: FaultKind, count: int, check: Callable[[list[bytes]], bool]
) -> None:
    """Damage after three lines, in a body that ends properly."""
    client = medipim(products=20)
    client.service.faults.add(Fault(kind, after_lines=3))
    lines = client.stream().content.split(b"\n")[:-1]
    assert len(lines) == count
    assert check(lines)


def test_a_broken_line_is_not_json(medipim: Callable[..., Any]) -> None:
    """The fourth line cannot be read, the others can; the bytes are free to choose."""
    client = medipim(products=20)
    client.service.faults.add(
        Fault("broken_line", after_lines=3), Fault("broken_line", nth=2, after_lines=0, line=b"\xff\n")
    )
    lines = client.stream().content.split(b"\n")
    with pytest.raises(json.JSONDecodeError):
        json.loads(lines[3])
    assert json.loads(lines[4])["meta"]["index"] == 4
    assert client.stream().content.startswith(b"\xff\n")


def test_a_stall_goes_on_later(medipim: Callable[..., Any]) -> None:
    """Three lines, silence, then the rest."""
    client = medipim(products=20)
    client.service.faults.add(Fault("stall", after_lines=3, delay=60), Fault("stall", nth=2, after_lines=3, delay=0.05))
    received, end = raw_stream(client.url, client.session.auth, read_timeout=0.3)
    assert (lines_in(received), end) == (3, "timeout")
    started = time.monotonic()
    assert client.stream().content.count(b"\n") == 20
    assert time.monotonic() - started >= 0.05
