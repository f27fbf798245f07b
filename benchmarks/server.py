"""Both services as one lean server process: answers are serialised beforehand, so that it is never the bottleneck.

Not the sandbox: it checks nothing but what a benchmark needs. ``/limits`` sets MicroPIM's answer time and what it
allows a minute, ``/log`` tells when which requests were taken or refused.
"""

import argparse
import json
import os
import ssl
import sys
import threading
import time
from collections import deque
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from benchmarks.catalogue import Rows

WINDOW_SECONDS = 60.0


class Limit:
    """At most ``per_minute`` requests within any ``window`` seconds' share of it; None: no limit."""

    def __init__(self) -> None:
        self.per_minute: int | None = None
        self.window = WINDOW_SECONDS
        self._taken: deque[float] = deque()
        self._lock = threading.Lock()

    def admits(self) -> bool:
        """Whether one more request is allowed now."""
        if self.per_minute is None:
            return True
        now, allowed = time.monotonic(), self.per_minute * self.window / 60
        with self._lock:
            while self._taken and now - self._taken[0] >= self.window:
                self._taken.popleft()
            if len(self._taken) >= allowed:
                return False
            self._taken.append(now)
            return True


class State:
    """What the handlers share."""

    rows: Rows
    stream: Path
    latency = 0.0
    limits: ClassVar[dict[str, Limit]] = {"reads": Limit(), "writes": Limit(), "pictures": Limit()}
    log: ClassVar[list[tuple[float, str, int]]] = []
    next_id = 0


class Handler(BaseHTTPRequestHandler):
    """One connection, kept open."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024

    def do_GET(self) -> None:
        """MicroPIM's reads, and the log."""
        if self.path == "/log":
            log, State.log[:] = list(State.log), []
            self._answer(200, json.dumps(log).encode())
            return
        self._micropim("reads")

    def do_PATCH(self) -> None:
        """A write."""
        self._micropim("writes", self._body())

    def do_POST(self) -> None:
        """Medipim's questions, MicroPIM's writes, or a change of the limits."""
        body = self._body()
        if self.path == "/limits":
            self._set_limits(json.loads(body))
        elif self.path == "/v4/products/stream":
            self._stream()
        elif self.path.startswith("/v4/products/query"):
            self._page(json.loads(body))
        elif self.path.startswith("/v4/"):
            self._answer(200, b'{"meta":{"total":0},"results":[]}')
        else:
            self._micropim("pictures" if self.path.endswith("/media") else "writes", body)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-json-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        if not State.rows.is_the_file:
            for chunk in State.rows.chunks():
                self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()
            return
        with State.stream.open("rb") as file:
            size, sent = os.fstat(file.fileno()).st_size, 0
            while sent < size:
                sent += os.sendfile(self.connection.fileno(), file.fileno(), sent, 1 << 20)

    def _page(self, body: dict[str, Any]) -> None:
        page = body.get("page") or {}
        self._answer(
            200, State.rows.page(_since(body.get("filter")), int(page.get("no", 0)), int(page.get("size", 250)))
        )

    def _micropim(self, kind: str, body: bytes = b"{}") -> None:
        """A write is answered with what was sent and an id, as MicroPIM shows a product that it has taken."""
        began = time.time()
        if State.latency:
            time.sleep(State.latency)
        admitted = State.limits[kind].admits()
        State.log.append((began, kind, 200 if admitted else 429))
        if not admitted:
            self._answer(429, b'{"status":0,"data":null,"error":"Too many requests"}')
            return
        State.next_id += 1
        data = {"channels": ["web"], "products": [], "categories": [], **json.loads(body), "id": State.next_id}
        self._answer(200, json.dumps({"status": 1, "data": data, "error": None}).encode())

    def _set_limits(self, limits: dict[str, Any]) -> None:
        State.latency = float(limits.get("latency", 0))
        for kind, limit in State.limits.items():
            limit.per_minute, limit.window = limits.get(kind), float(limits.get("window", WINDOW_SECONDS))
        self._answer(200, b"{}")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Date", formatdate(usegmt=True))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Nothing: a line per request would be measured too."""


def _since(filter_: Any) -> int:
    """The ``updatedSince`` somewhere in a filter."""
    if isinstance(filter_, dict):
        since = filter_.get("updatedSince")
        if isinstance(since, int):
            return since
        return max((_since(value) for value in filter_.values()), default=0)
    if isinstance(filter_, list):
        return max((_since(value) for value in filter_), default=0)
    return 0


def main() -> None:
    """Serve one catalogue until standard input closes; the port is the first line of standard output."""
    flags = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    flags.add_argument("catalogue", type=Path)
    flags.add_argument("--products", type=int, default=0, help="how many to show, if not those of the file")
    flags.add_argument("--host", default="127.0.0.1")
    flags.add_argument("--certificate", type=Path, help="speak https with this certificate and its key")
    options = flags.parse_args()
    State.rows, State.stream = Rows(options.catalogue, options.products), options.catalogue / "stream.http"
    server = ThreadingHTTPServer((options.host, 0), Handler)
    server.daemon_threads = True
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
