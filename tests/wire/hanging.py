"""A server that hangs: before its answer, within it, within the TLS handshake, or that closes during handshakes."""

import contextlib
import re
import socket
import ssl
import threading
from pathlib import Path

import trustme

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


class HangingServer:
    """Answers each request with ``answer`` and then says nothing more; ``is_hanging`` tells when that begins."""

    def __init__(
        self, answer: bytes, *, tls: bool = False, hangs_in_handshake: bool = False, closed: tuple[int, ...] = ()
    ) -> None:
        """``closed``: connections, counted from 1, that are closed during the handshake."""
        self._answer = answer
        self._hangs_in_handshake = hangs_in_handshake
        self._closed = closed
        self._authority = trustme.CA() if tls or hangs_in_handshake or closed else None
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if self._authority:
            self._authority.issue_cert("127.0.0.1").configure_cert(self._context)
        self.is_hanging = threading.Event()
        self._is_over = threading.Event()
        self.connections = 0
        self.requests = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http{'s' if self._authority else ''}://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def write_authority(self, file: Path) -> str:
        """Write the certificate of the authority, for whoever wants to trust it."""
        assert self._authority is not None
        self._authority.cert_pem.write_to_path(str(file))
        return str(file)

    def close(self) -> None:
        """Let go of the client and stop listening."""
        self._is_over.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _peer = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            with connection, contextlib.suppress(OSError):
                self._serve_one(connection)

    def _serve_one(self, connection: socket.socket) -> None:
        if self.connections in self._closed:
            connection.recv(10)
            return
        if self._hangs_in_handshake:
            self._hang()
            return
        if self._authority:
            connection = self._context.wrap_socket(connection, server_side=True)
        _read_request(connection)
        self.requests += 1
        connection.sendall(self._answer)
        if self._answer != WHOLE:
            self._hang()
        connection.close()

    def _hang(self) -> None:
        self.is_hanging.set()
        self._is_over.wait(30)


def _read_request(connection: socket.socket) -> None:
    """Head and body: what is left unread when the connection is closed would reset it."""
    received = b""
    while True:
        head, end, body = received.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
        if end and len(body) >= int(length[1] if length else 0):
            return
        if not (part := connection.recv(65_536)):
            return
        received += part
