"""A TLS server whose certificate has a flaw: an unknown authority, another name, or it has expired."""

import contextlib
import datetime as dt
import socket
import ssl
import threading
from pathlib import Path

import trustme


class TlsServer:
    """Listens on loopback, completes the TLS handshake and closes."""

    def __init__(self, name: str = "127.0.0.1", until: dt.datetime | None = None) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority = trustme.CA()
        self._authority.issue_cert(name, not_after=until).configure_cert(self._context)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, name="server", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://127.0.0.1:{self._socket.getsockname()[1]}"

    def write_authority(self, file: Path) -> str:
        """Write the certificate of the authority, for whoever wants to trust it."""
        self._authority.cert_pem.write_to_path(str(file))
        return str(file)

    def close(self) -> None:
        """Stop listening."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _peer = self._socket.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                self._context.wrap_socket(connection, server_side=True).close()
