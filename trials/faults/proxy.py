"""A proxy on loopback that takes CONNECT, and behind it a service under a name of its own, with TLS."""

import contextlib
import select
import socket
import ssl
import threading
from pathlib import Path
from urllib.parse import urlsplit

import trustme

HEAD_END = b"\r\n\r\n"
PASSES = b"HTTP/1.1 200 Connection established" + HEAD_END
WANTS_PASSWORD = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0" + HEAD_END


class Proxy:
    """Answers each CONNECT; those it lets pass reach ``service`` over TLS, whatever name was asked for.

    ``heads`` is all that anybody on the way could read: what came before TLS.
    """

    def __init__(self, service: str, host: str, folder: Path, answer: bytes = PASSES) -> None:
        self._service = (urlsplit(service).hostname, urlsplit(service).port)
        self._answer = answer
        self.heads: list[bytes] = []
        authority = trustme.CA()
        self.authority = folder / f"authority-of-{host}.pem"
        authority.cert_pem.write_to_path(str(self.authority))
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host).configure_cert(self._tls)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        """Stop listening, and wait for open connections."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(10)

    def _listen(self) -> None:
        while True:
            try:
                connection, _peer = self._socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            head = b""
            while HEAD_END not in head and (part := connection.recv(65536)):
                head += part
            self.heads.append(head)
            passes = head.startswith(b"CONNECT ")
            connection.sendall(self._answer if passes else WANTS_PASSWORD)
            if passes and self._answer == PASSES:
                with (
                    self._tls.wrap_socket(connection, server_side=True) as client,
                    socket.create_connection(self._service) as service,
                ):
                    _relay(client, service)


def _relay(client: ssl.SSLSocket, service: socket.socket) -> None:
    """Bytes in both directions until one side ends."""
    while True:
        ready = [client] if client.pending() else select.select([client, service], [], [])[0]
        for here in ready:
            if not (part := here.recv(65536)):
                return
            (service if here is client else client).sendall(part)
