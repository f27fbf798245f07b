"""uvicorn in a daemon thread, with a protocol that lets the application abort its TCP connection."""

import asyncio
import socket
import threading
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

TRANSPORT = "sandbox.transport"


class AbortableProtocol(H11Protocol):
    """Puts the transport of the connection into the ASGI scope; faults need it."""

    def connection_made(self, transport: Any) -> None:
        """Wrap the application so that each of its scopes carries this connection's transport."""
        super().connection_made(transport)
        inner = self.app

        async def with_transport(scope: Any, receive: Any, send: Any) -> None:
            scope[TRANSPORT] = transport
            await inner(scope, receive, send)

        self.app = with_transport


class ServerThread:
    """One service on one port of 127.0.0.1."""

    def __init__(self, app: Any, port: int) -> None:
        """Bind at once, so that the port is known and a taken port fails here."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            app, http=AbortableProtocol, ws="none", lifespan="off", loop="asyncio", log_config=None,
            access_log=False, timeout_keep_alive=60, timeout_graceful_shutdown=1, server_header=False,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name=f"sandbox-{self.port}", daemon=True)

    @property
    def url(self) -> str:
        """The base URL without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve, and return when connections are accepted."""
        self._thread.start()
        pause = threading.Event()
        while not self._server.started and self._thread.is_alive():
            pause.wait(0.002)
        if not self._server.started:
            msg = "the sandbox server did not start"
            raise RuntimeError(msg)

    def ask_to_stop(self) -> None:
        """Stop soon, without waiting for hanging answers."""
        self._server.should_exit = True
        self._server.force_exit = True

    def join(self) -> None:
        """Wait for the end and free the port."""
        self._thread.join(timeout=5)
        self._socket.close()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))
